# SPDX-License-Identifier: Apache-2.0
"""What should make a person stop: contacts of a request beside those of the registry, and the reverse. Pure.

An alarm never blocks by itself. Of a request it is evidence against it; of a change it must be named in what two
officers sign (`mark`), so that nobody enters the number of a forged letter unawares.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from counterseal.judicial.registry.model import Authority, Contact, ContactKind
from counterseal.judicial.registry.near import Near, Seen
from counterseal.judicial.registry.normal import FREE_MAIL
from counterseal.judicial.registry.ports import Imitated
from counterseal.judicial.registry.similar import SAID, Likeness, likeness

SHARED: Final = frozenset({ContactKind.PHONE, ContactKind.EMAIL, ContactKind.DOMAIN, ContactKind.ADDRESS})


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


def alarms_of_request(
    claimed: Seen, authority: str, authorities: Iterable[Authority], imitated: Imitated
) -> tuple[Alarm, ...]:
    """What the contacts that a request gives resemble. `authority`: whose it says it is ("" = not known)."""
    held = tuple(authorities)
    phones = [(who, each) for who, each in _all(held) if each.kind is ContactKind.PHONE]
    found = [alarm for phone in claimed.phones for alarm in _of_phone(phone, authority, phones)]
    domains = [(who, each) for who, each in _all(held) if each.kind is ContactKind.DOMAIN]
    for domain in claimed.domains:
        found += _of_domain(domain, authority, domains, imitated)
    mails = [(who, each) for who, each in _all(held) if each.kind is ContactKind.EMAIL and each.ended is not None]
    for who, each in mails:
        if each.value in claimed.emails:
            sentence = f"the request gives `{each.value}`, which is not in use any more at `{who.name}`"
            found.append(Alarm("ended_contact", sentence, each.value, each.value, "", who.id, each.id))
    return tuple(found)


def alarms_of_contact(
    kind: ContactKind,
    value: str,
    authority: str,
    authorities: Iterable[Authority],
    near: Iterable[Near],
    imitated: Imitated,
) -> tuple[Alarm, ...]:
    """What a contact (normalised) that is about to be entered resembles, in the registry and in requests."""
    held, found = tuple(authorities), list[Alarm]()
    for who, each in _all(held):
        found += _beside(kind, value, authority, who, each)
    if kind in {ContactKind.EMAIL, ContactKind.DOMAIN}:
        found += _domain_beside(value.rpartition("@")[2], held, imitated)
    for seen in (one for index in near for one in index.seen):
        found += _in_request(kind, value, seen)
    return tuple({alarm.mark: alarm for alarm in found}.values())


def _all(authorities: Iterable[Authority]) -> Iterator[tuple[Authority, Contact]]:
    for who in authorities:
        for each in who.contacts:
            yield who, each


def _of_phone(phone: str, authority: str, phones: Iterable[tuple[Authority, Contact]]) -> Iterator[Alarm]:
    """Nothing where it is a number that stands for this authority: others resemble it by chance."""
    alike = [(who, each, how) for who, each in phones if (how := likeness(phone, each.value)) is not None]
    if any(how is Likeness.SAME and each.ended is None and who.id == authority for who, each, how in alike):
        return
    for who, each, how in alike:
        if how is not Likeness.SAME:
            sentence = f"the request gives {phone}, which {SAID[how]} {each.value} of `{who.name}`"
            yield Alarm("similar_number", sentence, phone, each.value, how.value, who.id, each.id)
        elif each.ended is not None:
            sentence = f"the request gives {phone}, which is not in use any more at `{who.name}`"
            yield Alarm("ended_contact", sentence, phone, phone, how.value, who.id, each.id)
        elif authority:
            sentence = f"the request gives {phone}, which is the number of `{who.name}`"
            yield Alarm("other_authority", sentence, phone, phone, how.value, who.id, each.id)


def _of_domain(
    domain: str, authority: str, domains: list[tuple[Authority, Contact]], imitated: Imitated
) -> Iterator[Alarm]:
    standing = {each.value: (who.id, each.id) for who, each in domains if each.ended is None}
    owners = {who.id: who.name for who, each in domains if each.ended is None and _is_of(domain, who, each)}
    if authority in owners:
        return
    if owners:
        if authority:
            sentence = f"the request gives `{domain}`, which is of `{min(owners.values())}`"
            yield Alarm("other_authority", sentence, domain, domain, "", min(owners))
    elif (gone := next(((who, each) for who, each in domains if each.value == domain), None)) is not None:
        sentence = f"the request gives `{domain}`, which is not in use any more at `{gone[0].name}`"
        yield Alarm("ended_contact", sentence, domain, domain, "", gone[0].id, gone[1].id)
    elif domain in FREE_MAIL:
        yield Alarm("free_mail", f"the request is reached at `{domain}`, where anybody gets an address", domain)
    elif (found := imitated(domain, standing)) is not None:
        sentence = f"the request gives `{domain}`, which imitates `{found[0]}`: {found[1]}"
        yield Alarm("domain_imitates", sentence, domain, *found, *standing[found[0]])
    elif authority:
        yield Alarm("domain_unknown", f"`{domain}` is registered for nobody", domain)


def _is_of(domain: str, who: Authority, each: Contact) -> bool:
    return domain == each.value or (who.subdomains and domain.endswith(f".{each.value}"))


def _beside(kind: ContactKind, value: str, authority: str, who: Authority, each: Contact) -> Iterator[Alarm]:
    """A contact that is about to be entered, beside one that is or was registered."""
    if each.kind is not kind:
        return
    if each.value == value:
        if each.ended is not None and who.id == authority:
            sentence = f"`{value}` was registered and ended: {each.ended_reason}"
            yield Alarm("ended_contact", sentence, value, value, "", who.id, each.id)
        elif each.ended is None and who.id != authority and kind in SHARED:
            yield Alarm(
                "shared", f"`{value}` is also registered for `{who.name}`", value, value, "", who.id, each.id
            )
    elif kind is ContactKind.PHONE and each.ended is None:
        how = likeness(value, each.value)
        if how is not None:
            sentence = f"{value} {SAID[how]} {each.value} of `{who.name}`"
            yield Alarm("similar_number", sentence, value, each.value, how.value, who.id, each.id)


def _domain_beside(domain: str, authorities: tuple[Authority, ...], imitated: Imitated) -> Iterator[Alarm]:
    if domain in FREE_MAIL:
        yield Alarm("free_mail", f"anybody gets an address at `{domain}`", domain)
    standing = {
        each.value: (who.id, each.id)
        for who, each in _all(authorities)
        if each.kind is ContactKind.DOMAIN and each.ended is None
    }
    if domain not in standing and (found := imitated(domain, standing)) is not None:
        sentence = f"`{domain}` imitates `{found[0]}`: {found[1]}"
        yield Alarm("domain_imitates", sentence, domain, *found, *standing[found[0]])


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
