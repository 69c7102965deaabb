# SPDX-License-Identifier: Apache-2.0
"""When a letter may be written, signed and sent, and to whom. Pure.

A reply never goes to an address that the request gives unless the registry has it, from before the request: a
letter names a contact, and the contact is looked up again when it goes out.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Final

import msgspec

from counterseal.core.errors import ForbiddenError, InputError
from counterseal.judicial.letters.model import Letter, LetterKind, LetterRuleError, LetterState, Way
from counterseal.judicial.registry.model import Authority, Contact, ContactKind, Use
from counterseal.judicial.registry.rules import counting
from counterseal.judicial.requests.model import JudicialRequest, State

FORGED: Final = frozenset({State.SUSPECTED_FORGED, State.CONFIRMED_FORGED})
USES: Final = frozenset({Use.MAIL, Use.DELIVERY})
WAY_OF: Final = {ContactKind.EMAIL: Way.MAIL, ContactKind.ADDRESS: Way.POST}
OPEN: Final = frozenset({LetterState.DRAFT, LetterState.FAILED})
STAFF: Final = "staff:"


class LetterOfficersError(ForbiddenError):
    """These two may not sign this letter."""

    code = "letter_officers"


def check_written(kind: LetterKind, request: JudicialRequest) -> None:
    """Raise LetterRuleError unless a letter of this kind may be written about the request now."""
    if request.state in FORGED:
        hint = "whoever forged it learns nothing; tell the authority on a call-back"
        raise LetterRuleError("a request suspected of being forged gets no letter", code="letter_forged", hint=hint)
    if kind is LetterKind.DELIVERY and request.state is not State.PACKAGE_BUILT:
        raise LetterRuleError("there is no package to fetch", code="letter_no_package")
    if not request.authority:
        hint = "choose the authority of the registry at the triage"
        raise LetterRuleError("nobody can be written to yet", code="letter_no_authority", hint=hint)


def recipients(authority: Authority, now: int, received: int) -> tuple[Contact, ...]:
    """Contacts that a letter about a request received then may go to, mail first, the longest known first."""
    found = [
        each
        for each in counting(authority, now, received).contacts
        if each.kind in WAY_OF and USES.intersection(each.uses)
    ]
    return tuple(sorted(found, key=lambda each: (each.kind is not ContactKind.EMAIL, each.entered, each.id)))


def addressed(authority: Authority, request: JudicialRequest, contact: str, now: int) -> tuple[Way, Contact | None]:
    """How the letter goes and to which contact. `contact`: an id of the registry, "" = the first that counts,
    `portal` = none. Raises LetterRuleError (`letter_no_contact`)."""
    if contact == Way.PORTAL:
        return Way.PORTAL, None
    found = recipients(authority, now, request.received)
    chosen = next((each for each in found if contact in ("", each.id)), None)
    if chosen is None:
        hint = "a contact counts 30 days after it was entered, or once confirmed, and 14 days before the request"
        sentence = "the registry has no such contact that counts for this request"
        raise LetterRuleError(sentence, code="letter_no_contact", hint=hint)
    return WAY_OF[chosen.kind], chosen


def check_signed(letter: Letter, digest: str, officers: Iterable[str]) -> None:
    """Raise unless these officers may send exactly these words: one of them wrote none of it."""
    if letter.state not in OPEN:
        raise LetterRuleError(f"the letter is {letter.state}", code="letter_state")
    if not hmac.compare_digest(letter.digest, digest):
        hint = "read it again, and have its new words signed"
        raise LetterRuleError("the letter was changed since", code="letter_changed", hint=hint)
    writers = {each.removeprefix(STAFF) for each in letter.writers}
    if not {each.removeprefix(STAFF) for each in officers} - writers:
        raise LetterOfficersError("one of the two must have written nothing of it")


def obstacle(letter: Letter, request: JudicialRequest, authority: Authority | None, now: int) -> str:
    """Why a letter that was signed does not go out after all, as a code; "" = it goes."""
    try:
        check_written(letter.kind, request)
        if authority is None or letter.authority != request.authority:
            return "letter_no_authority"
        if letter.way is not Way.PORTAL:
            _, contact = addressed(authority, request, letter.contact, now)
            if contact is None or contact.value != letter.to:
                return "letter_no_contact"
    except LetterRuleError as error:
        return error.code
    return ""


def acknowledged(request: JudicialRequest, at: int) -> JudicialRequest:
    """The request with its clock for the acknowledgement met."""
    clocks = tuple(
        msgspec.structs.replace(each, met=at) if each.name == "acknowledge" and each.met is None else each
        for each in request.clocks
    )
    return msgspec.structs.replace(request, clocks=clocks)


def check_edited(letter: Letter) -> None:
    """Raise LetterRuleError for a letter whose words stand for good."""
    if letter.state not in OPEN:
        raise LetterRuleError(f"the letter is {letter.state}: write another", code="letter_state")


def check_room(held: int, most: int, what: str) -> None:
    """Raise InputError where there is no room for one more."""
    if held >= most:
        raise InputError(f"there are {most} {what} already", code="letter_limit")
