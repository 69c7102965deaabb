# SPDX-License-Identifier: Apache-2.0
"""The rota as stored. Times are ms since the epoch; a shift is local time of its zone, since people are.

It says whom the desk calls, and gives nobody a right: what somebody may do stands in their roles, and an approval
is two passkeys whoever is on duty.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Final

import msgspec

from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.transaction import Codec, StructCodec

SUBJECT: Final = "desk_rota:desk"
MOST: Final = 500  # of each kind
DAY_MINUTES: Final = 24 * 60


class Duty(StrEnum):
    """What somebody is there for."""

    DESK = "desk"  # calls back, collects evidence; emergencies come here
    LEGAL = "legal"  # reviews


class Shift(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody's weekly hours, local time of `zone`: on each of `days` (Monday is 0) from minute `start` of the day
    to minute `end`; an end not after the start is on the next day. `first`, `last`: local days, both included."""

    id: str
    staff: str
    duty: Duty
    days: tuple[int, ...]
    start: int
    end: int
    zone: str
    first: dt.date
    last: dt.date | None = None
    holidays: bool = False  # whether it is worked on holidays too


class Away(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody is not there, `start` <= t < `end`; `to` stands in ("" = nobody does). `by`: who entered it."""

    id: str
    staff: str
    start: int
    end: int
    to: str = ""
    reason: str = ""
    by: str = ""


class Holiday(msgspec.Struct, frozen=True):
    """A day on which the house is closed."""

    day: dt.date
    name: str


class Rota(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it. `revision` counts the changes."""

    shifts: tuple[Shift, ...] = ()
    away: tuple[Away, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    revision: int = 0

    @property
    def closed(self) -> frozenset[dt.date]:
        """The days on which the house is closed."""
        return frozenset(each.day for each in self.holidays)


class RotaError(ConflictError):
    """The rota does not allow this."""

    code = "rota_conflict"


class Done(msgspec.Struct, frozen=True):
    """What is kept of a change under its Idempotency-Key."""

    id: str


CODECS: Final[dict[str, Codec]] = {"desk_rota": StructCodec(Rota)}


def unknown() -> NotFoundError:
    """There is no such entry."""
    return NotFoundError("the rota has no such entry", code="rota_entry_unknown")
