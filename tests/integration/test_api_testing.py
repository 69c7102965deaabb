# SPDX-License-Identifier: Apache-2.0
"""Proofs that nobody verified: under a simulated clock a proof like any other, in production nowhere."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from counterseal.access.model import Scope
from counterseal.core.errors import InputError
from counterseal.settings import SettingsError, load_settings
from counterseal.store.errors import ClockMismatchError
from tests.support.server import DAY, PLATFORM, Live, problem, served, serving

PROOFS = "/v1/test/actions/{}/proofs"
REQUESTS = "/v1/test/requests"
STATED = ["uncontradicted", "legal_basis", "within_scope", "key_confirmed", "two_officers"]
FORGED = {"rule": "disclose_identity", "evidence": ["gov_mail", "signed_letter"], "context": STATED}
OF_2023 = {"rule": "disclose_identity", "evidence": ["gov_mail", "letter"]}


async def attester(live: Live) -> Live:
    """With a token that may attest."""
    made = await live.application.access.create_token(
        name="t", platform=PLATFORM, scopes=[Scope.TEST_ATTEST], lifetime=DAY, by="test"
    )
    assert made.secret is not None
    live.tokens["tester"] = made.secret
    return live


async def passkey_owner(live: Live) -> tuple[Any, dict[str, str]]:
    """An owner with two passkeys, and the ids of the instances by factor (the second passkey)."""
    await attester(live)
    person = await live.owner(factors=("email", "password", "passkey", "passkey"))
    read = await live.get(f"/v1/accounts/{person.account}")
    return person, {each["factor"]: each["id"] for each in read["factors"]}


@served(test_scopes=True)
async def test_a_passkey_that_is_attested_opens_what_the_policy_lets_it_open(live: Live) -> None:
    person, instances = await passkey_owner(live)
    asked = await person.ask("login")
    body = {"factor": "passkey", "instance": instances["passkey"]}
    found = await live.post(PROOFS.format(asked["id"]), body, token="tester")
    assert (found["status"], found["proofs"][0]["factor"]) == ("done", "passkey")


@served(test_scopes=True)
async def test_the_engine_sees_an_ordinary_proof_of_the_named_instance(live: Live) -> None:
    person, instances = await passkey_owner(live)
    asked = await person.ask("withdraw_small", amount="1")
    body = {"factor": "passkey", "instance": instances["passkey"]}
    found = await live.post(PROOFS.format(asked["id"]), body, token="tester")
    assert found["status"] == "open"  # one factor of two: nothing is passed over
    assert found["decision"]["alternatives"] == [["email"]]
    state = await live.application.store.read(f"account:{person.account}")
    (proof,) = state.actions[asked["id"]].proofs
    assert (proof.factor, proof.instance, proof.method) == ("passkey", instances["passkey"], "test")
    assert (await person.prove(found, "email"))["status"] == "sealed"


@served(test_scopes=True)
async def test_what_the_rule_does_not_name_or_the_account_does_not_have_is_refused(live: Live) -> None:
    person, _ = await passkey_owner(live)
    asked = await person.ask("login")
    path = PROOFS.format(asked["id"])
    problem(await live.call("POST", path, {"factor": "face"}, token="tester"), 422, "factor_not_asked")
    problem(await live.call("POST", path, {"factor": "totp"}, token="tester"), 404, "unknown_factor")
    other = {"factor": "passkey", "instance": "passkey_0000"}
    problem(await live.call("POST", path, other, token="tester"), 404, "unknown_factor")
    problem(await live.call("POST", PROOFS.format("act_0"), other, token="tester"), 404, "unknown_action_id")


@served(test_scopes=True)
async def test_only_the_scope_opens_it(live: Live) -> None:
    person, _ = await passkey_owner(live)
    asked = await person.ask("login")
    path = PROOFS.format(asked["id"])
    problem(await live.call("POST", path, {"factor": "passkey"}), 403, "insufficient_scope")
    problem(await live.call("POST", REQUESTS, FORGED), 403, "insufficient_scope")
    problem(await live.call("POST", REQUESTS, FORGED, token=None), 401, "unauthenticated")


@served(test_scopes=True)
async def test_a_repeated_proof_is_the_same_proof(live: Live) -> None:
    person, _ = await passkey_owner(live)
    asked = await person.ask("withdraw_small", amount="1")
    path = PROOFS.format(asked["id"])
    first = await live.call("POST", path, {"factor": "passkey"}, token="tester", key="k-1")
    again = await live.call("POST", path, {"factor": "passkey"}, token="tester", key="k-1")
    assert first.json()["proofs"] == again.json()["proofs"]
    assert again.headers["Idempotency-Replayed"] == "true"


@served(test_scopes=True)
async def test_a_judicial_rule_is_decided_by_its_compiled_requirement(live: Live) -> None:
    await attester(live)
    found = await live.post(REQUESTS, FORGED, token="tester")
    assert (found["decision"]["outcome"], found["decision"]["alternatives"]) == (
        "challenge",
        [["call_back"], ["docket"], ["official_channel"]],
    )
    problem(await live.call("POST", REQUESTS, OF_2023, token="tester"), 422, "factor_not_asked")
    for left_out in STATED:
        less = {**FORGED, "evidence": ["gov_mail", "call_back"], "context": sorted({*STATED} - {left_out})}
        found = await live.post(REQUESTS, less, token="tester")
        assert (found["decision"]["outcome"], found["discloses"]) == ("deny", ["kba", "iddoc"])
    more = {**FORGED, "evidence": ["gov_mail", "call_back"]}
    found = await live.post(REQUESTS, more, token="tester")
    assert (found["decision"]["outcome"], found["discloses"]) == ("allow", ["kba", "iddoc"])
    assert found["decision"]["policy"] == live.application.policies.current.digest


@served(test_scopes=True, policy="okx-2024")
async def test_two_forgeries_satisfy_the_rule_of_2023(live: Live) -> None:
    await attester(live)
    found = await live.post(REQUESTS, OF_2023, token="tester")
    assert (found["decision"]["outcome"], found["decision"]["line"]) == (
        "allow",
        live.application.policies.current.rules["disclose_identity"].line,
    )


@served(test_scopes=True)
async def test_a_request_is_not_decided_by_a_rule_of_an_account(live: Live) -> None:
    await attester(live)
    for body, code in (
        ({"rule": "login"}, "wrong_subject"),
        ({"rule": "nothing"}, "unknown_action"),
        ({**FORGED, "evidence": ["sms"]}, "factor_not_asked"),
        ({**FORGED, "context": ["sunny"]}, "unknown_context"),
    ):
        problem(await live.call("POST", REQUESTS, body, token="tester"), 422, code)


async def refused_everywhere(live: Live) -> None:
    """No token, no route, no enrolment, and nothing in the reference."""
    with pytest.raises(InputError) as caught:
        await attester(live)
    assert caught.value.code == "scope_test_only"
    made = {"name": "t", "platform": PLATFORM, "scopes": ["test:attest"]}
    problem(await live.call("POST", "/v1/tokens", made), 422, "scope_test_only")
    person = await live.owner()
    asked = await person.ask("login")
    problem(await live.call("POST", PROOFS.format(asked["id"]), {"factor": "totp"}), 404, "route_not_found")
    problem(await live.call("POST", REQUESTS, FORGED), 404, "route_not_found")
    body = {"account": "u-p", "factors": [{"factor": "passkey"}]}
    problem(await live.call("POST", "/v1/accounts", body), 422, "passkey_at_registration")
    assert not [path for path in (await live.client.get("/openapi.json")).json()["paths"] if "/test/" in path]


@served(clock_kind="real")
async def test_a_production_store_refuses_all_of_it(live: Live) -> None:
    await refused_everywhere(live)


@served()
async def test_so_does_a_simulation_that_did_not_ask_for_it(live: Live) -> None:
    await refused_everywhere(live)


def test_the_setting_needs_the_simulated_clock(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="simulated"):
        load_settings(None, database=tmp_path / "c.db", test_scopes=True)


def test_a_store_that_saw_a_real_clock_cannot_be_opened_with_a_simulated_one(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(tmp_path, clock_kind="real"):
            pass
        with pytest.raises(ClockMismatchError, match="simulated"):
            async with serving(tmp_path, test_scopes=True):
                pass

    asyncio.run(run())
