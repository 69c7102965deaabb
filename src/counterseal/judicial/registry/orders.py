# SPDX-License-Identifier: Apache-2.0
"""What two officers can sign about an authority, and what comes of it. Pure: a series of orders is one change.

Alarms of contacts that are entered must be named by those who sign; a key signs for one authority.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError
from counterseal.judicial.registry import changes as c
from counterseal.judicial.registry.alarms import Alarm, alarms_of_contact
from counterseal.judicial.registry.checks import Signed, checked_source
from counterseal.judicial.registry.index import Index
from counterseal.judicial.registry.model import Authority, Contact, ContactKind, Officer, Source
from counterseal.judicial.registry.near import UNKNOWN, Near, near_of
from counterseal.judicial.registry.ports import Imitated
from counterseal.judicial.registry.stored import RegistryRuleError, unknown

ALONE: Final = frozenset({ContactKind.CERTIFICATE, ContactKind.SUBJECT, ContactKind.OPENPGP})


class EnterAuthority(msgspec.Struct, frozen=True):
    """An authority, without contacts yet."""

    details: c.Details


class ChangeDetails(msgspec.Struct, frozen=True):
    """Other name, role, channel, ...: all of them as they are to be."""

    details: c.Details


class EndAuthority(msgspec.Struct, frozen=True):
    """Nothing of it counts any more."""

    reason: str


class EnterContact(msgspec.Struct, frozen=True):
    """One contact more."""

    contact: c.NewContact


class ConfirmContact(msgspec.Struct, frozen=True):
    """A second source says the same."""

    contact: str
    source: Source


class CheckContact(msgspec.Struct, frozen=True):
    """The yearly check: it is still so."""

    contact: str
    source: Source


class EndContact(msgspec.Struct, frozen=True):
    """It is not used any more, at once."""

    contact: str
    reason: str


class EnterOfficer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person of its roster."""

    name: str
    role: str
    source: Source
    office: str = ""
    supervisor: str = ""


class EndOfficer(msgspec.Struct, frozen=True):
    """This person is not there any more."""

    officer: str
    reason: str


Order = (
    EnterAuthority
    | ChangeDetails
    | EndAuthority
    | EnterContact
    | ConfirmContact
    | CheckContact
    | EndContact
    | EnterOfficer
    | EndOfficer
)
SAID_OF: Final[dict[type, str]] = {
    EnterAuthority: "authority_entered",
    ChangeDetails: "authority_changed",
    EndAuthority: "authority_ended",
    EnterContact: "contact_entered",
    ConfirmContact: "contact_confirmed",
    CheckContact: "contact_checked",
    EndContact: "contact_ended",
    EnterOfficer: "roster_entered",
    EndOfficer: "roster_ended",
}
"""The log's kind of each."""


class Outcome(msgspec.Struct, frozen=True):
    """The authorities as they become, and the alarms of what is entered of each. `made`: ids of what is new, in
    order of the orders ("" where nothing is)."""

    authorities: dict[str, Authority]
    alarms_of: dict[str, tuple[Alarm, ...]]
    made: tuple[str, ...]

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """All of them."""
        return tuple(alarm for each in self.alarms_of.values() for alarm in each)


class World:
    """The registry as orders see it: each sees what those before it did. `index`: of all that is held."""

    def __init__(
        self, held: Mapping[str, Authority], index: Index, near: Mapping[str, Near], imitated: Imitated
    ) -> None:
        self._held, self._near, self._imitated = dict(held), near, imitated
        self._index = Index(over=index)
        self.changed: dict[str, Authority] = {}

    def authority(self, authority: str) -> Authority:
        """One. Raises NotFoundError."""
        if (held := self._held.get(authority)) is None:
            raise unknown()
        return held

    def has(self, authority: str) -> bool:
        """Whether there is one with this id."""
        return authority in self._held

    def put(self, authority: Authority) -> None:
        """As it becomes."""
        self._held[authority.id] = self.changed[authority.id] = authority

    def alarms(self, authority: str, contact: Contact) -> tuple[Alarm, ...]:
        """What a contact that is to be entered resembles. Raises ConflictError for somebody else's key."""
        for who, each in self._index.same(contact.kind, contact.value) if contact.kind in ALONE else ():
            if who.id != authority and each.ended is None:
                raise RegistryRuleError(f"it is registered for `{who.name}`", code="contact_taken")
        near = [self._near[key] for key in (near_of(authority), near_of(UNKNOWN)) if key in self._near]
        found = alarms_of_contact(contact.kind, contact.value, authority, self._index, near, self._imitated)
        return tuple(alarm for alarm in found if not alarm.contact or alarm.contact != contact.replaces)

    def entered(self, authority: str, contact: Contact) -> None:
        """From now on others are compared with it."""
        self._index.add(self._held[authority], contact)


def carried_out(
    orders: Iterable[tuple[str, Order]], world: World, signed: Signed, new_id: Callable[[str], str]
) -> Outcome:
    """All of these orders, or a refusal of all. Raises InputError, ConflictError, NotFoundError, ForbiddenError."""
    alarms: dict[str, tuple[Alarm, ...]] = {}
    made: list[str] = []
    for authority, order in orders:
        match order:
            case EnterAuthority():
                if world.has(authority):
                    raise RegistryRuleError("there is an authority with this id", code="authority_exists")
                world.put(c.new_authority(authority, order.details, signed))
                made.append("")
            case EnterContact():
                found, identity = _contact(world, authority, order.contact, signed, new_id)
                alarms[authority] = alarms.get(authority, ()) + found
                made.append(identity)
            case EnterOfficer():
                made.append(_officer(world, authority, order, signed, new_id))
            case _:
                world.put(_changed(world.authority(authority), order, signed))
                made.append("")
    return Outcome(world.changed, alarms, tuple(made))


def check_named(alarms: Iterable[Alarm], accepted: Iterable[str]) -> None:
    """Raise ConflictError for alarms that those who signed did not name."""
    named = frozenset(accepted)
    missing = [alarm for alarm in alarms if alarm.mark not in named]
    if missing:
        marks = ", ".join(alarm.mark for alarm in missing[:20])
        raise ConflictError(
            "; ".join(alarm.sentence for alarm in missing[:5]),
            code="alarms_unnamed",
            hint=f"if it is right all the same, name in `accepts`: {marks}",
        )


def _contact(
    world: World, authority: str, new: c.NewContact, signed: Signed, new_id: Callable[[str], str]
) -> tuple[tuple[Alarm, ...], str]:
    contact = c.made_contact(new_id("ct"), new, signed)
    alarms = world.alarms(authority, contact)
    contact = msgspec.structs.replace(contact, accepted=tuple(alarm.mark for alarm in alarms))
    world.put(c.with_contact(world.authority(authority), contact, signed))
    world.entered(authority, contact)
    return alarms, contact.id


def _officer(
    world: World, authority: str, order: EnterOfficer, signed: Signed, new_id: Callable[[str], str]
) -> str:
    source = checked_source(order.source, signed.at)
    made = Officer(
        *(new_id("of"), order.name, order.office, order.role, source, signed.at, signed.by),
        supervisor=order.supervisor,
    )
    world.put(c.with_officer(world.authority(authority), made))
    return made.id


def _changed(held: Authority, order: Order, signed: Signed) -> Authority:
    match order:
        case ChangeDetails():
            return c.with_details(held, order.details, signed)
        case EndAuthority():
            return c.ended_authority(held, order.reason, signed)
        case ConfirmContact():
            return c.confirmed_contact(held, order.contact, order.source, signed)
        case CheckContact():
            return c.checked_contact(held, order.contact, order.source, signed)
        case EndContact():
            return c.ended_contact(held, order.contact, order.reason, signed)
        case EndOfficer():
            return c.ended_officer(held, order.officer, order.reason, signed)
        case _:
            raise TypeError(f"{type(order).__name__} enters something")
