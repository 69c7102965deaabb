# SPDX-License-Identifier: Apache-2.0
"""What of a request an authority reads at the portal. Pure.

Never our evidence, our officers, or what a call-back found; above all no suspicion: whoever forged a request with a
stolen account reads of it what they would read of a genuine one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterseal.judicial.requests.machine import before_suspicion
from counterseal.judicial.requests.model import Clock, JudicialRequest, State, Type
from counterseal.judicial.requests.triage import ABOUT, ANSWER, WORKED_ON

WORKING: Final = "working"
WITHDRAW_ASKED: Final = "withdraw_asked"
"""In the history of a request that was doubted when its authority withdrew it."""
STANDINGS: Final[Mapping[State, str]] = {
    State.RECEIVED: "received",
    **dict.fromkeys((State.TRIAGED, State.EVIDENCE, State.LEGAL_REVIEW), WORKING),
    **dict.fromkeys((State.DECISION_PENDING, State.APPROVED), WORKING),
    State.CLARIFICATION: "question",
    State.PACKAGE_BUILT: "package",
    **dict.fromkeys((State.DELIVERED, State.NOTICE_DUE, State.NOTIFIED), "answered"),
    State.EXECUTED: "carried_out",
    State.REJECTED: "refused",
    State.WITHDRAWN: "withdrawn",
    State.DUPLICATE: "duplicate",
    State.EXPIRED: "ended",
    State.CONFIRMED_FORGED: "ended",
}
"""In the words of the portal. When owners are told is not theirs to know: it reads `answered`."""
OURS: Final = frozenset({"answer", "freeze_answer", "emergency_answer"})
LIFTED: Final = frozenset({Type.FREEZE, Type.SEIZURE})


def standing(request: JudicialRequest) -> str:
    """received, working, question, package, answered, carried_out, refused, withdrawn, duplicate or ended."""
    state = _state(request)
    if state is State.CLOSED:
        states = {each.state for each in request.history}
        return "answered" if State.DELIVERED in states else "carried_out" if State.EXECUTED in states else "ended"
    told = STANDINGS[state]
    if request.state is not State.SUSPECTED_FORGED:
        return told
    if _taken_back(request):
        return "withdrawn"
    return WORKING if told in {"question", "package"} else told  # neither can be used now


def takes_more(request: JudicialRequest) -> bool:
    """Whether documents can still be added, and the request be withdrawn."""
    return _state(request) in WORKED_ON and not _taken_back(request)


def changes(request: JudicialRequest) -> tuple[Type, ...]:
    """The types of requests that may be about this one."""
    if request.type in ABOUT:
        return ()
    if takes_more(request):
        return (Type.AMENDMENT,)
    return (Type.WITHDRAWAL,) if _state(request) is State.EXECUTED and request.type in LIFTED else ()


def deadlines(request: JudicialRequest) -> tuple[tuple[str, Clock], ...]:
    """The clocks that concern the authority, earliest first: answer, acknowledge, your_answer or preserved."""
    named = [(_name(each), each) for each in request.clocks]
    return tuple(sorted([each for each in named if each[0]], key=lambda each: each[1].due))


def due(request: JudicialRequest) -> int | None:
    """The next deadline (ms) that nobody met, ours or theirs; None = none runs."""
    if not takes_more(request):
        return None
    running = [clock.due for name, clock in deadlines(request) if clock.met is None and name != "preserved"]
    return min(running, default=None)


def _taken_back(request: JudicialRequest) -> bool:
    doubted = request.state is State.SUSPECTED_FORGED
    return doubted and any(each.what == WITHDRAW_ASKED for each in request.history)


def _name(clock: Clock) -> str:
    if clock.name == ANSWER:
        return "your_answer"
    if clock.name in OURS:
        return "answer"
    return {"acknowledge": "acknowledge", "preserved_until": "preserved"}.get(clock.name, "")


def _state(request: JudicialRequest) -> State:
    suspected = request.state is State.SUSPECTED_FORGED
    return before_suspicion(request) if suspected else request.state
