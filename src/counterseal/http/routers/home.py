# SPDX-License-Identifier: Apache-2.0
"""The status page, styles and fonts, the console, and the development outbox as pages."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path
from typing import Annotated

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from counterseal.audit.ports import LogReader
from counterseal.core.errors import NotFoundError
from counterseal.http.console_files import FOLDER, ConsoleFiles, accepts_gzip
from counterseal.http.edge import Guard
from counterseal.http.health import VERSION
from counterseal.http.openapi import operation
from counterseal.http.pages_security import page
from counterseal.http.routers.system import Outbox
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.notices import pages

router = Router(tags=["health"])
STATIC = Path(__file__).resolve().parent.parent / "static"
FILES = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}
CONSOLE = ConsoleFiles(FOLDER)
LINK = re.compile(r"https?://[^\s<>\"]+")
NEWEST = 200
_HTML = "text/html"


@router.get("/", include_in_schema=False, **operation("Home", status=307))
async def home() -> Response:
    """Leads to the status page."""
    return RedirectResponse("/status")


@router.get("/status", **operation("Status page", example="<!doctype html>", media_type=_HTML))
async def status(
    guard: Annotated[Guard, area(Guard)],
    log: Annotated[LogReader, area(LogReader)],
    held: Annotated[Services, services],
) -> Response:
    """That it runs, with which policy, and how the log stands. Nothing about anybody."""
    policy, clock = guard.tools.policies.current, held.clock
    latest = await log.latest_checkpoint()
    context = pages.StatusPage(
        server=held.settings.log_origin,
        version=VERSION,
        now=clock.now(),
        policy=policy.name,
        policy_digest=policy.digest,
        store="SQLite",
        epoch=0 if latest is None else latest.checkpoint.epoch or 0,
        log_size=await log.size(),
        checkpoint_at=None if latest is None else latest.checkpoint.time,
        simulated_at=clock.now() if clock.simulated else None,
        outbox="/outbox" if Outbox in held.areas else "",
    )
    return page(pages.status_page(context))


@router.get("/static/{file:path}", include_in_schema=False, **operation("Styles and fonts"))
async def static(request: Request) -> Response:
    """Files of the pages. Only what is shipped."""
    found = FILES.get(request.scope["path_params"]["file"])
    if found is None:
        raise NotFoundError("there is no such file", code="unknown_file")
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(found.read_bytes(), media_type=kind, headers=headers)


@router.get("/console", include_in_schema=False, **operation("Console", status=308))
async def console_root(request: Request) -> Response:
    """Leads to the console. What stands behind the path, such as a filter or a decision, goes along."""
    return RedirectResponse(f"/console/?{query}" if (query := request.url.query) else "/console/", status_code=308)


@router.get("/console/{path:path}", include_in_schema=False, **operation("Console"))
async def console(request: Request) -> Response:
    """A file of the console, or its index. It holds nothing about anybody: what it shows it asks the API for."""
    gzipped = accepts_gzip(request.headers.get("accept-encoding", ""))
    return CONSOLE.response(request.scope["path_params"]["path"], gzipped=gzipped)


def _entry(item: dict[str, object]) -> pages.OutboxEntry:
    return pages.OutboxEntry(
        href=f"/outbox/{item['id']}",
        at=int(str(item["at"])),
        channel=str(item["channel"]),
        to=str(item["to"]),
        subject=str(item["subject"]),
    )


def _outbox(held: Services) -> Outbox:
    found: Outbox | None = held.areas.get(Outbox)
    if found is None:
        raise NotFoundError("this server sends its messages", code="no_outbox")
    return found


@router.get("/outbox", **operation("Outbox page", example="<!doctype html>", media_type=_HTML, problems=(404,)))
async def outbox(held: Annotated[Services, services]) -> Response:
    """Development only: messages that were written to a folder instead of being sent."""
    messages = _outbox(held).recent(NEWEST)
    context = pages.OutboxPage(
        server=held.settings.log_origin,
        entries=tuple(_entry(item) for item in messages),
        total=len(messages),
        home="/status",
    )
    return page(pages.outbox_page(context))


@router.get(
    "/outbox/{message}",
    **operation("Outbox message", example="<!doctype html>", media_type=_HTML, problems=(404,)),
)
async def outbox_message(message: str, held: Annotated[Services, services]) -> Response:
    """One message as it would have gone out."""
    item = next((each for each in _outbox(held).recent(NEWEST) if each["id"] == message), None)
    if item is None:
        raise NotFoundError("there is no such message", code="unknown_message")
    text = str(item["text"])
    context = pages.OutboxMessagePage(
        server=held.settings.log_origin,
        entry=_entry(item),
        message_id=message,
        text=text,
        short=str(item["short"]),
        links=tuple((found, found) for found in LINK.findall(text)),
        home="/status",
    )
    return page(pages.outbox_message_page(context))
