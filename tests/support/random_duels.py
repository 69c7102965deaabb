# SPDX-License-Identifier: Apache-2.0
"""Seeded random games, small enough for the reference attacker: every wait is a few days."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from counterseal.core.policy import expression as x
from counterseal.core.policy.clocks import clock_members, longest_wait
from counterseal.core.policy.compile import compile_requirement
from counterseal.core.policy.model import Policy, Requirement, Rule
from counterseal.prover.findings import Start
from tests.support.duel import DAY, duel, duel_vocabulary

FACTORS = ("password", "sms", "voice", "email", "totp", "kba")
FACTS = ("session", "address", "ticket")
CLOCKS = ("weakened", "entered")
CHANNELS = ("sms", "email", "push")
WAITS = (DAY, DAY, 2 * DAY, 3 * DAY)
VERBS = ("use", "bind", "replace", "reset", "disable", "recover")
ACTIONS = ("one", "two", "three", "four", "five")


class RandomDuel(NamedTuple):
    """A game by chance."""

    policy: Policy
    start: Start
    capabilities: tuple[str, ...]


def random_duel(seed: int, *, actions: int = 4, capabilities: int = 6) -> RandomDuel:
    """The game of this seed: so many actions, two outflows, a rule that discloses, so many capabilities."""
    chance = random.Random(seed)
    rules = [_action(chance, name, line) for line, name in enumerate(ACTIONS[:actions], 1)]
    rules.append(_disclosure(chance, actions + 1))
    rules += [_outflow(chance, name, line) for line, name in enumerate(("withdraw", "p2p"), actions + 2)]
    every = sorted(duel_vocabulary().capabilities.keys() - {"deaf"})
    start = Start(
        enrolled=frozenset(chance.sample(FACTORS, chance.randint(4, 6))),
        channels=frozenset(chance.sample(CHANNELS, chance.randint(2, 3))),
    )
    return RandomDuel(policy_with(rules), start, tuple(chance.sample(every, capabilities)))


def policy_with(rules: Sequence[Rule]) -> Policy:
    """A policy of these rules over the vocabulary of the tiny games; nothing is stretched."""
    plain = {rule.name: rule for rule in rules}
    return msgspec.structs.replace(
        duel("", "withdraw: {require: password}"),
        name="random",
        rules=plain,
        stretched=plain,
        clock_members=clock_members(plain, duel_vocabulary()),
        longest_wait=longest_wait(plain.values()),
    )


def _action(chance: random.Random, name: str, line: int) -> Rule:
    verb = chance.choice(VERBS)
    return Rule(
        name=name,
        line=line,
        outflow=False,
        kind=name,
        verb=verb,
        require=_requirement(chance, line),
        grants=_some(chance, (*FACTS, "sms", "email", "totp"), 1, 2),
        revokes=_some(chance, FACTS, 0, 1),
        removes=_some(chance, ("totp", "sms", "email"), 0, 1),
        silences=_some(chance, CHANNELS, 0, 1) if chance.random() < 0.2 else (),
        holds=_some(chance, CLOCKS, 0, 1),
        starts=_some(chance, CLOCKS, 0, 1),
        notify=_notice(chance),
        delay=chance.choice((0, 0, 0, DAY, 2 * DAY)),
    )


def _disclosure(chance: random.Random, line: int) -> Rule:
    return Rule(
        name="give_out",
        line=line,
        outflow=False,
        kind="give_out",
        verb="disclose",
        subject="request",
        require=_made(x.Proof("letter"), line),
        discloses=_some(chance, ("kba", "totp", "voice"), 1, 2),
        notify=_notice(chance),
        delay=chance.choice((0, 0, DAY)),
    )


def _outflow(chance: random.Random, name: str, line: int) -> Rule:
    return Rule(
        name=name,
        line=line,
        outflow=True,
        kind=name,
        require=_requirement(chance, line, outflow=True),
        holds=_some(chance, CLOCKS, 0, 1),
        notify=_notice(chance),
        delay=chance.choice((0, 0, DAY)),
    )


def _notice(chance: random.Random) -> tuple[str, ...] | None:
    return None if chance.random() < 0.2 else _some(chance, CHANNELS, 1, 3)


def _some(chance: random.Random, names: Sequence[str], least: int, most: int) -> tuple[str, ...]:
    return tuple(chance.sample(names, chance.randint(least, most)))


def _requirement(chance: random.Random, line: int, *, outflow: bool = False) -> Requirement:
    """Two needs, as real rules have: a proof for an action, a fact for an outflow, and something else."""
    first: x.Expression = x.Fact(chance.choice(FACTS)) if outflow else x.Proof(chance.choice(FACTORS[:5]))
    return _made(x.And((first, _expression(chance, 1))), line)


def _made(expression: x.Expression, line: int) -> Requirement:
    channels = {name: spec.channel for name, spec in duel_vocabulary().factors.items()}
    return compile_requirement(expression, str(expression), line, 1, channels=channels)


def _expression(chance: random.Random, depth: int) -> x.Expression:
    if depth and chance.random() < 0.6:
        items = tuple(_expression(chance, depth - 1) for _ in range(2))
        return x.And(items) if chance.random() < 0.3 else x.Or(items)
    match chance.randrange(10):
        case 0 | 1 | 2:
            return x.Proof(chance.choice(FACTORS))
        case 3 | 4:
            return x.Fact(chance.choice(FACTS))
        case 5:
            fact = chance.choice(FACTS)
            return x.And((x.Fact(fact), x.Age(fact, chance.choice(WAITS))))
        case 6:
            return x.Since(chance.choice(CLOCKS), chance.choice(WAITS))
        case 7:
            return x.Strongest(_some(chance, FACTORS, 2, 3))
        case 8:
            return x.AtLeast(2, _some(chance, ("sms", "voice", "email", "totp"), 3, 3))
        case _:
            return x.Context("ip_listed")
