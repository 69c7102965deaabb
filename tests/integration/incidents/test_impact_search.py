# SPDX-License-Identifier: Apache-2.0
"""Everyone who was reachable the same way, found in the log of a real server."""

from __future__ import annotations

from collections.abc import Sequence

from counterseal.core.inputs import Ask
from counterseal.incidents import impact as m
from counterseal.incidents.impact_search import Impact, ImpactSearch
from counterseal.incidents.tracing import Tracer
from counterseal.staff.views import Views
from counterseal.wiring.incident_ports import DeskNames, LogLooks
from counterseal.wiring.records import LogRecords
from tests.support.followups import Docket
from tests.support.server import DAY, OTHER_ADDRESS, Live, Owner, served

EMPTIED = (("email_takeover", "pw_leak", "session_theft", "sim_swap", "totp_seed"),)
HARMLESS = (("judicial_pii",),)


class Case:
    """An index over the server's log, and searches in it."""

    def __init__(self, live: Live) -> None:
        self.live, self.store = live, live.application.store
        self.records = LogRecords(self.store)
        self.tracer: Tracer = live.app.state.services.area(Tracer)

    async def find(self, *seeds: Owner, sets: Sequence[tuple[str, ...]] = EMPTIED, ahead: int = 0) -> Impact:
        """The impact, where everything that these owners' accounts asked for was the attacker's."""
        size = await self.store.log.size()
        while await self.tracer.level() < size - 1:
            await self.tracer.turn()
        deeds = [
            m.Deed(owner.account, past.input.id, past.at, past.input.request)
            for owner in seeds
            for past in await self.records.pasts(owner.account)
            if isinstance(past.input, Ask)
        ]
        docket = Docket(self.live)
        search = ImpactSearch(
            self.store, self.tracer, DeskNames(self.store, docket.followups), LogLooks(self.store)
        )
        policy = self.live.application.policies.current
        names = [owner.account for owner in seeds]
        return await search.find(
            deeds, names, sets, policy=policy, window=DAY, now=self.live.now, size=size + ahead
        )


def states(found: Impact) -> dict[str, tuple[str, str]]:
    return {each.account: (each.state.value, each.why) for each in found.verdicts}


@served()
async def test_the_destination_leads_to_all_whose_value_went_there_and_who_nearly_lost_it(
    live: Live,
) -> None:
    first, second, third, other = [await live.owner() for _ in range(4)]
    for owner in (first, second):
        await owner.redeem(await owner.sealed())
        await live.advance(DAY)
    await third.sealed()
    elsewhere = {
        "asset": "USD",
        "amount": "1",
        "chain": "eth",
        "destination": OTHER_ADDRESS,
        "audience": "hot-wallet",
    }
    await other.ask("withdraw_small", payment=elsewhere, objects={"session": "s1", "device": "d9"})
    found = await Case(live).find(first)
    assert states(found) == {
        first.account: ("hit", "stolen"),
        second.account: ("hit", "left"),
        third.account: ("exposed", "too_little_time"),
    }
    assert found.counts == {"hit": 2, "exposed": 1, "safe": 0, "unknown": 0}
    assert set(found.partial) <= {"behind"}
    [third_verdict] = [each for each in found.verdicts if each.account == third.account]
    assert third_verdict.reach is not None
    assert set(third_verdict.reach.capabilities) == set(EMPTIED[0])
    assert {tie.kind for tie in third_verdict.ties} >= {"destination"}


@served()
async def test_where_the_cause_reaches_nothing_an_account_is_safe_and_without_a_cause_nobody_is(live: Live) -> None:
    first, second = [await live.owner() for _ in range(2)]
    await first.redeem(await first.sealed())
    await second.sealed()
    case = Case(live)
    assert states(await case.find(first, sets=HARMLESS))[second.account] == ("safe", "never")
    assert states(await case.find(first, sets=()))[second.account] == ("unknown", "not_determined")


@served()
async def test_an_index_that_is_behind_says_so(live: Live) -> None:
    owner = await live.owner()
    await owner.sealed()
    case = Case(live)
    assert (await case.find(owner)).partial == ()
    found = await case.find(owner, ahead=5)
    assert found.partial == ("behind",)


@served()
async def test_the_agent_who_had_looked_at_two_of_them_leads_to_all_others_he_looked_at(live: Live) -> None:
    first, second, third, calm = [await live.owner() for _ in range(4)]
    views = live.app.state.services.area(Views)
    for owner, staff in (
        (first, "st_eve"),
        (second, "st_eve"),
        (third, "st_eve"),
        (first, "st_ann"),
        (calm, "st_ann"),
    ):
        await views.looked(staff, owner.account, "a question")
    await live.advance(DAY)
    for owner in (first, second):
        await owner.redeem(await owner.sealed())
    found = await Case(live).find(first, second)
    assert set(states(found)) == {first.account, second.account, third.account}
    assert {lead.said for lead in found.leads if lead.kind == "agent"} == {"staff:st_eve"}
    assert {lead.said for lead in found.common if lead.kind == "agent"} == {"staff:st_ann"}


@served()
async def test_a_forged_request_leads_to_all_whom_it_and_its_hand_named(live: Live) -> None:
    first, named, sibling, calm = [await live.owner() for _ in range(4)]
    docket = Docket(live)
    forged = await docket.request(first.account, named.account)
    await docket.request(sibling.account)
    await docket.follow()
    await docket.suspect(forged)
    await docket.follow()
    await live.advance(DAY)
    await first.redeem(await first.sealed())
    found = await Case(live).find(first, sets=HARMLESS)
    assert states(found) == {
        first.account: ("hit", "stolen"),
        named.account: ("safe", "never"),
        sibling.account: ("safe", "never"),
    }
    assert calm.account not in states(found)


@served()
async def test_an_account_that_is_erased_over_the_api_leaves_the_index(live: Live) -> None:
    """The server's own index, which its worker keeps."""
    tracer = live.app.state.services.area(Tracer)
    gone, stays = [await live.owner() for _ in range(2)]
    for owner in (gone, stays):
        await owner.sealed()
    while await tracer.turn():
        pass
    [digest] = [
        name for name, seen in (await tracer.traced(gone.account)).seen.items() if seen.kind == "destination"
    ]
    assert await tracer.bearers(digest, most=9) == (gone.account, stays.account)
    await live.officers(f"/v1/accounts/{gone.account}/erase")
    assert await tracer.bearers(digest, most=9) == (stays.account,)
    assert await tracer.bearing(digest) == 1
    assert (await tracer.traced(gone.account)).seen == {}
