# SPDX-License-Identifier: Apache-2.0
"""How long the goal is away at least: what the search looks at first, and what it need not look at."""

from __future__ import annotations

from collections.abc import Mapping

from counterseal.prover.acts import Acts
from counterseal.prover.game import bits
from counterseal.prover.play import ENDLESS, State


class Ahead:
    """For each cube of the goal: gates, aged facts with their waits, and facts with the least time to get them."""

    def __init__(self, acts: Acts) -> None:
        plan = acts.plan
        self.delay = min((act.move.delay for act in acts.goals), default=0)
        self.goals = {act.at for act in acts.goals}
        soonest = {
            fact: min((act.move.delay for act in acts.all if act.move.gains >> fact & 1), default=ENDLESS)
            for cube in (cube for act in acts.goals for cube in act.move.cubes)
            for fact in bits(cube.facts)
        }
        self.cubes = tuple(
            (
                tuple(place for place, _ in cube.since),
                tuple((place, wait, wait + soonest[plan.aged[place]]) for place, wait in cube.ages),
                _late(soonest, cube.facts),
            )
            for act in acts.goals
            for cube in act.move.cubes
        )

    def least(self, state: State) -> int:
        """No way from this state, of which the owner knows, reaches the goal in less time (ms)."""
        best = ENDLESS
        for gates, aged, late in self.cubes:
            longest = 0
            for place in gates:
                longest = max(longest, state.shut[place])
            for place, wait, fresh in aged:
                age = state.ages[place]
                longest = max(longest, fresh if age < 0 else wait - age)
            for fact, time in late:
                if not state.held >> fact & 1:
                    longest = max(longest, time)
            best = min(best, longest)
        best += self.delay
        for at, left, _ in state.pending:
            if at in self.goals:
                best = min(best, left)
        return best


def _late(soonest: Mapping[int, int], facts: int) -> tuple[tuple[int, int], ...]:
    return tuple((fact, soonest[fact]) for fact in bits(facts) if soonest[fact])
