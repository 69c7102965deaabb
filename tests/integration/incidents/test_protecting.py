# SPDX-License-Identifier: Apache-2.0
"""One decision protects every account once, whoever dies while it is carried out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from counterseal.core.account import State
from counterseal.core.errors import InputError, UnavailableError
from counterseal.incidents import protection as p
from counterseal.incidents.protecting import Protection
from counterseal.wiring.investigating import GuardProtection
from tests.support.server import DAY, Live, served

TWO = ("st_ines", "st_omar")
KEPT = ("sim_swap", "sms_intercept")


class Failing(GuardProtection):
    """The guard's accounts behind a line that breaks before each `every`th write."""

    def __init__(self, accounts: Any, every: int) -> None:
        super().__init__(accounts)
        self.every, self.count = every, 0

    async def shield(self, account: str, suspicion: Any, key: str) -> None:
        self.count += 1
        if self.count % self.every == 0:
            raise UnavailableError("the line broke")
        await super().shield(account, suspicion, key)


def protection(live: Live) -> Protection:
    """The server's own, whose worker runs."""
    own: Protection = live.app.state.services.area(Protection)
    return own


async def plan(live: Live, *accounts: p.Guarded, act: str = "pa_1", since: int | None = None) -> Any:
    begin = live.now - DAY if since is None else since
    return await protection(live).plan(
        act, "inc_1", accounts, officers=TWO, why="one attack", since=begin, lasts=30 * DAY
    )


async def carried(live: Live) -> None:
    """Until nothing is left, whichever worker does it."""
    while await protection(live).turn():
        pass
    for _ in range(200):
        waiting = await live.application.store.messages(live.now, topics=("incident_protect",))
        if not waiting:
            return
        await asyncio.sleep(0.02)


async def state(live: Live, account: str) -> State:
    found = await live.application.store.read(f"account:{account}")
    assert isinstance(found, State)
    return found


@served()
async def test_every_account_gets_its_measures_once(live: Live) -> None:
    hit, exposed, calm = [await live.owner() for _ in range(3)]
    await plan(
        live,
        p.Guarded(hit.account, KEPT, end_sessions=True, freeze=True),
        p.Guarded(exposed.account, ("sim_swap",)),
        p.Guarded("u-nobody", KEPT),
    )
    await asyncio.gather(*(carried(live) for _ in range(3)))
    taken, shielded, other = [await state(live, each.account) for each in (hit, exposed, calm)]
    assert {each.capability for each in taken.suspicions.values()} == set(KEPT)
    assert [each.kind for each in taken.freezes.values()] == ["staff"]
    session = taken.objects["session:s1"].facts["session"]
    assert session.expires is not None
    assert session.expires <= live.now
    assert [each.capability for each in shielded.suspicions.values()] == ["sim_swap"]
    assert not shielded.freezes
    assert not other.suspicions
    act, [part] = await protection(live).read("pa_1")
    assert part.results == ("done", "done", "unknown_account")
    assert (act.done, act.ended) == (1, live.now)
    kinds = [entry.kind for entry in await live.application.store.entries(subject="incident_act:pa_1")]
    assert kinds == ["incident_protection_planned", "incident_protection_carried_out"]


@served()
async def test_a_second_action_for_the_same_incident_changes_nothing_that_stands(live: Live) -> None:
    owner = await live.owner()
    await plan(live, p.Guarded(owner.account, KEPT))
    await carried(live)
    before = await state(live, owner.account)
    await plan(live, p.Guarded(owner.account, KEPT), act="pa_2")
    await carried(live)
    assert (await state(live, owner.account)).suspicions == before.suspicions
    assert (await protection(live).read("pa_2"))[1][0].results == ("done",)


@served()
async def test_a_line_that_breaks_leaves_no_account_out_and_protects_none_twice(live: Live) -> None:
    owners = [await live.owner() for _ in range(5)]
    own = protection(live)
    own._shields = Failing(own._shields._accounts, 4)  # type: ignore[attr-defined]
    await plan(live, *(p.Guarded(each.account, KEPT, end_sessions=True) for each in owners))
    for _ in range(8):
        await carried(live)
        await live.advance(700_000)
    for owner in owners:
        found = await state(live, owner.account)
        assert {each.capability for each in found.suspicions.values()} == set(KEPT)
        entries = await live.application.store.entries(subject=f"account:{owner.account}")
        assert [entry.kind for entry in entries].count("end_sessions") == 1
    act, [part] = await protection(live).read("pa_1")
    assert (act.done, set(part.results)) == (1, {"done"})


@served()
async def test_one_officer_is_not_enough(live: Live) -> None:
    with pytest.raises(InputError) as raised:
        await protection(live).plan(
            *("pa_1", "inc_1", [p.Guarded("u-1", KEPT)]), officers=TWO[:1] * 2, why="x", since=0, lasts=DAY
        )
    assert raised.value.code == "two_officers"
