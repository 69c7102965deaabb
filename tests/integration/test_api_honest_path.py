# SPDX-License-Identifier: Apache-2.0
"""What an honest platform and an honest owner do, from registration to the broadcast."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from counterseal.sdk.errors import SealModeError
from counterseal.sdk.models import Payment
from counterseal.sdk.verifier import SealVerifier, UnsafeAcceptTestSeals
from tests.support.server import ADDRESS, DAY, HOUR, OTHER_ADDRESS, Live, Owner, problem, reasons, served

PAYMENT = {"chain": "eth", "asset": "USD", "destination": ADDRESS}


async def verifier(live: Live, **options: Any) -> SealVerifier:
    """A signer that pinned the root."""
    keys = await live.get("/v1/seals/jwks", token=None)
    return SealVerifier(
        keys["root"], "hot-wallet", jwks_token=keys["jwks_token"], clock=lambda: live.now, **options
    )


async def lenient(live: Live) -> SealVerifier:
    with pytest.warns(UserWarning, match="test seals"):
        unsafe = UnsafeAcceptTestSeals()
    return await verifier(live, unsafe=unsafe)


async def log_in(person: Owner, session: str) -> Any:
    """Log in on the known device."""
    person.session = session
    return await person.done("login", "password", "totp")


@served()
async def test_from_registration_to_broadcast(live: Live) -> None:
    """Register, log in on a new device, wait a day, add an address, wait, withdraw, redeem, report."""
    person = await live.owner(settled=False)
    entered = await person.done("login_new_device", "password", "totp")
    assert entered["status"] == "done"

    await live.advance(24 * HOUR)
    await log_in(person, "s2")
    added = await person.done("add_address", "email", "totp", address={"chain": "eth", "address": ADDRESS})
    assert added["status"] == "done"

    early = await person.done("withdraw_small", "totp", "email", amount="250.50")
    assert early["decision"]["outcome"] == "hold"
    assert "too_new" in reasons(early)
    held_until = early["decision"]["until"]

    await live.advance(held_until - live.now)
    await log_in(person, "s3")
    paid = await person.sealed("250.50")
    seal = (await lenient(live)).verify(
        paid["seal"]["token"], Payment(account=person.account, amount=Decimal("250.50"), **PAYMENT)
    )
    redeemed = await person.redeem(paid, token="signer")
    receipt = (await lenient(live)).verify_receipt(redeemed["receipt"], seal)
    assert receipt.expires <= redeemed["expires"] == live.now + 10_000
    path = f"/v1/seals/{paid['seal']['id']}/broadcast"
    done = await live.post(path, {"txid": "0x01"}, token="signer")
    assert (done["status"], done["seal"]["state"], done["seal"]["txid"]) == ("done", "broadcast", "0x01")
    again = await live.post(path, {"txid": "0x01"}, token="signer")
    assert again["status"] == "done"
    problem(await live.call("POST", path, {"txid": "0x02"}), 409, "seal_reported")


@served()
async def test_a_test_seal_passes_no_real_signer(live: Live) -> None:
    """A seal made under a simulated clock is refused by the plain verifier."""
    person = await live.owner()
    paid = await person.sealed()
    payment = Payment(account=person.account, amount=Decimal(100), **PAYMENT)
    with pytest.raises(SealModeError):
        (await verifier(live)).verify(paid["seal"]["token"], payment)


@served()
async def test_a_delayed_withdrawal_waits_from_the_accepted_notice(live: Live) -> None:
    """`withdraw` is pending for 24 h from the first accepted notice, then ready, and decide gives the seal."""
    person = await live.owner()
    pending = await person.done("withdraw", "totp", "email", amount="5000")
    assert pending["status"] == "pending"
    assert pending["seal"] is None
    accepted_at = live.now
    await live.settle()
    waiting = await live.get(f"/v1/actions/{pending['id']}")
    assert waiting["due"] == accepted_at + 24 * HOUR

    await live.advance(24 * HOUR - 1)
    early = await live.post(f"/v1/actions/{pending['id']}/decide")
    assert (early["status"], early["seal"]) == ("pending", None)


@served()
async def test_a_ready_withdrawal_is_collected_by_decide(live: Live) -> None:
    """After the delay `decide` signs the seal, once, and the seal redeems."""
    person = await live.owner()
    pending = await person.done("withdraw", "totp", "email", amount="5000")
    await live.advance(11 * HOUR)
    await log_in(person, "s1")  # the session goes on
    await live.advance(13 * HOUR)
    ready = await live.get(f"/v1/actions/{pending['id']}")
    assert ready["status"] == "ready", ready
    collected = await live.post(f"/v1/actions/{pending['id']}/decide")
    assert collected["status"] == "sealed"
    assert collected["seal"]["token"]
    problem(await live.call("POST", f"/v1/actions/{pending['id']}/decide"), 409, "action_sealed")
    assert (await person.redeem(collected))["action"]["status"] == "redeemed"


@served()
async def test_an_abandoned_seal_gives_its_limit_back(live: Live) -> None:
    """900 of the 1,000 a day: a second 900 is held until the first is reported as abandoned."""
    person = await live.owner()
    first = await person.sealed("900")
    await person.redeem(first)
    held = await person.done("withdraw_small", "totp", "email", amount="900")
    assert "limit_used" in reasons(held)
    assert held["decision"]["until"] == (await live.get(f"/v1/actions/{first['id']}"))["decision"]["at"] + DAY
    await live.post(f"/v1/seals/{first['seal']['id']}/abandoned")
    assert (await live.post(f"/v1/actions/{held['id']}/decide"))["status"] == "sealed"


@served()
async def test_a_seal_that_nobody_redeems_gives_its_limit_back(live: Live) -> None:
    """The reservation ends with the seal, and the action can be decided again."""
    person = await live.owner()
    first = await person.sealed("900")
    await live.advance(120_000)
    problem(await live.call("POST", f"/v1/seals/{first['seal']['id']}/redeem"), 409, "seal_expired")
    second = await person.sealed("900")
    await person.redeem(second)
    again = await live.post(f"/v1/actions/{first['id']}/decide")
    assert again["decision"]["outcome"] == "hold"


@served()
async def test_coverage_names_what_left_without_a_seal(live: Live) -> None:
    """An outflow without a seal, with another's seal, with a used seal, of another amount, not redeemed."""
    person, other = await live.owner(), await live.owner()
    paid, unused = await person.sealed("100"), await person.sealed("50")
    await person.redeem(paid)

    def left(reference: str, seal: str, amount: str = "100", account: str = person.account) -> dict[str, Any]:
        given = {"reference": reference, "account": account, "asset": "USD", "amount": amount}
        return given | {"at": live.now, "seal": seal}

    good, open_seal = paid["seal"]["id"], unused["seal"]["id"]
    outflows = [
        left("good", good, "100.00"),
        left("twice", good),
        left("unsealed", ""),
        left("invented", "seal_00"),
        left("open", open_seal, "50"),
    ]
    found = await live.post("/v1/coverage", {"outflows": outflows})
    reasons = {item["reference"]: item["reason"] for item in found["uncovered"]}
    assert (found["examined"], found["covered"]) == (5, 1)
    assert reasons == {
        "twice": "seal_twice",
        "unsealed": "no_seal",
        "invented": "unknown_seal",
        "open": "not_redeemed",
    }
    wrong = [left("more", good, "100.01"), left("theirs", good, account=other.account)]
    for outflow, reason in zip(wrong, ("other_amount", "unknown_seal"), strict=True):
        found = await live.post("/v1/coverage", {"outflows": [outflow]})
        assert [item["reason"] for item in found["uncovered"]] == [reason]
    payment = person.request("withdraw_small", amount="100")["payment"]
    where = {"chain": payment["chain"], "destination": payment["destination"], "memo": payment.get("memo", "")}
    found = await live.post("/v1/coverage", {"outflows": [left("there", good) | where]})
    assert found["uncovered"] == []
    redirected = left("redirected", good) | where | {"destination": OTHER_ADDRESS}
    found = await live.post("/v1/coverage", {"outflows": [redirected]})
    assert [item["reason"] for item in found["uncovered"]] == ["other_destination"]


@served()
async def test_a_payment_goes_only_where_the_seal_says(live: Live) -> None:
    """Another destination than the aged address is a hold; the address and the payment must be one."""
    person = await live.owner()
    payment = person.request("withdraw_small", amount="10")["payment"]
    elsewhere = await person.ask("withdraw_small", payment=payment | {"destination": OTHER_ADDRESS})
    for factor in ("totp", "email"):
        elsewhere = await person.prove(elsewhere, factor)
    assert elsewhere["seal"] is None
    assert "fact_missing" in reasons(elsewhere)
    mixed = person.request("withdraw_small", amount="10", address={"chain": "eth", "address": OTHER_ADDRESS})
    refused = await live.call("POST", f"/v1/accounts/{person.account}/actions", mixed)
    problem(refused, 422, "destination_mismatch")


@served()
async def test_without_a_fresh_price_an_outflow_is_held(live: Live) -> None:
    """No price: hold; a pushed price: sealed; the same price five minutes later: hold."""
    person = await live.owner()

    async def withdraw() -> Any:
        payment = person.request("withdraw_small", amount="0.1")["payment"] | {"asset": "ETH"}
        action = await person.ask("withdraw_small", payment=payment)
        for factor in ("totp", "email"):
            action = await person.prove(action, factor)
        return action

    async def push(value: str) -> Any:
        price = {"asset": "ETH", "value": value, "at": live.now, "source": "test"}
        return await live.call("PUT", "/v1/prices", {"prices": [price]})

    unknown = await withdraw()
    assert unknown["decision"]["outcome"] == "hold"
    assert "price_unknown" in reasons(unknown)
    assert (await push("3500")).status_code == 200
    assert (await withdraw())["status"] == "sealed"
    await live.advance(300_001)
    assert (await withdraw())["decision"]["outcome"] == "hold"
    assert (await push("99999")).status_code == 200
    over = await withdraw()
    assert "over_limit" in reasons(over)
