# SPDX-License-Identifier: Apache-2.0
"""What the registry of authorities answers, as the SDK reads it. Times are ms since the epoch."""

from __future__ import annotations

import msgspec


class RegistrySource(msgspec.Struct, frozen=True):
    """Where a contact was found, and when somebody looked."""

    where: str
    at: int
    sha256: str | None = None


class Usable(msgspec.Struct, frozen=True):
    """Whether a contact counts, and why. `when`: from when on it will, None = not by waiting."""

    counts: bool
    reason: str
    sentence: str
    when: int | None


class AuthorityContact(msgspec.Struct, frozen=True):
    """A contact. `recheck`: until when it counts without another check."""

    id: str
    kind: str
    value: str
    uses: tuple[str, ...]
    office: str
    person: str
    source: RegistrySource
    entered: int
    entered_by: tuple[str, ...]
    second: RegistrySource | None
    recheck: int
    ended: int | None
    ended_reason: str | None
    accepted: tuple[str, ...]
    usable: Usable


class RosterPerson(msgspec.Struct, frozen=True):
    """A person of the authority."""

    id: str
    name: str
    office: str
    role: str
    supervisor: str
    ended: int | None


class AuthorityRow(msgspec.Struct, frozen=True):
    """As the list shows it. `contacts`: that stand; `usable`: that count now; `due`: to be checked soon."""

    id: str
    name: str
    country: str
    role: str
    contacts: int
    usable: int
    due: int
    ended: int | None


class AuthorityPage(msgspec.Struct, frozen=True):
    """In id order; `next`: give it as `after` for the rest, None at the end."""

    items: tuple[AuthorityRow, ...]
    next: str | None


class Authority(msgspec.Struct, frozen=True):
    """One authority. `pending`: details that do not count yet; `near`: requests of the last 14 days."""

    id: str
    name: str
    country: str
    role: str
    languages: tuple[str, ...]
    channel: str
    subdomains: bool
    case_grammar: str
    statutes: tuple[str, ...]
    ended: int | None
    pending: tuple[str, ...]
    near: tuple[str, ...]
    contacts: tuple[AuthorityContact, ...]
    roster: tuple[RosterPerson, ...]


class RegistryAlarm(msgspec.Struct, frozen=True):
    """What a contact resembles. `mark`: what to name in `accepts`."""

    code: str
    sentence: str
    mark: str
    value: str
    other: str
    how: str
    authority: str | None
    contact: str | None
    request: str | None


class ContactPreview(msgspec.Struct, frozen=True):
    """The contact as it would be kept, its alarms, the requests for which it will not count."""

    value: str
    alarms: tuple[RegistryAlarm, ...]
    near: tuple[str, ...]


class DueContact(msgspec.Struct, frozen=True):
    """A contact to be checked by `recheck`. `overdue`: it does not count until it is."""

    authority: str
    name: str
    contact: str
    kind: str
    value: str
    recheck: int
    overdue: bool


class ImportStep(msgspec.Struct, frozen=True):
    """What a line of the file would enter."""

    line: int
    authority: str
    what: str
    value: str
    alarms: tuple[RegistryAlarm, ...]


class ImportDraft(msgspec.Struct, frozen=True):
    """A file that was handed in."""

    id: str
    received: int
    by: str
    sha256: str
    applied: int | None
    applied_by: tuple[str, ...]


class RegistryImport(msgspec.Struct, frozen=True):
    """What a file would enter now. `digest` and `marks` are what two officers sign."""

    draft: ImportDraft | None
    digest: str | None
    known: int
    marks: tuple[str, ...]
    steps: tuple[ImportStep, ...]


class RegistryChange(msgspec.Struct, frozen=True):
    """What was changed, and the id of what is new."""

    authority: str | None
    made: str | None
