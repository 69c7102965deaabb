# SPDX-License-Identifier: Apache-2.0
"""What follows a request for the accounts that it names, on a real store, guard and outbox."""

from __future__ import annotations

import msgspec
import pytest

from counterseal.access.model import Scope
from counterseal.core import inputs as i
from counterseal.core.happenings import CATALOGUE, judicial_told
from counterseal.judicial.followup import rules
from counterseal.judicial.requests.model import Claim, State, Type
from counterseal.wiring import desk_followup
from tests.support.followups import CLAIM, TWO, Docket
from tests.support.server import DAY, HOUR, Live, served

OTHER = Claim(authority="Police of Sud", officer="A. Other", phone="+33 1 42 34 56 78", email="a@sud.example")


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker looks once at the start; here its turns are taken by the test."""
    monkeypatch.setattr(desk_followup, "PAUSE", 3_600.0)


async def topics(desk: Docket, name: str) -> list[str]:
    """What the platform's other systems were told of a request, in order; whether it went out by now or not."""
    _, acts = await desk.followups.follow_up(name)
    told = []
    for each in acts:
        for topic in (topic for topic in CATALOGUE if topic.startswith("judicial.")):
            identity = judicial_told(topic, each.act.id, name, "", 0, 0).id
            told += [topic] if await desk.store.feed.posted([identity]) else []
    return told


@served()
async def test_to_be_named_changes_no_account_and_is_remembered(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    before = await desk.account(person.account)
    name = await desk.request(person.account)
    assert await desk.follow() == 3
    assert await desk.account(person.account) == before
    held, acts = await desk.followups.follow_up(name)
    assert (held.named, acts) == ((person.account,), ())
    assert len(held.traits) == 4


@served()
async def test_a_suspicion_shields_everybody_that_was_ever_named(live: Live) -> None:
    """Also after the data have left, and also who is only in a package."""
    desk, people = Docket(live), [await live.owner() for _ in range(3)]
    names = [each.account for each in people]
    name = await desk.request(*names[:2])
    await desk.deliver(name, names[2])
    await desk.move(name, State.CLOSED)
    await live.advance(20 * DAY)
    await desk.suspect(name)
    await desk.follow()
    received = (await desk.read(name)).received
    for account in names:
        (shield,) = await desk.suspicions(account)
        assert (shield.capability, shield.strength, shield.since) == ("judicial_pii", "strong", received)
        assert shield.until == live.now + 30 * DAY
        assert not await desk.inputs(account, i.EndSessions)
    assert await topics(desk, name) == ["judicial.suspected_forged"]
    assert await desk.follow() == 0


@served()
async def test_waits_are_twice_as_long_under_a_shield(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    plain = await person.ask("withdraw_small", amount="100")
    await desk.suspect(await desk.request(person.account))
    await desk.follow()
    shielded = await person.ask("withdraw_small", amount="100")
    assert plain["decision"]["outcome"] == "challenge"
    state = await desk.account(person.account)
    policy = live.application.policies.current
    assert policy.stretch is not None
    words = {each.capability for each in state.suspicions.values()}
    assert words & set(policy.vocabulary.conditions[policy.stretch[0]])
    assert "judicial" not in str(shielded)


@served()
async def test_a_confirmed_forgery_that_got_data_ends_sessions_and_tells_owners(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    name = await desk.request(person.account)
    await desk.deliver(name, person.account)
    await desk.suspect(name)
    await desk.confirm(name)
    before = {message["id"] for message in await live.messages()}
    await desk.follow()
    shields = await desk.suspicions(person.account)
    assert [(each.strength, each.until - live.now) for each in shields] == [
        ("confirmed", 90 * DAY),
        ("strong", 30 * DAY),
    ]
    (ended,) = await desk.inputs(person.account, i.EndSessions)
    assert (ended.officers, "CS-2027-000001" in ended.reason) == (TWO, True)
    state = await desk.account(person.account)
    assert all(
        fact.expires == live.now
        for item in state.objects.values()
        if item.kind == "session"
        for fact in item.facts.values()
    )
    _, acts = await desk.followups.follow_up(name)
    entries = await desk.store.entries(subject=f"desk_act:{acts[-1].act.id}", limit=10)
    (opened,) = [
        msgspec.json.decode(each.payload or b"") for each in entries if each.kind == "desk_incident_opened"
    ]
    assert (opened["accounts"], opened["by"], opened["siblings"]) == ([person.account], list(TWO), [])
    assert opened["since"] == (await desk.read(name)).received
    texts = [message["text"] for message in await live.messages() if message["id"] not in before]
    assert any("logged your account out everywhere" in text for text in texts)
    assert any("forged" in text or "not genuine" in text or "authority" in text for text in texts), texts
    assert await topics(desk, name) == ["judicial.suspected_forged", "judicial.confirmed_forged"]
    _, acts = await desk.followups.follow_up(name)
    assert [(each.act.event.value, set(each.results), each.head.void) for each in acts] == [
        ("suspected_forged", {"done"}, ""),
        ("confirmed_forged_late", {"done"}, ""),
    ]
    money = await person.done("withdraw_small", "totp", "email", amount="100")
    assert money["decision"]["outcome"] == "deny"


@served()
async def test_a_forgery_that_got_nothing_throws_nobody_out(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    name = await desk.request(person.account)
    await desk.suspect(name)
    await desk.confirm(name)
    await desk.follow()
    assert len(await desk.suspicions(person.account)) == 2
    assert not await desk.inputs(person.account, i.EndSessions)


@served()
async def test_one_officer_alone_ends_no_session_and_it_shows(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    name = await desk.request(person.account)
    await desk.deliver(name, person.account)
    await desk.suspect(name)
    await desk.confirm(name, ("st_a", "st_a"))
    await desk.follow()
    assert not await desk.inputs(person.account, i.EndSessions)
    _, acts = await desk.followups.follow_up(name)
    assert acts[-1].act.faults == ("two_officers",)
    assert len(await desk.suspicions(person.account)) == 2


@served()
async def test_the_freeze_of_a_forged_order_is_named_for_people(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    name = await desk.request(person.account, kind=Type.FREEZE)
    await desk.execute(name)
    await desk.suspect(name)
    await desk.confirm(name)
    await desk.follow()
    _, acts = await desk.followups.follow_up(name)
    assert acts[-1].act.faults == ("freeze_stands",)
    assert len(await desk.inputs(person.account, i.EndSessions)) == 1


@served()
async def test_two_officers_clear_it_and_the_exposure_stays(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    name = await desk.request(person.account)
    made = await desk.deliver(name, person.account)
    for _ in range(2):
        await desk.followups.disclosed(made)
    (exposed,) = await desk.suspicions(person.account)
    assert (exposed.capability, exposed.since, exposed.until) == (
        "disclosed_data",
        made.fetched,
        (made.fetched or 0) + rules.EXPOSED,
    )
    await desk.suspect(name)
    await desk.follow()
    assert len(await desk.suspicions(person.account)) == 2
    await live.advance(HOUR)
    await desk.clear(name)
    await desk.follow()
    assert await desk.suspicions(person.account) == [exposed]
    (cleared,) = await desk.inputs(person.account, i.ClearSuspicion)
    assert cleared.officers == TWO
    assert await topics(desk, name) == ["judicial.disclosed", "judicial.suspected_forged", "judicial.cleared"]
    # it can be suspected again, and is shielded again
    await desk.suspect(name)
    await desk.follow()
    assert len(await desk.suspicions(person.account)) == 2


@served()
async def test_a_clearing_that_overtakes_its_suspicion_leaves_no_shield(live: Live) -> None:
    """Rows of the outbox may come in any order."""
    desk, person = Docket(live), await live.owner()
    name = await desk.request(person.account)
    await desk.follow()
    await desk.suspect(name)
    (row,) = await live.application.store.messages(live.now, topics=("desk_followup",))
    await live.application.store.deferred(row.id, error="away", retry_at=live.now + HOUR)
    await desk.clear(name)
    await desk.follow()
    await live.advance(HOUR)
    assert await desk.follow() == 1
    assert await desk.suspicions(person.account) == []


@served()
async def test_requests_of_one_hand_are_found_and_their_accounts_shielded(live: Live) -> None:
    desk = Docket(live)
    forged, twin, stranger, late = [(await live.owner()).account for _ in range(4)]
    name = await desk.request(forged)
    other = await desk.request(twin, claim=Claim(phone="+49301234567", email="x@elsewhere.example"))
    await desk.request(stranger, claim=OTHER)
    await desk.suspect(name)
    await desk.follow()
    assert await desk.suspicions(twin) == []
    (found,) = await desk.followups.siblings(name)
    assert (found.request, found.traits, found.forged) == (other, ("phone",), False)
    await desk.confirm(name)
    await desk.follow()
    (shield,) = await desk.suspicions(twin)
    assert (shield.capability, shield.until) == ("judicial_pii", live.now + 30 * DAY)
    assert await desk.suspicions(stranger) == []
    # one that comes later is recognised when it comes
    newer = await desk.request(late, claim=CLAIM, ago=0)
    await desk.follow()
    (shield,) = await desk.suspicions(late)
    assert shield.id == f"desk.{newer}.sibling.{name}"
    assert not await desk.inputs(twin, i.EndSessions)
    assert not await desk.inputs(late, i.EndSessions)


@served()
async def test_an_account_that_is_gone_keeps_nobody_else_unprotected(live: Live) -> None:
    desk, person = Docket(live), await live.owner()
    name = await desk.request("nobody", person.account)
    await desk.suspect(name)
    await desk.follow()
    assert len(await desk.suspicions(person.account)) == 1
    _, (act,) = await desk.followups.follow_up(name)
    assert act.results == ("unknown_account", "done")
    assert act.head.ended is not None


@served()
async def test_what_is_sealed_shows_to_nobody(live: Live) -> None:
    """The account's owner and the subscribers learn of an exposure nothing; of a shield, no names."""
    desk, person = Docket(live), await live.owner()
    plain = await person.ask("withdraw_small", amount="100")
    name = await desk.request(person.account)
    await desk.followups.disclosed(await desk.deliver(name, person.account))
    after = await person.ask("withdraw_small", amount="100")
    keys = ("outcome", "alternatives", "reasons", "until")
    assert {key: after["decision"].get(key) for key in keys} == {key: plain["decision"].get(key) for key in keys}
    shown = await live.get(f"/v1/accounts/{person.account}/events")
    assert "disclosed" not in str(shown)


@pytest.mark.parametrize("scope", ["desk:read", "accounts:read"])
@served()
async def test_staff_of_the_desk_read_it(live: Live, scope: str) -> None:
    desk, person = Docket(live), await live.owner()
    name = await desk.request(person.account)
    await desk.request("zoe", claim=CLAIM)
    await desk.suspect(name)
    await desk.follow()
    made = await live.application.access.create_token(
        name="t", platform="exchange", scopes=[Scope(scope)], by="test"
    )
    headers = {"Authorization": f"Bearer {made.secret}"}
    answer = await live.client.get(f"/v1/desk/requests/{name}/follow-up", headers=headers)
    if scope != "desk:read":
        assert answer.status_code == 403
        return
    found = answer.json()
    assert found["named"] == [person.account]
    assert [(step["account"], step["what"], step["result"]) for step in found["acts"][0]["steps"]] == [
        (person.account, "shield", "done")
    ]
    assert [(each["reference"], each["forged"]) for each in found["siblings"]] == [("CS-2027-000002", False)]
    unknown = await live.client.get("/v1/desk/requests/jr_none/follow-up", headers=headers)
    assert unknown.status_code == 404
