# SPDX-License-Identifier: Apache-2.0
"""The store's contract: what is joined to a write is committed with it or not at all, and once."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from counterseal.core.errors import ConflictError
from counterseal.core.transaction import Change, Commit, Idempotency, Joined, Loaded, Store
from tests.support.store import NOW, Answer, Counter, add, entry, key

pytestmark = pytest.mark.anyio
A, B = "account:a", "account:b"


def once(loaded: Loaded) -> tuple[Change, ...]:
    """Count B up, but only from nothing."""
    if loaded.states[B] is not None:
        raise ConflictError("used up")
    return (Change(B, Counter(1), entry(b"joined")),)


def joined(name: str) -> Idempotency:
    """A write with `once` joined to it."""
    return msgspec.structs.replace(key(name), joined=Joined((B,), once))


async def test_both_are_committed_and_the_writes_own_entry_comes_first(store: Store) -> None:
    done = await store.transact([A], add(A, 5), now=NOW, idempotency=joined("k"))
    assert (done.result, done.positions) == (Answer(5), (0, 1))
    assert (await store.read(A), await store.read(B)) == (Counter(5), Counter(1))
    assert [one.subject for one in await store.entries()] == [A, B]


async def test_what_the_joined_function_raises_keeps_nothing_of_either(store: Store) -> None:
    await store.transact([B], add(B), now=NOW)
    with pytest.raises(ConflictError, match="used up"):
        await store.transact([A], add(A), now=NOW, idempotency=joined("k"))
    assert await store.read(A) is None
    assert await store.replayed(key("k")) is None
    assert len(await store.entries()) == 1


async def test_what_the_write_raises_uses_nothing(store: Store) -> None:
    def fail(_: Loaded) -> Commit[Answer]:
        raise ConflictError("not now")

    with pytest.raises(ConflictError, match="not now"):
        await store.transact([A], fail, now=NOW, idempotency=joined("k"))
    assert await store.read(B) is None


async def test_a_repeated_write_does_not_call_it_again(store: Store) -> None:
    first = await store.transact([A], add(A), now=NOW, idempotency=joined("k"))
    again = await store.transact([A], add(A), now=NOW, idempotency=joined("k"))
    assert (again.result, again.replayed) == (first.result, True)
    assert await store.read(B) == Counter(1)


async def test_of_many_at_once_one_wins(store: Store) -> None:
    writes = [store.transact([A], add(A), now=NOW, idempotency=joined(f"k{n}")) for n in range(20)]
    found = await asyncio.gather(*writes, return_exceptions=True)
    assert sum(isinstance(each, ConflictError) for each in found) == 19
    assert await store.read(A) == Counter(1)


async def test_a_write_that_changes_nothing_itself_still_commits_what_is_joined(store: Store) -> None:
    def look(_: Loaded) -> Commit[Answer]:
        return Commit(Answer(0))

    await store.transact([], look, now=NOW, idempotency=joined("k"))
    assert await store.read(B) == Counter(1)
