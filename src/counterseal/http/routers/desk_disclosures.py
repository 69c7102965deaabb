# SPDX-License-Identifier: Apache-2.0
"""Disclosures: look at what would go out, build the package, and see what became of it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_disclosure_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.http.staff_names import Names
from counterseal.judicial.disclosure.model import Made
from counterseal.judicial.disclosure.service import Disclosures

router = Router(tags=["desk"])

Area = Annotated[Disclosures, area(Disclosures)]
Reads = Annotated[Caller, require(Scope.DESK_READ)]
Writes = Annotated[Caller, require(Scope.DESK_WRITE)]
Key = Annotated[Write, idempotent]
_AT: Final = 1_717_891_200_000
_SHA: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_DISCLOSURE: Final = b.DisclosureView(
    id="dsc_fe6ff2c3b3800a1b2c3d4e5f",
    request="jr_fe6ff2c3b3800a1b2c3d4e5f",
    reference="CS-2026-000123",
    mark="CSD-K4MZ7QW2XAEB",
    authority="nm-district-court",
    authority_name="District Court of Northmark",
    basis="court_order",
    approvers=["st_0a1b2c3d4e5f607182", "st_9a8b7c6d5e4f302112"],
    built=_AT,
    built_by="st_0a1b2c3d4e5f607182",
    key_kind="age",
    key="age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    package_sha256=_SHA,
    size=2_311,
    expires=_AT + 259_200_000,
    fields=[b.HandedView(account="u-1001", name="email", tier="T1", digest=_SHA)],
    canaries=[b.CanaryView(kind="reference", tag="k4mz7qw2xaeb")],
    fetched=None,
    fetched_from="",
    ended="",
    ended_at=None,
    ended_by="",
    ended_reason="",
    silence=b.SilenceView(basis="", until=None, officers=[], digest=_SHA),
    told=[],
    told_at=None,
    exposed=None,
    people={"st_0a1b2c3d4e5f607182": "Ines", "st_9a8b7c6d5e4f302112": "Omar"},
)
_PREVIEW: Final = b.PreviewView(
    request=_DISCLOSURE.request,
    fields=[
        b.ShownView(
            account="u-1001",
            name="email",
            tier="T1",
            reason="us/court_order/subscriber",
            present=True,
            rows=0,
            outside=0,
            masked="m… (18 characters)",
            refused="",
        )
    ],
    fault="not_approved",
    key=b.KeyView(kind="openpgp", fingerprint="7b8570d2", spoken=["7b85", "70d2"]),
    owners_told=None,
)
_LIST: Final = b.DisclosureList(items=[_DISCLOSURE], next=None)
_REVOKE: Final = b.RevokeBody(reason="the clerk does not know it")
People = Annotated[Names, area(Names)]
_SHOWS: Final[dict[str, Any]] = {"reply": b.DisclosureView, "example": _DISCLOSURE}


async def _shown(
    area_: Disclosures, people: Names, disclosure: str, *, status: int = 200, replayed: bool = False
) -> Response:
    held = await area_.read(disclosure)
    view = b.disclosure_view(held, await people.of(b.people_of(held)))
    return reply(view, status=status, replayed=replayed)


@router.get(
    "/v1/desk/requests/{request}/disclosure-preview",
    **operation("Preview a disclosure", reply=b.PreviewView, example=_PREVIEW, problems=(404, 409)),
)
async def preview_disclosure(
    request: str, caller: Reads, asked: Annotated[b.PreviewQuery, query(b.PreviewQuery)], area_: Area
) -> Response:
    """Every approved field as the platform has it now, masked, with the entry of the matrix that allows it. That
    somebody looked stands in the log."""
    return reply(b.preview_view(await area_.preview(request, by=caller.token_id, purpose=asked.purpose)))


@router.post(
    "/v1/desk/requests/{request}/disclosures",
    **operation("Build a package", **_SHOWS, status=201, problems=(404, 409)),
)
async def build_disclosure(request: str, caller: Writes, write: Key, area_: Area, people: People) -> Response:
    """For a request that two officers approved, and whose evidence still releases it. Asks the platform for exactly
    the approved fields, marks the copy, encrypts it to the key confirmed on the call-back."""
    done = await area_.build(request, by=caller.token_id, idempotency=write.of(Made))
    return await _shown(area_, people, done.result.id, status=201, replayed=done.replayed)


@router.get(
    "/v1/desk/disclosures",
    **operation("List disclosures", reply=b.DisclosureList, example=_LIST, problems=(404,)),
)
async def list_disclosures(
    caller: Reads, page: Annotated[b.DisclosurePage, query(b.DisclosurePage)], area_: Area, people: People
) -> Response:
    """The newest first: what was handed out, for whom, on which ground, and who was told."""
    found = await area_.disclosures(request=page.request, after=page.after, limit=page.limit)
    more = found[-1].id if len(found) == page.limit and not page.request else None
    names = await people.of(name for each in found for name in b.people_of(each))
    return reply(b.DisclosureList(items=[b.disclosure_view(each, names) for each in found], next=more))


@router.get("/v1/desk/disclosures/{disclosure}", **operation("Read a disclosure", **_SHOWS, problems=(404,)))
async def read_disclosure(disclosure: str, caller: Reads, area_: Area, people: People) -> Response:
    """One."""
    return await _shown(area_, people, disclosure)


@router.get(
    "/v1/desk/disclosures/{disclosure}/link",
    **operation(
        "Read a package's link",
        reply=b.LinkView,
        example=b.LinkView(url=f"https://guard.example.test/disclosure/{_DISCLOSURE.id}/{_SHA}", expires=_AT),
        problems=(404,),
    ),
)
async def read_disclosure_link(disclosure: str, caller: Writes, area_: Area) -> Response:
    """For the letter to the registered contact: never in a reply to the mail that the request came with."""
    held = await area_.read(disclosure)
    return reply(b.LinkView(url=await area_.link(disclosure), expires=held.expires))


@router.post(
    "/v1/desk/disclosures/{disclosure}/revocation",
    **operation(
        "Withdraw a package",
        **_SHOWS,
        body_example=_REVOKE,
        problems=(404, 409),
    ),
)
async def revoke_disclosure(
    disclosure: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.RevokeBody, json_body(b.RevokeBody)],
    area_: Area,
    people: People,
) -> Response:
    """Destroy a package that nobody fetched yet."""
    done = await area_.revoke(disclosure, by=caller.token_id, reason=given.reason, idempotency=write.of(Made))
    return await _shown(area_, people, disclosure, replayed=done.replayed)


@router.post(
    "/v1/desk/disclosures/{disclosure}/silence",
    **operation(
        "Tell the owners later",
        **_SHOWS,
        body_example=b.SilenceBody(digest=_SHA, basis="order of 3 June, 18 USC 2705", until=_AT + 7_776_000_000),
        problems=(404, 409),
    ),
)
async def silence_disclosure(
    disclosure: str,
    caller: Writes,
    write: Key,
    officers: Annotated[Officers, two_passkeys],
    given: Annotated[b.SilenceBody, json_body(b.SilenceBody)],
    area_: Area,
    people: People,
) -> Response:
    """Two officers, on an order, for 90 days at most; then it has to be asked for again, or the owners are told."""
    done = await area_.silence(
        disclosure,
        given.basis,
        given.until,
        officers=officers.names,
        digest=given.digest,
        idempotency=write.of(Made),
    )
    return await _shown(area_, people, disclosure, replayed=done.replayed)


@router.post(
    "/v1/desk/canaries",
    **operation(
        "Look up a canary",
        reply=b.HitList,
        example=b.HitList(
            items=[
                b.HitView(
                    tag="k4mz7qw2xaeb",
                    kind="reference",
                    disclosure=_DISCLOSURE.id,
                    request=_DISCLOSURE.request,
                    authority=_DISCLOSURE.authority,
                    built=_AT,
                    fetched=_AT,
                    accounts=["u-1001"],
                )
            ]
        ),
        body_example=b.CanaryBody(text="CSD-K4MZ7QW2XAEB"),
    ),
)
async def look_up_canary(
    caller: Reads, _write: Key, given: Annotated[b.CanaryBody, json_body(b.CanaryBody)], area_: Area
) -> Response:
    """Which disclosure a copy came from, by its reference, its contact address or its blanks. A hit is logged."""
    hits = await area_.canaries_in(given.text.encode("utf-8", "surrogatepass"), by=caller.token_id)
    return reply(b.HitList(items=[b.hit_view(hit) for hit in hits]))
