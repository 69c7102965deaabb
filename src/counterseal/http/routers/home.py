# SPDX-License-Identifier: Apache-2.0
"""The status page, styles and fonts, the console, and the development outbox as pages."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from counterseal.audit.ports import LogReader
from counterseal.core.errors import NotFoundError
from counterseal.http.console_files import ASSETS, FOLDER, ConsoleFiles, accepts_gzip
from counterseal.http.edge import Guard
from counterseal.http.health import VERSION
from counterseal.http.openapi import operation
from counterseal.http.pages_security import page
from counterseal.http.routers.system import Outbox
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services, services_of
from counterseal.http.staff_session import LOOPBACK, console_url
from counterseal.notices import pages

router = Router(tags=["health"])
STATIC = Path(__file__).resolve().parent.parent / "static"
FILES = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}
CONSOLE = ConsoleFiles(FOLDER)
LINK = re.compile(r"https?://[^\s<>\"]+")
NEWEST = 200
_HTML = "text/html"
_NAMED: Final = "http://localhost:"


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
    if found := _by_name(request, "/console/"):
        return found
    return RedirectResponse(f"/console/?{query}" if (query := request.url.query) else "/console/", status_code=308)


@router.get("/console/{path:path}", include_in_schema=False, **operation("Console"))
async def console(request: Request) -> Response:
    """A file of the console, or its index. It holds nothing about anybody: what it shows it asks the API for."""
    path = request.scope["path_params"]["path"]
    if not path.startswith(ASSETS) and (found := _by_name(request, request.scope["raw_path"].decode("latin-1"))):
        return found
    gzipped = accepts_gzip(request.headers.get("accept-encoding", ""))
    return CONSOLE.response(path, gzipped=gzipped)


def _by_name(request: Request, path: str) -> Response | None:
    """Leads who came by the loopback address to its name: browsers give passkeys to names only (WebAuthn 5.1.3).
    Where to is from the settings; None where people come by another name or port than the settings say."""
    named = console_url(services_of(request).settings)
    came = f"http://{request.headers.get('host', '')}"
    if urlsplit(named).hostname != "localhost" or came.replace(LOOPBACK, _NAMED, 1) != named or came == named:
        return None
    query = f"?{asked}" if (asked := request.scope["query_string"].decode("latin-1")) else ""
    return RedirectResponse(f"{named}{path}{query}", 307, {"Cache-Control": "no-store"})


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
