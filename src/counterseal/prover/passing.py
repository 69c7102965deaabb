# SPDX-License-Identifier: Apache-2.0
"""How time passes in the search: from threshold to threshold."""

from __future__ import annotations

from collections.abc import Iterator

from counterseal.prover.acts import Acts
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


def between(acts: Acts, state: State) -> Iterator[int]:
    """The moments before the next threshold, in ms from now, that are whole units before some threshold: an effect
    that is wanted late takes place at one if it was asked for its delay earlier."""
    ends = {left for _, left in (*state.fading, *state.old)}
    ends |= {left for _, left, _ in state.pending if left}
    ends |= {state.shut[place] for place in acts.gates if state.shut[place]}
    ends |= {wait - state.ages[place] for place, wait in acts.ages if 0 <= state.ages[place] < wait}
    offsets = sorted({(left - 1) % acts.unit + 1 for left in ends})
    soonest = _next(acts.plan, state) if ends else 0
    for start in range(0, soonest, acts.unit):
        yield from (start + offset for offset in offsets if start + offset < soonest)


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
