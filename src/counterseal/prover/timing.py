# SPDX-License-Identifier: Apache-2.0
"""Draws a path together: each step as early as it can be, the window unchanged.

The search does not count time before the first notice, and a path that was cut needs less of it. So the steps that
are left are played again: silent ones as early as they can be, the first one that is heard after the least wait
from which the rest goes on as it was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from counterseal.prover.cone import Plan
from counterseal.prover.play import Deed, State, effect, elapse, first, holds, perform, ready

ROUNDS = 64  # waits tried; there are only as many thresholds


class Timed(Struct, frozen=True):
    """When a step is done and when it takes effect, ms since the start."""

    at: int
    effect: int


class _Run:
    """One run of the steps."""

    def __init__(self, plan: Plan, steps: Sequence[Deed], state: State) -> None:
        self.plan, self.steps, self.state, self.now = plan, steps, state, 0
        self.times: list[Timed | None] = [None] * len(steps)

    def copy(self) -> _Run:
        other = _Run(self.plan, self.steps, self.state)
        other.now, other.times = self.now, list(self.times)
        return other

    def do(self, position: int) -> bool:
        """Do a step now, as it was done in the path; False = it cannot be."""
        deed = self.steps[position]
        state, move = self.state, deed.move
        heard = move.notify & ~self.plan.muted & ~state.silenced
        if bool(heard) != bool(deed.heard) and not state.told:
            return False
        if any(index == deed.at for index, _, _ in state.pending) or state.spent & deed.spends:
            return False
        can = self.plan.proves | state.known
        given = can if move.request else state.enrolled & (can | state.bound)
        for at, (_, factors) in enumerate(self.plan.once):
            if deed.spends >> at & 1:
                given |= factors if move.request else factors & state.enrolled
        if not any(holds(self.plan, state, cube, given) for cube in move.cubes):
            return False
        self.state = perform(self.plan, state, deed._replace(given=given, heard=heard))
        self.times[position] = Timed(self.now, self.now + (0 if not move.delay else 1 << 62))
        return True

    def fire(self) -> bool:
        """Let what is due take effect; whether there was any."""
        due = ready(self.plan, self.state)
        if not due:
            return False
        index = self.state.pending[due[0]][0]
        position = next(at for at, deed in enumerate(self.steps) if deed.at == index and self.waiting(at))
        made = self.times[position]
        self.times[position] = Timed(made.at if made else self.now, self.now)
        left = self.state.pending[: due[0]] + self.state.pending[due[0] + 1 :]
        self.state = effect(self.plan, self.state._replace(pending=left), self.steps[position].move)
        return True

    def waiting(self, position: int) -> bool:
        made = self.times[position]
        return made is not None and made.effect >= 1 << 61

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
        return True


def draw_together(plan: Plan, steps: Sequence[Deed], times: Sequence[Timed]) -> list[Timed]:
    """New times for the steps of a path; the old ones where none better are found. The last step is the goal."""
    heard = next((at for at, deed in enumerate(steps) if deed.heard), len(steps))
    run = _Run(plan, steps, first(plan))
    for position in range(heard):
        if not _soon(run, position):
            return list(times)
    if heard == len(steps):
        return _finish(run) or list(times)
    for start in _starts(run):
        done = _as_found(start, times, heard)
        if done is not None:
            return done
    return list(times)


def _soon(run: _Run, position: int) -> bool:
    return any(run.do(position) or not run.wait(1 << 62) for _ in range(ROUNDS)) and run.times[position] is not None


def _starts(run: _Run) -> Iterator[_Run]:
    """This moment, and each later one at which a wait is over."""
    for _ in range(ROUNDS):
        yield run.copy()
        if not run.wait(1 << 62):
            return


def _as_found(run: _Run, times: Sequence[Timed], heard: int) -> list[Timed] | None:
    """The rest of the path with its old distances from the first step that is heard."""
    origin = run.now - times[heard].at
    for position in range(heard, len(times)):
        if not run.until(times[position].at + origin):
            return None
        if not (run.do(position) or (run.fire() and run.do(position))):
            return None
    done = _finish(run)
    return done if done and done[-1].effect - origin == times[-1].effect else None


def _finish(run: _Run) -> list[Timed] | None:
    """Wait until the goal has taken effect."""
    for _ in range(ROUNDS):
        if not run.waiting(len(run.steps) - 1):
            return [made for made in run.times if made is not None]
        if not run.wait(1 << 62):
            return None
    return None
