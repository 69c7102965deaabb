# SPDX-License-Identifier: Apache-2.0
"""The abstraction a(state, now, C): what an attacker who holds the capabilities C has in the state of an account.

The prover works on this, the guard on states. What the guard also reads is dropped here: suspicions, doubt,
expiries and lifetimes, cancels, proof binding, stretch, freezes, locks, limits already used; context is true. In
the guard these only refuse or delay, so whatever the guard lets an attacker do is enabled here too, and the
times found here are lower bounds. Every choice left open is made in the attacker's favour: waits run from the
moment of the deed and not from a notice accepted, and of many objects the oldest counts.

One assumption: a new object gets an id of its own (the platform makes ids of sessions, devices and keys). An
attacker who asks again for an object of the owner's gets nothing that the owner did not have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from counterseal.core.account import Grant, Instance, State
from counterseal.core.errors import NotFoundError
from counterseal.core.policy.expression import (
    Age,
    And,
    AtLeast,
    Expression,
    Fact,
    Or,
    Proof,
    Since,
    Strongest,
)
from counterseal.core.policy.model import Policy, Rule

INFINITE = 1 << 62
"""The age of what a capability gives, ms: older than any wait."""


class Abstract(Struct, frozen=True):
    """What one attacker has. Durations are ms.

    `proofs`: factor classes whose proofs the attacker can produce. `enrolled`: classes with an instance.
    `fading`: removed classes that `strongest` still reckons with -> for how long. `facts`: fact -> its age.
    `since`: clock -> time since its last verb; absent = never. `silenced`: channels that do not reach the owner.
    """

    proofs: frozenset[str]
    enrolled: frozenset[str]
    fading: Mapping[str, int]
    facts: Mapping[str, int]
    since: Mapping[str, int]
    silenced: frozenset[str]

    @property
    def usable(self) -> frozenset[str]:
        """Factor classes that the attacker can prove to this account."""
        return self.proofs & self.enrolled


class Enabled(Struct, frozen=True):
    """The rule can be met now."""

    rule: str

    def __bool__(self) -> bool:
        return True


class Blocked(Struct, frozen=True):
    """The rule cannot be met now. `lacks`: the atoms that do not hold, as text."""

    rule: str
    lacks: tuple[str, ...]

    def __bool__(self) -> bool:
        return False


class Covers(Struct, frozen=True):
    """Whatever the smaller state enables, the larger one does too."""

    def __bool__(self) -> bool:
        return True


class Exceeds(Struct, frozen=True):
    """The smaller state has something that the larger one lacks."""

    what: tuple[str, ...]

    def __bool__(self) -> bool:
        return False


def abstract(
    policy: Policy,
    state: State,
    now: int,
    capabilities: Collection[str],
    attacker_actions: Collection[str] | None = None,
) -> Abstract:
    """The abstraction of a state. `attacker_actions`: ids of the actions that the attacker did; None = posture:
    everything whose origin is not the owner counts as the attacker's. Raises NotFoundError (`unknown_capability`).
    """
    words = policy.vocabulary
    unknown = sorted(set(capabilities) - words.capabilities.keys())
    if unknown:
        raise NotFoundError(f"`{unknown[0][:64]}` is not a capability", code="unknown_capability")
    specs = [words.capabilities[name] for name in capabilities]

    def taken(grant: Grant, origin: str) -> bool:
        return origin != "owner" if attacker_actions is None else grant.action in attacker_actions

    facts = {fact: INFINITE for spec in specs for fact in spec.holds}
    for item in state.objects.values():
        for name, fact in item.facts.items():
            if taken(fact.grant, fact.origin):
                begun = fact.grant.at if fact.started is None else min(fact.grant.at, fact.started)
                facts[name] = max(facts.get(name, 0), now - begun)
    there = [item for item in state.enrolled.values() if item.removed_at is None]
    bound = {item.factor for item in there if taken(item.grant, item.origin)}
    enrolled = frozenset(item.factor for item in there)
    return Abstract(
        proofs=frozenset(bound.union(*(spec.produces for spec in specs))),
        enrolled=enrolled,
        fading=_fading(state, now, enrolled),
        facts=facts,
        since=_since(policy, state, now),
        silenced=_silenced(state, bound_by=taken).union(*(spec.mutes for spec in specs)),
    )


def _fading(state: State, now: int, enrolled: frozenset[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in state.enrolled.values():
        if item.factor in enrolled or item.floor is None or item.floor not in state.times:
            continue
        left = state.times[item.floor].at + item.floor_wait - now
        if left > 0:
            found[item.factor] = max(left, found.get(item.factor, 0))
    return found


def _since(policy: Policy, state: State, now: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for clock, members in policy.clock_members.items():
        keys = (f"clock:{clock}", *(f"{verb}:{target}" for verb, target in members))
        times = [now - state.times[key].at for key in keys if key in state.times]
        if times:
            found[clock] = min(times)
    return found


def _silenced(state: State, bound_by: Callable[[Grant, str], bool]) -> frozenset[str]:
    reached = {
        contact.channel
        for contact in state.contacts.values()
        if contact.silenced_at is None
        and contact.replaced_at is None
        and not _of_attacker(state.enrolled.get(contact.instance or ""), bound_by)
    }
    return frozenset(contact.channel for contact in state.contacts.values()) - reached


def _of_attacker(instance: Instance | None, bound_by: Callable[[Grant, str], bool]) -> bool:
    return instance is not None and bound_by(instance.grant, instance.origin)


def enabled(policy: Policy, attacker: Abstract, rule_name: str) -> Enabled | Blocked:
    """Whether the attacker can meet the requirement of a rule now. Raises NotFoundError (`unknown_action`)."""
    lacks = sorted(set(_lacks(_rule(policy, rule_name), policy, attacker)))
    return Blocked(rule_name, tuple(lacks)) if lacks else Enabled(rule_name)


def _rule(policy: Policy, name: str) -> Rule:
    rule = policy.rules.get(name)
    if rule is None:
        raise NotFoundError(f"the policy has no action `{name[:64]}`", code="unknown_action")
    return rule


def _lacks(rule: Rule, policy: Policy, attacker: Abstract) -> list[str]:
    # Proofs about a judicial request are of no factor that an account has enrolled.
    usable = attacker.usable if rule.subject == "account" else attacker.proofs
    channels = {name: spec.channel for name, spec in policy.vocabulary.factors.items()}
    return _missing(rule.require.expression, attacker, usable, channels)


def _missing(
    expression: Expression, attacker: Abstract, usable: frozenset[str], channels: Mapping[str, str]
) -> list[str]:
    """The atoms for which an expression does not hold; none = it holds."""
    match expression:
        case And(items):
            return [lack for item in items for lack in _missing(item, attacker, usable, channels)]
        case Or(items):
            parts = [_missing(item, attacker, usable, channels) for item in items]
            return [] if not all(parts) else [lack for part in parts for lack in part]
        case _:
            text, held = _atom(expression, attacker, usable, channels)
            return [] if held else [text]


def _atom(
    atom: Expression, attacker: Abstract, usable: frozenset[str], channels: Mapping[str, str]
) -> tuple[str, bool]:
    match atom:
        case Strongest(factors):
            return f"strongest({', '.join(factors)})", _strongest(factors, attacker, usable)
        case AtLeast(count, factors):
            distinct = {channels.get(factor, factor) for factor in factors if factor in usable}
            return f"{count} of ({', '.join(factors)})", len(distinct) >= count
        case Proof(factor):
            return factor, factor in usable
        case Fact(name):
            return name, name in attacker.facts
        case Age(name, wait):
            return f"age({name})", attacker.facts.get(name, -1) >= wait
        case Since(clock, wait):
            return f"since({clock})", attacker.since.get(clock, INFINITE) >= wait
        case _:
            return "context", True


def _strongest(factors: tuple[str, ...], attacker: Abstract, usable: frozenset[str]) -> bool:
    for factor in factors:
        if factor in usable:
            return True
        if factor in attacker.enrolled or factor in attacker.fading:
            return False
    return False


def abstract_step(policy: Policy, attacker: Abstract, rule_name: str, elapsed: int = 0) -> Abstract:
    """What the attacker has once `elapsed` ms have passed and the rule then took effect. What he has he keeps.

    Whether the rule is enabled then is for the caller to ask.
    """
    rule, words = _rule(policy, rule_name), policy.vocabulary
    later = _pass(attacker, elapsed)
    wait = max((policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0)
    removed = {factor: wait if rule.holds else 0 for factor in rule.removes if factor in later.enrolled}
    factors = frozenset(name for name in rule.grants if name in words.factors)
    fading = {name: left for name, left in {**later.fading, **removed}.items() if left > 0 and name not in factors}
    facts = {name: 0 for name in rule.grants if name in words.facts}
    return Abstract(
        proofs=later.proofs | factors | frozenset(rule.discloses),
        enrolled=(later.enrolled - removed.keys()) | factors,
        fading=fading,
        facts={**facts, **later.facts},
        since={**later.since, **dict.fromkeys((*rule.holds, *rule.starts), 0)},
        silenced=later.silenced.union(rule.silences, (words.factors[name].channel for name in factors)),
    )


def _pass(attacker: Abstract, elapsed: int) -> Abstract:
    if elapsed == 0:
        return attacker
    return replace(
        attacker,
        fading={name: left - elapsed for name, left in attacker.fading.items() if left > elapsed},
        facts={name: min(INFINITE, age + elapsed) for name, age in attacker.facts.items()},
        since={clock: min(INFINITE, age + elapsed) for clock, age in attacker.since.items()},
    )


def covers(larger: Abstract, smaller: Abstract) -> Covers | Exceeds:
    """Whether every rule that the smaller state enables, now or later, is enabled in the larger one too."""
    what = [f"proof of {name}" for name in smaller.usable - larger.usable]
    what += [f"proof of {name}" for name in smaller.proofs - larger.proofs]
    what += [f"fact {name}" for name, age in smaller.facts.items() if larger.facts.get(name, -1) < age]
    what += [
        f"clock {clock}"
        for clock, age in larger.since.items()
        if clock not in smaller.since or smaller.since[clock] > age
    ]
    what += [f"channel {name}" for name in smaller.silenced - larger.silenced]
    # A class that counts for `strongest` blocks what stands below it, unless the attacker can prove it.
    for name in (larger.enrolled | larger.fading.keys()) - larger.usable:
        if name in smaller.enrolled:
            continue
        if name in larger.enrolled or smaller.fading.get(name, 0) < larger.fading[name]:
            what.append(f"strongest without {name}")
    return Exceeds(tuple(sorted(set(what)))) if what else Covers()
