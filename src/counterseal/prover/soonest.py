# SPDX-License-Identifier: Apache-2.0
"""When an owner can have a thing at the soonest, and by which moves: a bound that points to a way.

As in the bound on attackers, nothing is ever lost and a way restarts no clock that it does not restart itself. Each
thing has labels that do not cover each other: (moment it is there, latest restart of each clock on the way, moves
on the way). No real way is quicker; the search then tries those moves and mostly finds a way that is as quick.
"""

from __future__ import annotations

from typing import NamedTuple

from counterseal.prover.game import Game, Move, Waits, bits

NEVER = -(1 << 62)
MAX_LABELS = 32  # of one thing; with more than that the bound is given up


class Label(NamedTuple):
    """`restarts`: per clock, ms since the start, NEVER = it does not run. `moves`: mask over the game's moves."""

    time: int
    restarts: tuple[int, ...]
    moves: int

    @property
    def order(self) -> tuple[int, int]:
        """Sooner first, then fewer moves."""
        return (self.time, self.moves.bit_count())


class _Need(NamedTuple):
    """A cube without the proofs that are there from the start."""

    proofs: int
    absent: int
    facts: int
    ages: Waits
    since: Waits

    def within(self, other: _Need) -> bool:
        """Whether whoever has what the other needs has what this one needs, as soon."""
        if self.proofs & ~other.proofs or self.absent & ~other.absent or self.facts & ~other.facts:
            return False
        return _shorter(self.ages, other.ages) and _shorter(self.since, other.since)


class _Effects(NamedTuple):
    """Factors that can be proved, facts, and factors that are gone."""

    proofs: int
    facts: int
    gone: int

    def gains(self, move: Move, taken: int) -> bool:
        """Whether a move gives more than this."""
        binds = move.binds & ~(move.adds & taken)
        return bool(binds & ~self.proofs or move.gains & ~self.facts or move.removes & ~self.gone)

    def given(self, move: Move, taken: int) -> bool:
        """Whether a move gives something of this."""
        binds = move.binds & ~(move.adds & taken)
        return bool(binds & self.proofs or move.gains & self.facts or move.removes & self.gone)

    def more(self, move: Move) -> _Effects:
        return _Effects(self.proofs | move.binds, self.facts | move.gains, self.gone | move.removes)

    def touches(self, need: _Need) -> bool:
        """Whether something in here is needed, or nothing is."""
        asked = need.proofs | need.facts | need.absent
        return not asked or bool(need.proofs & self.proofs or need.facts & self.facts or need.absent & self.gone)

    def meets(self, need: _Need) -> bool:
        """Whether everything that is needed is in here."""
        return not (need.proofs & ~self.proofs or need.facts & ~self.facts or need.absent & ~self.gone)


NOTHING = _Effects(0, 0, 0)


class _Able(NamedTuple):
    """A move of the game with what it needs."""

    at: int
    move: Move
    needs: list[_Need]


def _possible(able: list[_Able], there: _Effects) -> list[_Able]:
    """The moves that can ever be made, with the needs that can ever be met."""
    most, before = there, None
    while most != before:
        before = most
        for _, move, needs in able:
            if any(most.meets(need) for need in needs):
                most = most.more(move)
    met = [each._replace(needs=[need for need in each.needs if most.meets(need)]) for each in able]
    return [each for each in met if each.needs]


def _wanted(able: list[_Able], there: _Effects, taken: int) -> list[_Able]:
    """The moves that some goal needs, directly or through others."""
    chosen = [each for each in able if each.move.goal]
    left = [each for each in able if not each.move.goal]
    for each in chosen:  # grows while it is gone through
        for need in each.needs:
            asked = _Effects(need.proofs & ~there.proofs, need.facts & ~there.facts, need.absent & ~there.gone)
            more = [other for other in left if asked.given(other.move, taken)]
            chosen += more
            left = [other for other in left if all(other is not one for one in more)]
    return sorted(chosen, key=lambda each: each.at)


def _shorter(one: Waits, other: Waits) -> bool:
    longest = dict(other)
    return all(longest.get(index, 0) >= wait for index, wait in one)


class Soonest:
    """`goals`: goal -> its labels, soonest first; a goal that cannot be reached is absent. `certain`: no real way
    is quicker than the first label (False = labels were dropped)."""

    def __init__(self, game: Game) -> None:
        start = game.start
        begin = Label(0, tuple(-start.since[name] if name in start.since else NEVER for name in game.clocks), 0)
        sure = game.free.proves & game.enrolled
        self.certain = True
        self.proofs: dict[int, list[Label]] = {factor: [begin] for factor in bits(sure | game.bound)}
        self.facts: dict[int, list[Label]] = {
            fact: [begin._replace(time=-start.facts.get(game.facts[fact], game.oldest[fact]))]
            for fact in bits(game.held | game.free.gives)
        }
        every = (1 << len(game.factors)) - 1
        self.absent: dict[int, list[Label]] = {
            factor: [begin._replace(time=start.fading.get(game.factors[factor], 0))]
            for factor in bits(every & ~game.enrolled)
        }
        self.begin = begin
        self.goals: dict[str, list[Label]] = {}
        self.parts: dict[_Need, list[tuple[dict[int, list[Label]], int, int]]] = {}
        removable = 0
        for move in game.moves:
            removable |= move.removes
        self.taken = game.enrolled & ~removable  # classes of which `bind` adds no second one, ever
        there = _Effects(sure | game.bound, game.held | game.free.gives, every & ~game.enrolled)
        able = [
            _Able(index, move, _needs(move, sure))
            for index, move in enumerate(game.moves)
            if not move.request and (move.goal or there.gains(move, self.taken))
        ]
        self._fill(_wanted(_possible(able, there), there, self.taken), there)

    def _fill(self, able: list[_Able], there: _Effects) -> None:
        """Make what can be made from what is new, until nothing is."""
        new = there
        while True:
            seen, new = new, NOTHING
            for index, move, needs in able:
                for need in needs:
                    if (seen.touches(need) or new.touches(need)) and self._make(index, move, need):
                        new = new.more(move)
            if new == NOTHING:
                return

    def _make(self, index: int, move: Move, need: _Need) -> bool:
        """Take what a move gives from what is there now; whether that was new."""
        changed = False
        for label in self._ways(need):
            time = label.time + move.delay
            restarts = label.restarts
            if move.restarts:
                restarts = tuple(time if move.restarts >> clock & 1 else at for clock, at in enumerate(restarts))
            if self._give(move, Label(time, restarts, label.moves | 1 << index)):
                changed = True
        return changed

    def _give(self, move: Move, label: Label) -> bool:
        if move.goal:
            return self._put(self.goals.setdefault(move.name, []), label)
        changed = False
        for factor in bits(move.binds & ~(move.adds & self.taken)):
            changed |= self._put(self.proofs.setdefault(factor, []), label)
        for fact in bits(move.gains):
            changed |= self._put(self.facts.setdefault(fact, []), label)
        for factor in bits(move.removes):
            faded = label._replace(time=label.time + move.fade)
            changed |= self._put(self.absent.setdefault(factor, []), faded)
        return changed

    def _put(self, labels: list[Label], label: Label) -> bool:
        if not _add(labels, label):
            return False
        if len(labels) > MAX_LABELS:
            self.certain = False
            del labels[MAX_LABELS:]
        return label in labels

    def _ways(self, need: _Need) -> list[Label]:
        """The labels of everything that is needed, drawn together, with the waits."""
        found = [self.begin]
        parts = self.parts.get(need)
        if parts is None:
            ages = dict(need.ages)
            parts = [(self.proofs, factor, 0) for factor in bits(need.proofs)]
            parts += [(self.absent, factor, 0) for factor in bits(need.absent)]
            parts += [(self.facts, fact, ages.get(fact, 0)) for fact in bits(need.facts)]
            self.parts[need] = parts
        for table, index, wait in parts:
            labels = table.get(index)
            if not labels:
                return []
            found = _join(found, labels, wait)
        if not need.since:
            return found
        return [self._waited(label, need.since) for label in found]

    def _waited(self, label: Label, waits: Waits) -> Label:
        times = [label.restarts[clock] + wait for clock, wait in waits if label.restarts[clock] != NEVER]
        return label._replace(time=max([label.time, *times]))


def _needs(move: Move, sure: int) -> list[_Need]:
    """What the cubes need besides the proofs that are there, without those that need more than another."""
    reduced = {_Need(cube.proofs & ~sure, cube.absent, cube.facts, cube.ages, cube.since) for cube in move.cubes}
    found: list[_Need] = []
    for need in sorted(reduced, key=_size):
        if not any(other.within(need) for other in found):
            found.append(need)
    return found


def _size(need: _Need) -> tuple[int, int, object]:
    parts = need.proofs.bit_count() + need.absent.bit_count() + need.facts.bit_count()
    waits = (*need.ages, *need.since)
    return (parts + len(waits), sum(wait for _, wait in waits), need)


def _join(some: list[Label], others: list[Label], wait: int) -> list[Label]:
    if len(some) == len(others) == 1:
        return [_both(some[0], others[0], wait)]
    found: list[Label] = []
    for one in some:
        for other in others:
            _add(found, _both(one, other, wait))
    return found


def _both(one: Label, other: Label, wait: int) -> Label:
    restarts = one.restarts
    if restarts != other.restarts:
        restarts = tuple(map(max, restarts, other.restarts))
    return Label(max(one.time, other.time + wait), restarts, one.moves | other.moves)


def _add(labels: list[Label], label: Label) -> bool:
    """Add a label unless another is as good; drop those that it makes superfluous."""
    for other in labels:
        if other.time <= label.time and _no_later(other.restarts, label.restarts):
            return False
    labels[:] = [
        other for other in labels if not (label.time <= other.time and _no_later(label.restarts, other.restarts))
    ]
    labels.append(label)
    labels.sort(key=lambda one: one.order)
    return True


def _no_later(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one == other or all(a <= b for a, b in zip(one, other, strict=True))
