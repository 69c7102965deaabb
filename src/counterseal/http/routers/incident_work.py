# SPDX-License-Identifier: Apache-2.0
"""Tasks, clocks and evidence of a case."""

from __future__ import annotations

from typing import Annotated, Any, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, upload
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import incident_bodies as b
from counterseal.http.routers.incidents import BASE, CHANGES, changed
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.incidents import casework as w
from counterseal.incidents import model as m
from counterseal.incidents.cases import Cases
from counterseal.incidents.stored import Changed

router = Router(tags=["incidents"])

Area = Annotated[Cases, area(Cases)]
Writes = Annotated[Caller, require(Scope.INCIDENT_WRITE)]
Key = Annotated[Write, idempotent]
BINARY: Final = "application/octet-stream"


@router.post(
    f"{BASE}/tasks", **operation("Add a task", body_example=b.TaskBody(title="Ask the carrier"), **CHANGES)
)
async def add_incident_task(
    incident: str, caller: Writes, write: Key, given: Annotated[b.TaskBody, json_body(b.TaskBody)], cases: Area
) -> Response:
    """A task made by hand."""
    task, by = cases.new_id("tk"), caller.token_id

    def step(case: m.Incident, at: int) -> m.Incident:
        made = m.Task(task, given.title, given.due, at, by, why=given.why, owner=given.owner)
        return w.tasked(case, [made], at, by)

    return changed(await cases.change(incident, step, by=by, idempotency=write.of(Changed), made=task))


@router.post(
    f"{BASE}/tasks/{{task}}/owner",
    **operation("Take a task", body_example=b.OwnerBody(owner="st_0a1b2c3d4e5f607182"), **CHANGES),
)
async def take_incident_task(
    incident: str,
    task: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.OwnerBody, json_body(b.OwnerBody)],
    cases: Area,
) -> Response:
    """Who does it; "" gives it back."""
    by = caller.token_id
    done = await cases.change(
        incident,
        lambda case, at: w.taken(case, task, given.owner, at, by),
        by=by,
        idempotency=write.of(Changed),
        made=task,
    )
    return changed(done)


@router.post(
    f"{BASE}/tasks/{{task}}/end",
    **operation("End a task", body_example=b.CaseEndBody(outcome="done", said="they answered"), **CHANGES),
)
async def end_incident_task(
    incident: str,
    task: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.CaseEndBody, json_body(b.CaseEndBody)],
    cases: Area,
) -> Response:
    """Done, or not needed and why."""
    by = caller.token_id
    done = await cases.change(
        incident,
        lambda case, at: w.ended(case, task, given.outcome, given.said, at, by),
        by=by,
        idempotency=write.of(Changed),
        made=task,
    )
    return changed(done)


@router.post(
    f"{BASE}/clocks/{{rule}}/met",
    **operation("Meet a deadline", body_example=b.CaseReasonBody(why="sent at 08:40"), **CHANGES),
)
async def meet_incident_clock(
    incident: str,
    rule: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.CaseReasonBody, json_body(b.CaseReasonBody)],
    cases: Area,
) -> Response:
    """What the clock's rule asks for was done."""
    by = caller.token_id
    done = await cases.change(
        incident,
        lambda case, at: w.met(case, rule, given.why, at, by),
        by=by,
        idempotency=write.of(Changed),
        made=rule,
    )
    return changed(done)


@router.post(f"{BASE}/evidence", **operation("Keep evidence", **CHANGES))
async def keep_incident_evidence(
    incident: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.EvidenceQuery, query(b.EvidenceQuery)],
    data: Annotated[bytes, upload()],
    cases: Area,
) -> Response:
    """A file as it is: hashed, kept under the case's key, with the first line of its custody."""
    done = await cases.collect(
        incident,
        asked.name,
        data,
        source=asked.source,
        why=asked.why,
        by=caller.token_id,
        account=asked.account,
        idempotency=write.of(Changed),
    )
    return changed(done)


@router.post(
    f"{BASE}/evidence/{{artefact}}/custody",
    **operation("Note custody", body_example=b.CustodyBody(what="handed_over", why="to the police"), **CHANGES),
)
async def note_incident_custody(
    incident: str,
    artefact: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.CustodyBody, json_body(b.CustodyBody)],
    cases: Area,
) -> Response:
    """Who had a piece of evidence in hand, and what for."""
    by = caller.token_id
    done = await cases.change(
        incident,
        lambda case, at: w.handled(case, artefact, given.what, given.why, at, by),
        by=by,
        idempotency=write.of(Changed),
        made=artefact,
    )
    return changed(done)


_FILE: Final[dict[str, Any]] = {"example": "", "media_type": BINARY, "problems": (404,)}


@router.post(
    f"{BASE}/evidence/{{artefact}}/download",
    **operation("Download evidence", body_example=b.CaseReasonBody(why="to compare the seal"), **_FILE),
)
async def download_incident_evidence(
    incident: str,
    artefact: str,
    caller: Writes,
    write: Key,
    given: Annotated[b.CaseReasonBody, json_body(b.CaseReasonBody)],
    cases: Area,
) -> Response:
    """Its bytes as they were received, to be saved and never shown. That they were handed out is in its custody
    before they are."""
    once = write.of(Changed)
    data = await cases.bytes_of(
        incident, artefact, by=caller.token_id, what="downloaded", why=given.why[:500], idempotency=once
    )
    name = f'attachment; filename="{artefact}.bin"'
    headers = {"content-disposition": name, "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(data, media_type=BINARY, headers=headers)
