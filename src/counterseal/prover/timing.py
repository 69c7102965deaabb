# SPDX-License-Identifier: Apache-2.0
"""Draws a path together: no step that can be left out, each as early as it can be, the window unchanged.

The search does not count time before the first notice, and does whatever takes nothing away. So its path is played
again: without each step in turn; silent steps as early as they can be; the first one that is heard after the least
wait from which the rest goes on as it was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from counterseal.prover.acts import Acts, acts_of
from counterseal.prover.cone import Plan
from counterseal.prover.game import Cube
from counterseal.prover.passing import elapse
from counterseal.prover.play import Deed, State, fire, firing, first, holds, perform, ready

ROUNDS = 64  # waits tried; there are only as many thresholds
UNDONE = 1 << 62


class Made(NamedTuple):
    """A step as it was done. `at`, `effect`: ms since the start. `cubes`: by which its requirement held when it was
    asked for and when it took effect. `known`: what was disclosed by then; `spends`: one-shot capabilities."""

    deed: Deed
    at: int
    effect: int
    cubes: tuple[Cube, ...]
    known: int
    spends: int
    heard: int


class _Run:
    """One run of the steps. `silenced`: kept here, for the search forgets it once the owner is told."""

    def __init__(self, acts: Acts, steps: Sequence[Deed], state: State) -> None:
        self.acts, self.plan, self.steps, self.state, self.now = acts, acts.plan, steps, state, 0
        self.made: list[Made | None] = [None] * len(steps)

    def copy(self) -> _Run:
        other = _Run(self.acts, self.steps, self.state)
        other.now, other.made = self.now, list(self.made)
        return other

    def do(self, position: int) -> bool:
        """Do a step now, heard or unheard as in the path; False = it cannot be."""
        deed, state = self.steps[position], self.state
        heard = deed.move.notify & ~self.plan.muted & ~state.silenced
        if bool(heard) != bool(deed.heard) and not state.told:
            return False
        if any(index == deed.at for index, _, _ in state.pending):
            return False
        for spends in dict.fromkeys((0, deed.spends)):
            given = self.given(deed, spends)
            cube = None if state.spent & spends else self.cube(deed, given)
            if cube is not None:
                done = deed._replace(given=given, heard=heard, spends=spends)
                self.state = perform(self.acts, state, done)
                late = UNDONE if deed.move.delay else self.now
                self.made[position] = Made(done, self.now, late, (cube,), state.known, spends, heard)
                return True
        return False

    def given(self, deed: Deed, spends: int) -> int:
        state = self.state
        can = self.plan.proves | state.known | state.bound
        for at, (_, factors) in enumerate(self.plan.once):
            if spends >> at & 1:
                can |= factors
        return can if deed.move.request else can & state.enrolled

    def cube(self, deed: Deed, given: int) -> Cube | None:
        """The cube that holds, with as few proofs as can be that are not from a capability."""
        found = [cube for cube in deed.move.cubes if holds(self.state, cube, given)]
        return min(found, key=lambda cube: (cube.proofs & ~self.plan.proves).bit_count(), default=None)

    def fire(self) -> bool:
        """Let what is due take effect; whether there was any."""
        due = ready(self.acts, self.state)
        if not due:
            return False
        index = self.state.pending[due[0]][0]
        cube = firing(self.acts, self.state, due[0])
        for position, made in enumerate(self.made):
            if made is not None and made.deed.at == index and made.effect == UNDONE:
                cubes = made.cubes if cube is None or cube in made.cubes else (*made.cubes, cube)
                self.made[position] = made._replace(effect=self.now, cubes=cubes)
        self.state = fire(self.acts, self.state, due[0])[1]
        return True

    def wait(self, most: int) -> bool:
        """Let time pass to the next threshold, by `most` at most; False = there is nothing to wait for."""
        if self.fire():
            return True
        passed, state = elapse(self.plan, self.state, most)
        if not passed:
            return False
        self.now, self.state = self.now + passed, state
        return True

    def until(self, moment: int) -> bool:
        while self.now < moment:
            if not self.wait(moment - self.now):
                return False
        return self.now == moment


def draw_together(plan: Plan, found: Sequence[Made]) -> list[Made]:
    """The path without what it does not need; as it was found where that cannot be. The goal is last."""
    acts = acts_of(plan)
    best = _draw(acts, found)
    if best is None:
        return list(found)
    position = len(best) - 2
    while position >= 0:
        less = _draw(acts, [*best[:position], *best[position + 1 :]])
        if less is not None and _window(less) == _window(best):
            best = less
        position = min(position, len(best) - 1) - 1
    return best


def _window(path: Sequence[Made]) -> int | None:
    heard = [made.at for made in path if made.heard]
    return path[-1].effect - min(heard) if heard else None


def _draw(acts: Acts, found: Sequence[Made]) -> list[Made] | None:
    steps = [made.deed for made in found]
    heard = next((at for at, made in enumerate(found) if made.heard), len(found))
    run = _Run(acts, steps, first(acts.plan))
    for position in range(heard):
        if not _soon(run, position):
            return None
    if heard == len(found):
        return _finish(run)
    for start in _starts(run):
        done = _as_found(start, found, heard)
        if done is not None:
            return done
    return None


def _soon(run: _Run, position: int) -> bool:
    for _ in range(ROUNDS):
        if run.do(position):
            return True
        if not run.wait(UNDONE):
            return False
    return False


def _starts(run: _Run) -> Iterator[_Run]:
    """This moment, and each later one at which a wait is over."""
    for _ in range(ROUNDS):
        yield run.copy()
        if not run.wait(UNDONE):
            return


def _as_found(run: _Run, found: Sequence[Made], heard: int) -> list[Made] | None:
    """The rest of the path with its old distances from the first step that is heard."""
    origin = run.now - found[heard].at
    for position in range(heard, len(found)):
        if not run.until(found[position].at + origin):
            return None
        while not run.do(position):
            if not run.fire():
                return None
    done = _finish(run)
    return done if done and done[-1].effect - origin == found[-1].effect else None


def _finish(run: _Run) -> list[Made] | None:
    """Wait until the goal has taken effect."""
    for _ in range(ROUNDS):
        goal = run.made[-1]
        if goal is None:
            return None
        if goal.effect != UNDONE:
            late = run.now  # what is pending still would take effect later
            return [_due(made, late) for made in run.made if made is not None]
        if not run.wait(UNDONE):
            return None
    return None


def _due(made: Made, now: int) -> Made:
    return made if made.effect != UNDONE else made._replace(effect=max(now, made.at + made.deed.move.delay))
