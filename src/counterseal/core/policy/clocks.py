# SPDX-License-Identifier: Apache-2.0
"""Clocks as views of raw times: which verbs on which targets restart them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from counterseal.core.policy.compile import atoms_in
from counterseal.core.policy.expression import Since
from counterseal.core.policy.model import Rule, Vocabulary


def clock_members(rules: Mapping[str, Rule], vocabulary: Vocabulary) -> dict[str, frozenset[tuple[str, str]]]:
    """Clock -> the (verb, target) pairs that restart it; a rule without targets is its own target."""
    members: dict[str, set[tuple[str, str]]] = {clock: set() for clock in vocabulary.clocks}
    for rule in rules.values():
        for clock in (*rule.holds, *rule.starts):
            members[clock].update((rule.verb, target) for target in targets(rule))
    return {clock: frozenset(found) for clock, found in members.items()}


def targets(rule: Rule) -> tuple[str, ...]:
    """What a rule is done to: what it grants, removes, silences and revokes, or itself."""
    named = (*rule.grants, *rule.removes, *rule.silences, *rule.revokes)
    return tuple(dict.fromkeys(named)) or (rule.name,)


def longest_wait(rules: Iterable[Rule]) -> dict[str, int]:
    """Clock -> the longest `since(clock)` of any rule, stretched ones included, in ms."""
    found: dict[str, int] = {}
    for rule in rules:
        for atom in atoms_in(rule.require.expression):
            if isinstance(atom, Since):
                found[atom.clock] = max(found.get(atom.clock, 0), atom.wait)
    return found
