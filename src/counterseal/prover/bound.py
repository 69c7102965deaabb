# SPDX-License-Identifier: Apache-2.0
"""The bound: what every capability set of a space reaches at the earliest, all sets at once.

A monotone fixpoint in which each thing that an attacker can have carries, for each Pareto-minimal **label**, one
integer with a bit for each set. A label is (time since the first notice, time of the last restart of each clock
that somebody waits for). Forgotten are revocations, spending of one-shot codes, the second look at what was
pending, and holds that a way does not itself need: so no attack is missed, and no window is longer than here found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from counterseal.prover.game import Cube, Game, Move, TooMuchWorkError, bits
from counterseal.prover.reached import BEFORE, Reached
from counterseal.prover.space import Space

MAX_WORK = 4_000_000  # steps over labels, each a microsecond or so; more where the masks are long
WORD = 16_384  # sets whose mask costs as much as a step

Label = tuple[int, ...]
"""(time, last restart of each clock), ms."""


def bound(game: Game, space: Space, *, budget: int = MAX_WORK, horizon: int = -BEFORE) -> Mapping[str, Reached]:
    """Goal -> what is reached of it. `horizon`: leave out windows as long as this (ms). Raises TooMuchWorkError
    when the work exceeds `budget`."""
    quiet = _Quiet(game, space)
    quiet.close()
    silent = {move.name: quiet.doing(move) for move in game.moves if move.goal}
    loud = _Loud(game, space, quiet, budget, horizon)
    loud.close()
    return {name: Reached(mask, loud.windows(name)) for name, mask in silent.items()}


class _Quiet:
    """What can be had before the owner is told: masks only, for every wait is free."""

    def __init__(self, game: Game, space: Space) -> None:
        self.game, self.space = game, space
        everything, powers = space.all, space.classes.powers
        having = space.having
        self.can = [0] * len(game.factors)  # sets that can prove the factor whoever enrolled it
        self.have = [0] * len(game.facts)
        self.muted = [0] * len(game.channels)
        for power, sets in zip(powers, having, strict=True):
            for index in bits(power.proves | power.once):
                self.can[index] |= sets
            for index in bits(power.gives | power.gives_once):
                self.have[index] |= sets
            for index in bits(power.mutes):
                self.muted[index] |= sets
        for mask, row in (
            (game.free.proves, self.can),
            (game.free.gives | game.held, self.have),
            (game.free.mutes, self.muted),
        ):
            for index in bits(mask):
                row[index] = everything
        self.own = [everything if game.bound >> index & 1 else 0 for index in range(len(game.factors))]
        self.gone = [0 if game.enrolled >> index & 1 else everything for index in range(len(game.factors))]

    def usable(self, factor: int) -> int:
        """The sets that can prove the factor to the account."""
        known = self.can[factor] if self.game.enrolled >> factor & 1 else 0
        return known | self.own[factor]

    def doing(self, move: Move) -> int:
        """The sets that can do this without the owner being told."""
        unheard = self.space.all
        for index in bits(move.notify):
            unheard &= self.muted[index]
        if not unheard:
            return 0
        found = 0
        for cube in move.cubes:
            found |= self.meeting(move, cube, unheard & ~found)
        return found

    def meeting(self, move: Move, cube: Cube, mask: int) -> int:
        for index in bits(cube.facts):
            mask &= self.have[index]
        for index in bits(cube.proofs):
            mask &= self.can[index] | self.own[index] if move.request else self.usable(index)
            if not mask:
                return 0
        for index in bits(cube.absent):
            mask &= self.gone[index]
        return mask

    def close(self) -> None:
        changed = True
        while changed:
            changed = False
            for move in self.game.moves:
                done = self.doing(move)
                if done and self.apply(move, done):
                    changed = True

    def apply(self, move: Move, done: int) -> bool:
        changed = False
        second = move.adds & self.game.enrolled & ~move.removes  # not while there is one
        for index in bits(second):
            news = done & self.gone[index] & ~self.own[index]
            self.own[index] |= news
            changed = changed or bool(news)
        for mask, row in (
            (move.binds & ~second, self.own),
            (move.gains, self.have),
            (move.removes, self.gone),
            (move.reveals, self.can),
            (move.silences | move.replaces, self.muted),
        ):
            for index in bits(mask):
                if done & ~row[index]:
                    row[index] |= done
                    changed = True
        return changed


class _Front:
    """Labels with masks; no label is kept for a set that has a better one."""

    __slots__ = ("labels",)

    def __init__(self, labels: dict[Label, int] | None = None) -> None:
        self.labels: dict[Label, int] = labels if labels is not None else {}

    def add(self, label: Label, mask: int) -> int:
        """Add; returns the sets for which this label is news."""
        labels = self.labels
        for other, sets in labels.items():
            if sets & mask and _before(other, label):
                mask &= ~sets
                if not mask:
                    return 0
        for other in [other for other, sets in labels.items() if sets & mask and _before(label, other)]:
            left = labels[other] & ~mask
            if left:
                labels[other] = left
            else:
                del labels[other]
        labels[label] = labels.get(label, 0) | mask
        return mask


def _before(one: Label, other: Label) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


class _Loud:
    """What can be had after the first notice, at which moment at the earliest."""

    def __init__(self, game: Game, space: Space, quiet: _Quiet, budget: int, horizon: int) -> None:
        self.game, self.space, self.left, self.horizon = game, space, budget, horizon
        self.cost = 1 + space.size // WORD
        self.clocks = [index for index, wait in enumerate(game.longest) if wait]
        self.place = {clock: 1 + at for at, clock in enumerate(self.clocks)}
        self.origin: Label = (BEFORE,) * (1 + len(self.clocks))
        self.proofs = [self.front(quiet.usable(index)) for index in range(len(game.factors))]
        self.evidence = [self.front(can | own) for can, own in zip(quiet.can, quiet.own, strict=True)]
        self.facts = [self.front(mask) for mask in quiet.have]
        self.gone = [self.front(mask) for mask in quiet.gone]
        self.off = [self.front(mask) for mask in quiet.gone]  # no longer enrolled, though it may fade yet
        self.goals: dict[str, _Front] = {move.name: _Front() for move in game.moves if move.goal}

    def front(self, mask: int) -> _Front:
        return _Front({self.origin: mask} if mask else None)

    def needs(self, move: Move) -> frozenset[tuple[str, int]]:
        """The things whose news makes it worth looking at a move again."""
        found: set[tuple[str, int]] = set()
        for cube in move.cubes:
            found.update(("evidence" if move.request else "proof", index) for index in bits(cube.proofs))
            found.update(("fact", index) for index in bits(cube.facts))
            found.update(("gone", index) for index in bits(cube.absent))
        found.update(("off", index) for index in bits(self.second(move)))
        return frozenset(found)

    def close(self) -> None:
        moves = [move for move in self.game.moves if not move.goal or move.reveals]
        watching: dict[tuple[str, int], list[int]] = {}
        for at, move in enumerate(moves):
            for need in self.needs(move):
                watching.setdefault(need, []).append(at)
        todo = dict.fromkeys(range(len(moves)))
        while todo:
            at = next(iter(todo))
            del todo[at]
            for news in self.do(moves[at]):
                todo.update(dict.fromkeys(watching.get(news, ())))
        for move in self.game.moves:
            if move.goal:
                self.reach(move)

    def do(self, move: Move) -> Iterable[tuple[str, int]]:
        """Do a move in every way; what is news."""
        news: dict[tuple[str, int], None] = {}
        for label, mask in self.ways(move):
            after = self.after(move, label)
            for kind, index, row, late in self.effects(move):
                self.left -= (len(row[index].labels) + 1) * self.cost
                if row[index].add((after[0] + late, *after[1:]), mask):
                    news[kind, index] = None
            for index in bits(self.second(move)):  # as soon as the owner's is off
                for other, sets in list(self.off[index].labels.items()):
                    later = tuple(map(max, after, other))
                    if mask & sets and self.proofs[index].add(later, mask & sets):
                        self.evidence[index].add(later, mask & sets)
                        news["proof", index] = news["evidence", index] = None
        return news

    def second(self, move: Move) -> int:
        """Classes that the move binds only while the owner's own is not enrolled."""
        return move.adds & self.game.enrolled & ~move.removes

    def effects(self, move: Move) -> Iterator[tuple[str, int, list[_Front], int]]:
        for index in bits(move.binds & ~self.second(move)):
            yield "proof", index, self.proofs, 0
            yield "evidence", index, self.evidence, 0
        for index in bits(move.gains):
            yield "fact", index, self.facts, 0
        for index in bits(move.removes):
            yield "gone", index, self.gone, move.fade
            yield "off", index, self.off, 0
        for index in bits(move.reveals):
            yield "evidence", index, self.evidence, 0
            if self.game.enrolled >> index & 1:
                yield "proof", index, self.proofs, 0

    def after(self, move: Move, label: Label) -> Label:
        """The label of what a move gives: it takes effect after its delay and restarts its clocks."""
        at = label[0] + move.delay
        if not move.restarts:
            return (at, *label[1:])
        return (at, *(at if move.restarts >> c & 1 else label[self.place[c]] for c in self.clocks))

    def ways(self, move: Move) -> list[tuple[Label, int]]:
        found = _Front()
        for cube in move.cubes:
            for label, mask in self.meeting(move, cube):
                if label[0] + move.delay < self.horizon:  # nothing becomes sooner later on
                    found.add(label, mask)
        return list(found.labels.items())

    def meeting(self, move: Move, cube: Cube) -> Iterator[tuple[Label, int]]:
        """When, and for which sets, a cube can hold: never before the first notice."""
        partial: dict[Label, int] = {self.origin: self.space.all}
        waits = dict(cube.ages)
        fronts = [((self.evidence if move.request else self.proofs)[i], 0) for i in bits(cube.proofs)]
        fronts += [(self.facts[i], waits.get(i, 0)) for i in bits(cube.facts)]
        fronts += [(self.gone[i], 0) for i in bits(cube.absent)]
        for front, wait in sorted(fronts, key=lambda pair: len(pair[0].labels)):
            partial = self.join(partial, front.labels, wait)
            if not partial:
                return
        for label, mask in partial.items():
            ready = max((label[self.place[clock]] + wait for clock, wait in cube.since), default=BEFORE)
            yield (max(label[0], ready, 0), *label[1:]), mask

    def join(self, partial: Mapping[Label, int], labels: Mapping[Label, int], wait: int) -> dict[Label, int]:
        self.left -= len(partial) * len(labels) * self.cost
        if self.left < 0:
            raise TooMuchWorkError(
                "the policy is too large for the bound: too many ways that differ in time",
                code="policy_too_large",
                hint="Use fewer different waits, clocks and alternatives, or ask about fewer capabilities.",
            )
        found = _Front()
        for one, sets in partial.items():
            for other, more in labels.items():
                both = sets & more
                if both:
                    later = (max(one[0], other[0] + wait), *map(max, one[1:], other[1:]))
                    self.left -= len(found.labels) * self.cost
                    found.add(later, both)
        return found.labels

    def reach(self, move: Move) -> None:
        for label, mask in self.ways(move):
            self.goals[move.name].add((label[0] + move.delay,), mask)

    def windows(self, goal: str) -> tuple[tuple[int, int], ...]:
        """(ms, mask), ascending, each mask with the earlier ones in it."""
        found: list[tuple[int, int]] = []
        sofar = 0
        for label, mask in sorted(self.goals[goal].labels.items()):
            sofar |= mask
            found.append((label[0], sofar))
        return tuple(found)
