# SPDX-License-Identifier: Apache-2.0
"""Playing the steps of one path: at their moments, with time and pending actions in between, in every order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from counterseal.core.policy.model import Rule
from counterseal.prover.findings import Step
from counterseal.prover.replay_game import Game
from counterseal.prover.replay_state import Board, Change, Waiting, facts_of


class Run(msgspec.Struct, frozen=True):
    """What the steps of a path really do: the same steps as the model gives them, and the end of it."""

    steps: Mapping[int, Step]
    timeline: tuple[Change, ...]
    leaves: int
    told: int | None

    @property
    def window(self) -> int | None:
        """Ms from the first notice that reached the owner; None = silent."""
        return None if self.told is None else self.leaves - self.told

    @property
    def done(self) -> int:
        """More than in any way that ends early."""
        return len(self.steps) + 1


class Stuck(msgspec.Struct, frozen=True):
    """A way that ends early, after `done` steps: `step` cannot be done, or nothing leaves."""

    done: int
    step: int
    sentence: str


class Move(msgspec.Struct, frozen=True):
    """A step to be done, with its index in the path."""

    index: int
    step: Step


def plays(game: Game, path: Sequence[Step], until: int) -> Iterator[Run | Stuck]:
    """Every way in which the steps can go, the outflow being the last of `path` and value leaving by `until`.

    What the steps claim of notice, effect, line and facts is not read but told anew.
    """
    for moves in _orders(path):
        for board in game.openings([step.action for step in path]):
            yield from _Play(game, path, until).go(board, moves, {}, ())


def _orders(path: Sequence[Step]) -> Iterator[tuple[Move, ...]]:
    """The steps in the order of time. The outflow stands last in the path but may have been asked before others."""
    *others, last = (Move(index, step) for index, step in enumerate(path))
    for place in range(len(others), -1, -1):
        before, after = others[:place], others[place:]
        if all(move.step.at <= last.step.at for move in before) and all(
            move.step.at >= last.step.at for move in after
        ):
            yield (*before, last, *after)


class _Play:
    """One depth-first walk through the orders of steps and effects."""

    def __init__(self, game: Game, path: Sequence[Step], until: int) -> None:
        self.game = game
        self.last = len(path) - 1
        self.until = until

    def go(
        self, board: Board, left: tuple[Move, ...], done: Mapping[int, Step], timeline: tuple[Change, ...]
    ) -> Iterator[Run | Stuck]:
        """Every end from here on."""
        due = self.game.due(board)
        if left and left[0].step.at == board.now:
            yield from self._act(board, left, done, timeline)
        for name in due:
            step = board.pending[name].step
            told = {**done, step: replace(done[step], effect=board.now)}
            yield from self._effect(board, self.game.rules[name], step, left, told, timeline)
        if due:
            return  # time does not pass over it
        if left:
            if left[0].step.at > board.now:
                yield from self._wait(board, left[0].step.at, left, done, timeline)
        elif board.now < self.until:
            yield from self._wait(board, self.until, left, done, timeline)
        else:
            yield Stuck(len(done), self.last, f"nothing leaves by {self.until} ms")

    def _wait(
        self,
        board: Board,
        until: int,
        left: tuple[Move, ...],
        done: Mapping[int, Step],
        timeline: tuple[Change, ...],
    ) -> Iterator[Run | Stuck]:
        event = self.game.next_event(board)
        wait = until - board.now if event is None else min(event, until - board.now)
        later, change = self.game.after(board, wait)
        yield from self.go(later, left, done, timeline if change.empty else (*timeline, change))

    def _act(
        self, board: Board, left: tuple[Move, ...], done: Mapping[int, Step], timeline: tuple[Change, ...]
    ) -> Iterator[Run | Stuck]:
        """Do the first step that is left."""
        move, *rest = left
        claimed, rule = move.step, self.game.rules[move.step.action]
        wrong = _refused(self.game, board, rule, claimed)
        if wrong:
            yield Stuck(len(done), move.index, wrong)
            return
        reached = self.game.reached(board, rule)
        delay = self.game.lasting(rule.delay)
        step = Step(
            action=rule.name,
            at=board.now,
            effect=board.now + delay,
            uses=claimed.uses,
            facts=tuple(name for name in claimed.facts if name in board.ages and name in facts_of(rule)),
            notice="reached" if reached else "muted" if rule.notify else "none",
            reached=reached,
            line=rule.line,
        )
        spent = {use.source for use in claimed.uses if self.game.spends(use.factor, use.source)}
        told = board.now if reached and board.told is None else board.told
        after = replace(board, spent=board.spent | spent, told=told)
        done = {**done, move.index: step}
        if not delay:
            yield from self._effect(after, rule, move.index, tuple(rest), done, timeline)
            return
        waiting = Waiting(delay, frozenset(use.factor for use in claimed.uses), move.index)
        after = replace(after, pending={**after.pending, rule.name: waiting})
        yield from self.go(after, tuple(rest), done, timeline)

    def _effect(
        self,
        board: Board,
        rule: Rule,
        index: int,
        left: tuple[Move, ...],
        done: Mapping[int, Step],
        timeline: tuple[Change, ...],
    ) -> Iterator[Run | Stuck]:
        after, change = self.game.effect(board, rule, index)
        timeline = (*timeline, change)
        if index != self.last:
            yield from self.go(after, left, done, timeline)
        elif left:
            yield Stuck(len(done), left[0].index, "the step is done after value left")
        else:
            yield Run(done, timeline, after.now, after.told)


def _refused(game: Game, board: Board, rule: Rule, step: Step) -> str:
    """Why the step cannot be done now; empty = it can."""
    if rule.name in board.pending:
        return f"`{rule.name}` is pending already"
    factors = [use.factor for use in step.uses]
    for use in step.uses:
        if factors.count(use.factor) > 1:
            return f"`{use.factor}` is proved twice"
        if use.factor not in rule.require.factors:
            return f"`{rule.name}` does not ask for `{use.factor}`"
        if not game.is_source(board, use.factor, use.source):
            return f"`{use.source}` does not prove `{use.factor}` now"
        if rule.subject == "account" and use.factor not in board.enrolled:
            return f"`{use.factor}` is not enrolled now"
    proofs = frozenset(factors)
    if not game.holds(board, rule, proofs):
        return f"the requirement of `{rule.name}` does not hold at {step.at} ms"
    spent = {use.source for use in step.uses if game.spends(use.factor, use.source)}
    free = {use.factor for use in step.uses if not game.spends(use.factor, use.source)}
    for needless in sorted(spent):
        others = free.union(*(game.specs[name].once for name in spent if name != needless))
        if game.holds(board, rule, proofs & others):
            return f"`{needless}` is used up for nothing"
    return ""
