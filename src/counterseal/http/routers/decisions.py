# SPDX-License-Identifier: Apache-2.0
"""Decisions for the console: pages, newest first, and a stream of what comes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.feed import Feed, Wanted
from counterseal.guard.commands import subject_of
from counterseal.guard.feed import decisions
from counterseal.http.auth import Caller, require
from counterseal.http.body import query, reply
from counterseal.http.edge import Guard
from counterseal.http.errors import Fault, ValidationError
from counterseal.http.openapi import operation
from counterseal.http.routers.feed_bodies import (
    DECISION_EXAMPLE,
    DecisionsQuery,
    DecisionsView,
    Filters,
    StreamQuery,
    decision_row,
)
from counterseal.http.routing import NUMBER_PATTERN, Router
from counterseal.http.services import area
from counterseal.http.stream import Decisions, EventStream, Tail

router = Router(tags=["decisions"])
STREAM_EXAMPLE = 'retry: 3000\n\nid: 4711\nevent: decision\ndata: {"position":4711,"outcome":"hold"}\n\n: \n\n'


def wanted_by(filters: Filters) -> Wanted:
    """The filters of a query as the store takes them."""
    return Wanted(
        None if filters.account is msgspec.UNSET else subject_of(filters.account),
        None if filters.action is msgspec.UNSET else filters.action,
        None if filters.outcome is msgspec.UNSET else filters.outcome,
    )


@router.get(
    "/v1/decisions",
    **operation(
        "Read decisions", reply=DecisionsView, example=DecisionsView(decisions=[DECISION_EXAMPLE], next=4711)
    ),
)
async def read_decisions(
    _caller: Annotated[Caller, require(Scope.DECISIONS_STAFF)],
    asked: Annotated[DecisionsQuery, query(DecisionsQuery)],
    guard: Annotated[Guard, area(Guard)],
    feed: Annotated[Feed, area(Feed)],
) -> Response:
    """All accounts' decisions, newest first, with reasons; nothing of what is sealed."""
    before = None if asked.after is msgspec.UNSET else asked.after
    page = await decisions(feed, wanted_by(asked), before=before, since=asked.since, limit=asked.limit)
    rows = [await decision_row(guard.tools.store, seen) for seen in page.entries]
    return reply(DecisionsView(decisions=[row for row in rows if row is not None], next=page.next))


@router.get(
    "/v1/decisions/stream",
    **operation("Follow decisions", example=STREAM_EXAMPLE, media_type="text/event-stream"),
)
async def follow_decisions(
    _caller: Annotated[Caller, require(Scope.DECISIONS_STAFF)],
    asked: Annotated[StreamQuery, query(StreamQuery)],
    request: Request,
    guard: Annotated[Guard, area(Guard)],
    tail: Annotated[Tail, area(Tail)],
) -> Response:
    """Server-sent events. `event: decision` carries a row of `GET /v1/decisions`; its `id` is the log position, and
    a client that comes back with `Last-Event-ID` goes on behind it. `event: gap` `{"after": n, "before": m}`:
    decisions between these positions are left out; read them as pages. A comment comes every 15 s. The stream ends
    after five minutes (the caller is then authenticated again) and when the server stops; 64 at most are open."""
    after = _resume(request, asked)
    source = Decisions(tail, guard.tools.store, wanted_by(asked))
    return EventStream(tail, lambda: source.follow(after))


def _resume(request: Request, asked: StreamQuery) -> int | None:
    """Behind which position to begin: Last-Event-ID before `after`; None = with what comes."""
    text = request.headers.get("last-event-id", "")
    if text:
        if not NUMBER_PATTERN.fullmatch(text):
            detail = "is not the id of an event: a whole number"
            raise ValidationError(f"`Last-Event-ID` {detail}", faults=[Fault("/header/Last-Event-ID", detail)])
        return int(text)
    return None if asked.after is msgspec.UNSET else asked.after
