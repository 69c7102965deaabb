# SPDX-License-Identifier: Apache-2.0
"""The rules of the game of docs/prover-model.md: what holds, what an action does, what time does.

Read off the page and the expression tree only, so that the replay shares nothing with the engines that search.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from counterseal.core.engine.requests import many
from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Policy, Rule
from counterseal.core.policy.quantities import DAY
from counterseal.prover.findings import Gift, Start
from counterseal.prover.replay_state import INFINITE, Board, Change, atoms_of, change_between

OLD_CONTACT = 7 * DAY
"""How long a replaced contact is still told, ms."""


class Game:
    """One policy, one account, one set of capabilities. The capabilities must be in the vocabulary."""

    def __init__(self, policy: Policy, start: Start, capabilities: Collection[str], gift: Gift) -> None:
        words = policy.vocabulary
        self.policy, self.rules = policy, policy.rules
        self.words = words
        self.start = start
        self.gift = gift
        self.specs = {name: words.capabilities[name] for name in capabilities}
        self.muted = gift.mutes.union(*(spec.mutes for spec in self.specs.values()))
        self.kept = gift.gives.union(*(spec.gives for spec in self.specs.values()))
        self.channels = {name: spec.channel for name, spec in words.factors.items()}

    # ------------------------------------------------------------ the start

    def openings(self, path: Collection[str]) -> Iterator[Board]:
        """The account at the first step: at once, and after each wait that changes what holds; those first that the
        actions of the path ask for.

        Times of a path run from its first step; before it the attacker may wait as long as he likes.
        """
        first = self._opening()
        yield first
        waits = {wait for wait in first.fading.values() if wait > 0}
        tried: set[int] = set()
        for names in (set(path), self.rules.keys() - set(path)):
            waits = waits.union(*(self._waits(first, self.rules[name]) for name in names))
            for wait in sorted(waits - tried):
                yield replace(self.after(first, wait)[0], now=0)
            tried = waits

    def _waits(self, first: Board, rule: Rule) -> Iterator[int]:
        for atom in atoms_of(rule.require.expression):
            wait = 0
            if isinstance(atom, x.Age) and atom.fact in self.start.facts:
                wait = atom.wait - first.ages[atom.fact]
            elif isinstance(atom, x.Since) and atom.clock in first.since:
                wait = atom.wait - first.since[atom.clock]
            if wait > 0:
                yield wait

    def _opening(self) -> Board:
        given = self.kept.union(*(spec.holds for spec in self.specs.values()))
        start = self.start
        return Board(
            now=0,
            ages={**start.facts, **dict.fromkeys(given, INFINITE)},
            bound=start.bound,
            known=frozenset(),
            enrolled=start.enrolled,
            fading={name: left for name, left in start.fading.items() if self.lasting(left) > 0},
            since=dict(start.since),
            silenced=frozenset(),
            old={},
            spent=frozenset(),
            pending={},
        )

    # ------------------------------------------------------------ what holds

    def lasting(self, wait: int) -> int:
        """A wait of the policy in ms; nothing where no wait counts."""
        return 0 if self.gift.no_waits else wait

    def spends(self, factor: str, source: str) -> bool:
        """Whether this proof uses the capability `source` up."""
        spec = self.specs.get(source)
        return spec is not None and factor in spec.once and factor not in spec.proves

    def is_source(self, board: Board, factor: str, source: str) -> bool:
        """Whether a proof of `factor` can come from `source` now."""
        spec = self.specs.get(source)
        if spec is not None:
            return factor in spec.proves or (factor in spec.once and source not in board.spent)
        own = {"bound": board.bound, "disclosed": board.known, "given": self.gift.proves}
        return factor in own.get(source, frozenset())

    def holds(self, board: Board, rule: Rule, proofs: frozenset[str]) -> bool:
        """Whether the requirement of `rule` holds with exactly these proofs."""
        counting = proofs if rule.subject == "request" else proofs & board.enrolled
        return self._true(rule.require.expression, board, counting)

    def _true(self, expression: x.Expression, board: Board, proofs: frozenset[str]) -> bool:
        match expression:
            case x.And(items):
                return all(self._true(item, board, proofs) for item in items)
            case x.Or(items):
                return any(self._true(item, board, proofs) for item in items)
            case x.Proof(factor):
                return factor in proofs
            case x.AtLeast(count, factors):
                return len({self.channels[factor] for factor in factors if factor in proofs}) >= count
            case x.Strongest(factors):
                there = board.enrolled | board.fading.keys() | proofs  # evidence of a request needs no enrolment
                return next((name for name in factors if name in there), None) in proofs
            case _:
                return self._met(expression, board)

    def _met(self, atom: x.Expression, board: Board) -> bool:
        """The atoms that no proof decides. Context is always true."""
        match atom:
            case x.Fact(name):
                return name in board.ages
            case x.Age(name, wait):
                return name in board.ages and board.ages[name] >= self.lasting(wait)
            case x.Since(clock, wait):
                return board.since.get(clock, INFINITE) >= self.lasting(wait)
            case _:
                return True

    def reached(self, board: Board, rule: Rule) -> tuple[str, ...]:
        """The channels on which the notice of `rule` reaches the owner, in the policy's order."""
        dead = self.muted | board.silenced
        return tuple(name for name in rule.notify or () if name in self.start.channels and name not in dead)

    def due(self, board: Board) -> tuple[str, ...]:
        """Pending actions that take effect at this very moment."""
        return tuple(
            name
            for name, waiting in board.pending.items()
            if waiting.left == 0 and self.holds(board, self.rules[name], waiting.proofs)
        )

    # ------------------------------------------------------------ what an action does

    def effect(self, board: Board, rule: Rule, step: int) -> tuple[Board, Change]:
        """The state once `rule` took effect, and what changed, in the page's order."""
        lost = {name for name in rule.revokes if name in board.ages and name not in self.kept}
        gone = {name for name in rule.removes if name in board.enrolled}
        ages = {name: age for name, age in board.ages.items() if name not in lost}
        fading, old = dict(board.fading), dict(board.old)
        fade = self._fade(rule) if gone else 0
        if fade > 0:
            fading.update(dict.fromkeys(gone, fade))
        enrolled, bound = set(board.enrolled - gone), set(board.bound - gone)
        silenced = set(board.silenced)
        for name in rule.grants:
            if name not in self.words.factors:
                ages.setdefault(name, 0)
                continue
            if name in enrolled and self._only_one(rule, name):
                continue
            enrolled.add(name)
            bound.add(name)
            fading.pop(name, None)
            if self._replaces_contact(rule, name):
                old.setdefault(self.channels[name], self.lasting(OLD_CONTACT))
        silenced.update(rule.silences, (name for name, left in old.items() if left == 0))
        clocks = (*rule.holds, *rule.starts)
        after = replace(
            board,
            ages=ages,
            bound=frozenset(bound),
            known=board.known.union(rule.discloses),
            enrolled=frozenset(enrolled),
            fading=fading,
            since={**board.since, **dict.fromkeys(clocks, 0)},
            silenced=frozenset(silenced),
            old={name: left for name, left in old.items() if left > 0},
            pending={name: waiting for name, waiting in board.pending.items() if name != rule.name},
        )
        return after, change_between(board, after, step, lost | gone, clocks)

    def _fade(self, rule: Rule) -> int:
        """How long a class that `rule` removes still counts, ms: the longest wait on any clock it holds, stretched
        ones included, as the guard does."""
        return self.lasting(max((self.policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0))

    def _only_one(self, rule: Rule, factor: str) -> bool:
        """`bind` adds no second one, unless the class is attested or an account may have many of it."""
        spec = self.words.factors[factor]
        return rule.verb == "bind" and not spec.attested and not many(spec)

    def _replaces_contact(self, rule: Rule, factor: str) -> bool:
        spec = self.words.factors[factor]
        return spec.contact and spec.channel in self.start.channels and rule.verb != "bind"

    # ------------------------------------------------------------ what time does

    def next_event(self, board: Board) -> int | None:
        """Ms until something happens by itself; None = never. Nothing may be due now."""
        times = [*board.fading.values(), *board.old.values()]
        times += [waiting.left for waiting in board.pending.values() if waiting.left > 0]
        for name, waiting in board.pending.items():
            if waiting.left == 0:  # it waits until its requirement holds again: until a wait in it is over
                times.extend(self._thresholds(board, self.rules[name]))
        return min(times, default=None)

    def _thresholds(self, board: Board, rule: Rule) -> Iterator[int]:
        for atom in atoms_of(rule.require.expression):
            left = 0
            if isinstance(atom, x.Age) and atom.fact in board.ages:
                left = atom.wait - board.ages[atom.fact]
            elif isinstance(atom, x.Since):
                left = atom.wait - board.since.get(atom.clock, INFINITE)
            if left > 0:
                yield left

    def after(self, board: Board, wait: int) -> tuple[Board, Change]:
        """The state `wait` ms later, and what time changed. Must not pass over the next event."""
        over = tuple(sorted(name for name, left in board.fading.items() if left <= wait))
        mute = tuple(sorted(name for name, left in board.old.items() if left <= wait))
        later = replace(
            board,
            now=board.now + wait,
            ages={name: min(INFINITE, age + wait) for name, age in board.ages.items()},
            since={name: min(INFINITE, age + wait) for name, age in board.since.items()},
            fading={name: left - wait for name, left in board.fading.items() if left > wait},
            old={name: left - wait for name, left in board.old.items() if left > wait},
            silenced=board.silenced.union(mute),
            pending={
                name: replace(waiting, left=max(0, waiting.left - wait)) for name, waiting in board.pending.items()
            },
        )
        told_no_more = tuple(name for name in mute if name not in board.silenced)
        return later, Change(later.now, None, silenced=told_no_more, forgotten=over)
