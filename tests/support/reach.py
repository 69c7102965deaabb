# SPDX-License-Identifier: Apache-2.0
"""A small bound on what an attacker reaches under a policy, for tests of the shipped packs.

It forgets what hinders an attacker (clocks that restart, revocations, expiries, one-shot codes when there
is more than one capability), so it never misses an attack: a window that it reports is a lower bound.
The prover is another program; this one is short enough to be read in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf

import msgspec

from counterseal.core.policy.expression import Age, And, AtLeast, Expression, Fact, Or, Proof, Strongest
from counterseal.core.policy.model import Policy, Profile, Requirement, Rule

Times = Mapping[str, float]
"""What somebody holds -> since when (ms); -inf = from the start. `off:f` = the factor is no longer enrolled."""


class Reach(msgspec.Struct, frozen=True):
    """`silent`: outflows reached without an effective notice; `window`: outflow -> ms after the first one."""

    silent: frozenset[str]
    window: Mapping[str, float]


def when(expression: Expression, policy: Policy, profile: Profile, have: Times) -> float:
    """The earliest moment at which the requirement can hold; inf = never. Clocks count as over."""
    match expression:
        case Proof(name) | Fact(name):
            return have.get(name, inf)
        case Age(fact, wait):
            return have.get(fact, inf) + wait
        case Strongest(factors):
            return min((_rank(factors, index, profile, have) for index in range(len(factors))), default=inf)
        case AtLeast(number, factors):
            specs = policy.vocabulary.factors
            channels: dict[str, float] = {}
            for factor in factors:
                channel = specs[factor].channel
                channels[channel] = min(channels.get(channel, inf), have.get(factor, inf))
            return sorted(channels.values())[number - 1] if len(channels) >= number else inf
        case And(items):
            return max(when(item, policy, profile, have) for item in items)
        case Or(items):
            return min(when(item, policy, profile, have) for item in items)
        case _:
            return -inf


def _rank(factors: tuple[str, ...], index: int, profile: Profile, have: Times) -> float:
    """A proof of this factor, once every stronger one of the profile is off."""
    stronger = [have.get(f"off:{factor}", inf) for factor in factors[:index] if factor in profile.factors]
    return max([have.get(factors[index], inf), *stronger])


def closure(rules: Iterable[Rule], policy: Policy, profile: Profile, have: dict[str, float]) -> dict[str, float]:
    """Everything that can be had by using the rules again and again, with the earliest times."""
    todo = [rule for rule in rules if not rule.outflow and rule.subject == "account"]
    changed = True
    while changed:
        changed = False
        for rule in todo:
            at = when(rule.require.expression, policy, profile, have) + rule.delay
            if at == inf:
                continue
            hold = max((policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0)
            gains = [(name, at) for name in rule.grants]
            gains += [(f"off:{name}", at + hold) for name in rule.removes]
            gains += [(f"silent:{name}", at) for name in rule.silences]
            for name, moment in gains:
                if moment < have.get(name, inf):
                    have[name] = moment
                    changed = True
    return have


def attack(policy: Policy, profile: Profile, capabilities: Iterable[str], *, extra: Iterable[str] = ()) -> Reach:
    """What this set of capabilities reaches; one-shot proofs count as if they could be repeated."""
    specs = [policy.vocabulary.capabilities[name] for name in capabilities]
    start = {name for spec in specs for name in (*spec.produces, *spec.holds)} | set(extra)
    muted = {channel for spec in specs for channel in spec.mutes}
    have = dict.fromkeys(start, -inf)
    while True:  # before the first effective notice every wait is free
        told = set(profile.channels) - muted
        quiet = [rule for rule in policy.rules.values() if not told & set(rule.notify or ())]
        have = dict.fromkeys(closure(quiet, policy, profile, have), -inf)
        silenced = {name.removeprefix("silent:") for name in have if name.startswith("silent:")}
        if silenced <= muted:
            break
        muted |= silenced
    silent = frozenset(
        rule.name for rule in quiet if rule.outflow and when(rule.require.expression, policy, profile, have) < inf
    )
    return Reach(silent, _windows(policy, profile, have))


def _windows(policy: Policy, profile: Profile, have: dict[str, float]) -> dict[str, float]:
    """Outflow -> ms from the first notice (now at 0) to the loss, at least."""
    late = [msgspec.structs.replace(rule, require=_not_before_zero(rule)) for rule in policy.rules.values()]
    noticed = closure(late, policy, profile, {**have, "now": 0.0})
    return {
        rule.name: at
        for rule in late
        if rule.outflow and (at := when(rule.require.expression, policy, profile, noticed) + rule.delay) < inf
    }


def _not_before_zero(rule: Rule) -> Requirement:
    """The requirement, and the fact `now`, which is had at 0."""
    return msgspec.structs.replace(rule.require, expression=And((rule.require.expression, Fact("now"))))


def single(policy: Policy, profile: Profile, capability: str) -> frozenset[str]:
    """Outflows that one capability reaches, its one-shot proofs and facts used in one action only (exact)."""
    spec = policy.vocabulary.capabilities[capability]
    lasting = dict.fromkeys((*spec.proves, *spec.gives), -inf)
    rules = list(policy.rules.values())
    found: set[str] = set()
    base = closure(rules, policy, profile, dict(lasting))
    for rule in rules:
        boosted = {**base, **dict.fromkeys((*spec.once, *spec.gives_once), -inf)}
        if rule.subject != "account" or when(rule.require.expression, policy, profile, boosted) == inf:
            continue
        if rule.outflow:
            found.add(rule.name)
            continue
        have = {**base, **dict.fromkeys(rule.grants, 0.0), **{f"off:{name}": 0.0 for name in rule.removes}}
        have = closure(rules, policy, profile, have)
        found |= {r.name for r in rules if r.outflow and when(r.require.expression, policy, profile, have) < inf}
    return frozenset(found)


def repeatable(policy: Policy, profile: Profile, capability: str) -> frozenset[str]:
    """Actions that one capability can repeat for ever (no one-shot proofs): what could starve the owner."""
    spec = policy.vocabulary.capabilities[capability]
    rules = [rule for rule in policy.rules.values() if not rule.outflow and rule.subject == "account"]
    have = closure(rules, policy, profile, dict.fromkeys((*spec.proves, *spec.gives), -inf))
    return frozenset(r.name for r in rules if when(r.require.expression, policy, profile, have) < inf)


def owner(policy: Policy, profile: Profile, lost: Iterable[str] = ()) -> dict[str, float]:
    """What the owner reaches with the factors that are left, from a device that is known: name -> ms."""
    have = dict.fromkeys([*set(profile.factors) - set(lost), "device"], 0.0)
    have = closure(policy.rules.values(), policy, profile, have)
    for rule in policy.rules.values():
        if rule.outflow:
            have[f"outflow:{rule.name}"] = when(rule.require.expression, policy, profile, have) + rule.delay
    return have


def disclosures(policy: Policy, capabilities: Iterable[str]) -> frozenset[str]:
    """Rules that these capabilities make disclose."""
    specs = [policy.vocabulary.capabilities[name] for name in capabilities]
    have = dict.fromkeys((name for spec in specs for name in spec.produces), -inf)
    profile = Profile("desk", (), ())
    return frozenset(
        rule.name
        for rule in policy.rules.values()
        if rule.discloses and when(rule.require.expression, policy, profile, have) < inf
    )
