# SPDX-License-Identifier: Apache-2.0
"""What happens when a deadline comes: a line in the history, never a release. Pure, and once for each deadline."""

from __future__ import annotations

from counterseal.judicial.requests.acts import LOOK_AGAIN, SECOND
from counterseal.judicial.requests.binding import TWO, voided
from counterseal.judicial.requests.handover import RELEASED, expired
from counterseal.judicial.requests.machine import moved, noted
from counterseal.judicial.requests.model import JudicialRequest, State
from counterseal.judicial.requests.stored import Tick
from counterseal.judicial.requests.triage import ANSWER

DESK = "desk"


def ticked(request: JudicialRequest, tick: Tick, at: int) -> JudicialRequest:
    """The request after this deadline; unchanged where it was met, was moved, or was told already."""
    clock = next((each for each in request.clocks if each.name == tick.name and each.due == tick.due), None)
    told = f"{tick.name} {tick.due}"
    if (
        clock is None
        or clock.met is not None
        or at < tick.due
        or any(each.note == told for each in request.history)
    ):
        return request
    if tick.name == SECOND:
        return _second(request, at, told)
    if tick.name == ANSWER and request.state is State.CLARIFICATION:
        return expired(request, at, DESK, told)
    return noted(request, at, DESK, "review_due" if tick.name == LOOK_AGAIN else "clock_due", told)


def _second(request: JudicialRequest, at: int, told: str) -> JudicialRequest:
    """Nobody signed second within four hours: nothing more is delivered, and the desk is told."""
    last = request.approvals[-1] if request.approvals else None
    if last is None or len(set(last.officers)) >= TWO:
        return request
    after = voided(request, "the second officer did not approve within four hours")
    if request.state in RELEASED:
        return moved(after, State.EVIDENCE, at, DESK, "second_overdue", told)
    return noted(after, at, DESK, "second_overdue", told)
