# SPDX-License-Identifier: Apache-2.0
"""The desk's rota over the store: one subject, so that shifts, absences and holidays never cross."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Commit, Committed, Entry, Idempotency, Loaded, Store
from counterseal.judicial.letters.text import is_plain
from counterseal.judicial.packs.quantities import known_zone
from counterseal.judicial.rota.duty import on_duty, stands_for
from counterseal.judicial.rota.model import (
    DAY_MINUTES,
    MOST,
    SUBJECT,
    Away,
    Done,
    Duty,
    Holiday,
    Rota,
    RotaError,
    Shift,
    unknown,
)
from counterseal.judicial.rota.ports import Clock, Colleagues

ID_BYTES: Final = 6
LONGEST_AWAY: Final = 366 * 86_400_000  # ms
LONGEST_NAME: Final = 200


class RotaBook:
    """`by` is a token id or `staff:<id>`."""

    def __init__(self, store: Store, clock: Clock, random: Callable[[int], bytes], colleagues: Colleagues) -> None:
        self._store, self._clock, self._random, self._colleagues = store, clock, random, colleagues
        self._closed: frozenset[dt.date] = frozenset()

    async def rota(self) -> Rota:
        """As it is now."""
        held = await self._store.read(SUBJECT)
        rota = held if isinstance(held, Rota) else Rota()
        self._closed = rota.closed
        return rota

    def known_holidays(self) -> Collection[dt.date]:
        """Days on which the house is closed, as of the last look (`turn` looks every few seconds)."""
        return self._closed

    async def turn(self) -> int:
        """Look at the holidays; a worker's step, so that every process knows them."""
        await self.rota()
        return 0

    async def on_duty(self, duty: Duty = Duty.DESK, at: int | None = None) -> tuple[str, ...]:
        """Who is there now, or then (ms), of those who may still work at the desk."""
        rota, there = await self.rota(), await self._colleagues.at_desk()
        return tuple(each for each in on_duty(rota, at or self._clock.now(), duty) if each in there)

    async def in_place_of(self, staff: str) -> str:
        """Who does this person's work now; "" where nobody does."""
        found = stands_for(await self.rota(), staff, self._clock.now())
        return found if found in await self._colleagues.at_desk() else ""

    async def add_shift(self, shift: Shift, *, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """Enter a shift under an id of its own. Raises InputError, RotaError."""
        check_shift(shift)
        made = msgspec.structs.replace(shift, id=f"sh_{self._random(ID_BYTES).hex()}")
        await self._known(made.staff)
        return await self._changed(
            "shift_added", by, made.id, lambda rota: {"shifts": (*rota.shifts, made)}, made, idempotency
        )

    async def add_away(self, away: Away, *, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """Enter an absence and who stands in. Raises InputError, RotaError."""
        check_away(away)
        made = msgspec.structs.replace(away, id=f"aw_{self._random(ID_BYTES).hex()}", by=by)
        await self._known(made.staff, *([made.to] if made.to else []))
        return await self._changed(
            "away_added", by, made.id, lambda rota: {"away": (*rota.away, made)}, made, idempotency
        )

    async def add_holiday(
        self, holiday: Holiday, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[Done]:
        """Close the house on a day. Raises InputError; a day that is one already keeps its first name."""
        if not is_plain(holiday.name, LONGEST_NAME):
            raise InputError("a holiday has a name of 1 to 200 characters", code="holiday_invalid")

        def add(rota: Rota) -> dict[str, Any]:
            if holiday.day in rota.closed:
                return {}
            return {"holidays": tuple(sorted((*rota.holidays, holiday), key=lambda each: each.day))}

        return await self._changed("holiday_added", by, holiday.day.isoformat(), add, holiday, idempotency)

    async def remove(self, entry: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[Done]:
        """Take out a shift, an absence or a holiday (its day). Raises NotFoundError."""

        def take(rota: Rota) -> dict[str, Any]:
            left: dict[str, Any] = {
                "shifts": tuple(each for each in rota.shifts if each.id != entry),
                "away": tuple(each for each in rota.away if each.id != entry),
                "holidays": tuple(each for each in rota.holidays if each.day.isoformat() != entry),
            }
            if all(len(left[name]) == len(getattr(rota, name)) for name in left):
                raise unknown()
            return left

        return await self._changed("entry_removed", by, entry, take, Done(entry), idempotency)

    async def _known(self, *people: str) -> None:
        there = await self._colleagues.at_desk()
        for staff in people:
            if staff not in there:
                sentence = f"`{staff[:64]}` is no member of staff who works at the desk"
                raise InputError(sentence, code="rota_staff_unknown")

    async def _changed(
        self,
        what: str,
        by: str,
        name: str,
        change: Callable[[Rota], dict[str, Any]],
        facts: msgspec.Struct,
        idempotency: Idempotency | None,
    ) -> Committed[Done]:
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Done]:
            held = loaded.states.get(SUBJECT)
            before = held if isinstance(held, Rota) else Rota()
            fields = change(before)
            if not fields:
                return Commit(Done(name))
            after = msgspec.structs.replace(before, revision=before.revision + 1, **fields)
            if max(len(after.shifts), len(after.away), len(after.holidays)) > MOST:
                raise RotaError(f"the rota holds at most {MOST} entries of a kind", code="rota_full")
            told = {"by": by, "entry": msgspec.to_builtins(facts), "revision": after.revision}
            entry = Entry(f"desk_rota_{what}", now, "", msgspec.json.encode(told, order="sorted"))
            return Commit(Done(name), (Change(SUBJECT, after, entry),))

        done = await self._store.transact([SUBJECT], function, now=now, idempotency=idempotency)
        await self.rota()
        return done


def check_shift(shift: Shift) -> None:
    """Raise InputError for a shift that cannot be."""
    if not shift.days or set(shift.days) - set(range(7)) or len(set(shift.days)) != len(shift.days):
        raise InputError("a shift is on one or more days of the week, Monday is 0", code="shift_invalid")
    if not (0 <= shift.start < DAY_MINUTES and 0 < shift.end <= DAY_MINUTES):
        raise InputError("a shift starts and ends within a day", code="shift_invalid")
    if not known_zone(shift.zone):
        raise InputError(f"`{shift.zone[:64]}` is no time zone", code="zone_unknown", hint="as Europe/Brussels")
    if shift.last is not None and shift.last < shift.first:
        raise InputError("a shift ends before it begins", code="shift_invalid")


def check_away(away: Away) -> None:
    """Raise InputError for an absence that cannot be."""
    if not away.start < away.end <= away.start + LONGEST_AWAY:
        raise InputError("an absence ends after it starts, within a year", code="away_invalid")
    if away.to == away.staff:
        raise InputError("nobody stands in for themselves", code="away_invalid")
    if away.reason and not is_plain(away.reason, LONGEST_NAME):
        raise InputError("a reason has up to 200 characters in one line", code="away_invalid")
