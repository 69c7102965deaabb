# SPDX-License-Identifier: Apache-2.0
"""The database is slow, hangs, is away, comes back: 503 within a bound, nothing acknowledged lost, no restart."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from counterseal.core.transaction import StoreUnavailableError
from counterseal.store import writer
from counterseal.store.postgres import PostgresStore
from tests.faults.database import Database, database
from tests.faults.proxy import Proxy, proxy
from tests.support.store import CODECS, NOW, Answer, Counter, PlainMasterKey, add, key

PATIENCE = 0.6
WAYS = ("drop", "half_close", "cut", "refuse") if "COUNTERSEAL_TEST_FAULTS" in os.environ else ("half_close",)
A = "account:a"


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with database() as made:
        yield made


@pytest.fixture
def between(server: Database) -> Iterator[Proxy]:
    with proxy(server.port) as made:
        yield made


@asynccontextmanager
async def store_behind(server: Database, between: Proxy, name: str) -> AsyncIterator[PostgresStore]:
    """A store on a database of its own, reached through the proxy."""
    server.execute(f"CREATE DATABASE {name}")
    url = server.url(between.port).replace("/postgres", f"/{name}")
    made = PostgresStore(url.replace(f"//{name}@", "//postgres@"), CODECS, PlainMasterKey(), patience=PATIENCE)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)


async def outcome(store: PostgresStore, name: str) -> object:
    """The answer to one write, or the error."""
    try:
        return (await store.transact([A], add(A), now=NOW, idempotency=key(name))).result
    except StoreUnavailableError as error:
        return error


def test_a_hung_database_costs_a_bounded_wait_and_comes_back(server: Database, between: Proxy) -> None:
    """Writes and reads that wait for a database that says nothing end in time; later everything works again, and
    what was on its way is repeated under its key once."""

    async def run() -> None:
        async with store_behind(server, between, "hung") as store:
            assert await outcome(store, "first") == Answer(1)
            between.hanging = True
            begin = time.monotonic()
            given = [outcome(store, f"k{n}") for n in range(40)]
            read = asyncio.gather(*(store.read(A) for _ in range(20)), return_exceptions=True)
            found = await asyncio.gather(*given)
            assert all(isinstance(one, StoreUnavailableError) for one in found)
            assert all(isinstance(one, StoreUnavailableError) for one in await read)
            assert time.monotonic() - begin < PATIENCE + 3
            assert store.waiting == 0
            between.hanging = False
            between.drop()
            await recovered(store)
            for n in range(40):
                assert isinstance(await outcome(store, f"k{n}"), Answer)
            assert await store.read(A) == Counter(42)  # "first", "again" of `recovered`, and one for each key

    asyncio.run(run())


async def recovered(store: PostgresStore) -> None:
    """Wait until writes work again, without a restart."""
    for turn in range(100):
        done = await outcome(store, "again")
        if isinstance(done, Answer):
            return
        await asyncio.sleep(0.05 + turn * 0.01)
    raise AssertionError("it did not come back")


def test_while_it_hangs_nothing_piles_up(server: Database, between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes while the store is known to hang is refused at once, and so is who comes when too many wait."""
    monkeypatch.setattr(writer, "WAITING", 50)

    async def run() -> None:
        async with store_behind(server, between, "piles") as store:
            assert await outcome(store, "first") == Answer(1)
            between.hanging = True
            first = asyncio.gather(*(outcome(store, f"a{n}") for n in range(10)))
            await asyncio.sleep(0.05)
            many = [asyncio.ensure_future(outcome(store, f"b{n}")) for n in range(500)]
            await asyncio.sleep(0.1)
            assert store.waiting == 50
            assert sum(one.done() for one in many) == 450
            assert all(isinstance(one, StoreUnavailableError) for one in await asyncio.gather(*many))
            begin = time.monotonic()
            assert isinstance(await outcome(store, "refused"), StoreUnavailableError)
            assert all(isinstance(one, StoreUnavailableError) for one in await first)
            assert store.waiting == 0
            assert time.monotonic() - begin < PATIENCE + 3
            between.hanging = False
            await recovered(store)

    asyncio.run(run())


def test_a_slow_database_is_slow_and_right(server: Database, between: Proxy) -> None:
    async def run() -> None:
        async with store_behind(server, between, "slow") as store:
            between.delay = 0.01
            found = await asyncio.gather(*(outcome(store, f"k{n}") for n in range(60)))
            assert sorted(one.value for one in found if isinstance(one, Answer)) == list(range(1, 61))

    asyncio.run(run())


@pytest.mark.parametrize("how", WAYS)
def test_connections_that_end_cost_answers_and_no_work(server: Database, between: Proxy, how: str) -> None:
    """Under load, connections end in four ways; whoever was not answered repeats and finds one effect each."""

    async def run() -> None:
        async with store_behind(server, between, f"ends_{how}") as store:
            assert await outcome(store, "first") == Answer(1)
            acknowledged: dict[str, object] = {}

            async def caller(number: int) -> None:
                for turn in range(12):
                    name = f"c{number}-{turn}"
                    found = await outcome(store, name)
                    while not isinstance(found, Answer):
                        await asyncio.sleep(0.03)
                        found = await outcome(store, name)
                    acknowledged[name] = found

            async def fault() -> None:
                for _ in range(3):
                    await asyncio.sleep(0.06)
                    between.refusing = how == "refuse"
                    if how == "half_close":
                        between.half_close()
                    elif how == "cut":
                        with contextlib.suppress(Exception):
                            server.cut()
                    else:
                        between.drop()
                    await asyncio.sleep(0.1)
                    between.refusing = False

            await asyncio.gather(fault(), *(caller(n) for n in range(6)))
            assert len(acknowledged) == 72
            assert await store.read(A) == Counter(73)  # one effect for each key
            assert sorted(one.value for one in acknowledged.values()) == list(range(2, 74))  # type: ignore[attr-defined]
            for name, answer in acknowledged.items():
                assert await outcome(store, name) == answer

    asyncio.run(run())
