# SPDX-License-Identifier: Apache-2.0
"""What routes about requests of authorities take."""

from __future__ import annotations

from typing import Annotated

import msgspec

from counterseal.http.body import Body
from counterseal.judicial.requests.call_back import Call, CallOutcome, Point
from counterseal.judicial.requests.casework import Entry
from counterseal.judicial.requests.model import (
    Claim,
    EvidenceKind,
    Identifier,
    Result,
    Silence,
    State,
    Type,
    Window,
)
from counterseal.judicial.requests.triage import Given, Triage

Short = Annotated[str, msgspec.Meta(max_length=200)]
Id = Annotated[str, msgspec.Meta(max_length=128, pattern="^[A-Za-z0-9._~-]*$")]
Named = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern="^[A-Za-z0-9_-][A-Za-z0-9._~-]*$")]
Text = Annotated[str, msgspec.Meta(max_length=4_000)]
KeyText = Annotated[str, msgspec.Meta(max_length=16_000)]  # an OpenPGP key with its signatures
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Time = Annotated[int, msgspec.Meta(ge=0, le=1 << 47)]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Language = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Country = Annotated[str, msgspec.Meta(pattern="^([A-Za-z]{2})?$")]


class ClaimBody(Body, frozen=True):
    """What the requester says of themselves; none of it is trusted, called or written to."""

    authority: Short = ""
    office: Short = ""
    officer: Short = ""
    phone: Short = ""
    email: Annotated[str, msgspec.Meta(max_length=320)] = ""
    country: Country = ""
    delivery_key: KeyText = ""


class IdentifierBody(Body, frozen=True):
    """`kind`: account, email, phone, name, document, address, txid or ip."""

    kind: Annotated[str, msgspec.Meta(pattern="^(account|email|phone|name|document|address|txid|ip)$")]
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]


class WindowBody(Body, frozen=True):
    """`start` <= t < `end` (ms)."""

    start: Time
    end: Time


class SilenceBody(Body, frozen=True):
    """On which basis the owner is not told, and until when (ms)."""

    basis: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    until: Time


Identifiers = Annotated[list[IdentifierBody], msgspec.Meta(max_length=500)]
Categories = Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]], msgspec.Meta(max_length=20)]
Documents = Annotated[list[Named], msgspec.Meta(max_length=100)]


class OpenBody(Body, frozen=True):
    """A request as it came in. `about`: the one that it amends or withdraws; `received` (ms): when it reached the
    house, if that was before its documents were handed in."""

    type: Type = Type.DISCLOSURE
    documents: Documents = []
    claim: ClaimBody = ClaimBody()
    case_number: Short = ""
    about: Id = ""
    language: Language = "en"
    identifiers: Identifiers = []
    categories: Categories = []
    window: WindowBody | None = None
    received: Time | None = None


class TriageBody(Body, frozen=True):
    """What it is. `pack`, `legal_basis`: of the rule packs; `authority`: of the registry; `accounts`: whom it
    means, null = as the identifiers say."""

    type: Type
    pack: Short
    authority: Named
    legal_basis: Short = ""
    case_number: Short = ""
    language: Language = "en"
    identifiers: Identifiers = []
    categories: Categories = []
    window: WindowBody | None = None
    silence: SilenceBody | None = None
    accounts: Annotated[list[Named], msgspec.Meta(max_length=500)] | None = None
    assigned: Id = ""


class DocumentsBody(Body, frozen=True):
    """Ids of documents that were handed in; the files of a mail come along."""

    documents: Annotated[list[Named], msgspec.Meta(min_length=1, max_length=100)]


class CallBody(Body, frozen=True):
    """A call that an officer made to a number of the registry. `confirmed`: case_number, officer, scope,
    document_hash, delivery_key; `delivery_key`: as it was read out."""

    contact: Named
    outcome: CallOutcome
    confirmed: list[Point] = []
    spoke_to: Short = ""
    delivery_key: KeyText = ""
    note: Text = ""


class EvidenceBody(Body, frozen=True):
    """A piece by hand. `kind`: docket, channel, officer_identity, content or subject; `contact`: whom of the
    registry it is from; `source`: where it was found, `sha256` of the kept copy."""

    kind: EvidenceKind
    result: Result
    contact: Id = ""
    source: Annotated[str, msgspec.Meta(max_length=500)] = ""
    sha256: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    note: Text = ""


class ReasonBody(Body, frozen=True):
    """Why."""

    reason: Reason


class NoteBody(Body, frozen=True):
    """What was asked or answered. `documents`: those that came with an answer."""

    note: Reason
    documents: Documents = []


class ReviewBody(Body, frozen=True):
    """The legal check of the basis that the request was triaged under."""

    passed: bool
    basis: Short
    reason: Reason


class FieldBody(Body, frozen=True):
    """One field of one account."""

    account: Named
    name: Named


class FieldsBody(Body, frozen=True):
    """What is to be handed out; null = all that the rule pack allows."""

    fields: Annotated[list[FieldBody], msgspec.Meta(max_length=2_000)] | None = None


class ApproveBody(Body, frozen=True):
    """`digest`: of the request as the officers see it, from its decision."""

    digest: Digest


class DutyBody(Body, frozen=True):
    """`approval`: the one of `approve` with this digest, signed by the caller alone so far."""

    digest: Digest
    approval: Named


class AssignBody(Body, frozen=True):
    """`staff`: who works on it, empty = nobody."""

    staff: Id


class ExtendBody(Body, frozen=True):
    """`clock`: name of a deadline that the rule pack lets be made longer once."""

    clock: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    reason: Reason


class DuplicateBody(Body, frozen=True):
    """`of`: the request that it repeats."""

    of: Named
    reason: Reason


class RequestsQuery(Body, frozen=True):
    """`open`: what has not ended, the most urgent first; else everything, the newest first."""

    state: State | None = None
    type: Type | None = None
    assigned: Id = ""
    open: bool = True
    after: Id = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


def given_of(body: OpenBody) -> Given:
    """As the area takes it."""
    return Given(
        type=body.type,
        documents=tuple(body.documents),
        claim=_claim(body.claim),
        case_number=body.case_number,
        about=body.about,
        language=body.language,
        identifiers=_identifiers(body.identifiers),
        categories=tuple(body.categories),
        window=_window(body.window),
        received=body.received,
    )


def triage_of(body: TriageBody) -> Triage:
    """As the area takes it."""
    return Triage(
        type=body.type,
        pack=body.pack,
        legal_basis=body.legal_basis,
        authority=body.authority,
        case_number=body.case_number,
        language=body.language,
        identifiers=_identifiers(body.identifiers),
        categories=tuple(body.categories),
        window=_window(body.window),
        silence=None if body.silence is None else Silence(body.silence.basis, body.silence.until),
        accounts=None if body.accounts is None else tuple(body.accounts),
        assigned=body.assigned,
    )


def call_of(body: CallBody) -> Call:
    """As the area takes it."""
    return Call(
        *(body.contact, body.outcome, frozenset(body.confirmed), body.spoke_to, body.delivery_key, body.note)
    )


def entry_of(body: EvidenceBody) -> Entry:
    """As the area takes it."""
    return Entry(body.kind, body.result, body.contact, body.source, body.sha256, body.note)


def _claim(body: ClaimBody) -> Claim:
    return Claim(
        authority=body.authority,
        office=body.office,
        officer=body.officer,
        phone=body.phone,
        email=body.email,
        country=body.country.lower(),
        delivery_key=body.delivery_key,
    )


def _identifiers(given: list[IdentifierBody]) -> tuple[Identifier, ...]:
    return tuple(Identifier(each.kind, each.value.strip()) for each in given)


def _window(given: WindowBody | None) -> Window | None:
    return None if given is None else Window(given.start, given.end)
