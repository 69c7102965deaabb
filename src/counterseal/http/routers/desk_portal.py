# SPDX-License-Identifier: Apache-2.0
"""Accounts of the officers' portal: invite after a call, list, call again, end."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_portal_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.portal.model import LINK_LIFE, Named
from counterseal.judicial.portal.office import PortalOffice

router = Router(tags=["desk"])

Area = Annotated[PortalOffice, area(PortalOffice)]
Reads = Annotated[Caller, require(Scope.DESK_READ)]
Writes = Annotated[Caller, require(Scope.DESK_WRITE)]
Key = Annotated[Write, idempotent]
Two = Annotated[Officers, two_passkeys]


@router.post(
    "/v1/desk/portal/invitations",
    **operation(
        "Invite somebody to the officers' portal",
        reply=b.PortalInvitedView,
        example=b.INVITED,
        status=201,
        body_example=b.PortalInviteBody(authority="nm-district-court", officer="J. Doe", call=b.CALL),
        problems=(404, 409),
    ),
)
async def invite_portal_officer(
    caller: Writes,
    officers: Two,
    write: Key,
    wanted: Annotated[b.PortalInviteBody, json_body(b.PortalInviteBody)],
    office: Area,
) -> Response:
    """After a call to a number of the registry. The link goes by mail to an address of the same authority in the
    registry; the code is told here, once, to be read out on that call."""
    done = await office.invite(
        b.invite_of(wanted), officers=officers.names, by=caller.token_id, idempotency=write.of(Named)
    )
    held = await office.invitation(done.result.id)
    view = b.PortalInvitedView(
        id=held.id,
        authority=held.authority,
        officer=held.officer,
        to=held.to,
        code=None if done.replayed else office.code(held.id),
        expires=held.made + LINK_LIFE,
    )
    return reply(view, status=201, replayed=done.replayed)


@router.post(
    "/v1/desk/portal/invitations/{portal_invitation}/end",
    **operation(
        "End an invitation to the officers' portal",
        reply=b.PortalInvitationView,
        example=msgspec.structs.replace(b.INVITATION, ended="revoked"),
        body_example=b.PortalEndBody(reason="the office rang: it asked for nobody"),
        problems=(404, 409),
    ),
)
async def end_portal_invitation(
    portal_invitation: str,
    caller: Writes,
    write: Key,
    wanted: Annotated[b.PortalEndBody, json_body(b.PortalEndBody)],
    office: Area,
) -> Response:
    """One officer alone, at once: its link opens nothing. 409 for one that was used: end its account."""
    done = await office.end_invitation(
        portal_invitation, wanted.reason, by=caller.token_id, idempotency=write.of(Named)
    )
    return reply(b.invitation_view(await office.invitation(portal_invitation)), replayed=done.replayed)


@router.get(
    "/v1/desk/portal/accounts",
    **operation(
        "List accounts of the officers' portal",
        reply=b.PortalAccountList,
        example=b.PortalAccountList(items=[b.ACCOUNT], invitations=[b.INVITATION]),
    ),
)
async def list_portal_accounts(caller: Reads, office: Area) -> Response:
    """The newest first, ended ones too, and the invitations that are open."""
    items = [b.account_view(each) for each in await office.accounts()]
    open_ = [b.invitation_view(each) for each in await office.invitations()]
    return reply(b.PortalAccountList(items=items, invitations=open_))


@router.get(
    "/v1/desk/portal/accounts/{portal_account}",
    **operation(
        "Read an account of the officers' portal", reply=b.PortalAccountView, example=b.ACCOUNT, problems=(404,)
    ),
)
async def read_portal_account(portal_account: str, caller: Reads, office: Area) -> Response:
    """Whose it is, who called and invited, and whether it counts."""
    return reply(b.account_view(await office.read(portal_account)))


@router.post(
    "/v1/desk/portal/accounts/{portal_account}/renew",
    **operation(
        "Renew an account of the officers' portal",
        reply=b.PortalAccountView,
        example=b.ACCOUNT,
        body_example=b.PortalRenewBody(call=b.CALL),
        problems=(404, 409),
    ),
)
async def renew_portal_account(
    portal_account: str,
    caller: Writes,
    officers: Two,
    write: Key,
    wanted: Annotated[b.PortalRenewBody, json_body(b.PortalRenewBody)],
    office: Area,
) -> Response:
    """The office was called again: a year more."""
    done = await office.renew(
        portal_account,
        b.call_of(wanted.call),
        officers=officers.names,
        by=caller.token_id,
        idempotency=write.of(Named),
    )
    return reply(b.account_view(await office.read(portal_account)), replayed=done.replayed)


@router.post(
    "/v1/desk/portal/accounts/{portal_account}/end",
    **operation(
        "End an account of the officers' portal",
        reply=b.PortalAccountView,
        example=b.ACCOUNT,
        body_example=b.PortalEndBody(reason="the office rang: she has left"),
        problems=(404,),
    ),
)
async def end_portal_account(
    portal_account: str,
    caller: Writes,
    write: Key,
    wanted: Annotated[b.PortalEndBody, json_body(b.PortalEndBody)],
    office: Area,
) -> Response:
    """One officer alone, at once: its sessions end, and no log-in of it is evidence any more."""
    done = await office.end(portal_account, wanted.reason, by=caller.token_id, idempotency=write.of(Named))
    return reply(b.account_view(await office.read(portal_account)), replayed=done.replayed)
