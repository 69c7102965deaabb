# SPDX-License-Identifier: Apache-2.0
"""Many slightly weaker games bounded in one run.

What an edit changes in a game are a few moves. They are put beside the moves of the game itself, each asking for a
fact that only the sets of its own block have: block 0 is the game, block i the game with edit i. An edit that
weakens adds to what can be done, so a block is exactly the edited game.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from counterseal.prover.bound import bound
from counterseal.prover.classes import Classes
from counterseal.prover.game import Game, Move, Power
from counterseal.prover.pair import Joint
from counterseal.prover.reached import Reached
from counterseal.prover.space import Space, every_set, up_to

MAX_CLASSES = 10  # of which every set is looked at; with more, sets of up to three
MOST = 3
BLOCKS = 64  # edits in one run


class Blocks(Space):
    """The sets of `space`, once for each block; the classes after those of `space` are the marks of the blocks."""

    def __init__(self, space: Space, marks: Sequence[int]) -> None:
        self.classes = Joint(
            (*space.classes.members, *(((f"~{at}",),) for at in range(len(marks)))),
            (*space.classes.powers, *(Power(0, 0, mark, 0, 0) for mark in marks)),
        )
        count = len(marks) + 1
        self.sets = ()
        self.size = space.size * count
        self.all = (1 << self.size) - 1
        repeat = sum(1 << (at * space.size) for at in range(count))
        own = tuple(space.all << ((at + 1) * space.size) for at in range(len(marks)))
        self.having = (*(mask * repeat for mask in space.having), *own)


class Beside:
    """One run: `space` of the sets, and per game (the first is the unchanged one) what is reached."""

    def __init__(self, base: Game, games: Sequence[Game]) -> None:
        made, marks, self.names = _combined(base, games)
        classes = Classes(made)
        self.space = every_set(classes) if len(classes) <= MAX_CLASSES else up_to(classes, MOST)
        self.found = bound(made, Blocks(self.space, marks))

    def reached(self, block: int) -> Mapping[str, Reached]:
        """Goal -> what is reached of it in this block; 0 = the unchanged game."""
        silent: dict[str, int] = {}
        windows: dict[str, dict[int, int]] = {}
        for name, goal in self.names.items():
            one = self.found.get(name)
            if one is None:
                continue
            silent[goal] = silent.get(goal, 0) | self._cut(one.silent, block)
            for time, mask in one.windows:
                times = windows.setdefault(goal, {})
                times[time] = times.get(time, 0) | self._cut(mask, block)
        return {goal: Reached(mask, _ascending(windows.get(goal, {}))) for goal, mask in silent.items()}

    def _cut(self, mask: int, block: int) -> int:
        return mask >> (block * self.space.size) & self.space.all


def _ascending(windows: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    sofar = 0
    for time in sorted(windows):
        if windows[time] & ~sofar:
            sofar |= windows[time]
            found.append((time, sofar))
    return tuple(found)


def changed(base: Game, other: Game) -> list[Move]:
    """The moves of `other` that `base` does not have so."""
    mine = {move.name: move for move in base.moves}
    return [move for move in other.moves if mine.get(move.name) != move]


def batches(count: int) -> Iterator[range]:
    """So many games at a time."""
    for first in range(0, count, BLOCKS):
        yield range(first, min(count, first + BLOCKS))


def _combined(base: Game, games: Sequence[Game]) -> tuple[Game, list[int], dict[str, str]]:
    """The game of all, the mark (a fact) of each block, and goal of that game -> goal of the policy."""
    first = len(base.facts)
    moves = list(base.moves)
    names = {name: name for name in base.goals}
    longest, oldest = list(base.longest), list(base.oldest)
    for at, game in enumerate(games):
        mark = 1 << (first + at)
        for move in changed(base, game):
            cubes = tuple(replace(cube, facts=cube.facts | mark) for cube in move.cubes)
            moves.append(replace(move, name=f"{move.name}~{at}", cubes=cubes))
            if move.goal:
                names[f"{move.name}~{at}"] = move.name
        longest = list(map(max, longest, game.longest))
        oldest = list(map(max, oldest, game.oldest))
    made = replace(
        base,
        facts=(*base.facts, *(f"~{at}" for at in range(len(games)))),
        moves=tuple(moves),
        longest=tuple(longest),
        oldest=(*oldest, *([0] * len(games))),
    )
    return made, [1 << (first + at) for at in range(len(games))], names
