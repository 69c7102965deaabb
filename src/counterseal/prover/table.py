# SPDX-License-Identifier: Apache-2.0
"""The exact answer for many capability sets: the bound and smaller sets settle most of it, the search the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from counterseal.prover.bound import bound
from counterseal.prover.classes import Classes
from counterseal.prover.cone import Plan
from counterseal.prover.exact import Memo, windows
from counterseal.prover.findings import Attack, Step
from counterseal.prover.front import union
from counterseal.prover.game import Game, bits
from counterseal.prover.play import ENDLESS
from counterseal.prover.reached import BEFORE, Reached
from counterseal.prover.space import these

Row = Mapping[str, Attack]


MOST = 2_000_000  # states of a whole table


def table(
    game: Game, sets: Iterable[Collection[str]], outflows: Collection[str] | None = None, memo: Memo | None = None
) -> dict[frozenset[str], Row]:
    """The best attack of each of these sets on each goal that it reaches. Raises TooMuchWorkError.

    A set is searched only for windows between what the bound allows it and what the sets reach that have one
    capability less; what one of these does, the larger one does by the same steps.
    """
    goals = tuple(game.goals if outflows is None else outflows)
    listed = sorted({frozenset(names) for names in sets}, key=lambda names: (len(names), sorted(names)))
    classes = Classes(game, frozenset().union(*listed))
    reached = bound(game, these(classes, listed))
    memo = memo or Memo(game, MOST)
    floors = {goal: _Floors(game, goal, listed, memo) for goal in goals}
    found: dict[frozenset[str], Row] = {}
    muted: dict[frozenset[str], int] = {}
    for position, names in enumerate(listed):
        muted[names] = union(game.powers[name].mutes for name in names)
        smaller = [less for less in (names - {name} for name in sorted(names)) if found.get(less)]
        row: dict[str, Attack] = {}
        for goal in goals:
            least = _least(classes, reached, goal, names, position)
            there = [(_window(found[less][goal]), at) for at, less in enumerate(smaller) if goal in found[less]]
            best = None
            if there:
                less = smaller[min(there)[1]]
                best = found[less][goal]
                best = best if muted[less] == muted[names] else _heard(game, best, muted[names])
            horizon = ENDLESS if best is None else max(0, _window(best))
            if least is not None and least < (ENDLESS if best is None else _window(best)):
                attack = floors[goal].search(names, horizon)
                best = best if attack is None else attack
            if best is not None:
                row[goal] = replace(best, capabilities=tuple(sorted(names)))
        found[names] = row
    return found


class _Floors:
    """What is known not to be reached: one search of a large set that fails settles all its subsets.

    `reached`: (window, set) of attacks that were found; no large set holds one of them."""

    def __init__(self, game: Game, goal: str, sets: Collection[frozenset[str]], memo: Memo) -> None:
        self.game, self.goal, self.memo = game, goal, memo
        self.all = sorted(frozenset().union(*sets))
        self.floors: list[tuple[int, frozenset[str]]] = []
        self.reached: list[tuple[int, frozenset[str]]] = []

    def search(self, names: frozenset[str], horizon: int) -> Attack | None:
        """The best attack of this set if its window is shorter than `horizon`."""
        if any(floor >= horizon and names <= large for floor, large in self.floors):
            return None
        made = Plan(self.memo.outline, self.game, names, self.goal)
        attack = self.memo.attack(made, horizon)
        if attack is None:
            self.settle(names, horizon)
        else:
            self.reached.append((_window(attack), names))
        return attack

    def settle(self, names: frozenset[str], horizon: int) -> None:
        """This set does not reach the goal in time: look whether a largest one around it does."""
        large = names
        for name in self.all:
            more = large | {name}
            if not any(window < horizon and one <= more for window, one in self.reached):
                large = more
        found = windows(self.game, large, [self.goal], self.memo, horizon) if large != names else {}
        if not found:
            self.floors.append((horizon, large))
        else:
            window = found[self.goal]
            self.reached.append((BEFORE if window is None else window, large))


def _least(
    classes: Classes, reached: Mapping[str, Reached], goal: str, names: frozenset[str], position: int
) -> int | None:
    """No window of this set is shorter; BEFORE = it may be silent, None = it never gets there."""
    if goal in classes.desk:
        return BEFORE if any(names.issuperset(way) for way in classes.desk[goal]) else None
    return reached[goal].window(position)


def _heard(game: Game, attack: Attack, muted: int) -> Attack | None:
    """The same steps by a set that mutes these channels: None = a step is no longer told at all."""
    quiet = {game.channels[index] for index in bits(muted)}
    path: list[Step] = []
    for step in attack.path:
        heard = tuple(channel for channel in step.reached if channel not in quiet)
        if step.reached and not heard:
            return None
        path.append(replace(step, reached=heard) if heard != step.reached else step)
    return replace(attack, path=tuple(path))


def _window(attack: Attack) -> int:
    return BEFORE if attack.window is None else attack.window
