# SPDX-License-Identifier: Apache-2.0
"""Durations as people and programs read them. All arguments are ms."""

from __future__ import annotations

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def span(milliseconds: int, *, units: int = 2) -> str:
    """A duration in at most two units: `14 min 5 s`, `8 h`, `3 d 2 h`."""
    left = max(0, milliseconds)
    parts: list[str] = []
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:units]) or "0 s"


def when(milliseconds: int) -> str:
    """A moment or a wait in a picture: hours as windows have them, from a week on days and hours."""
    return in_hours(milliseconds) if milliseconds < 7 * DAY else span(milliseconds)


def hours(milliseconds: int) -> int | float:
    """Hours as a number: whole ones as int (`24`), others with at most six places (`26.5`)."""
    whole, rest = divmod(milliseconds, HOUR)
    return whole if not rest else round(milliseconds / HOUR, 6)


def in_hours(milliseconds: int) -> str:
    """`0 h`, `24 h`, `26.5 h`; parts of an hour are rounded down: `23.99 h`, `under 0.01 h`."""
    if milliseconds % HOUR == 0:
        return f"{milliseconds // HOUR:,} h"
    hundredths = milliseconds * 100 // HOUR  # downwards: a window is never shown longer than it is
    if not hundredths:
        return "under 0.01 h"
    return f"{hundredths / 100:,.2f}".rstrip("0").rstrip(".") + " h"
