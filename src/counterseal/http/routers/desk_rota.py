# SPDX-License-Identifier: Apache-2.0
"""The desk's rota: who is on duty, who stands in, on which days the house is closed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.transaction import Committed
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, reply
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import desk_rota_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.judicial.rota.duty import gaps
from counterseal.judicial.rota.model import Done, Duty, Holiday
from counterseal.judicial.rota.service import RotaBook

router = Router(tags=["desk"])

Area = Annotated[RotaBook, area(RotaBook)]
Given = Annotated[Services, services]
Reads = Annotated[Caller, require(Scope.DESK_READ)]
Writes = Annotated[Caller, require(Scope.DESK_WRITE)]
Key = Annotated[Write, idempotent]
AHEAD: Final = 14 * 86_400_000  # ms; as far as gaps are shown
_ANSWER: Final[dict[str, Any]] = {"reply": b.RotaView, "example": b.ROTA}


@router.get("/v1/desk/rota", **operation("Read the rota", **_ANSWER))
async def read_rota(caller: Reads, book: Area, held: Given) -> Response:
    """Shifts, absences and holidays; who is on duty now, and when in the next 14 days nobody is."""
    return await _shown(book, held)


@router.post(
    "/v1/desk/rota/shifts",
    **operation("Enter a shift", **_ANSWER, body_example=b.SHIFT, status=201, problems=(409,)),
)
async def enter_shift(
    caller: Writes,
    write: Key,
    wanted: Annotated[b.ShiftBody, json_body(b.ShiftBody)],
    book: Area,
    held: Given,
) -> Response:
    """Weekly hours of somebody who works at the desk, in local time."""
    done = await book.add_shift(b.shift_of(wanted), by=caller.token_id, idempotency=write.of(Done))
    return await _shown(book, held, done, status=201)


@router.post(
    "/v1/desk/rota/absences",
    **operation("Enter an absence", **_ANSWER, body_example=b.AWAY, status=201, problems=(409,)),
)
async def enter_absence(
    caller: Writes, write: Key, wanted: Annotated[b.AwayBody, json_body(b.AwayBody)], book: Area, held: Given
) -> Response:
    """Somebody is away, and who stands in. Whoever stands in gets the work, and no right that they do not have."""
    done = await book.add_away(b.away_of(wanted), by=caller.token_id, idempotency=write.of(Done))
    return await _shown(book, held, done, status=201)


@router.post(
    "/v1/desk/rota/holidays",
    **operation(
        "Enter a holiday",
        **_ANSWER,
        body_example=b.HolidayBody(day=dt.date(2026, 12, 25), name="Christmas Day"),
        status=201,
        problems=(409,),
    ),
)
async def enter_holiday(
    caller: Writes,
    write: Key,
    wanted: Annotated[b.HolidayBody, json_body(b.HolidayBody)],
    book: Area,
    held: Given,
) -> Response:
    """The house is closed on that day: deadlines of new requests in days of business do not count it. Deadlines
    that stand already stay as they are."""
    holiday = Holiday(wanted.day, wanted.name)
    done = await book.add_holiday(holiday, by=caller.token_id, idempotency=write.of(Done))
    return await _shown(book, held, done, status=201)


@router.post(
    "/v1/desk/rota/removals",
    **operation(
        "Take out an entry", **_ANSWER, body_example=b.RemovalBody(entry="sh_0a1b2c3d4e5f"), problems=(404, 409)
    ),
)
async def remove_entry(
    caller: Writes,
    write: Key,
    wanted: Annotated[b.RemovalBody, json_body(b.RemovalBody)],
    book: Area,
    held: Given,
) -> Response:
    """A shift, an absence or a holiday goes; the log keeps that it was there."""
    done = await book.remove(wanted.entry, by=caller.token_id, idempotency=write.of(Done))
    return await _shown(book, held, done)


async def _shown(
    book: RotaBook, held: Services, done: Committed[Done] | None = None, *, status: int = 200
) -> Response:
    now, rota = held.clock.now(), await book.rota()
    there, legal = await book.on_duty(), await book.on_duty(Duty.LEGAL)
    shown = b.rota_view(rota, there, legal, gaps(rota, now, now + AHEAD))
    return reply(shown, status=status, replayed=done is not None and done.replayed)
