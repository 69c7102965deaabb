# SPDX-License-Identifier: Apache-2.0
"""What is sent for a path: nothing that the attacker does not have, in an order that the guard can take."""

from __future__ import annotations

import pytest

from counterseal.demo.model import DemoError
from counterseal.demo.plan import Plan, plan_of
from counterseal.gateways.packs import load_pack
from counterseal.prover.findings import Attack, Step, Use

POLICY = load_pack("hardened")
DAY = 86_400_000


def step(action: str, *uses: str, facts: tuple[str, ...] = (), at: int = 0, effect: int | None = None) -> Step:
    made = tuple(Use(*use.split(":")) for use in uses)
    return Step(action, at, at if effect is None else effect, made, facts, "reached", ("email",), 1)


def plan(*path: Step, capabilities: str, profile: str = "passkey_user") -> Plan:
    found = Attack(tuple(capabilities.split()), path[-1].action, 0, path[-1].effect, path)
    return plan_of(found, POLICY, POLICY.vocabulary.profiles[profile], "u-1")


def test_the_requirement_is_met_by_the_last_proof() -> None:
    """`passkey` alone opens `login_new_device`: given first, the others could not be given any more."""
    uses = ("passkey:passkey_cloud_takeover", "password:pw_leak", "totp:totp_seed")
    made = plan(step("login_new_device", *uses), capabilities="passkey_cloud_takeover pw_leak totp_seed")
    assert [proof.factor for proof in made.steps[0].proofs] == ["password", "totp", "passkey"]


def test_each_factor_is_proved_as_it_is_built() -> None:
    uses = ("passkey:owner_deceived", "password:owner_deceived", "sms:owner_deceived", "totp:owner_deceived")
    made = plan(step("login_new_device", *uses, "rcode:owner_deceived"), capabilities="owner_deceived")
    assert {proof.factor: proof.how for proof in made.steps[0].proofs} == {
        "passkey": "test",
        "password": "attested",
        "sms": "code",
        "totp": "app",
        "rcode": "printed",
    }


def test_what_is_given_is_older_than_every_wait_and_not_over() -> None:
    """A session lives for five days, a key for ninety and may be used after one; a device has no end."""
    final = step("offmarket_trade", facts=("session",))
    ages = {known.kind: known.age for known in plan(final, capabilities="platform_web").objects}
    assert ages["session"] < 5 * DAY
    assert DAY < ages["api_key"] < 90 * DAY
    assert ages["device"] > 365 * DAY


def test_the_address_is_that_of_the_payment_and_of_its_ledger() -> None:
    for outflow, chain in (("withdraw_small", "eth"), ("internal_transfer", "")):
        made = plan(
            step("add_address", "sms:sim_swap", facts=("session",)),
            step(outflow, facts=("session", "device", "address"), at=DAY, effect=2 * DAY),
            capabilities="sim_swap",
        )
        first, last = made.steps
        assert last.payment is not None
        assert first.address == (last.payment.chain, last.payment.destination) == (chain, first.address[1])
        assert last.address is None  # the payment names it
        assert last.collect_at == 2 * DAY


def test_channels_that_a_capability_mutes_are_muted() -> None:
    final = step("offmarket_trade", facts=("session",))
    assert plan(final, capabilities="device_malware email_takeover").muted == ("email", "push", "sms")


def test_what_no_call_can_do_is_refused() -> None:
    with pytest.raises(DemoError, match="no rule"):
        plan(step("open_sesame"), capabilities="sim_swap")
    with pytest.raises(DemoError, match="not a capability"):
        plan(step("offmarket_trade"), capabilities="magic")
