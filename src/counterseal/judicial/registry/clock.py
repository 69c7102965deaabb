# SPDX-License-Identifier: Apache-2.0
"""The yearly check: messages to ourselves that wait for their time, and what they do. Pure.

A message does nothing but put a line into the log. That a contact does not count any more follows from the time
alone (`rules.usable`), whether a worker runs or not.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from counterseal.core.transaction import Entry, Message
from counterseal.judicial.registry.model import REMIND, Authority, Contact, subject_of
from counterseal.judicial.registry.stored import TOPIC, entry


class Due(msgspec.Struct, frozen=True):
    """A message: a contact is to be checked by `recheck` (ms)."""

    contact: str
    recheck: int


class Waiting(msgspec.Struct, frozen=True):
    """A contact whose check is near or over. `overdue`: it does not count until it is checked."""

    authority: str
    name: str
    contact: Contact
    overdue: bool


def reminders(before: Authority | None, after: Authority) -> tuple[Message, ...]:
    """Two messages for each contact that was looked at: 30 days before its year is over, and then."""
    known = {} if before is None else {each.id: each.recheck for each in before.contacts}
    found: list[Message] = []
    for each in after.contacts:
        if each.ended is None and after.ended is None and known.get(each.id) != each.recheck:
            payload = msgspec.json.encode(Due(each.id, each.recheck))
            found += [
                Message(f"{each.id}/recheck/{when}", TOPIC, subject_of(after.id), payload, when)
                for when in (each.recheck - REMIND, each.recheck)
            ]
    return tuple(found)


def reminded(authority: Authority, due: Due, now: int) -> tuple[Authority, Entry] | None:
    """The authority with the reminder noted, and its line in the log; None where it was checked or ended meanwhile,
    or the line is there."""
    held = authority.contact(due.contact)
    if held is None or held.ended is not None or authority.ended is not None or held.recheck != due.recheck:
        return None
    stage = due.recheck if now >= due.recheck else due.recheck - REMIND
    if now < stage or (held.reminded or 0) >= stage:
        return None
    kept = msgspec.structs.replace(held, reminded=stage)
    contacts = tuple(kept if each.id == kept.id else each for each in authority.contacts)
    kind = "contact_overdue" if stage == due.recheck else "contact_due"
    facts: dict[str, object] = {"contact": held.id, "recheck": due.recheck}
    return msgspec.structs.replace(authority, contacts=contacts), entry(kind, now, ("desk",), authority.id, facts)


def waiting(authorities: Iterator[Authority], now: int, within: int) -> tuple[Waiting, ...]:
    """The contacts to be checked within so many ms, the most urgent first."""
    found = [
        Waiting(who.id, who.name, each, now >= each.recheck)
        for who in authorities
        for each in who.contacts
        if who.ended is None and each.ended is None and each.recheck - within <= now
    ]
    return tuple(sorted(found, key=lambda each: (each.contact.recheck, each.authority, each.contact.id)))
