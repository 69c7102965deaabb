# SPDX-License-Identifier: Apache-2.0
"""An owner's game in which nothing lapses before its wait is over.

A rule grants a fact for a lifetime (`lasts`). A cube that waits for the age of that fact, for a clock that getting
it restarts, or after that for the delay (what is delayed is decided again when it is due), is met only by a fact
that lasts longer. So a cube asks for the fact as granted by the rules that give it long enough, a fact of its own;
a cube for which no rule does is left out. What is there at the start is left alone, and a sliding lifetime counts
as a fixed one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from counterseal.prover.game import Cube, Game, Move, bits


def lasting(game: Game) -> Game:
    """The game with a fact of its own (of the same name) for each set of rules that give it for long enough."""
    return _Lasting(game).done()


def cut(moves: Iterable[Move], never: Callable[[Move, Cube], bool]) -> tuple[Move, ...]:
    """The moves without the cubes that never hold, and without moves that are left with none."""
    found: list[Move] = []
    for move in moves:
        cubes = tuple(cube for cube in move.cubes if not never(move, cube))
        if cubes:
            found.append(move if len(cubes) == len(move.cubes) else msgspec.structs.replace(move, cubes=cubes))
    return tuple(found)


class _Lasting:
    """`own`: (fact, moves that grant it for long enough, as a mask) -> the index of the fact that stands for it."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.own: dict[tuple[int, int], int] = {}
        self.grants: dict[int, dict[int, int | None]] = {}  # fact -> position of a move -> ms, None = for ever
        there = game.held | game.free.gives
        for position, move in enumerate(game.moves):
            rule = game.policy.rules.get(move.name)
            for fact in bits(move.gains & ~there):
                life = None if rule is None else rule.lasts.get(game.facts[fact])
                self.grants.setdefault(fact, {})[position] = life
        self.short = {
            fact for fact, lives in self.grants.items() if any(life is not None for life in lives.values())
        }

    def done(self) -> Game:
        game = self.game
        cubes = [tuple(filter(None, (self.cube(move, cube) for cube in move.cubes))) for move in game.moves]
        moves: list[Move] = []
        for position, (move, left) in enumerate(zip(game.moves, cubes, strict=True)):
            gains, loses = move.gains, move.loses
            for (fact, granting), index in self.own.items():
                gains |= (granting >> position & 1) << index
                loses |= (move.loses >> fact & 1) << index
            if left:
                moves.append(msgspec.structs.replace(move, cubes=left, gains=gains, loses=loses))
        added = [fact for fact, _ in self.own]
        return msgspec.structs.replace(
            game,
            moves=tuple(moves),
            facts=(*game.facts, *(game.facts[fact] for fact in added)),
            oldest=(*game.oldest, *(game.oldest[fact] for fact in added)),
        )

    def cube(self, move: Move, cube: Cube) -> Cube | None:
        """The cube with facts that last; None = there are none."""
        instead: dict[int, int] = {}
        for fact in bits(cube.facts):
            if fact not in self.short:
                continue
            lives = self.grants[fact]
            enough = [
                at for at, life in lives.items() if life is None or self.wait(cube, fact, at) + move.delay < life
            ]
            if not enough:
                return None
            if len(enough) < len(lives):
                key = (fact, sum(1 << position for position in enough))
                instead[fact] = self.own.setdefault(key, len(self.game.facts) + len(self.own))
        if not instead:
            return cube
        facts = sum(1 << instead.get(fact, fact) for fact in bits(cube.facts))
        ages = tuple((instead.get(fact, fact), wait) for fact, wait in cube.ages)
        return msgspec.structs.replace(cube, facts=facts, ages=ages)

    def wait(self, cube: Cube, fact: int, position: int) -> int:
        """How old the fact of this grant is at least when the cube holds."""
        restarts = self.game.moves[position].restarts
        ages = [wait for aged, wait in cube.ages if aged == fact]
        clocks = [wait for clock, wait in cube.since if restarts >> clock & 1]
        return max([0, *ages, *clocks])
