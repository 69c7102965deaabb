# SPDX-License-Identifier: Apache-2.0
"""What both phases of the bound do: make every move in every way that is news, until there is no news."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from counterseal.prover.front import Front, Join, Label, Work
from counterseal.prover.game import Cube, Game, Move, bits


class Way:
    """One cube of a move, with the one-shot capabilities spent on it (`join.uses`). `spared`: the proofs that these
    give; who can always prove them has nothing to spend."""

    __slots__ = ("cube", "join", "seen", "spared")

    def __init__(self, cube: Cube, join: Join, spared: Sequence[Front]) -> None:
        self.cube, self.join, self.spared = cube, join, spared
        self.seen = -1


class Fixpoint:
    """One phase. Rows map a factor, fact or channel to its front; `made`: move -> when it can be made."""

    proofs: list[Front]
    evidence: list[Front]
    facts: list[Front]
    gone: list[Front]
    off: list[Front]  # no longer enrolled, though it may fade yet
    muted: list[Front]
    ways: Mapping[str, Sequence[Way]]

    def __init__(self, game: Game, origin: Label, work: Work) -> None:
        self.game, self.origin, self.work = game, origin, work
        self.made = {move.name: Front({}) for move in game.moves}

    def ready(self, label: Label, cube: Cube) -> Label:
        """When a cube holds whose needs are met at this label."""
        raise NotImplementedError

    def after(self, move: Move, label: Label) -> Label:
        """The label of what a move gives."""
        raise NotImplementedError

    def close(self) -> None:
        """Look at every move until there is no news."""
        moves = [move for move in self.game.moves if not move.goal or move.reveals]
        watching: dict[Front, list[Move]] = {}
        for move in moves:
            needs = {front for way in self.ways[move.name] for front in way.join.fronts()}
            for front in needs.union(self.off[index] for index in bits(_second(self.game, move))):
                watching.setdefault(front, []).append(move)
        todo = {move.name: move for move in moves}
        while todo:
            move = todo.pop(next(iter(todo)))
            for front in self.do(move):
                todo.update((other.name, other) for other in watching.get(front, ()))
        for move in self.game.moves:
            if move.goal:
                self.look(move)

    def do(self, move: Move) -> dict[Front, None]:
        """Make a move in every way that is news; what is news by it."""
        found = self.look(move)
        news: dict[Front, None] = {}
        effects = list(self.effects(move)) if found else []
        for label, mask in found:
            after = self.after(move, label)
            for front, late in effects:
                self.work.spend(len(front.labels) + 1)
                if front.add((after[0] + late, *after[1:]) if late else after, mask):
                    news[front] = None
        for index in bits(_second(self.game, move)):  # as soon as the owner's is off
            for label, mask in self.made[move.name].labels.items():
                after = self.after(move, label)
                for other, sets in list(self.off[index].labels.items()):
                    later = tuple(map(max, after, other))
                    if mask & sets and self.proofs[index].add(later, mask & sets):
                        self.evidence[index].add(later, mask & sets)
                        news[self.proofs[index]] = news[self.evidence[index]] = None
        return news

    def effects(self, move: Move) -> Iterator[tuple[Front, int]]:
        """What a move gives, and how much later than its effect (ms)."""
        for index in bits(move.binds & ~_second(self.game, move)):
            yield self.proofs[index], 0
            yield self.evidence[index], 0
        for index in bits(move.gains):
            yield self.facts[index], 0
        for index in bits(move.removes):
            yield self.off[index], 0
            if self.gone is not self.off:
                yield self.gone[index], move.fade
        for index in bits(move.reveals):
            yield self.evidence[index], 0
            if self.game.enrolled >> index & 1:
                yield self.proofs[index], 0
        for index in bits(move.silences | move.replaces):
            if self.muted:
                yield self.muted[index], 0

    def look(self, move: Move) -> list[tuple[Label, int]]:
        """When, and for which sets, a move can be made that could not be made before."""
        found: dict[Label, int] = {}
        for way in self.ways[move.name]:
            stamp = way.join.update(self.origin, self.work)
            if stamp != way.seen:
                way.seen = stamp
                for label, mask in self.open(way):
                    found[label] = found.get(label, 0) | mask
        made = self.made[move.name]
        fresh = [(label, made.add(label, mask)) for label, mask in sorted(found.items())]
        return [pair for pair in fresh if pair[1]]

    def open(self, way: Way) -> Iterator[tuple[Label, int]]:
        """When, and for which sets, a way is open."""
        uses = way.join.uses
        spared = -1 if uses else 0
        for front in way.spared:
            spared &= front.labels.get(self.origin, 0)
        for label, sets in way.join.labels.items():
            if sets & ~spared:
                when = self.ready(label, way.cube)
                yield _spent(when, uses) if uses else when, sets & ~spared


def _second(game: Game, move: Move) -> int:
    """Classes that the move binds only while the owner's own is not enrolled."""
    return move.adds & game.enrolled & ~move.removes


def _spent(label: Label, uses: Sequence[int]) -> Label:
    changed = list(label)
    for place in uses:
        changed[place] = 1
    return tuple(changed)
