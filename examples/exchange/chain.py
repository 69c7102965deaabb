# SPDX-License-Identifier: Apache-2.0
"""The wallet's side: sign a transaction, hand it to a node. Here the node is a file; a real one is an RPC.

What matters for "exactly once": the transaction is signed and stored BEFORE it is broadcast, its id is known by
then, and broadcasting the same bytes again does nothing. On a real chain the nonce or the inputs do that.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

import msgspec

from examples.exchange.payouts import Terms

NETWORK_FEES: Final = {"tron": Decimal(1), "eth": Decimal("0.001")}  # in the chain's fee asset; we pay them


class Chain(Protocol):
    """A node."""

    def broadcast(self, raw: bytes) -> str:
        """Hand in a signed transaction; returns its id. The same bytes again change nothing. Raises OSError."""
        ...


def sign(terms: Terms, seal: str) -> tuple[bytes, str]:
    """The signed transaction of a payment, and its id. The seal takes the nonce's place: one seal, one id."""
    raw = msgspec.json.encode(
        {
            "chain": terms.chain,
            "to": terms.destination,
            "memo": terms.memo,
            "asset": terms.asset,
            "amount": terms.amount,
            "nonce": seal,
        },
        order="sorted",
    )
    return raw, hashlib.sha256(raw).hexdigest()


class FileChain:
    """A chain in a file of its own, for the demonstration and the tests."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10.0)
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS transactions (txid TEXT PRIMARY KEY, raw BLOB NOT NULL) STRICT"
        )

    def broadcast(self, raw: bytes) -> str:
        """See Chain."""
        txid = hashlib.sha256(raw).hexdigest()
        try:
            with self._lock:
                self._db.execute("INSERT OR IGNORE INTO transactions VALUES (?, ?)", (txid, raw))
        except sqlite3.Error as error:
            raise ConnectionError("the node does not answer") from error
        return txid

    def transactions(self) -> list[dict[str, str]]:
        """What is on the chain, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT raw FROM transactions ORDER BY rowid").fetchall()
        return [msgspec.json.decode(raw) for (raw,) in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()
