# SPDX-License-Identifier: Apache-2.0
"""A fleet of generated accounts, as the starts of the game that `start_of_state` would find in their states.

The mix is a guess at a large exchange: most owners have SMS or an authenticator app, one in eight a passkey; nine
in a hundred changed something lately, so that clocks run; two in a thousand have something of unknown origin.
"""

from __future__ import annotations

from random import Random

from counterseal.core.policy.model import Policy
from counterseal.prover.findings import NOTHING, Start

HOUR = 3_600_000
PHONE = ((0.07, ()), (0.33, ("sms",)), (0.6, ("sms", "voice")))
IDENTITY = ((0.12, ()), (0.18, ("iddoc",)), (0.7, ("face", "iddoc")))
SECOND = ((0.5, ()), (0.28, ("totp",)), (0.1, ("totp", "rcode")), (0.05, ("passkey",)), (0.07, ("totp", "passkey")))
MORE = (("fundpw", 0.7), ("guardian", 0.06), ("push", 0.55))
FOREIGN_FACTS = (("session",), ("session", "device"), ("address",), ("api_trade",), ("api_trade", "api_withdraw"))
CHANGED, SECOND_CLOCK, FADING = 0.09, 0.3, 0.02
FOREIGN, FOREIGN_FACTOR = 0.002, 0.2


def fleet_of_starts(policy: Policy, count: int, seed: int = 3) -> list[Start]:
    """So many accounts, the same for the same arguments. Accounts on which nothing runs share their parts."""
    chance = Random(seed)
    clocks = policy.vocabulary.clocks
    kinds: dict[tuple[str, ...], tuple[frozenset[str], frozenset[str]]] = {}
    found: list[Start] = []
    for _ in range(count):
        more = tuple(name for name, share in MORE if chance.random() < share)
        key = ("password", "email", *_one(chance, PHONE), *_one(chance, IDENTITY), *_one(chance, SECOND), *more)
        if key not in kinds:
            kinds[key] = (frozenset(key) - {"push"}, frozenset(key) & {"sms", "email", "guardian", "push"})
        enrolled, channels = kinds[key]
        since: dict[str, int] = {}
        fading: dict[str, int] = {}
        if chance.random() < CHANGED:
            since[chance.choice(clocks)] = _lately(chance)
            if chance.random() < SECOND_CLOCK:
                since[chance.choice(clocks)] = _lately(chance)
            gone = [name for name in ("totp", "passkey") if name not in enrolled]
            if gone and chance.random() < FADING:
                fading[chance.choice(gone)] = _lately(chance)
        facts, bound = _foreign(chance, key) if chance.random() < FOREIGN else ({}, NOTHING)
        found.append(Start(enrolled, channels, facts, bound, since, fading))
    return found


Shares = tuple[tuple[float, tuple[str, ...]], ...]


def _one(chance: Random, shares: Shares) -> tuple[str, ...]:
    point = chance.random()
    for share, names in shares:
        point -= share
        if point < 0:
            return names
    return shares[-1][1]


def _lately(chance: Random) -> int:
    return round(chance.expovariate(1 / 40) * HOUR)


def _foreign(chance: Random, factors: tuple[str, ...]) -> tuple[dict[str, int], frozenset[str]]:
    facts = {name: _lately(chance) for name in chance.choice(FOREIGN_FACTS)}
    own = [name for name in ("sms", "totp") if name in factors and chance.random() < FOREIGN_FACTOR]
    return facts, frozenset(own[:1])
