# SPDX-License-Identifier: Apache-2.0
"""Accounts: register, read, freeze, suspect, timeline, erase."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.decision import for_staff
from counterseal.core.errors import ForbiddenError
from counterseal.core.inputs import ProofFailed, Suspect
from counterseal.guard.history import timeline
from counterseal.guard.model import Done, Record
from counterseal.guard.registration import ContactGiven, FactorGiven, ObjectGiven, RegisterGiven, build_register
from counterseal.http import examples
from counterseal.http.account_views import AccountView, account_view
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.edge import Guard
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, two_officers
from counterseal.http.openapi import operation
from counterseal.http.routers.account_bodies import (
    DONE_EXAMPLE,
    REGISTER_EXAMPLE,
    TIMELINE_EXAMPLE,
    DoneView,
    FreezeBody,
    PageQuery,
    RegisterBody,
    StepView,
    SuspicionBody,
    TimelineView,
)
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.incidents.cases import Cases
from counterseal.incidents.loss_movements import Movements
from counterseal.incidents.tracing import Tracer
from counterseal.publishing.shadow import Shadows
from counterseal.staff.views import Views

router = Router(tags=["accounts"])

_DONE: dict[str, Any] = {"reply": DoneView, "example": DONE_EXAMPLE}


def done(result: Done, *, status: int = 200, replayed: bool = False) -> Response:
    """The reply of a command about an account."""
    body = DoneView(
        account=result.account,
        at=result.at,
        until=result.until,
        id=result.note,
        shown={key: list(lines) for key, lines in result.shown.items()},
        log_position=result.position,
    )
    return reply(body, status=status, replayed=replayed)


@router.post(
    "/v1/accounts",
    **operation("Register an account", **_DONE, body_example=REGISTER_EXAMPLE, status=201, problems=(409,)),
)
async def register_account(
    caller: Annotated[Caller, require(Scope.ACCOUNTS_WRITE)],
    write: Annotated[Write, idempotent],
    given: Annotated[RegisterBody, json_body(RegisterBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Create an account with its factors, contacts and objects. Secrets made here are shown once."""
    ages = [*(item.since for item in given.factors), *(item.since for item in given.objects)]
    if any(since is not None for since in ages) and not caller.may(Scope.ACCOUNTS_IMPORT):
        raise ForbiddenError("a stated age needs the scope `accounts:import`", code="insufficient_scope")
    tools = guard.tools
    wanted = RegisterGiven(
        account=given.account,
        language=given.language,
        phrase=given.phrase,
        contacts=tuple(ContactGiven(item.channel, item.value) for item in given.contacts),
        factors=tuple(FactorGiven(**msgspec.structs.asdict(item)) for item in given.factors),
        objects=tuple(
            ObjectGiven(
                item.kind,
                tuple(item.facts),
                item.id,
                None if item.address is None else (item.address.chain, item.address.address, item.address.memo),
                item.since,
                item.label,
            )
            for item in given.objects
        ),
    )
    built = build_register(
        tools.policies.current, wanted, enroller=guard.enroller, random=tools.random, now=tools.clock.now()
    )
    result = await guard.accounts.register(given.account, built.register, write.of(Done), shown=built.shown)
    return done(result.result, status=201, replayed=result.replayed)


@router.get(
    "/v1/accounts/{account}",
    **operation("Read an account", reply=AccountView, example=examples.ACCOUNT, problems=(404,)),
)
async def read_account(
    account: str,
    caller: Annotated[Caller, require(Scope.ACCOUNTS_READ)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Factors, contacts (masked), objects, freezes, locks, waits and recent actions."""
    state = await guard.accounts.read(account)
    staff = caller.may(Scope.DECISIONS_STAFF)
    return reply(account_view(guard.tools.policies.current, state, guard.tools.clock.now(), staff=staff))


def _sealed(record: Record | None, guard: Guard) -> bool:
    """Whether an entry only says that a sealed capability is suspected."""
    if record is None or not isinstance(record.input, Suspect):
        return False
    capabilities = guard.tools.policies.current.vocabulary.capabilities
    capability = capabilities.get(record.input.suspicion.capability)
    return capability is not None and capability.tell == "sealed"


@router.get(
    "/v1/accounts/{account}/timeline",
    **operation("Read an account's timeline", reply=TimelineView, example=TIMELINE_EXAMPLE, problems=(404,)),
)
async def read_timeline(
    account: str,
    caller: Annotated[Caller, require(Scope.DECISIONS_STAFF)],
    page: Annotated[PageQuery, query(PageQuery)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Everything that happened to the account, in log order, refused attempts too."""
    entries: list[StepView] = []
    async for moment in timeline(guard.tools.store, account, after=page.after):
        if _sealed(moment.record, guard):
            continue
        found = None if moment.record is None else moment.record.decision
        decision = None if found is None else for_staff(found)
        given = None if moment.record is None else moment.record.input
        entries.append(
            StepView(
                position=moment.position,
                at=moment.at,
                kind=moment.kind,
                policy=moment.policy,
                action=moment.action,
                outcome=None if decision is None else decision.outcome.value,
                rule=None if decision is None else decision.rule,
                line=None if decision is None else decision.line,
                refused=given.reason if isinstance(given, ProofFailed) else None,
                events=[] if moment.record is None else [type(e).__name__ for e in moment.record.events],
            )
        )
        if len(entries) == page.limit:
            return reply(TimelineView(entries=entries, next=moment.position))
    if not entries:
        await guard.accounts.read(account)
    return reply(TimelineView(entries=entries, next=None))


@router.post(
    "/v1/accounts/{account}/freeze",
    **operation("Freeze an account", **_DONE, body_example=FreezeBody(kind="owner"), problems=(404,)),
)
async def freeze_account(
    account: str,
    caller: Annotated[Caller, require(Scope.ACCOUNTS_FREEZE)],
    write: Annotated[Write, idempotent],
    wanted: Annotated[FreezeBody, json_body(FreezeBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Stop outflows at once on the owner's word. Never throttled. A staff freeze has its own operation."""
    if wanted.kind == "staff":
        raise ForbiddenError("a staff freeze needs two officers", code="two_officers", hint="Use .../staff-freeze.")
    result = await guard.accounts.freeze(account, "owner", caller.platform, idempotency=write.of(Done))
    return done(result.result, replayed=result.replayed)


@router.post("/v1/accounts/{account}/staff-freeze", **operation("Staff freeze", **_DONE, problems=(404,)))
async def staff_freeze(
    account: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Two officers stop outflows and every action that is not marked `when_frozen`."""
    by = "+".join(officers.names)
    result = await guard.accounts.freeze(account, "staff", by, idempotency=write.of(Done))
    return done(result.result, replayed=result.replayed)


@router.post("/v1/accounts/{account}/unfreeze", **operation("Lift freezes", **_DONE, problems=(404, 409)))
async def unfreeze_account(
    account: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Two officers lift every freeze; outflows then wait out the hold of a weakening."""
    result = await guard.accounts.lift(account, officers.names, write.of(Done), since=officers.since)
    return done(result.result, replayed=result.replayed)


@router.post(
    "/v1/accounts/{account}/suspicions",
    **operation(
        "Report a suspicion",
        **_DONE,
        body_example=SuspicionBody(capability="sim_swap", until=1718193600000, evidence="SIM changed 3 h ago"),
        problems=(404,),
    ),
)
async def report_suspicion(
    account: str,
    caller: Annotated[Caller, require(Scope.SIGNALS_WRITE)],
    write: Annotated[Write, idempotent],
    given: Annotated[SuspicionBody, json_body(SuspicionBody)],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Somebody may hold a capability against this account: proofs it could have produced stop counting."""
    result = await guard.accounts.suspect(
        account,
        given.capability,
        since=given.since,
        until=given.until,
        instance=given.instance,
        strength=given.strength,
        evidence=given.evidence,
        idempotency=write.of(Done),
    )
    return done(result.result, replayed=result.replayed)


@router.post(
    "/v1/accounts/{account}/suspicions/{suspicion}/clear",
    **operation("Withdraw a suspicion", **_DONE, problems=(404,)),
)
async def clear_suspicion(
    account: str,
    suspicion: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """Two officers withdraw a suspicion."""
    result = await guard.accounts.clear(account, suspicion, officers.names, write.of(Done))
    return done(result.result, replayed=result.replayed)


@router.post(
    "/v1/accounts/{account}/notices/{notice}/confirm",
    **operation("Confirm a notice", **_DONE, problems=(404, 409)),
)
async def confirm_notice(
    account: str,
    notice: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    guard: Annotated[Guard, area(Guard)],
) -> Response:
    """After seven days without an accepted notice, two officers state that they reached the owner."""
    result = await guard.accounts.confirm_notice(account, notice, officers.names, write.of(Done))
    return done(result.result, replayed=result.replayed)


@router.post("/v1/accounts/{account}/erase", **operation("Erase an account", **_DONE, problems=(404,)))
async def erase_account(  # noqa: PLR0913, PLR0917 - everything that goes with an account
    account: str,
    caller: Annotated[Caller, require(Scope.STAFF_OFFICER)],
    write: Annotated[Write, idempotent],
    officers: Annotated[Officers, two_officers],
    guard: Annotated[Guard, area(Guard)],
    views: Annotated[Views, area(Views)],
    shadows: Annotated[Shadows, area(Shadows)],
    tracer: Annotated[Tracer, area(Tracer)],
    movements: Annotated[Movements, area(Movements)],
    cases: Annotated[Cases, area(Cases)],
) -> Response:
    """Destroy the account's key and salt, and those of what staff left about it (looks, approvals; not the approval
    of this), of what it shared with others, and of what incidents that no legal hold keeps say of it. Its entries
    stay as commitments; the log still verifies."""
    also = (*await views.about(account), *await shadows.forgotten(account), *await tracer.forgotten(account))
    also = (*also, *await movements.forgotten(account), *await cases.members.forgotten(account))
    result = await guard.accounts.erase(account, write.of(Done), also=also)
    return done(result.result, replayed=result.replayed)
