# SPDX-License-Identifier: Apache-2.0
"""How time passes in the search: from threshold to threshold."""

from __future__ import annotations

from counterseal.prover.cone import Plan
from counterseal.prover.play import ENDLESS, State


def elapse(plan: Plan, state: State, most: int = ENDLESS) -> tuple[int, State]:
    """Let time pass to the next threshold or by `most`: (ms, state); 0 = nothing is left to wait for."""
    passed = _next(plan, state)
    if passed == ENDLESS or not most:
        return most if most < ENDLESS else 0, state
    passed = min(passed, most)
    silenced = state.silenced
    for channel, left in state.old:
        if left == passed:
            silenced |= 1 << channel
    ages = [
        age if age < 0 else min(age + passed, waits[-1])
        for age, waits in zip(state.ages, plan.fact_waits, strict=True)
    ]
    return passed, State(
        *state[:5],
        silenced,
        state.spent,
        tuple(ages),
        tuple([max(0, left - passed) for left in state.shut]),
        tuple([(factor, left - passed) for factor, left in state.fading if left > passed]),
        tuple([(channel, left - passed) for channel, left in state.old if left > passed]),
        tuple([(index, max(0, left - passed), given) for index, left, given in state.pending]),
    )


def _next(plan: Plan, state: State) -> int:
    """Ms to the next moment at which a wait is over; ENDLESS = there is none."""
    soonest = ENDLESS
    for _, left in (*state.fading, *state.old):
        soonest = min(soonest, left)
    for _, left, _ in state.pending:
        if left:
            soonest = min(soonest, left)
    for left in state.shut:
        if left:
            soonest = min(soonest, left)
    for time, waits in zip(state.ages, plan.fact_waits, strict=True):
        if 0 <= time < waits[-1]:
            for limit in waits:
                if limit > time:
                    soonest = min(soonest, limit - time)
                    break
    return soonest
