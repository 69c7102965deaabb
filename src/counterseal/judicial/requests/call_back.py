# SPDX-License-Identifier: Apache-2.0
"""The call-back: what to say, which number to call, and what its outcome proves. Pure.

The number comes from the registry and was there before the request. Nothing that the request says of itself is ever
called: a forged order brings its own telephone number.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.judicial.registry.alarms import Alarm
from counterseal.judicial.registry.model import Authority, Contact, ContactKind, Use
from counterseal.judicial.registry.rules import usable
from counterseal.judicial.requests.evidence import piece
from counterseal.judicial.requests.model import Evidence, EvidenceKind, JudicialRequest, Result
from counterseal.judicial.requests.stored import RequestRuleError

PREFIX: Final = 12  # hex digits of a document's SHA-256 that are read out


class CallOutcome(StrEnum):
    """How a call ended."""

    CONFIRMED = "confirmed"
    DENIED = "denied"  # the office does not know it: it is a forgery until two officers know better
    UNANSWERED = "unanswered"
    VOICEMAIL = "voicemail"
    OTHER_LINE = "other_line"  # somebody called us back, or we were put through elsewhere: it proves nothing
    REFUSED = "refused"  # the office says nothing on the telephone


class Point(StrEnum):
    """What is confirmed on the call."""

    CASE_NUMBER = "case_number"
    OFFICER = "officer"
    SCOPE = "scope"
    DOCUMENT_HASH = "document_hash"
    DELIVERY_KEY = "delivery_key"


NEEDED: Final = frozenset({Point.CASE_NUMBER, Point.OFFICER, Point.SCOPE, Point.DOCUMENT_HASH})
"""Without all of these a call supports nothing. The delivery key is needed before data can leave."""

SCRIPT: Final = (
    (
        "number",
        "Dial the number of the registry shown here yourself, never one of the request or one told on the call.",
        "请自行拨打此处登记的号码。切勿拨打请求、函件或邮件中的号码，也勿拨打通话中给出的号码。",
    ),
    (
        "open_question",
        "Ask for the case by its number and let them say whose it is: do not read out the answer that you expect.",
        "报出案号，请对方说明案件情况：不要先说出您期望的答案。",
    ),
    ("officer", "Ask who signed it, and that this person serves there.", "询问签发人是谁，并确认其在该机关任职。"),
    (
        "scope",
        "Ask what is asked for, of whom, and for which time. It must be what the document says, not more.",
        "询问索取的内容、对象和时间范围；须与文书一致，不得更多。",
    ),
    (
        "document_hash",
        "Have them read the first twelve characters of the document's SHA-256, or send it to you by a second way.",
        "请对方读出文书 SHA-256 的前十二位，或以另一途径告知。",
    ),
    (
        "delivery_key",
        "Have them read the delivery key's fingerprint from their own device. Compare all of it.",
        "请对方从其自己的设备读出交付密钥的指纹，逐位核对。",
    ),
    (
        "end",
        "If somebody calls back, or you are put through to another line, write that down: it confirms nothing.",
        "如有人回拨或被转接到其他线路，请如实记录：这不构成确认。",
    ),
)


class Line(msgspec.Struct, frozen=True):
    """A number of the registry, and whether it counts for this request."""

    contact: Contact
    counts: bool
    reason: str
    sentence: str
    when: int | None


class Sheet(msgspec.Struct, frozen=True):
    """All that is needed for the call. `claimed`: the number that the request gives, to be shown crossed out."""

    lines: tuple[Line, ...]
    claimed: str
    alarms: tuple[Alarm, ...]
    hashes: tuple[tuple[str, str], ...]  # document, first digits


class Call(msgspec.Struct, frozen=True):
    """A call as its officer records it."""

    contact: str
    outcome: CallOutcome
    confirmed: frozenset[Point] = frozenset()
    spoke_to: str = ""
    key: str = ""  # as it was read out and compared
    note: str = ""


def lines_of(request: JudicialRequest, authority: Authority, now: int, uses: Collection[Use]) -> tuple[Line, ...]:
    """The telephone numbers of the authority for these uses; those that count first, the longest known first."""
    found = [
        Line(each, state.counts, state.reason.value, state.sentence, state.when)
        for each in authority.contacts
        if each.kind is ContactKind.PHONE and each.ended is None and set(uses) & set(each.uses)
        for state in (usable(authority, each, now, request.received),)
    ]
    return tuple(sorted(found, key=lambda line: (not line.counts, line.contact.entered, line.contact.id)))


def sheet(
    request: JudicialRequest,
    authority: Authority,
    hashes: tuple[tuple[str, str], ...],
    alarms: tuple[Alarm, ...],
    now: int,
) -> Sheet:
    """What the officer has before them. `hashes`: document id and SHA-256."""
    lines = lines_of(request, authority, now, (Use.CALL_BACK, Use.DUTY))
    return Sheet(lines, request.claim.phone, alarms, tuple((name, sha[:PREFIX]) for name, sha in hashes))


def contact_for(
    request: JudicialRequest, authority: Authority, contact: str, now: int, uses: Collection[Use]
) -> Contact:
    """The contact of the registry that was called. Raises RequestRuleError unless it counts for this request."""
    held = authority.contact(contact)
    if held is None or held.kind is not ContactKind.PHONE or not set(uses) & set(held.uses):
        raise RequestRuleError(
            "this is no number of the registry for this", code="contact_unknown", hint="call one of the sheet"
        )
    state = usable(authority, held, now, request.received)
    if not state.counts:
        raise RequestRuleError(f"this number does not count: {state.sentence}", code=f"contact_{state.reason}")
    return held


def evidence_of(call: Call, contact: Contact) -> Evidence:
    """E6. Raises InputError for a call that says two things at once."""
    if call.outcome is not CallOutcome.CONFIRMED and (call.confirmed or call.key):
        raise InputError("only a call that confirmed it confirms anything", code="call_unclear")
    if call.outcome is CallOutcome.CONFIRMED and not call.spoke_to.strip():
        raise InputError("say who confirmed it", code="call_unclear")
    if (Point.DELIVERY_KEY in call.confirmed) != bool(call.key):
        raise InputError("a key is confirmed by the key that was read out", code="call_unclear")
    told = {"contact": contact.id, "number": contact.value, "outcome": call.outcome.value}
    told |= {"confirmed": " ".join(sorted(call.confirmed)), "spoke_to": call.spoke_to, "note": call.note}
    if call.key:
        told["key"] = call.key
    missing = NEEDED - call.confirmed
    if call.outcome is CallOutcome.DENIED:
        result = Result.CONTRADICTS
    elif call.outcome is CallOutcome.CONFIRMED and not missing:
        result = Result.SUPPORTS
    else:
        result = Result.INCONCLUSIVE
    codes = [f"not_confirmed_{each}" for each in sorted(missing)] if call.outcome is CallOutcome.CONFIRMED else []
    told = {name: value for name, value in told.items() if value}
    return piece(EvidenceKind.CALL_BACK, result, source=contact.id, details=told, findings=codes)


def with_key(request: JudicialRequest, call: Call) -> JudicialRequest:
    """The request with the delivery key that its newest piece of evidence, this call, confirmed."""
    newest = request.evidence[-1]
    if newest.result is not Result.SUPPORTS or Point.DELIVERY_KEY not in call.confirmed:
        return request
    return msgspec.structs.replace(request, key=call.key, key_evidence=newest.id)
