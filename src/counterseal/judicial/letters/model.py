# SPDX-License-Identifier: Apache-2.0
"""Letters as stored. Times are ms since the epoch.

A letter goes to a contact of the registry, named by its id; nobody types an address. What two officers sign is the
digest of the words and of the contact: changing either is another letter.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Final

import msgspec
import rfc8785

from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.transaction import Codec, Entry, StructCodec

TOPIC: Final = "desk_letter"
MOST_LETTERS: Final = 100  # of one request
MOST_EDITS: Final = 100
LONGEST_TEXT: Final = 8_000
LONGEST_SUBJECT: Final = 150
SLOT: Final = "{package_link}"
"""Where the link to the package will stand in a delivery letter; filled in when it is sent, never stored."""


class LetterKind(StrEnum):
    """What a letter says."""

    ACKNOWLEDGEMENT = "acknowledgement"
    CLARIFICATION = "clarification"
    REFUSAL = "refusal"
    PARTIAL = "partial"
    DELIVERY = "delivery"


class LetterState(StrEnum):
    """Where a letter stands."""

    DRAFT = "draft"
    APPROVED = "approved"  # two officers signed; it goes out
    SENT = "sent"
    FAILED = "failed"  # it could not go out; `error` says why
    DISCARDED = "discarded"


class Way(StrEnum):
    """How it goes out; the kind of the contact decides."""

    MAIL = "mail"
    POST = "post"  # printed by the desk
    PORTAL = "portal"  # no contact: it is read at the officer portal alone


class Edit(msgspec.Struct, frozen=True):
    """Who wrote which words. `digest`: of the letter afterwards, hex."""

    at: int
    by: str
    digest: str


class Letter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One letter. `contact`: id in the registry, `to` its value when the words were written; `edits`: who wrote,
    the template first; `officers`: who signed; `reasons`: codes of the template."""

    id: str
    request: str
    reference: str  # of the request
    kind: LetterKind
    state: LetterState
    language: str
    subject: str
    text: str
    authority: str
    way: Way
    contact: str = ""
    to: str = ""
    reasons: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    approved: int | None = None
    officers: tuple[str, ...] = ()
    sent: int | None = None
    receipt: str = ""  # by which the mail is found again
    error: str = ""

    @property
    def writers(self) -> frozenset[str]:
        """Everybody whose words are in it."""
        return frozenset(each.by for each in self.edits)

    def with_link(self, link: str) -> str:
        """The text with the address of the package in its place; "" leaves the line empty."""
        return self.text.replace(SLOT, link)

    @property
    def digest(self) -> str:
        """What officers sign: SHA-256 (hex) over RFC 8785 of words, contact and request."""
        parts = [
            *(
                "counterseal/letter/1",
                self.id,
                self.request,
                self.kind.value,
                self.language,
                self.subject,
                self.text,
            ),
            *(self.authority, self.way.value, self.contact, self.to),
        ]
        return hashlib.sha256(rfc8785.dumps(parts)).hexdigest()


class LettersOf(msgspec.Struct, frozen=True):
    """The letters of one request, the oldest first."""

    letters: tuple[str, ...] = ()


class Written(msgspec.Struct, frozen=True):
    """What is kept of a write under its Idempotency-Key."""

    id: str


class Words(msgspec.Struct, frozen=True):
    """Everything that letters say in one language. `subjects`, `bodies` by kind; `types`: what was asked, by type;
    `clarify`, `refuse`, `categories`: by code."""

    language: str
    subjects: dict[LetterKind, str]
    bodies: dict[LetterKind, tuple[str, ...]]
    head: dict[str, str]
    foot: tuple[str, ...]
    types: dict[str, str]
    clarify: dict[str, str]
    refuse: dict[str, str]
    categories: dict[str, str]
    bullet: str
    end: str  # of an item of a list that another one follows
    stop: str  # of the last one


class LetterRuleError(ConflictError):
    """The letter, or its request, does not allow this now."""

    code = "letter_conflict"


CODECS: Final[dict[str, Codec]] = {"desk_letter": StructCodec(Letter), "desk_letters": StructCodec(LettersOf)}


def subject_of(letter: str) -> str:
    """Where a letter is kept."""
    return f"desk_letter:{letter}"


def index_of(request: str) -> str:
    """Where the letters of a request stand in order."""
    return f"desk_letters:{request}"


def unknown() -> NotFoundError:
    """No letter under this id."""
    return NotFoundError("there is no such letter", code="letter_unknown")


def entry(what: str, at: int, by: str, letter: Letter) -> Entry:
    """The log entry: which letter of which request, whose words, what digest."""
    facts = {
        "by": by,
        "contact": letter.contact,
        "digest": letter.digest,
        "error": letter.error,
        "id": letter.id,
        "kind": letter.kind,
        "officers": letter.officers,
        "request": letter.request,
        "state": letter.state,
        "way": letter.way,
    }
    return Entry(f"desk_letter_{what}", at, "", msgspec.json.encode(facts, order="sorted"))
