# SPDX-License-Identifier: Apache-2.0
"""Requests of authorities: what officers decide, and what forging it would take."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.officers import Officers, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_requests_bodies as b
from counterseal.http.routers import desk_requests_examples as x
from counterseal.http.routers import desk_requests_shown as shown
from counterseal.http.routers import desk_requests_views as v
from counterseal.http.routers.desk_requests import ONE, SHOWN, Held, Key, Reads, Writes, person, report
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.requests.decisions import Decisions
from counterseal.judicial.requests.picture import picture
from counterseal.judicial.requests.stored import Opened, RequestRuleError

router = Router(tags=["desk"])

Decide = Annotated[Decisions, area(Decisions)]
Officer = Annotated[Caller, require(Scope.DESK_READ, Scope.STAFF_OFFICER)]
Two = Annotated[Officers, two_passkeys]
Why = Annotated[b.ReasonBody, json_body(b.ReasonBody)]
SVG = "image/svg+xml"
WHY = b.ReasonBody(reason="the court's registry confirmed it in writing")


@router.post(
    ONE + "/evidence/{evidence}/resolve",
    **operation("Resolve a contradiction", **SHOWN, body_example=WHY, problems=(404, 409)),
)
async def resolve_contradiction(
    request: str,
    evidence: str,
    caller: Officer,
    write: Key,
    officers: Two,
    asked: Why,
    requests: Held,
    decide: Decide,
) -> Response:
    """Two officers say why it is none. What the authority itself denied on a call cannot be resolved."""
    done = await decide.resolve(request, evidence, officers.names, asked.reason, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/review",
    **operation(
        "Record the legal review",
        **SHOWN,
        body_example=b.ReviewBody(passed=True, basis="court_order", reason="the order names the statute"),
        problems=(404, 409),
    ),
)
async def review_request(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.ReviewBody, json_body(b.ReviewBody)],
    requests: Held,
    decide: Decide,
) -> Response:
    """Whether the basis carries the request. Where it names many users a second person reviews it too."""
    done = await decide.review(
        request,
        passed=asked.passed,
        basis=asked.basis,
        reason=asked.reason,
        by=person(caller),
        idempotency=write.of(Opened),
    )
    return await report(requests, request, requests.now(), done=done)


@router.get(
    ONE + "/fields",
    **operation("Read the fields allowed", reply=v.FieldsProposal, example=x.PROPOSAL, problems=(404,)),
)
async def read_request_fields(request: str, caller: Reads, decide: Decide) -> Response:
    """What the rule pack allows for this basis, these categories and people; all else is refused."""
    fields, scope = await decide.proposal(request)
    answer = v.FieldsProposal(
        fields=[shown.field_view(each) for each in fields], faults=[shown.fault_view(each) for each in scope.faults]
    )
    return reply(answer)


@router.post(
    ONE + "/fields",
    **operation(
        "Choose fields",
        **SHOWN,
        body_example=b.FieldsBody(fields=[b.FieldBody(account="u-1001", name="email")]),
        problems=(404, 409),
    ),
)
async def choose_fields(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.FieldsBody, json_body(b.FieldsBody)],
    requests: Held,
    decide: Decide,
) -> Response:
    """What is to be handed out, one field of one account each. It voids approvals."""
    wanted = None if asked.fields is None else [(each.account, each.name) for each in asked.fields]
    done = await decide.choose(request, wanted, by=person(caller), idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.get(
    ONE + "/decision",
    **operation("Read the decision", reply=v.DecisionView, example=x.DECISION, problems=(404, 409)),
)
async def read_request_decision(request: str, caller: Reads, requests: Held) -> Response:
    """What the policy's rule says of it now, what is missing, and the digest that officers approve."""
    held = await requests.read(request)
    decided = await requests.decision(held)
    if decided is None:
        raise RequestRuleError("the policy has no rule for this type", code="type_not_served")
    return reply(shown.decision_view(decided, await requests.conflicts(held)))


@router.get(ONE + "/cut.svg", **operation("Draw the cut", example="", media_type=SVG, problems=(404, 409)))
async def draw_cut(request: str, caller: Reads, requests: Held) -> Response:
    """The smallest sets of capabilities that forge what the rule asks for, and what stands of it, as a picture."""
    decided = await requests.decision(await requests.read(request))
    if decided is None:
        raise RequestRuleError("the policy has no rule for this type", code="type_not_served")
    return Response(picture(decided), media_type=SVG, headers={"Cache-Control": "private, no-store"})


@router.post(ONE + "/submit", **operation("Put a request before two officers", **SHOWN, problems=(404, 409)))
async def submit_request(request: str, caller: Writes, write: Key, requests: Held, decide: Decide) -> Response:
    """Refused with what is missing, unless only the officers are."""
    done = await decide.submit(request, by=person(caller), idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/approve",
    **operation("Approve a request", **SHOWN, body_example=b.ApproveBody(digest=x.DIGEST), problems=(404, 409)),
)
async def approve_request(
    request: str,
    caller: Officer,
    write: Key,
    officers: Two,
    asked: Annotated[b.ApproveBody, json_body(b.ApproveBody)],
    requests: Held,
    decide: Decide,
) -> Response:
    """Two members of staff signed this digest with their passkeys. Whatever changes the request voids it. Whoever
    alone made the call-back approves nothing."""
    done = await decide.approve(request, asked.digest, officers.names, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/approve-emergency",
    **operation(
        "Approve an emergency first",
        **SHOWN,
        body_example=b.DutyBody(digest=x.DIGEST, approval="ap_0f9e8d7c6b5a0a1b2c3d4e"),
        problems=(404, 409),
    ),
)
async def approve_emergency(
    request: str,
    caller: Officer,
    write: Key,
    asked: Annotated[b.DutyBody, json_body(b.DutyBody)],
    requests: Held,
    decide: Decide,
) -> Response:
    """The duty officer signed the approval of this digest first. A second officer signs the same one within four
    hours, or nothing more is delivered. Fewer fields, the same checks."""
    done = await decide.approve_alone(
        request, asked.digest, asked.approval, person(caller), idempotency=write.of(Opened)
    )
    return await report(requests, request, requests.now(), done=done)
