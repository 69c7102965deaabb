# SPDX-License-Identifier: Apache-2.0
"""The judicial desk: hand in a document, read what can be relied on, look at its pages."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import NotFoundError
from counterseal.http.auth import Caller, require
from counterseal.http.body import query, reply, upload
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import area
from counterseal.judicial.service import Desk
from counterseal.judicial.stored import Received

router = Router(tags=["desk"])

Area = Annotated[Desk, area(Desk)]
Reads = Annotated[Caller, require(Scope.DESK_READ)]
Writes = Annotated[Caller, require(Scope.DESK_WRITE)]
Key = Annotated[Write, idempotent]
PNG = "image/png"


@router.post(
    "/v1/desk/documents",
    **operation("Hand in a document", reply=b.DocumentReport, example=b.REPORT, status=201),
)
async def hand_in_document(
    caller: Writes, write: Key, sent: Annotated[b.Sent, query(b.Sent)], data: Annotated[bytes, upload()], desk: Area
) -> Response:
    """The body is the file as received: a PDF, a mail (.eml), an ASiC container or a signed XML file, up to 25 MB.
    It is kept and hashed before anything opens it; the answer has the report. Each call makes a new document."""
    by = caller.token_id
    done = await desk.receive(data, name=sent.name, by=by, idempotency=write.of(Received))
    held = await desk.examine(done.result.id, by=by)
    return reply(b.report_view(held), status=201, replayed=done.replayed)


@router.get(
    "/v1/desk/documents",
    **operation("List documents", reply=b.DocumentList, example=b.DocumentList(items=[b.DOCUMENT], next=None)),
)
async def list_documents(caller: Reads, page: Annotated[b.Page, query(b.Page)], desk: Area) -> Response:
    """The newest first."""
    found = await desk.documents(after=page.after, limit=page.limit)
    more = found[-1].id if len(found) == page.limit else None
    return reply(b.DocumentList(items=[b.document_view(each) for each in found], next=more))


@router.get(
    "/v1/desk/documents/{document}",
    **operation("Read a document's reports", reply=b.DocumentReport, example=b.REPORT, problems=(404,)),
)
async def read_document(document: str, caller: Reads, desk: Area) -> Response:
    """The document and every report on it."""
    return reply(b.report_view(await desk.document(document)))


@router.post(
    "/v1/desk/documents/{document}/examinations",
    **operation("Examine again", reply=b.DocumentReport, example=b.REPORT, status=201, problems=(404, 409)),
)
async def examine_document(document: str, caller: Writes, write: Key, desk: Area) -> Response:
    """One more report, by what the desk trusts now: other CRLs, another registry, names that answer again."""
    done = await desk.examine_again(document, by=caller.token_id, idempotency=write.of(Received))
    return reply(b.report_view(await desk.document(document)), status=201, replayed=done.replayed)


@router.get(
    "/v1/desk/documents/{document}/pages/{number}",
    **operation("Draw a page", example="", media_type=PNG, problems=(404,)),
)
async def draw_page(
    document: str, number: int, caller: Reads, size: Annotated[b.Size, query(b.Size)], desk: Area
) -> Response:
    """A page of a PDF as a picture, drawn in the sandbox. 404 where there is no such page or it cannot be drawn."""
    drawn = await desk.page(document, number, size.width)
    if drawn is None:
        raise NotFoundError("this page cannot be drawn", code="page_unknown")
    return Response(drawn, media_type=PNG, headers={"Cache-Control": "private, no-store"})
