# SPDX-License-Identifier: Apache-2.0
"""What the oracles number and count of a policy: names, the unit of time, and the rules that matter.

Read off docs/prover-model.md and the loaded policy; nothing here comes from the prover.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import gcd

import msgspec

from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Policy, Rule
from counterseal.prover.findings import Start

WEEK = 7 * 86_400_000
"""So long a replaced contact of the owner is told (ms)."""


class Words(msgspec.Struct, frozen=True):
    """The numbering of one policy. Only what some kept rule asks for is numbered, except channels.

    `since`, `age`, `fades`: name -> the longest wait of any rule, in units (0 = asked for without a wait).
    `unit`: ms. `once`: the capabilities that can be spent. `targets`: outflows and rules that disclose.
    """

    rules: tuple[Rule, ...]
    targets: tuple[Rule, ...]
    factors: tuple[str, ...]
    facts: tuple[str, ...]
    channels: tuple[str, ...]
    since: dict[str, int]
    age: dict[str, int]
    fades: dict[str, int]
    once: tuple[str, ...]
    once_of: dict[str, frozenset[str]]
    unit: int

    def bits(self, names: Iterable[str], of: Sequence[str]) -> int:
        """The mask of these names; names that are not numbered do not count."""
        wanted = set(names)
        return sum(1 << index for index, name in enumerate(of) if name in wanted)


def leaves(tree: x.Expression) -> Iterator[x.Expression]:
    """Every atom of a requirement."""
    if isinstance(tree, x.And | x.Or):
        for item in tree.items:
            yield from leaves(item)
    else:
        yield tree


def factors_in(tree: x.Expression) -> set[str]:
    """Every factor class that a requirement names."""
    found: set[str] = set()
    for atom in leaves(tree):
        if isinstance(atom, x.Proof):
            found.add(atom.factor)
        elif isinstance(atom, x.Strongest | x.AtLeast):
            found.update(atom.factors)
    return found


def facts_in(tree: x.Expression) -> set[str]:
    """Every fact that a requirement names."""
    named = {atom.name for atom in leaves(tree) if isinstance(atom, x.Fact)}
    return named | {atom.fact for atom in leaves(tree) if isinstance(atom, x.Age)}


def ranked_in(tree: x.Expression) -> set[str]:
    """Factor classes within `strongest`: whoever removes one may get further."""
    return {f for atom in leaves(tree) if isinstance(atom, x.Strongest) for f in atom.factors}


def played(policy: Policy) -> list[Rule]:
    """The rules of the game: the attacker revokes nothing of his own."""
    return [rule for rule in policy.rules.values() if rule.verb != "revoke"]


def targets(policy: Policy) -> list[Rule]:
    """What is reported: outflows, and rules that disclose."""
    return [rule for rule in played(policy) if rule.outflow or rule.discloses]


def relevant(policy: Policy) -> list[Rule]:
    """The rules that can help to reach a target. Exact: whoever leaves the others out is told no sooner, spends
    and restarts nothing by them, and loses no atom that a kept rule asks for (requirements are monotone). What
    removes a class helps where that class stands before another, and where `bind` adds no second one."""
    kept = {rule.name: rule for rule in targets(policy)}
    while True:
        trees = [rule.require.expression for rule in kept.values()]
        wanted = set().union(*map(factors_in, trees), *map(facts_in, trees))
        ranked = set().union(*map(ranked_in, trees))
        once = {name for rule in kept.values() for name in only_once(policy, rule)}
        more = {
            rule.name: rule
            for rule in played(policy)
            if rule.name not in kept
            and (
                wanted & {*rule.grants, *rule.discloses}
                or (ranked | (once & wanted)) & set(rule.removes)
                or rule.silences
                or _silences_later(policy, rule)
            )
        }
        if not more:
            return [rule for rule in played(policy) if rule.name in kept]
        kept |= more


def _silences_later(policy: Policy, rule: Rule) -> bool:
    return bool(rule.verb != "bind" and contact_channels(policy, rule))


def contact_channels(policy: Policy, rule: Rule) -> set[str]:
    """Channels of the contact factors that a rule grants."""
    specs = policy.vocabulary.factors
    return {specs[name].channel for name in rule.grants if name in specs and specs[name].contact}


def only_once(policy: Policy, rule: Rule) -> list[str]:
    """The classes that this rule binds only while none is enrolled."""
    factors = policy.vocabulary.factors
    names = [name for name in rule.grants if name in factors and rule.verb == "bind"]
    return [name for name in names if not factors[name].attested and name not in {"passkey", "guardian"}]


def fade_wait(policy: Policy, rule: Rule) -> int:
    """Ms for which what this rule removes goes on counting: the longest `since` of any rule on its holds,
    stretched ones included."""
    return max((policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0)


def since_waits(policy: Policy, clock: str) -> list[int]:
    """Every wait on this clock, of any rule as it stands (`stretch` is left out of the game)."""
    return [
        atom.wait
        for rule in policy.rules.values()
        for atom in leaves(rule.require.expression)
        if isinstance(atom, x.Since) and atom.clock == clock
    ]


def words_of(policy: Policy, starts: Sequence[Start]) -> Words:
    """The numbering. `unit` is the greatest common divisor of every wait and of every time in `starts`."""
    rules = relevant(policy)
    trees = [rule.require.expression for rule in rules]
    atoms = [atom for tree in trees for atom in leaves(tree)]
    factors = set().union(*map(factors_in, trees))
    ranked = set().union(*map(ranked_in, trees))
    fades = dict.fromkeys(sorted(ranked), 0)
    for rule in rules:
        for name in ranked & set(rule.removes):
            fades[name] = max(fades[name], fade_wait(policy, rule))
    for name, left in ((n, left) for start in starts for n, left in start.fading.items() if n in ranked):
        fades[name] = max(fades[name], left)
    times = [w for s in starts for w in (*s.facts.values(), *s.since.values(), *s.fading.values())]
    waits = [atom.wait for atom in atoms if isinstance(atom, x.Since | x.Age)]
    unit = gcd(WEEK, *times, *waits, *fades.values(), *(rule.delay for rule in rules))
    specs = policy.vocabulary
    return Words(
        rules=tuple(rules),
        targets=tuple(targets(policy)),
        factors=tuple(f for f in specs.factors if f in factors),
        facts=tuple(f for f in specs.facts if f in set().union(*map(facts_in, trees))),
        channels=specs.channels,
        since=_longest(((a.clock, a.wait) for a in atoms if isinstance(a, x.Since)), unit),
        age=_longest(((a.fact, a.wait) for a in atoms if isinstance(a, x.Age)), unit),
        fades={name: wait // unit for name, wait in fades.items() if wait},  # what is not ranked blocks nothing
        once=tuple(name for name, spec in specs.capabilities.items() if spec.once & factors),
        once_of={name: spec.once for name, spec in specs.capabilities.items()},
        unit=unit,
    )


def _longest(waits: Iterable[tuple[str, int]], unit: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, wait in waits:
        found[name] = max(found.get(name, 0), wait // unit)
    return found
