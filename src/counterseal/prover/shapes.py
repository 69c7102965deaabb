# SPDX-License-Identifier: Apache-2.0
"""The shape of an account: accounts of one shape have one posture, which is proved once.

Clocks, ages and fadings are quantised in the attacker's favour, so that the posture of a shape is never better for
the owner than that of the account: the time since a clock restarted and the age of a fact are rounded **up**, what
is left of a fading is rounded **down**. Windows do not change by it at all: before the first notice every wait is
free for the attacker, so only the earliest moment of a loss depends on clocks (docs/prover-model.md, The bound).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from counterseal.core.policy.expression import Age, Since
from counterseal.core.policy.model import Policy
from counterseal.core.policy.quantities import MAX_WAIT
from counterseal.prover.findings import Start

STEP = 21_600_000
"""6 h: the grid is the pack's own thresholds, and below the largest one every 6 h."""

Times = tuple[tuple[str, int], ...]


class Shape(NamedTuple):
    """An account in the game, hashable. `facts`: fact of the attacker's -> age; `since`: clock -> time since its
    restart, absent = every wait on it is over; `fading`: factor -> what is left. Names in order; ms."""

    enrolled: frozenset[str]
    channels: frozenset[str]
    bound: frozenset[str] = frozenset()
    facts: Times = ()
    since: Times = ()
    fading: Times = ()

    @property
    def start(self) -> Start:
        """The account at the start of the game."""
        return Start(
            self.enrolled, self.channels, dict(self.facts), self.bound, dict(self.since), dict(self.fading)
        )

    @property
    def skeleton(self) -> Shape:
        """Without what runs: what windows depend on."""
        facts = tuple((name, MAX_WAIT) for name, _ in self.facts)
        return Shape(self.enrolled, self.channels, self.bound, facts)

    @property
    def running(self) -> bool:
        """Whether a hold, an age or a fading still counts."""
        return bool(self.since or self.fading or self.facts)


class Shaper:
    """Makes shapes under one policy."""

    def __init__(self, policy: Policy) -> None:
        atoms = [atom for rule in policy.rules.values() for atom in rule.require.atoms]
        self.clocks = _grids((atom.clock, atom.wait) for atom in atoms if isinstance(atom, Since))
        self.ages = _grids((atom.fact, atom.wait) for atom in atoms if isinstance(atom, Age))

    def shape(self, start: Start) -> Shape:
        """The shape of an account. About a microsecond where nothing runs."""
        return Shape(
            start.enrolled,
            start.channels,
            start.bound,
            _aged(self.ages, start.facts) if start.facts else (),
            _since(self.clocks, start.since) if start.since else (),
            _fading(start) if start.fading else (),
        )


def _grids(waits: Iterable[tuple[str, int]]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for name, wait in waits:
        found.setdefault(name, set()).add(wait)
    return {
        name: tuple(sorted({*each, *range(STEP, max(each), STEP)} - {0}))
        for name, each in found.items()
        if any(each)
    }


def _since(grids: Mapping[str, tuple[int, ...]], since: Mapping[str, int]) -> Times:
    found: list[tuple[str, int]] = []
    for clock, time in since.items():
        grid = grids.get(clock)
        if grid is not None and time < grid[-1]:
            up = grid[bisect_left(grid, time)]
            if up < grid[-1]:
                found.append((clock, up))
    found.sort()
    return tuple(found)


def _aged(grids: Mapping[str, tuple[int, ...]], facts: Mapping[str, int]) -> Times:
    found: list[tuple[str, int]] = []
    for fact, age in facts.items():
        grid = grids.get(fact)
        up = MAX_WAIT if grid is None or age >= grid[-1] else grid[bisect_left(grid, age)]
        found.append((fact, MAX_WAIT if grid is None or up == grid[-1] else up))
    found.sort()
    return tuple(found)


def _fading(start: Start) -> Times:
    return tuple(
        sorted(
            (factor, left // STEP * STEP)
            for factor, left in start.fading.items()
            if left >= STEP and factor not in start.enrolled
        )
    )
