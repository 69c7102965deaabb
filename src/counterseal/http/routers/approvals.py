# SPDX-License-Identifier: Apache-2.0
"""Approvals: propose an operation that takes two, sign it with a passkey, reject it."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from counterseal.access.model import Scope
from counterseal.core.errors import ForbiddenError, InputError, NotFoundError
from counterseal.http.auth import Caller, Requires, require
from counterseal.http.body import JsonBody, decode, json_body, query, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import TwoOfficers, plain_json
from counterseal.http.openapi import operation
from counterseal.http.routers import approval_bodies as b
from counterseal.http.routers.staff_bodies import ANSWER, REQUEST_OPTIONS, OptionsView
from counterseal.http.routers.staff_signin import check_passkey
from counterseal.http.routing import IDENTIFIER, DirectRoute, Router
from counterseal.http.services import area, services_of
from counterseal.staff.approvals import Approval
from counterseal.staff.desk import Desk, Operation, Shown
from counterseal.staff.service import StaffService

router = Router(tags=["approvals"])

Approver = Annotated[Caller, require(Scope.APPROVALS)]
Desks = Annotated[Desk, area(Desk)]
People = Annotated[StaffService, area(StaffService)]
_IDENTIFIER = re.compile(IDENTIFIER)
_SHOWN: dict[str, Any] = {"reply": b.ApprovalView, "example": b.APPROVAL}


@router.post(
    "/v1/approvals",
    **operation(
        "Propose an approval",
        **_SHOWN,
        status=201,
        body_example=b.ProposeBody(
            operation="POST /v1/accounts/u-1001/unfreeze", reason="reached the owner on the old number"
        ),
        problems=(404, 409),
    ),
)
async def propose_approval(
    request: Request,
    caller: Approver,
    write: Annotated[Write, idempotent],
    asked: Annotated[b.ProposeBody, json_body(b.ProposeBody)],
    desk: Desks,
    people: People,
) -> Response:
    """Put an operation that takes two before two people. It lives 24 hours and is used once, by exactly this
    request with the header `Approval`."""
    check_passkey(caller)
    done = await desk.propose(
        await operation_of(request, asked),
        reason=asked.reason,
        by=caller.token_id,
        sensitive=asked.sensitive,
        idempotency=write.of(Approval),
    )
    return await _shown(done.result.id, caller, desk, people, status=201, replayed=done.replayed)


@router.get(
    "/v1/approvals",
    **operation("List approvals", reply=b.ApprovalList, example=b.ApprovalList(items=[b.APPROVAL], next=None)),
)
async def list_approvals(
    caller: Approver,
    page: Annotated[b.ApprovalsQuery, query(b.ApprovalsQuery)],
    desk: Desks,
    people: People,
) -> Response:
    """Newest first, of one status where given."""
    found = await desk.listed(page.status or None, caller.staff, after=page.after or "", limit=page.limit)
    names = await _names(people)
    following = found[-1].approval.id if len(found) == page.limit else None
    return reply(b.ApprovalList(items=[b.approval_view(each, names) for each in found], next=following))


@router.get("/v1/approvals/{approval}", **operation("Read an approval", **_SHOWN, problems=(404,)))
async def read_approval(approval: str, caller: Approver, desk: Desks, people: People) -> Response:
    """What it is about, who signed, and whether you may."""
    return await _shown(approval, caller, desk, people)


@router.post(
    "/v1/approvals/{approval}/options",
    **operation(
        "Options to sign",
        reply=OptionsView,
        example=OptionsView(public_key=REQUEST_OPTIONS),
        problems=(404, 409),
    ),
)
async def approval_options(
    approval: str, caller: Approver, _write: Annotated[Write, idempotent], desk: Desks, people: People
) -> Response:
    """A challenge bound to the digest, for one of your passkeys. Nothing is stored by this."""
    staff = await people.staff(signer(caller))
    return reply(OptionsView(public_key=await desk.options(approval, staff)))


@router.post(
    "/v1/approvals/{approval}/sign",
    **operation(
        "Sign an approval",
        **_SHOWN,
        body_example=b.SignBody(challenge=ANSWER.challenge, response=ANSWER.response),
        problems=(404, 409),
    ),
)
async def sign_approval(
    approval: str,
    caller: Approver,
    write: Annotated[Write, idempotent],
    asked: Annotated[b.SignBody, json_body(b.SignBody)],
    desk: Desks,
    people: People,
) -> Response:
    """A fresh passkey assertion, with user verification, over the digest. The second one approves it."""
    done = await desk.sign(
        approval, signer(caller), asked.challenge, asked.response, idempotency=write.of(Approval)
    )
    return await _shown(done.result.id, caller, desk, people, replayed=done.replayed)


@router.post(
    "/v1/approvals/{approval}/reject",
    **operation(
        "Reject an approval", **_SHOWN, body_example=b.RejectBody(reason="not the owner"), problems=(404, 409)
    ),
)
async def reject_approval(
    approval: str,
    caller: Approver,
    write: Annotated[Write, idempotent],
    asked: Annotated[b.RejectBody, json_body(b.RejectBody)],
    desk: Desks,
    people: People,
) -> Response:
    """End it; one person is enough. Whoever may sign it, or proposed it, may reject it."""
    check_passkey(caller)
    found = await desk.shown(approval, caller.staff)
    reached = {Scope(scope) for scope in found.approval.scopes} <= caller.scopes
    if not reached and found.approval.proposed_by != caller.token_id:
        raise ForbiddenError("your roles do not reach this operation", code="approval_scope")
    done = await desk.reject(approval, by=caller.token_id, reason=asked.reason, idempotency=write.of(Approval))
    return await _shown(done.result.id, caller, desk, people, replayed=done.replayed)


def signer(caller: Caller) -> str:
    """The member of staff who signs; raises for a token, and for a session that no passkey opened."""
    if caller.staff is None:
        raise ForbiddenError("people sign, tokens do not", code="staff_only")
    check_passkey(caller)
    return caller.staff


async def operation_of(request: Request, asked: b.ProposeBody) -> Operation:
    """The operation named, if it is one that takes two and its body fits; raises InputError."""
    method, _, path = asked.operation.partition(" ")
    route, parameters = _route(request, method, path)
    guard = None if route is None else route.dependency(TwoOfficers)
    requires = None if route is None else route.dependency(Requires)
    if route is None or guard is None or requires is None:
        raise InputError("this is no operation that two people approve", code="operation_unknown")
    body = plain_json(msgspec.json.encode(asked.body))
    shape = route.dependency(JsonBody)
    if shape is not None:
        decode(msgspec.json.encode(body), shape.kind)
    elif body:
        raise InputError("this operation takes no body", code="operation_body")
    return Operation(
        method=method,
        path=path,
        body=body or None if shape is None else body,
        scopes=tuple(str(scope) for scope in requires.needed),
        account=await _account(request, parameters),
        staff=parameters.get("staff", ""),
    )


def _route(request: Request, method: str, path: str) -> tuple[DirectRoute | None, dict[str, str]]:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    for route in request.app.router.routes:
        match, found = route.matches(scope)
        if match is Match.FULL and isinstance(route, DirectRoute):
            parameters: dict[str, str] = found["path_params"]
            if all(_IDENTIFIER.fullmatch(str(each)) for each in parameters.values()):
                return route, parameters
    return None, {}


async def _account(request: Request, parameters: dict[str, str]) -> str:
    """Whose account the operation is about; nobody approves for their own."""
    if "action" in parameters:
        subject = await services_of(request).store.resolve(f"action:{parameters['action']}")
        if subject is None:
            raise NotFoundError("there is no such action", code="unknown_action")
        return subject.removeprefix("account:")
    return parameters.get("account", "")


async def _shown(
    approval: str, caller: Caller, desk: Desk, people: StaffService, *, status: int = 200, replayed: bool = False
) -> Response:
    found: Shown = await desk.shown(approval, caller.staff)
    return reply(b.approval_view(found, await _names(people)), status=status, replayed=replayed)


async def _names(people: StaffService) -> dict[str, str]:
    return {each.id: each.name for each in (await people.roster()).members}
