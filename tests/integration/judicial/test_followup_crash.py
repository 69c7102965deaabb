# SPDX-License-Identifier: Apache-2.0
"""A desk that dies while it protects accounts: another one goes on, and nothing is done twice or left out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from counterseal.core import inputs as i
from counterseal.core.account import Suspicion
from counterseal.core.errors import UnavailableError
from counterseal.http.edge import Guard
from counterseal.judicial.followup.ports import Once
from counterseal.judicial.followup.service import FollowUps
from counterseal.wiring import desk_followup
from counterseal.wiring.shields import GuardShields
from counterseal.workers.loop import one_by_one
from tests.support.followups import Docket
from tests.support.server import MINUTE, Live, served, serving

STEPS = 4  # two shields, two accounts whose sessions end


class Died(BaseException):
    """The process is gone: nothing catches this."""


class Failing(GuardShields):
    """The guard's own, which fails once at call `at`: before it did anything, or after its commit."""

    def __init__(self, guard: Guard, at: int, error: BaseException, *, after: bool) -> None:
        super().__init__(guard.accounts)
        self.calls, self.at, self.error, self.after = 0, at, error, after

    async def _call(self, done: Any) -> None:
        self.calls += 1
        due = self.calls - 1 == self.at
        if due and not self.after:
            done.close()
            raise self.error
        await done
        if due:
            raise self.error

    async def suspect(self, account: str, suspicion: Suspicion, once: Once) -> None:
        await self._call(super().suspect(account, suspicion, once))

    async def end_sessions(
        self, account: str, officers: Sequence[str], reason: str, identity: str, once: Once
    ) -> None:
        await self._call(super().end_sessions(account, officers, reason, identity, once))


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker looks once at the start; after that turns are taken by the test."""
    monkeypatch.setattr(desk_followup, "PAUSE", 3_600.0)


def failing(live: Live, at: int, error: BaseException, *, after: bool) -> FollowUps:
    """Follow-ups over the server's store whose guard fails at one call."""
    application = live.application
    guard = application.desk.followup.guard
    shields = Failing(guard, at, error, after=after)
    return FollowUps(application.store, application.clock, shields, application.desk.disclosures, one_by_one)


async def forged(live: Live) -> tuple[Docket, str, list[str]]:
    """A request on which data of two accounts left, which two officers just found forged."""
    desk = Docket(live)
    accounts = [(await live.owner()).account for _ in range(2)]
    name = await desk.request(*accounts)
    await desk.deliver(name, *accounts)
    await desk.follow()
    await desk.suspect(name)
    await desk.follow()
    await desk.confirm(name)
    return desk, name, accounts


async def check(desk: Docket, name: str, accounts: Sequence[str]) -> None:
    """Each account has each measure once."""
    for account in accounts:
        raised = [given.suspicion.id for given in await desk.inputs(account, i.Suspect)]
        assert sorted(raised) == [f"desk.{name}.confirmed_forged_late", f"desk.{name}.suspected_forged"]
        assert len(await desk.inputs(account, i.EndSessions)) == 1
    _, acts = await desk.followups.follow_up(name)
    assert [(set(each.results), each.head.ended is not None) for each in acts] == [({"done"}, True)] * 2
    entries = await desk.store.entries(subject=f"desk_followup:{name}", limit=100)
    kinds = [entry.kind for entry in entries]
    assert kinds.count("desk_follow_up_planned") == kinds.count("desk_follow_up_done") == 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(STEPS))
@served()
async def test_whoever_dies_at_a_step_is_followed_by_one_that_goes_on(live: Live, at: int, after: bool) -> None:
    desk, name, accounts = await forged(live)
    with pytest.raises(Died):
        await desk.follow(failing(live, at, Died(), after=after))
    await desk.follow()
    await check(desk, name, accounts)


@served()
async def test_one_account_that_cannot_be_reached_keeps_no_other_unprotected(live: Live) -> None:
    """And it is tried again until it is reached."""
    desk, name, (first, second) = await forged(live)
    away = UnavailableError("the store is away")
    await desk.follow(failing(live, 0, away, after=False))
    assert [len(await desk.suspicions(account)) for account in (first, second)] == [1, 2]
    assert len(await desk.inputs(first, i.EndSessions)) == 1
    (row,) = await desk.store.messages(live.now + MINUTE, topics=("desk_followup",))
    assert row.attempts == 1
    assert await desk.follow() == 0
    await live.advance(MINUTE)
    await desk.follow()
    await check(desk, name, (first, second))


@served()
async def test_two_workers_at_once_do_it_once(live: Live) -> None:
    desk, name, accounts = await forged(live)
    application = live.application
    others = [failing(live, -1, Died(), after=True) for _ in range(3)]
    await asyncio.gather(*(each.turn() for each in others), application.desk.followup.followups.turn())
    await desk.follow()
    await check(desk, name, accounts)


def test_a_server_that_starts_again_finishes_what_was_begun(tmp_path: Path) -> None:
    """By its own worker, from what the store has."""

    async def first() -> tuple[str, list[str]]:
        async with serving(tmp_path) as live:
            desk, name, accounts = await forged(live)
            with pytest.raises(Died):
                await desk.follow(failing(live, 1, Died(), after=True))
            return name, accounts

    async def again(name: str, accounts: Sequence[str]) -> None:
        async with serving(tmp_path) as live:
            desk = Docket(live)
            for _ in range(100):
                if not await desk.store.messages(live.now, topics=("desk_followup",)):
                    break
                await asyncio.sleep(0.05)
            await check(desk, name, accounts)

    asyncio.run(again(*asyncio.run(first())))
