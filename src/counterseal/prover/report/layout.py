# SPDX-License-Identifier: Apache-2.0
"""Where the steps stand in the picture: side by side within an hour, waits to scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

import msgspec

COLUMN = 158  # px of one step, at most, beside waits
ROOMY = 168  # px of one step, at most, where nobody waits
PAD = 10  # px inside a grey ground
HOUR = 3_600_000
MOST_HOUR = 26.0  # px for one hour, at most
LEAST_GAP = 30  # px for a wait, at least


class Timed(Protocol):
    """Anything that happens at a moment, in ms."""

    @property
    def at(self) -> int:
        """Ms since the first step."""
        ...


T = TypeVar("T", bound=Timed)


class Spot(msgspec.Struct, Generic[T], frozen=True):
    """A step and where its column begins."""

    step: T
    x: float


class Layout(msgspec.Struct, Generic[T], frozen=True):
    """Columns, grey grounds (x, width), waits (x, width, ms)."""

    spots: tuple[Spot[T], ...]
    grounds: tuple[tuple[float, float], ...]
    waits: tuple[tuple[float, float, int], ...]
    end: float


def layout(
    steps: Sequence[T],
    room: float,
    *,
    longest: int | None = None,
    widest: float | None = None,
    least: float = LEAST_GAP,
    most: float = MOST_HOUR,
) -> Layout[T]:
    """Place the steps from left to right in `room` px: `widest` of a step, `least` of a wait, `most` of an hour.
    A wait of more than `longest` ms is drawn as if it were that: the picture has to break its line."""
    groups = _groups(sorted(steps, key=lambda step: step.at))
    waited = [later[0].at - before[-1].at for before, later in pairwise(groups)]
    gaps = waited if longest is None else [min(wait, longest) for wait in waited]
    free = room - 2 * PAD * len(groups) - least * len(gaps)
    column = min(widest or (COLUMN if gaps else ROOMY), free / max(1, len(steps)))
    spare = max(0.0, room - 2 * PAD * len(groups) - column * len(steps))
    scale = _scale(gaps, spare, least, most)
    spots: list[Spot[T]] = []
    grounds: list[tuple[float, float]] = []
    waits: list[tuple[float, float, int]] = []
    x = 0.0
    for index, group in enumerate(groups):
        if index:
            width = max(least, gaps[index - 1] / HOUR * scale)
            waits.append((x, width, waited[index - 1]))
            x += width
        grounds.append((x, len(group) * column + 2 * PAD))
        x += PAD
        for step in group:
            spots.append(Spot(step, x))
            x += column
        x += PAD
    return Layout(tuple(spots), tuple(grounds), tuple(waits), x)


def _groups(ordered: Sequence[T]) -> list[list[T]]:
    """Steps within an hour of the one before them stand side by side."""
    groups: list[list[T]] = []
    for step in ordered:
        if groups and step.at - groups[-1][-1].at < HOUR:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def _scale(gaps: Sequence[int], spare: float, least: float, most: float) -> float:
    """Px for one hour of waiting, so that all waits fit into `spare` px and none is shorter than `least`."""
    scale, long = 0.0, list(gaps)
    while long:
        scale = min(most, (spare - least * (len(gaps) - len(long))) / (sum(long) / HOUR))
        kept = [gap for gap in long if gap / HOUR * scale >= least]
        if len(kept) == len(long):
            break
        long = kept
    return max(0.0, scale)
