# SPDX-License-Identifier: Apache-2.0
"""The ledger: double entry per asset, append-only, balances derived. One SQLite file that the payer alone writes.

Accounts are `customer:ID`, `escrow:ID` (coins of ID that a P2P sale holds) and `outside:NAME` (a chain, a bank).
Only `outside:` may be below zero. An entry's id is the platform's own id of what it records, so that posting it
again changes nothing. The payouts table is the payer's memory: one row for each seal, for ever.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import msgspec

from examples.exchange import money
from examples.exchange.errors import RefusedError, RequestError

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL, seal TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS postings (
    entry TEXT NOT NULL REFERENCES entries(id), account TEXT NOT NULL, asset TEXT NOT NULL, units INTEGER NOT NULL,
    PRIMARY KEY (entry, account, asset)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS postings_of ON postings (account, asset);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS entries_kept BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS postings_stay BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS postings_kept BEFORE DELETE ON postings BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TABLE IF NOT EXISTS payouts (
    seal TEXT PRIMARY KEY, reference TEXT NOT NULL, terms BLOB NOT NULL, state TEXT NOT NULL,
    expires INTEGER NOT NULL, raw BLOB, txid TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_payout ON payouts (reference) WHERE state IN ('claimed', 'paid', 'reported');
CREATE TABLE IF NOT EXISTS sales (
    id TEXT PRIMARY KEY, seller TEXT NOT NULL, buyer TEXT NOT NULL, asset TEXT NOT NULL, units INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS offers (
    id TEXT PRIMARY KEY, maker TEXT NOT NULL, taker TEXT NOT NULL, pair TEXT NOT NULL, side TEXT NOT NULL,
    price TEXT NOT NULL, units INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS trades (
    id TEXT PRIMARY KEY, taker TEXT NOT NULL, maker TEXT NOT NULL, pair TEXT NOT NULL, side TEXT NOT NULL,
    price TEXT NOT NULL, quantity TEXT NOT NULL, fair TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS epochs (highest INTEGER NOT NULL) STRICT;
"""


class Line(msgspec.Struct, frozen=True):
    """One posting: `units` (minor, not zero) of `asset` to (> 0) or from (< 0) an account."""

    account: str
    asset: str
    units: int


class Entry(msgspec.Struct, frozen=True):
    """What happened, on whose word (`account`), under which seal ("" = none)."""

    id: str
    kind: str
    account: str
    at: int
    lines: tuple[Line, ...]
    seal: str = ""


class Loss(msgspec.Struct, frozen=True):
    """An asset that one customer gave away in one entry."""

    entry: str
    kind: str
    account: str
    asset: str
    amount: Decimal
    at: int
    seal: str


def customer(account: str) -> str:
    """The ledger account of a customer."""
    return f"customer:{account}"


def escrow(account: str) -> str:
    """Coins of a customer that a P2P sale holds."""
    return f"escrow:{account}"


def outside(name: str) -> str:
    """What lies outside: a chain, a bank."""
    return f"outside:{name}"


def move(asset: str, minor: int, source: str, target: str) -> tuple[Line, ...]:
    """The two lines that carry `minor` units from `source` to `target`."""
    return Line(source, asset, -minor), Line(target, asset, minor)


class Ledger:
    """The file. Safe for the threads of one process; other processes wait for each other on SQLite's lock."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk when it ends. Transactions nest into the outermost one."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def post(self, entry: Entry) -> bool:
        """Record an entry; False if it was recorded before. Raises for other lines under one id, for lines that
        do not sum to zero per asset (RequestError), and for money that is not there (RefusedError)."""
        _check_lines(entry.lines)
        # UNIQUE on `seal`: two entries can never rest on one seal. An entry without a seal is unique by its id.
        stored_seal = entry.seal or f"none:{entry.id}"
        with self.transaction() as db:
            if db.execute("SELECT 1 FROM entries WHERE id = ?", (entry.id,)).fetchone():
                if sorted(_key(line) for line in self._lines(entry.id)) != sorted(map(_key, entry.lines)):
                    raise RequestError("entry_differs", f"entry `{entry.id}` was recorded with other lines")
                return False
            try:
                db.execute(
                    "INSERT INTO entries VALUES (?, ?, ?, ?, ?)",
                    (entry.id, entry.kind, entry.account, entry.at, stored_seal),
                )
            except sqlite3.IntegrityError:
                raise RefusedError("seal_paid", "something was paid under this seal already") from None
            db.executemany(
                "INSERT INTO postings VALUES (?, ?, ?, ?)",
                [(entry.id, line.account, line.asset, line.units) for line in entry.lines],
            )
            for line in entry.lines:
                if line.units < 0 and not line.account.startswith("outside:") and self._units(line) < 0:
                    raise RefusedError("funds_missing", f"there is not enough {line.asset}")
        return True

    def balance(self, account: str, asset: str) -> Decimal:
        """The balance of one ledger account."""
        with self._lock:
            return money.amount(asset, self._units(Line(account, asset, 0)))

    def balances(self, account: str) -> dict[str, Decimal]:
        """What one ledger account holds of each asset."""
        query = "SELECT asset, sum(units) FROM postings WHERE account = ? GROUP BY asset ORDER BY asset"
        with self._lock:
            return {asset: money.amount(asset, total) for asset, total in self._db.execute(query, (account,))}

    def imbalance(self) -> dict[str, int]:
        """Assets whose postings do not sum to zero, in minor units: always empty, or the books are broken."""
        query = "SELECT asset, sum(units) FROM postings GROUP BY asset HAVING sum(units) <> 0"
        with self._lock:
            return dict(self._db.execute(query).fetchall())

    def losses(self, since: int, until: int) -> list[Loss]:
        """What customers gave away in [since, until) ms, read from the postings.

        Escrow is still the customer's own. Left out is one side of a trade on the book, and of an off-market trade
        the side that made the offer: but only where that customer got something back in the same entry.
        """
        query = """
            SELECT e.id, e.kind, e.account, substr(p.account, instr(p.account, ':') + 1) AS owner, p.asset,
                   sum(p.units), e.at, e.seal
            FROM entries e JOIN postings p ON p.entry = e.id
            WHERE e.at >= ? AND e.at < ? AND p.account NOT LIKE 'outside:%'
            GROUP BY e.id, owner, p.asset ORDER BY e.at, e.id, owner, p.asset"""
        with self._lock:
            rows = self._db.execute(query, (since, until)).fetchall()
        got = {(entry, owner) for entry, _, _, owner, _, total, _, _ in rows if total > 0}
        found = []
        for entry, kind, account, owner, asset, total, at, seal in rows:
            trade = kind == "market_trade" or (kind == "offmarket_trade" and owner != account)
            if total < 0 and not (trade and (entry, owner) in got):
                paid = money.amount(asset, -total)
                found.append(Loss(entry, kind, owner, asset, paid, at, "" if seal[:5] == "none:" else seal))
        return found

    def _units(self, line: Line) -> int:
        query = "SELECT coalesce(sum(units), 0) FROM postings WHERE account = ? AND asset = ?"
        found: int = self._db.execute(query, (line.account, line.asset)).fetchone()[0]
        return found

    def _lines(self, entry: str) -> list[Line]:
        rows = self._db.execute("SELECT account, asset, units FROM postings WHERE entry = ?", (entry,))
        return [Line(*row) for row in rows]


def _key(line: Line) -> tuple[str, str, int]:
    return line.account, line.asset, line.units


def _check_lines(lines: Sequence[Line]) -> None:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.asset] = sums.get(line.asset, 0) + line.units
    if not lines or any(sums.values()) or not all(line.units for line in lines):
        raise RequestError("entry_unbalanced", "the lines of an entry sum to zero for each asset")
