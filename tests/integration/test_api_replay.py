# SPDX-License-Identifier: Apache-2.0
"""Nothing is used twice: codes, steps, attestations, recovery codes, links. Every wrong answer reads alike."""

from __future__ import annotations

from typing import Any

import pytest

from counterseal.factors import totp
from counterseal.gateways.keyring import SigningKey
from tests.support.server import DAY, HOUR, MINUTE, PLATFORM, START, Live, Owner, any_problem, problem, served

SENTENCE = "that did not work"


async def refused(person: Owner, action: Any, factor: str, answer: str, **more: Any) -> None:
    """The one sentence of a wrong answer, whatever was wrong."""
    body = {"factor": factor, "answer": answer, **more}
    response = await person.live.call("POST", f"/v1/actions/{action['id']}/proofs", body)
    found = problem(response, 422, "proof_refused")
    assert found["detail"] == SENTENCE
    assert "hint" not in found
    assert "errors" not in found


@served()
async def test_a_totp_step_never_counts_twice(live: Live) -> None:
    """A code of a used step, and of the step before it, are wrong answers in any later action."""
    person = await live.owner()
    live.application.clock.set(START + 10 * MINUTE)
    first, second = await person.ask("login"), await person.ask("login")
    code = person.totp()
    await person.prove(first, "totp", answer=code)
    await refused(person, second, "totp", code)
    await refused(person, second, "totp", totp.code_at(person.seed, person.used_step - 1))
    await person.prove(second, "totp", answer=totp.code_at(person.seed, person.used_step + 1))


@served()
async def test_a_totp_code_far_from_now_is_wrong(live: Live) -> None:
    """One step either side, not two."""
    person = await live.owner()
    live.application.clock.set(START + 10 * MINUTE)
    step = totp.step_at(live.now)
    action = await person.ask("login")
    await refused(person, action, "totp", totp.code_at(person.seed, step - 2))
    await refused(person, action, "totp", totp.code_at(person.seed, step + 2))
    await person.prove(action, "totp", answer=totp.code_at(person.seed, step - 1))


@served()
async def test_a_mail_code_counts_once_for_one_challenge_of_one_action_of_one_account(live: Live) -> None:
    """Used, for another challenge, for another action, for another account, expired: the same sentence."""
    person, other = await live.owner(), await live.owner()
    one, two = [await person.ask("withdraw_small", amount="10") for _ in range(2)]
    theirs = await other.ask("withdraw_small", amount="10")
    challenge, code = await person.code(one, "email")
    later, later_code = await person.code(one, "email")
    foreign, _ = await other.code(theirs, "email")

    await refused(person, one, "email", code, challenge=later)
    await refused(person, one, "email", code)  # without naming a challenge
    for action, name in ((two, challenge), (theirs, challenge), (one, foreign)):
        body = {"factor": "email", "answer": code, "challenge": name}
        answer = await live.call("POST", f"/v1/actions/{action['id']}/proofs", body)
        problem(answer, 404, "unknown_challenge")
    await refused(other, theirs, "email", code, challenge=foreign)
    await person.prove(one, "email", answer=code, challenge=challenge)
    await refused(person, one, "email", code, challenge=challenge)
    await live.advance(10 * MINUTE)
    await refused(person, one, "email", later_code, challenge=later)


@served()
async def test_an_sms_code_is_no_mail_code(live: Live) -> None:
    """A code counts for the factor it was sent for."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    challenge, code = await person.code(action, "sms")
    body = {"factor": "email", "answer": code, "challenge": challenge}
    answer = await live.call("POST", f"/v1/actions/{action['id']}/proofs", body)
    problem(answer, 404, "unknown_challenge")


@served()
async def test_an_attestation_counts_once(live: Live) -> None:
    """The same `jti` is refused in the action it was for and in any other."""
    person = await live.owner()
    one, two = await person.ask("login"), await person.ask("login")
    stated = person.attested(one, "password", jti="once")
    await person.prove(one, "password", answer=stated)
    await refused(person, one, "password", stated)
    await refused(person, two, "password", person.attested(two, "password", jti="once"))
    await person.prove(two, "password")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "another"},
        {"aud": "somebody"},
        {"sub": "u-2"},
        {"sid": "s9"},
        {"act": "act_00"},
        {"act_name": "withdraw"},
        {"method": "face"},
        {"method": "totp"},
        {"iat": START // 1000 - 121},
        {"iat": START // 1000 + 31},
        {"exp": START // 1000 - 1},
        {"nbf": START // 1000 + 3600},
        {"jti": "with space"},
        {"extra": 1},
        {"iat": "now"},
    ],
    ids=str,
)
@served()
async def test_an_attestation_for_anything_else_is_refused(live: Live, changes: dict[str, Any]) -> None:
    """Issuer, audience, account, session, action, method, time: each must be right."""
    person = await live.owner()
    action = await person.ask("login")
    await refused(person, action, "password", person.attested(action, "password", **changes))


@served()
async def test_an_attestation_under_another_key_is_refused(live: Live) -> None:
    """Unregistered and revoked keys; a revocation counts at once."""
    person = await live.owner()
    action = await person.ask("login")
    genuine = live.auth
    live.auth = SigningKey("seal", b"x" * 32)
    await refused(person, action, "password", person.attested(action, "password"))
    live.auth = genuine
    stated = person.attested(action, "password")
    await live.post(f"/v1/attestation-keys/{genuine.kid}/revoke")
    await refused(person, action, "password", stated)
    for text in ("", "x", "a.b.c", "." * 4000, stated[:-4] + "AAAA"):
        if text:
            await refused(person, await person.ask("login"), "password", text)


@served()
async def test_every_thumbprint_can_be_revoked(live: Live) -> None:
    """A key id may begin with `-` or `_`: one in thirty-two thumbprints does."""
    public = {"kty": "OKP", "crv": "Ed25519", "x": live.auth.public_jwk()["x"]}
    for name in ("-begins", "_begins"):
        await live.post("/v1/attestation-keys", {"platform": PLATFORM, "jwk": public, "id": name}, 201)
        assert (await live.post(f"/v1/attestation-keys/{name}/revoke"))["revoked"] == live.now
        await live.get(f"/v1/attestation-keys?after={name}")


@served()
async def test_a_recovery_code_counts_once(live: Live) -> None:
    """Codes are shown once, at registration; each opens one action."""
    body = {
        "account": "carol",
        "factors": [
            {"factor": "rcode"},
            {"factor": "password"},
            {"factor": "totp"},
            {"factor": "email", "contact": "carol@example.test"},
        ],
    }
    made = await live.post("/v1/accounts", body, 201)
    lines = next(shown for name, shown in made["shown"].items() if name.startswith("rcode"))
    person = Owner(live, "carol", "+85251239999", "carol@example.test")
    offer = await live.post("/v1/accounts/carol/totp/options", {})
    code = totp.code_at(totp.parse_seed(offer["secret"]), totp.step_at(live.now))
    enrol = [{"factor": "totp", "secret": offer["secret"], "confirm": code}]
    one, two = [await person.ask("use_recovery_code", enrol=enrol) for _ in range(2)]
    await person.prove(one, "rcode", answer=lines[0].lower().replace("-", " "))
    await refused(person, two, "rcode", lines[0])
    await person.prove(two, "rcode", answer=lines[1])
    assert lines[0] not in str(await live.get("/v1/accounts/carol"))


@served()
async def test_a_link_works_once(live: Live) -> None:
    """GET may come any number of times; the second POST and later GETs say that the link was used."""
    person = await live.owner()
    await person.done("add_address", "email", "totp", address={"chain": "eth", "address": "0x" + "12" * 20})
    [link] = await live.links("freeze")
    for _ in range(3):
        page = await live.call("GET", f"/freeze/{link}", token=None)
        assert page.status_code == 200
    assert (await live.get(f"/v1/accounts/{person.account}"))["freezes"] == []
    first = await live.client.post(f"/freeze/{link}")
    assert first.status_code == 200
    for method in ("POST", "GET"):
        again = await live.client.request(method, f"/freeze/{link}")
        assert again.status_code == 410
        assert "used" in again.text
    assert len((await live.get(f"/v1/accounts/{person.account}"))["freezes"]) == 1


@served()
async def test_a_link_expires(live: Live) -> None:
    """72 hours after it was sent."""
    person = await live.owner()
    await person.done("add_address", "email", "totp", address={"chain": "eth", "address": "0x" + "12" * 20})
    [link] = await live.links("freeze")
    await live.advance(3 * DAY - 1)
    assert (await live.client.get(f"/freeze/{link}")).status_code == 200
    await live.advance(1)
    for method in ("GET", "POST"):
        page = await live.client.request(method, f"/freeze/{link}")
        assert page.status_code == 410
        assert "expired" in page.text
    assert (await live.get(f"/v1/accounts/{person.account}"))["freezes"] == []


@served()
async def test_a_link_is_for_one_page(live: Live) -> None:
    """A freeze link opens no cancel page; a cut or altered one opens none."""
    person = await live.owner()
    await person.done("withdraw", "email", "totp", amount="10")
    [freeze], [cancel] = await live.links("freeze"), await live.links("cancel")
    wrong = [f"/cancel/{freeze}", f"/freeze/{cancel}", f"/freeze/{freeze[:-2]}", f"/freeze/{freeze}A", "/freeze/x"]
    for path in [*wrong, f"/freeze/{freeze.swapcase()}"]:
        for method in ("GET", "POST"):
            assert (await live.client.request(method, path)).status_code == 410
    assert (await live.get(f"/v1/accounts/{person.account}"))["freezes"] == []


@served()
async def test_a_proof_grows_old(live: Live) -> None:
    """A proof counts ten minutes while the action is open; an open action is over after thirty."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    await person.prove(action, "email")
    await live.advance(11 * MINUTE)
    late = await person.prove(action, "totp")
    assert late["status"] == "open"
    assert late["decision"]["alternatives"] == [["email"]]
    await live.advance(HOUR)
    response = await live.call(
        "POST", f"/v1/actions/{action['id']}/proofs", {"factor": "totp", "answer": person.totp()}
    )
    assert any_problem(response)["code"] in {"action_lapsed", "action_over"}


@served()
async def test_a_message_is_handed_over_once(live: Live) -> None:
    """The worker and a move of the clock do not deliver one message twice: each acceptance is one entry."""
    person = await live.owner()
    for number in range(4):
        where = {"chain": "eth", "address": f"0x{number:040x}"}
        await person.done("add_address", "email", "totp", address=where)
    await live.settle()
    entries = (await live.get(f"/v1/accounts/{person.account}/timeline?limit=500"))["entries"]
    accepted = [entry["events"] for entry in entries if entry["kind"] == "notice_accepted"]
    assert accepted == [["NoticeTaken"]] * 8
