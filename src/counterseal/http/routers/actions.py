# SPDX-License-Identifier: Apache-2.0
"""Actions: ask, read, challenge, prove, decide again, cancel, settle a dispute."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.account import Lock
from counterseal.core.errors import InputError, NotFoundError
from counterseal.core.transaction import Committed
from counterseal.guard.history import action_from_log
from counterseal.guard.model import Answer, RefusedError
from counterseal.guard.requests import AddressGiven, EnrolGiven, PaymentGiven, RequestGiven
from counterseal.http import examples
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_officers
from counterseal.http.openapi import operation
from counterseal.http.routers.action_bodies import AskBody, ChallengeBody, DisputeBody, ProofBody, ViewQuery
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.http.views import ActionView, ChallengeView, action_view

router = Router(tags=["actions"])


def given_request(asked: AskBody) -> RequestGiven:
    """The body as the guard takes it."""
    lock = asked.lock
    return RequestGiven(
        action=asked.action,
        objects=asked.objects,
        address=None if asked.address is None else AddressGiven(**msgspec.structs.asdict(asked.address)),
        payment=None if asked.payment is None else PaymentGiven(**msgspec.structs.asdict(asked.payment)),
        enrol=tuple(EnrolGiven(**msgspec.structs.asdict(item)) for item in asked.enrol),
        context=asked.context,
        lock=None if lock is None else Lock(lock.outflow, lock.off, lock.limit, lock.delay),
        source=asked.source,
    )


def shown(committed: Committed[Answer], caller: Caller, view: str, guard: Guard) -> Response:
    """The reply of every command about an action; a refused proof becomes a 422 problem."""
    answer, sealer = committed.result, guard.sealer
    guard.count(committed)
    if answer.refused:
        raise RefusedError(answer.refused)
    staff = view == "staff" and caller.may(Scope.DECISIONS_STAFF)
    sent = ChallengeView(id=answer.challenge, factor=answer.channel, expires=answer.expires)
    body = action_view(
        answer.account,
        answer.action,
        staff=staff,
        token=sealer.seal(answer) if answer.sealed and answer.action.status == "sealed" else None,
        challenge=sent if answer.challenge else None,
        shown={key: list(lines) for key, lines in answer.shown.items()},
        position=answer.position,
    )
    return reply(body, replayed=committed.replayed)


_REPLY: dict[str, Any] = {"reply": ActionView, "example": examples.ACTION}


@router.post(
    "/v1/accounts/{account}/actions",
    **operation("Ask for an action", **_REPLY, body_example=examples.ASK, problems=(404, 409)),
)
async def ask_action(
    account: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    asked: Annotated[AskBody, json_body(AskBody)],
    view: Annotated[ViewQuery, query(ViewQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Decide a sensitive action: allow, challenge, hold or deny. An allowed outflow carries a seal."""
    try:
        built = guard.build(account, given_request(asked))
    except InputError:
        earlier = await guard.replayed(write.of(Answer))  # what was right when it was asked first stays right
        if earlier is None:
            raise
        return shown(earlier, caller, view.view, guard)
    done = await guard.actions.ask(account, built.request, write.of(Answer), shown=built.shown)
    return shown(done, caller, view.view, guard)


@router.get("/v1/actions/{action}", **operation("Read an action", **_REPLY, problems=(404,)))
async def read_action(
    action: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_READ)],
    view: Annotated[ViewQuery, query(ViewQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """The action as it stands. A seal's token is in the reply that issued it, not here."""
    account = await guard.actions.account_of(action)
    state = await guard.accounts.read(account)
    found = state.actions.get(action) or await action_from_log(guard.tools.store, account, action)
    if found is None:
        raise NotFoundError("there is no such action", code="unknown_action_id")
    staff = view.view == "staff" and caller.may(Scope.DECISIONS_STAFF)
    return reply(action_view(account, found, staff=staff))


@router.post(
    "/v1/actions/{action}/challenges",
    **operation("Send a code", **_REPLY, body_example=ChallengeBody(factor="sms"), problems=(404, 409)),
)
async def challenge_action(
    action: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    wanted: Annotated[ChallengeBody, json_body(ChallengeBody)],
    view: Annotated[ViewQuery, query(ViewQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Send a code to the contact of an enrolled factor. The message shows what the code approves."""
    done = await guard.actions.challenge(action, wanted.factor, write.of(Answer))
    return shown(done, caller, view.view, guard)


@router.post(
    "/v1/actions/{action}/proofs",
    **operation("Answer with a proof", **_REPLY, body_example=examples.PROOF, problems=(404, 409, 429)),
)
async def prove_action(
    action: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    proof: Annotated[ProofBody, json_body(ProofBody)],
    view: Annotated[ViewQuery, query(ViewQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Give a proof to this action and decide it again. Nothing says which part of a wrong answer was wrong."""
    done = await guard.prove(action, proof.factor, proof.answer, proof.challenge, proof.source, write.of(Answer))
    return shown(done, caller, view.view, guard)


@router.post("/v1/actions/{action}/decide", **operation("Decide again", **_REPLY, problems=(404, 409)))
async def decide_action(
    action: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    view: Annotated[ViewQuery, query(ViewQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Decide an action again after a wait; collects the seal of an outflow that is ready."""
    done = await guard.actions.decide(action, write.of(Answer))
    return shown(done, caller, view.view, guard)


@router.post("/v1/actions/{action}/cancel", **operation("Cancel an action", **_REPLY, problems=(404, 409)))
async def cancel_action(
    action: str,
    caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
    write: Annotated[Write, idempotent],
    view: Annotated[ViewQuery, query(ViewQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Cancel what has not happened yet. Never throttled."""
    done = await guard.actions.cancel(action, "platform", idempotency=write.of(Answer))
    return shown(done, caller, view.view, guard)


@router.post(
    "/v1/actions/{action}/dispute",
    **operation("Settle a dispute", **_REPLY, body_example=DisputeBody(uphold=False), problems=(404, 409)),
)
async def settle_dispute(
    action: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    wanted: Annotated[DisputeBody, json_body(DisputeBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Two officers let a disputed change go on, or end it."""
    done = await guard.actions.resolve(action, officers.names, uphold=wanted.uphold, idempotency=write.of(Answer))
    return shown(done, caller, "staff", guard)
