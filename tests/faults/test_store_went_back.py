# SPDX-License-Identifier: Apache-2.0
"""The database goes back under a running process (an old copy, a standby that lagged): it refuses to go on, since
proofs and seals that it took would count again. A new epoch, begun by an operator, lets it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from counterseal.core.transaction import StoreUnavailableError
from counterseal.store.epoch import begin_epoch
from counterseal.store.postgres import PostgresEngine, PostgresStore
from tests.faults.database import Database, database, end, folder
from tests.faults.proxy import Proxy, proxy
from tests.support.store import CODECS, NOW, Answer, Counter, PlainMasterKey, add, key

A = "account:a"


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with database() as made:
        yield made


@pytest.mark.parametrize("others_wrote", [0, 5])
def test_an_older_copy_is_refused_until_a_new_epoch(server: Database, others_wrote: int) -> None:
    """Also where another process wrote to the copy since, so that it is as long as before."""
    name = f"back{others_wrote}"
    url = server.url().replace("/postgres", f"/{name}").replace(f"//{name}@", "//postgres@")
    server.execute(f"CREATE DATABASE {name}")

    async def run() -> None:
        store = PostgresStore(url, CODECS, PlainMasterKey())
        await store.transact([A], add(A), now=NOW)
        server.cut()
        server.execute(f"CREATE DATABASE {name}_old TEMPLATE {name}")
        for turn in range(5):
            await settled(store, f"t{turn}")
        server.cut()
        server.execute(f"DROP DATABASE {name}")
        server.execute(f"ALTER DATABASE {name}_old RENAME TO {name}")
        if others_wrote:
            other = PostgresStore(url, CODECS, PlainMasterKey())
            for _ in range(others_wrote):
                await other.transact([A], add(A, payload=b"another"), now=NOW)
            other.close()
        for _ in range(3):
            with pytest.raises(StoreUnavailableError) as error:
                await store.transact([A], add(A), now=NOW)
        assert error.value.code == "store_went_back"
        assert await store.check() is not None
        begin_epoch(PostgresEngine(url), PlainMasterKey(), now=NOW)
        assert (await store.transact([A], add(A), now=NOW)).result == Answer(2 + others_wrote)
        assert (store.epoch, await store.check()) == (1, None)
        store.close()

    asyncio.run(run())


async def settled(store: PostgresStore, name: str) -> None:
    """Write; a lost connection costs one answer."""
    try:
        await store.transact([A], add(A), now=NOW, idempotency=key(name))
    except StoreUnavailableError:
        await store.transact([A], add(A), now=NOW, idempotency=key(name))


def test_a_standby_is_refused_and_its_promotion_without_the_last_writes_too() -> None:
    """A real standby by pg_basebackup. While it follows it takes no process; promoted after the primary died with
    writes that never reached it, it is a store that went back."""
    with database() as primary, proxy(primary.port) as between, folder() as place:
        standby = primary.standby(place, between.port)
        standby.start()
        try:
            asyncio.run(_follow(primary, standby, between))
        finally:
            end(standby)


def caught_up(standby: Database) -> None:
    """Wait until the first entry came to the standby."""
    for text, wanted in (("SELECT to_regclass('entry') IS NOT NULL", True), ("SELECT count(*) FROM entry", 1)):
        while standby.execute(text) != [(wanted,)]:
            time.sleep(0.05)


async def _follow(primary: Database, standby: Database, between: Proxy) -> None:
    with pytest.raises(StoreUnavailableError, match="cannot be reached"):
        PostgresStore(standby.url(), CODECS, PlainMasterKey())
    both = f"postgresql://postgres@127.0.0.1:{standby.port},127.0.0.1:{primary.port}/postgres"
    store = PostgresStore(both, CODECS, PlainMasterKey())
    await store.transact([A], add(A), now=NOW)
    await asyncio.to_thread(caught_up, standby)
    between.hanging = True  # it lags
    assert (await store.transact([A], add(A), now=NOW)).result == Answer(2)
    assert await store.read(A) == Counter(2), "reads come from the primary"
    assert standby.execute("SELECT count(*) FROM entry") == [(1,)]
    primary.kill()
    between.drop()
    assert standby.execute("SELECT pg_promote()") == [(True,)]
    codes = []
    for _ in range(3):
        with pytest.raises(StoreUnavailableError) as error:
            await store.transact([A], add(A), now=NOW)
        codes.append(error.value.code)
    assert codes[-1] == "store_went_back", codes
    assert await store.read(A) == Counter(1), "it can be looked at"
    store.close()
