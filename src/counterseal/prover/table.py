# SPDX-License-Identifier: Apache-2.0
"""The exact windows of many capability sets: the bound and smaller sets settle most of it, a search the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from counterseal.prover.bound import bound
from counterseal.prover.classes import Classes
from counterseal.prover.cone import Plan
from counterseal.prover.exact import Memo
from counterseal.prover.game import Game
from counterseal.prover.play import ENDLESS
from counterseal.prover.reached import BEFORE, Reached
from counterseal.prover.space import these
from counterseal.prover.witness import Windows

Row = Mapping[str, int | None]

MOST = 2_000_000  # states of a whole table


def table(
    game: Game, sets: Iterable[Collection[str]], outflows: Collection[str] | None = None, memo: Memo | None = None
) -> dict[frozenset[str], Row]:
    """The window (ms; None = silent) of each of these sets on each goal that it reaches. Raises TooMuchWorkError.

    A set is searched only for windows between what the bound allows it and what the sets reach that have one
    capability less: a larger set does what these do, no later. The ways themselves: `exact.search`.
    """
    goals = tuple(game.goals if outflows is None else outflows)
    listed = sorted({frozenset(names) for names in sets}, key=lambda names: (len(names), sorted(names)))
    classes = Classes(game, frozenset().union(*listed))
    reached = bound(game, these(classes, listed))
    settled = Windows(memo or Memo(game, MOST))
    floors = [_Floors(game, goal, listed, settled) for goal in goals]
    windows: dict[frozenset[str], list[int]] = {}
    nothing = [ENDLESS] * len(goals)
    for position, names in enumerate(listed):
        smaller = [row for name in names if (row := windows.get(names - {name})) is not None]
        row = windows[names] = list(map(min, nothing, *smaller)) if smaller else list(nothing)
        for place, goal in enumerate(goals):
            if row[place] > BEFORE:
                least = _least(classes, reached, goal, names, position)
                if least is not None and least < row[place]:
                    row[place] = floors[place].search(names, least, row[place])
    return {
        names: {
            goal: None if window == BEFORE else window
            for goal, window in zip(goals, row, strict=True)
            if window < ENDLESS
        }
        for names, row in windows.items()
    }


class _Floors:
    """What is known not to be reached: one search of a large set that fails settles all its subsets.

    `reached`: (window, set) of ways that were found; no large set holds one of them."""

    def __init__(self, game: Game, goal: str, sets: Collection[frozenset[str]], settled: Windows) -> None:
        self.game, self.goal, self.settled = game, goal, settled
        self.all = sorted(frozenset().union(*sets))
        self.floors: list[tuple[int, frozenset[str]]] = []
        self.reached: list[tuple[int, frozenset[str]]] = []

    def search(self, names: frozenset[str], least: int, horizon: int) -> int:
        """The window of this set if it is shorter than `horizon`, else `horizon`. `least`: the bound's."""
        if any(floor >= horizon and names <= large for floor, large in self.floors):
            return horizon
        found = self.settled.window(self.plan(names), least, horizon)
        if found is None:
            self.settle(names, horizon)
            return horizon
        self.reached.append((found, names))
        return found

    def plan(self, names: frozenset[str]) -> Plan:
        """What this set can do that has to do with the goal."""
        return Plan(self.settled.memo.outline, self.game, names, self.goal)

    def settle(self, names: frozenset[str], horizon: int) -> None:
        """This set does not reach the goal in time: look whether a largest one around it does."""
        large = names
        for name in self.all:
            more = large | {name}
            if not any(window < horizon and one <= more for window, one in self.reached):
                large = more
        if large != names and self.settled.within(self.plan(large), horizon):
            self.reached.append((horizon - 1, large))
        else:
            self.floors.append((horizon, large))


def _least(
    classes: Classes, reached: Mapping[str, Reached], goal: str, names: frozenset[str], position: int
) -> int | None:
    """No window of this set is shorter; BEFORE = it may be silent, None = it never gets there."""
    if goal in classes.desk:
        return BEFORE if any(names.issuperset(way) for way in classes.desk[goal]) else None
    return reached[goal].window(position)
