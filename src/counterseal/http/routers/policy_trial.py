# SPDX-License-Identifier: Apache-2.0
"""A version tried without deciding anything: the shadow run, and what would happen for one account now."""

from __future__ import annotations

from typing import Annotated, Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core import inputs as i
from counterseal.core.engine import advance
from counterseal.core.errors import InputError
from counterseal.core.feed import Feed
from counterseal.core.platform import braked
from counterseal.core.policy.model import Policy
from counterseal.guard.requests import build_request
from counterseal.guard.tools import platform_in
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import policy_bodies as b
from counterseal.http.routers import policy_examples as examples
from counterseal.http.routers import policy_views as shown
from counterseal.http.routers.actions import given_request
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.http.staff_names import Names
from counterseal.http.staff_session import purpose_of
from counterseal.http.views import decision_view
from counterseal.publishing.model import Uploaded
from counterseal.publishing.shadow import Shadows
from counterseal.staff.views import Views

router = Router(tags=["policy"])


class Sources(Protocol):
    """Versions as policies that decide; `configured`: what the settings name."""

    configured: Policy
    current: Policy

    async def load(self, digest: str) -> Policy:
        """A version; raises NotFoundError."""
        ...


Editor = Annotated[Caller, require(Scope.POLICY_WRITE)]
Reader = Annotated[Caller, require(Scope.AUDIT_READ)]
Shadowed = Annotated[Shadows, area(Shadows)]
Called = Annotated[Names, area(Names)]
Writes = Annotated[Write, idempotent]
_RUN: dict[str, Any] = {"reply": b.ShadowNow, "example": b.ShadowNow(shadow=examples.SHADOW)}


@router.get("/v1/policy/shadow", **operation("Read the shadow run", **_RUN))
async def read_shadow(
    caller: Reader, shadows: Shadowed, feed: Annotated[Feed, area(Feed)], names: Called
) -> Response:
    """Live against shadow by action, with examples of what differs. Whoever may not read accounts gets no ids of
    them."""
    return await _run(caller, shadows, feed, names)


@router.post(
    "/v1/policy/versions/{version}/shadow",
    **operation("Start a shadow run", **_RUN, status=201, problems=(404, 409)),
)
async def start_shadow(
    version: str,
    caller: Editor,
    write: Writes,
    shadows: Shadowed,
    feed: Annotated[Feed, area(Feed)],
    names: Called,
) -> Response:
    """From now on each input of every account is also decided by this version, with a state of its own: no seal, no
    notice, no challenge, nothing consumed."""
    done = await shadows.start(version, caller.token_id, write.of(Uploaded))
    return await _run(caller, shadows, feed, names, status=201, replayed=done.replayed)


@router.post(
    "/v1/policy/versions/{version}/shadow/stop",
    **operation("Stop the shadow run", **_RUN, problems=(409,)),
)
async def stop_shadow(
    version: str,
    caller: Editor,
    write: Writes,
    shadows: Shadowed,
    feed: Annotated[Feed, area(Feed)],
    names: Called,
) -> Response:
    """It takes nothing more; what it found stays."""
    done = await shadows.end(version, caller.token_id, clear=False, idempotency=write.of(Uploaded))
    return await _run(caller, shadows, feed, names, replayed=done.replayed)


@router.post(
    "/v1/policy/versions/{version}/shadow/clear",
    **operation("Clear the shadow run", **_RUN, problems=(409,)),
)
async def clear_shadow(
    version: str,
    caller: Editor,
    write: Writes,
    shadows: Shadowed,
    feed: Annotated[Feed, area(Feed)],
    names: Called,
) -> Response:
    """Stop it and remove its states, counts and examples."""
    done = await shadows.end(version, caller.token_id, clear=True, idempotency=write.of(Uploaded))
    return await _run(caller, shadows, feed, names, replayed=done.replayed)


@router.post(
    "/v1/policy/check",
    **operation(
        "Check what would happen",
        reply=b.CheckView,
        example=examples.CHECK,
        body_example=examples.CHECK_BODY,
        problems=(404,),
    ),
)
async def check_policy(
    request: Request,
    caller: Annotated[Caller, require(Scope.ACCOUNTS_READ, Scope.DECISIONS_STAFF)],
    _write: Writes,
    wanted: Annotated[b.CheckBody, json_body(b.CheckBody)],
    guard: Annotated[Guard, area(Guard)],
    sources: Annotated[Sources, area(Sources)],
    views: Annotated[Views, area(Views)],
) -> Response:
    """What an ask for this action would be answered now, by the policy in force or any version, with all reasons
    that staff may read. Nothing is recorded but the look of a member of staff, with its `Purpose`; no code goes
    out."""
    if caller.staff is not None:
        await views.looked(caller.staff, wanted.account, purpose_of(request))
    tools = guard.tools
    policy = sources.current if wanted.policy is None else await sources.load(wanted.policy)
    state = await guard.accounts.read(wanted.account)
    if wanted.enrol:
        raise InputError("a check enrols nothing", code="enrol_unexpected", hint="Leave `enrol` out.")
    now = tools.clock.now()
    built = build_request(
        policy,
        wanted.account,
        given_request(wanted),
        prices=guard.prices,
        max_price_age=guard.max_price_age,
        enroller=guard.enroller,
        random=tools.random,
        now=now,
    )
    brake = braked(await platform_in(tools.store), built.request, now)
    ask = i.Ask("check", built.request, tools.clock.trusted(), "check", 0, test=True, brake=brake)
    after, step = advance(policy, state, ask, now)
    if step.decision is None:
        raise InputError("nothing is decided of such an ask", code="nothing_decided")
    return reply(
        b.CheckView(
            account=wanted.account,
            action=wanted.action,
            policy=policy.digest,
            name=policy.name,
            in_force=policy.digest == sources.current.digest,
            status=after.actions["check"].status,
            decision=decision_view(step.decision, staff=True),
        )
    )


async def _run(
    caller: Caller, shadows: Shadows, feed: Feed, names: Names, *, status: int = 200, replayed: bool = False
) -> Response:
    run = await shadows.current()
    if run is None:
        return reply(b.ShadowNow(shadow=None), status=status)
    size, told = await feed.size(), await names.of([run.by])
    view = shown.shadow_view(run, size, told, accounts=caller.may(Scope.ACCOUNTS_READ))
    return reply(b.ShadowNow(shadow=view), status=status, replayed=replayed)
