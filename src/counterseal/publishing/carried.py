# SPDX-License-Identifier: Apache-2.0
"""A switch ends no hold: what a rule of the policy before waited for, its successor goes on looking at.

The engine keeps the end of a hold with the clock's stamp: under another policy `since(clock)` is not true before
the longest wait that the stamp's own policy put on it. But a rule that no longer asks for the clock would not look.
So a version, when it comes into force, carries `since(clock) >= 0` for each clock that the rules before it waited
for: true at once for every hold of its own, and for those of the others when they are over.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from counterseal.core.policy.compile import compile_requirement
from counterseal.core.policy.expression import Age, And, Atom, Since
from counterseal.core.policy.model import Policy, Requirement, Rule

Clocks = Mapping[str, tuple[str, ...]]


def clocks_to_carry(before: Policy, after: Policy) -> dict[str, tuple[str, ...]]:
    """Rule of `after` -> clocks that its forerunners under `before` (as it decides, with what it carries itself)
    waited for where it would not."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in after.rules.values():
        clocks = {clock for old in _forerunners(before, rule) for clock in _dropped(old, rule)}
        if clocks:
            found[rule.name] = tuple(sorted(clocks))
    return found


def with_carried(policy: Policy, carried: Clocks) -> Policy:
    """The policy as it decides. Text, digest, and the waits that it stamps are its own: it only refuses more."""
    if not carried:
        return policy
    channels = {name: spec.channel for name, spec in policy.vocabulary.factors.items()}

    def more(rules: Mapping[str, Rule]) -> dict[str, Rule]:
        return {
            name: rule
            if name not in carried
            else replace(rule, require=_also(rule.require, carried[name], channels))
            for name, rule in rules.items()
        }

    clocks = {clock for names in carried.values() for clock in names}
    members = {**dict.fromkeys(clocks, frozenset[tuple[str, str]]()), **policy.clock_members}
    return replace(policy, rules=more(policy.rules), stretched=more(policy.stretched), clock_members=members)


def _also(require: Requirement, clocks: tuple[str, ...], channels: Mapping[str, str]) -> Requirement:
    expression = And((require.expression, *(Since(clock, 0) for clock in clocks)))
    return compile_requirement(expression, require.text, require.line, require.column, channels=channels)


def _forerunners(before: Policy, rule: Rule) -> list[Rule]:
    """The rule of this name; else, for an outflow, those of its kind: a new name is no way around a hold."""
    if rule.name in before.rules:
        return [before.rules[rule.name]]
    return [old for old in before.rules.values() if rule.outflow and old.outflow and old.kind == rule.kind]


def _dropped(old: Rule, new: Rule) -> set[str]:
    """Clocks for which some way of `new` does not wait, while every way of `old` with the same proofs does."""
    were, ways = _ways(old), _ways(new)
    clocks = {each.clock for way in were for each in way if isinstance(each, Since)}
    return {clock for clock in clocks if any(_early(Since(clock, 0), way, were) for way in ways)}


def _early(clock: Since, way: frozenset[Atom], were: list[frozenset[Atom]]) -> bool:
    return clock not in way and not any(clock not in old and old <= way for old in were)


def _ways(rule: Rule) -> list[frozenset[Atom]]:
    """The alternatives of a rule, without how long each waits: the stamps know."""
    atoms = [_bare(atom) for atom in rule.require.atoms]
    return [frozenset(atom for bit, atom in enumerate(atoms) if cube >> bit & 1) for cube in rule.require.cubes]


def _bare(atom: Atom) -> Atom:
    return replace(atom, wait=0) if isinstance(atom, Since | Age) else atom
