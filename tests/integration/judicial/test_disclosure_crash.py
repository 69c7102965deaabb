# SPDX-License-Identifier: Apache-2.0
"""A process that dies between package, delivery and log: handed out once, logged once, told once."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from counterseal.core.transaction import Loaded
from counterseal.judicial.disclosure.model import Package
from counterseal.judicial.disclosure.stored import GoneError
from counterseal.judicial.requests.model import State
from tests.integration.judicial.test_disclosure import AGE, advance, built, desk, fetched, kinds, link_of, opened
from tests.support import disclosures as d
from tests.support.server import DAY, Live

DIED = 9
FORK = multiprocessing.get_context("fork")


class Dying:
    """The real store of a process that dies as it commits the entry of this kind, or right after it has."""

    def __init__(self, store: Any, kind: str, *, committed: bool) -> None:
        self._store, self._kind, self._committed = store, kind, committed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def transact(self, keys: Any, function: Callable[[Loaded], Any], **options: Any) -> Any:
        seen = []

        def watched(loaded: Loaded) -> Any:
            commit = function(loaded)
            seen[:] = [each.entry.kind for each in commit.changes if each.entry is not None]
            if self._kind in seen and not self._committed:
                os._exit(DIED)
            return commit

        done = await self._store.transact(keys, watched, **options)
        if self._kind in seen:
            os._exit(DIED)
        return done


def dies(folder: Path, kind: str, *, committed: bool) -> None:
    """A process builds a package, fetches it and tells the owner, and dies at the entry of this kind."""

    async def run() -> None:
        async with desk(folder) as (live, _, _, _):
            service = live.application.desk.disclosures
            dying = Dying(live.application.store, kind, committed=committed)
            service._store = service._telling._store = dying
            made = await built(live)
            await fetched(live, made)
            await advance(live, 1)
        os._exit(1)

    process = FORK.Process(target=lambda: asyncio.run(run()))
    process.start()
    process.join(60)
    assert process.exitcode == DIED


def after(folder: Path, check: Callable[[Live], Any]) -> None:
    """What another process finds."""

    async def run() -> None:
        async with desk(folder) as (live, _, _, _):
            await check(live)

    asyncio.run(run())


async def only(live: Live) -> Any:
    """The one disclosure that there is."""
    (item,) = (await live.get("/v1/desk/disclosures", token="desk"))["items"]
    return item


async def told_once(live: Live, made: Any) -> None:
    """Whatever is left is done, each thing once."""
    for _ in range(3):
        await advance(live, 200_000)  # longer than the lease of the process that died
    assert len(await live.messages("email")) == 1
    found = await kinds(live, made)
    for kind in ("disclosure_built", "disclosure_fetched", "disclosure_told"):
        assert found.count(kind) == 1
    request = await d.read(live.application.store, made["request"])
    assert request.state is State.NOTIFIED
    assert [each.what for each in request.history].count("delivered") == 1
    assert request.disclosures == (made["id"],)


def test_death_before_the_package_is_stored_leaves_nothing(tmp_path: Path) -> None:
    dies(tmp_path, "disclosure_built", committed=False)

    async def check(live: Live) -> None:
        assert await live.application.store.subjects("disclosure") == []
        assert await live.application.store.subjects("disclosure_package") == []
        (name,) = await live.application.store.subjects("judicial_request")
        request = await d.read(live.application.store, name.partition(":")[2])
        assert (request.state, request.disclosures) == (State.APPROVED, ())
        await live.post(f"/v1/desk/requests/{request.id}/disclosures", None, 201, token="desk")

    after(tmp_path, check)


def test_death_after_the_package_is_stored_loses_nothing(tmp_path: Path) -> None:
    dies(tmp_path, "disclosure_built", committed=True)

    async def check(live: Live) -> None:
        made = await only(live)
        again = await live.call("POST", f"/v1/desk/requests/{made['request']}/disclosures", token="desk")
        assert again.status_code == 409
        assert opened(await fetched(live, made))
        await told_once(live, made)

    after(tmp_path, check)


def test_death_before_the_delivery_is_logged_hands_out_nothing(tmp_path: Path) -> None:
    dies(tmp_path, "disclosure_fetched", committed=False)

    async def check(live: Live) -> None:
        made = await only(live)
        assert (made["fetched"], made["ended"]) == (None, "")
        assert await kinds(live, made) == ["disclosure_built"]
        assert opened(await fetched(live, made))
        await told_once(live, made)

    after(tmp_path, check)


def test_death_after_the_delivery_is_logged_hands_out_no_second_copy(tmp_path: Path) -> None:
    dies(tmp_path, "disclosure_fetched", committed=True)

    async def check(live: Live) -> None:
        made = await only(live)
        assert made["ended"] == "fetched"
        assert await live.application.store.read(f"disclosure_package:{made['id']}") == Package(b"")
        service = live.application.desk.disclosures
        with pytest.raises(GoneError) as gone:
            await service.fetch(made["id"], service.token(made["id"]), address="192.0.2.1")
        assert (gone.value.code, "call-back" in gone.value.hint) == ("package_fetched", True)
        page = await live.client.post(f"/disclosure/{made['id']}/{service.token(made['id'])}")
        assert page.status_code == 410
        assert "write to the desk" in page.text
        await told_once(live, made)

    after(tmp_path, check)


@pytest.mark.parametrize("committed", [False, True])
def test_death_while_the_owner_is_told_tells_once(tmp_path: Path, committed: bool) -> None:
    dies(tmp_path, "disclosure_told", committed=committed)

    async def check(live: Live) -> None:
        await told_once(live, await only(live))

    after(tmp_path, check)


def test_what_comes_twice_is_done_once(tmp_path: Path) -> None:
    """A row whose lease ended while somebody worked on it is handled by two."""

    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _):
            made = await built(live, silence=d.silence(live.now, 3))
            await fetched(live, made)
            service = live.application.desk.disclosures
            telling, held = service._telling, await service.read(made["id"])
            await asyncio.gather(
                *(telling.remind(held) for _ in range(3)), *(telling.expose(held) for _ in range(3))
            )
            await live.advance(3 * DAY)
            await asyncio.gather(
                *(telling.tell(held) for _ in range(3)), *(service.expire(made["id"]) for _ in range(3))
            )
            found = await kinds(live, made)
            assert sorted(found) == sorted(set(found))
            assert len(await live.messages("email")) == 1

    asyncio.run(run())


def test_many_hands_at_one_link_get_one_copy(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _):
            made = await built(live, key=AGE)
            path = await link_of(live, made)
            answers = await asyncio.gather(*(live.client.post(path) for _ in range(12)))
            assert sorted(each.status_code for each in answers) == [200, *[410] * 11]
            assert (await kinds(live, made)).count("disclosure_fetched") == 1

    asyncio.run(run())
