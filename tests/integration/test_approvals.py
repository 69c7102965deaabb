# SPDX-License-Identifier: Apache-2.0
"""An approval is two people's passkeys over one exact request, used once, in the commit of that request."""

from __future__ import annotations

import asyncio
import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from counterseal.staff.approvals import subject_of
from tests.support.server import DAY, HOUR, OFFICERS, Live, codes, problem, served, serving
from tests.support.staff import Person, Team, browser


async def fraud_team(live: Live) -> tuple[Team, Person, Person]:
    """Two people who may decide."""
    team = Team(live)
    return team, await team.join("ines", "fraud"), await team.join("omar", "legal")


async def frozen(live: Live) -> str:
    """An account that only two officers can open again."""
    owner = await live.owner()
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    return owner.account


async def approved(one: Person, two: Person, operation: str, body: Any = None) -> str:
    """The id of an approval that both have signed."""
    made = await one.propose(operation, body)
    await one.sign(made["id"])
    assert (await two.sign(made["id"]))["status"] == "approved"
    return str(made["id"])


def with_approval(approval: str) -> dict[str, str]:
    """The header."""
    return {"Approval": approval}


@served()
async def test_two_people_sign_and_the_operation_runs_once(live: Live) -> None:
    """Propose, two signatures, use; the log shows each step with who and over what."""
    _, ines, omar = await fraud_team(live)
    account = await frozen(live)
    path = f"/v1/accounts/{account}/unfreeze"
    made = await ines.propose(f"POST {path}")
    assert made["digest"] == sha256(rfc8785.dumps(["POST", path, None])).hexdigest()
    assert (made["status"], made["scopes"], made["can_sign"]) == ("open", ["staff:officer"], True)
    headers = with_approval(made["id"])
    problem(await ines.call("POST", path, headers=headers), 403, "approval_incomplete")
    await ines.sign(made["id"])
    problem(await ines.call("POST", path, headers=headers), 403, "approval_incomplete")
    done = await omar.sign(made["id"])
    assert [item["name"] for item in done["signatures"]] == ["ines", "omar"]

    key = "unfreeze-1"
    first = await ines.post(path, key=key, headers=headers)
    again = await ines.call("POST", path, key=key, headers=headers)
    assert again.json() == first
    assert again.headers["idempotency-replayed"] == "true"
    problem(await ines.call("POST", path, headers=headers), 403, "approval_used")
    problem(await omar.call("POST", path, key=key, headers=headers), 403, "approval_used")
    assert (await omar.get(f"/v1/approvals/{made['id']}"))["status"] == "used"
    assert (await live.get(f"/v1/accounts/{account}"))["freezes"] == []
    entries = await live.application.store.entries(subject=subject_of(made["id"]))
    kinds = ["approval_proposed", "approval_signed", "approval_signed", "approval_used"]
    assert [entry.kind for entry in entries] == kinds
    used = json.loads(entries[-1].payload or b"")
    assert (used["signers"], used["by"]) == ([ines.id, omar.id], f"staff:{ines.id}")
    told = await live.application.store.entries(subject=f"account:{account}")  # its notice may be out by now
    lifted = next(entry for entry in told if entry.kind == "lift_freeze")
    assert entries[-1].position == lifted.position + 1  # one commit


@served()
async def test_what_was_signed_can_be_checked_by_an_auditor(live: Live) -> None:
    """The log keeps the assertion: its challenge, client data and signature verify with the person's key."""
    _, ines, omar = await fraud_team(live)
    approval = await approved(ines, omar, "POST /v1/accounts/u-1/staff-freeze")
    entry = (await live.application.store.entries(subject=subject_of(approval)))[1]
    evidence = json.loads(entry.payload or b"")["evidence"]
    response = {
        name: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        for name, text in evidence["response"]["response"].items()
    }
    signed = response["authenticatorData"] + sha256(response["clientDataJSON"]).digest()
    ines.passkey.key.public_key().verify(response["signature"], signed, ec.ECDSA(hashes.SHA256()))
    assert json.loads(response["clientDataJSON"])["challenge"] == evidence["challenge"]


@served()
async def test_another_body_method_or_path_is_another_request(live: Live) -> None:
    """403 approval_mismatch, and the approval is still good for what it was for."""
    _, ines, omar = await fraud_team(live)
    owner = await live.owner()
    action = (await owner.ask("login"))["id"]
    path = f"/v1/actions/{action}/dispute"
    approval = await approved(ines, omar, f"POST {path}", {"uphold": False})
    headers = with_approval(approval)
    other = await frozen(live)
    for wrong, body in (
        (path, {"uphold": True}),
        (f"/v1/accounts/{other}/unfreeze", None),
        (f"/v1/accounts/{owner.account}/staff-freeze", None),
    ):
        problem(await ines.call("POST", wrong, body, headers=headers), 403, "approval_mismatch")
    problem(await ines.call("POST", path, {"uphold": 0.0}, headers=headers), 400, "json_invalid")
    problem(await ines.call("POST", f"{path}?x=1", {"uphold": False}, headers=headers), 400, "approval_query")
    refused = await ines.call("POST", path, {"uphold": False}, headers=headers)
    assert refused.status_code == 409, refused.text  # there is no dispute: and so nothing was used
    assert (await ines.get(f"/v1/approvals/{approval}"))["status"] == "approved"


OPERATIONS = (
    "POST /v1/accounts/{account}/unfreeze",
    "POST /v1/accounts/{account}/staff-freeze",
    "POST /v1/accounts/{account}/suspicions/{suspicion}/clear",
    "POST /v1/accounts/{account}/erase",
)


@pytest.mark.parametrize("operation", OPERATIONS)
@served()
async def test_every_operation_of_two_takes_an_approval(live: Live, operation: str) -> None:
    """Each uses it up; two tokens still do where the settings allow."""
    _, ines, omar = await fraud_team(live)
    account = await frozen(live)
    body = {"capability": "sim_swap", "until": live.now + DAY, "evidence": "SIM changed"}
    suspicion = (await live.post(f"/v1/accounts/{account}/suspicions", body))["id"]
    operation = operation.format(account=account, suspicion=suspicion)
    path = operation.partition(" ")[2]
    approval = await approved(ines, omar, operation)
    assert await ines.post(path, headers=with_approval(approval))
    assert (await ines.get(f"/v1/approvals/{approval}"))["status"] == "used"
    problem(await ines.call("POST", path, headers=with_approval(approval)), 403, "approval_used")


@served(officers="passkeys")
async def test_two_tokens_are_refused_where_passkeys_are_asked_for(live: Live) -> None:
    """The token form of before ends; an approval works, sent by a machine too."""
    _, ines, omar = await fraud_team(live)
    account = await frozen(live)
    path = f"/v1/accounts/{account}/unfreeze"
    both = {"Second-Officer": live.tokens[OFFICERS[1]]}
    problem(await live.call("POST", path, token=OFFICERS[0], headers=both), 403, "two_officers")
    approval = await approved(ines, omar, f"POST {path}")
    two = both | with_approval(approval)
    problem(await live.call("POST", path, token=OFFICERS[0], headers=two), 400, "two_credentials")
    assert await live.post(path, token=OFFICERS[0], headers=with_approval(approval))


@served()
async def test_one_person_is_one_person(live: Live) -> None:
    """Nobody signs twice, nor with somebody else's passkey, nor for an approval of another's options."""
    _, ines, omar = await fraud_team(live)
    made = await ines.propose("POST /v1/accounts/u-1/staff-freeze")
    path = f"/v1/approvals/{made['id']}"
    first = await ines.signature(made["id"])
    problem(await omar.call("POST", f"{path}/sign", first), 403, "passkey_unknown")
    await ines.post(f"{path}/sign", first)
    problem(await ines.call("POST", f"{path}/options"), 403, "approval_same_person")
    problem(await ines.call("POST", f"{path}/sign", first), 403, "approval_same_person")
    other = await ines.propose("POST /v1/accounts/u-1/staff-freeze")
    for_other = await omar.signature(other["id"])
    problem(await omar.call("POST", f"{path}/sign", for_other), 403, "passkey_challenge")
    signin = await omar.answer()
    problem(await omar.call("POST", f"{path}/sign", signin), 403, "passkey_challenge")
    unverified = Person(live, "omar", omar.client, omar.passkey, omar.id)
    unverified.passkey.verifies = False
    answer = await unverified.signature(made["id"])
    problem(await omar.call("POST", f"{path}/sign", answer), 403, "passkey_unverified_user")
    omar.passkey.verifies = True
    late = await omar.signature(made["id"])
    await live.advance(5 * 60_000)
    problem(await omar.call("POST", f"{path}/sign", late), 403, "passkey_challenge")
    assert (await omar.sign(made["id"]))["status"] == "approved"


@served()
async def test_races_have_one_winner(live: Live) -> None:
    """Two signatures of one person at once, two people at once, two uses at once."""
    team, ines, omar = await fraud_team(live)
    lena = await team.join("lena", "incident")
    path = f"/v1/accounts/{await frozen(live)}/staff-freeze"
    made = await ines.propose(f"POST {path}")
    sign = f"/v1/approvals/{made['id']}/sign"
    twice = [await ines.signature(made["id"]) for _ in range(2)]
    found = await asyncio.gather(*(ines.call("POST", sign, each) for each in twice))
    assert sorted(codes(list(found)))[1] == "ok"
    assert len((await ines.get(f"/v1/approvals/{made['id']}"))["signatures"]) == 1
    answers = [(each, await each.signature(made["id"])) for each in (omar, lena)]
    found = await asyncio.gather(*(each.call("POST", sign, answer) for each, answer in answers))
    assert sorted(codes(list(found))) == ["approval_over", "ok"]
    headers = with_approval(made["id"])
    found = await asyncio.gather(*(ines.call("POST", path, headers=headers) for _ in range(5)))
    assert sorted(codes(list(found))) == ["approval_used"] * 4 + ["ok"]


@served()
async def test_nobody_approves_for_their_own_account(live: Live) -> None:
    """Neither proposes, signs nor sends; also where the path names an action of the account."""
    team, ines, omar = await fraud_team(live)
    owner = await live.owner()
    nora = await team.join("nora", "fraud", account=owner.account)
    action = (await owner.ask("login"))["id"]
    for path, body in (
        (f"/v1/accounts/{owner.account}/unfreeze", None),
        (f"/v1/actions/{action}/dispute", {"uphold": True}),
    ):
        refused = await nora.propose(f"POST {path}", body, 403)
        assert refused["code"] == "approval_own_account"
        made = await ines.propose(f"POST {path}", body)
        assert made["account"] == owner.account
        problem(await nora.call("POST", f"/v1/approvals/{made['id']}/options"), 403, "approval_own_account")
        await ines.sign(made["id"])
        await omar.sign(made["id"])
        used = await nora.call("POST", path, body, headers=with_approval(made["id"]))
        problem(used, 403, "approval_own_account")


@served()
async def test_roles_reach_only_their_operations(live: Live) -> None:
    """A viewer proposes nothing; a publisher does not sign for officers; a token signs nothing."""
    team, ines, _ = await fraud_team(live)
    eve, paul = await team.join("eve", "viewer"), await team.join("paul", "policy_publisher")
    refused = await eve.propose("POST /v1/accounts/u-1/unfreeze", status=403)
    assert refused["code"] == "insufficient_scope"
    made = await ines.propose("POST /v1/accounts/u-1/unfreeze")
    path = f"/v1/approvals/{made['id']}"
    assert (await paul.get(path))["obstacle"] == "approval_scope"
    problem(await paul.call("POST", f"{path}/options"), 403, "approval_scope")
    problem(await paul.call("POST", f"{path}/reject", {}), 403, "approval_scope")
    problem(await live.call("POST", f"{path}/options"), 403, "staff_only")
    for operation in ("POST /v1/accounts/u-1/freeze", "POST /v1/nothing", "DELETE /v1/staff/session"):
        found = await ines.propose(operation, status=422)
        assert found["code"] == "operation_unknown"
    body = await ines.propose("POST /v1/accounts/u-1/unfreeze", {"x": 1}, 422)
    assert body["code"] == "operation_body"


@served()
async def test_approvals_end(live: Live) -> None:
    """Rejected, expired after a day, void when a signer may not any more."""
    team, ines, omar = await fraud_team(live)
    ada = await team.join("ada", "administrator")
    path = f"/v1/accounts/{await frozen(live)}/unfreeze"
    rejected = await approved(ines, omar, f"POST {path}")
    ended = await omar.post(f"/v1/approvals/{rejected}/reject", {"reason": "not the owner"})
    assert (ended["status"], ended["ended_by"]) == ("rejected", f"staff:{omar.id}")
    problem(await ines.call("POST", path, headers=with_approval(rejected)), 403, "approval_rejected")
    problem(await ines.call("POST", f"/v1/approvals/{rejected}/options"), 409, "approval_over")
    problem(await ines.call("POST", f"/v1/approvals/{rejected}/reject", {}), 409, "approval_over")

    void = await approved(ines, omar, f"POST {path}")
    await ada.post(f"/v1/staff/{omar.id}/disable")
    assert (await ines.get(f"/v1/approvals/{void}"))["status"] == "void"
    problem(await ines.call("POST", path, headers=with_approval(void)), 403, "approval_void")

    old = await ines.propose(f"POST {path}")
    for _ in range(24 * 5):
        await live.advance(HOUR // 5)
        if (await ines.call("GET", "/v1/staff/session")).status_code == 401:
            await ines.sign_in()
    found = await ines.get(f"/v1/approvals/{old['id']}")
    assert (found["status"], found["obstacle"]) == ("expired", "approval_over")
    problem(await ines.call("POST", f"/v1/approvals/{old['id']}/options"), 409, "approval_over")


@served()
async def test_lists_by_status_newest_first(live: Live) -> None:
    """Pages follow each other; a filter leaves the others out."""
    _, ines, omar = await fraud_team(live)
    made = []
    for _ in range(5):
        made.append((await ines.propose("POST /v1/accounts/u-1/unfreeze"))["id"])
        await live.advance(10)
    await omar.post(f"/v1/approvals/{made[1]}/reject", {})
    await ines.sign(made[2])
    await omar.sign(made[2])
    everything = await ines.get("/v1/approvals")
    assert [item["id"] for item in everything["items"]] == made[::-1]
    page = await ines.get("/v1/approvals?limit=2&status=open")
    assert [item["id"] for item in page["items"]] == [made[4], made[3]]
    rest = await ines.get(f"/v1/approvals?limit=2&status=open&after={page['next']}")
    assert [item["id"] for item in rest["items"]] == [made[0]]
    for status, identity in (("rejected", made[1]), ("approved", made[2])):
        assert [item["id"] for item in (await ines.get(f"/v1/approvals?status={status}"))["items"]] == [identity]


@served()
async def test_a_sensitive_approval_draws_its_second_signer(live: Live) -> None:
    """After the first signature one person is drawn: only they sign, and proposing anew draws nobody else."""
    team, ines, omar = await fraud_team(live)
    others = [omar, *[await team.join(name, "fraud") for name in ("lena", "maya", "noor", "pia")]]
    operation = "POST /v1/accounts/u-1/unfreeze"
    drawn = set()
    for number in range(8):
        made = await ines.propose(f"POST /v1/accounts/u-{number}/unfreeze", sensitive=True)
        drawn.add((await ines.sign(made["id"]))["assigned"])
    assert len(drawn) > 1
    assert ines.id not in drawn
    made = await ines.propose(operation, sensitive=True)
    assigned = (await ines.sign(made["id"]))["assigned"]
    right = next(each for each in others if each.id == assigned)
    for wrong in [each for each in others if each is not right]:
        problem(await wrong.call("POST", f"/v1/approvals/{made['id']}/options"), 403, "approval_assigned")
    await ines.post(f"/v1/approvals/{made['id']}/reject", {})
    again = await ines.propose(operation, sensitive=True)
    assert (await ines.sign(again["id"]))["assigned"] == assigned
    assert (await right.sign(again["id"]))["status"] == "approved"


@served()
async def test_a_sensitive_approval_needs_a_third_person(live: Live) -> None:
    """Where nobody but the proposer could be drawn, nothing is signed."""
    _, ines, omar = await fraud_team(live)
    made = await ines.propose("POST /v1/accounts/u-1/unfreeze", sensitive=True)
    problem(
        await omar.call("POST", f"/v1/approvals/{made['id']}/sign", await omar.signature(made["id"])),
        409,
        "approval_unassignable",
    )
    await ines.sign(made["id"])
    assert (await omar.sign(made["id"]))["status"] == "approved"


@served()
async def test_a_queue_has_an_end(live: Live) -> None:
    """Nobody buries the others under proposals."""
    _, ines, omar = await fraud_team(live)
    for _ in range(50):
        made = await ines.propose("POST /v1/accounts/u-1/unfreeze")
    refused = await ines.propose("POST /v1/accounts/u-1/unfreeze", status=409)
    assert refused["code"] == "approval_limit"
    assert await omar.propose("POST /v1/accounts/u-1/unfreeze")
    await ines.post(f"/v1/approvals/{made['id']}/reject", {})
    assert await ines.propose("POST /v1/accounts/u-1/unfreeze")


def test_approvals_survive_a_restart(tmp_path: Path) -> None:
    """Signed before, used after, once."""

    async def run() -> None:
        async with serving(tmp_path) as live:
            _, ines, omar = await fraud_team(live)
            path = f"/v1/accounts/{await frozen(live)}/unfreeze"
            approval = await approved(ines, omar, f"POST {path}")
            passkey = ines.passkey
        async with serving(tmp_path) as live:
            again = Person(live, "ines", browser(live), passkey)
            await again.sign_in()
            assert await again.post(path, headers=with_approval(approval))
            problem(await again.call("POST", path, headers=with_approval(approval)), 403, "approval_used")

    asyncio.run(run())
