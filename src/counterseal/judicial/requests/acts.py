# SPDX-License-Identifier: Apache-2.0
"""What is done to a request after triage, each a pure step that raises where the request does not allow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from counterseal.judicial.requests.binding import (
    REVIEW_AFTER,
    SECOND_WITHIN,
    TWO,
    digest_of,
    standing,
    voided,
)
from counterseal.judicial.requests.decision import Decided
from counterseal.judicial.requests.handover import RELEASED
from counterseal.judicial.requests.machine import cleared, moved, noted, refused
from counterseal.judicial.requests.model import (
    Approved,
    Clock,
    Field,
    JudicialRequest,
    Review,
    State,
    Type,
)
from counterseal.judicial.requests.stored import RequestRuleError
from counterseal.judicial.requests.triage import changed_back

SECOND: Final = "second_officer"
LOOK_AGAIN: Final = "emergency_review"
AT_WORK: Final = frozenset({State.EVIDENCE, State.LEGAL_REVIEW, State.DECISION_PENDING})


class NotReadyError(RequestRuleError):
    """Something is missing before this."""

    code = "not_ready"


class StaleApprovalError(RequestRuleError):
    """What was signed is not this request any more."""

    code = "request_changed"


def reviewed(
    request: JudicialRequest, *, passed: bool, basis: str, reason: str, at: int, by: str
) -> JudicialRequest:
    """The legal check; a second person's is added to a first one that passed. Raises RequestStateError."""
    if request.state not in AT_WORK:
        raise refused(request.state, "reviewed")
    if basis != request.legal_basis:
        raise RequestRuleError(
            f"the request was triaged under `{request.legal_basis}`", code="basis_differs", hint="triage it again"
        )
    people, earlier = [by], request.review
    if passed and earlier is not None and earlier.passed and earlier.basis == basis:
        people = list(dict.fromkeys([*earlier.by.split(), by]))
    made = Review(at, " ".join(people), passed, basis, reason)
    after = voided(msgspec.structs.replace(request, review=made), "it was reviewed again")
    what = "review_passed" if passed else "review_failed"
    return moved(after, State.LEGAL_REVIEW, at, by, what, reason)


def chosen(request: JudicialRequest, fields: Sequence[Field], at: int, by: str) -> JudicialRequest:
    """The fields that are to be handed out. Raises RequestStateError."""
    after = msgspec.structs.replace(request, fields=tuple(fields))
    return changed_back(request, after, at, by, "fields_chosen")


def submitted(request: JudicialRequest, decided: Decided, at: int, by: str) -> JudicialRequest:
    """Put before two officers. Raises NotReadyError unless only they are missing."""
    check_ready(decided)
    return moved(request, State.DECISION_PENDING, at, by, "submitted")


def check_ready(decided: Decided) -> None:
    """Raise NotReadyError with what is missing besides the officers."""
    if not decided.ready:
        missing = [
            each for each in decided.missing if not each.code.endswith("officer") and each.code != "two_officers"
        ]
        raise NotReadyError(
            "; ".join(each.english for each in missing) or "the rule does not hold",
            hint=", ".join(each.code for each in missing),
        )


def approved(
    request: JudicialRequest, digest: str, officers: Sequence[str], decided: Decided, at: int
) -> JudicialRequest:
    """Two officers approved exactly this. Raises StaleApprovalError, NotReadyError, RequestStateError."""
    check_digest(request, digest)
    held = standing(request, at)
    second = request.state is State.APPROVED and held is not None and len(set(held.officers)) < TWO
    if request.state is not State.DECISION_PENDING and not second:
        raise refused(request.state, "approved")
    check_allowed(decided)
    made = Approved(at, digest, tuple(officers))
    by = "+".join(officers)
    after = msgspec.structs.replace(request, approvals=(*request.approvals, made), clocks=_met(request, SECOND, at))
    if second:
        return noted(after, at, by, "approved_by_second")
    return moved(after, State.APPROVED, at, by, "approved")


def approved_by_duty(
    request: JudicialRequest, digest: str, officer: str, decided: Decided, at: int
) -> JudicialRequest:
    """One officer approved an emergency; the second follows within four hours, and all of it is looked at again
    after 48. Raises StaleApprovalError, NotReadyError, RequestStateError."""
    if request.type is not Type.EMERGENCY:
        raise refused(request.state, "approved by one: it is no emergency")
    check_digest(request, digest)
    if request.state is not State.DECISION_PENDING:
        raise refused(request.state, "approved")
    check_allowed(decided)
    due = at + SECOND_WITHIN
    made = Approved(at, digest, (officer,), second_by=due)
    clocks = (
        *(each for each in request.clocks if each.name not in {SECOND, LOOK_AGAIN}),
        Clock(SECOND, due, "nothing more is delivered"),
        Clock(LOOK_AGAIN, at + REVIEW_AFTER, "it is looked at again"),
    )
    after = msgspec.structs.replace(request, approvals=(*request.approvals, made), clocks=clocks)
    return moved(after, State.APPROVED, at, officer, "approved_by_duty")


def check_digest(request: JudicialRequest, digest: str) -> None:
    """Raise StaleApprovalError unless this is what was signed."""
    if digest != digest_of(request):
        raise StaleApprovalError(
            "the request changed after it was shown for approval", hint="read it again, and propose it again"
        )


def check_allowed(decided: Decided) -> None:
    """Raise NotReadyError unless the rule holds with these officers."""
    if not decided.allowed:
        raise NotReadyError(
            "; ".join(each.english for each in decided.missing) or "the rule does not hold",
            hint=", ".join(each.code for each in decided.missing),
        )


def suspected(request: JudicialRequest, at: int, by: str, reason: str) -> JudicialRequest:
    """It may be forged: what was approved is void. From every state but a confirmed forgery."""
    return moved(voided(request, "it may be forged"), State.SUSPECTED_FORGED, at, by, "suspected", reason)


def confirmed(request: JudicialRequest, officers: Sequence[str], at: int, reason: str) -> JudicialRequest:
    """Two officers state that it is forged. Raises RequestStateError unless it was suspected."""
    return moved(request, State.CONFIRMED_FORGED, at, "+".join(officers), "confirmed_forged", reason)


def found_genuine(request: JudicialRequest, officers: Sequence[str], at: int, reason: str) -> JudicialRequest:
    """Two officers state that it is genuine. Raises RequestStateError unless it was suspected."""
    return cleared(request, at, "+".join(officers), reason)


def ended(request: JudicialRequest, to: State, at: int, by: str, reason: str) -> JudicialRequest:
    """Rejected, withdrawn, duplicate or closed; its clocks stand still. Raises RequestStateError."""
    if to is State.CLOSED and request.state in {State.EVIDENCE, State.LEGAL_REVIEW, State.APPROVED}:
        raise refused(request.state, "closed")
    after = voided(request, f"it is {to}")
    after = msgspec.structs.replace(after, clocks=tuple(_stopped(each, at) for each in after.clocks))
    return moved(after, to, at, by, to.value, reason)


def _stopped(clock: Clock, at: int) -> Clock:
    return clock if clock.met is not None or clock.name == LOOK_AGAIN else msgspec.structs.replace(clock, met=at)


def _met(request: JudicialRequest, name: str, at: int) -> tuple[Clock, ...]:
    return tuple(
        msgspec.structs.replace(each, met=at) if each.name == name and each.met is None else each
        for each in request.clocks
    )


def left(request: JudicialRequest, officers: Sequence[str], at: int) -> JudicialRequest:
    """Somebody who approved it is no member of staff any more: it is approved anew, or not at all."""
    approval = standing(request, at)
    if approval is None or not set(officers) & set(approval.officers):
        return request
    after = voided(request, f"{', '.join(officers)} left before it was handed out")
    if request.state in RELEASED:
        return moved(after, State.LEGAL_REVIEW, at, "desk", "approver_left", ", ".join(officers))
    return noted(after, at, "desk", "approver_left", ", ".join(officers))


def extended(request: JudicialRequest, clock: Clock, at: int, by: str, reason: str) -> JudicialRequest:
    """A deadline made longer, once. Raises RequestRuleError where it does not run (any more)."""
    kept = tuple(clock if each.name == clock.name else each for each in request.clocks)
    if kept == request.clocks or any(each.name == clock.name and each.met is not None for each in request.clocks):
        raise RequestRuleError("this deadline does not run", code="clock_unknown")
    return noted(msgspec.structs.replace(request, clocks=kept), at, by, "extended", f"{clock.name}: {reason}")


def assigned(request: JudicialRequest, staff: str, at: int, by: str) -> JudicialRequest:
    """Somebody works on it. It is no part of what is approved."""
    return noted(msgspec.structs.replace(request, assigned=staff), at, by, "assigned", staff)
