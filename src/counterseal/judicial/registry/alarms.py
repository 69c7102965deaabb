# SPDX-License-Identifier: Apache-2.0
"""What should make a person stop: contacts of a request beside those of the registry, and the reverse. Pure.

An alarm never blocks by itself. Of a request it is evidence against it; of a change it must be named in what two
officers sign (`mark`), so that nobody enters the number of a forged letter unawares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from counterseal.judicial.registry.index import Index
from counterseal.judicial.registry.model import ContactKind
from counterseal.judicial.registry.near import Near, Seen
from counterseal.judicial.registry.normal import FREE_MAIL
from counterseal.judicial.registry.ports import Imitated
from counterseal.judicial.registry.similar import SAID, Likeness, likeness

SHARED: Final = frozenset({ContactKind.PHONE, ContactKind.EMAIL, ContactKind.DOMAIN, ContactKind.ADDRESS})
OLD: Final = "which is not in use any more at"


class Alarm(msgspec.Struct, frozen=True, omit_defaults=True):
    """`value` resembles, or is, `other`, which is registered for `authority` (contact `contact`) or stood in
    `request`. `how`: a likeness of numbers, or a sentence about domains."""

    code: str
    sentence: str
    value: str
    other: str = ""
    how: str = ""
    authority: str = ""
    contact: str = ""
    request: str = ""

    @property
    def mark(self) -> str:
        """What officers name who sign in spite of it."""
        return ":".join(part for part in (self.code, self.request or self.contact or self.other) if part)


def alarms_of_request(claimed: Seen, authority: str, index: Index, imitated: Imitated) -> tuple[Alarm, ...]:
    """What the contacts that a request gives resemble. `authority`: whose it says it is ("" = not known)."""
    found = [alarm for phone in claimed.phones for alarm in _phone_given(phone, authority, index)]
    for domain in claimed.domains:
        found += _domain_given(domain, authority, index, imitated)
    for mail in claimed.emails:
        for who, each in index.same(ContactKind.EMAIL, mail):
            if each.ended is not None:
                sentence = f"the request gives `{mail}`, {OLD} `{who.name}`"
                found.append(Alarm("ended_contact", sentence, mail, mail, "", who.id, each.id))
    return tuple(found)


def alarms_of_contact(
    kind: ContactKind, value: str, authority: str, index: Index, near: Iterable[Near], imitated: Imitated
) -> tuple[Alarm, ...]:
    """What a contact (normalised) that is about to be entered resembles, in the registry and in requests."""
    found = list(_beside(kind, value, authority, index))
    if kind in {ContactKind.EMAIL, ContactKind.DOMAIN}:
        found += _domain_beside(value.rpartition("@")[2], index, imitated)
    for seen in (one for held in near for one in held.seen):
        found += _in_request(kind, value, seen)
    return tuple({alarm.mark: alarm for alarm in found}.values())


def _phone_given(phone: str, authority: str, index: Index) -> Iterator[Alarm]:
    """Nothing where it is a number that stands for this authority: others resemble it by chance."""
    alike = index.like(phone)
    if any(how is Likeness.SAME and each.ended is None and who.id == authority for how, (who, each) in alike):
        return
    for how, (who, each) in alike:
        if how is not Likeness.SAME:
            sentence = f"the request gives {phone}, which {SAID[how]} {each.value} of `{who.name}`"
            yield Alarm("similar_number", sentence, phone, each.value, how.value, who.id, each.id)
        elif each.ended is not None:
            sentence = f"the request gives {phone}, {OLD} `{who.name}`"
            yield Alarm("ended_contact", sentence, phone, phone, how.value, who.id, each.id)
        elif authority:
            sentence = f"the request gives {phone}, which is the number of `{who.name}`"
            yield Alarm("other_authority", sentence, phone, phone, how.value, who.id, each.id)


def _domain_given(domain: str, authority: str, index: Index, imitated: Imitated) -> Iterator[Alarm]:
    owners = {who.id: (who, each) for who, each in index.above(domain)}
    if authority in owners:
        return
    gone = next((held for held in index.same(ContactKind.DOMAIN, domain) if held[1].ended is not None), None)
    if owners:
        who, each = next(iter(owners.values()))
        if authority:
            sentence = f"the request gives `{domain}`, which is of `{who.name}`"
            yield Alarm("other_authority", sentence, domain, each.value, "", who.id, each.id)
    elif gone is not None:
        sentence = f"the request gives `{domain}`, {OLD} `{gone[0].name}`"
        yield Alarm("ended_contact", sentence, domain, domain, "", gone[0].id, gone[1].id)
    elif domain in FREE_MAIL:
        yield Alarm("free_mail", f"the request is reached at `{domain}`, where anybody gets an address", domain)
    elif (alarm := _imitation("the request gives ", domain, index, imitated)) is not None:
        yield alarm
    elif authority:
        yield Alarm("domain_unknown", f"`{domain}` is registered for nobody", domain)


def _imitation(begin: str, domain: str, index: Index, imitated: Imitated) -> Alarm | None:
    found = imitated(domain, index.domains)
    if found is None:
        return None
    who, each = index.domains[found[0]]
    sentence = f"{begin}`{domain}`, which imitates `{found[0]}`: {found[1]}"
    return Alarm("domain_imitates", sentence, domain, *found, who.id, each.id)


def _beside(kind: ContactKind, value: str, authority: str, index: Index) -> Iterator[Alarm]:
    """A contact that is about to be entered, beside those that are or were registered."""
    for who, each in index.same(kind, value):
        if each.ended is not None:
            sentence = f"`{value}` was registered for `{who.name}` and ended: {each.ended_reason}"
            yield Alarm("ended_contact", sentence, value, value, "", who.id, each.id)
        elif who.id != authority and kind in SHARED:
            sentence = f"`{value}` is also registered for `{who.name}`"
            yield Alarm("shared", sentence, value, value, "", who.id, each.id)
    for how, (who, each) in index.like(value) if kind is ContactKind.PHONE else ():
        if how is not Likeness.SAME and each.ended is None:
            sentence = f"{value} {SAID[how]} {each.value} of `{who.name}`"
            yield Alarm("similar_number", sentence, value, each.value, how.value, who.id, each.id)


def _domain_beside(domain: str, index: Index, imitated: Imitated) -> Iterator[Alarm]:
    if domain in FREE_MAIL:
        yield Alarm("free_mail", f"anybody gets an address at `{domain}`", domain, domain)
    elif domain not in index.domains and (alarm := _imitation("", domain, index, imitated)) is not None:
        yield alarm


def _in_request(kind: ContactKind, value: str, seen: Seen) -> Iterator[Alarm]:
    if kind is ContactKind.PHONE:
        for phone in seen.phones:
            how = likeness(value, phone)
            if how is not None:
                sentence = f"{value} {SAID[how]} {phone}, which request {seen.request} brought along"
                yield Alarm("in_request", sentence, value, phone, how.value, request=seen.request)
    elif value in {ContactKind.EMAIL: seen.emails, ContactKind.DOMAIN: seen.domains}.get(kind, ()):
        sentence = f"request {seen.request} brought `{value}` along"
        yield Alarm("in_request", sentence, value, value, request=seen.request)
