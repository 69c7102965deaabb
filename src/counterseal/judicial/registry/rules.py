# SPDX-License-Identifier: Apache-2.0
"""What of the registry counts, for which request. Pure; times are ms since the epoch.

A contact counts for a request
 1. if its authority and it itself stand, and it was looked at within a year (`RECHECK`);
 2. if it was entered at least 14 days (`NEAR`) before the request came in: whoever sends a forged order can also
    call beforehand, or afterwards, to "correct" a number;
 3. if 30 days (`WAIT`) have passed since it was entered, or a second source confirmed it, and this as long before
    the request. What a request brought along counts by a second source alone: else a first forged order would
    plant the number for the next one.
An end counts at once, whenever it came: it only takes away. So does a check: it changes no value.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec

from counterseal.judicial.model import JUDICIAL_ROLES, Registered
from counterseal.judicial.registry.model import (
    NEAR,
    RECHECK,
    WAIT,
    Authority,
    Contact,
    ContactKind,
    Former,
    Use,
)

DETAILS: Final = tuple(name for name in Former.__struct_fields__ if name != "since")


class Reason(StrEnum):
    """Why a contact counts or does not."""

    USABLE = "usable"
    CONFIRMED = "confirmed"  # usable: a second source confirmed it
    NOT_YET = "not_yet"  # it was entered later
    AUTHORITY_ENDED = "authority_ended"
    ENDED = "ended"
    RECHECK_OVERDUE = "recheck_overdue"
    SECOND_NEEDED = "second_needed"
    NEAR_REQUEST = "near_request"
    WAITING = "waiting"


SENTENCES: Final = {
    Reason.USABLE: "it was entered more than 30 days ago",
    Reason.CONFIRMED: "a second source confirmed it",
    Reason.NOT_YET: "it was not entered then",
    Reason.AUTHORITY_ENDED: "the authority is not in use any more",
    Reason.ENDED: "it is not in use any more",
    Reason.RECHECK_OVERDUE: "nobody checked it for a year",
    Reason.NEAR_REQUEST: "it was entered or changed less than 14 days before the request came in, or afterwards",
    Reason.SECOND_NEEDED: "a request brought it along: it counts once a second source confirms it",
    Reason.WAITING: "it counts 30 days after it was entered, or once a second source confirms it",
}


class Usable(msgspec.Struct, frozen=True):
    """Whether a contact counts, and why. `when`: from when on it will (ms), None = not by waiting."""

    reason: Reason
    when: int | None = None

    @property
    def counts(self) -> bool:
        """Whether it may be called, written to or relied on."""
        return self.reason in {Reason.USABLE, Reason.CONFIRMED}

    @property
    def sentence(self) -> str:
        """The reason for a person."""
        return SENTENCES[self.reason]


def usable(authority: Authority, contact: Contact, at: int, received: int | None = None) -> Usable:
    """Whether this contact counts at `at` (ms) for a request received at `received` (ms; None = for none)."""
    if (ended := _ended(authority, contact, at)) is not None:
        return Usable(ended)
    if received is not None and contact.entered > received - NEAR:
        return Usable(Reason.NEAR_REQUEST)
    if at >= seen_before(contact, at) + RECHECK:
        return Usable(Reason.RECHECK_OVERDUE)
    if at >= contact.entered + WAIT and not contact.brought:
        return Usable(Reason.USABLE)
    when = None if contact.brought else contact.entered + WAIT
    if contact.second_at is None or contact.second_at > at:
        return Usable(Reason.SECOND_NEEDED if contact.brought else Reason.WAITING, when)
    if received is None or contact.second_at <= received - NEAR:
        return Usable(Reason.CONFIRMED)
    return Usable(Reason.NEAR_REQUEST, when)


def _ended(authority: Authority, contact: Contact, at: int) -> Reason | None:
    if authority.ended is not None and authority.ended <= at:
        return Reason.AUTHORITY_ENDED
    if contact.ended is not None and contact.ended <= at:
        return Reason.ENDED
    return Reason.NOT_YET if at < contact.entered else None


def seen_before(contact: Contact, at: int) -> int:
    """When somebody last looked at a source of it, as of `at` (ms)."""
    looks = (contact.entered, contact.second_at, contact.checked)
    return max(each for each in looks if each is not None and each <= at) if contact.entered <= at else at


def counting(authority: Authority, at: int, received: int | None = None) -> Authority:
    """The authority as it counts for a request: its contacts that do, and name, role, channel, ... as they were
    before a change that does not count yet. An authority that ended has no contacts."""
    kept = tuple(each for each in authority.contacts if usable(authority, each, at, received).counts)
    details = _details_for(authority, at, received)
    return msgspec.structs.replace(authority, contacts=kept, **details)


def registered(authority: Authority, at: int, received: int | None = None) -> Registered | None:
    """What a document or mail received at `received` is checked against; None where nothing of it counts."""
    held = counting(authority, at, received)
    if not held.contacts:
        return None

    def of(kind: ContactKind, use: Use) -> tuple[str, ...]:
        return tuple(each.value for each in held.contacts if each.kind is kind and use in each.uses)

    return Registered(
        held.name,
        held.role,
        held.country.upper(),
        certificates=of(ContactKind.CERTIFICATE, Use.SIGNING),
        subjects=of(ContactKind.SUBJECT, Use.SIGNING),
        domains=of(ContactKind.DOMAIN, Use.MAIL),
        addresses=of(ContactKind.EMAIL, Use.MAIL),
        keys=of(ContactKind.OPENPGP, Use.SIGNING),
        subdomains=held.subdomains,
    )


def _details_for(authority: Authority, at: int, received: int | None) -> dict[str, Any]:
    """The newest details that stood for 30 days, and 14 before the request; the first ones always count. What was
    taken away counts at once."""
    present: dict[str, Any] = {name: getattr(authority, name) for name in DETAILS}
    versions = [({name: getattr(each, name) for name in DETAILS}, each.since) for each in authority.former]
    versions.append((present, authority.since or authority.entered))
    chosen = dict(versions[0][0])
    for details, since in versions[1:]:
        if since + WAIT <= at and (received is None or since <= received - NEAR):
            chosen = dict(details)
    chosen["subdomains"] = chosen["subdomains"] and present["subdomains"]
    chosen["channel"] = chosen["channel"] if present["channel"] else ""
    chosen["statutes"] = tuple(each for each in chosen["statutes"] if each in present["statutes"])
    if present["role"] not in JUDICIAL_ROLES:
        chosen["role"] = present["role"]
    return chosen
