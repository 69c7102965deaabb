# SPDX-License-Identifier: Apache-2.0
"""The accounts of the benchmarks: four factors, three contacts, and 20 objects each, all older than a week
but the session. Everything follows from the account's number, so that a load generator knows it too."""

from __future__ import annotations

import base64
import os
from decimal import Decimal

from counterseal.core.account import Request, State
from counterseal.core.engine import advance
from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.guard.registration import (
    BuiltRegister,
    ContactGiven,
    FactorGiven,
    ObjectGiven,
    RegisterGiven,
    build_register,
)
from counterseal.guard.requests import Enroller, PaymentGiven, RequestGiven, build_request
from counterseal.wiring.verifiers import Enrollers
from tests.bench.names import DAY, HOUR, NOW, address_of, name_of, seed_of

DEVICES, ADDRESSES = 3, 16  # and one session: 20 objects


def given(number: int, now: int = NOW) -> RegisterGiven:
    """What a platform would state when it imports the account."""
    old = now - 30 * DAY
    secret = base64.b32encode(seed_of(number).secret).decode()
    return RegisterGiven(
        account=name_of(number),
        phrase="blue heron",
        contacts=(ContactGiven("push", f"device-token-{number}"),),
        factors=(
            FactorGiven("password", since=old),
            FactorGiven("sms", contact=f"+4915{number:09d}", since=old),
            FactorGiven("email", contact=f"u{number}@example.test", since=old),
            FactorGiven("totp", secret=secret, since=old),
        ),
        objects=(
            ObjectGiven("session", ("session",), id="s1"),
            *(ObjectGiven("device", ("device",), id=f"d{n}", since=old) for n in range(1, DEVICES + 1)),
            *(
                ObjectGiven("address", ("address",), address=("eth", address_of(number, n), ""), since=old)
                for n in range(ADDRESSES)
            ),
        ),
    )


def enroller(policy: Policy) -> Enroller:
    """What reads the TOTP seeds."""
    return Enrollers(policy.vocabulary, os.urandom, "Bench")


def built(policy: Policy, number: int, now: int = NOW) -> BuiltRegister:
    """The registration as the guard's own code builds it."""
    return build_register(policy, given(number, now), enroller=enroller(policy), random=os.urandom, now=now)


def state(policy: Policy, number: int = 1) -> State:
    """The account after its registration."""
    made, _ = advance(policy, None, built(policy, number).register, NOW)
    return made


class NoPrices:
    """No price is needed: the benchmarks pay in the accounting currency."""

    def price(self, asset: str) -> None:
        """None."""


def request(policy: Policy, rule: str, number: int = 1, which: int = 3) -> Request:
    """A request for an outflow to one of the account's addresses."""
    asked = RequestGiven(
        action=rule,
        objects={"session": "s1", "device": "d1"},
        payment=PaymentGiven("USD", Decimal(100), "eth", address_of(number, which), audience="hot-wallet"),
        source="203.0.113.7",
    )
    made = build_request(
        policy,
        name_of(number),
        asked,
        prices=NoPrices(),
        max_price_age=300_000,
        enroller=enroller(policy),
        random=os.urandom,
        now=NOW,
    )
    return made.request


def pack(name: str) -> Policy:
    """A shipped pack."""
    return load_pack(name)


__all__ = ["DAY", "HOUR", "NOW", "address_of", "name_of", "seed_of"]
