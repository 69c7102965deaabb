# SPDX-License-Identifier: Apache-2.0
"""A consumer of the bus that takes each happening once: what it does and the id of what it did are one commit.

    pip install "faststream[nats]" && python examples/listener/bus.py nats://127.0.0.1:4222 seen.db

The stream drops repetitions for an hour. Later ones, and those of a consumer that died before its acknowledgement,
are dropped here: the id is in the table already.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, PullSub

STREAM = JStream("COUNTERSEAL", declare=False)  # Counterseal made it
Act = Callable[[sqlite3.Connection, dict[str, Any]], None]


def remember(database: sqlite3.Connection, happened: dict[str, Any]) -> None:
    """Stands for what a platform does: a row of its own, in the transaction that is given."""
    row = (happened["account"], happened["type"], happened["timestamp"])
    database.execute("INSERT INTO happened (account, type, at) VALUES (?, ?, ?)", row)


def listener(url: str, path: str, act: Act = remember, subject: str = "counterseal.>") -> NatsBroker:
    """A broker that acts on each message of `subject` once. `act` raises: nothing is kept, and it comes again."""
    broker = NatsBroker(url)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")
    database.execute("CREATE TABLE IF NOT EXISTS happened (account TEXT, type TEXT, at TEXT)")

    @broker.subscriber(
        subject, stream=STREAM, durable="listener", pull_sub=PullSub(), ack_policy=AckPolicy.NACK_ON_ERROR
    )
    async def take(happened: dict[str, Any]) -> None:
        with database:
            database.execute("BEGIN IMMEDIATE")
            known = database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (happened["id"],)).rowcount == 0
            if not known:
                act(database, happened)

    return broker


async def main() -> None:
    """Listen until interrupted."""
    async with listener(sys.argv[1], sys.argv[2]) as broker:
        await broker.start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
