# SPDX-License-Identifier: Apache-2.0
"""An owner's game without the ways on which something lapses before its wait is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from counterseal.prover.game import Cube, Game, Move, bits


def lasting(game: Game) -> Game:
    """The game without cubes that no owner ever meets: every rule that grants a fact lets it lapse (`lasts`)
    before the longest wait beside it is over. Waits: for its age, for a clock that getting it restarts; and then
    the delay, for what is delayed is decided again when it is due. A fact there at the start is left alone.
    """
    while True:
        moves = cut(game.moves, partial(_lapses, _lapsing(game)))
        if moves == game.moves:
            return game
        game = msgspec.structs.replace(game, moves=moves)


def cut(moves: Iterable[Move], never: Callable[[Move, Cube], bool]) -> tuple[Move, ...]:
    """The moves without the cubes that never hold, and without moves that are left with none."""
    found: list[Move] = []
    for move in moves:
        cubes = tuple(cube for cube in move.cubes if not never(move, cube))
        if cubes:
            found.append(move if len(cubes) == len(move.cubes) else msgspec.structs.replace(move, cubes=cubes))
    return tuple(found)


_Lives = dict[int, dict[int, int]]
"""Fact -> clocks that getting it restarts (a mask) -> how long it lasts then, in ms."""


def _lapsing(game: Game) -> _Lives:
    """The facts that every rule that grants them lets lapse."""
    found: _Lives = {}
    kept = game.held | game.free.gives
    for move in game.moves:
        rule = game.policy.rules.get(move.name)
        for fact in bits(move.gains):
            life = None if rule is None else rule.lasts.get(game.facts[fact])
            if life is None:
                kept |= 1 << fact
            else:
                lives = found.setdefault(fact, {})
                lives[move.restarts] = max(life, lives.get(move.restarts, 0))
    return {fact: lives for fact, lives in found.items() if not kept >> fact & 1}


def _lapses(lapsing: _Lives, move: Move, cube: Cube) -> bool:
    return any(
        all(_wait(cube, fact, restarts) + move.delay >= life for restarts, life in lapsing[fact].items())
        for fact in bits(cube.facts)
        if fact in lapsing
    )


def _wait(cube: Cube, fact: int, restarts: int) -> int:
    """How old the fact is at least when the cube holds."""
    ages = [wait for aged, wait in cube.ages if aged == fact]
    clocks = [wait for clock, wait in cube.since if restarts >> clock & 1]
    return max([0, *ages, *clocks])
