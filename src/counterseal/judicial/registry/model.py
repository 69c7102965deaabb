# SPDX-License-Identifier: Apache-2.0
"""Authorities and how they are reached, as stored. Times are ms since the epoch.

A contact is never edited: a change ends it and adds another, so that "since when" has one answer. It counts for a
request only if it was usable before anything of that request could have moved it (`registry.rules`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

DAY: Final = 24 * 60 * 60 * 1000
WAIT: Final = 30 * DAY  # from entry to use, unless a second source confirms it
NEAR: Final = 14 * DAY  # a change later than this long before a request does not count for that request
RECHECK: Final = 365 * DAY
BROUGHT: Final = "in_request:"  # how the mark of such an alarm begins
REMIND: Final = 30 * DAY  # this long before a check is overdue the desk is told


class ContactKind(StrEnum):
    """What a contact is."""

    PHONE = "phone"  # E.164
    EMAIL = "email"
    DOMAIN = "domain"
    CERTIFICATE = "certificate"  # SHA-256 of DER, hex
    SUBJECT = "subject"  # RFC 4514, below a pinned anchor
    OPENPGP = "openpgp"  # fingerprint, hex
    ADDRESS = "address"  # postal


class Use(StrEnum):
    """What a contact is for."""

    CALL_BACK = "call_back"
    DUTY = "duty"  # around the clock
    CLERK = "clerk"  # docket or clerk's office
    MAIL = "mail"
    SIGNING = "signing"
    DELIVERY = "delivery"


class Source(msgspec.Struct, frozen=True):
    """Where a contact was found: a public directory, a letter, a card. `where`: URL or description of the print."""

    where: str
    at: int  # of the look-up, ms
    sha256: str = ""  # of the kept copy


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to reach an authority. `value` is normalised by kind. `entered_by`: the two who signed. `second`:
    another, independent source. `checked`: last annual check. `ended`: from when it is not used. `accepted`: marks
    of the alarms that it raised, known to those who signed. `reminded`: the check of which the desk was told."""

    id: str
    kind: ContactKind
    value: str
    uses: tuple[Use, ...]
    source: Source
    entered: int
    entered_by: tuple[str, ...]
    office: str = ""
    person: str = ""
    second: Source | None = None
    second_at: int | None = None
    second_by: tuple[str, ...] = ()
    checked: int | None = None
    checked_by: tuple[str, ...] = ()
    checked_source: Source | None = None
    ended: int | None = None
    ended_by: tuple[str, ...] = ()
    ended_reason: str = ""
    replaces: str = ""
    accepted: tuple[str, ...] = ()
    reminded: int | None = None

    @property
    def brought(self) -> bool:
        """Whether a request brought it along, or one like it, before it was entered."""
        return any(mark.startswith(BROUGHT) for mark in self.accepted)

    @property
    def seen(self) -> int:
        """When somebody last looked at a source of it (ms)."""
        return max(self.entered, self.second_at or 0, self.checked or 0)

    @property
    def recheck(self) -> int:
        """From when on it does not count unless it is checked again (ms)."""
        return self.seen + RECHECK


class Officer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person of the authority, as its roster names them. `supervisor`: name or office."""

    id: str
    name: str
    office: str
    role: str  # judge, prosecutor, clerk, investigator, ...
    source: Source
    entered: int
    entered_by: tuple[str, ...]
    supervisor: str = ""
    ended: int | None = None
    ended_by: tuple[str, ...] = ()
    ended_reason: str = ""


class Former(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stood of an authority from `since` on until it was changed. A change to it waits like a contact's."""

    since: int
    name: str
    country: str
    role: str
    languages: tuple[str, ...]
    channel: str = ""
    subdomains: bool = False
    case_grammar: str = ""
    statutes: tuple[str, ...] = ()


class Authority(msgspec.Struct, frozen=True, omit_defaults=True):
    """One authority. `role` as in `judicial.model.JUDICIAL_ROLES` or police, central_authority, clerk, ...;
    `subdomains`: whether domains below a registered one are its own; `channel`: its official way to transmit.
    `since`: from when on name, role, ... are these (0: from `entered`); `former`: what they were, oldest first."""

    id: str
    name: str
    country: str  # ISO 3166-1 alpha-2, lower case
    role: str
    languages: tuple[str, ...] = ("en",)
    channel: str = ""
    subdomains: bool = False
    case_grammar: str = ""  # regular expression (linear, RE2-like subset) of its case numbers
    statutes: tuple[str, ...] = ()  # legal bases that it may cite
    contacts: tuple[Contact, ...] = ()
    officers: tuple[Officer, ...] = ()
    entered: int = 0
    entered_by: tuple[str, ...] = ()
    ended: int | None = None
    ended_by: tuple[str, ...] = ()
    ended_reason: str = ""
    since: int = 0
    since_by: tuple[str, ...] = ()
    former: tuple[Former, ...] = ()
    revision: int = 0  # of the registry, at its last change

    def contact(self, contact: str) -> Contact | None:
        """The contact with this id."""
        return next((each for each in self.contacts if each.id == contact), None)


def subject_of(authority: str) -> str:
    """Where an authority is kept."""
    return f"authority:{authority}"
