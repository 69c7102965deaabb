# SPDX-License-Identifier: Apache-2.0
"""What a process remembers survives the writes of others, and is never older than the database."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterseal.store import book as books
from counterseal.store.book import ABSENT, Book
from counterseal.store.epoch import begin_epoch
from counterseal.store.errors import SubjectErasedError
from counterseal.store.postgres import PostgresEngine, PostgresStore
from tests.support.postgres import new_database
from tests.support.store import NOW, Answer, Counter, CounterCodec, PlainMasterKey, add, look

pytestmark = pytest.mark.anyio
A, B = "account:a", "account:b"


class Counting(CounterCodec):
    """Counts how many states were read from rows."""

    read = 0

    def decode(self, data: bytes, /) -> Counter:
        self.read += 1
        return super().decode(data)


class Pair:
    """Two stores on one database; `codec` tells what the first one reads."""

    def __init__(self) -> None:
        self.url, self.codec = new_database(), Counting()
        self.first = PostgresStore(self.url, {"account": self.codec}, PlainMasterKey())
        self.second = PostgresStore(self.url, {"account": CounterCodec()}, PlainMasterKey())


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.first.close()
    made.second.close()


async def test_a_state_that_nobody_else_wrote_is_not_read_again(pair: Pair):
    await pair.first.transact([A], add(A), now=NOW)
    for turn in range(2, 12):
        await pair.second.transact([B], add(B), now=NOW)
        assert (await pair.first.transact([A], add(A), now=NOW)).result == Answer(turn)
    assert pair.codec.read == 0
    await pair.first.transact([A, B], look, now=NOW)
    assert pair.codec.read == 1  # B, which the other wrote


async def test_a_state_that_another_wrote_is_read_again_once(pair: Pair):
    await pair.first.transact([A], add(A), now=NOW)
    for turn in range(5):
        assert (await pair.second.transact([A], add(A), now=NOW)).result == Answer(3 * turn + 2)
        assert (await pair.first.transact([A], add(A), now=NOW)).result == Answer(3 * turn + 3)
        assert (await pair.first.transact([A], add(A), now=NOW)).result == Answer(3 * turn + 4)
    assert pair.codec.read == 5


async def test_what_another_erased_is_gone(pair: Pair):
    await pair.first.transact([A], add(A), now=NOW)
    await pair.second.erase(A, NOW)
    with pytest.raises(SubjectErasedError):
        await pair.first.transact([A], add(A), now=NOW)


async def test_a_new_epoch_forgets_all(pair: Pair):
    await pair.first.transact([A], add(A), now=NOW)
    begin_epoch(PostgresEngine(pair.url), PlainMasterKey(), now=NOW)
    assert (await pair.first.transact([A], add(A), now=NOW)).result == Answer(2)
    assert pair.codec.read == 1


async def test_a_lost_connection_forgets_all(pair: Pair):
    await pair.first.transact([A], add(A), now=NOW)
    pair.first._committer._forget()
    await pair.second.transact([B], add(B), now=NOW)
    assert (await pair.first.transact([A], add(A), now=NOW)).result == Answer(2)
    assert pair.codec.read == 1


def test_a_process_that_is_not_alone_forgets_all_in_time():
    """So long a key may outlive its erasure by another process, and no transaction number comes twice."""
    book = Book(10, 10_000, shared=True)
    begun = book.forgot
    book.cache.put(A, ABSENT, 1)
    book.refresh((2, 0, 0, 0, None, None), at=begun + books.FORGET)
    assert len(book.cache) == 1
    book.refresh((3, 0, 0, 0, None, None), at=begun + books.FORGET + 0.1)
    assert len(book.cache) == 0
    assert book.generation == 2


HAMMERS = """
import asyncio, json, random, sys
from counterseal.core.transaction import Change, Commit
from counterseal.store.postgres import PostgresStore
from tests.support.store import CODECS, NOW, Answer, Counter, PlainMasterKey

NAMES = [f"account:{n}" for n in range(7)]

def step(keys, drop):
    # Adds one to each; `drop`: the state goes, and comes back with what was.
    def function(loaded):
        seen = {key: (loaded.states[key] or Counter(0)).value for key in keys}
        changes = [Change(key, None if drop and key == keys[0] else Counter(seen[key] + 1)) for key in keys]
        if drop:
            changes.append(Change(keys[0], Counter(seen[keys[0]] + 1)))
        return Commit(Answer(0), tuple(changes)), seen
    return function

async def main():
    store = PostgresStore(sys.argv[1], CODECS, PlainMasterKey(), cache_entries=5)
    seen_by, dice = [], random.Random(sys.argv[2])
    async def caller():
        for _ in range(int(sys.argv[3])):
            keys = dice.sample(NAMES, dice.randint(1, 3))
            function, kept = step(keys, dice.random() < 0.2), {}
            def run(loaded):
                commit, seen = function(loaded)
                kept.clear()
                kept.update(seen)
                return commit
            await store.transact(keys, run, now=NOW)
            seen_by.append(dict(kept))
    await asyncio.gather(*(caller() for _ in range(4)))
    store.close()
    print(json.dumps(seen_by))

asyncio.run(main())
"""


def test_two_processes_that_hammer_the_same_subjects_lose_no_step(pair: Pair):
    """Each transition saw what the one before it left: over both processes no value of a subject was seen twice,
    and none was left out."""
    commands = [[sys.executable, "-c", HAMMERS, pair.url, name, "60"] for name in "xy"]
    running = [subprocess.Popen(one, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) for one in commands]
    said = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    seen: dict[str, Tally[int]] = {}
    for one in (*said[0], *said[1]):
        for name, value in one.items():
            seen.setdefault(name, Tally())[value] += 1
    for name, values in seen.items():
        assert sorted(values.elements()) == list(range(len(values))), name
        assert asyncio.run(pair.first.read(name)) == Counter(len(values))
    assert sum(values.total() for values in seen.values()) > 480
