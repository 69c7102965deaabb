# SPDX-License-Identifier: Apache-2.0
"""How soon a set gets to a goal, without the way.

The bound says how soon it can be at best, and mostly it is so: then any way that is as soon settles it. One is
looked for depth first, with few deeds before many, and mostly there after a few states, where the exact search
goes through all that is possible sooner. If this search comes to an end it is exact; if not, the other decides.
"""

from __future__ import annotations

import heapq

from counterseal.prover.closure import covers, peers
from counterseal.prover.cone import Plan
from counterseal.prover.exact import Memo, Search
from counterseal.prover.play import ENDLESS, State, first
from counterseal.prover.reached import BEFORE
from counterseal.prover.trail import Node

MOST = 250  # states


class Dive(Search):
    """A search for any way that is silent or has a window shorter than `horizon`."""

    def __init__(self, made: Plan, horizon: int, budget: int = MOST) -> None:
        super().__init__(made, budget, horizon)
        self.queue: list[tuple[int, bool, int, int, Node]] = []
        self.deeds = 0  # that might hurt, on the way to the state at hand
        self.soonest: dict[State, int] = {}
        self.fronts: dict[object, list[tuple[int, State]]] = {}

    def push(self, node: Node) -> None:
        """Fewest deeds first; of equal ones those after the first notice, latest first."""
        if self.soonest.get(node.state, ENDLESS) <= node.window:
            return
        self.soonest[node.state] = node.window
        deeds = self.deeds + (node.deed is not None)
        node = self.close(node)
        if node.window < self.horizon or not node.state.told:
            self.count += 1
            heapq.heappush(self.queue, (deeds, not node.state.told, -node.window, self.count, node))

    def explore(self) -> None:
        """Look for a way until there is one, or none is left, or too many states were looked at."""
        if self.acts.goals:
            self.push(Node(first(self.plan), 0, 0, 0, None, None))
        while self.queue and not self.found and self.states < self.budget:
            self.deeds, *_, node = heapq.heappop(self.queue)
            if not self.later(node):
                self.states += 1
                for after in self.after(node):
                    self.push(after)

    def later(self, node: Node) -> bool:
        """Whether a state that was there no later has everything that this one has."""
        front = self.fronts.setdefault(peers(self.acts, node.state), [])
        if any(window <= node.window and covers(state, node.state) for window, state in front):
            return True
        front.append((node.window, node.state))
        return False

    @property
    def found(self) -> bool:
        """Whether there is such a way."""
        return self.best is not None and self.best.shorter(self.horizon)

    @property
    def answer(self) -> bool | None:
        """Whether there is such a way; None = it is not known yet."""
        return True if self.found else None if self.queue else False


class Windows:
    """The windows of one account's sets. What was settled is kept: `known`: plan -> its window; `open`: plan -> (no
    window is shorter than the first, some window is shorter than the second). `memo`: for the exact search."""

    def __init__(self, memo: Memo) -> None:
        self.memo = memo
        self.known: dict[object, int] = {}
        self.open: dict[object, tuple[int, int]] = {}

    def window(self, made: Plan, least: int, horizon: int = ENDLESS) -> int | None:
        """The window of a plan if it is shorter than `horizon` (ms; 0 = only if it is silent); BEFORE = silent,
        None = it is not. `least`: the bound's. Raises TooMuchWorkError."""
        if made.key not in self.known and least < horizon and not self.refuted(made, horizon):
            if self.within(made, max(least + 1, 0)):
                self.known.setdefault(made.key, least)
            else:
                self.search(made, horizon)
        found = self.known.get(made.key, ENDLESS)
        return found if found < horizon else None

    def within(self, made: Plan, horizon: int) -> bool:
        """Whether the window of a plan is shorter than `horizon`. Raises TooMuchWorkError."""
        if made.key in self.known:
            return self.known[made.key] < horizon
        never, sure = self.open.get(made.key, (BEFORE, ENDLESS + 1))
        if horizon <= never or horizon >= sure:
            return horizon >= sure
        dive = Dive(made, horizon)
        dive.explore()
        if dive.answer is None:
            return self.search(made, horizon)
        self.open[made.key] = (never, horizon) if dive.answer else (horizon, sure)
        return dive.answer

    def refuted(self, made: Plan, horizon: int) -> bool:
        """Whether it is known that no window of a plan is shorter than this."""
        return made.key in self.open and horizon <= self.open[made.key][0]

    def search(self, made: Plan, horizon: int) -> bool:
        """Ask the exact search; whether the window is shorter than this."""
        best = self.memo.best(made, horizon)
        if best is None:
            return False
        self.known[made.key] = BEFORE if best.window is None else best.window
        return True
