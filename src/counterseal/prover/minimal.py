# SPDX-License-Identifier: Apache-2.0
"""Every minimal capability set that reaches a goal in too short a time, each with its best attack.

The bound proposes, the exact search decides. What the bound proposes in vain is not searched set by set: one search
of a largest set that holds no attack found so far settles all its subsets, or leads to a new minimal set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from counterseal.prover.classes import Way
from counterseal.prover.exact import Memo, search
from counterseal.prover.findings import Attack, Step, Use
from counterseal.prover.game import Game, bits
from counterseal.prover.reached import Reached
from counterseal.prover.space import Space

EVER = 1 << 62
"""The threshold that every attack is under."""
SILENT = -(1 << 61)
"""The threshold that only silent attacks are under."""


class Finder:
    """Searches one game; what was searched is kept. `memo`: of the same account, where there is one."""

    def __init__(self, game: Game, space: Space, reached: Mapping[str, Reached], memo: Memo | None = None) -> None:
        self.game, self.space, self.reached, self.memo = game, space, reached, memo or Memo(game)
        self.known: dict[tuple[tuple[str, ...], str, int], Attack | None] = {}
        self.searches = 0

    def attack(self, names: tuple[str, ...], goal: str, window: int = EVER) -> Attack | None:
        """The best attack of a set of capabilities on a goal, if its window is shorter than this."""
        if (names, goal, window) not in self.known:
            self.searches += 1
            found = search(self.game, names, [goal], horizon=horizon_of(window), memo=self.memo)
            self.known[names, goal, window] = found.get(goal)
        return self.known[names, goal, window]

    def within(self, chosen: int, goal: str, window: int) -> Attack | None:
        """The best attack of a set of classes if its window is shorter than this."""
        return self.attack(self.space.classes.first(bits(chosen)), goal, window)

    def may(self, goal: str, window: int) -> int:
        """The sets that the bound does not clear."""
        return self.reached[goal].within(window)

    def minimal(self, goal: str, window: int) -> list[tuple[int, Attack]]:
        """The minimal sets of classes with a window shorter than this, and their attacks."""
        space = self.space
        left = self.may(goal, window)
        found: list[tuple[int, Attack]] = []
        while left:
            for position in space.minimal(left):
                if not left >> position & 1:
                    continue  # an attack found meanwhile is in it
                chosen = space.chosen(position)
                attack = self.within(chosen, goal, window)
                if attack is None:
                    left &= ~(1 << position)
                    chosen = self.larger(chosen, [one for one, _ in found])
                    attack = self.within(chosen, goal, window) if space.sets is None else None
                    if attack is None:
                        left &= ~space.below(chosen) if space.sets is None else -1
                        continue
                    chosen, attack = self.smaller(chosen, attack, goal, window)
                found.append((chosen, attack))
                left &= ~space.above(chosen)
        return found

    def larger(self, chosen: int, found: Collection[int]) -> int:
        """A largest set around this one that holds none of those found."""
        for index in range(len(self.space.classes)):
            more = chosen | 1 << index
            if not any(one & more == one for one in found):
                chosen = more
        return chosen

    def smaller(self, chosen: int, attack: Attack, goal: str, window: int) -> tuple[int, Attack]:
        """A smallest set inside this one, class by class."""
        for index in bits(chosen):
            less = chosen & ~(1 << index)
            again = self.within(less, goal, window) if self.may(goal, window) >> less & 1 else None
            if again is not None:
                chosen, attack = less, again
        return chosen, attack


def horizon_of(window: int) -> int:
    """The horizon of the search for attacks under a threshold."""
    return 0 if window <= SILENT else window


def shorter(attack: Attack, window: int) -> bool:
    """Whether an attack is silent or its window is shorter than this (SILENT: only silent ones)."""
    return attack.window is None or attack.window < window


def minimal_attacks(
    finder: Finder, window: int, goals: Collection[str], *, largest: int | None = None
) -> list[Attack]:
    """Per goal every minimal set of capabilities with a window shorter than this. Sets of classes are spelled out;
    `largest`: leave out sets of more capabilities."""
    found: list[Attack] = []
    for goal in goals:
        if goal in finder.space.classes.desk:
            spelled = [(way, finder.attack(way, goal, window)) for way in finder.space.classes.desk[goal]]
            every = {frozenset(way): attack for way, attack in spelled if attack}
        else:
            every = {}
            for chosen, attack in finder.minimal(goal, window):
                for one in spell(finder, chosen, attack, window):
                    every.setdefault(frozenset(one.capabilities), one)
        least = [one for one in every if not any(other < one for other in every)]
        found += [every[one] for one in least if largest is None or len(one) <= largest]
    return sorted(found, key=lambda one: (rank(one), len(one.capabilities), one.capabilities, one.outflow))


def rank(attack: Attack) -> int:
    """Silent first, then by window."""
    return SILENT if attack.window is None else attack.window


def spell(finder: Finder, chosen: int, attack: Attack, window: int) -> Iterator[Attack]:
    """The attack of a set of classes for every choice of members: the same steps with other sources of proofs. What
    was disclosed to a forged request begins with the disclosure."""
    classes = finder.space.classes
    indices = list(bits(chosen))
    firsts = [classes.members[index][0] for index in indices]
    disclosed = any(isinstance(first, Way) for first in firsts)
    for members in classes.expand(indices):
        names = tuple(sorted({name for member in members for name in member}))
        if disclosed:  # the one that was searched begins with a disclosure itself
            other = attack if names == attack.capabilities else finder.attack(names, attack.outflow, window)
            if other is not None:
                yield other
            continue
        sources: dict[str, str] = {}
        before: list[Step] = []
        for first, member in zip(firsts, members, strict=True):
            if isinstance(member, Way):
                sources[first[0]] = "disclosed"
                before += _disclosure(finder, member)
            else:
                sources[first[0]] = member[0]
        late = max((step.effect for step in before), default=0)
        path = (*before, *(_changed(step, sources, late) for step in attack.path))
        yield replace(attack, capabilities=names, leaves=attack.leaves + late, path=path)


def _disclosure(finder: Finder, way: Way) -> tuple[Step, ...]:
    found = finder.attack(tuple(way), way.rule)
    return () if found is None else found.path


def _changed(step: Step, sources: Mapping[str, str], late: int) -> Step:
    uses = tuple(Use(use.factor, sources.get(use.source, use.source)) for use in step.uses)
    return replace(step, at=step.at + late, effect=step.effect + late, uses=uses)
