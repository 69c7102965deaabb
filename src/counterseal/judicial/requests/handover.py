# SPDX-License-Identifier: Apache-2.0
"""From an approved request to the package: the steps that the disclosure takes inside its own commit. Pure."""

from __future__ import annotations

import msgspec

from counterseal.judicial.requests.binding import standing
from counterseal.judicial.requests.machine import moved
from counterseal.judicial.requests.model import Happened, JudicialRequest, State

RELEASED = frozenset({State.APPROVED, State.PACKAGE_BUILT})


def release_fault(request: JudicialRequest, now: int) -> str:
    """Why nothing may be built or handed out now, as a code; "" = it may. The policy is asked besides."""
    if request.state not in RELEASED:
        return "request_state"
    if standing(request, now) is None:
        last = request.approvals[-1] if request.approvals else None
        return (
            "second_overdue"
            if last is not None and not last.void and last.second_by is not None
            else "not_approved"
        )
    return ""


def step(request: JudicialRequest, to: State, happened: Happened) -> JudicialRequest:
    """One step of the machine with this line of history. Raises RequestStateError."""
    return moved(request, to, happened.at, happened.by, happened.what, happened.note)


def package_built(request: JudicialRequest, disclosure: str, at: int, by: str) -> JudicialRequest:
    """A package lies ready. Raises RequestStateError."""
    held = msgspec.structs.replace(request, disclosures=(*request.disclosures, disclosure))
    return moved(held, State.PACKAGE_BUILT, at, by, "package_built", disclosure)


def delivered(request: JudicialRequest, at: int, by: str, note: str = "") -> JudicialRequest:
    """The authority fetched it: every clock of the law is met, and the owner's notice is due where there is a basis
    for silence. Raises RequestStateError."""
    met = tuple(
        each if each.met is not None or each.name == "emergency_review" else msgspec.structs.replace(each, met=at)
        for each in request.clocks
    )
    after = moved(msgspec.structs.replace(request, clocks=met), State.DELIVERED, at, by, "delivered", note)
    return after if request.silence is None else moved(after, State.NOTICE_DUE, at, "desk", "notice_due")


def notified(request: JudicialRequest, at: int, by: str, note: str = "") -> JudicialRequest:
    """The owners were told. Raises RequestStateError."""
    return moved(request, State.NOTIFIED, at, by, "notified", note)


def expired(request: JudicialRequest, at: int, by: str, note: str) -> JudicialRequest:
    """Nobody fetched it, or nobody answered. Raises RequestStateError."""
    return moved(request, State.EXPIRED, at, by, "expired", note)
