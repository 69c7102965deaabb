# SPDX-License-Identifier: Apache-2.0
"""Calls of the registry of authorities. Times are ms since the epoch.

What changes it takes an approval that two members of staff signed over this very call (its method, path and body).
"""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]


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


def list_authorities(*, country: str = "", after: str = "", limit: int = 100) -> Call[AuthorityPage]:
    """Authorities in id order (desk:read)."""
    asked = (("country", country), ("after", after), ("limit", str(limit)))
    query = tuple(pair for pair in asked if pair[1])
    return Call("GET", "/v1/desk/authorities", AuthorityPage, query=query)


def read_authority(authority: str, *, received: int | None = None) -> Call[Authority]:
    """One; each contact says whether it counts for a request received then (desk:read)."""
    query = () if received is None else (("received", str(received)),)
    return Call("GET", _path(authority), Authority, query=query)


def due_contacts(*, days: int = 30) -> Call[tuple[DueContact, ...]]:
    """Contacts to be checked within so many days (desk:read)."""
    query = (("days", str(days)),)
    return Call("GET", "/v1/desk/registry/due", tuple[DueContact, ...], query=query, member="items")


def compare_contacts(
    *,
    phones: tuple[str, ...] = (),
    emails: tuple[str, ...] = (),
    domains: tuple[str, ...] = (),
    authority: str = "",
    key: str | None = None,
) -> Call[tuple[RegistryAlarm, ...]]:
    """What the contacts that a request gives resemble (desk:read)."""
    body = {"phones": list(phones), "emails": list(emails), "domains": list(domains), "authority": authority}
    return write(tuple[RegistryAlarm, ...], "/v1/desk/registry/alarms", body, key=key, member="items")


def preview_contact(authority: str, contact: Json, *, key: str | None = None) -> Call[ContactPreview]:
    """What entering this contact would do (desk:read). `contact`: kind, value, uses, source, ..."""
    return write(ContactPreview, f"{_path(authority)}/preview", contact, key=key)


def enter_authority(
    authority: str, details: Json, first_contacts: list[Json], *, approval: str, key: str | None = None
) -> Call[RegistryChange]:
    """A new authority with its first contacts (desk:write, two passkeys)."""
    body = {"id": authority, "details": details, "contacts": first_contacts}
    return write(RegistryChange, "/v1/desk/authorities", body, key=key, approval=approval)


def change_authority(
    authority: str, details: Json, *, approval: str, key: str | None = None
) -> Call[RegistryChange]:
    """Other details, all of them (desk:write, two passkeys)."""
    return write(RegistryChange, f"{_path(authority)}/details", details, key=key, approval=approval)


def end_authority(authority: str, reason: str, *, approval: str, key: str | None = None) -> Call[RegistryChange]:
    """Nothing of it counts any more (desk:write, two passkeys)."""
    return write(RegistryChange, f"{_path(authority)}/end", {"reason": reason}, key=key, approval=approval)


def enter_contact(authority: str, contact: Json, *, approval: str, key: str | None = None) -> Call[RegistryChange]:
    """One contact more (desk:write, two passkeys). ConflictError: an alarm that is not named in `accepts`."""
    return write(RegistryChange, f"{_path(authority)}/contacts", contact, key=key, approval=approval)


def confirm_contact(
    authority: str, contact_id: str, look: Json, *, approval: str, key: str | None = None
) -> Call[RegistryChange]:
    """A second source says the same: `look` is where, at (desk:write, two passkeys)."""
    return _look(authority, contact_id, "confirm", look, approval, key)


def check_contact(
    authority: str, contact_id: str, look: Json, *, approval: str, key: str | None = None
) -> Call[RegistryChange]:
    """The yearly check: `look` is where, at (desk:write, two passkeys)."""
    return _look(authority, contact_id, "check", look, approval, key)


def end_contact(
    authority: str, contact_id: str, reason: str, *, approval: str, key: str | None = None
) -> Call[RegistryChange]:
    """It is not used any more (desk:write, two passkeys)."""
    path = f"{_path(authority)}/contacts/{segment(contact_id)}/end"
    return write(RegistryChange, path, {"reason": reason}, key=key, approval=approval)


def enter_roster(authority: str, person: Json, *, approval: str, key: str | None = None) -> Call[RegistryChange]:
    """A person of the authority (desk:write, two passkeys). `somebody`: name, role, source, ..."""
    return write(RegistryChange, f"{_path(authority)}/roster", somebody, key=key, approval=approval)


def end_roster(
    authority: str, person: str, reason: str, *, approval: str, key: str | None = None
) -> Call[RegistryChange]:
    """This person is not there any more (desk:write, two passkeys)."""
    path = f"{_path(authority)}/roster/{segment(person)}/end"
    return write(RegistryChange, path, {"reason": reason}, key=key, approval=approval)


def try_registry_import(data: bytes, *, key: str | None = None) -> Call[RegistryImport]:
    """A dry run of a CSV file (desk:read); 422 names every mistake with line and column."""
    path = "/v1/desk/registry/trial"
    return Call("POST", path, RegistryImport, data, (), key or str(uuid.uuid4()))


def hand_in_registry(data: bytes, *, key: str | None = None) -> Call[RegistryImport]:
    """A CSV file as a draft that waits for two officers (desk:write)."""
    path = "/v1/desk/registry/imports"
    return Call("POST", path, RegistryImport, data, (), key or str(uuid.uuid4()))


def read_registry_import(draft: str) -> Call[RegistryImport]:
    """A draft, and what it would enter now (desk:read)."""
    return Call("GET", f"/v1/desk/registry/imports/{segment(draft)}", RegistryImport)


def apply_registry_import(
    draft: str, digest: str, *, accepts: tuple[str, ...] = (), approval: str, key: str | None = None
) -> Call[RegistryChange]:
    """Enter all of a draft (desk:write, two passkeys). ConflictError: it is not what was signed."""
    body = {"digest": digest, "accepts": list(accepts)}
    path = f"/v1/desk/registry/imports/{segment(draft)}/apply"
    return write(RegistryChange, path, body, key=key, approval=approval)


def _look(
    authority: str, contact: str, what: str, source: Json, approval: str, key: str | None
) -> Call[RegistryChange]:
    path = f"{_path(authority)}/contacts/{segment(contact)}/{what}"
    return write(RegistryChange, path, {"source": source}, key=key, approval=approval)


def _path(authority: str) -> str:
    return f"/v1/desk/authorities/{segment(authority)}"
