# SPDX-License-Identifier: Apache-2.0
"""The exact answer for many capability sets: the bound and smaller sets settle most of it, the search the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec.structs import replace

from counterseal.prover.bound import bound
from counterseal.prover.classes import Classes
from counterseal.prover.cone import Plan
from counterseal.prover.exact import Memo
from counterseal.prover.findings import Attack, Step
from counterseal.prover.game import Game
from counterseal.prover.play import ENDLESS
from counterseal.prover.reached import BEFORE, Reached
from counterseal.prover.space import these
from counterseal.prover.trail import attack_of

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
    listed = sorted({frozenset(names) for names in sets}, key=len)
    classes = Classes(game, frozenset().union(*listed))
    reached = bound(game, these(classes, listed))
    memo = memo or Memo(game, MOST)
    found: dict[frozenset[str], Row] = {}
    for position, names in enumerate(listed):
        smaller = [row for row in (found.get(names - {name}) for name in names) if row]
        row: dict[str, Attack] = {}
        for goal in goals:
            least = _least(classes, reached, goal, names, position)
            below = min((less[goal] for less in smaller if goal in less), key=_window, default=None)
            best = None if below is None else _heard(game, below, names)
            if least is not None and (best is None or least < _window(best)):
                made = Plan(memo.outline, game, names, goal)
                arrival = memo.best(made, ENDLESS if best is None else max(0, _window(best)))
                best = best if arrival is None else attack_of(made, arrival)
            if best is not None:
                row[goal] = replace(best, capabilities=tuple(sorted(names)))
        found[names] = row
    return found


def _least(
    classes: Classes, reached: Mapping[str, Reached], goal: str, names: frozenset[str], position: int
) -> int | None:
    """No window of this set is shorter; BEFORE = it may be silent, None = it never gets there."""
    if goal in classes.desk:
        return BEFORE if any(names.issuperset(way) for way in classes.desk[goal]) else None
    return reached[goal].window(position)


def _heard(game: Game, attack: Attack, names: frozenset[str]) -> Attack | None:
    """The same steps made by this set, which may mute more: None = a step is no longer told at all."""
    muted = 0
    for name in names:
        muted |= game.powers[name].mutes
    quiet = {channel for at, channel in enumerate(game.channels) if muted >> at & 1}
    path: list[Step] = []
    for step in attack.path:
        heard = tuple(channel for channel in step.reached if channel not in quiet)
        if step.reached and not heard:
            return None
        path.append(replace(step, reached=heard) if heard != step.reached else step)
    return replace(attack, path=tuple(path))


def _window(attack: Attack) -> int:
    return BEFORE if attack.window is None else attack.window
