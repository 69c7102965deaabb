# SPDX-License-Identifier: Apache-2.0
"""Who is on duty, who stands in, and when nobody is there. Pure; times are ms."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from counterseal.judicial.packs.clocks import moment
from counterseal.judicial.rota.model import DAY_MINUTES, Duty, Rota, Shift

LONGEST_LOOK: Final = 62 * 86_400_000  # ms; more is not looked at in one go
Span = tuple[int, int]


def on_duty(rota: Rota, at: int, duty: Duty = Duty.DESK) -> tuple[str, ...]:
    """Who is there at this moment: whose shift it is, or who stands in for them; each once, as the shifts stand."""
    found = (
        stands_for(rota, shift.staff, at)
        for shift in rota.shifts
        if shift.duty is duty and any(start <= at < end for start, end in hours(rota, shift, at, at + 1))
    )
    return tuple(dict.fromkeys(staff for staff in found if staff))


def stands_for(rota: Rota, staff: str, at: int) -> str:
    """Who does this person's work at that moment: themselves unless they are away; "" where nobody stands in.

    Whoever stands in may be away too; a circle of people who stand in for each other is nobody.
    """
    seen = set[str]()
    while staff and staff not in seen:
        seen.add(staff)
        away = [each for each in rota.away if each.staff == staff and each.start <= at < each.end]
        if not away:
            return staff
        staff = next((each.to for each in away if each.to), "")
    return ""


def hours(rota: Rota, shift: Shift, start: int, end: int) -> Iterator[Span]:
    """The times of a shift that touch `start` <= t < `end`, whoever does them."""
    zone = ZoneInfo(shift.zone)
    day = _day(start, zone) - dt.timedelta(days=1)  # a night shift began the day before
    while day <= _day(end, zone):
        if _works(rota, shift, day):
            begins, ends = _bounds(shift, day, zone)
            if begins < end and ends > start and begins < ends:
                yield begins, ends
        day += dt.timedelta(days=1)


def gaps(rota: Rota, start: int, end: int, duty: Duty = Duty.DESK) -> tuple[Span, ...]:
    """The times within `start` <= t < `end` (at most 62 days of them) at which nobody is on duty."""
    end = min(end, start + LONGEST_LOOK)
    shifts = [shift for shift in rota.shifts if shift.duty is duty]
    edges = {start, end}
    for shift in shifts:
        for span in hours(rota, shift, start, end):
            edges.update(each for each in span if start < each < end)
    edges.update(each for away in rota.away for each in (away.start, away.end) if start < each < end)
    found = list[Span]()
    points = sorted(edges)
    for begins, ends in itertools.pairwise(points):
        if on_duty(rota, begins, duty):
            continue
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return tuple(found)


def _works(rota: Rota, shift: Shift, day: dt.date) -> bool:
    if day.weekday() not in shift.days or day < shift.first or (shift.last is not None and day > shift.last):
        return False
    return shift.holidays or day not in rota.closed


def _bounds(shift: Shift, day: dt.date, zone: ZoneInfo) -> Span:
    over = shift.end <= shift.start
    last = day + dt.timedelta(days=1) if over else day
    return _at(day, shift.start, zone), _at(last, shift.end, zone)


def _at(day: dt.date, minute: int, zone: ZoneInfo) -> int:
    if minute == DAY_MINUTES:
        return moment(day + dt.timedelta(days=1), dt.time(), zone)
    return moment(day, dt.time(minute // 60, minute % 60), zone)


def _day(at: int, zone: ZoneInfo) -> dt.date:
    return dt.datetime.fromtimestamp(at / 1000, zone).date()
