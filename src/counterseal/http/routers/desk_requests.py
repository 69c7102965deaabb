# SPDX-License-Identifier: Apache-2.0
"""Requests of authorities: intake, inbox, triage, evidence and the call-back."""

from __future__ import annotations

from typing import Annotated, Any, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import ForbiddenError
from counterseal.core.transaction import Committed
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_requests_bodies as b
from counterseal.http.routers import desk_requests_examples as x
from counterseal.http.routers import desk_requests_shown as shown
from counterseal.http.routers import desk_requests_views as v
from counterseal.http.routers.staff_signin import check_passkey
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.requests.casework import Casework
from counterseal.judicial.requests.inbox import Page
from counterseal.judicial.requests.service import Requests
from counterseal.judicial.requests.stored import Opened

router = Router(tags=["desk"])

Held = Annotated[Requests, area(Requests)]
Work = Annotated[Casework, area(Casework)]
Reads = Annotated[Caller, require(Scope.DESK_READ)]
Writes = Annotated[Caller, require(Scope.DESK_WRITE)]
Key = Annotated[Write, idempotent]
ROOT: Final = "/v1/desk/requests"
ONE: Final = ROOT + "/{request}"
SHOWN: Final[dict[str, Any]] = {"reply": v.RequestReport, "example": x.REPORT}


async def report(
    requests: Requests, name: str, now: int, *, status: int = 200, done: Committed[Opened] | None = None
) -> Response:
    """The request as it is now, and what may be done with it."""
    held = await requests.read(name)
    decided = await requests.decision(held)
    view = None if decided is None else shown.decision_view(decided, await requests.conflicts(held))
    answer = shown.report_view(held, view, await requests.names(), now)
    return reply(answer, status=status, replayed=done is not None and done.replayed)


def person(caller: Caller) -> str:
    """The member of staff who does this; raises for a token: a person stands by it."""
    if caller.staff is None:
        raise ForbiddenError("people do this, tokens do not", code="staff_only")
    check_passkey(caller)
    return caller.staff


@router.post(
    ROOT,
    **operation(
        "Take a request in",
        **SHOWN,
        status=201,
        body_example=b.OpenBody(
            documents=["doc_fe6f1f2c1d9b5a5ec0ffee01"],
            claim=b.ClaimBody(authority="District Court of Northmark", officer="J. Doe"),
            case_number="17/2026",
            identifiers=[b.IdentifierBody(kind="email", value="ana@example.com")],
            categories=["subscriber"],
        ),
        problems=(404, 409),
    ),
)
async def open_request(
    caller: Writes, write: Key, asked: Annotated[b.OpenBody, json_body(b.OpenBody)], requests: Held
) -> Response:
    """From documents that were handed in. What it claims is kept apart from what is known. The same bytes under the
    same case number as an open request make a `duplicate` of it."""
    done = await requests.open(b.given_of(asked), by=caller.token_id, idempotency=write.of(Opened))
    return await report(requests, done.result.id, requests.now(), status=201, done=done)


@router.get(ROOT, **operation("List requests", reply=v.RequestList, example=x.LIST))
async def list_requests(
    caller: Reads, page: Annotated[b.RequestsQuery, query(b.RequestsQuery)], requests: Held
) -> Response:
    """The inbox: what is open, the nearest deadline first, and what each is missing. `open=false`: everything."""
    found = await requests.listed(Page(page.state, page.type, page.assigned, page.open, page.after, page.limit))
    items = [shown.line_view(each) for each in found.lines]
    return reply(v.RequestList(items=items, next=found.next or None, total=found.total))


@router.get(ONE, **operation("Read a request", **SHOWN, problems=(404,)))
async def read_request(request: str, caller: Reads, requests: Held) -> Response:
    """With its evidence, history, and what the policy's rule says of it now."""
    return await report(requests, request, requests.now())


@router.post(
    ONE + "/triage",
    **operation(
        "Triage a request",
        **SHOWN,
        body_example=b.TriageBody(
            type=x.Type.DISCLOSURE,
            pack="generic",
            authority="nm-district-court",
            legal_basis="court_order",
            case_number="17/2026",
        ),
        problems=(404, 409),
    ),
)
async def triage_request(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.TriageBody, json_body(b.TriageBody)],
    requests: Held,
    work: Work,
) -> Response:
    """Say what it is: type, authority of the registry, legal basis, whom it means. Its clocks are set, and the desk
    looks for evidence itself. A second triage voids review, fields and approvals, and cannot widen what an office
    confirmed."""
    triage = b.triage_of(asked)
    done = await work.triage(request, triage, by=caller.token_id, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/documents",
    **operation(
        "Add documents to a request",
        **SHOWN,
        body_example=b.DocumentsBody(documents=["doc_fe6f1f2c1d9b5a5ec0ffee01"]),
        problems=(404, 409),
    ),
)
async def add_request_documents(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.DocumentsBody, json_body(b.DocumentsBody)],
    requests: Held,
    work: Work,
) -> Response:
    """What came later. It voids approvals."""
    names = tuple(asked.documents)
    done = await work.add_documents(request, names, by=caller.token_id, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(ONE + "/collect", **operation("Collect evidence again", **SHOWN, problems=(404, 409)))
async def collect_evidence(request: str, caller: Writes, write: Key, requests: Held, work: Work) -> Response:
    """The desk looks at documents, registry, accounts and other requests again; what is new is added."""
    done = await work.collect(request, by=caller.token_id, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.get(
    ONE + "/call-back",
    **operation("Read the call-back sheet", reply=v.CallSheet, example=x.SHEET, problems=(404, 409)),
)
async def read_call_sheet(request: str, caller: Reads, work: Work) -> Response:
    """Which number of the registry to call, what to ask, what must be confirmed."""
    return reply(shown.sheet_view(await work.sheet(request)))


@router.post(
    ONE + "/call-back",
    **operation(
        "Record a call-back",
        **SHOWN,
        body_example=b.CallBody(
            contact="c_1",
            outcome=x.CallOutcome.CONFIRMED,
            confirmed=[x.Point.CASE_NUMBER, x.Point.OFFICER, x.Point.SCOPE, x.Point.DOCUMENT_HASH],
            spoke_to="the clerk on duty",
        ),
        problems=(404, 409),
    ),
)
async def record_call(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.CallBody, json_body(b.CallBody)],
    requests: Held,
    work: Work,
) -> Response:
    """What came of a call to a number of the registry that was there before the request. People record calls."""
    done = await work.call(request, b.call_of(asked), by=person(caller), idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/evidence",
    **operation(
        "Record evidence",
        **SHOWN,
        body_example=b.EvidenceBody(
            kind=x.EvidenceKind.DOCKET,
            result=x.Result.SUPPORTS,
            contact="c_2",
            note="the clerk read out the parties",
        ),
        problems=(404, 409),
    ),
)
async def record_evidence(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.EvidenceBody, json_body(b.EvidenceBody)],
    requests: Held,
    work: Work,
) -> Response:
    """A docket entry, the official channel, the officer's identity, or what does not fit. Only people record it."""
    done = await work.enter(request, b.entry_of(asked), by=person(caller), idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/clarify",
    **operation(
        "Ask the authority",
        **SHOWN,
        body_example=b.NoteBody(note="which of the two accounts?"),
        problems=(404, 409),
    ),
)
async def clarify_request(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.NoteBody, json_body(b.NoteBody)],
    requests: Held,
    work: Work,
) -> Response:
    """It waits for an answer for 30 days; the clocks of the law run on, and nothing is released meanwhile."""
    done = await work.ask(request, asked.note, by=caller.token_id, idempotency=write.of(Opened))
    return await report(requests, request, requests.now(), done=done)


@router.post(
    ONE + "/answer",
    **operation(
        "Record the answer", **SHOWN, body_example=b.NoteBody(note="the first of them"), problems=(404, 409)
    ),
)
async def answer_request(
    request: str,
    caller: Writes,
    write: Key,
    asked: Annotated[b.NoteBody, json_body(b.NoteBody)],
    requests: Held,
    work: Work,
) -> Response:
    """The authority answered; work goes on."""
    done = await work.answer(request, asked.note, by=caller.token_id, idempotency=write.of(Opened))
    if asked.documents:
        await work.add_documents(request, tuple(asked.documents), by=caller.token_id)
    return await report(requests, request, requests.now(), done=done)
