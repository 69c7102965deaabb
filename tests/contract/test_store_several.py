# SPDX-License-Identifier: Apache-2.0
"""Several processes on one PostgreSQL: one order for all, nothing twice, and what happens when parts go away."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from counterseal.core import merkle
from counterseal.core.transaction import Commit, Loaded, StoreUnavailableError, Timer, TimerGoneError
from counterseal.store.epoch import begin_epoch
from counterseal.store.errors import MasterKeyError, SubjectErasedError
from counterseal.store.postgres import PostgresEngine, PostgresStore
from tests.support.postgres import new_database
from tests.support.store import CODECS, NOW, Answer, Counter, PlainMasterKey, add, key, message

pytestmark = pytest.mark.anyio
A, B = "account:a", "account:b"
LEASE = 60_000


class Several:
    """Stores on one database, as so many processes have them."""

    def __init__(self) -> None:
        self.url = new_database()
        self.opened: list[PostgresStore] = []

    def open(self) -> PostgresStore:
        self.opened.append(PostgresStore(self.url, CODECS, PlainMasterKey()))
        return self.opened[-1]

    def cut(self) -> None:
        """The server ends every connection."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture
def several() -> Iterator[Several]:
    made = Several()
    yield made
    for store in made.opened:
        store.close()


async def whole(store: PostgresStore) -> int:
    """How many entries there are; their positions are dense and the stored tree is the tree of their leaves."""
    size, root = await store.log.root()
    leaves = await store.log.leaves(0, size + 1)
    edge, _ = merkle.append(merkle.CompactRange(), [merkle.leaf_hash(leaf) for leaf in leaves])
    assert (edge.size, merkle.root(edge)) == (size, root)
    entries = await store.entries(limit=10_000)
    assert [entry.position for entry in entries] == list(range(size))
    return size


async def test_each_sees_what_the_others_committed(several: Several):
    first, second = several.open(), several.open()
    for turn in range(5):
        await first.transact([A], add(A), now=NOW + turn)
        done = await second.transact([A], add(A), now=NOW + turn)
        assert done.result == Answer(2 * turn + 2)
    assert await first.read(A) == await second.read(A) == Counter(10)
    assert await whole(first) == 10


async def test_many_writers_make_one_order(several: Several):
    """Three stores with many callers each add to two subjects: nothing is lost and the log is one dense tree."""
    stores = [several.open() for _ in range(3)]
    calls = [stores[n % 3].transact([A if n % 2 else B], add(A if n % 2 else B), now=NOW) for n in range(300)]
    done = await asyncio.gather(*calls)
    assert sorted(position for one in done for position in one.positions) == list(range(300))
    assert [await stores[0].read(name) for name in (A, B)] == [Counter(150), Counter(150)]
    assert await whole(stores[1]) == 300


async def test_many_writers_of_messages_meet_no_number_twice(several: Several):
    """A batch that waited for another must number its rows after those of the other."""
    stores = [several.open() for _ in range(3)]
    calls = [
        stores[n % 3].transact([A], add(A, messages=(message(f"m-{n}", A),)), now=NOW, idempotency=key(f"k-{n}"))
        for n in range(240)
    ]
    await asyncio.gather(*calls)
    assert len(await stores[0].messages(NOW, limit=1_000)) == 240
    assert await whole(stores[1]) == 240


async def test_processes_that_open_at_once_make_one_schema(several: Several):
    with ThreadPoolExecutor(4) as threads:
        stores = [made.result() for made in [threads.submit(several.open) for _ in range(4)]]
    await asyncio.gather(*(store.transact([A], add(A), now=NOW) for store in stores))
    assert await stores[0].read(A) == Counter(4)


async def test_a_key_of_idempotency_counts_in_all(several: Several):
    stores = [several.open() for _ in range(3)]
    done = await asyncio.gather(
        *(stores[n % 3].transact([A], add(A), now=NOW, idempotency=key("once")) for n in range(30))
    )
    assert {one.result for one in done} == {Answer(1)}
    assert sum(not one.replayed for one in done) == 1
    assert await stores[2].read(A) == Counter(1)


async def test_a_timer_makes_one_transition(several: Several):
    stores = [several.open() for _ in range(3)]
    timers = tuple(Timer(f"t-{n}", A, NOW, "hold") for n in range(20))
    await stores[0].transact([A], add(A, timers=timers), now=NOW)

    async def worker(store: PostgresStore) -> int:
        fired = 0
        for timer in await store.due(NOW):
            try:
                await store.transact([A], add(A), now=NOW, timer=timer.id)
                fired += 1
            except TimerGoneError:
                pass
        return fired

    fired = await asyncio.gather(*(worker(store) for store in stores))
    assert sum(fired) == 20
    assert await stores[1].read(A) == Counter(21)
    assert await stores[1].due(NOW) == []


async def test_a_message_is_one_worker_s_until_its_lease_is_over(several: Several):
    stores = [several.open() for _ in range(3)]
    messages = tuple(message(f"m-{n}", A) for n in range(30))
    await stores[0].transact([A], add(A, messages=messages), now=NOW)
    taken = await asyncio.gather(*(store.claim(NOW, lease=LEASE, limit=10) for store in stores))
    names = [one.id for each in taken for one in each]
    assert len(names) == len(set(names))
    rest = await stores[0].claim(NOW, lease=LEASE, limit=100)
    assert sorted([*names, *(one.id for one in rest)]) == sorted(one.id for one in messages)
    for name in names[:5]:
        await stores[1].delivered(name, NOW)
    assert await stores[2].claim(NOW + LEASE - 1, lease=LEASE) == []
    again = await stores[2].claim(NOW + LEASE, lease=LEASE)
    assert len(again) == 25  # a worker that died with them loses nothing


async def test_an_erasure_that_fails_half_way_changes_nothing(several: Several):
    store = several.open()
    await store.transact([A], add(A, aliases=("action:x",)), now=NOW)
    with psycopg.connect(several.url, autocommit=True) as connection:
        connection.execute('CREATE TABLE keeps (alias TEXT COLLATE "C" REFERENCES alias (alias))')
        connection.execute("INSERT INTO keeps VALUES ('action:x')")
        with pytest.raises(StoreUnavailableError):
            await store.erase(A, NOW)
        assert (await store.read(A), await store.resolve("action:x")) == (Counter(1), A)
        assert await whole(store) == 1
        connection.execute("DROP TABLE keeps")
    await store.erase(A, NOW)
    assert (await store.read(A), await whole(store)) == (None, 2)


async def test_an_erasure_holds_in_all(several: Several):
    first, second = several.open(), several.open()
    await first.transact([A], add(A, aliases=("action:x",)), now=NOW)
    assert await second.read(A) == Counter(1)
    assert await second.resolve("action:x") == A
    await first.erase(A, NOW)
    assert await second.read(A) is None
    assert await second.resolve("action:x") is None
    with pytest.raises(SubjectErasedError):
        await second.transact([A], add(A), now=NOW)


async def test_a_new_epoch_reaches_every_process(several: Several):
    first, second = several.open(), several.open()
    await first.transact([A], add(A), now=NOW)
    record = begin_epoch(PostgresEngine(several.url), PlainMasterKey(), now=NOW + 1)
    assert (record.epoch, record.size) == (1, 1)

    def epoch(loaded: Loaded) -> Commit[Answer]:
        return Commit(Answer(loaded.epoch), ())

    assert [(await store.transact([A], epoch, now=NOW)).result for store in (first, second)] == [Answer(1)] * 2
    assert (first.epoch, second.epoch) == (1, 1)
    assert await whole(second) == 2


async def test_time_never_goes_back(several: Several):
    first, second = several.open(), several.open()
    await first.transact([A], add(A), now=NOW + 100)

    def latest(loaded: Loaded) -> Commit[Answer]:
        return Commit(Answer(loaded.latest), ())

    assert (await second.transact([B], latest, now=NOW)).result == Answer(NOW + 100)


async def test_a_lost_connection_costs_one_answer(several: Several):
    """What was acknowledged is there; a call that meets the fault is told; the next one works."""
    store = several.open()
    await store.transact([A], add(A), now=NOW)
    several.cut()
    with pytest.raises(StoreUnavailableError):
        await store.transact([A], add(A), now=NOW)
    assert await store.read(A) == Counter(1)
    assert (await store.transact([A], add(A), now=NOW)).result == Answer(2)
    assert await whole(store) == 2


async def test_another_master_key_is_refused(several: Several):
    several.open()
    with pytest.raises(MasterKeyError):
        PostgresStore(several.url, CODECS, PlainMasterKey("another"))


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(StoreUnavailableError, match="cannot be reached"):
        PostgresStore("postgresql://nobody@127.0.0.1:1/none", CODECS, PlainMasterKey())


WRITES = """
import asyncio, sys
from counterseal.store.epoch import begin_epoch
from counterseal.store.postgres import PostgresEngine, PostgresStore
from tests.support.store import CODECS, NOW, PlainMasterKey, add

async def main():
    store = PostgresStore(sys.argv[1], CODECS, PlainMasterKey())
    async def caller(name):
        while True:
            done = await store.transact([name], add(name), now=NOW)
            print(name, done.result.value, flush=True)
    await asyncio.gather(*(caller(f"account:{sys.argv[2]}-{n}") for n in range(8)))

asyncio.run(main())
"""


def writing(url: str, name: str) -> subprocess.Popen[str]:
    """A process that writes without end and prints what was acknowledged."""
    command = [sys.executable, "-c", WRITES, url, name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())


async def test_what_a_killed_process_acknowledged_is_there(several: Several):
    """Two processes write under load and are killed with SIGKILL at a moment of no choosing: no acknowledgement is
    lost, the tree is whole, and a third process goes on."""
    store = several.open()
    for turn in range(3):
        each = [writing(several.url, f"{turn}{name}") for name in "xy"]
        lines = [process.stdout for process in each]
        said: dict[str, int] = {}
        for stream in lines:
            assert stream is not None
            for _ in range(40 + 25 * turn):
                name, value = stream.readline().split()
                said[name] = int(value)
        for process in each:
            process.send_signal(signal.SIGKILL)
        for stream in lines:
            assert stream is not None
            for line in stream:
                if line.endswith("\n"):
                    name, value = line.split()
                    said[name] = int(value)
        for process in each:
            process.wait()
            process.stdout.close()
        assert len(said) == 16
        for name, value in said.items():
            found = await store.read(name)
            assert found is not None
            assert value <= found.value <= value + 1  # at most one that nobody was told of
        await store.transact([A], add(A), now=NOW)
        await whole(store)


async def test_a_task_that_changes_nothing_hides_nobody_s_turn(several: Several):
    """A sweep without anything to remove: what another process wrote meanwhile is noticed all the same."""
    first, second = several.open(), several.open()
    await second.sweep(NOW)
    await first.transact([A], add(A), now=NOW)
    assert (await second.transact([A], add(A), now=NOW)).result == Answer(2)
    assert await whole(second) == 2
