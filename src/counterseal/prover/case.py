# SPDX-License-Identifier: Apache-2.0
"""One policy against one kind of account: every question about attackers goes through here, and is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property

from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.prover.bound import bound
from counterseal.prover.classes import Classes, Way
from counterseal.prover.cone import Plan
from counterseal.prover.exact import Memo, search
from counterseal.prover.findings import Attack, Gift, Start
from counterseal.prover.game import Game, Move, compile_game
from counterseal.prover.minimal import EVER, Finder, horizon_of, minimal_attacks
from counterseal.prover.reached import BEFORE
from counterseal.prover.space import MAX_CLASSES, Space, every_set, these, up_to
from counterseal.prover.witness import Windows

NO_GIFT = Gift()


class Case:
    """`gift`: assumptions that are dropped. Nothing here is decided by a clock or by chance."""

    def __init__(self, policy: Policy, start: Start, gift: Gift = NO_GIFT) -> None:
        self.policy, self.start, self.gift = policy, start, gift
        self._finders: dict[object, Finder] = {}

    @cached_property
    def game(self) -> Game:
        """The compiled game."""
        return compile_game(self.policy, self.start, self.gift)

    @cached_property
    def classes(self) -> Classes:
        """The classes of all capabilities of the vocabulary."""
        return Classes(self.game)

    @cached_property
    def memo(self) -> Memo:
        """What all searches of this account share."""
        return Memo(self.game)

    @cached_property
    def outflows(self) -> tuple[str, ...]:
        """Outflow rules of the policy."""
        return tuple(rule.name for rule in self.policy.rules.values() if rule.outflow)

    @cached_property
    def disclosures(self) -> tuple[str, ...]:
        """Rules of the policy that disclose."""
        return tuple(rule.name for rule in self.policy.rules.values() if rule.discloses)

    @cached_property
    def full(self) -> Finder:
        """Over every set of all capabilities, or, where they differ in too many ways, every set of up to four."""
        if self.complete:
            return self._finder("every", lambda: every_set(self.classes))
        return self._finder("four", lambda: up_to(self.classes, 4))

    @property
    def complete(self) -> bool:
        """Whether `full` covers every set."""
        return len(self.classes) <= MAX_CLASSES

    def up_to(self, size: int) -> Finder:
        """Over every set of at most so many capabilities (and some larger ones)."""
        wide = size
        ways = [way for group in self.classes.members for way in group if isinstance(way, Way)]
        single = {way[0] for group in self.classes.members for way in group if not isinstance(way, Way)}
        if any(single & set(way) for way in ways):  # one capability may stand in two classes
            wide = 2 * size
        return self._finder(("size", wide), lambda: up_to(self.classes, wide))

    def among(self, names: Collection[str]) -> Finder:
        """Over every subset of these capabilities."""
        return self._finder(("among", frozenset(names)), lambda: every_set(Classes(self.game, names)))

    def _finder(self, key: object, build: Callable[[], Space]) -> Finder:
        found = self._finders.get(key)
        if found is None:
            space = build()
            found = self._finders[key] = Finder(self.game, space, bound(self.game, space), self.memo)
        return found

    def _of(self, names: Collection[str]) -> tuple[Finder, int]:
        """A finder whose space has this set, and its position there."""
        one = these(self.classes, [names])
        if self.complete:
            return self.full, one.chosen(0)
        return self._finder(("one", one.chosen(0)), lambda: one), 0

    def may(self, names: Collection[str], window: int, goals: Sequence[str]) -> list[str]:
        """Goals that the bound does not clear for this set of capabilities."""
        finder, position = self._of(names)
        desk = self.classes.desk
        open_ = [
            goal
            for goal in goals
            if goal not in desk and goal in finder.reached and finder.may(goal, window) >> position & 1
        ]
        return open_ + [goal for goal in goals if any(set(way) <= set(names) for way in desk.get(goal, ()))]

    def worst(self, names: Collection[str], window: int, goals: Sequence[str]) -> dict[str, Attack]:
        """The attacks of this one set with a window shorter than this."""
        wanted = self.may(names, window, goals)
        return search(self.game, names, wanted, horizon=horizon_of(window), memo=self.memo)

    @cached_property
    def twins(self) -> dict[str, str]:
        """Goal -> the first goal whose rule is the same but for its name: their windows are equal."""
        first: dict[Move, str] = {}
        goals = [move for move in self.game.moves if move.goal]
        return {move.name: first.setdefault(replace(move, name="", line=0), move.name) for move in goals}

    @cached_property
    def settled(self) -> Windows:
        """The windows that were asked for."""
        return Windows(self.memo)

    def windows(
        self, names: Collection[str], window: int, goals: Sequence[str], known: Iterable[Attack] = ()
    ) -> dict[str, int | None]:
        """The windows shorter than this of this one set; None = silent. Cheaper than the attacks. `known`: attacks
        that were found before."""
        finder, position = self._of(names)
        most = least_windows(known, names)
        found: dict[str, int | None] = {}
        for goal in self.may(names, window, goals):
            one = finder.reached.get(goal)
            bounded = BEFORE if one is None or goal in self.classes.desk else one.window(position)
            least = BEFORE if bounded is None else bounded
            best = most.get(goal)
            if best is None or best > least:
                made = Plan(self.memo.outline, self.game, names, self.twins[goal])
                sooner = self.settled.window(made, least, min(horizon_of(window), EVER if best is None else best))
                best = best if sooner is None else sooner
            if best is not None and best < horizon_of(window):
                found[goal] = None if best == BEFORE else best
        return found

    def attacks(
        self, names: Collection[str], window: int, goals: Sequence[str], *, largest: int | None = None
    ) -> list[Attack]:
        """Every minimal set among these capabilities with a window shorter than this, of up to `largest`. The whole
        set is tried first: where it does nothing, nothing in it does."""
        if largest is not None:
            return minimal_attacks(self.up_to(largest), window, self._there(goals), largest=largest)
        reachable = self.windows(names, window, goals)
        if not reachable:
            return []
        everything = frozenset(names) >= self.policy.vocabulary.capabilities.keys()
        finder = self.full if everything else self.among(names)
        return minimal_attacks(finder, window, [goal for goal in goals if goal in reachable])

    def _there(self, goals: Sequence[str]) -> list[str]:
        there = set(self.game.goals)
        return [goal for goal in goals if goal in there]

    def window(self, names: Collection[str], goal: str) -> Attack | None:
        """The best attack of one set on one goal."""
        return search(self.game, names, [goal], memo=self.memo).get(goal) if goal in self.game.goals else None

    def table(self, names: Collection[str]) -> dict[str, Attack]:
        """The best attack of one set on every goal that the bound does not clear."""
        return self.worst(names, EVER, self._there((*self.disclosures, *self.outflows)))

    def row(self, names: Collection[str], known: Iterable[Attack] = ()) -> dict[str, int | None]:
        """The window of one set on every outflow that it reaches; None = silent."""
        return self.windows(names, EVER, self._there(self.outflows), known)


def least_windows(attacks: Iterable[Attack], names: Collection[str]) -> dict[str, int]:
    """Goal -> the shortest window of these attacks that a set can make; BEFORE = silent. With more capabilities no
    window is longer."""
    chosen, found = frozenset(names), dict[str, int]()
    for attack in attacks:
        if chosen.issuperset(attack.capabilities):
            window = BEFORE if attack.window is None else attack.window
            found[attack.outflow] = min(window, found.get(attack.outflow, EVER))
    return found
