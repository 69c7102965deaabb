# SPDX-License-Identifier: Apache-2.0
"""What a review of staff and approvals broke: each test failed before its mend."""

from __future__ import annotations

import asyncio

import pytest

from counterseal.core.errors import InputError
from counterseal.staff.model import ROSTER, Member, Roster
from counterseal.staff.roles import Role
from tests.support.server import Live, codes, problem, served
from tests.support.staff import Person, Team

MINUTE = 60_000


async def officers(live: Live) -> tuple[Team, Person, Person]:
    """Two people who may decide."""
    team = Team(live)
    return team, await team.join("ines", "fraud"), await team.join("omar", "legal")


async def approved(one: Person, two: Person, operation: str) -> dict[str, str]:
    """The header of an approval that both have signed."""
    made = await one.propose(operation)
    await one.sign(made["id"])
    assert (await two.sign(made["id"]))["status"] == "approved"
    return {"Approval": made["id"]}


@served()
async def test_an_approval_kept_back_lifts_no_later_freeze(live: Live) -> None:
    """Two lifted a freeze that they knew; the owner's next one is not theirs to have lifted."""
    _, ines, omar = await officers(live)
    account = (await live.owner()).account
    path = f"/v1/accounts/{account}/unfreeze"
    await live.post(f"/v1/accounts/{account}/freeze", {"kind": "owner"})
    await live.advance(MINUTE)
    kept = await approved(ines, omar, f"POST {path}")
    other = await approved(ines, omar, f"POST {path}")
    await ines.post(path, headers=other)
    await live.advance(MINUTE)
    await live.post(f"/v1/accounts/{account}/freeze", {"kind": "owner"})
    problem(await ines.call("POST", path, headers=kept), 409, "approval_stale")
    assert len((await live.get(f"/v1/accounts/{account}"))["freezes"]) == 1
    await live.advance(MINUTE)
    await ines.post(path, headers=await approved(ines, omar, f"POST {path}"))


@served()
async def test_an_approval_kept_back_brings_nobody_back(live: Live) -> None:
    """Somebody let back, then shut out again: the older approval is over. So are older ones about roles."""
    team = Team(live)
    ada = await team.first()
    bea, cleo = await team.join("bea", "administrator"), await team.join("cleo", "administrator")
    eve = await team.join("eve", "fraud")
    for _ in range(2):
        await ada.post(f"/v1/staff/{eve.id}/disable")
        await live.advance(MINUTE)
        enable = f"/v1/staff/{eve.id}/enable"
        kept = await approved(bea, cleo, f"POST {enable}")
        await ada.post(enable, headers=await approved(bea, cleo, f"POST {enable}"))
        await live.advance(MINUTE)
    made = await bea.propose(f"PUT /v1/staff/{eve.id}/roles", {"roles": ["legal"]})
    await bea.sign(made["id"])
    await cleo.sign(made["id"])
    renewal = await approved(bea, cleo, f"POST /v1/staff/{eve.id}/renew")
    await live.advance(MINUTE)
    await ada.post(f"/v1/staff/{eve.id}/disable")
    problem(await ada.call("POST", enable, headers=kept), 409, "approval_stale")
    roles = await ada.call(
        "PUT", f"/v1/staff/{eve.id}/roles", {"roles": ["legal"]}, headers={"Approval": made["id"]}
    )
    problem(roles, 409, "approval_stale")
    problem(await ada.call("POST", f"/v1/staff/{eve.id}/renew", headers=renewal), 409, "approval_stale")


@served()
async def test_the_draw_is_not_steered_by_proposing_anew(live: Live) -> None:
    """Neither another wording of the body, nor leaving out `sensitive`, brings another second signer."""
    team = Team(live)
    people = [await team.join(name, "administrator") for name in ("ada", "bea", "cleo", "dora", "emil", "finn")]
    ada, bea = people[:2]
    eve = await team.join("eve", "fraud")
    operation = f"PUT /v1/staff/{eve.id}/roles"
    drawn = set()
    for roles in (["legal"], ["legal", "fraud"], ["fraud", "legal"], ["incident"], ["support"], ["viewer"]):
        made = await ada.propose(operation, {"roles": roles}, sensitive=True)
        drawn.add((await ada.sign(made["id"]))["assigned"])
        await ada.post(f"/v1/approvals/{made['id']}/reject", {})
    assert len(drawn) == 1
    made = await ada.propose(operation, {"roles": ["legal"]}, sensitive=False)
    assert made["sensitive"]
    assert {(await ada.sign(made["id"]))["assigned"]} == drawn
    other = await bea.propose("PUT /v1/staff/" + ada.id + "/roles", {"roles": ["legal"]}, sensitive=True)
    await bea.post(f"/v1/approvals/{other['id']}/reject", {})
    again = await bea.propose("PUT /v1/staff/" + ada.id + "/roles", {"roles": ["legal"]})
    assert again["sensitive"]  # before any draw, too


@served()
async def test_a_passkey_that_is_gone_signed_nothing(live: Live) -> None:
    """A stolen passkey signed; its owner removes it, or is renewed: the signature counts no more."""
    team = Team(live)
    ada = await team.first()
    bea, cleo = await team.join("bea", "administrator"), await team.join("cleo", "administrator")
    ines, omar = await team.join("ines", "fraud"), await team.join("omar", "legal")
    operation = "POST /v1/accounts/u-1/staff-freeze"
    made = await ines.propose(operation)
    await ines.sign(made["id"])
    renew = f"/v1/staff/{ines.id}/renew"
    link = (await ada.post(renew, None, 201, headers=await approved(bea, cleo, f"POST {renew}")))["link"]
    ines.passkey = type(ines.passkey)(origin=ines.passkey.origin)
    await ines.enrol(link)
    assert (await omar.get(f"/v1/approvals/{made['id']}"))["status"] == "void"
    await ines.sign_in()
    fresh = await ines.propose(operation)
    await ines.sign(fresh["id"])  # the new one counts
    assert (await omar.sign(fresh["id"]))["status"] == "approved"


@served()
async def test_signing_in_says_who(live: Live) -> None:
    """Web Authentication 7.2, step 6: nobody was named before, so the answer names its user."""
    eve = await Team(live).join("eve", "viewer")
    answer = await eve.answer()
    answer["response"]["response"]["userHandle"] = None
    problem(await eve.call("POST", "/v1/staff/signin", answer), 401, "sign_in_refused")


@served()
async def test_two_first_administrators_at_once(live: Live) -> None:
    """Of many first links only the last works, and of many uses of it one."""
    team = Team(live)
    one = {"roles": ["administrator"], "by": "command", "first": True}
    made = await asyncio.gather(
        *(team.service.invite(name="ada", email=f"a{i}@example.test", **one) for i in range(5))
    )
    roster = await live.application.store.read(ROSTER)
    assert len(roster.invitations) == 1
    people = [Person(live, "ada", live.client) for _ in made]
    results = []
    for person, each in zip(people, made, strict=True):
        path = f"/v1/staff/enrol/{each.secret}"
        begun = await person.call("POST", f"{path}/options")
        if not begun.is_success:
            problem(begun, 401, "link_refused")
            continue
        options = begun.json()["public_key"]
        keys = [type(person.passkey)(origin=person.passkey.origin) for _ in range(4)]
        bodies = [
            {"challenge": options["challenge"], "response": key.register(options), "name": "x"} for key in keys
        ]
        results = await asyncio.gather(*(person.call("POST", path, body) for body in bodies))
    assert sorted(codes(results)) == ["link_refused"] * 3 + ["ok"]


@served()
async def test_who_is_shut_out_leaves_no_open_invitation(live: Live) -> None:
    """Neither one that they made, nor one that would renew them once they are let back."""
    team = Team(live)
    ada = await team.first()
    bea, cleo = await team.join("bea", "administrator"), await team.join("cleo", "administrator")
    eve = await team.join("eve", "fraud")
    mine = {"name": "Mole", "email": "mole@example.test", "roles": ["support"]}
    by_bea = (await bea.post("/v1/staff/invitations", mine, 201))["link"]
    by_ada = (await ada.post("/v1/staff/invitations", mine | {"email": "b@example.test"}, 201))["link"]
    renew = f"/v1/staff/{eve.id}/renew"
    renewal = (await ada.post(renew, None, 201, headers=await approved(bea, cleo, f"POST {renew}")))["link"]
    await ada.post(f"/v1/staff/{bea.id}/disable")
    await ada.post(f"/v1/staff/{eve.id}/disable")
    for link, status in ((by_bea, 401), (renewal, 401), (by_ada, 200)):
        path = f"/v1/staff/enrol/{link.rpartition('/')[2]}/options"
        assert (await Person(live, "x", live.client).call("POST", path)).status_code == status


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("strasse@example.test", "st_a"),
        ("STRASSE@Example.Test", "st_a"),
        ("straße@example.test", None),
        ("stra\u017f\u017fe@example.test", None),
        ("strasse@example.te\u017ft", None),
        ("", None),
    ],
)
def test_an_address_is_one_persons(given: str, found: str | None) -> None:
    """Only ASCII letters are one in both cases: to a mail server straße and strasse are two mailboxes."""
    roster = Roster((Member("st_a", "A", "strasse@example.test", (Role.VIEWER,)),))
    member = roster.by_email(given)
    assert (member.id if member else None) == found


@served()
async def test_no_text_of_staff_turns_its_direction(live: Live) -> None:
    """What a second person reads before signing is written as it is read."""
    team, ines, _ = await officers(live)
    for text in ("paid\u202e000,1", "a\u2066b", "a\x1b[2Jb", "a\x85b", "\u200b"):
        asked = {"operation": "POST /v1/accounts/u-1/unfreeze", "reason": text}
        problem(await ines.call("POST", "/v1/approvals", asked), 422, "approval_reason_invalid")
        with pytest.raises(InputError):
            await team.service.invite(name=f"Ada {text}", email="z@example.test", roles=["viewer"], by="command")
    assert await ines.propose("POST /v1/accounts/u-1/unfreeze", reason="客户来电\nsecond line")
