# SPDX-License-Identifier: Apache-2.0
"""What a review of owners' passkeys broke: each test failed before its mend."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from msgspec import structs

from counterseal.core.policy.model import FactorSpec
from tests.integration.test_api_passkeys import ORIGIN, answer, enrol, here, refused, registration
from tests.support.authenticator import Authenticator
from tests.support.server import Live, codes, problem


@here
async def test_binding_without_data_is_refused_at_the_ask(live: Live) -> None:
    """It would change nothing but clocks, and say that it was done."""
    person = await live.owner()
    for action in ("bind_passkey", "replace_passkey"):
        body = person.request(action)
        refused = await live.call("POST", f"/v1/accounts/{person.account}/actions", body)
        problem(refused, 422, "enrol_missing")
    device = Authenticator(origin=ORIGIN)
    assert await enrol(person, device)
    refused = await live.call("POST", f"/v1/accounts/{person.account}/actions", person.request("bind_passkey"))
    problem(refused, 422, "enrol_missing")


@here
async def test_a_passkey_is_bound_after_registration(live: Live) -> None:
    """Its ceremony needs our page and an account: registration says so, whatever is given."""
    device = Authenticator(origin=ORIGIN)
    person = await live.owner()
    made = await registration(person, device)
    for item in ({}, {"secret": "x"}, {"secret": made}):
        body = {"account": "u-new", "factors": [{"factor": "password"}, {"factor": "passkey", **item}]}
        found = problem(await live.call("POST", "/v1/accounts", body), 422, "passkey_at_registration")
        assert "link" in found["hint"]


@here
async def test_every_class_of_passkeys_may_have_several(live: Live) -> None:
    """What an account may have many of goes by the method, not by the name."""
    policy = live.application.policies.current
    hard = FactorSpec("hardkey", "hardkey", bound=True, webauthn="device_bound")
    vocabulary = structs.replace(policy.vocabulary, factors=policy.vocabulary.factors | {"hardkey": hard})
    bind = structs.replace(policy.rules["bind_passkey"], name="bind_hardkey", grants=("hardkey",))
    rules = policy.rules | {"bind_hardkey": bind}
    live.application.policies.current = structs.replace(policy, vocabulary=vocabulary, rules=rules)
    guard = next(each for kind, each in live.app.state.services.areas.items() if kind.__name__ == "Guard")
    guard.enroller._factors = vocabulary.factors
    person = await live.owner()
    for label in ("one", "two"):
        device = Authenticator(origin=ORIGIN)
        path = f"/v1/accounts/{person.account}/passkeys/options"
        found = await live.post(path, {"factor": "hardkey"})
        secret = json.dumps({"challenge": found["challenge"], "response": device.register(found["public_key"])})
        item = {"factor": "hardkey", "secret": secret, "label": label}
        action = await person.done("bind_hardkey", "totp", "email", enrol=[item])
        assert action["status"] == "done", action
    state = await live.application.store.read(f"account:{person.account}")
    assert [each.label for each in state.enrolled.values() if each.factor == "hardkey"] == ["one", "two"]


@here
async def test_one_assertion_in_many_requests_at_once_counts_once(live: Live) -> None:
    """Counting or not: the race has one winner."""
    for counting in (True, False):
        person, device = await live.owner(), Authenticator(origin=ORIGIN, counting=counting)
        await enrol(person, device)
        action = await person.ask("withdraw_small", amount="10")
        given = {"factor": "passkey", "answer": await answer(person, action, device)}
        path = f"/v1/actions/{action['id']}/proofs"
        results = await asyncio.gather(*(live.call("POST", path, given) for _ in range(6)))
        assert codes(results).count("ok") == 1, codes(results)
        state = await live.application.store.read(f"account:{person.account}")
        assert len(state.actions[action["id"]].proofs) == 1


@here
async def test_a_passkey_removed_between_challenge_and_proof_proves_nothing(live: Live) -> None:
    """So does one of an account that was erased meanwhile, and one of another account."""
    person, gone, other = await live.owner(), Authenticator(origin=ORIGIN), Authenticator(origin=ORIGIN)
    identity = await enrol(person, gone)
    item = {"factor": "passkey", "secret": await registration(person, other), "label": "other"}
    binding = await person.ask("bind_passkey", enrol=[item])
    binding = await person.prove(binding, "passkey", answer=await answer(person, binding, gone))
    binding = await person.prove(binding, "email")
    assert binding["status"] == "done", binding
    action = await person.ask("withdraw_small", amount="10")
    given = await answer(person, action, gone)
    removal = await person.ask("disable_passkey", objects=person.request("x")["objects"] | {"factor": identity})
    for factor in ("email", "passkey"):
        answered = await answer(person, removal, other) if factor == "passkey" else None
        removal = await person.prove(removal, factor, answer=answered)
    state = await live.application.store.read(f"account:{person.account}")
    assert state.enrolled[identity].removed_at is not None, removal
    await refused(person, action, given, "unknown")

    stranger, key = await live.owner(), Authenticator(origin=ORIGIN)
    await enrol(stranger, key)
    options = await live.post(f"/v1/actions/{action['id']}/passkey")
    foreign = json.dumps({"challenge": options["challenge"], "response": key.use(options["public_key"])})
    await refused(person, action, foreign, "unknown")
    disguised = replace(other, key=key.key, count=10)
    forged = json.dumps({"challenge": options["challenge"], "response": disguised.use(options["public_key"])})
    await refused(person, action, forged, "signature")

    last = await answer(person, action, other)
    await live.officers(f"/v1/accounts/{person.account}/erase")
    late = await live.call("POST", f"/v1/actions/{action['id']}/proofs", {"factor": "passkey", "answer": last})
    assert late.status_code == 404, late.text


@here
async def test_hostile_names_stay_text(live: Live) -> None:
    """A label and a user name go nowhere but into text."""
    person, device = await live.owner(), Authenticator(origin=ORIGIN)
    for name in ("<script>alert(1)</script>", "a\u202egnp.exe", "'\"--;", "a\x00b", "\n\r", "🔑" * 64):
        found = await live.call("POST", f"/v1/accounts/{person.account}/passkeys/options", {"name": name})
        assert found.status_code in {200, 400, 422}, found.text
        seed = await live.call("POST", f"/v1/accounts/{person.account}/totp/options", {"name": name})
        assert seed.status_code in {200, 400, 422}, seed.text
        if seed.is_success:
            shown: Any = seed.json()
            assert shown["uri"].isascii()
            assert not set(shown["uri"]) & set(" \n\r\"'<>")
            assert shown["uri"].count("?") == 1
    assert await enrol(person, device, label="<b>\u202ekey")
