# SPDX-License-Identifier: Apache-2.0
"""What is left of a game for one capability set and one goal: moves that can be made and that it may need."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import msgspec

from counterseal.prover.game import Cube, Game, Move


class Plan:
    """A game for one capability set. `proves`, `gives`: at any time; `once`: (capability, factors), usable
    once; `lasting`: facts never lost; `held`: facts at the start; `muted`: channels that never reach the owner;
    `told`: time counts from the start, not from the first notice (an owner's own way)."""

    def __init__(self, game: Game, names: Collection[str], goal: str, *, told: bool = False) -> None:
        self.told = told
        powers = [game.powers[name] for name in sorted(names)]
        self.game, self.goal, self.names = game, goal, tuple(sorted(names))
        self.proves = _union(game.free.proves, *(power.proves for power in powers))
        self.lasting = _union(game.free.gives, *(power.gives for power in powers))
        self.held = _union(self.lasting, game.held, *(power.gives_once for power in powers))
        self.muted = _union(game.free.mutes, *(power.mutes for power in powers))
        self.once = tuple(
            (name, power.once & ~self.proves)
            for name, power in zip(self.names, powers, strict=True)
            if power.once & ~self.proves
        )
        self.moves: tuple[Move, ...] = ()

    @cached_property
    def clocks(self) -> tuple[int, ...]:
        """Clocks that a move waits for."""
        return tuple(sorted({clock for move in self.moves for cube in move.cubes for clock, _ in cube.since}))

    @cached_property
    def aged(self) -> tuple[int, ...]:
        """Facts whose age a move waits for."""
        return tuple(sorted({fact for move in self.moves for cube in move.cubes for fact, _ in cube.ages}))

    @cached_property
    def clock_mask(self) -> int:
        """Clocks that a move waits for, as a mask."""
        return sum(1 << clock for clock in self.clocks)

    @cached_property
    def clock_waits(self) -> tuple[tuple[int, ...], ...]:
        """Per clock of `clocks` the waits, ascending."""
        return tuple(_waits(self.moves, index, of_clock=True) for index in self.clocks)

    @cached_property
    def fact_waits(self) -> tuple[tuple[int, ...], ...]:
        """Per fact of `aged` the waits, ascending."""
        return tuple(_waits(self.moves, index, of_clock=False) for index in self.aged)

    @cached_property
    def needed_facts(self) -> int:
        """Facts that some move needs."""
        return _union(0, *(cube.facts for move in self.moves for cube in move.cubes))

    @cached_property
    def needed_factors(self) -> int:
        """Factors that some move needs a proof of."""
        return _union(0, *(cube.proofs for move in self.moves for cube in move.cubes))

    @cached_property
    def revealed(self) -> int:
        """Factors that some move discloses."""
        return _union(0, *(move.reveals for move in self.moves))

    def slow_to_remove(self, move: Move) -> int:
        """Classes that some other move removes with a shorter fading."""
        return _union(0, *(other.removes & move.removes for other in self.moves if other.fade < move.fade))

    @property
    def key(self) -> object:
        """Equal plans have equal answers."""
        once = tuple(sorted(factors for _, factors in self.once))
        return (self.goal, self.moves, self.proves, self.lasting, self.held, self.muted, once, self.told)


def _union(first: int, *more: int) -> int:
    for mask in more:
        first |= mask
    return first


def _waits(moves: Collection[Move], index: int, *, of_clock: bool) -> tuple[int, ...]:
    cubes = [cube for move in moves for cube in move.cubes]
    pairs = [pair for cube in cubes for pair in (cube.since if of_clock else cube.ages)]
    return tuple(sorted({wait for at, wait in pairs if at == index}))


def plan(game: Game, names: Collection[str], goal: str, *, told: bool = False) -> Plan:
    """The plan for this capability set: cut to what can be done and what is needed for the goal."""
    made = Plan(game, names, goal, told=told)
    made.moves = _needed(made, _possible(made))
    return made


class _Most(msgspec.Struct):
    """The most that can be had when nothing is ever lost."""

    can: int
    bound: int
    facts: int
    gone: int


def _possible(made: Plan) -> list[Move]:
    """The moves that can ever be made, each with the cubes that can ever hold."""
    game = made.game
    can = _union(made.proves, *(factors for _, factors in made.once))
    every = (1 << len(game.factors)) - 1
    most = _Most(can, game.bound, made.held, every & ~game.enrolled)
    left = list(game.moves)
    done = True
    while done:
        done = False
        for move in [move for move in left if any(_may(game, move, cube, most) for cube in move.cubes)]:
            left.remove(move)
            most.can |= move.reveals
            most.bound |= move.binds
            most.facts |= move.gains
            most.gone |= move.removes
            done = True
    found: list[Move] = []
    for move in game.moves:
        cubes = tuple(cube for cube in move.cubes if _may(game, move, cube, most))
        if cubes and (not move.goal or move.reveals or move.name == made.goal):
            found.append(move if len(cubes) == len(move.cubes) else msgspec.structs.replace(move, cubes=cubes))
    return found


def _may(game: Game, move: Move, cube: Cube, most: _Most) -> bool:
    usable = most.can | most.bound if move.request else (most.can & game.enrolled) | most.bound
    return not (cube.proofs & ~usable or cube.facts & ~most.facts or cube.absent & ~most.gone)


def _needed(made: Plan, moves: list[Move]) -> tuple[Move, ...]:
    """The moves that a goal needs, directly or through others."""
    game = made.game
    removable = _union(0, *(move.removes for move in moves))
    losable = _union(0, *(move.loses for move in moves)) & ~made.lasting
    sure = made.proves & game.enrolled & ~removable  # no need to get these
    kept = made.lasting | (made.held & ~losable)
    kept &= ~sum(1 << x for x, wait in enumerate(game.oldest) if wait) | made.lasting | _old(made)
    chosen: dict[str, Move] = {move.name: move for move in moves if move.name == made.goal}
    while True:
        proofs = facts = absent = heard = evidence = 0
        for move in chosen.values():
            heard |= move.notify & ~made.muted
            for cube in move.cubes:
                facts |= cube.facts & ~kept
                absent |= cube.absent
                if move.request:
                    evidence |= cube.proofs & ~made.proves
                else:
                    proofs |= cube.proofs & ~sure
        more = {
            move.name: move
            for move in moves
            if move.name not in chosen
            and (
                move.binds & (proofs | evidence)
                or move.reveals & (proofs | evidence)
                or move.gains & facts
                or move.removes & absent
                or (move.silences | move.replaces) & heard
            )
        }
        if not more:
            return tuple(move for move in moves if move.name in chosen)
        chosen |= more


def _old(made: Plan) -> int:
    """Facts that the attacker holds from the start and long enough for every wait."""
    game = made.game
    start = game.start.facts
    young = sum(1 << i for i, name in enumerate(game.facts) if name in start and start[name] < game.oldest[i])
    return made.held & ~young
