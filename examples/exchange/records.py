# SPDX-License-Identifier: Apache-2.0
"""The customers' records: what the identity desk wrote down, files of the check, log-ins, and what the ledger says.

The judicial desk asks here for single fields (counterseal.sdk.platform_data). Only fields of the list below have an
answer; passwords, factors and settings are in other parts, and nothing here can read them. Each question is
answered once and written down.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from counterseal.sdk.platform_data import DataField, DataFile, DataIdentifier, DataRequest, FieldData
from examples.exchange import money
from examples.exchange.errors import RequestError
from examples.exchange.ledger import Ledger, customer
from examples.exchange.moved import movements

TEXTS: Final = frozenset(
    {
        *("name", "email", "phone", "registered_at", "postal_address", "service_types", "payment_means", "last_ip"),
        *("birth_date", "id_number"),
    }
)
EVENTS: Final = frozenset({"sessions", "login_history", "ip_addresses", "devices", "messages", "p2p_messages"})
FILES: Final = frozenset({"identity_images"})
BOOKED: Final = frozenset({"transactions", "deposits", "withdrawals", "trades"})
MOVED: Final = "movements"
INVESTIGATING: Final = "incident"
FIELDS: Final = TEXTS | EVENTS | FILES | BOOKED | {"exists", "balances"}
_KINDS: Final = {
    "deposits": ("deposit",),
    "withdrawals": ("withdraw",),
    "trades": ("market_trade", "offmarket_trade"),
}
_IDENTIFYING: Final = {"email": "email", "phone": "phone", "document": "id_number", "name": "name"}
REMEMBERED: Final = 3_600_000  # ms that an answered question is known: longer than its signature counts
SCHEMA = """
CREATE TABLE IF NOT EXISTS texts (
    account TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, field)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS texts_by_value ON texts (field, value);
CREATE TABLE IF NOT EXISTS events (
    account TEXT NOT NULL, field TEXT NOT NULL, at INTEGER NOT NULL, columns TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_of ON events (account, field, at);
CREATE TABLE IF NOT EXISTS files (
    account TEXT NOT NULL, field TEXT NOT NULL, name TEXT NOT NULL, media_type TEXT NOT NULL, data BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS asked (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, purpose TEXT NOT NULL, request TEXT NOT NULL, what TEXT NOT NULL
) STRICT;
"""


class RepeatedError(RequestError):
    """This very question was answered before: a repeat may be somebody else's."""


class Records:
    """The file. `ledger`: the payer's, read only; without it nothing is known of money."""

    def __init__(self, path: Path, clock: Callable[[], int], ledger: Ledger | None = None) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)
        self._clock, self._ledger = clock, ledger

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def write(self, account: str, field: str, value: str) -> None:
        """The identity desk writes a text down."""
        if field not in TEXTS:
            raise RequestError("field_unknown", f"`{field}` is not written down here")
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", (account, field, value))

    def note(self, account: str, field: str, at: int, **columns: str) -> None:
        """Something happened at `at` (ms): a log-in, a message."""
        if field not in EVENTS:
            raise RequestError("field_unknown", f"`{field}` is not noted here")
        row = (account, field, at, json.dumps(columns, sort_keys=True))
        with self._lock:
            self._db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", row)

    def keep(self, account: str, name: str, media_type: str, data: bytes) -> None:
        """A picture of the identity check."""
        with self._lock:
            row = (account, "identity_images", name, media_type, data)
            self._db.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?)", row)

    def begin(self, asked: DataRequest) -> None:
        """Write the question down before it is answered. Raises RepeatedError for one that came before."""
        now = self._clock()
        what = " ".join(sorted({f"{field.account}/{field.name}" for field in asked.fields}))
        with self._lock:
            self._db.execute("DELETE FROM asked WHERE at < ? AND purpose = 'lookup'", (now - REMEMBERED,))
            row = (asked.id, now, asked.purpose, asked.request, what)
            if not self._db.execute("INSERT OR IGNORE INTO asked VALUES (?, ?, ?, ?, ?)", row).rowcount:
                raise RepeatedError("question_repeated", "this question was answered before")

    def answer(self, asked: DataRequest) -> tuple[list[FieldData], list[str]]:
        """The fields that there are, and the accounts of an identifier."""
        with self._lock:
            found = [self._field(field, asked.purpose) for field in asked.fields]
            meant = [] if asked.identifier is None else self._meant(asked.identifier)
        return [each for each in found if each is not None], meant

    def _field(self, asked: DataField, purpose: str) -> FieldData | None:
        account, name = asked.account, asked.name
        if name == MOVED:  # for investigations alone: no order asks for it
            rows = self._moved(asked) if purpose == INVESTIGATING else []
            return FieldData(account, name, rows=tuple(rows)) if rows else None
        if name == "exists":
            return FieldData(account, name, text="yes") if self._known(account) else None
        if name in TEXTS:
            query = "SELECT value FROM texts WHERE account = ? AND field = ?"
            row = self._db.execute(query, (account, name)).fetchone()
            return None if row is None else FieldData(account, name, text=row[0])
        if name in FILES:
            query = "SELECT name, media_type, data FROM files WHERE account = ? AND field = ?"
            files = tuple(DataFile(*row) for row in self._db.execute(query, (account, name)))
            return FieldData(account, name, files=files) if files else None
        rows = self._rows(asked)
        return FieldData(account, name, rows=tuple(rows)) if rows else None

    def _moved(self, asked: DataField) -> list[dict[str, str]]:
        end = asked.end if asked.end is not None else 1 << 62
        return [] if self._ledger is None else movements(self._ledger, asked.account, asked.start or 0, end)

    def _rows(self, asked: DataField) -> list[dict[str, str]]:
        start, end = asked.start or 0, asked.end if asked.end is not None else 1 << 62
        if asked.name in EVENTS:
            query = (
                "SELECT at, columns FROM events WHERE account = ? AND field = ? AND at >= ? AND at < ? ORDER BY at"
            )
            found = self._db.execute(query, (asked.account, asked.name, start, end))
            return [{"at": str(at), **json.loads(columns)} for at, columns in found]
        if self._ledger is None or asked.name not in {*BOOKED, "balances"}:
            return []
        if asked.name == "balances":
            held = self._ledger.balances(customer(asked.account))
            return [{"asset": asset, "amount": money.text(amount)} for asset, amount in held.items()]
        return _booked(self._ledger, asked.account, asked.name, start, end)

    def _known(self, account: str) -> bool:
        return self._db.execute("SELECT 1 FROM texts WHERE account = ?", (account,)).fetchone() is not None

    def _meant(self, identifier: DataIdentifier) -> list[str]:
        if identifier.kind == "account":
            return [identifier.value] if self._known(identifier.value) else []
        field = _IDENTIFYING.get(identifier.kind)
        if field is None:
            return []
        query = "SELECT account FROM texts WHERE field = ? AND value = ? ORDER BY account LIMIT 1000"
        return [account for (account,) in self._db.execute(query, (field, identifier.value))]


def _booked(ledger: Ledger, account: str, name: str, start: int, end: int) -> list[dict[str, str]]:
    """Entries of the ledger, the customer's own side alone: whom they dealt with is somebody else's data."""
    query = """
        SELECT e.id, e.kind, e.at, p.asset, p.units FROM entries e JOIN postings p ON p.entry = e.id
        WHERE p.account = ? AND e.at >= ? AND e.at < ? ORDER BY e.at, e.id, p.asset"""
    with ledger.transaction() as db:
        found = db.execute(query, (customer(account), start, end)).fetchall()
    wanted = _KINDS.get(name)
    return [
        {"at": str(at), "id": entry, "kind": kind, "asset": asset, "amount": money.text(money.amount(asset, units))}
        for entry, kind, at, asset, units in found
        if wanted is None or kind.startswith(wanted)
    ]
