# SPDX-License-Identifier: Apache-2.0
"""What an owner was told, as staff read it: accepted, waiting, given up, or stated by two officers."""

from __future__ import annotations

from typing import Any

from counterseal.access.model import Scope
from tests.support.server import DAY, HOUR, OFFICERS, PLATFORM, Live, problem, served
from tests.support.staff import Person, Team


async def notices(live: Live, account: str, query: str = "") -> Any:
    return await live.get(f"/v1/accounts/{account}/notices{query}")


@served()
async def test_notices_say_who_was_told_masked_and_when_a_channel_took_it(live: Live) -> None:
    """Newest first and paged; an accepted one runs the waits and needs no officer."""
    owner = await live.owner()
    for number in range(3):
        where = {"chain": "eth", "address": f"0x{number:040x}"}
        await owner.done("add_address", "totp", "email", address=where)
        await live.advance(HOUR)
    await live.settle()
    found = (await notices(live, owner.account))["notices"]
    assert [each["kind"] for each in found[:3]] == ["add_address.done"] * 3 or len(found) >= 3
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    newest = found[0]
    assert newest["started"] is not None
    assert newest["confirm_from"] is None
    told = {each["channel"]: each for each in newest["deliveries"]}
    assert told["email"]["state"] == "accepted"
    assert told["email"]["at"] >= newest["at"]
    assert (told["email"]["hint"], told["email"]["error"]) == ("u…@example.test", "")
    assert owner.mail not in str(found)
    assert owner.phone not in str(found)
    paged, after = [], ""
    while True:
        page = await notices(live, owner.account, f"?limit=2{after}")
        paged += page["notices"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert paged == found
    problem(await live.call("GET", "/v1/accounts/nobody/notices"), 404, "unknown_account")


@served(outbox_folder=None)
async def test_a_notice_that_no_channel_takes_waits_then_fails_then_officers_may_state_it(live: Live) -> None:
    """With the channel's own words; the statement names both officers and starts the wait."""
    owner = await live.owner(factors=("totp", "password", "email"))
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    await live.settle()
    [told] = (await notices(live, owner.account))["notices"]
    [sent] = told["deliveries"]
    assert (sent["state"], sent["attempts"]) == ("waiting", 1)
    assert "no channel named `email`" in sent["error"]
    assert sent["retry_at"] > live.now
    assert (told["started"], told["confirm_from"]) == (None, told["at"] + 7 * DAY)
    path = f"/v1/accounts/{owner.account}/notices/{told['id']}/confirm"
    early = await live.call("POST", path, token=OFFICERS[0], headers={"Second-Officer": live.tokens[OFFICERS[1]]})
    problem(early, 409, "too_early")
    for _ in range(8):
        await live.advance(DAY)
    [told] = (await notices(live, owner.account))["notices"]
    [sent] = told["deliveries"]
    assert sent["state"] == "failed"
    assert "gave up: no channel named `email`" in sent["error"]
    assert sent["at"] is not None
    team = Team(live)
    ines, omar = await team.join("ines", "fraud"), await team.join("omar", "legal")
    made = await ines.propose(f"POST {path}")
    for person in (ines, omar):
        await person.sign(made["id"])
    await omar.post(path, headers={"Approval": made["id"]})
    page = await notices(live, owner.account)
    [told] = page["notices"]
    assert told["started"] == live.now
    assert told["confirm_from"] is None
    assert sorted(page["people"][each.removeprefix("staff:")] for each in told["officers"]) == ["ines", "omar"]


@served()
async def test_notices_are_the_staffs_to_read(live: Live) -> None:
    """Not without the scope, and by staff not without a purpose."""
    owner = await live.owner()
    made = await live.application.access.create_token(
        name="few", platform=PLATFORM, scopes=[Scope.ACCOUNTS_READ], lifetime=DAY, by="test"
    )
    live.tokens["few"] = made.secret or ""
    path = f"/v1/accounts/{owner.account}/notices"
    problem(await live.call("GET", path, token="few"), 403, "insufficient_scope")
    ines: Person = await Team(live).join("ines", "fraud")
    problem(await ines.call("GET", path, headers={"Purpose": ""}), 403, "purpose_missing")


@served()
async def test_people_stand_beside_their_ids(live: Live) -> None:
    """Who looked, who lifted a freeze, who proposed and signed: by name for everybody who may read it."""
    owner = await live.owner()
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    team = Team(live)
    ines, omar = await team.join("ines", "fraud"), await team.join("omar", "legal")
    await ines.get(f"/v1/accounts/{owner.account}")
    path = f"/v1/accounts/{owner.account}/unfreeze"
    made = await ines.propose(f"POST {path}")
    for person in (ines, omar):
        await person.sign(made["id"])
    await omar.post(path, headers={"Approval": made["id"]})
    shown = await omar.get(f"/v1/approvals/{made['id']}")
    assert shown["people"] == {ines.id: "ines", omar.id: "omar"}
    page = await omar.get(f"/v1/accounts/{owner.account}/events")
    assert page["people"] == {ines.id: "ines", omar.id: "omar"}
    told = {each["kind"]: each for each in reversed(page["events"])}
    assert sorted(told["lift_freeze"]["officers"]) == sorted([ines.id, omar.id])
    looks = [each["sentence"] for each in page["events"] if each["kind"] == "account_viewed"]
    assert len(looks) == 2
    for person, said in zip((ines, omar), reversed(looks), strict=True):
        assert said.startswith(f"A member of staff looked at the account ({person.name} ({person.id}): ")


@served()
async def test_a_factor_says_from_when_it_counts_again(live: Live) -> None:
    """Under a suspicion that staff may read; a sealed one changes nothing, and platforms are told nothing."""
    owner = await live.owner()
    path = f"/v1/accounts/{owner.account}"
    until = live.now + 3 * DAY
    await live.post(f"{path}/suspicions", {"capability": "sim_swap", "until": until})
    sealed = next(
        c for c in live.application.policies.current.vocabulary.capabilities.values() if c.tell == "sealed"
    )
    await live.post(f"{path}/suspicions", {"capability": sealed.name, "until": until + DAY})
    found = {each["factor"]: each["counts_from"] for each in (await live.get(path))["factors"]}
    assert found == {"sms": until, "email": None, "totp": None, "password": None}
    made = await live.application.access.create_token(
        name="few", platform=PLATFORM, scopes=[Scope.ACCOUNTS_READ], lifetime=DAY, by="test"
    )
    live.tokens["few"] = made.secret or ""
    shown = (await live.get(path, token="few"))["factors"]
    assert {each["counts_from"] for each in shown} == {None}
