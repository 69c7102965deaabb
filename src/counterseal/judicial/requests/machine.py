# SPDX-License-Identifier: Apache-2.0
"""The ways between the states of a request, and the only functions that change a state. Pure.

A suspicion can come from every state, after delivery too; what is confirmed as forged stays so. A way that is not
here is refused: nothing is approved without a decision pending, nothing is handed out that was not approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from counterseal.judicial.requests.model import Happened, JudicialRequest, State
from counterseal.judicial.requests.stored import RequestRuleError

S = State
_OUT: Final = frozenset({S.REJECTED, S.WITHDRAWN, S.SUSPECTED_FORGED})
_AT_WORK: Final = _OUT | {S.DUPLICATE, S.TRIAGED, S.EVIDENCE, S.CLARIFICATION}
WAYS: Final[Mapping[State, frozenset[State]]] = {
    S.RECEIVED: _OUT | {S.TRIAGED, S.DUPLICATE},
    S.TRIAGED: _AT_WORK,
    S.EVIDENCE: _AT_WORK | {S.LEGAL_REVIEW, S.DECISION_PENDING, S.EXECUTED, S.CLOSED},
    S.CLARIFICATION: _AT_WORK | {S.EXPIRED},
    S.LEGAL_REVIEW: _AT_WORK | {S.LEGAL_REVIEW, S.DECISION_PENDING, S.EXECUTED, S.CLOSED},
    S.DECISION_PENDING: _AT_WORK | {S.LEGAL_REVIEW, S.APPROVED, S.EXECUTED},
    S.APPROVED: _AT_WORK | {S.LEGAL_REVIEW, S.PACKAGE_BUILT, S.EXECUTED, S.CLOSED},
    S.PACKAGE_BUILT: _OUT | {S.EVIDENCE, S.LEGAL_REVIEW, S.TRIAGED, S.APPROVED, S.DELIVERED, S.EXPIRED},
    S.DELIVERED: frozenset({S.NOTICE_DUE, S.NOTIFIED, S.CLOSED, S.SUSPECTED_FORGED}),
    S.NOTICE_DUE: frozenset({S.NOTIFIED, S.SUSPECTED_FORGED}),
    S.NOTIFIED: frozenset({S.CLOSED, S.SUSPECTED_FORGED}),
    S.EXECUTED: frozenset({S.CLOSED, S.WITHDRAWN, S.SUSPECTED_FORGED}),
    S.CLOSED: frozenset({S.SUSPECTED_FORGED}),
    S.REJECTED: frozenset({S.SUSPECTED_FORGED}),
    S.WITHDRAWN: frozenset({S.SUSPECTED_FORGED}),
    S.DUPLICATE: frozenset({S.SUSPECTED_FORGED}),
    S.EXPIRED: frozenset({S.SUSPECTED_FORGED, S.EVIDENCE}),
    S.SUSPECTED_FORGED: frozenset(S) - {S.SUSPECTED_FORGED, S.RECEIVED} | {S.RECEIVED},  # cleared: see `cleared`
    S.CONFIRMED_FORGED: frozenset(),
}
OPEN_TO_WORK: Final = frozenset({S.TRIAGED, S.EVIDENCE, S.CLARIFICATION, S.LEGAL_REVIEW, S.DECISION_PENDING})
"""Where evidence, claim, fields and review may still change without an approval to void."""
HANDED_OUT: Final = frozenset({S.DELIVERED, S.NOTICE_DUE, S.NOTIFIED})


class RequestStateError(RequestRuleError):
    """The request's state does not allow this."""

    code = "request_state"


def may(state: State, to: State) -> bool:
    """Whether there is a way; out of a suspicion only by `cleared` and `moved(..., CONFIRMED_FORGED)`."""
    return to in WAYS[state]


def refused(state: State, doing: str) -> RequestStateError:
    """The error for an operation that this state does not know."""
    return RequestStateError(f"a request that is `{state}` cannot be {doing}")


def moved(request: JudicialRequest, to: State, at: int, by: str, what: str, note: str = "") -> JudicialRequest:
    """The request in another state, with a line of history. Raises RequestStateError."""
    suspected = request.state is S.SUSPECTED_FORGED and to is not S.CONFIRMED_FORGED
    if suspected or not may(request.state, to):
        raise refused(request.state, f"moved to `{to}`")
    return _to(request, to, at, by, what, note)


def noted(request: JudicialRequest, at: int, by: str, what: str, note: str = "") -> JudicialRequest:
    """The same state, with a line of history."""
    return msgspec.structs.replace(request, history=(*request.history, Happened(at, what, by, note)))


def cleared(request: JudicialRequest, at: int, by: str, note: str) -> JudicialRequest:
    """Two officers found the suspicion wrong: back to the state before it. Raises RequestStateError.

    Work that was under way goes on at its evidence: what stood approved was voided by the suspicion.
    """
    if request.state is not S.SUSPECTED_FORGED:
        raise refused(request.state, "cleared")
    before = before_suspicion(request)
    back = S.EVIDENCE if before in {S.DECISION_PENDING, S.APPROVED, S.PACKAGE_BUILT} else before
    return _to(request, back, at, by, "cleared", note)


def before_suspicion(request: JudicialRequest) -> State:
    """The state that a suspicion interrupted."""
    states = [each.state for each in request.history if each.state is not None]
    return next((each for each in reversed(states) if each is not S.SUSPECTED_FORGED), S.RECEIVED)


def handed_out(request: JudicialRequest) -> bool:
    """Whether data left, or an order was carried out, on this request."""
    done = HANDED_OUT | {S.EXECUTED}
    return request.state in done or any(each.state in done for each in request.history)


def _to(request: JudicialRequest, to: State, at: int, by: str, what: str, note: str) -> JudicialRequest:
    history = (*request.history, Happened(at, what, by, note, to))
    return msgspec.structs.replace(request, state=to, history=history)
