# SPDX-License-Identifier: Apache-2.0
"""Cases: opened, listed, read; notes, roles, severity, stages, holds. There is no way to delete anything."""

from __future__ import annotations

from typing import Annotated, Any, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.officers import Officers, perhaps_two, two_passkeys
from counterseal.http.openapi import operation
from counterseal.http.routers import incident_bodies as b
from counterseal.http.routers import incident_views as v
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.incidents import casework as w
from counterseal.incidents import model as m
from counterseal.incidents.cases import Cases, Opening
from counterseal.incidents.stored import Changed, Opened

router = Router(tags=["incidents"])

Area = Annotated[Cases, area(Cases)]
Reads = Annotated[Caller, require(Scope.INCIDENT_READ)]
Writes = Annotated[Caller, require(Scope.INCIDENT_WRITE)]
Key = Annotated[Write, idempotent]
Why = Annotated[b.CaseReasonBody, json_body(b.CaseReasonBody)]
Noted = Annotated[b.CaseNoteBody, json_body(b.CaseNoteBody)]
WHY: Final = b.CaseReasonBody(why="all are shielded")
NOTE: Final = b.CaseNoteBody(text="The carrier is asked for its records.")
BASE: Final = "/v1/incidents/{incident}"
CHANGES: Final[dict[str, Any]] = {"reply": v.ChangedView, "example": v.CHANGED, "problems": (404, 409)}


def member_given(given: b.MemberGiven, by: str) -> m.Member:
    """A member as somebody gave it; its time is that of the commit."""
    reasons = (m.Reason("officer_added", 0, by, given.why),) if given.why else ()
    state = m.MemberState(given.state)
    return m.Member("", given.account, state, 0, by, reasons, given.actions, given.theirs, given.why)


def changed(done: Any) -> Response:
    """The answer to a change."""
    result: Changed = done.result
    return reply(v.as_view(result, v.ChangedView), replayed=done.replayed)


@router.post(
    "/v1/incidents",
    **operation(
        "Open an incident",
        reply=v.OpenedView,
        example=v.OPENED,
        status=201,
        body_example=b.CaseOpenBody(kind="account_takeover", title="Two accounts drained after a forged order"),
    ),
)
async def open_incident(
    caller: Writes, write: Key, given: Annotated[b.CaseOpenBody, json_body(b.CaseOpenBody)], cases: Area
) -> Response:
    """One cause opens one case: the same `source` gives the case that it opened, with the accounts added."""
    by = caller.token_id
    opening = Opening(
        m.Kind(given.kind),
        given.title,
        given.severity,
        f"staff:{given.source or cases.new_id('src')}",
        tuple(member_given(each, by) for each in given.accounts),
        begun=given.begun,
        aware=given.aware,
        request=given.request,
    )
    done = await cases.open(opening, by=by, idempotency=write.of(Opened))
    return reply(v.as_view(done.result, v.OpenedView), status=201, replayed=done.replayed)


@router.get("/v1/incidents", **operation("List incidents", reply=v.CaseList, example=v.LIST))
async def list_incidents(caller: Reads, page: Annotated[b.CasePage, query(b.CasePage)], cases: Area) -> Response:
    """With what is open in each and the next thing that is due."""
    found = await cases.listed(after=page.after, limit=page.limit)
    rows = [v.case_row(each, await cases.members.counts(each.id)) for each in found]
    return reply(v.CaseList(items=rows, next=found[-1].id if len(found) == page.limit else None))


@router.get(BASE, **operation("Read an incident", reply=v.CaseView, example=v.CASE, problems=(404,)))
async def read_incident(incident: str, caller: Reads, cases: Area) -> Response:
    """The whole case without its members. That somebody looked is in the log."""
    return reply(v.case_view(await cases.read(incident), await cases.members.counts(incident)))


@router.post(
    f"{BASE}/notes",
    **operation("Write a note", body_example=NOTE, **CHANGES),
)
async def write_incident_note(
    incident: str,
    caller: Writes,
    write: Key,
    given: Noted,
    cases: Area,
) -> Response:
    """Notes are never changed: one that `corrects` another takes its place, and the other stays."""
    note, by = cases.new_id("nt"), caller.token_id
    done = await cases.change(
        incident,
        lambda case, at: w.noted(case, note, given.text, at, by, given.corrects),
        by=by,
        idempotency=write.of(Changed),
        made=note,
    )
    return changed(done)


@router.post(
    f"{BASE}/severity",
    **operation("Set the severity", body_example=b.SeverityBody(severity=1, why="two were hit"), **CHANGES),
)
async def rate_incident(
    incident: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.SeverityBody, json_body(b.SeverityBody)],
    cases: Area,
) -> Response:
    """1 is the worst: it takes two officers to close."""
    by = caller.token_id
    done = await cases.change(
        incident,
        lambda case, at: w.rated(case, given.severity, given.why, at, by),
        by=by,
        idempotency=write.of(Changed),
    )
    return changed(done)


@router.post(
    f"{BASE}/roles",
    **operation("Give a role", body_example=b.RoleBody(role="lead", staff="st_0a1b2c3d4e5f607182"), **CHANGES),
)
async def assign_incident_role(
    incident: str, caller: Writes, write: Key, given: Annotated[b.RoleBody, json_body(b.RoleBody)], cases: Area
) -> Response:
    """Lead, deputy, liaison or scribe; "" frees the role."""
    by, role = caller.token_id, m.Role(given.role)
    done = await cases.change(
        incident,
        lambda case, at: w.assigned(case, role, given.staff, at, by),
        by=by,
        idempotency=write.of(Changed),
    )
    return changed(done)


@router.post(
    f"{BASE}/handover",
    **operation(
        "Hand an incident over",
        body_example=b.HandoverBody(to="st_9a8b7c6d5e4f302112", text="The carrier answers by noon."),
        **CHANGES,
    ),
)
async def hand_incident_over(
    incident: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.HandoverBody, json_body(b.HandoverBody)],
    cases: Area,
) -> Response:
    """Somebody else leads from now on, and has what they need to know."""
    by = caller.token_id
    done = await cases.change(
        incident,
        lambda case, at: w.handed(case, given.to, given.text, at, by),
        by=by,
        idempotency=write.of(Changed),
    )
    return changed(done)


STEPS: Final = {"classify": w.classified, "contain": w.contained, "hold": w.on_hold}


@router.post(f"{BASE}/classify", **operation("Classify as major", body_example=WHY, **CHANGES))
async def classify_incident(
    incident: str,
    caller: Writes,
    write: Key,
    given: Why,
    cases: Area,
) -> Response:
    """It is a major incident: clocks that count from the classification begin."""
    return await _stepped("classify", incident, caller, write, given, cases)


@router.post(
    f"{BASE}/contain",
    **operation("Contain an incident", body_example=WHY, **CHANGES),
)
async def contain_incident(
    incident: str,
    caller: Writes,
    write: Key,
    given: Why,
    cases: Area,
) -> Response:
    """Nobody else can be hit the same way."""
    return await _stepped("contain", incident, caller, write, given, cases)


@router.post(f"{BASE}/hold", **operation("Set a legal hold", body_example=WHY, **CHANGES))
async def hold_incident(
    incident: str,
    caller: Writes,
    write: Key,
    given: Why,
    cases: Area,
) -> Response:
    """Nothing of the case may be erased until two officers lift it."""
    return await _stepped("hold", incident, caller, write, given, cases)


async def _stepped(
    name: str, incident: str, caller: Caller, write: Write, given: b.CaseReasonBody, cases: Cases
) -> Response:
    by, step = caller.token_id, STEPS[name]
    done = await cases.change(
        incident, lambda case, at: step(case, given.why, at, by), by=by, idempotency=write.of(Changed)
    )
    return changed(done)


@router.post(
    f"{BASE}/hold/lift",
    **operation("Lift a legal hold", body_example=WHY, **CHANGES),
)
async def lift_incident_hold(
    incident: str,
    caller: Writes,
    write: Key,
    officers: Annotated[Officers, two_passkeys],
    given: Why,
    cases: Area,
) -> Response:
    """By two passkeys."""
    names = officers.names
    done = await cases.change(
        incident,
        lambda case, at: w.released(case, given.why, at, names),
        by="+".join(names),
        idempotency=write.of(Changed),
    )
    return changed(done)


@router.post(f"{BASE}/close", **operation("Close an incident", body_example=WHY, **CHANGES))
async def close_incident(
    incident: str,
    caller: Writes,
    write: Key,
    officers: Annotated[Officers, perhaps_two],
    given: Why,
    cases: Area,
) -> Response:
    """When no task is open. One of severity 1 takes two passkeys."""
    names = officers.names or (caller.token_id,)
    done = await cases.change(
        incident,
        lambda case, at: w.closed(case, given.why, at, names),
        by="+".join(names),
        idempotency=write.of(Changed),
    )
    return changed(done)
