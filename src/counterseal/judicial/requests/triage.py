# SPDX-License-Identifier: Apache-2.0
"""Intake and triage: what a request is, by the word of one of our own, and what it becomes by that. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.judicial.requests.binding import HOUR, voided
from counterseal.judicial.requests.evidence import contradictions
from counterseal.judicial.requests.machine import HANDED_OUT, moved, noted, refused
from counterseal.judicial.requests.model import (
    Claim,
    Clock,
    Happened,
    Identifier,
    JudicialRequest,
    Silence,
    State,
    Type,
    Window,
)
from counterseal.judicial.requests.stored import RequestRuleError

MOST_USERS: Final = 200  # accounts in one request
MOST_IDENTIFIERS: Final = 500
MOST_DOCUMENTS: Final = 100
ABOUT: Final = frozenset({Type.AMENDMENT, Type.WITHDRAWAL})
ANSWER_WITHIN: Final = 30 * 24 * HOUR  # how long a question to the authority stays open
ANSWER: Final = "their_answer"  # no name of a rule pack: the answer that the law wants of us is another one
AFTERWARDS: Final = HANDED_OUT | {State.EXECUTED, State.CLOSED}
WORKED_ON: Final = frozenset(
    {
        *(State.RECEIVED, State.TRIAGED, State.EVIDENCE, State.CLARIFICATION, State.LEGAL_REVIEW),
        *(State.DECISION_PENDING, State.APPROVED, State.PACKAGE_BUILT),
    }
)


class Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request as it is handed in. `received` (ms): when it reached the house, if that was before; `stated`: what
    else the requester says in words, for its history."""

    type: Type = Type.DISCLOSURE
    documents: tuple[str, ...] = ()
    claim: Claim = Claim()
    case_number: str = ""
    about: str = ""
    language: str = "en"
    identifiers: tuple[Identifier, ...] = ()
    categories: tuple[str, ...] = ()
    window: Window | None = None
    received: int | None = None
    stated: str = ""


class Triage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one of our own makes of it. `accounts`: whom it means, None = as the identifiers say."""

    type: Type
    pack: str
    legal_basis: str
    authority: str
    case_number: str = ""
    language: str = "en"
    identifiers: tuple[Identifier, ...] = ()
    categories: tuple[str, ...] = ()
    window: Window | None = None
    silence: Silence | None = None
    accounts: tuple[str, ...] | None = None
    assigned: str = ""


def check_window(window: Window | None) -> None:
    """Raise InputError for a window that ends before it begins."""
    if window is not None and window.end <= window.start:
        raise InputError("the window ends before it begins", code="window_invalid")


def made(given: Given, name: str, reference: str, received: int, now: int, by: str) -> JudicialRequest:
    """The request as it comes in. Raises InputError."""
    check_window(given.window)
    if len(given.identifiers) > MOST_IDENTIFIERS or len(given.documents) > MOST_DOCUMENTS:
        raise InputError("this request names too much at once", code="request_too_long")
    if given.type in ABOUT and not given.about:
        raise InputError("name the request that it is about", code="about_missing")
    return JudicialRequest(
        id=name,
        reference=reference,
        type=given.type,
        state=State.RECEIVED,
        received=received,
        by=by,
        claim=given.claim,
        documents=tuple(dict.fromkeys(given.documents)),
        about=given.about,
        case_number=given.case_number.strip(),
        language=given.language,
        identifiers=tuple(dict.fromkeys(given.identifiers)),
        categories=tuple(dict.fromkeys(given.categories)),
        window=given.window,
        history=(Happened(now, "received", by, given.stated, State.RECEIVED),),
    )


def triaged(
    request: JudicialRequest,
    given: Triage,
    accounts: Sequence[str],
    clocks: Sequence[Clock],
    at: int,
    by: str,
) -> JudicialRequest:
    """The request with type, basis, people and clocks; an earlier review and earlier fields do not stand for it.
    Raises RequestStateError, InputError."""
    if request.state not in WORKED_ON:
        raise refused(request.state, "triaged")
    check_window(given.window)
    if len(accounts) > MOST_USERS:
        raise InputError(
            f"one request names at most {MOST_USERS} accounts", code="users_limit", hint="ask for several requests"
        )
    if given.type in ABOUT and not request.about:
        raise RequestRuleError("it names no request that it is about", code="about_missing")
    held = {each.name: each for each in request.clocks if each.met is not None}
    changed = msgspec.structs.replace(
        request,
        type=given.type,
        pack=given.pack,
        legal_basis=given.legal_basis,
        authority=given.authority,
        case_number=given.case_number.strip() or request.case_number,
        language=given.language,
        identifiers=tuple(dict.fromkeys(given.identifiers or request.identifiers)),
        categories=tuple(dict.fromkeys(given.categories or request.categories)),
        window=given.window or request.window,
        silence=given.silence,
        accounts=tuple(dict.fromkeys(accounts)),
        clocks=tuple(held.get(each.name, each) for each in clocks),
        fields=(),
        review=None,
        assigned=given.assigned or request.assigned,
    )
    voided_ = voided(changed, "it was triaged again")
    return moved(voided_, State.TRIAGED, at, by, "triaged")


def changed_back(before: JudicialRequest, after: JudicialRequest, at: int, by: str, what: str) -> JudicialRequest:
    """What follows from a change of evidence, documents or fields: approvals are void, and what waited for a
    decision or for delivery goes back to where it can be worked on. Raises RequestStateError after the end."""
    if before.digest_parts == after.digest_parts:
        return after
    if before.state in AFTERWARDS:
        return _afterwards(before, after, at, by, what)
    if before.state not in WORKED_ON:
        raise refused(before.state, "changed")
    after = voided(after, f"{what}: the request changed after the approval")
    if before.state in {State.DECISION_PENDING, State.APPROVED, State.PACKAGE_BUILT, State.TRIAGED}:
        return moved(after, State.EVIDENCE, at, by, what)
    return noted(after, at, by, what)


def _afterwards(before: JudicialRequest, after: JudicialRequest, at: int, by: str, what: str) -> JudicialRequest:
    """Evidence that comes after the fact: it changes nothing that was done, but what speaks against the request
    makes it a suspected forgery, at once and by itself."""
    if msgspec.structs.replace(after, evidence=before.evidence) != before:
        raise refused(before.state, "changed")
    new = [each for each in contradictions(after) if each not in before.evidence]
    if not new:
        return noted(after, at, by, what)
    codes = ", ".join(dict.fromkeys(code for each in new for code in (each.findings or (each.kind.value,))))
    return moved(voided(after, "it may be forged"), State.SUSPECTED_FORGED, at, by, "suspected", f"{what}: {codes}")


def asked(request: JudicialRequest, at: int, by: str, note: str) -> JudicialRequest:
    """The authority is asked; it has 30 days. The clocks of the law run on. Raises RequestStateError."""
    clock = Clock(ANSWER, at + ANSWER_WITHIN, "nobody answered: it expires")
    others = tuple(each for each in request.clocks if each.name != ANSWER)
    asking = msgspec.structs.replace(request, clocks=(*others, clock))
    return moved(voided(asking, "the authority was asked"), State.CLARIFICATION, at, by, "clarification", note)


def answered(request: JudicialRequest, at: int, by: str, note: str) -> JudicialRequest:
    """The authority answered. Raises RequestStateError."""
    if request.state is not State.CLARIFICATION:
        raise refused(request.state, "answered")
    met = tuple(
        msgspec.structs.replace(each, met=at) if each.name == ANSWER and each.met is None else each
        for each in request.clocks
    )
    return moved(msgspec.structs.replace(request, clocks=met), State.EVIDENCE, at, by, "answered", note)
