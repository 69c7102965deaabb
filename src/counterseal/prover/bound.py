# SPDX-License-Identifier: Apache-2.0
"""The bound: what every capability set of a space reaches at the earliest, all sets at once.

A monotone fixpoint in which each thing that an attacker can have carries, for each Pareto-minimal **label**, one
integer with a bit for each set (front.py). Before the owner is told every wait is free, so labels tell only which
one-shot capabilities were spent; afterwards they tell the time too, and when each wait for clocks is over.
Forgotten are revocations, a one-shot capability spent on two things that are had apart, the second look at what was
pending, and holds that a way does not itself need: so no attack is missed, and no window is longer than here found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from counterseal.prover.fixpoint import Fixpoint, Way
from counterseal.prover.front import Front, Join, Label, Work, union
from counterseal.prover.game import Cube, Game, Move, bits
from counterseal.prover.gates import gates_of, parts_of
from counterseal.prover.reached import BEFORE, Reached
from counterseal.prover.space import Space

MAX_WORK = 4_000_000  # steps over labels, each a microsecond or so; more where the masks are long
WORD = 16_384  # sets whose mask costs as much as a step
MAX_ONCE = 4  # one-shot capabilities that are counted; further ones are taken to last


def bound(game: Game, space: Space, *, budget: int = MAX_WORK, horizon: int = -BEFORE) -> Mapping[str, Reached]:
    """Goal -> what is reached of it. `horizon`: leave out windows as long as this (ms). Raises TooMuchWorkError
    when the work exceeds `budget`."""
    quiet = _Quiet(game, space, Work(budget, 1 + space.size // WORD))
    quiet.close()
    loud = _Loud(quiet, horizon)
    loud.close()
    return {name: Reached(quiet.ever(name), loud.windows(name)) for name in game.goals}


class _Quiet(Fixpoint):
    """What can be had before the owner is told: every wait is free, and every channel that hears must be muted."""

    def __init__(self, game: Game, space: Space, work: Work) -> None:
        powers = list(zip(space.classes.powers, space.having, strict=True))
        once = [(power.once, sets) for power, sets in powers if power.once]
        self.once = [(place, *pair) for place, pair in enumerate(once[:MAX_ONCE], 1)]
        super().__init__(game, (BEFORE, *(0 for _ in self.once)), work)
        self.everything = everything = space.all
        self.joins: dict[object, Join] = {}
        can, have, muted = [0] * len(game.factors), [0] * len(game.facts), [0] * len(game.channels)
        for power, sets in powers:
            _spread(power.proves, sets, can)
            _spread(power.gives | power.gives_once, sets, have)
            _spread(power.mutes, sets, muted)
        for factors, sets in once[MAX_ONCE:]:
            _spread(factors, sets, can)
        _spread(game.free.proves, everything, can)
        _spread(game.free.gives | game.held, everything, have)
        _spread(game.free.mutes, everything, muted)
        own, usable, gone = [0] * len(can), [0] * len(can), [everything] * len(can)
        for index in bits(game.bound):
            own[index] = everything
        for index in bits(game.enrolled):
            usable[index], gone[index] = can[index], 0
        self.proofs = [self.front(a | b) for a, b in zip(usable, own, strict=True)]
        self.evidence = [self.front(a | b) for a, b in zip(can, own, strict=True)]
        self.facts = [self.front(mask) for mask in have]
        self.gone = self.off = [self.front(mask) for mask in gone]
        self.muted = [self.front(mask) for mask in muted]
        self.ways = {move.name: list(self.ways_of(move)) for move in game.moves}

    def front(self, mask: int) -> Front:
        return Front({self.origin: mask})

    def ways_of(self, move: Move) -> Iterator[Way]:
        """The ways to make a move: each cube with each smallest choice of one-shot capabilities for it."""
        proofs = self.evidence if move.request else self.proofs
        heard = [(self.muted[index], 0) for index in bits(move.notify)]
        for cube in move.cubes:
            reach = cube.proofs if move.request else cube.proofs & self.game.enrolled
            helping = [(place, factors & reach, sets) for place, factors, sets in self.once if factors & reach]
            for chosen in (chosen for size in range(len(helping) + 1) for chosen in combinations(helping, size)):
                given = union(factors for _, factors, _ in chosen)
                if any(union(f for p, f, _ in chosen if p != place) == given for place, _, _ in chosen):
                    continue  # one of them helps nothing
                needed = [*self.needs(cube, proofs, given), *heard]
                yield Way(cube, self.joined(chosen, needed), [proofs[index] for index in bits(given)])

    def needs(self, cube: Cube, proofs: Sequence[Front], given: int) -> list[tuple[Front, int]]:
        """What must be had at once for a cube besides the proofs that are given, and for how long (ms)."""
        waits = dict(cube.ages)
        needed = [(self.facts[index], waits.get(index, 0)) for index in bits(cube.facts)]
        needed += [(proofs[index], 0) for index in bits(cube.proofs & ~given)]
        needed += [(self.gone[index], 0) for index in bits(cube.absent)]
        return [pair for pair in needed if pair[0].labels.get(self.origin) != self.everything]

    def joined(self, chosen: Iterable[tuple[int, int, int]], needed: Iterable[tuple[Front, int]]) -> Join:
        """The join of what is needed, by the sets that have these one-shot capabilities."""
        mask, uses = self.everything, list[int]()
        for place, _, sets in chosen:
            mask &= sets
            uses.append(place)
        key: tuple[object, ...] = tuple(uses)
        join = self.joins.get(key)
        if join is None:
            join = self.joins[key] = Join(None, self.front(mask), 0, uses)
        for front, wait in needed:
            key = (*key, front, wait)
            known = self.joins.get(key)
            if known is None:
                known = self.joins[key] = Join(join, front, wait, uses)
            join = known
        return join

    def ready(self, label: Label, cube: Cube) -> Label:  # noqa: ARG002 - waits are free
        return label

    def after(self, move: Move, label: Label) -> Label:  # noqa: ARG002 - time does not count
        return label

    def ever(self, goal: str) -> int:
        """The sets that reach a goal without the owner being told."""
        return union(self.made[goal].labels.values())


class _Loud(Fixpoint):
    """What can be had after the first notice, at which moment at the earliest: the ways are those of the quiet
    phase, heard of or not."""

    def __init__(self, quiet: _Quiet, horizon: int) -> None:
        self.gates = gates_of(cube for move in quiet.game.moves for cube in move.cubes)
        self.place = {gate: 1 + at for at, gate in enumerate(self.gates)}
        super().__init__(quiet.game, self.label(quiet.origin), quiet.work)
        self.horizon = horizon
        self.proofs, self.evidence = self.taken(quiet.proofs), self.taken(quiet.evidence)
        self.facts, self.gone, self.off = self.taken(quiet.facts), self.taken(quiet.gone), self.taken(quiet.gone)
        self.muted = []
        rows = ("proofs", "evidence", "facts", "gone")
        same = {old: new for row in rows for old, new in zip(getattr(quiet, row), getattr(self, row), strict=True)}
        joins: dict[Join, Join] = {}
        self.ways = {
            name: [Way(way.cube, self.join(way.join, same, joins), [same[f] for f in way.spared]) for way in ways]
            for name, ways in quiet.ways.items()
        }

    def label(self, label: Label) -> Label:
        """A label of the quiet phase as one of this phase."""
        return (label[0], *(BEFORE for _ in self.gates), *label[1:])

    def taken(self, fronts: Iterable[Front]) -> list[Front]:
        return [Front({self.label(label): mask for label, mask in front.labels.items()}) for front in fronts]

    def join(self, join: Join, same: Mapping[Front, Front], joins: dict[Join, Join]) -> Join:
        """The join of the same things, but for the channels that need not be muted now."""
        made = joins.get(join)
        if made is None:
            uses = [place + len(self.gates) for place in join.uses]
            if join.before is None:
                made = Join(None, self.taken([join.front])[0], 0, uses)
            else:
                made = self.join(join.before, same, joins)
                if join.front in same:
                    made = Join(made, same[join.front], join.wait, uses)
            joins[join] = made
        return made

    def look(self, move: Move) -> list[tuple[Label, int]]:
        """Without what is too late: nothing becomes sooner later on."""
        return [pair for pair in super().look(move) if pair[0][0] + move.delay < self.horizon]

    def ready(self, label: Label, cube: Cube) -> Label:
        """Never before the first notice."""
        time = max(label[0], 0)
        if cube.since:
            time = max(time, *(label[self.place[gate]] for gate in parts_of(cube.since, self.place)))
        return (time, *label[1:]) if time != label[0] else label

    def after(self, move: Move, label: Label) -> Label:
        """It takes effect after its delay and restarts its clocks."""
        after = [label[0] + move.delay, *label[1:]]
        for gate, place in self.place.items():
            for clock, wait in gate:
                if move.restarts >> clock & 1:
                    after[place] = max(after[place], after[0] + wait)
        return tuple(after)

    def windows(self, goal: str) -> tuple[tuple[int, int], ...]:
        """(ms, mask), ascending, each mask with the earlier ones in it."""
        delay = next(move.delay for move in self.game.moves if move.name == goal)
        found: dict[int, int] = {}
        sofar = 0
        for label, mask in sorted(self.made[goal].labels.items()):
            if mask & ~sofar and label[0] + delay < self.horizon:
                sofar |= mask
                found[label[0] + delay] = sofar
        return tuple(found.items())


def _spread(mask: int, sets: int, row: list[int]) -> None:
    for index in bits(mask):
        row[index] |= sets
