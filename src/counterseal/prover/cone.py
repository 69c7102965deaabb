# SPDX-License-Identifier: Apache-2.0
"""What is left of a game for one capability set and one goal: moves that can be made and that it may need, with the
effects that matter for it. Two sets that differ in nothing else have equal plans, and so equal answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from counterseal.prover.game import Cube, Game, Move, Waits
from counterseal.prover.gates import gates_of, parts_of

if TYPE_CHECKING:
    from counterseal.prover.acts import Acts

Chosen = dict[int, int]
"""Position of a move in the game -> the mask of its cubes that can ever hold."""


class Outline:
    """What the plans of one game share, and what each start can come to (a game with other powers has the same)."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.cubes = tuple(tuple((c.proofs, c.facts, c.absent) for c in move.cubes) for move in game.moves)
        self.possible: dict[tuple[int, int], Chosen] = {}
        kinds: dict[Move, int] = {}
        nameless = [msgspec.structs.replace(move, name="", line=0) for move in game.moves]
        self.kinds = tuple(kinds.setdefault(move, at) for at, move in enumerate(nameless))  # equal but for the name
        self.aged = sum(1 << fact for fact, wait in enumerate(game.oldest) if wait)
        start = game.start.facts
        self.young = sum(
            1 << i for i, name in enumerate(game.facts) if name in start and start[name] < game.oldest[i]
        )


class Plan:
    """A game for one capability set. `proves`, `lasting`: at any time; `once`: (capability, factors), usable once;
    `held`: facts at the start; `muted`: channels that never reach the owner; `told`: time counts from the start,
    not from the first notice (an owner's own way). Only what some move of the plan asks for is kept in the masks.

    `moves`: each with its place in `acts`; the waits of their cubes are by places in `aged` and `gates`."""

    acts: Acts | None

    def __init__(
        self, outline: Outline, game: Game, names: Collection[str], goal: str, *, told: bool = False
    ) -> None:
        self.outline, self.acts = outline, None
        self.told, self.game, self.goal, self.names = told, game, goal, tuple(sorted(names))
        powers = [game.powers[name] for name in self.names]
        self.proves = _union(game.free.proves, *(power.proves for power in powers))
        self.lasting = _union(game.free.gives, *(power.gives for power in powers))
        self.held = _union(self.lasting | game.held, *(power.gives_once for power in powers))
        self.muted = _union(game.free.mutes, *(power.mutes for power in powers))
        once = [(name, power.once & ~self.proves) for name, power in zip(self.names, powers, strict=True)]
        self.once = tuple((name, factors) for name, factors in once if factors)
        self.chosen = _needed(outline, self, _possible(outline, self))
        self._narrow(outline)

    def _narrow(self, outline: Outline) -> None:
        """Keep what the chosen moves ask for."""
        proofs = facts = absent = notified = adds = 0
        self.removable = 0
        for at, kept in self.chosen.items():
            move = self.game.moves[at]
            notified, adds, self.removable = notified | move.notify, adds | move.adds, self.removable | move.removes
            for place, (proof, fact, gone) in enumerate(outline.cubes[at]):
                if kept >> place & 1:
                    proofs, facts, absent = proofs | proof, facts | fact, absent | gone
        self.needed_factors, self.needed_facts, self.absent = proofs, facts, absent
        self.sure = self.proves & self.game.enrolled & ~self.removable  # can be proved at any time
        self.gone = absent | (adds & proofs & ~self.sure)  # what it may be of use to remove
        self.proves, self.lasting, self.held = self.proves & proofs, self.lasting & facts, self.held & facts
        self.heard = notified & ~self.muted
        self.muted &= notified
        once = ((name, factors & proofs) for name, factors in self.once if factors & proofs)
        self.once = tuple(sorted(once, key=lambda pair: (pair[1], pair[0])))

    @cached_property
    def key(self) -> object:
        """Plans of one account with equal keys have equal answers, but for the name of the goal."""
        once = tuple(factors for _, factors in self.once)
        masks = (self.proves, self.lasting, self.held, self.muted)
        if not self.chosen:
            return self.told  # nothing leads there
        *others, (goal, kept) = self.chosen.items()
        return (self.outline.kinds[goal], kept, self.told, tuple(others), masks, once)

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """The moves with the cubes that can hold and the effects that matter."""
        facts = {fact: place for place, fact in enumerate(self.aged)}
        gates = {gate: place for place, gate in enumerate(self.gates)}
        return tuple(self._move(self.game.moves[at], kept, facts, gates) for at, kept in self.chosen.items())

    def _move(self, move: Move, kept: int, facts: dict[int, int], gates: dict[Waits, int]) -> Move:
        kept_cubes = [cube for place, cube in enumerate(move.cubes) if kept >> place & 1]
        cubes = [
            msgspec.structs.replace(
                cube,
                ages=tuple((facts[fact], wait) for fact, wait in cube.ages),
                since=tuple((gates[gate], 0) for gate in parts_of(cube.since, gates)),
            )
            for cube in _shortest(kept_cubes, self.proves if move.request else self.sure, self.lasting)
        ]
        enrolment = self.needed_factors | self.absent
        return msgspec.structs.replace(
            move,
            cubes=tuple(cubes),
            binds=move.binds & enrolment,
            adds=move.adds & enrolment,
            gains=move.gains & self.needed_facts,
            loses=move.loses & self.needed_facts & ~self.lasting,
            removes=move.removes & enrolment,
            reveals=move.reveals & self.needed_factors,
            silences=move.silences & self.heard,
            replaces=move.replaces & self.heard,
        )

    @cached_property
    def cubes(self) -> tuple[Cube, ...]:
        """The cubes that can hold, as the game has them."""
        pairs = ((self.game.moves[at].cubes, kept) for at, kept in self.chosen.items())
        return tuple(cube for cubes, kept in pairs for place, cube in enumerate(cubes) if kept >> place & 1)

    @cached_property
    def gates(self) -> tuple[Waits, ...]:
        """The conjunctions of waits for clocks that moves ask for; each wait alone where that is fewer."""
        return gates_of(self.cubes)

    @cached_property
    def aged(self) -> tuple[int, ...]:
        """Facts whose age a move waits for."""
        return tuple(sorted({fact for cube in self.cubes for fact, _ in cube.ages}))

    @cached_property
    def fact_waits(self) -> tuple[tuple[int, ...], ...]:
        """Per fact of `aged` the waits, ascending."""
        return tuple(_waits((cube.ages for cube in self.cubes), index) for index in self.aged)

    @cached_property
    def obtainable(self) -> int:
        """Factors that can be proved, now or later, without enrolling them."""
        return _union(self.proves, *(move.reveals for move in self.moves), *(factors for _, factors in self.once))


def _union(first: int, *more: int) -> int:
    for mask in more:
        first |= mask
    return first


def _waits(cubes: Iterable[tuple[tuple[int, int], ...]], index: int) -> tuple[int, ...]:
    return tuple(sorted({wait for pairs in cubes for at, wait in pairs if at == index}))


def _shortest(cubes: list[Cube], sure: int, lasting: int) -> tuple[Cube, ...]:
    """Without cubes that ask for all that another one asks for, and more, besides what is there at any time."""
    kept: list[Cube] = []
    for cube in cubes:
        if not any(_asks_less(other, cube, sure, lasting) for other in kept):
            kept = [other for other in kept if not _asks_less(cube, other, sure, lasting)]
            kept.append(cube)
    return tuple(kept)


def _asks_less(one: Cube, other: Cube, sure: int, lasting: int) -> bool:
    """Whether the second cube can only hold when the first does."""
    if one.proofs & ~(other.proofs | sure) or one.facts & ~(other.facts | lasting) or one.absent & ~other.absent:
        return False
    ages, since = dict(other.ages), dict(other.since)
    return all(ages.get(x, 0) >= wait for x, wait in one.ages) and all(since.get(c, 0) >= w for c, w in one.since)


def _possible(outline: Outline, made: Plan) -> Chosen:
    """The moves that can ever be made when nothing is ever lost, each with the cubes that can ever hold."""
    game = made.game
    can = _union(made.proves, *(factors for _, factors in made.once))
    known = outline.possible.get((can, made.held))
    if known is not None:
        return known
    bound, facts, gone, before = game.bound, made.held, ~game.enrolled, None
    found: Chosen = {}
    start = (can, made.held)
    while before != (can, bound, facts, gone):
        before = (can, bound, facts, gone)
        for at, move in enumerate(game.moves):
            usable = can | bound if move.request else (can & game.enrolled) | bound
            kept = found.get(at, 0)
            for place, (proofs, needed, absent) in enumerate(outline.cubes[at]):
                if not (proofs & ~usable or needed & ~facts or absent & ~gone):
                    kept |= 1 << place
            if kept and kept != found.get(at):
                found[at] = kept
                can, bound = can | move.reveals, bound | move.binds
                facts, gone = facts | move.gains, gone | move.removes
    outline.possible[start] = found
    return found


def _needed(outline: Outline, made: Plan, possible: Chosen) -> Chosen:
    """The moves that a goal needs, directly or through others."""
    moves = made.game.moves
    there = [(at, moves[at]) for at in sorted(possible)]
    there = [(at, move) for at, move in there if not move.goal or move.reveals or move.name == made.goal]
    removable = _union(0, *(move.removes for _, move in there))
    losable = _union(0, *(move.loses for _, move in there)) & ~made.lasting
    sure = made.proves & made.game.enrolled & ~removable  # no need to get these
    kept = made.held & ~losable & ~(outline.aged & outline.young) | made.lasting
    chosen: Chosen = {}
    more = [(at, move) for at, move in there if move.name == made.goal]
    proofs = facts = absent = heard = adds = 0
    while more:
        for at, move in more:
            chosen[at] = possible[at]
            adds |= move.adds
            heard |= move.notify & ~made.muted
            for place, (proof, fact, gone) in enumerate(outline.cubes[at]):
                if possible[at] >> place & 1:
                    proofs |= proof & ~(made.proves if move.request else sure)
                    facts, absent = facts | (fact & ~kept), absent | gone
        more = [
            (at, move)
            for at, move in there
            if at not in chosen
            and (
                (move.binds | move.reveals) & proofs
                or move.gains & facts
                or move.removes & (absent | (adds & proofs))
                or (move.silences | move.replaces) & heard
            )
        ]
    goals = {at for at in chosen if moves[at].name == made.goal}
    return {at: chosen[at] for at in sorted(chosen, key=lambda at: (at in goals, at))}
