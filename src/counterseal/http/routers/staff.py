# SPDX-License-Identifier: Apache-2.0
"""Administration of staff: who is there, invitations, roles, disabling."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, perhaps_two, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import staff_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.http.staff_session import console_url
from counterseal.settings import Settings
from counterseal.staff.model import INVITATION_LIFETIME, Invitation, Member
from counterseal.staff.roles import Role
from counterseal.staff.service import Invited, StaffService

router = Router(tags=["staff"])

People = Annotated[StaffService, area(StaffService)]
Given = Annotated[Services, services]
Admin = Annotated[Caller, require(Scope.STAFF_ADMIN)]
_INVITED = b.InvitedView(link="https://counterseal.example.test/console/enrol/dTg3...", invitation=b.INVITATION)


@router.get(
    "/v1/staff",
    **operation("List staff", reply=b.StaffList, example=b.StaffList(items=[b.STAFF], invitations=[])),
)
async def list_staff(caller: Annotated[Caller, require(Scope.STAFF_READ)], people: People) -> Response:
    """Everybody, disabled ones too; open invitations only for administrators."""
    roster = await people.roster()
    waiting = roster.invitations if caller.may(Scope.STAFF_ADMIN) else ()
    view = b.StaffList(
        items=[b.member_view(each) for each in roster.members], invitations=[_waiting(each) for each in waiting]
    )
    return reply(view)


@router.post(
    "/v1/staff/invitations",
    **operation(
        "Invite staff",
        reply=b.InvitedView,
        example=_INVITED,
        status=201,
        body_example=b.InviteBody(name="Omar", email="omar@example.test", roles=[Role.LEGAL]),
        problems=(409,),
    ),
)
async def invite_staff(
    caller: Admin,
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, perhaps_two],
    asked: Annotated[b.InviteBody, json_body(b.InviteBody)],
    people: People,
    given: Given,
) -> Response:
    """A link for one enrolment within 24 hours. Once two administrators were there, two approve whoever may approve
    (header `Approval`)."""
    made = await people.invite(
        name=asked.name,
        email=asked.email,
        roles=asked.roles,
        account=asked.account or "",
        first=asked.first,
        by=caller.token_id,
        officers=officers.names,
        idempotency=write.of(Invitation),
    )
    return _invited(made, given)


@router.post(
    "/v1/staff/invitations/{invitation}/revoke",
    **operation("Withdraw an invitation", reply=b.InvitationView, example=b.INVITATION, problems=(404,)),
)
async def revoke_invitation(
    invitation: str, caller: Admin, write: Annotated[Write, idempotent], people: People
) -> Response:
    """Its link works no more."""
    done = await people.withdraw(invitation, by=caller.token_id, idempotency=write.of(Invitation))
    return reply(_waiting(done.result), replayed=done.replayed)


@router.post(
    "/v1/staff/{staff}/renew",
    **operation("Renew passkeys", reply=b.InvitedView, example=_INVITED, status=201, problems=(404, 409)),
)
async def renew_staff(
    staff: str,
    caller: Admin,
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_passkeys],
    people: People,
    given: Given,
) -> Response:
    """A link for somebody who lost their passkeys: enrolling ends all earlier ones. Two approve it (`Approval`)."""
    made = await people.renew(
        staff,
        by=caller.token_id,
        officers=officers.names,
        since=officers.since,
        idempotency=write.of(Invitation),
    )
    return _invited(made, given)


@router.put(
    "/v1/staff/{staff}/roles",
    **operation(
        "Change roles",
        reply=b.StaffView,
        example=b.STAFF,
        body_example=b.RolesBody(roles=[Role.FRAUD]),
        problems=(404, 409),
    ),
)
async def change_roles(
    staff: str,
    caller: Admin,
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_passkeys],
    asked: Annotated[b.RolesBody, json_body(b.RolesBody)],
    people: People,
) -> Response:
    """Two approve it (`Approval`), neither of them the person concerned, whose sessions end."""
    done = await people.change_roles(
        staff,
        asked.roles,
        by=caller.token_id,
        officers=officers.names,
        since=officers.since,
        idempotency=write.of(Member),
    )
    return reply(b.member_view(done.result), replayed=done.replayed)


@router.post(
    "/v1/staff/{staff}/disable",
    **operation("Disable staff", reply=b.StaffView, example=b.STAFF, problems=(404, 409)),
)
async def disable_staff(staff: str, caller: Admin, write: Annotated[Write, idempotent], people: People) -> Response:
    """Everything they may do ends at once, their signatures on open approvals too. One administrator is enough; the
    last administrator stays."""
    done = await people.disable(staff, by=caller.token_id, idempotency=write.of(Member))
    return reply(b.member_view(done.result), replayed=done.replayed)


@router.post(
    "/v1/staff/{staff}/enable",
    **operation("Enable staff", reply=b.StaffView, example=b.STAFF, problems=(404,)),
)
async def enable_staff(
    staff: str,
    caller: Admin,
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_passkeys],
    people: People,
) -> Response:
    """Let somebody back. Two approve it (`Approval`)."""
    done = await people.enable(
        staff,
        by=caller.token_id,
        officers=officers.names,
        since=officers.since,
        idempotency=write.of(Member),
    )
    return reply(b.member_view(done.result), replayed=done.replayed)


def _waiting(invitation: Invitation) -> b.InvitationView:
    return b.invitation_view(invitation, invitation.created + INVITATION_LIFETIME)


def _invited(made: Invited, given: Services) -> Response:
    link = None if made.secret is None else link_of(given.settings, made.secret)
    view = b.InvitedView(link=link, invitation=_waiting(made.invitation))
    return reply(view, status=201, replayed=made.replayed)


def link_of(settings: Settings, secret: str) -> str:
    """The page where an invitation is taken up."""
    return f"{console_url(settings)}/console/enrol/{secret}"
