# SPDX-License-Identifier: Apache-2.0
"""Requests of authorities: suspected, confirmed, cleared, ended, assigned."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.core.transaction import Committed
from counterseal.http.auth import Caller
from counterseal.http.body import json_body
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_requests_bodies as b
from counterseal.http.routers import desk_requests_examples as x
from counterseal.http.routers.desk_requests import ONE, SHOWN, Held, Key, Reads, Writes, person, report
from counterseal.http.routers.desk_requests_decide import WHY, Decide, Officer, Two, Why
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.requests.execution import Execution
from counterseal.judicial.requests.model import State
from counterseal.judicial.requests.stored import Opened

router = Router(tags=["desk"])


@router.post(
    ONE + "/suspect",
    **operation("Suspect a forgery", **SHOWN, body_example=WHY, problems=(404, 409)),
)
async def suspect_request(
    request: str, caller: Reads, write: Key, asked: Why, requests: Held, decide: Decide
) -> Response:
    """It may be forged: from every state, after delivery too. What was approved is void, and the accounts named are
    shielded."""
    done = await decide.suspect(request, asked.reason, by=caller.token_id, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/confirm-forged",
    **operation("Confirm a forgery", **SHOWN, body_example=WHY, problems=(404, 409)),
)
async def confirm_forgery(
    request: str, caller: Officer, write: Key, officers: Two, asked: Why, requests: Held, decide: Decide
) -> Response:
    """Two officers state it. It is not taken back."""
    done = await decide.confirm_forged(request, officers.names, asked.reason, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/clear",
    **operation("Clear a suspicion", **SHOWN, body_example=WHY, problems=(404, 409)),
)
async def clear_request(
    request: str, caller: Officer, write: Key, officers: Two, asked: Why, requests: Held, decide: Decide
) -> Response:
    """Two officers state that it is genuine. It goes on where it was; what was approved is approved anew."""
    done = await decide.clear(request, officers.names, asked.reason, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/execute",
    **operation("Carry a request out", **SHOWN, problems=(404, 409)),
)
async def execute_request(
    request: str,
    caller: Writes,
    write: Key,
    requests: Held,
    execution: Annotated[Execution, area(Execution)],
) -> Response:
    """A preservation stands, an approved freeze or seizure freezes its accounts' outflows, an amendment or a
    withdrawal takes effect on the request that it is about."""
    done = await execution.execute(request, by=person(caller), idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/extend",
    **operation(
        "Extend a deadline",
        **SHOWN,
        body_example=b.ExtendBody(clock="preserved_until", reason="the authority asked for 30 days more"),
        problems=(404, 409),
    ),
)
async def extend_request(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.ExtendBody, json_body(b.ExtendBody)],
    requests: Held,
    execution: Annotated[Execution, area(Execution)],
) -> Response:
    """Once, as the rule pack allows: a preservation by 30 days."""
    done = await execution.extend(
        request, asked.clock, asked.reason, by=person(caller), idempotency=write.of(Opened)
    )
    return await report(requests, request, requests.now(), done=done)


async def _end(
    requests: Held, decide: Decide, request: str, to: State, asked: b.ReasonBody, caller: Caller, write: Key
) -> Response:
    done: Committed[Opened] = await decide.end(
        request, to, asked.reason, by=person(caller), idempotency=write.of(Opened)
    )
    return await report(requests, request, requests.now(), done=done)


@router.post(ONE + "/reject", **operation("Reject a request", **SHOWN, body_example=WHY, problems=(404, 409)))
async def reject_request(
    request: str, caller: Writes, write: Key, asked: Why, requests: Held, decide: Decide
) -> Response:
    """It is not answered with data. The letter that says so is one of its own."""
    return await _end(requests, decide, request, State.REJECTED, asked, caller, write)


@router.post(ONE + "/withdraw", **operation("Withdraw a request", **SHOWN, body_example=WHY, problems=(404, 409)))
async def withdraw_request(
    request: str, caller: Writes, write: Key, asked: Why, requests: Held, decide: Decide
) -> Response:
    """Its authority took it back. An order that was carried out is lifted by a request of its own."""
    return await _end(requests, decide, request, State.WITHDRAWN, asked, caller, write)


@router.post(ONE + "/close", **operation("Close a request", **SHOWN, body_example=WHY, problems=(404, 409)))
async def close_request(
    request: str, caller: Writes, write: Key, asked: Why, requests: Held, decide: Decide
) -> Response:
    """All is done: delivered and told, or carried out."""
    return await _end(requests, decide, request, State.CLOSED, asked, caller, write)


@router.post(
    ONE + "/duplicate",
    **operation(
        "Mark a duplicate",
        **SHOWN,
        body_example=b.DuplicateBody(of=x.NAME, reason="the same order by post"),
        problems=(404, 409),
    ),
)
async def mark_duplicate(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.DuplicateBody, json_body(b.DuplicateBody)],
    requests: Held,
    decide: Decide,
) -> Response:
    """It repeats another request."""
    done = await decide.end(
        *(request, State.DUPLICATE, asked.reason),
        by=person(caller),
        of=asked.of,
        idempotency=write.of(Opened),
    )
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/assign",
    **operation(
        "Assign a request", **SHOWN, body_example=b.AssignBody(staff="st_0a1b2c3d4e5f607182"), problems=(404, 409)
    ),
)
async def assign_request(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.AssignBody, json_body(b.AssignBody)],
    requests: Held,
    decide: Decide,
) -> Response:
    """Who works on it."""
    done = await decide.assign(request, asked.staff, by=caller.token_id, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)
