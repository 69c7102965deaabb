# SPDX-License-Identifier: Apache-2.0
"""The move from a SQLite file to PostgreSQL: all of it or nothing, and a log that verifies."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from counterseal.core.transaction import Timer
from counterseal.store.errors import BackupError, MasterKeyError, StoreLockedError
from counterseal.store.move import move
from counterseal.store.postgres import PostgresStore
from counterseal.store.sqlite import SqliteStore
from tests.support.postgres import new_database
from tests.support.store import CODECS, NOW, Answer, Counter, PlainMasterKey, add, key, message

pytestmark = pytest.mark.anyio
A, B, GONE = "account:a", "account:b", "account:gone"


async def filled(path: Path) -> tuple[int, bytes]:
    """A store with some of everything; size and root of its log."""
    store = SqliteStore(path, CODECS, PlainMasterKey())
    for turn in range(37):
        one = add(A, payload=f"p{turn}".encode())
        await store.transact([A], one, now=NOW + turn, idempotency=key(f"k{turn}"))
    timers = (Timer("t", B, NOW + 50, "hold"),)
    await store.transact(
        [B],
        add(B, 3, timers=timers, messages=(message("m", B),), aliases=("action:b",), action="act"),
        now=NOW + 40,
    )
    await store.transact([GONE], add(GONE), now=NOW + 41)
    await store.erase(GONE, NOW + 42)
    found = await store.log.root()
    store.close()
    return found


async def test_everything_arrives_and_goes_on(tmp_path: Path):
    path, url = tmp_path / "store.db", new_database()
    size, root = await filled(path)
    told: list[tuple[str, int, int]] = []
    done = move(path, url, PlainMasterKey(), lambda *each: told.append(each))
    assert (done.size, done.root) == (size, root.hex())
    assert ("entry", size, size) in told
    assert not path.exists()
    assert (tmp_path / "store.db.moved").exists()
    store = PostgresStore(url, CODECS, PlainMasterKey())
    try:
        assert await store.log.root() == (size, root)
        assert (await store.read(A), await store.read(B), await store.read(GONE)) == (Counter(37), Counter(3), None)
        assert await store.resolve("action:b") == B
        assert [timer.id for timer in await store.due(NOW + 50)] == ["t"]
        assert [one.id for one in await store.messages(NOW + 50)] == ["m"]
        again = await store.transact([A], add(A), now=NOW + 60, idempotency=key("k5"))
        assert (again.result, again.replayed) == (Answer(6), True)
        fresh = await store.transact(
            [A], add(A, messages=(message("m2", A),)), now=NOW + 60, idempotency=key("new")
        )
        assert (fresh.result, fresh.positions) == (Answer(38), (size,))
        entries = await store.entries(limit=1_000)
        assert [entry.position for entry in entries] == list(range(size + 1))
        assert entries[0].payload == b"p0"
    finally:
        store.close()


async def test_nothing_is_changed_where_it_cannot_be(tmp_path: Path):
    """A store in use, a database that is not empty, another master key, a log that was tampered with."""
    path, url = tmp_path / "store.db", new_database()
    await filled(path)
    held = SqliteStore(path, CODECS, PlainMasterKey())
    with pytest.raises(StoreLockedError):
        move(path, url, PlainMasterKey())
    held.close()
    with pytest.raises(MasterKeyError):
        move(path, url, PlainMasterKey("another"))
    used = new_database()
    PostgresStore(used, CODECS, PlainMasterKey()).close()
    with pytest.raises(BackupError, match="holds a store already"):
        move(path, used, PlainMasterKey())
    with pytest.raises(BackupError, match="no store"):
        move(tmp_path / "none.db", url, PlainMasterKey())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE entry SET leaf = (SELECT leaf FROM entry WHERE position = 4) WHERE position = 3")
    connection.close()
    with pytest.raises(BackupError, match="not the log"):
        move(path, url, PlainMasterKey())
    assert path.exists()
    fresh = tmp_path / "fresh.db"  # what failed before left the target empty
    size, _ = await filled(fresh)
    assert move(fresh, url, PlainMasterKey()).size == size
