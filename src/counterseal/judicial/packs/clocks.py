# SPDX-License-Identifier: Apache-2.0
"""Deadlines: from a receipt (ms) to the moment when a deadline ends (ms), in the pack's own time zone.

Hours are elapsed time. Days are local, and the day of the receipt is not counted. When the clocks change, a time of
day that is there twice is the earlier one, and one that is not there is the moment of the change. A deadline that
ends with its day ends at the first moment of the next one, however long the day was.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from counterseal.judicial.packs.model import Closed, Deadline, Ends, Length, Pack, PackError, Unit
from counterseal.judicial.requests.model import Clock, Type

HOUR: Final = 3_600_000
MOST_STEPS: Final = 3_700  # days looked at for a day of business: ten years
EXTENDED: Final = " +"  # at the end of a clock's source: it was made longer already
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def clocks_for(
    pack: Pack, wanted: Type, received: int, *, basis: str = "", holidays: Collection[dt.date] = ()
) -> tuple[Clock, ...]:
    """The deadlines of a request of this type received then (ms), earliest first. A basis's deadline stands in
    place of the pack's of the same name. `holidays`: of the house, besides the pack's. An unknown
    basis adds none."""
    own = pack.bases[basis].clocks if basis in pack.bases else ()
    named = {clock.name: clock for clock in pack.clocks if wanted in clock.types}
    named |= {clock.name: clock for clock in own if wanted in clock.types}
    made = [
        Clock(each.name, due(pack, each, received, holidays=holidays), each.then, spelled(pack, each))
        for each in named.values()
    ]
    return tuple(sorted(made, key=lambda clock: (clock.due, clock.name)))


def extended(pack: Pack, clock: Clock, *, basis: str = "", holidays: Collection[dt.date] = ()) -> Clock:
    """The clock made longer once, from where it ends now. Raises PackError (`no_extension`)."""
    own = pack.bases[basis].clocks if basis in pack.bases else ()
    held = next((each for each in (*own, *pack.clocks) if each.name == clock.name), None)
    if held is None or held.extend is None or clock.source.endswith(EXTENDED):
        raise PackError(f"the deadline {clock.name} cannot be made longer", code="no_extension")
    more = msgspec.structs.replace(held, within=held.extend)
    start = clock.due - 1 if ends_with_day(held) else clock.due  # the last day itself, not the midnight behind it
    later = due(pack, more, start, holidays=holidays)
    return msgspec.structs.replace(clock, due=later, source=clock.source + EXTENDED)


def due(pack: Pack, deadline: Deadline, received: int, *, holidays: Collection[dt.date] = ()) -> int:
    """When a deadline ends that began then; both ms. See the module for how days are counted."""
    if deadline.within.unit is Unit.HOURS:
        return received + deadline.within.amount * HOUR
    zone = ZoneInfo(pack.zone)
    begun = (_EPOCH + dt.timedelta(milliseconds=received)).astimezone(zone)
    day = _moved(begun.date(), deadline.within, pack, holidays)
    moved = _on_business(day, deadline.closed, pack, holidays)
    day = moved if moved > begun.date() else day  # never on the day on which it began, or before
    if ends_with_day(deadline):
        return moment(day + dt.timedelta(days=1), dt.time(), zone)
    return moment(day, begun.time(), zone)


def ends_with_day(deadline: Deadline) -> bool:
    """Whether it ends at a midnight: else a receipt of Saturday morning would be due before one of Friday night."""
    moves = deadline.within.unit is Unit.BUSINESS_DAYS or deadline.closed is not Closed.STAYS
    return deadline.within.unit is not Unit.HOURS and (moves or deadline.ends is Ends.DAY)


def moment(day: dt.date, time: dt.time, zone: dt.tzinfo) -> int:
    """A local time as ms. Twice there: the earlier; not there: the moment at which the clocks jumped over it."""
    local = dt.datetime.combine(day, time.replace(fold=0), zone)
    found = local.astimezone(dt.UTC)
    if found.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):  # in the gap of a change
        found = _change(found, zone)
    return (found - _EPOCH) // dt.timedelta(milliseconds=1)


def _change(near: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The first moment of the new offset, within a day before `near`, to the second."""
    low, high = near - dt.timedelta(days=1), near
    after = high.astimezone(zone).utcoffset()
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == after else (middle, high)
    return high.replace(microsecond=0)


def is_business_day(day: dt.date, pack: Pack, holidays: Collection[dt.date] = ()) -> bool:
    """Whether there is business on that local day: no weekend, no holiday of the pack or of the house."""
    return day.weekday() not in pack.weekend and day not in pack.holidays and day not in holidays


def _moved(day: dt.date, within: Length, pack: Pack, holidays: Collection[dt.date]) -> dt.date:
    if within.unit is Unit.DAYS:
        return day + dt.timedelta(days=within.amount)
    if within.unit is Unit.MONTHS:
        month = day.month - 1 + within.amount
        year, month = day.year + month // 12, month % 12 + 1
        return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
    for _ in range(within.amount):
        day = _next(day, 1, pack, holidays)
    return day


def _on_business(day: dt.date, closed: Closed, pack: Pack, holidays: Collection[dt.date]) -> dt.date:
    if closed is Closed.STAYS or is_business_day(day, pack, holidays):
        return day
    return _next(day, 1 if closed is Closed.LATER else -1, pack, holidays)


def _next(day: dt.date, step: int, pack: Pack, holidays: Collection[dt.date]) -> dt.date:
    for _ in range(MOST_STEPS):
        day += dt.timedelta(days=step)
        if is_business_day(day, pack, holidays):
            return day
    raise PackError("there is no day of business within ten years", code="no_business_day")


def spelled(pack: Pack, deadline: Deadline) -> str:
    """Which entry of which pack: what a clock's `source` says."""
    within = f"{deadline.within.amount}{deadline.within.unit}"
    return f"{pack.name}, line {deadline.line}: {deadline.name} {within} ({deadline.origin.confidence})"


def silence_limit(pack: Pack, basis: str, start: int) -> int | None:
    """Until when at most (ms) the owner is not told, of a silence that began then; None = there is none."""
    if basis not in pack.bases:
        return None
    own = pack.bases[basis].silence
    longest = pack.silence if own is None else own
    return None if longest is None else start + longest
