# SPDX-License-Identifier: Apache-2.0
"""The moves of a plan with what the search asks of them again and again, worked out once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import gcd
from operator import and_
from typing import NamedTuple

from counterseal.prover.cone import Plan
from counterseal.prover.game import Move


class Act(NamedTuple):
    """A move. `at`: its place in the plan. `must`: facts that it always asks for. `heard`: channels that its
    notice can reach. `gives`: factors that it is of use to enrol; `frees`: factors that it is of use to remove;
    `hush`: channels that it keeps from the owner.

    `risks`: factors that it removes and that some move asks for; `slow`: those that another move removes with a
    shorter fading. `shuts`: (gate, ms) that the clocks it restarts shut; `gained`, `lost`: places of the facts
    whose age it changes."""

    at: int
    move: Move
    must: int
    heard: int
    gives: int
    frees: int
    hush: int
    risks: int
    slow: int
    shuts: tuple[tuple[int, int], ...]
    gained: tuple[int, ...]
    lost: tuple[int, ...]


class Acts:
    """`goals`: the one by which value leaves; `others`: the rest; `all`: by place; `resting`: classes that
    must be gone when something pending takes effect; `late`: places of moves with a delay whose effect can take
    something away, so that it may be wanted as late as can be. `once`: (bit of `spent`, factors) per one-shot
    capability. `gates` (places), `ages` (place, wait): what moves other than the goal ask for where something is
    `late`; `unit`: ms of which their waits, and the delays of such moves, are multiples."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.all = tuple(_act(plan, at, move) for at, move in enumerate(plan.moves))
        self.goals = tuple(act for act in self.all if act.move.name == plan.goal)
        self.others = tuple(act for act in self.all if act.move.name != plan.goal)
        self.resting = 0
        for cube in (cube for move in plan.moves if move.delay for cube in move.cubes):
            self.resting |= cube.absent
        self.late = frozenset(act.at for act in self.others if act.move.delay and self.hurts(act, self.others))
        cubes = [cube for act in self.others for cube in act.move.cubes]
        self.gates = tuple({place for cube in cubes for place, _ in cube.since}) if self.late else ()
        self.ages = tuple({(place, wait) for cube in cubes for place, wait in cube.ages}) if self.late else ()
        own = [wait for act in self.others for wait in (act.move.delay, act.move.fade if act.frees else 0)]
        old = plan.game.old if any(act.move.replaces for act in self.others) else 0
        waits = [wait for place in self.gates for _, wait in plan.gates[place]] + [wait for _, wait in self.ages]
        self.unit = gcd(old, *own, *waits) if self.late else 0
        self.once = tuple((1 << place, factors) for place, (_, factors) in enumerate(plan.once))

    def hurts(self, act: Act, others: tuple[Act, ...]) -> bool:
        """Whether the effect, whatever is there then, can take from these moves what they ask for."""
        if act.slow or act.move.binds & self.resting:
            return True
        cubes = [cube for other in others if other is not act for cube in other.move.cubes]
        shut = {place for place, _ in act.shuts}
        return any(
            cube.facts & act.move.loses or cube.proofs & act.risks or any(place in shut for place, _ in cube.since)
            for cube in cubes
        )


def acts_of(plan: Plan) -> Acts:
    """The acts of a plan, made once for it."""
    if plan.acts is None:
        plan.acts = Acts(plan)
    return plan.acts


def _act(plan: Plan, at: int, move: Move) -> Act:
    slow = 0
    if move.removes & plan.absent:
        for other in plan.moves:
            if other.fade < move.fade:
                slow |= other.removes & move.removes & plan.absent
    aging = tuple(enumerate(plan.aged)) if move.gains or move.loses else ()
    return Act(
        at=at,
        move=move,
        must=reduce(and_, (cube.facts for cube in move.cubes)),
        heard=move.notify & plan.heard,
        gives=move.binds & plan.needed_factors & ~plan.sure,
        frees=move.removes & plan.gone,
        hush=move.silences | move.replaces,
        risks=move.removes & plan.needed_factors,
        slow=slow,
        shuts=tuple(_shuts(plan, move)) if move.restarts else (),
        gained=tuple([place for place, fact in aging if move.gains >> fact & 1]),
        lost=tuple([place for place, fact in aging if move.loses >> fact & 1]),
    )


def _shuts(plan: Plan, move: Move) -> Iterator[tuple[int, int]]:
    for place, gate in enumerate(plan.gates):
        waits = [wait for clock, wait in gate if move.restarts >> clock & 1]
        if waits:
            yield place, max(waits)
