# SPDX-License-Identifier: Apache-2.0
"""Owners' passkeys and authenticator apps over the whole API: enrol, prove, and all that must not pass."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec import structs

from counterseal.core.policy.model import FactorSpec
from counterseal.factors import passkeys, totp
from counterseal.guard.ports import Question, Refused
from counterseal.wiring.passkeys import PasskeyVerifier
from tests.support.authenticator import Authenticator
from tests.support.http_app import problem
from tests.support.server import MINUTE, Live, Owner, served

ORIGIN = "https://guard.example"
here = served(base_url=ORIGIN)


async def registration(person: Owner, device: Authenticator, **client: Any) -> str:
    """The `secret` of a new passkey: the device's answer to fresh options."""
    found = await person.live.post(f"/v1/accounts/{person.account}/passkeys/options", {"name": "ada"})
    answer = device.register(found["public_key"], **client)
    return json.dumps({"challenge": found["challenge"], "response": answer})


async def enrol(person: Owner, device: Authenticator, label: str = "key") -> str:
    """Bind the first passkey, proved by the authenticator app and a mail; its instance id."""
    item = {"factor": "passkey", "secret": await registration(person, device), "label": label}
    action = await person.done("bind_passkey", "totp", "email", enrol=[item])
    assert action["status"] == "done", action
    found = await person.live.get(f"/v1/accounts/{person.account}")
    return next(each["id"] for each in found["factors"] if each["label"] == label)


async def answer(person: Owner, action: Any, device: Authenticator, **client: Any) -> str:
    """The `answer` of a proof: the device's assertion to this action's options."""
    found = await person.live.post(f"/v1/actions/{action['id']}/passkey")
    response = device.use(found["public_key"], **client)
    return json.dumps({"challenge": found["challenge"], "response": response})


async def prove(person: Owner, action: Any, given: str, status: int = 200) -> Any:
    return await person.prove(action, "passkey", status, answer=given)


async def refusals(person: Owner) -> list[str]:
    """Why proofs of this account were refused, as staff read it."""
    found = await person.live.get(f"/v1/accounts/{person.account}/timeline")
    return [each["refused"] for each in found["entries"] if each["refused"]]


async def refused(person: Owner, action: Any, given: str, reason: str) -> None:
    """The proof is refused with the one public sentence; staff see the reason."""
    body = {"factor": "passkey", "answer": given}
    response = await person.live.call("POST", f"/v1/actions/{action['id']}/proofs", body)
    assert "cloned" not in response.text
    problem(response, 422, "proof_refused")
    assert (await refusals(person))[-1] == reason


@here
async def test_a_passkey_is_enrolled_used_and_seen(live: Live) -> None:
    person, device = await live.owner(), Authenticator(origin=ORIGIN)
    name = await enrol(person, device, label="blue key")
    action = await prove(
        person, await person.ask("login"), await answer(person, await person.ask("login"), device), 422
    )
    assert action["code"] == "proof_refused"  # the answer to another log-in
    action = await person.ask("login")
    done = await prove(person, action, await answer(person, action, device))
    assert done["status"] == "done"
    seen = {each["id"]: each for each in (await live.get(f"/v1/accounts/{person.account}"))["factors"]}[name]
    assert (seen["label"], seen["used"], seen["removed"]) == ("blue key", live.now, None)


@here
async def test_an_answer_counts_once_for_one_action_and_five_minutes(live: Live) -> None:
    person, device = await live.owner(), Authenticator(origin=ORIGIN)
    await enrol(person, device)
    one, two = await person.ask("login"), await person.ask("login")
    given = await answer(person, one, device)
    await refused(person, two, given, "challenge")
    assert (await prove(person, one, given))["status"] == "done"
    late = await answer(person, two, device)
    await live.advance(5 * MINUTE)
    await refused(person, two, late, "challenge")
    again = await person.ask("add_address", address={"chain": "eth", "address": "0x" + "1" * 40})
    given = await answer(person, again, device)
    proved = await prove(person, again, given)
    if proved["status"] == "open":  # the rule wants more: the same answer is spent, not counted twice
        await refused(person, again, given, "cloned")


@here
async def test_an_answer_from_another_page(live: Live) -> None:
    person, device = await live.owner(), Authenticator(origin=ORIGIN)
    await enrol(person, device)
    action = await person.ask("login")
    for client in ({"origin": "https://guard.example.evil.test"}, {"crossOrigin": True}, {"topOrigin": ORIGIN}):
        await refused(person, action, await answer(person, action, device, **client), "origin")


@here
async def test_a_copied_authenticator_is_told_to_staff(live: Live) -> None:
    person, device = await live.owner(), Authenticator(origin=ORIGIN)
    await enrol(person, device)
    copy = replace(device)
    action = await person.ask("login")
    assert (await prove(person, action, await answer(person, action, device)))["status"] == "done"
    action = await person.ask("login")
    await refused(person, action, await answer(person, action, copy), "cloned")


@here
async def test_two_devices_and_the_lost_one_is_removed(live: Live) -> None:
    person = await live.owner()
    laptop, phone = Authenticator(origin=ORIGIN), Authenticator(origin=ORIGIN, counting=False, synced=True)
    first = await enrol(person, laptop, label="laptop")
    item = {"factor": "passkey", "secret": await registration(person, phone), "label": "phone"}
    action = await person.ask("bind_passkey", enrol=[item])
    await prove(person, action, await answer(person, action, laptop))
    assert (await person.prove(action, "email"))["status"] == "done"
    await live.advance(7 * 60 * MINUTE)  # a bound factor strengthens: six hours
    path = f"/v1/accounts/{person.account}/actions"
    problem(await live.call("POST", path, person.request("disable_passkey")), 422, "object_missing")
    body = person.request("disable_passkey", objects={"session": "s1", "factor": "nobody"})
    problem(await live.call("POST", path, body), 404, "unknown_factor")
    action = await person.ask("disable_passkey", objects={"session": "s1", "device": "d1", "factor": first})
    await prove(person, action, await answer(person, action, phone))
    assert (await person.prove(action, "email"))["status"] == "done"
    found = {each["label"]: each for each in (await live.get(f"/v1/accounts/{person.account}"))["factors"]}
    assert found["laptop"]["removed"] is not None
    assert found["phone"]["removed"] is None
    action = await person.ask("login")
    options = await live.post(f"/v1/actions/{action['id']}/passkey")
    assert len(options["public_key"]["allowCredentials"]) == 1
    await refused(person, action, await answer(person, action, laptop), "unknown")
    assert (await prove(person, action, await answer(person, action, phone)))["status"] == "done"


@here
async def test_what_is_no_registration_is_not_enrolled(live: Live) -> None:
    person, device = await live.owner(), Authenticator(origin=ORIGIN)
    other = await live.owner()
    good = json.loads(await registration(person, device))
    path = f"/v1/accounts/{person.account}/actions"
    cases = {
        "passkey_origin": await registration(person, device, origin="https://evil.test"),
        "passkey_challenge": await registration(other, device),
        "passkey_malformed": json.dumps(good | {"response": {"id": "AA"}}),
    }
    for code, secret in cases.items():
        body = person.request("bind_passkey", enrol=[{"factor": "passkey", "secret": secret}])
        problem(await live.call("POST", path, body), 422, code)
    for secret in ("{}", "[]", "not json", '{"challenge":1,"response":{}}'):
        body = person.request("bind_passkey", enrol=[{"factor": "passkey", "secret": secret}])
        problem(await live.call("POST", path, body), 422, "passkey_malformed")


@here
async def test_one_registration_enrols_one_passkey(live: Live) -> None:
    person, device = await live.owner(), Authenticator(origin=ORIGIN)
    item = {"factor": "passkey", "secret": await registration(person, device)}
    first = await person.done("bind_passkey", "totp", "email", enrol=[item])
    assert first["status"] == "done"
    path = f"/v1/accounts/{person.account}/actions"
    problem(await live.call("POST", path, person.request("bind_passkey", enrol=[item])), 409, "factor_exists")


@here
async def test_options_where_there_is_nothing_to_ask(live: Live) -> None:
    person = await live.owner()
    action = await person.ask("login")
    problem(await live.call("POST", f"/v1/actions/{action['id']}/passkey"), 409, "passkey_missing")
    path = f"/v1/accounts/{person.account}/passkeys/options"
    problem(await live.call("POST", path, {"factor": "totp"}), 422, "unknown_factor_class")
    problem(await live.call("POST", "/v1/accounts/nobody/passkeys/options", {}), 404, "unknown_account")
    problem(await live.call("POST", "/v1/actions/act_0/passkey"), 404, "unknown_action_id")


@here
async def test_a_class_for_keys_that_stay_on_their_device(live: Live) -> None:
    """A synced key is refused when it is enrolled, and when a class was made stricter under it."""
    person, synced = await live.owner(), Authenticator(origin=ORIGIN, synced=True)
    ceremonies = live.application.passkeys
    strict = FactorSpec("passkey", "passkey", bound=True, webauthn="device_bound")
    with pytest.raises(passkeys.PasskeyRefused) as caught:
        ceremonies.enrolled(strict, await registration(person, synced), person.account)
    assert caught.value.code == "passkey_synced"
    name = await enrol(person, synced)
    action = await person.ask("login")
    given = await answer(person, action, synced)
    state = await live.application.store.read(f"account:{person.account}")
    question = Question(
        state, state.actions[action["id"]], "passkey", (state.enrolled[name],), given, None, live.now, 0
    )
    question = structs.replace(question, epoch=live.application.store.epoch)
    verifier = PasskeyVerifier(ceremonies.rp, ceremonies.challenges, device_bound=True)
    assert verifier.verify(question) == Refused(name, "synced")
    assert PasskeyVerifier(ceremonies.rp, ceremonies.challenges).verify(question)
    restored = structs.replace(question, epoch=question.epoch + 1)
    assert PasskeyVerifier(ceremonies.rp, ceremonies.challenges).verify(restored) == Refused(name, "challenge")


@here
async def test_an_authenticator_app_shows_its_first_code_before_it_counts(live: Live) -> None:
    person = await live.owner()
    other = Owner(live, "dora", "+85251239998", "dora@example.test")
    await other.register(settled=True, factors=("sms", "email", "password", "face"))
    offer = await live.post(f"/v1/accounts/{other.account}/totp/options", {"name": "dora"})
    assert ET.fromstring(offer["qr"]).tag.endswith("svg")  # noqa: S314 - our own text
    seed = totp.parse_seed(offer["secret"])
    path = f"/v1/accounts/{other.account}/actions"
    code = totp.code_at(seed, totp.step_at(live.now))
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for confirm, expected in ((None, "confirm_missing"), (wrong, "confirm_wrong"), ("no code", "confirm_wrong")):
        body = other.request("bind_totp", enrol=[{"factor": "totp", "secret": offer["secret"], "confirm": confirm}])
        problem(await live.call("POST", path, body), 422, expected)
    item = {"factor": "totp", "secret": offer["secret"], "confirm": code}
    assert (await other.done("bind_totp", "sms", "email", "face", enrol=[item]))["status"] == "done"
    other.seed = seed
    action = await other.ask("login")
    body = {"factor": "totp", "answer": code}  # what confirmed it is spent
    problem(await live.call("POST", f"/v1/actions/{action['id']}/proofs", body), 422, "proof_refused")
    assert (await refusals(other))[-1] == "step_used"
    bare = person.request("bind_totp")  # one is enrolled and nothing is sent
    problem(await live.call("POST", f"/v1/accounts/{person.account}/actions", bare), 409, "factor_enrolled")
