# SPDX-License-Identifier: Apache-2.0
"""Random lives of packages: whatever is done in whatever order, each is given out once at most, and owners hear of
it once, after that, and not before their silence ends."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterseal.judicial.disclosure.model import Package
from counterseal.judicial.requests.model import State
from tests.integration.judicial.test_disclosure import AGE, advance, built, desk, opened
from tests.support import disclosures as d
from tests.support.server import DAY, HOUR, Live

STEPS = 60


class World:
    """What a run has seen, beside what the server says."""

    def __init__(self, live: Live, chance: random.Random) -> None:
        self.live, self.chance = live, chance
        self.packages: dict[str, Any] = {}
        self.copies: Counter[str] = Counter()
        self.done: Counter[str] = Counter()

    @property
    def some(self) -> Any:
        return self.chance.choice(list(self.packages.values()))

    async def build(self) -> None:
        silence = d.silence(self.live.now, self.chance.choice([1, 5, 200])) if self.chance.random() < 0.5 else None
        made = await built(self.live, silence=silence)
        self.packages[made["id"]] = made

    async def build_again(self) -> None:
        path = f"/v1/desk/requests/{self.some['request']}/disclosures"
        answer = await self.live.call("POST", path, token="desk")
        assert answer.status_code in {201, 409}
        if answer.status_code == 201:
            self.packages[answer.json()["id"]] = answer.json()

    async def fetch(self) -> None:
        made = self.some
        service = self.live.application.desk.disclosures
        hands = self.chance.choice([1, 1, 3])
        path = f"/disclosure/{made['id']}/{service.token(made['id'])}"
        for answer in await asyncio.gather(*(self.live.client.post(path) for _ in range(hands))):
            assert answer.status_code in {200, 410}
            if answer.status_code == 200:
                assert opened(answer.content)
                self.copies[made["id"]] += 1

    async def revoke(self) -> None:
        path = f"/v1/desk/disclosures/{self.some['id']}/revocation"
        answer = await self.live.call("POST", path, {"reason": "x"}, token="desk")
        assert answer.status_code in {200, 409}

    async def void(self) -> None:
        """The approvals fall."""
        store = self.live.application.store
        held = await d.read(store, self.some["request"])
        voided = tuple(msgspec.structs.replace(each, void="late evidence") for each in held.approvals)
        await d.put(store, msgspec.structs.replace(held, approvals=voided), self.live.now)

    async def wait(self) -> None:
        await advance(self.live, self.chance.choice([1, HOUR, 10 * HOUR, 2 * DAY]))

    async def check(self) -> None:
        store, mails = self.live.application.store, await self.live.messages("email")
        told = sum("We gave data" in each["text"] for each in mails)
        owed = 0
        for name in self.packages:
            held = await self.live.application.desk.disclosures.read(name)
            kinds = Counter(each.kind for each in await store.entries(subject=f"disclosure:{name}"))
            assert kinds["disclosure_fetched"] == self.copies[name] <= 1
            assert max(kinds.values()) == 1, kinds
            package = await store.read(f"disclosure_package:{name}")
            assert (package == Package(b"")) is bool(held.ended)
            if held.told:
                assert held.fetched is not None
                assert held.silence_until is None or self.live.now >= held.silence_until
                owed += 1
            request = await d.read(store, held.request)
            assert request.state is not State.DELIVERED or held.silence_until is None
        assert told == owed


@pytest.mark.parametrize("seed", range(2))
def test_any_life_of_packages(tmp_path: Path, seed: int) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _):
            world = World(live, random.Random(seed))
            await world.build()
            ways = [world.build, world.build_again, world.fetch, world.fetch, world.revoke, world.void, world.wait]
            for _ in range(STEPS):
                step = world.chance.choice(ways)
                world.done[step.__name__] += 1
                await step()
            await advance(live, 1)
            await world.check()
            await advance(live, 100 * DAY)
            await world.check()
            assert sum(world.copies.values()) > 0
            assert len(world.done) == 6

    asyncio.run(run())


def test_two_who_build_at_once_get_one_package(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _):
            request = await d.put(live.application.store, d.request_of(AGE, live.now), live.now)
            path = f"/v1/desk/requests/{request.id}/disclosures"
            answers = await asyncio.gather(*(live.call("POST", path, token="desk") for _ in range(6)))
            assert sorted(each.status_code for each in answers) == [201, *[409] * 5]
            assert len(await live.application.store.subjects("disclosure")) == 1

    asyncio.run(run())


def test_a_repeated_build_is_one_build(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as (live, _, _, _):
            request = await d.put(live.application.store, d.request_of(AGE, live.now), live.now)
            path = f"/v1/desk/requests/{request.id}/disclosures"
            first, again = [await live.call("POST", path, token="desk", key="once") for _ in range(2)]
            assert (first.status_code, again.status_code) == (201, 201)
            assert first.json() == again.json()
            assert again.headers["Idempotency-Replayed"] == "true"

    asyncio.run(run())
