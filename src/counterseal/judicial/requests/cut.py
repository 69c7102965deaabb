# SPDX-License-Identifier: Apache-2.0
"""What a forger would have to hold: minimal sets of capabilities that make a rule's evidence appear. Pure.

`cut_of_rule` asks for every path of the rule, `cut_of_evidence` for those that the evidence at hand takes. Context
is taken as true, as the prover does: it can only keep back. A set of one is a broken rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from counterseal.core.policy.expression import Proof
from counterseal.core.policy.model import Policy, Rule, Vocabulary

Sets = tuple[tuple[str, ...], ...]


class Cut(msgspec.Struct, frozen=True):
    """Minimal forging sets, the smallest first. An empty set: nothing has to be forged."""

    sets: Sets

    @property
    def size(self) -> int | None:
        """The minimum cut: how many capabilities the smallest set has. None = there is no set at all."""
        return min((len(each) for each in self.sets), default=None)


def paths_of(rule: Rule) -> tuple[frozenset[str], ...]:
    """The kinds of evidence that each way through the rule asks for, minimal, in a stable order."""
    atoms = rule.require.atoms
    found = {
        frozenset(atom.factor for index, atom in enumerate(atoms) if cube >> index & 1 and isinstance(atom, Proof))
        for cube in rule.require.cubes
    }
    least = [each for each in found if not any(other < each for other in found)]
    return tuple(sorted(least, key=lambda each: (len(each), sorted(each))))


def cut_of_rule(rule: Rule, vocabulary: Vocabulary) -> Cut:
    """The minimal forging sets of the rule itself."""
    return Cut(_minimal(_forged(paths_of(rule), vocabulary)))


def cut_of_evidence(rule: Rule, vocabulary: Vocabulary, factors: Collection[str]) -> Cut:
    """The minimal forging sets of the paths that this evidence satisfies; none where it satisfies no path."""
    held = frozenset(factors)
    return Cut(_minimal(_forged([path for path in paths_of(rule) if path <= held], vocabulary)))


_held: dict[tuple[str, str, frozenset[str] | None], Cut] = {}  # derived from policies, which never change
MOST_HELD = 4_096


def cuts_of(policy: Policy, rule: Rule, factors: Collection[str]) -> tuple[Cut, Cut]:
    """Both cuts, of the rule and of this evidence, worked out once for each policy."""
    if len(_held) > MOST_HELD:
        _held.clear()
    found = []
    for chosen in (None, frozenset(factors)):
        key = (f"{policy.digest} {policy.vocabulary.digest}", rule.name, chosen)
        if key not in _held:
            words = policy.vocabulary
            _held[key] = cut_of_rule(rule, words) if chosen is None else cut_of_evidence(rule, words, chosen)
        found.append(_held[key])
    return found[0], found[1]


def _forged(paths: Iterable[frozenset[str]], vocabulary: Vocabulary) -> set[frozenset[str]]:
    found = set[frozenset[str]]()
    for path in paths:
        sets = {frozenset[str]()}
        for factor in sorted(path):
            able = [name for name, spec in vocabulary.capabilities.items() if factor in spec.produces]
            grown = {made if name in made else made | {name} for made in sets for name in able}
            sets = {frozenset(each) for each in grown}
            sets = {each for each in sets if not any(other < each for other in sets)}
        found |= sets
    return found


def _minimal(found: set[frozenset[str]]) -> Sets:
    least = [each for each in found if not any(other < each for other in found)]
    return tuple(sorted((tuple(sorted(each)) for each in least), key=lambda each: (len(each), each)))
