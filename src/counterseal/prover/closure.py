# SPDX-License-Identifier: Apache-2.0
"""What can be done at once because it takes nothing away, and which states are no better than others."""

from __future__ import annotations

from collections.abc import Iterator
from operator import ge, le

from counterseal.prover.acts import Act, Acts
from counterseal.prover.game import Cube
from counterseal.prover.play import Deed, State, useful, ways


def harmless(acts: Acts, state: State, after: int = -1) -> Deed | None:
    """A move that is of use and can take nothing away, so that it is made at once; None = there is none.
    `after`: the place of the move made last; those behind it are tried first."""
    others, held = acts.others, state.held
    first = next((index for index, act in enumerate(others) if act.at > after), 0)
    for index in range(first - len(others), first):
        act = others[index]
        if not act.must & ~held and useful(acts, state, act) and _harmless(acts, state, act):
            for deed in ways(acts, state, act, free=True):
                return deed
    return None


def _harmless(acts: Acts, state: State, act: Act) -> bool:
    """Whether doing the move now can take nothing away from the attacker.

    Before the owner is told a clock that restarts takes nothing: waiting is free then.
    """
    move = act.move
    if not state.told and act.heard & ~state.silenced:
        return False
    plan = acts.plan
    blocks = move.binds & acts.resting  # what is pending may rest on the class being gone
    if move.delay:  # its effect comes later, whatever is there then
        return not (move.loses or act.shuts or act.risks or act.slow or blocks)
    if (state.pending and blocks and _blocks(acts, state, blocks & ~state.enrolled)) or (
        state.told and act.slow & state.enrolled
    ):
        return False
    if wakes(acts, state, act):
        return False
    if move.loses & state.held or act.risks & state.enrolled & (plan.obtainable | state.bound):
        return False
    return not state.told or all(state.shut[place] >= wait for place, wait in act.shuts)


def wakes(acts: Acts, state: State, act: Act, *, later: bool = False) -> bool:
    """Whether this move could change when something pending that is `late` takes effect. `later`: made after some
    time, when a clock that has just restarted runs again."""
    if not state.pending or not acts.late:
        return False
    fresh, there = act.move.gains & ~state.held, act.move.binds & ~state.enrolled
    shut = dict(act.shuts)
    gone = act.move.removes & state.enrolled
    if not (fresh or there or gone or shut):
        return False
    for cube, _ in _waiting(acts, state):
        if cube.facts & fresh or cube.absent & gone or cube.proofs & there:
            return True
        if shut and any(place in shut and (later or state.shut[place] < shut[place]) for place, _ in cube.since):
            return True
    return False


def _waiting(acts: Acts, state: State) -> Iterator[tuple[Cube, int]]:
    """The cubes by which something pending that is `late` could take effect, and the ms left until it is due."""
    for at, left, given in state.pending:
        if at in acts.late:
            yield from ((cube, left) for cube in acts.all[at].move.cubes if not cube.proofs & ~given)


def _blocks(acts: Acts, state: State, binds: int) -> bool:
    """Whether something pending that is of use could take effect now, or later, only while these classes are gone:
    it was given no proof of them."""
    for at, _, given in state.pending:
        act = acts.all[at]
        met = [cube for cube in act.move.cubes if not cube.proofs & ~given]
        resting = [cube for cube in met if cube.absent & binds]
        if resting and (act.move.name == acts.plan.goal or useful(acts, state, act)):
            free = [cube for cube in met if not cube.absent & binds]
            if not all(any(_no_more(other, cube) for other in free) for cube in resting):
                return True
    return False


def _no_more(one: Cube, other: Cube) -> bool:
    """Whether the first cube holds wherever the second does, but for the proofs and the classes that are gone."""
    return (
        not one.facts & ~other.facts
        and not one.absent & ~other.absent
        and (one.ages, one.since) == (other.ages, other.since)
    )


def peers(acts: Acts, state: State) -> object:
    """States with the same key can be compared by `covers`."""
    return (state.told, state.enrolled, state.fading, state.old, state.pending, _awaited(acts, state))


def _awaited(acts: Acts, state: State) -> tuple[object, ...]:
    """What decides when something pending that is `late` takes effect: there, more is not better."""
    return tuple(
        (
            cube.facts & state.held,
            tuple([max(0, wait - left - state.ages[place]) for place, wait in cube.ages]),
            tuple([max(0, state.shut[place] - left) for place, _ in cube.since]),
        )
        for cube, left in _waiting(acts, state)
    )


def covers(one: State, other: State) -> bool:
    """Whether the first of two peers has all that the second has, for as long, and has spent no more."""
    if other.held & ~one.held or other.bound & ~one.bound or other.known & ~one.known:
        return False
    if one.spent & ~other.spent or other.silenced & ~one.silenced:
        return False
    return all(map(ge, one.ages, other.ages)) and all(map(le, one.shut, other.shut))
