# SPDX-License-Identifier: Apache-2.0
"""The changes of an authority that two officers sign. Pure: an authority in, an authority out, or a refusal.

Nothing is overwritten: a contact that changes is ended and another one entered, details move to `former`.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from counterseal.core.errors import ForbiddenError, InputError
from counterseal.judicial.registry.checks import (
    Signed,
    checked_source,
    fresh,
    live,
    plain,
    put,
    same_source,
    standing,
)
from counterseal.judicial.registry.grammar import check_grammar
from counterseal.judicial.registry.model import (
    Authority,
    Contact,
    ContactKind,
    Former,
    Officer,
    Source,
    Use,
)
from counterseal.judicial.registry.normal import normal
from counterseal.judicial.registry.rules import DETAILS
from counterseal.judicial.registry.stored import RegistryRuleError, unknown

MOST_CONTACTS: Final = 500
MOST_OFFICERS: Final = 1_000
ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]")
_COUNTRY: Final = re.compile(r"[a-z]{2}")
_WORD: Final = re.compile(r"[a-z][a-z_]{1,40}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")
USES: Final = {
    ContactKind.PHONE: frozenset({Use.CALL_BACK, Use.DUTY, Use.CLERK}),
    ContactKind.EMAIL: frozenset({Use.MAIL, Use.DELIVERY, Use.CLERK}),
    ContactKind.DOMAIN: frozenset({Use.MAIL}),
    ContactKind.CERTIFICATE: frozenset({Use.SIGNING, Use.DELIVERY}),
    ContactKind.SUBJECT: frozenset({Use.SIGNING}),
    ContactKind.OPENPGP: frozenset({Use.SIGNING, Use.DELIVERY}),
    ContactKind.ADDRESS: frozenset({Use.DELIVERY, Use.CLERK}),
}


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an authority is called, is, and may do. See model.Authority."""

    name: str
    country: str
    role: str
    languages: tuple[str, ...] = ("en",)
    channel: str = ""
    subdomains: bool = False
    case_grammar: str = ""
    statutes: tuple[str, ...] = ()


class NewContact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A contact as it is asked for. `accepts`: marks of the alarms that whoever signs knows of."""

    kind: ContactKind
    value: str
    uses: tuple[Use, ...]
    source: Source
    office: str = ""
    person: str = ""
    replaces: str = ""
    accepts: tuple[str, ...] = ()


def checked_details(details: Details) -> Details:
    """In the form in which they are compared. Raises InputError."""
    made = msgspec.structs.replace(
        details,
        name=plain(details.name, "name"),
        country=details.country.strip().lower(),
        role=details.role.strip().lower().replace(" ", "_"),
        channel=plain(details.channel, "channel", empty=True),
        statutes=tuple(plain(each, "statute") for each in details.statutes),
    )
    if not _COUNTRY.fullmatch(made.country):
        raise InputError("a country has two letters (ISO 3166-1 alpha-2)", code="country_invalid")
    if not _WORD.fullmatch(made.role):
        raise InputError("a role is a word such as court, prosecutor or police", code="role_invalid")
    if not made.languages or not all(_LANGUAGE.fullmatch(each) for each in made.languages):
        raise InputError("a language is a tag such as en or zh", code="language_invalid")
    check_grammar(made.case_grammar)
    return made


def new_authority(identity: str, details: Details, signed: Signed) -> Authority:
    """An authority without contacts. Raises InputError."""
    if not ID.fullmatch(identity):
        raise InputError("an id has 3 to 64 of a-z, 0-9 and hyphens", code="authority_id_invalid")
    checked = msgspec.structs.asdict(checked_details(details))
    return Authority(identity, **checked, entered=signed.at, entered_by=signed.by)


def with_details(authority: Authority, details: Details, signed: Signed) -> Authority:
    """With other details; what was moves to `former`. Raises InputError, ConflictError."""
    standing(authority)
    since = authority.since or authority.entered
    fresh(since, signed)
    checked = checked_details(details)
    if all(getattr(authority, name) == getattr(checked, name) for name in DETAILS):
        raise RegistryRuleError("that is what stands already", code="nothing_changed")
    before = Former(since, **{name: getattr(authority, name) for name in DETAILS})
    return msgspec.structs.replace(
        authority,
        **msgspec.structs.asdict(checked),
        since=signed.at,
        since_by=signed.by,
        former=(*authority.former, before),
    )


def ended_authority(authority: Authority, reason: str, signed: Signed) -> Authority:
    """Not in use any more. Raises InputError, ConflictError."""
    standing(authority)
    why = plain(reason, "reason")
    return msgspec.structs.replace(authority, ended=signed.at, ended_by=signed.by, ended_reason=why)


def made_contact(identity: str, new: NewContact, signed: Signed) -> Contact:
    """The contact, normalised. Raises InputError."""
    value = normal(new.kind, new.value)
    if not new.uses or not set(new.uses) <= USES[new.kind]:
        allowed = ", ".join(sorted(USES[new.kind]))
        raise InputError(f"a contact of kind `{new.kind}` is for: {allowed}", code="uses_invalid")
    return Contact(
        *(identity, new.kind, value, tuple(each for each in Use if each in new.uses)),
        *(checked_source(new.source, signed.at), signed.at, signed.by),
        office=plain(new.office, "office", empty=True),
        person=plain(new.person, "person", empty=True),
        replaces=new.replaces,
    )


def with_contact(authority: Authority, contact: Contact, signed: Signed) -> Authority:
    """With one contact more; what it replaces ends. Raises ConflictError, NotFoundError."""
    standing(authority)
    if len(authority.contacts) >= MOST_CONTACTS:
        raise RegistryRuleError(f"an authority has up to {MOST_CONTACTS} contacts", code="contact_limit")
    if contact.replaces:
        authority = ended_contact(authority, contact.replaces, f"replaced by {contact.id}", signed)
    same = (each for each in authority.contacts if (each.kind, each.value) == (contact.kind, contact.value))
    if any(each.ended is None and set(each.uses) & set(contact.uses) for each in same):
        raise RegistryRuleError(f"`{contact.value}` is registered for it already", code="contact_exists")
    return msgspec.structs.replace(authority, contacts=(*authority.contacts, contact))


def confirmed_contact(authority: Authority, contact: str, source: Source, signed: Signed) -> Authority:
    """A second source says the same. It is another one, and one of the two officers at least had no part in the
    entry. Raises InputError, ConflictError, ForbiddenError, NotFoundError."""
    held = live(authority, contact, signed)
    second = checked_source(source, signed.at)
    if held.second is not None:
        raise RegistryRuleError("a second source confirmed it already", code="contact_confirmed")
    if same_source(held.source, second):
        raise InputError("this is the source that it was entered from", code="source_same", hint="find another one")
    if set(signed.by) <= set(held.entered_by):
        raise ForbiddenError(
            "the two who entered it do not confirm it", code="officers_same", hint="somebody else must look as well"
        )
    made = msgspec.structs.replace(held, second=second, second_at=signed.at, second_by=signed.by)
    return put(authority, made)


def checked_contact(authority: Authority, contact: str, source: Source, signed: Signed) -> Authority:
    """Somebody looked again and it is still so. Raises InputError, ConflictError, NotFoundError."""
    held = live(authority, contact, signed)
    looked = checked_source(source, signed.at)
    if looked.at < held.seen:
        raise InputError("this look-up is older than the last one", code="source_old")
    made = msgspec.structs.replace(held, checked=signed.at, checked_by=signed.by, checked_source=looked)
    return put(authority, made)


def ended_contact(authority: Authority, contact: str, reason: str, signed: Signed) -> Authority:
    """Not used any more, at once. Raises InputError, ConflictError, NotFoundError."""
    held = live(authority, contact, signed)
    why = plain(reason, "reason")
    made = msgspec.structs.replace(held, ended=signed.at, ended_by=signed.by, ended_reason=why)
    return put(authority, made)


def with_officer(authority: Authority, officer: Officer) -> Authority:
    """With one person more on its roster. Raises InputError, ConflictError."""
    standing(authority)
    if len(authority.officers) >= MOST_OFFICERS:
        raise RegistryRuleError(f"an authority has up to {MOST_OFFICERS} people", code="officer_limit")
    made = msgspec.structs.replace(
        officer,
        name=plain(officer.name, "name"),
        office=plain(officer.office, "office", empty=True),
        role=plain(officer.role, "role"),
        supervisor=plain(officer.supervisor, "supervisor", empty=True),
        source=checked_source(officer.source, officer.entered),
    )
    present = {(each.name.casefold(), each.office.casefold()) for each in authority.officers if each.ended is None}
    if (made.name.casefold(), made.office.casefold()) in present:
        raise RegistryRuleError(f"`{made.name}` is on its roster already", code="officer_exists")
    return msgspec.structs.replace(authority, officers=(*authority.officers, made))


def ended_officer(authority: Authority, officer: str, reason: str, signed: Signed) -> Authority:
    """Not there any more. Raises InputError, ConflictError, NotFoundError."""
    standing(authority)
    held = next((each for each in authority.officers if each.id == officer), None)
    if held is None:
        raise unknown("officer")
    if held.ended is not None:
        raise RegistryRuleError("this person is not there any more", code="officer_ended")
    why = plain(reason, "reason")
    made = msgspec.structs.replace(held, ended=signed.at, ended_by=signed.by, ended_reason=why)
    kept = tuple(made if each.id == officer else each for each in authority.officers)
    return msgspec.structs.replace(authority, officers=kept)
