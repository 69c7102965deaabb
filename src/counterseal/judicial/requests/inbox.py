# SPDX-License-Identifier: Apache-2.0
"""The inbox: what is open, which deadline comes next, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from counterseal.core.transaction import Store
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests.binding import standing
from counterseal.judicial.requests.decision import Missing, decide
from counterseal.judicial.requests.evidence import contradictions
from counterseal.judicial.requests.lookup import Lookup
from counterseal.judicial.requests.model import Clock, JudicialRequest, State, Type, subject_of
from counterseal.judicial.requests.record import deadlines

FAR: Final = 1 << 62
MOST_READ: Final = 2_000


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked for: `open`: the inbox; else everything, the newest first."""

    state: State | None = None
    type: Type | None = None
    assigned: str = ""
    open: bool = True
    after: str = ""
    limit: int = 50


class Line(msgspec.Struct, frozen=True):
    """One request in the list. `second_by`: until when a second officer has to approve (ms)."""

    request: JudicialRequest
    authority: str
    next: Clock | None
    overdue: bool
    missing: tuple[Missing, ...]
    contradictions: int
    second_by: int | None


class Listed(msgspec.Struct, frozen=True):
    """A page of lines. `next`: behind which id the rest is, "" at the end; `total`: how many open ones fit."""

    lines: tuple[Line, ...]
    next: str
    total: int | None = None


async def listed(store: Store, lookup: Lookup, page: Page, now: int) -> Listed:
    """The page as it is now."""
    if page.open:
        return await _inbox(store, lookup, page, now)
    start, found = subject_of(page.after) if page.after else "", list[JudicialRequest]()
    for name in await store.subjects("judicial_request", after=start, limit=MOST_READ):
        held = await store.read(name)
        if isinstance(held, JudicialRequest) and _fits(held, page):
            found.append(held)
        if len(found) == page.limit:
            break
    more = found[-1].id if len(found) == page.limit else ""
    return Listed(await _lines(lookup, found, now), more)


async def _inbox(store: Store, lookup: Lookup, page: Page, now: int) -> Listed:
    held = await store.read(s.INBOX)
    names = held.open if isinstance(held, s.Inbox) else ()
    read = [await store.read(subject_of(name)) for name in names]
    fitting = [each for each in read if isinstance(each, JudicialRequest) and _fits(each, page)]
    fitting.sort(key=_urgency)
    ids = [each.id for each in fitting]
    start = ids.index(page.after) + 1 if page.after in ids else 0
    shown = fitting[start : start + page.limit]
    more = shown[-1].id if start + page.limit < len(fitting) else ""
    return Listed(await _lines(lookup, shown, now), more, len(fitting))


def _fits(request: JudicialRequest, page: Page) -> bool:
    return (
        page.state in {None, request.state}
        and page.type in {None, request.type}
        and page.assigned in {"", request.assigned}
    )


def _urgency(request: JudicialRequest) -> tuple[int, int, str]:
    running = next_of(request)
    return (FAR if running is None else running.due, request.received, request.id)


def next_of(request: JudicialRequest) -> Clock | None:
    """The deadline that comes, or came, first."""
    return min(deadlines(request), key=lambda each: (each.due, each.name), default=None)


async def _lines(lookup: Lookup, requests: Iterable[JudicialRequest], now: int) -> tuple[Line, ...]:
    return tuple([await _line(lookup, each, now) for each in requests])


async def _line(lookup: Lookup, request: JudicialRequest, now: int) -> Line:
    authority, running = await lookup.authority(request), next_of(request)
    try:
        about = await lookup.about(request)
        missing = decide(lookup.policy(), request, lookup.pack(request), now, about=about).missing
    except s.RequestRuleError as error:
        missing = (Missing(error.code, error.sentence, "策略不受理此类请求"),)
    held = standing(request, now)
    return Line(
        request,
        "" if authority is None else authority.name,
        running,
        running is not None and running.due <= now,
        missing,
        len(contradictions(request)),
        None if held is None else held.second_by,
    )
