# SPDX-License-Identifier: Apache-2.0
"""What the routes of the rota take and answer."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.http.body import Body, Reply
from counterseal.judicial.rota.model import DAY_MINUTES, Away, Duty, Holiday, Rota, Shift

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Time = Annotated[str, msgspec.Meta(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Moment = Annotated[int, msgspec.Meta(ge=0, le=10**15)]


class ShiftBody(Body, frozen=True):
    """Weekly hours in local time of `zone`. `days`: Monday is 0; an end not after the start is on the next day;
    `first`, `last`: local days, both included; `holidays`: whether it is worked on holidays too."""

    staff: Name
    duty: Duty
    days: Annotated[list[Annotated[int, msgspec.Meta(ge=0, le=6)]], msgspec.Meta(min_length=1, max_length=7)]
    start: Time
    end: Time
    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    first: dt.date
    last: dt.date | None = None
    holidays: bool = False


class AwayBody(Body, frozen=True):
    """Somebody is away, `start` <= t < `end` (ms), and `to` stands in; empty = nobody does."""

    staff: Name
    start: Moment
    end: Moment
    to: Annotated[str, msgspec.Meta(max_length=128)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class HolidayBody(Body, frozen=True):
    """A day on which the house is closed: no day of business of any rule pack."""

    day: dt.date
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RemovalBody(Body, frozen=True):
    """`entry`: id of a shift or an absence, or the day of a holiday."""

    entry: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class ShiftView(Reply, frozen=True):
    """A shift. See ShiftBody."""

    id: str
    staff: str
    duty: str
    days: list[int]
    start: str
    end: str
    zone: str
    first: str
    last: str | None
    holidays: bool


class AwayView(Reply, frozen=True):
    """An absence. `to`: who stands in, null = nobody; `by`: who entered it."""

    id: str
    staff: str
    start: int
    end: int
    to: str | None
    reason: str
    by: str


class HolidayView(Reply, frozen=True):
    """A day on which the house is closed."""

    day: str
    name: str


class GapView(Reply, frozen=True):
    """A time in which nobody is on duty at the desk, `start` <= t < `end` (ms)."""

    start: int
    end: int


class RotaView(Reply, frozen=True):
    """The rota. `on_duty`, `legal`: staff ids, now; `gaps`: of the next 14 days. It gives nobody a right."""

    revision: int
    on_duty: list[str]
    legal: list[str]
    gaps: list[GapView]
    shifts: list[ShiftView]
    away: list[AwayView]
    holidays: list[HolidayView]


def minutes(text: str) -> int:
    """`09:30` as minutes of the day, `24:00` as its end. Raises InputError."""
    if text == "24:00":
        return DAY_MINUTES
    match = _TIME.fullmatch(text)
    if match is None:
        raise InputError("a time of day is as 09:30", code="shift_invalid")
    return int(match[1]) * 60 + int(match[2])


def clock(minute: int) -> str:
    """Minutes of the day as `09:30`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def shift_of(given: ShiftBody) -> Shift:
    """As the rota keeps it, without an id."""
    return Shift(
        *("", given.staff, given.duty, tuple(given.days), minutes(given.start), minutes(given.end)),
        zone=given.zone,
        first=given.first,
        last=given.last,
        holidays=given.holidays,
    )


def away_of(given: AwayBody) -> Away:
    """As the rota keeps it, without an id."""
    return Away("", given.staff, given.start, given.end, given.to, given.reason)


def rota_view(
    rota: Rota, there: tuple[str, ...], legal: tuple[str, ...], gaps: Iterable[tuple[int, int]]
) -> RotaView:
    """As staff read it."""
    return RotaView(
        revision=rota.revision,
        on_duty=list(there),
        legal=list(legal),
        gaps=[GapView(start=start, end=end) for start, end in gaps],
        shifts=[_shift(each) for each in rota.shifts],
        away=[_away(each) for each in rota.away],
        holidays=[holiday_view(each) for each in rota.holidays],
    )


def holiday_view(held: Holiday) -> HolidayView:
    """A holiday."""
    return HolidayView(day=held.day.isoformat(), name=held.name)


def _shift(held: Shift) -> ShiftView:
    return ShiftView(
        id=held.id,
        staff=held.staff,
        duty=held.duty.value,
        days=list(held.days),
        start=clock(held.start),
        end=clock(held.end),
        zone=held.zone,
        first=held.first.isoformat(),
        last=None if held.last is None else held.last.isoformat(),
        holidays=held.holidays,
    )


def _away(held: Away) -> AwayView:
    return AwayView(
        id=held.id,
        staff=held.staff,
        start=held.start,
        end=held.end,
        to=held.to or None,
        reason=held.reason,
        by=held.by,
    )


SHIFT = ShiftBody(
    staff="st_0a1b",
    duty=Duty.DESK,
    days=[0, 1, 2, 3, 4],
    start="09:00",
    end="17:00",
    zone="Europe/Brussels",
    first=dt.date(2026, 11, 23),
)
AWAY = AwayBody(staff="st_0a1b", start=1_795_404_000_000, end=1_795_490_400_000, to="st_2c3d", reason="leave")
ROTA = rota_view(
    Rota(
        shifts=(shift_of(SHIFT),),
        away=(away_of(AWAY),),
        holidays=(Holiday(dt.date(2026, 12, 25), "Christmas Day"),),
        revision=3,
    ),
    ("st_2c3d",),
    (),
    ((1_795_446_000_000, 1_795_507_200_000),),
)
