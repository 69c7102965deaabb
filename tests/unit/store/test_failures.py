# SPDX-License-Identifier: Apache-2.0
"""A disk that is full or away: nothing is acknowledged that was not kept, and the store comes back."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from counterseal.core import merkle
from counterseal.core.transaction import StoreUnavailableError
from counterseal.store.errors import StoreCorruptError
from counterseal.store.sqlite import SqliteStore
from tests.support.store import NOW, add, key, message
from tests.unit.store.conftest import Open

pytestmark = pytest.mark.anyio
A, B = "account:a", "account:b"
Limit = Callable[[SqliteStore], AbstractContextManager[None]]


@contextmanager
def page_limit(store: SqliteStore) -> Iterator[None]:
    """SQLite may not grow the file: SQLITE_FULL, as on a full disk."""
    connection = store._committer.open()
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 4}")
    connection.rollback()
    yield


@contextmanager
def file_limit(store: SqliteStore) -> Iterator[None]:
    """The kernel refuses writes beyond a size: an I/O error in the middle of the write-ahead log."""
    size = Path(f"{store.path}-wal").stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("limit", [page_limit, file_limit])
async def test_a_full_disk_fails_whole_batches_and_loses_nothing(open_store: Open, limit: Limit):
    store = open_store()
    acknowledged: set[str] = set()
    failed: set[str] = set()

    async def one(name: str) -> None:
        subject = f"account:{len(name)}{name}"
        try:
            await store.transact([subject], add(subject, text="x" * 2000, payload=name.encode()), now=NOW)
            acknowledged.add(name)
        except StoreUnavailableError:
            failed.add(name)

    await asyncio.gather(*(one(f"before-{number}") for number in range(20)))
    with limit(store):
        for turn in range(20):
            await asyncio.gather(*(one(f"full-{turn}-{number}") for number in range(8)))
            if failed:
                break
    assert failed
    await asyncio.gather(*(one(f"after-{number}") for number in range(20)))
    assert {f"after-{number}" for number in range(20)} <= acknowledged
    for _ in range(2):
        kept = [entry.payload.decode() for entry in await store.entries(limit=1000)]
        assert sorted(kept) == sorted(acknowledged)
        size, root = await store.log.root()
        digests = [merkle.leaf_hash(one) for one in await store.log.leaves(0, 1000)]
        assert (size, root) == (len(kept), merkle.root(merkle.append(merkle.CompactRange(), digests)[0]))
        store = open_store()  # and once more after a restart


async def test_a_lock_by_a_stranger_is_unavailability(open_store: Open, database: Path, monkeypatch):
    monkeypatch.setattr("counterseal.store.connect.BUSY_SECONDS", 0.05)
    store = open_store()
    stranger = sqlite3.connect(database, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(
        *(store.transact([A], add(A), now=NOW, idempotency=key("k")) for _ in range(3)),
        store.delivered("m", NOW),
        store.erase(A, NOW),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes] == [StoreUnavailableError] * 5
    stranger.execute("ROLLBACK")
    stranger.close()
    assert not (await store.transact([A], add(A), now=NOW, idempotency=key("k"))).replayed


async def test_a_missing_folder_is_told_at_once(tmp_path: Path, open_store: Open):
    with pytest.raises(StoreUnavailableError, match="cannot be opened"):
        SqliteStore(tmp_path / "nowhere" / "store.db", {}, None)


def test_a_file_that_is_no_database_is_unavailability(open_store: Open, database: Path):
    database.write_bytes(b"this is a text file, not a database" * 200)
    with pytest.raises(StoreUnavailableError):
        open_store()
    database.unlink()
    open_store()  # the failed opening gave the lock back


async def test_a_closed_store_refuses(open_store: Open):
    store = open_store()
    store.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.transact([A], add(A), now=NOW)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.entries()


@pytest.mark.parametrize(("table", "column"), [("state", "data"), ("vault", "key")])
async def test_a_damaged_subject_fails_its_own_callers_only(
    open_store: Open, database: Path, table: str, column: str
):
    store = open_store()
    for subject in (A, B):
        await store.transact([subject], add(subject, messages=(message(f"m-{subject}", subject),)), now=NOW)
    store.close()
    with sqlite3.connect(database) as raw:
        raw.execute(f"UPDATE {table} SET {column} = zeroblob(80) WHERE subject = ?", (A,))  # noqa: S608
    raw.close()
    store = open_store()
    outcomes = await asyncio.gather(
        store.transact([A], add(A), now=NOW), store.transact([B], add(B), now=NOW), return_exceptions=True
    )
    assert isinstance(outcomes[0], StoreUnavailableError)
    assert outcomes[1].result.value == 2
    with pytest.raises(StoreUnavailableError):
        await store.read(A)


async def test_a_blob_moved_to_another_row_does_not_open(open_store: Open, database: Path):
    store = open_store()
    await store.transact([A], add(A, payload=b"one"), now=NOW)
    await store.transact([A], add(A, payload=b"two"), now=NOW)
    store.close()
    with sqlite3.connect(database) as raw:
        raw.execute("UPDATE entry SET payload = (SELECT payload FROM entry WHERE position = 1) WHERE position = 0")
    raw.close()
    with pytest.raises(StoreCorruptError):
        await open_store().entries()


async def test_the_connection_of_a_cancelled_caller_is_not_lost(open_store: Open):
    store = open_store()
    call = asyncio.ensure_future(store.transact([A], add(A), now=NOW))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await store.transact([A], add(A), now=NOW)).result.value in {1, 2}
