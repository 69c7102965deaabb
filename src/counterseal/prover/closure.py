# SPDX-License-Identifier: Apache-2.0
"""What can be done at once because it takes nothing away, and which states are no better than others."""

from __future__ import annotations

from operator import ge

from counterseal.prover.cone import Plan
from counterseal.prover.game import Move
from counterseal.prover.play import Deed, State, useful, ways


def harmless(plan: Plan, state: State) -> Deed | None:
    """A move that is of use and can take nothing away, so that it is made at once; None = there is none."""
    for index, move in enumerate(plan.moves):
        if move.name != plan.goal and useful(plan, state, move):
            heard = move.notify & ~plan.muted & ~state.silenced
            if _harmless(plan, state, move, heard):
                for deed in ways(plan, state, index, move, free=True):
                    return deed
    return None


def _harmless(plan: Plan, state: State, move: Move, heard: int) -> bool:
    """Whether doing the move now can take nothing away from the attacker.

    Before the owner is told a clock that restarts takes nothing: waiting is free then.
    """
    if heard and not state.told:
        return False
    loses = move.loses & ~plan.lasting & plan.needed_facts
    restarts = move.restarts & plan.clock_mask if state.told else 0
    removes = move.removes & plan.needed_factors
    slow = plan.slow_to_remove(move)  # another move would take the class out of `strongest` sooner
    if move.delay:  # its effect comes later, whatever is there then
        return not (loses or move.restarts & plan.clock_mask or removes or slow)
    if slow & state.enrolled and state.told:
        return False
    if loses & state.held or removes & state.enrolled & _mine(plan, state):
        return False
    return not restarts or all(
        state.since[at] == 0 for at, clock in enumerate(plan.clocks) if restarts >> clock & 1
    )


def _mine(plan: Plan, state: State) -> int:
    """Factors that the attacker can prove now or could come to prove without enrolling them."""
    found = plan.proves | plan.revealed | state.known | state.bound
    for _, factors in plan.once:
        found |= factors
    return found


def peers(state: State) -> object:
    """States with the same key can be compared by `covers`."""
    return (state.told, state.enrolled, state.fading, state.old, state.pending)


def covers(one: State, other: State) -> bool:
    """Whether the first of two peers has all that the second has, for as long, and has spent no more."""
    if other.held & ~one.held or other.bound & ~one.bound or other.known & ~one.known:
        return False
    if one.spent & ~other.spent or other.silenced & ~one.silenced:
        return False
    return all(map(ge, one.ages, other.ages)) and all(map(ge, one.since, other.since))
