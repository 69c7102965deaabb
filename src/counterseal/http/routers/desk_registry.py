# SPDX-License-Identifier: Apache-2.0
"""The registry of authorities: who they are and how they are reached. Two members of staff sign every change."""

from __future__ import annotations

from typing import Annotated, Any, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.transaction import Committed
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_registry_bodies as b
from counterseal.http.routers import desk_registry_examples as x
from counterseal.http.routers import desk_registry_replies as r
from counterseal.http.routers import desk_registry_views as shown
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.http.staff_names import Names
from counterseal.judicial.registry import orders as o
from counterseal.judicial.registry.near import seen_of
from counterseal.judicial.registry.service import Orders, Registry
from counterseal.judicial.registry.stored import Done

router = Router(tags=["desk"])

Area = Annotated[Registry, area(Registry)]
People = Annotated[Names, area(Names)]
Reads = Annotated[Caller, require(Scope.DESK_READ)]
Writes = Annotated[Caller, require(Scope.DESK_WRITE)]
Key = Annotated[Write, idempotent]
Two = Annotated[Officers, two_passkeys]
_DONE: Final[dict[str, Any]] = {"reply": r.RegistryDone, "example": x.DONE, "problems": (404, 409)}


@router.get(
    "/v1/desk/authorities", **operation("List the authorities", reply=r.AuthorityList, example=x.AUTHORITIES)
)
async def list_authorities(
    caller: Reads,
    page: Annotated[b.AuthorityPage, query(b.AuthorityPage)],
    registry: Area,
    held: Annotated[Services, services],
) -> Response:
    """In the order of their ids, each with how many of its contacts count now."""
    found = await registry.authorities(country=page.country.lower(), after=page.after, limit=page.limit)
    now = held.clock.now()
    more = found[-1].id if len(found) == page.limit else None
    return reply(r.AuthorityList(items=[shown.row_view(each, now) for each in found], next=more))


@router.get(
    "/v1/desk/authorities/{authority}",
    **operation("Read an authority", reply=r.AuthorityView, example=x.AUTHORITY, problems=(404,)),
)
async def read_authority(
    authority: str,
    caller: Reads,
    asked: Annotated[b.For, query(b.For)],
    registry: Area,
    people: People,
    held: Annotated[Services, services],
) -> Response:
    """All that ever was of it. Each contact says whether it counts: now, or for a request `received` then."""
    found = await registry.authority(authority)
    names = await people.of(shown.signers_of(found))
    received, near = asked.received or None, await registry.near(authority)
    return reply(shown.authority_view(found, held.clock.now(), received, near, names))


@router.get(
    "/v1/desk/registry/due",
    **operation("List contacts to check", reply=r.DueList, example=r.DueList(items=[x.DUE])),
)
async def list_due_contacts(caller: Reads, asked: Annotated[b.Within, query(b.Within)], registry: Area) -> Response:
    """Contacts that nobody checked for nearly a year, the most urgent first. After the year they do not count."""
    found = await registry.due(asked.milliseconds)
    return reply(r.DueList(items=[shown.due_view(each) for each in found]))


@router.post(
    "/v1/desk/registry/alarms",
    **operation(
        "Compare contacts with the registry",
        reply=r.AlarmList,
        example=r.AlarmList(items=[x.ALARM]),
        body_example=b.CompareBody(phones=["+1 202 555 0197"], authority="nm-district-court"),
    ),
)
async def compare_contacts(
    caller: Reads, _write: Key, wanted: Annotated[b.CompareBody, json_body(b.CompareBody)], registry: Area
) -> Response:
    """What numbers, addresses and domains of a request resemble: similar numbers, look-alike domains, contacts of
    others or that ended. Nothing is changed."""
    given = seen_of("", 0, phones=tuple(wanted.phones), emails=tuple(wanted.emails), domains=tuple(wanted.domains))
    alarms = await registry.alarms(given, wanted.authority)
    return reply(r.AlarmList(items=[shown.alarm_view(each) for each in alarms]))


@router.post(
    "/v1/desk/authorities/{authority}/preview",
    **operation(
        "Try a contact", reply=r.PreviewView, example=x.PREVIEW, body_example=x.CONTACT_BODY, problems=(404, 409)
    ),
)
async def preview_contact(
    authority: str,
    caller: Reads,
    _write: Key,
    wanted: Annotated[b.ContactBody, json_body(b.ContactBody)],
    registry: Area,
) -> Response:
    """What entering this contact would do, and the alarms that have to be named to enter it. Nothing is changed."""
    found = await registry.preview(authority, b.contact_of(wanted))
    alarms = [shown.alarm_view(each) for each in found.alarms]
    return reply(r.PreviewView(value=found.value, alarms=alarms, near=list(found.near)))


@router.post(
    "/v1/desk/authorities",
    **operation("Enter an authority", **_DONE, body_example=x.AUTHORITY_BODY, status=201),
)
async def enter_authority(
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.AuthorityBody, json_body(b.AuthorityBody)],
    registry: Area,
) -> Response:
    """An authority with its first contacts. Each counts after 30 days, or once a second source confirms it."""
    orders: list[tuple[str, o.Order]] = [(wanted.id, o.EnterAuthority(b.details_of(wanted.details)))]
    orders += [(wanted.id, o.EnterContact(b.contact_of(each))) for each in wanted.contacts]
    return await _signed(registry, orders, officers, write, status=201)


@router.post(
    "/v1/desk/authorities/{authority}/details",
    **operation("Change an authority", **_DONE, body_example=x.DETAILS_BODY),
)
async def change_authority(
    authority: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.DetailsBody, json_body(b.DetailsBody)],
    registry: Area,
) -> Response:
    """Its details, all as they are to be. What they add counts after 30 days, what they take away at once."""
    return await _signed(registry, [(authority, o.ChangeDetails(b.details_of(wanted)))], officers, write)


@router.post("/v1/desk/authorities/{authority}/end", **operation("End an authority", **_DONE, body_example=x.END))
async def end_authority(
    authority: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.EndBody, json_body(b.EndBody)],
    registry: Area,
) -> Response:
    """None of its contacts counts any more, from now on."""
    return await _signed(registry, [(authority, o.EndAuthority(wanted.reason))], officers, write)


@router.post(
    "/v1/desk/authorities/{authority}/contacts",
    **operation("Enter a contact", **_DONE, body_example=x.CONTACT_BODY, status=201),
)
async def enter_contact(
    authority: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.ContactBody, json_body(b.ContactBody)],
    registry: Area,
) -> Response:
    """A contact with its source; it ends the one that it `replaces`. It does not count for requests that came in
    before 14 days from now. 409 `alarms_unnamed`: it resembles something that those who signed did not name."""
    orders = [(authority, o.EnterContact(b.contact_of(wanted)))]
    return await _signed(registry, orders, officers, write, status=201)


@router.post(
    "/v1/desk/authorities/{authority}/contacts/{contact}/confirm",
    **operation("Confirm a contact", **_DONE, body_example=x.LOOK),
)
async def confirm_contact(
    authority: str,
    contact: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.LookBody, json_body(b.LookBody)],
    registry: Area,
) -> Response:
    """A second, other source says the same: the contact counts before its 30 days are over. At least one of the two
    had no part in entering it."""
    orders = [(authority, o.ConfirmContact(contact, b.source_of(wanted.source)))]
    return await _signed(registry, orders, officers, write)


@router.post(
    "/v1/desk/authorities/{authority}/contacts/{contact}/check",
    **operation("Check a contact again", **_DONE, body_example=x.LOOK),
)
async def check_contact(
    authority: str,
    contact: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.LookBody, json_body(b.LookBody)],
    registry: Area,
) -> Response:
    """The yearly check: somebody looked and it is still so."""
    orders = [(authority, o.CheckContact(contact, b.source_of(wanted.source)))]
    return await _signed(registry, orders, officers, write)


@router.post(
    "/v1/desk/authorities/{authority}/contacts/{contact}/end",
    **operation("End a contact", **_DONE, body_example=x.END),
)
async def end_contact(
    authority: str,
    contact: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.EndBody, json_body(b.EndBody)],
    registry: Area,
) -> Response:
    """It is not used any more, from now on, for any request."""
    return await _signed(registry, [(authority, o.EndContact(contact, wanted.reason))], officers, write)


@router.post(
    "/v1/desk/authorities/{authority}/roster",
    **operation("Enter a person of an authority", **_DONE, body_example=x.ROSTER_BODY, status=201),
)
async def enter_roster(
    authority: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.RosterBody, json_body(b.RosterBody)],
    registry: Area,
) -> Response:
    """Somebody who serves there, as its roster says."""
    source = b.source_of(wanted.source)
    order = o.EnterOfficer(wanted.name, wanted.role, source, wanted.office, wanted.supervisor)
    return await _signed(registry, [(authority, order)], officers, write, status=201)


@router.post(
    "/v1/desk/authorities/{authority}/roster/{person}/end",
    **operation("End a person of an authority", **_DONE, body_example=x.END),
)
async def end_roster(
    authority: str,
    person: str,
    caller: Writes,
    write: Key,
    officers: Two,
    wanted: Annotated[b.EndBody, json_body(b.EndBody)],
    registry: Area,
) -> Response:
    """This person does not serve there any more."""
    return await _signed(registry, [(authority, o.EndOfficer(person, wanted.reason))], officers, write)


async def _signed(
    registry: Registry, orders: Orders, officers: Officers, write: Write, *, status: int = 200
) -> Response:
    made = await registry.sign(orders, officers.names, since=officers.since, idempotency=write.of(Done))
    return done(made, status=status)


def done(made: Committed[Done], *, status: int = 200) -> Response:
    """The reply to a change."""
    held = made.result
    view = r.RegistryDone(authority=held.authority or None, made=held.made or None)
    return reply(view, status=status, replayed=made.replayed)
