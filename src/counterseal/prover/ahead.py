# SPDX-License-Identifier: Apache-2.0
"""How long the goal is away at least: what the search looks at first, and what it need not look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from counterseal.prover.acts import Act, Acts
from counterseal.prover.game import Cube, bits
from counterseal.prover.play import ENDLESS, State

DEPTH = 2  # how far back it asks how what is missing is got


class _Want(NamedTuple):
    """One cube of a move: `gates` that must be open, (fact, its place or -1, how old it must be, how it is got)."""

    gates: tuple[int, ...]
    facts: tuple[tuple[int, int, int, tuple[_Got, ...]], ...]


class _Got(NamedTuple):
    """One move: at which place, and what it takes, `delay` ms before it gives something."""

    at: int
    delay: int
    wants: tuple[_Want, ...]


class Ahead:
    """Looks at gates, ages and delays only: of the goal, and of what gives the facts that it asks for."""

    def __init__(self, acts: Acts) -> None:
        self.acts = acts
        self.known: dict[tuple[int, int], tuple[_Got, ...]] = {}
        self.ways = self.got(acts.goals, DEPTH)

    def got(self, acts: Iterable[Act], depth: int) -> tuple[_Got, ...]:
        """These moves, as ways to get something."""
        wants = ((act, tuple(self.want(cube, depth) for cube in act.move.cubes)) for act in acts)
        return tuple(_Got(act.at, act.move.delay, each) for act, each in wants)

    def want(self, cube: Cube, depth: int) -> _Want:
        """A cube, and how the facts are got that it asks for."""
        ages = {self.acts.plan.aged[place]: (place, wait) for place, wait in cube.ages}
        facts: list[tuple[int, int, int, tuple[_Got, ...]]] = []
        for fact in bits(cube.facts):
            place, wait = ages.get(fact, (-1, 0))
            facts.append((1 << fact, place, wait, self.giving(fact, depth - 1)))
        return _Want(tuple(place for place, _ in cube.since), tuple(facts))

    def giving(self, fact: int, depth: int) -> tuple[_Got, ...]:
        """The moves that give a fact; none where that is too far back."""
        if depth < 0:
            return ()
        if (fact, depth) not in self.known:
            self.known[fact, depth] = self.got((act for act in self.acts.all if act.move.gains >> fact & 1), depth)
        return self.known[fact, depth]

    def least(self, state: State) -> int:
        """No way from this state, of which the owner knows, reaches the goal in less time (ms)."""
        return _soonest(self.ways, state, {at: left for at, left, _ in state.pending})


def _soonest(ways: tuple[_Got, ...], state: State, pending: Mapping[int, int]) -> int:
    best = ENDLESS
    for at, delay, wants in ways:
        best = min(best, pending.get(at, ENDLESS))
        for want in wants:
            best = min(best, delay + _until(want, state, pending))
    return best


def _until(want: _Want, state: State, pending: Mapping[int, int]) -> int:
    longest = 0
    for place in want.gates:
        longest = max(longest, state.shut[place])
    for fact, place, wait, giving in want.facts:
        if state.held & fact:
            left = wait - state.ages[place] if place >= 0 else 0
        else:
            left = wait + _soonest(giving, state, pending) if giving else wait
        longest = max(longest, left)
    return longest
