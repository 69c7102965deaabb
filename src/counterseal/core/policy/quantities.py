# SPDX-License-Identifier: Apache-2.0
"""Durations, amounts and limits as they are written in a policy."""

from __future__ import annotations

import re
from decimal import Decimal

UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
DAY = UNITS["d"]
MAX_WAIT = 365 * DAY
"""A longer wait is a mistake: nobody means it, and nobody could wait for it."""

MAX_LIMIT_PERIOD = 31 * DAY
"""An account remembers what it spent for 32 days: a limit over more would forget, and let more out."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_DURATION = re.compile(r"(0|[1-9][0-9]{0,8})([smhd])\Z")
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,8})?\Z")
_COUNT = re.compile(r"(0|[1-9][0-9]{0,5})\Z")


def duration(text: str) -> int | None:
    """`24h` -> ms; units s, m, h, d; None when it is not a duration."""
    match = _DURATION.match(text)
    return int(match[1]) * UNITS[match[2]] if match else None


def amount(text: str) -> Decimal | None:
    """A decimal without sign or exponent, at most 8 places; None otherwise."""
    return Decimal(text) if _AMOUNT.match(text) else None


def count(text: str) -> int | None:
    """A whole number from 0 to 999,999; None otherwise."""
    return int(text) if _COUNT.match(text) else None


def spell(milliseconds: int) -> str:
    """Spell ms in the shortest form that `duration` reads back (`86400000` -> `1d`, `90000000` -> `25h`)."""
    for unit in ("d", "h", "m"):
        if milliseconds and milliseconds % UNITS[unit] == 0:
            return f"{milliseconds // UNITS[unit]}{unit}"
    return f"{milliseconds // UNITS['s']}s"
