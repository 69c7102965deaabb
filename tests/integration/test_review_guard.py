# SPDX-License-Identifier: Apache-2.0
"""Holes that a review of the running guard found, each as the attack that used it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterseal.core.destinations import canonical_destination
from counterseal.guard.requests import address_id
from tests.support.server import DAY, HOUR, OFFICERS, OTHER_ADDRESS, Live, problem, served


@served()
@pytest.mark.parametrize("amount", ["1E29", "9" * 30, "9" * 30 + "." + "9" * 30])
async def test_an_amount_of_many_digits_is_over_the_limit_and_no_fault(live: Live, amount: str) -> None:
    """Thirty digits are more than the arithmetic's usual precision: the answer was a 500."""
    person = await live.owner()
    asked = await person.ask("withdraw_small", amount=amount)
    last = await person.prove(asked, "totp")
    assert {reason["code"] for reason in last["decision"]["reasons"]} >= {"over_limit"}


@served()
async def test_a_price_of_many_digits_is_refused_or_multiplied_exactly(live: Live) -> None:
    """A value is never rounded down, and no price brings the arithmetic down."""
    prices = {"prices": [{"asset": "TINY", "value": "1E+999999", "at": live.now}]}
    problem(await live.call("PUT", "/v1/prices", prices), 422, "price_invalid")
    prices["prices"][0]["value"] = "1." + "0" * 29 + "1"
    assert (await live.call("PUT", "/v1/prices", prices)).status_code == 200
    person = await live.owner()
    asked = await person.ask("withdraw_small", payment=_paid("TINY", "1000"))
    state = await live.application.store.read(f"account:{person.account}")
    payment = state.actions[asked["id"]].request.payment
    assert payment.value == Decimal("1000.01")


def _paid(asset: str, amount: str) -> dict[str, str]:
    where = {"chain": "eth", "destination": "0x" + "ab" * 20}
    return {"asset": asset, "amount": amount, "audience": "hot-wallet", **where}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("", "alice", "x|y"), ("", "alice|x", "y")),
        (("", "alice%7Cx", "y"), ("", "alice|x", "y")),
        (("", "a|b", ""), ("", "a", "b|")),
    ],
)
def test_two_destinations_never_have_one_identity(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    """The age of `alice` with the memo `x|y` must not pass to the user `alice|x`."""
    assert address_id(*canonical_destination(*one)) != address_id(*canonical_destination(*other))


@served()
async def test_the_timeline_says_nothing_of_a_sealed_suspicion(live: Live) -> None:
    """Fraud staff read timelines; what is sealed is for the judicial desk alone."""
    person = await live.owner()
    path = f"/v1/accounts/{person.account}/suspicions"
    for capability in ("disclosed_data", "sim_swap"):
        await live.post(path, {"capability": capability, "until": live.now + DAY})
    entries = (await live.get(f"/v1/accounts/{person.account}/timeline"))["entries"]
    assert [entry["kind"] for entry in entries].count("suspect") == 1


@served()
async def test_one_officer_under_two_spellings_is_not_two(live: Live) -> None:
    """Names of officers are people: `ines` and `INES` are one."""
    person = await live.owner()
    body = {"name": "x", "platform": "exchange", "scopes": ["staff:officer"], "officer": OFFICERS[0].upper()}
    token = (await live.post("/v1/tokens", body, 201))["token"]
    path = f"/v1/accounts/{person.account}/staff-freeze"
    answer = await live.call("POST", path, token=OFFICERS[0], headers={"Second-Officer": token})
    problem(answer, 403, "two_officers")


@served()
async def test_one_mailbox_cannot_freeze_for_ever(live: Live) -> None:
    """Each notice brings a fresh link. Pressed one after the other they froze without end and without suspicion."""
    person = await live.owner()
    await person.done("login_new_device", "password", "totp")
    await person.done("tighten_lock", "totp", lock={"outflow": "withdraw", "limit": "5000"})
    first, second, *_ = await live.links("freeze", to=person.mail)
    assert (await live.call("POST", f"/freeze/{first}", token=None)).status_code == 200
    begun = live.now
    await live.advance(60 * HOUR)
    assert (await live.call("POST", f"/freeze/{second}", token=None)).status_code == 200
    freezes = (await live.get(f"/v1/accounts/{person.account}"))["freezes"]
    assert max(item["until"] for item in freezes) == begun + 72 * HOUR


@served()
async def test_thousands_of_asks_leave_the_account_small(live: Live) -> None:
    """Asking needs no proof. Each write carries the whole account, so it must not grow with them."""
    person = await live.owner()
    for _ in range(150):
        await person.ask("login")
    state = await live.application.store.read(f"account:{person.account}")
    assert len(state.actions) <= 80


@served()
async def test_a_web_server_that_makes_up_sources_guesses_no_more_than_thirty_times(live: Live) -> None:
    """Naming the owner's device and ever new sources gave ten more guesses for each source."""
    person = await live.owner()
    statuses = []
    for number in range(20):
        action = await person.ask("login", source=f"203.0.113.{number}")
        for _ in range(3):
            body = {"factor": "totp", "answer": "000000", "source": f"198.51.100.{number}"}
            answer = await live.call("POST", f"/v1/actions/{action['id']}/proofs", body)
            statuses.append(answer.status_code)
    assert statuses.count(422) <= 30
    assert statuses[-1] == 429


@served()
async def test_a_removed_device_is_a_stranger_to_the_throttle(live: Live) -> None:
    """The budget of known devices is not for the laptop that was sold."""
    person = await live.owner()
    await person.done("remove_device", "email", "totp")
    action = await person.ask("login")
    body = {"factor": "totp", "answer": "000000"}
    problem(await live.call("POST", f"/v1/actions/{action['id']}/proofs", body), 422, "proof_refused")
    state = await live.application.store.read(f"account:{person.account}")
    assert [failure.known for failure in state.failures] == [False]


@served()
async def test_a_factor_that_nobody_can_verify_is_not_enrolled(live: Live) -> None:
    """A passkey without a credential became the strongest factor, and the owner was locked out for good."""
    person = await live.owner()
    body = person.request("bind_passkey", enrol=[{"factor": "passkey"}])
    problem(await live.call("POST", f"/v1/accounts/{person.account}/actions", body), 422, "passkey_missing")
    body = {"account": "new", "factors": [{"factor": "passkey"}, {"factor": "password"}]}
    problem(await live.call("POST", "/v1/accounts", body), 422, "passkey_at_registration")


async def _push(live: Live, value: str) -> None:
    prices = {"prices": [{"asset": "BTC", "value": value, "at": live.now}]}
    assert (await live.call("PUT", "/v1/prices", prices)).status_code == 200


@served()
async def test_a_withdrawal_that_waited_a_day_counts_at_the_price_of_its_seal(live: Live) -> None:
    """Asked for in a minute of a low price, two coins passed a limit of 100,000 at 120,000 a day later."""
    person = await live.owner()
    await _push(live, "40000")
    pending = await person.done("withdraw", "totp", "email", payment=_paid("BTC", "2"))
    assert pending["status"] == "pending"
    await live.advance(24 * HOUR)
    await _push(live, "60000")
    last = await live.post(f"/v1/actions/{pending['id']}/decide")
    assert last["seal"] is None
    assert {reason["code"] for reason in last["decision"]["reasons"]} == {"over_limit"}
    await _push(live, "45000")
    assert (await live.post(f"/v1/actions/{pending['id']}/decide"))["status"] == "sealed"
    state = await live.application.store.read(f"account:{person.account}")
    assert [spend.value for spend in state.spends] == [Decimal(90_000)]


@served()
async def test_a_seal_needs_a_fresh_price_however_long_the_action_waited(live: Live) -> None:
    """The price of the ask is a day old when the delay is over: no price = hold."""
    person = await live.owner()
    await _push(live, "40000")
    pending = await person.done("withdraw", "totp", "email", payment=_paid("BTC", "2"))
    await live.advance(24 * HOUR)
    last = await live.post(f"/v1/actions/{pending['id']}/decide")
    assert (last["seal"], last["decision"]["outcome"]) == (None, "hold")
    assert {reason["code"] for reason in last["decision"]["reasons"]} == {"price_unknown"}


@served()
@pytest.mark.parametrize("rule", ["offmarket_trade", "p2p_release", "internal_transfer"])
async def test_what_settles_on_the_ledger_cannot_be_sealed_for_a_wallet(live: Live, rule: str) -> None:
    """A trade to a new address on a chain had a seal at once, valid at a wallet: no age, no delay."""
    person = await live.owner()
    there = {**_paid("USD", "400"), "destination": OTHER_ADDRESS}
    body = person.request(rule, context=["fair_price"], payment=there)
    path = f"/v1/accounts/{person.account}/actions"
    problem(await live.call("POST", path, body), 422, "chain_unexpected")
    body["payment"] = {"asset": "USD", "amount": "400", "destination": "buyer", "audience": "ledger"}
    assert (await live.call("POST", path, body)).status_code == 200
