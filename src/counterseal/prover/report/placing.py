# SPDX-License-Identifier: Apache-2.0
"""What a panel shows and where: texts are measured first, so that no name is cut and no two meet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from textwrap import wrap

import msgspec

from counterseal.prover.findings import Attack, Step
from counterseal.prover.report.glossary import Glossary, Scene, is_disclosure, muted, source
from counterseal.prover.report.layout import MOST_HOUR, PAD, Layout, layout
from counterseal.prover.report.moments import Moment, moments
from counterseal.prover.report.svg import BOLD, MONO, SANS
from counterseal.prover.report.times import DAY, HOUR

LEAST_WIDTH = 1200
MOST_ROOM = 1320.0  # px for the moments of one strip; a longer path goes on in a strip below
EDGE = 20
GUTTER = 92  # lane names
HEAD = 46  # panel title
FOOT = 30  # times
LONGEST = 7 * DAY  # a longer wait is drawn with a break
LEAST_COLUMN = 124.0
LOSS = "the money would leave"  # the longest word of a moment
GAP = 40.0  # px for a wait, at least: its length stands above it
PER_HOUR = 4.0  # px for one hour of waiting, where a picture can grow


class Panel(msgspec.Struct, frozen=True):
    """`strips`: the moments, in one row or in several. `lanes`: name -> (top, height), px from the panel's top."""

    attack: Attack
    scene: Scene
    glossary: Glossary
    strips: tuple[Layout[Moment], ...]
    lanes: dict[str, tuple[float, float]]
    column: float
    width: float

    @property
    def bottom(self) -> float:
        """Where the lanes of the first strip end."""
        top, height = self.lanes["owner"]
        return top + height

    @property
    def strip(self) -> float:
        """From one strip to the next, px."""
        return self.bottom - HEAD + FOOT

    @property
    def height(self) -> float:
        """Of the whole panel, px."""
        return HEAD + self.strip * len(self.strips)

    @property
    def data(self) -> bool:
        """Data leave, not value."""
        return is_disclosure(self.attack, self.scene, self.glossary)

    @property
    def in_time(self) -> bool:
        """The owner stops it: a window of as long as he needs is enough."""
        return self.attack.window is not None and self.attack.window >= self.scene.window


def place(attack: Attack, scene: Scene, glossary: Glossary) -> Panel:
    """Measure the texts, then place the moments."""
    found = moments(attack, scene.window)
    column = max(LEAST_COLUMN, *(_wide(moment) for moment in found))
    rows = _rows(found, column)
    room = max(LEAST_WIDTH - 2 * EDGE - GUTTER - 16.0, *(_wanted(row, column) for row in rows))
    alone = [layout(row, room, longest=LONGEST, widest=column, least=GAP) for row in rows]
    hour = min((_hour(strip) for strip in alone), default=MOST_HOUR)  # one scale for all strips
    placed = tuple(layout(row, room, longest=LONGEST, widest=column, least=GAP, most=hour) for row in rows)
    width = room + 2 * EDGE + GUTTER + 16
    return Panel(attack, scene, glossary, placed, _lanes(attack, scene, glossary, column), column, width)


def _rows(found: Sequence[Moment], column: float) -> list[Sequence[Moment]]:
    """As few strips as there is room for, of nearly the same length."""
    count = 1
    while True:
        size = -(-len(found) // count)
        rows = [found[at : at + size] for at in range(0, len(found), size)]
        if size == 1 or all(_needed(row, column) <= MOST_ROOM for row in rows):
            return rows
        count += 1


def _needed(row: Sequence[Moment], column: float) -> float:
    """Px for these moments, every wait between them as short as can be."""
    gaps = _gaps(row)
    return column * len(row) + len(gaps) * GAP + 2 * PAD * (len(gaps) + 1)


def _wanted(row: Sequence[Moment], column: float) -> float:
    """Px with which waits have a length that tells something, as far as there is room."""
    least = _needed(row, column)
    return max(least, min(MOST_ROOM, least + sum(min(gap, LONGEST) for gap in _gaps(row)) / HOUR * PER_HOUR))


def _hour(strip: Layout[Moment]) -> float:
    """Px of one hour of waiting in a strip; where no wait is longer than the least, any scale will do."""
    return min(
        (width / min(wait, LONGEST) * HOUR for _, width, wait in strip.waits if width > GAP), default=MOST_HOUR
    )


def _gaps(row: Sequence[Moment]) -> list[int]:
    return [after.at - before.at for before, after in pairwise(row) if after.at - before.at >= HOUR]


def _lanes(attack: Attack, scene: Scene, glossary: Glossary, column: float) -> dict[str, tuple[float, float]]:
    """Each lane as high as its longest list."""
    lines = max(len(facts(step, column)) for step in attack.path)
    proofs = max(len(step.uses) for step in attack.path)
    told = max(len(step.reached) + len(muted(step, scene, glossary)) for step in attack.path)
    heights = {
        "attacker": 62.0 + 15 * lines,
        "proof": 18.0 + 16 * max(1, proofs),
        "notices": 18.0 + 18 * max(1, told),
        "owner": 78.0,
    }
    lanes, top = {}, float(HEAD)
    for name, height in heights.items():
        lanes[name] = (top, height)
        top += height
    return lanes


def _wide(moment: Moment) -> float:
    """Px that the longest line of a moment needs."""
    if moment.step is None:
        return 0.0
    step = moment.step
    uses = [MONO * (len(use.factor) + 1) + SANS * len(source(use.source)) * 11 / 12 for use in step.uses]
    return max(MONO * len(step.action) + 26, BOLD * len(LOSS) * (moment.kind == "loss"), *uses, 0.0) + 14


def facts(step: Step, column: float) -> list[str]:
    """What a step rested on, in lines of a column."""
    return wrap("has " + ", ".join(step.facts), int((column - 8) / 6.2)) if step.facts else []
