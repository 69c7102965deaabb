# SPDX-License-Identifier: Apache-2.0
"""Power loss, simulated. What the disk has after it is what was fsynced, and any part of what was written since.

SQLite: a copy of the database and its write-ahead log, taken while the store writes, is such a disk if all that was
acknowledged before the copy began is in it (each acknowledgement follows an fsync) and the bytes of the log behind
the last acknowledged commit are cut, zeroed or made garbage. The shared memory is never there. The copy takes the
log after the database, which is right where no checkpoint ran in between: the store here is kept below one.
PostgreSQL: the data directory after SIGKILL of every process, or after an `immediate` stop, copied and recovered.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import shutil
import sqlite3
from pathlib import Path

import pytest

from counterseal.core import merkle
from counterseal.store.postgres import PostgresStore
from counterseal.store.sql import SqlStore
from counterseal.store.sqlite import SqliteStore
from tests.faults.database import database, end, folder
from tests.support.store import CODECS, NOW, PlainMasterKey, add, key, message

ROUNDS = int(os.environ.get("COUNTERSEAL_TEST_FAULTS", "1"))
SEED = int(os.environ.get("COUNTERSEAL_TEST_SEED", "0")) or secrets.randbits(32)
CALLERS = 8
HEAD, FRAME = 32, 24 + 4096  # bytes of the log's header, and of a frame (sqlite.org/fileformat2.html, 4.1)


class Load:
    """Callers that write without end; `acknowledged`: name -> the position that they were told."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self.acknowledged = store, dict[str, int]()
        self._stop = False

    async def run(self) -> None:
        """Until stopped."""
        await asyncio.gather(*(self._caller(number) for number in range(CALLERS)))

    def stop(self) -> None:
        """After what is on its way."""
        self._stop = True

    async def _caller(self, number: int) -> None:
        subject = f"account:{number}"
        for turn in range(1_000_000):
            if self._stop:
                return
            name = f"{number}-{turn}"
            function = add(
                subject, payload=name.encode(), messages=(message(f"m-{name}", subject),), text="x" * 900
            )
            done = await self.store.transact([subject], function, now=NOW, idempotency=key(name))
            self.acknowledged[name] = done.positions[0]


async def whole(store: SqlStore, acknowledged: dict[str, int]) -> int:
    """Everything acknowledged is there, at its place; the log is one tree; states and log agree."""
    entries = []
    while page := await store.entries(after=len(entries) - 1, limit=1_000):
        entries += page
    names = {(entry.payload or b"").decode(): entry.position for entry in entries}
    assert len(names) == len(entries)
    assert {name: names.get(name) for name in acknowledged} == acknowledged
    size, root = await store.log.root()
    edge, _ = merkle.append(
        merkle.CompactRange(), [merkle.leaf_hash(leaf) for leaf in await store.log.leaves(0, size + 1)]
    )
    assert (edge.size, merkle.root(edge)) == (size, root) == (len(entries), root)
    for number in range(CALLERS):
        state, mine = await store.read(f"account:{number}"), [n for n in names if n.startswith(f"{number}-")]
        assert (state.value if state else 0) == len(mine)
    for name, position in list(acknowledged.items())[:20]:
        subject = f"account:{name.partition('-')[0]}"
        again = await store.transact([subject], add(subject), now=NOW, idempotency=key(name))
        assert (again.replayed, again.positions) == (True, (position,))
    return size


def tear(wal: Path, keep: int, chance: random.Random) -> str:
    """Damage the log behind byte `keep`: a tail is lost, frames are zero, or sectors are of something else."""
    size = wal.stat().st_size
    how = chance.choice(("as it is", "cut", "zero", "garbage", "one sector"))
    if how == "as it is" or size <= keep:
        return how
    at = chance.randrange(keep, size)
    with wal.open("r+b") as file:
        if how == "cut":
            file.truncate(at)
        elif how == "one sector":
            file.seek(at // 512 * 512 if at // 512 * 512 >= keep else at)
            file.write(chance.randbytes(min(512, size - file.tell())))
        else:
            file.seek(at)
            file.write(bytes(size - at) if how == "zero" else chance.randbytes(size - at))
    return how


async def sqlite_round(place: Path, chance: random.Random, pace: float) -> list[str]:
    """One store, several copies at random moments while it writes; none if a checkpoint came in between, which
    empties the log that is to be torn. `pace`: longer or shorter between the copies."""
    database_file = place / "store.db"
    store = SqliteStore(database_file, CODECS, PlainMasterKey())
    load = Load(store)
    running = asyncio.create_task(load.run())
    copies = []
    for number in range(3):
        await asyncio.sleep(chance.uniform(0.02, 0.25) * pace)
        wal = database_file.with_name("store.db-wal")
        # Every acknowledged commit lies before: it was fsynced before it was told. A frame may be half written.
        keep = HEAD + (wal.stat().st_size - HEAD) // FRAME * FRAME
        acknowledged = dict(load.acknowledged)
        await asyncio.sleep(chance.uniform(0, 0.02))
        copy = place / f"copy-{number}.db"
        await asyncio.to_thread(shutil.copyfile, database_file, copy)
        await asyncio.to_thread(shutil.copyfile, wal, copy.with_name(copy.name + "-wal"))
        copies.append((copy, keep, acknowledged))
    load.stop()
    await running
    checkpointed = database_file.with_name("store.db-wal").stat().st_size >= 4_000 * FRAME
    store.close()
    if checkpointed:
        return []
    told = []
    for copy, keep, acknowledged in copies:
        how = tear(copy.with_name(copy.name + "-wal"), keep, chance)
        opened = SqliteStore(copy, CODECS, PlainMasterKey())
        try:
            size = await whole(opened, acknowledged)
        finally:
            opened.close()
        with sqlite3.connect(copy) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        raw.close()
        told.append(f"{how}: {len(acknowledged)} of {size}")
    return told


def test_a_torn_copy_of_sqlite_opens_with_all_that_was_acknowledged(tmp_path: Path) -> None:
    print(f"COUNTERSEAL_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    for number in range(ROUNDS):
        told: list[str] = []
        for attempt in range(6):  # a fast disk fills the log sooner
            place = tmp_path / f"{number}-{attempt}"
            place.mkdir()
            told = asyncio.run(sqlite_round(place, chance, 0.5**attempt))
            if told:
                break
        assert told, "a checkpoint came in between every time"
        print(told)


@pytest.mark.parametrize("how", ["kill", "immediate"] if "COUNTERSEAL_TEST_FAULTS" in os.environ else ["kill"])
def test_a_copy_of_postgresql_recovers_all_that_was_acknowledged(how: str) -> None:
    """Its processes die in the middle of writing; the copy is recovered from its write-ahead log."""
    with database() as data, folder() as place:

        async def until_dead() -> dict[str, int]:
            store = PostgresStore(data.url(), CODECS, PlainMasterKey())
            load = Load(store)
            running = asyncio.create_task(load.run())
            while len(load.acknowledged) < 60:  # noqa: ASYNC110 - no event: callers only count
                await asyncio.sleep(0.02)
            await asyncio.to_thread(data.kill if how == "kill" else data.stop)
            acknowledged = dict(load.acknowledged)
            load.stop()
            await asyncio.gather(running, return_exceptions=True)
            await asyncio.to_thread(store.close)
            return acknowledged

        acknowledged = asyncio.run(until_dead())
        copy = data.copy(place)
        copy.start()
        try:

            async def look() -> None:
                store = PostgresStore(copy.url(), CODECS, PlainMasterKey())
                await whole(store, acknowledged)
                store.close()

            asyncio.run(look())
        finally:
            end(copy)
