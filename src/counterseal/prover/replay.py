# SPDX-License-Identifier: Apache-2.0
"""The replay semantics: does one path do what it says? Independent of the engines that found it.

Steps are done at their moments; in between, time passes as docs/prover-model.md says. Where a pending action takes
effect at the very moment of a step, every order is tried and one that works is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from counterseal.core.policy.model import Policy, Rule
from counterseal.prover.findings import Attack, Gift, Start, Step
from counterseal.prover.replay_game import Game
from counterseal.prover.replay_state import Board, Change, Waiting, facts_of

NO_GIFT = Gift()


class Confirmed(msgspec.Struct, frozen=True):
    """The path works. `window`: ms, None = silent; `leaves`: ms from the first step; `timeline`: what changed."""

    window: int | None
    leaves: int
    timeline: tuple[Change, ...]

    @property
    def confirmed(self) -> bool:
        """Yes."""
        return True


class Refuted(msgspec.Struct, frozen=True):
    """The path does not do what it says. `step`: index of the step that fails; None = the attack as a whole."""

    step: int | None
    sentence: str

    @property
    def confirmed(self) -> bool:
        """No."""
        return False


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


class Move(msgspec.Struct, frozen=True):
    """A step to be done, with its index in the path."""

    index: int
    step: Step


def replay(policy: Policy, start: Start, attack: Attack, gift: Gift = NO_GIFT) -> Confirmed | Refuted:
    """Do the steps of the attack one by one and compare with what it claims. Never raises on a false claim."""
    wrong = _malformed(policy, attack)
    if wrong is not None:
        return wrong
    game = Game(policy, start, attack.capabilities, gift)
    worst: Refuted | None = None
    for found in plays(game, attack.path, attack.leaves):
        verdict = found if isinstance(found, Refuted) else _compare(attack, found)
        if isinstance(verdict, Confirmed):
            return verdict
        worst = _further(worst, verdict)
    return worst or Refuted(None, "the path has no order in which its steps can be done")


def plays(game: Game, path: Sequence[Step], until: int) -> Iterator[Run | Refuted]:
    """Every way in which the steps can go, the outflow being the last of `path` and value leaving by `until`.

    What the steps claim of notice, effect, line and facts is not read but told anew.
    """
    for moves in _orders(path):
        for board in game.openings():
            yield from _Play(game, path, until).go(board, moves, {}, ())


def _malformed(policy: Policy, attack: Attack) -> Refuted | None:
    """What is wrong with the attack before any step is done."""
    unknown = sorted(set(attack.capabilities) - policy.vocabulary.capabilities.keys())
    if unknown:
        return Refuted(None, f"`{unknown[0]}` is not a capability")
    if not attack.path:
        return Refuted(None, "the path has no steps")
    for index, step in enumerate(attack.path):
        rule = policy.rules.get(step.action)
        if rule is None:
            return Refuted(index, f"the policy has no action `{step.action}`")
        if rule.verb == "revoke":
            return Refuted(index, f"`{step.action}` only ends something, which the attacker does not do")
        if step.line != rule.line:
            return Refuted(index, f"`{step.action}` is on line {rule.line}, not {step.line}")
    return _end_malformed(policy, attack) or _times_malformed(attack)


def _end_malformed(policy: Policy, attack: Attack) -> Refuted | None:
    """The last step is the outflow."""
    index = len(attack.path) - 1
    last = policy.rules[attack.path[index].action]
    if last.name != attack.outflow:
        return Refuted(index, f"the last step is `{last.name}`, not `{attack.outflow}`")
    if not last.outflow and not last.discloses:
        return Refuted(index, f"by `{last.name}` neither value nor data leaves")
    return None


def _times_malformed(attack: Attack) -> Refuted | None:
    """Times run from the first step; only the outflow may stand behind later ones."""
    times = [step.at for step in attack.path]
    for index in range(1, len(times) - 1):
        if times[index] < times[index - 1]:
            return Refuted(index, "the step is earlier than the one before it")
    if min(times) != 0:
        return Refuted(times.index(min(times)), "times do not run from the first step")
    return None


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
    ) -> Iterator[Run | Refuted]:
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
            yield Refuted(self.last, f"nothing leaves by {self.until} ms")

    def _wait(
        self,
        board: Board,
        until: int,
        left: tuple[Move, ...],
        done: Mapping[int, Step],
        timeline: tuple[Change, ...],
    ) -> Iterator[Run | Refuted]:
        event = self.game.next_event(board)
        wait = until - board.now if event is None else min(event, until - board.now)
        later, change = self.game.after(board, wait)
        yield from self.go(later, left, done, timeline if change.empty else (*timeline, change))

    def _act(
        self, board: Board, left: tuple[Move, ...], done: Mapping[int, Step], timeline: tuple[Change, ...]
    ) -> Iterator[Run | Refuted]:
        """Do the first step that is left."""
        move, *rest = left
        claimed, rule = move.step, self.game.rules[move.step.action]
        wrong = _refused(self.game, board, rule, claimed)
        if wrong:
            yield Refuted(move.index, wrong)
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
    ) -> Iterator[Run | Refuted]:
        after, change = self.game.effect(board, rule, index)
        timeline = (*timeline, change)
        if index != self.last:
            yield from self.go(after, left, done, timeline)
        elif left:
            yield Refuted(left[0].index, "the step is done after value left")
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


def _compare(attack: Attack, run: Run) -> Confirmed | Refuted:
    """The claims of the attack against what happened."""
    for index, claimed in enumerate(attack.path):
        wrong = _differs(claimed, run.steps[index])
        if wrong:
            return Refuted(index, wrong)
    if run.leaves != attack.leaves:
        return Refuted(len(attack.path) - 1, f"value leaves at {run.leaves} ms, not {attack.leaves}")
    if run.window is None and attack.window is not None:
        return Refuted(None, f"nobody is told, but the window is said to be {attack.window} ms")
    if run.window is not None and attack.window is None:
        return Refuted(None, f"it is said to be silent, but the owner is told at {run.told} ms")
    if run.window != attack.window:
        return Refuted(None, f"the window is {run.window} ms, not {attack.window}")
    return Confirmed(run.window, run.leaves, run.timeline)


def _differs(claimed: Step, real: Step) -> str:
    """The first claim of a step that is not true; empty = all are."""
    missing = sorted(set(claimed.facts) - set(real.facts))
    if missing:
        return f"it does not rest on `{missing[0]}`: the attacker has it not, or the rule does not ask for it"
    if claimed.effect != real.effect:
        return f"it takes effect at {real.effect} ms, not {claimed.effect}"
    if claimed.notice != real.notice:
        return f"its notice is {real.notice}, not {claimed.notice}"
    if sorted(claimed.reached) != sorted(real.reached):
        return f"its notice reaches {list(real.reached)}, not {list(claimed.reached)}"
    return ""


def _further(one: Refuted | None, other: Refuted) -> Refuted:
    """Of two refutations the one that got further; a claim about the whole comes after every step."""
    if one is None or (one.step is not None and (other.step is None or other.step > one.step)):
        return other
    return one
