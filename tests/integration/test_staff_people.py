# SPDX-License-Identifier: Apache-2.0
"""Invitations, roles, disabling, and looks at accounts: what each takes and what the log keeps."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from counterseal.access.model import Scope
from counterseal.core.errors import CountersealError
from counterseal.staff.model import ROSTER, subject_of
from counterseal.staff.roles import ROLE_SCOPES, Role
from counterseal.staff.views import subject_of as looks_at
from counterseal.store import backup as backups
from counterseal.wiring.stores import master_key
from tests.support.server import DAY, HOUR, MINUTE, Live, codes, problem, served, serving, settings_in
from tests.support.staff import Person, Team, browser


async def approved(one: Person, two: Person, operation: str, body: Any = None) -> dict[str, str]:
    """The header of an approval that both have signed."""
    made = await one.propose(operation, body)
    await one.sign(made["id"])
    await two.sign(made["id"])
    return {"Approval": made["id"]}


async def two_administrators(live: Live) -> tuple[Team, Person, Person]:
    """The least that decides about staff."""
    team = Team(live)
    ada = await team.first()
    return team, ada, await team.join("abel", "administrator")


def test_every_scope_of_a_role_exists() -> None:
    """Roles name scopes by text: a wrong one would lock its people out."""
    for scopes in ROLE_SCOPES.values():
        assert {Scope(name) for name in scopes}
        assert Scope.STAFF_READ in scopes
    assert Scope.ACCOUNTS_READ not in ROLE_SCOPES[Role.ADMINISTRATOR]
    assert not {Scope.SEALS_REDEEM, Scope.ACTIONS_WRITE} & frozenset().union(*ROLE_SCOPES.values())


@served()
async def test_the_first_comes_by_a_command_and_only_once(live: Live) -> None:
    """While nobody is there a lost link is replaced; after that `first` is refused."""
    team = Team(live)
    given = {"name": "ada", "email": "ada@example.test", "roles": ["administrator"], "by": "command"}
    lost = await team.service.invite(**given, first=True)
    made = await team.service.invite(**given, first=True)
    ada = Person(live, "ada", browser(live))
    problem(await ada.call("POST", f"/v1/staff/enrol/{lost.secret}/options"), 401, "link_refused")
    await ada.enrol(made.secret or "")
    with pytest.raises(CountersealError) as refused:
        await team.service.invite(**given | {"email": "b@example.test"}, first=True)
    assert refused.value.code == "staff_exists"


@served()
async def test_an_invitation_lives_a_day_and_can_be_withdrawn(live: Live) -> None:
    """Two enrolments at once: one gets in."""
    team = Team(live)
    ada = await team.first()
    body = {"name": "eve", "email": "eve@example.test", "roles": ["viewer"]}
    made = await ada.post("/v1/staff/invitations", body, 201, key="invite-1")
    again = await ada.call("POST", "/v1/staff/invitations", body, key="invite-1")
    assert again.json() == {"link": None, "invitation": made["invitation"]}
    assert (await ada.get("/v1/staff"))["invitations"] == [made["invitation"]]
    taken = await ada.call("POST", "/v1/staff/invitations", body | {"email": "EVE@example.test"})
    problem(taken, 409, "staff_email_taken")
    await ada.post(f"/v1/staff/invitations/{made['invitation']['id']}/revoke")
    eve = Person(live, "eve", browser(live))
    problem(await eve.call("POST", f"/v1/staff/enrol/{made['link'][-43:]}/options"), 401, "link_refused")

    made = await ada.post("/v1/staff/invitations", body, 201)
    assert made["link"].startswith("http://localhost:8400/console/enrol/")
    secret = made["link"][-43:]
    both = []
    for _ in range(2):
        one = Person(live, "eve", browser(live))
        options = (await one.post(f"/v1/staff/enrol/{secret}/options"))["public_key"]
        given = {"challenge": options["challenge"], "response": one.passkey.register(options)}
        both.append(one.call("POST", f"/v1/staff/enrol/{secret}", given))
    assert sorted(codes(list(await asyncio.gather(*both)))) == ["link_refused", "ok"]

    made = await ada.post("/v1/staff/invitations", body | {"email": "late@example.test"}, 201)
    await live.advance(DAY)
    problem(await eve.call("POST", f"/v1/staff/enrol/{made['link'][-43:]}/options"), 401, "link_refused")


@served()
async def test_one_passkey_belongs_to_one_person(live: Live) -> None:
    """The same credential cannot stand for two people."""
    team = Team(live)
    eve = await team.join("eve", "fraud")
    made = await team.service.invite(name="x", email="x@example.test", roles=["fraud"], by="command")
    other = Person(live, "x", browser(live), eve.passkey)
    options = (await other.post(f"/v1/staff/enrol/{made.secret}/options"))["public_key"]
    body = {"challenge": options["challenge"], "response": other.passkey.register(options)}
    problem(await other.call("POST", f"/v1/staff/enrol/{made.secret}", body), 422, "passkey_known")


@served()
async def test_duties_stay_apart(live: Live) -> None:
    """Editor and publisher, administrator and anybody who sees accounts: never one person."""
    ada = await Team(live).first()
    for roles in (["policy_editor", "policy_publisher"], ["administrator", "fraud"], ["administrator", "viewer"]):
        body = {"name": "eve", "email": "eve@example.test", "roles": roles}
        problem(await ada.call("POST", "/v1/staff/invitations", body), 422, "duties_conflict")
    problem(await ada.call("GET", "/v1/accounts/u-1"), 403, "insufficient_scope")


@served()
async def test_two_bring_in_whoever_may_approve(live: Live) -> None:
    """One administrator alone invites a viewer; an approver or another administrator takes two, and this body."""
    _, ada, abel = await two_administrators(live)
    viewer = {"name": "eve", "email": "eve@example.test", "roles": ["viewer"]}
    await ada.post("/v1/staff/invitations", viewer, 201)
    for number, role in enumerate(("fraud", "legal", "incident", "policy_publisher", "administrator")):
        body = {"name": "new", "email": f"{number}@example.test", "roles": [role]}
        problem(await ada.call("POST", "/v1/staff/invitations", body), 403, "approval_needed")
        headers = await approved(ada, abel, "POST /v1/staff/invitations", body)
        other = body | {"email": "mallory@example.test"}
        problem(await ada.call("POST", "/v1/staff/invitations", other, headers=headers), 403, "approval_mismatch")
        assert await ada.post("/v1/staff/invitations", body, 201, headers=headers)
    token = await live.application.access.create_token(
        name="t", platform="p", scopes=[Scope.STAFF_ADMIN], by="test"
    )
    live.tokens["people"] = token.secret or ""
    body = {"name": "new", "email": "token@example.test", "roles": ["administrator"]}
    problem(await live.call("POST", "/v1/staff/invitations", body, token="people"), 403, "approval_needed")


@served()
async def test_a_lone_administrator_is_not_two_after_disabling_the_other(live: Live) -> None:
    """Disabling is quick, but brings nobody's powers to one person."""
    _, ada, abel = await two_administrators(live)
    await ada.post(f"/v1/staff/{abel.id}/disable")
    body = {"name": "new", "email": "new@example.test", "roles": ["fraud"]}
    problem(await ada.call("POST", "/v1/staff/invitations", body), 403, "approval_needed")


@served()
async def test_roles_change_by_two_and_never_by_the_person_concerned(live: Live) -> None:
    """The person's sessions end; what they may do is what the roles say now."""
    team, ada, abel = await two_administrators(live)
    eve = await team.join("eve", "viewer")
    operation, body = f"PUT /v1/staff/{eve.id}/roles", {"roles": ["fraud"]}
    path = operation.partition(" ")[2]
    problem(await ada.call("PUT", path, body), 403, "two_officers")
    second = {"Second-Officer": live.tokens["ines"]}
    problem(await ada.call("PUT", path, body, headers=second), 403, "two_officers")
    headers = await approved(ada, abel, operation, body)
    changed = await ada.call("PUT", path, body, headers=headers)
    assert changed.json()["roles"] == ["fraud"]
    problem(await eve.call("GET", "/v1/staff/session"), 401, "session_refused")
    assert "staff:officer" in (await eve.sign_in())["scopes"]

    own = await ada.propose(f"PUT /v1/staff/{ada.id}/roles", {"roles": ["policy_editor"]}, 403)
    assert own["code"] == "approval_own_account"
    of_abel = await ada.propose(f"PUT /v1/staff/{abel.id}/roles", {"roles": ["viewer"]})
    problem(await abel.call("POST", f"/v1/approvals/{of_abel['id']}/options"), 403, "approval_own_account")


@served()
async def test_disabling_ends_everything_and_the_last_administrator_stays(live: Live) -> None:
    """At once and for signatures too; coming back takes two."""
    team, ada, abel = await two_administrators(live)
    axel = await team.join("axel", "administrator")
    await ada.post(f"/v1/staff/{axel.id}/disable")
    problem(await axel.call("GET", "/v1/staff/session"), 401, "session_refused")
    problem(await axel.call("POST", "/v1/staff/signin", await axel.answer()), 401, "sign_in_refused")
    assert await ada.post(f"/v1/staff/{axel.id}/disable")  # again changes nothing
    problem(await ada.call("POST", f"/v1/staff/{axel.id}/enable"), 403, "two_officers")
    headers = await approved(ada, abel, f"POST /v1/staff/{axel.id}/enable")
    await ada.post(f"/v1/staff/{axel.id}/enable", headers=headers)
    await axel.sign_in()
    await axel.post(f"/v1/staff/{abel.id}/disable")
    await axel.post(f"/v1/staff/{ada.id}/disable")
    problem(await axel.call("POST", f"/v1/staff/{axel.id}/disable"), 409, "last_administrator")
    problem(await axel.call("POST", "/v1/staff/st_nobody/disable"), 404, "staff_not_found")


@served()
async def test_a_lost_passkey_is_renewed_by_two(live: Live) -> None:
    """The new one works, the old one and its sessions do not."""
    team, ada, abel = await two_administrators(live)
    eve = await team.join("eve", "fraud")
    path = f"/v1/staff/{eve.id}/renew"
    problem(await ada.call("POST", path), 403, "two_officers")
    made = await ada.post(path, None, 201, headers=await approved(ada, abel, f"POST {path}"))
    again = Person(live, "eve", browser(live))
    await again.enrol(made["link"])
    assert again.id == eve.id
    problem(await eve.call("GET", "/v1/staff/session"), 401, "session_refused")
    problem(await eve.call("POST", "/v1/staff/signin", await eve.answer()), 401, "sign_in_refused")
    assert (await again.sign_in())["staff"]["roles"] == ["fraud"]


@served()
async def test_every_change_is_in_the_log_without_secrets(live: Live) -> None:
    """Who, what, by whom; no link, no cookie, no mail address."""
    _, ada, _ = await two_administrators(live)
    body = {"name": "eve", "email": "eve@example.test", "roles": ["viewer"]}
    made = await ada.post("/v1/staff/invitations", body, 201)
    eve = Person(live, "eve", browser(live))
    await eve.enrol(made["link"])
    await eve.sign_in()
    cookie = eve.client.cookies["counterseal_staff"].partition(".")[2]
    await ada.post(f"/v1/staff/{eve.id}/disable")
    store = live.application.store
    roster, person = await store.entries(subject=ROSTER), await store.entries(subject=subject_of(eve.id))
    assert [entry.kind for entry in roster] == ["staff_invited"] * 3
    assert [entry.kind for entry in person] == ["staff_enrolled", "staff_signed_in", "staff_disabled"]
    assert json.loads(person[-1].payload or b"")["by"] == f"staff:{ada.id}"
    everything = b"".join(entry.payload or b"" for entry in await store.entries(limit=1000))
    for secret in (cookie, made["link"][-43:], "eve@example.test"):
        assert secret.encode() not in everything


@served()
async def test_a_look_at_an_account_has_a_purpose_and_is_noted_once(live: Live) -> None:
    """Once per person, account, purpose and 15 minutes; not for tokens, not for accounts that are not there."""
    team = Team(live)
    eve, omar = await team.join("eve", "viewer"), await team.join("omar", "fraud")
    account = (await live.owner()).account
    path, store = f"/v1/accounts/{account}", live.application.store
    for purpose in ("", " ", "x" * 201, "a%09b"):
        problem(await eve.call("GET", path, headers={"Purpose": purpose}), 403, "purpose_missing")
    bare = await eve.client.get(f"{path}/timeline")
    problem(bare, 403, "purpose_missing")
    await eve.get(path)
    await asyncio.gather(*(eve.get(f"{path}/timeline") for _ in range(4)))
    await omar.get(path)
    await eve.get(path, headers={"Purpose": quote("本人来电")})
    await live.advance(14 * MINUTE)
    await eve.get(path)
    await live.advance(MINUTE)
    await eve.get(path)
    entries = [json.loads(entry.payload or b"") for entry in await store.entries(subject=looks_at(account))]
    who = [entry["by"].removeprefix("staff:") for entry in entries]
    assert who == [eve.id, omar.id, eve.id, eve.id]
    assert {entry["account"] for entry in entries} == {account}
    assert entries[2]["purpose"] == "本人来电"
    problem(await eve.call("GET", "/v1/accounts/nobody"), 404, "unknown_account")
    assert await store.entries(subject=looks_at("nobody")) == []
    await live.get(path)
    assert len(await store.entries(subject=looks_at(account))) == 4


def test_a_restored_store_voids_sessions_links_and_approvals(tmp_path: Path) -> None:
    """What was ended after the backup must not come back to life."""

    async def before(folder: Path) -> tuple[str, str, str, Any]:
        async with serving(folder) as live:
            team, ada, abel = await two_administrators(live)
            body = {"name": "new", "email": "n@example.test", "roles": ["administrator"]}
            header = await approved(ada, abel, "POST /v1/staff/invitations", body)
            link = (await team.service.invite(name="e", email="e@x.test", roles=["viewer"], by="command")).secret
            backups.backup(settings_in(folder).database, folder / "copy.db")
            return ada.client.cookies["counterseal_staff"], link or "", header["Approval"], ada.passkey

    async def after(folder: Path, cookie: str, link: str, approval: str, passkey: Any) -> None:
        async with serving(folder) as live:
            old = browser(live)
            old.cookies.set("counterseal_staff", cookie)
            problem(await old.get("/v1/staff/session"), 401, "session_refused")
            ada = Person(live, "ada", browser(live), passkey)
            problem(await ada.call("POST", f"/v1/staff/enrol/{link}/options"), 401, "link_refused")
            await ada.sign_in()
            assert (await ada.get(f"/v1/approvals/{approval}"))["status"] == "void"

    given = asyncio.run(before(tmp_path))
    settings = settings_in(tmp_path)
    for part in tmp_path.glob("counterseal.db*"):
        part.unlink()
    backups.restore(tmp_path / "copy.db", settings.database, master_key(settings), now=settings.simulated_start_ms)
    asyncio.run(after(tmp_path, *given))


@served()
async def test_a_role_is_what_its_person_may_do(live: Live) -> None:
    """Each role's scopes over HTTP: what they reach, and what they do not."""
    team = Team(live)
    account = (await live.owner()).account
    may = {
        "viewer": (200, 403, 403, 403),
        "support": (200, 200, 403, 403),
        "fraud": (200, 200, 403, 200),
        "legal": (200, 200, 403, 200),
        "policy_editor": (403, 403, 403, 403),
        "policy_publisher": (403, 403, 403, 200),
        "administrator": (403, 403, 200, 200),
    }
    for role, wanted in may.items():
        person = await team.join(role.replace("_", "-"), role)
        found = (
            await person.call("GET", f"/v1/accounts/{account}"),
            await person.call("POST", f"/v1/accounts/{account}/freeze", {"kind": "owner"}),
            await person.call("GET", "/v1/tokens"),
            await person.call("GET", "/v1/approvals"),
        )
        assert tuple(answer.status_code for answer in found) == wanted, role
        redeem = await person.call("POST", f"/v1/seals/{secrets.token_hex(4)}/redeem")
        problem(redeem, 403, "insufficient_scope")
    await live.advance(HOUR)


@served()
async def test_one_administrator_alone_makes_no_officers_out_of_tokens(live: Live) -> None:
    """A token that stands for a person, or makes such tokens, takes two; others take one."""
    _, ada, abel = await two_administrators(live)
    body = {"name": "t", "platform": "exchange", "scopes": ["staff:officer"], "officer": "zoe"}
    problem(await ada.call("POST", "/v1/tokens", body), 403, "approval_needed")
    for scope in ("admin", "staff:admin", "decisions:staff"):
        other = {"name": "t", "platform": "exchange", "scopes": [scope]}
        problem(await ada.call("POST", "/v1/tokens", other), 403, "approval_needed")
    made = await ada.post("/v1/tokens", body, 201, headers=await approved(ada, abel, "POST /v1/tokens", body))
    assert made["record"]["officer"] == "zoe"
    reading = {"name": "t", "platform": "exchange", "scopes": ["accounts:read"]}
    assert await ada.post("/v1/tokens", reading, 201)
