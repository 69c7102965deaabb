# SPDX-License-Identifier: Apache-2.0
"""What the routes of letters take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from counterseal.http.body import Body, Reply
from counterseal.http.staff_names import named
from counterseal.judicial.letters.catalogue_en import ENGLISH
from counterseal.judicial.letters.catalogue_zh import CHINESE
from counterseal.judicial.letters.model import LONGEST_SUBJECT, LONGEST_TEXT, Letter, LetterKind
from counterseal.judicial.registry.model import Contact

Codes = Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=32)]
ContactId = Annotated[str, msgspec.Meta(max_length=128)]


class LetterBody(Body, frozen=True):
    """`contact`: a contact of the registry by id, empty = the first that counts, `portal` = the portal alone;
    `language`: en or zh, empty = as the request; `reasons`, `categories`: codes of the letter's kind."""

    kind: LetterKind
    language: Annotated[str, msgspec.Meta(max_length=16)] = ""
    contact: ContactId = ""
    reasons: Codes = []
    categories: Codes = []


class EditBody(Body, frozen=True):
    """The words as a person wants them. `contact`: null = the same."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_SUBJECT)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    contact: ContactId | None = None


class SendBody(Body, frozen=True):
    """`digest`: of the letter that the two officers read."""

    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class EditView(Reply, frozen=True):
    """Who wrote which words, and when (ms)."""

    at: int
    by: str
    digest: str


class LetterView(Reply, frozen=True):
    """A letter. `state`: draft | approved | sent | failed | discarded; `way`: mail | post | portal; `digest`: what
    the officers sign; `edits`: who wrote its words, the template first; times in ms."""

    id: str
    request: str
    reference: str
    kind: LetterKind
    state: str
    language: str
    subject: str
    text: str
    authority: str
    way: str
    contact: str | None
    to: str | None
    digest: str
    edits: list[EditView]
    approved: int | None
    officers: list[str]
    sent: int | None
    error: str | None


class LetterList(Reply, frozen=True):
    """The letters of a request, the oldest first."""

    items: list[LetterView]


class RecipientView(Reply, frozen=True):
    """A contact of the registry that a letter about this request may go to."""

    contact: str
    kind: str
    value: str
    office: str
    person: str


class WordView(Reply, frozen=True):
    """A code with what it says in both languages."""

    code: str
    english: str
    chinese: str


class LetterOptions(Reply, frozen=True):
    """What a new letter about a request may go to and say."""

    recipients: list[RecipientView]
    clarification: list[WordView]
    refusal: list[WordView]
    categories: list[WordView]


def letter_view(held: Letter, names: Mapping[str, str]) -> LetterView:
    """As staff read it."""
    return LetterView(
        id=held.id,
        request=held.request,
        reference=held.reference,
        kind=held.kind,
        state=held.state.value,
        language=held.language,
        subject=held.subject,
        text=held.text,
        authority=held.authority,
        way=held.way.value,
        contact=held.contact or None,
        to=held.to or None,
        digest=held.digest,
        edits=[EditView(at=each.at, by=named(each.by, names), digest=each.digest) for each in held.edits],
        approved=held.approved,
        officers=[named(each, names) for each in held.officers],
        sent=held.sent,
        error=held.error or None,
    )


def options_view(recipients: tuple[Contact, ...]) -> LetterOptions:
    """With all that the catalogues can say."""
    return LetterOptions(
        recipients=[
            RecipientView(
                contact=each.id, kind=each.kind.value, value=each.value, office=each.office, person=each.person
            )
            for each in recipients
        ],
        clarification=_words(ENGLISH.clarify, CHINESE.clarify),
        refusal=_words(ENGLISH.refuse, CHINESE.refuse),
        categories=_words(ENGLISH.categories, CHINESE.categories),
    )


def _words(english: Mapping[str, str], chinese: Mapping[str, str]) -> list[WordView]:
    return [WordView(code=code, english=text, chinese=chinese[code]) for code, text in english.items()]


LETTER = LetterView(
    id="le_0a1b2c3d4e5f6071",
    request="jr_fe6f1f2c1d9b5a5ec0ffee01",
    reference="CS-2026-000123",
    kind=LetterKind.ACKNOWLEDGEMENT,
    state="draft",
    language="en",
    subject="[CS-2026-000123] We received your request",
    text="To: District Court of Northmark\nOur reference: CS-2026-000123\n\nWe received a request for data ...\n",
    authority="nm-district-court",
    way="mail",
    contact="ct_0a1b2c3d4e5f",
    to="registry@court.northmark.example",
    digest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    edits=[
        EditView(
            at=1_795_404_000_000,
            by="Omar (st_0a1b)",
            digest="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )
    ],
    approved=None,
    officers=[],
    sent=None,
    error=None,
)
OPTIONS = LetterOptions(
    recipients=[
        RecipientView(
            contact="ct_0a1b2c3d4e5f",
            kind="email",
            value="registry@court.northmark.example",
            office="Registry",
            person="",
        )
    ],
    clarification=[WordView(code="case_number", english="the case number", chinese="案号")],
    refusal=[WordView(code="withdrawn", english="it was withdrawn", chinese="该请求已撤回")],
    categories=[WordView(code="balances", english="balances", chinese="余额")],
)
