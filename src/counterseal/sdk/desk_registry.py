# SPDX-License-Identifier: Apache-2.0
"""Calls of the registry of authorities. Times are ms since the epoch.

What changes it takes an approval that two members of staff signed over this very call (its method, path and body).
"""

from __future__ import annotations

import uuid
from typing import Any

from counterseal.sdk.desk_registry_replies import (
    Authority,
    AuthorityPage,
    ContactPreview,
    DueContact,
    RegistryAlarm,
    RegistryChange,
    RegistryImport,
)
from counterseal.sdk.transport import Call, segment, write

Json = dict[str, Any]


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


def enter_roster(authority: str, somebody: Json, *, approval: str, key: str | None = None) -> Call[RegistryChange]:
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
