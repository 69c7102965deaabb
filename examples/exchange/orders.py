# SPDX-License-Identifier: Apache-2.0
"""What the web part remembers of each sensitive action: enough to go on after a crash, nothing secret but seals.

An order's id is the platform's own. All Idempotency-Keys towards the guard derive from it and a counter that
moves only when an answer was stored, so a repeated call is the same call.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from counterseal.sdk.ask import Address, NewFactor, Outflow

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, session TEXT NOT NULL, status TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS orders_by_status ON orders (status);
"""
WAITING = ("pending", "ready", "sealed")  # what goes on without the customer


class Details(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is asked, and what to settle once it is sealed (`sale`, `offer` with `quantity`, or a withdrawal)."""

    action: str
    address: Address | None = None
    payment: Outflow | None = None
    context: tuple[str, ...] = ()
    objects: dict[str, str] = {}
    enrol: tuple[NewFactor, ...] = ()
    sale: str = ""
    offer: str = ""
    quantity: str = ""


class Order(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One sensitive action of one session.

    `status`:
    challenge, hold, denied: as decided | pending: accepted, waits out its delay | ready: to be collected |
    sealed: to be settled | done: it has happened | paid | refused, cancelled: over |
    lapsed: not proved in time, may be asked again, unless Counterseal's page asked (`elsewhere`).
    """

    id: str
    account: str
    session: str
    device: str
    details: Details
    source: str = ""
    status: str = "new"
    action: str = ""
    asks: int = 0
    decides: int = 0
    seal: str = ""
    prove: tuple[tuple[str, ...], ...] = ()
    challenge: str = ""
    challenge_factor: str = ""
    until: int | None = None
    reasons: tuple[str, ...] = ()
    txid: str = ""
    elsewhere: bool = False

    def __repr__(self) -> str:
        return f"Order(id={self.id!r}, status={self.status!r})"  # a seal does not belong in a log


class Orders:
    """The table."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, order: Order) -> Order:
        """Store a new order, or return the one that has its id."""
        with self._lock:
            row = (order.id, order.account, order.session, order.status, msgspec.json.encode(order))
            self._db.execute("INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)", row)
            found = self._db.execute("SELECT body FROM orders WHERE id = ?", (order.id,)).fetchone()
        return msgspec.json.decode(found[0], type=Order)

    def save(self, order: Order) -> Order:
        """Store what became of an order."""
        with self._lock:
            row = (order.status, msgspec.json.encode(order), order.id)
            self._db.execute("UPDATE orders SET status = ?, body = ? WHERE id = ?", row)
        return order

    def find(self, identity: str, account: str) -> Order | None:
        """An order of this account."""
        with self._lock:
            query = "SELECT body FROM orders WHERE id = ? AND account = ?"
            found = self._db.execute(query, (identity, account)).fetchone()
        return None if found is None else msgspec.json.decode(found[0], type=Order)

    def of(self, account: str, limit: int = 10) -> Sequence[Order]:
        """The newest orders of this account."""
        with self._lock:
            query = "SELECT body FROM orders WHERE account = ? ORDER BY rowid DESC LIMIT ?"
            rows = self._db.execute(query, (account, limit)).fetchall()
        return [msgspec.json.decode(body, type=Order) for (body,) in rows]

    def waiting(self) -> Sequence[Order]:
        """Orders that go on by themselves, oldest first."""
        with self._lock:
            query = "SELECT body FROM orders WHERE status IN (?, ?, ?) ORDER BY rowid"
            rows = self._db.execute(query, WAITING).fetchall()
        return [msgspec.json.decode(body, type=Order) for (body,) in rows]
