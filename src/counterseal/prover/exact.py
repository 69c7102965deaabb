# SPDX-License-Identifier: Apache-2.0
"""The exact search: one capability set, the best way to each goal, with its path.

Dijkstra over the states of docs/prover-model.md, ordered by (window so far, told, time, steps). Waits jump to the
next threshold. What cannot hurt is done at once and without a branch (eager closure), what no goal needs is cut off
first (cone of influence), what an earlier state covers is not followed. The window is exact; the path is cut to
what it needs and then drawn together in time (trail.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping

from counterseal.prover.closure import covers, harmless, peers
from counterseal.prover.cone import Plan, plan
from counterseal.prover.findings import Attack
from counterseal.prover.game import Game, TooMuchWorkError
from counterseal.prover.play import ENDLESS, Deed, State, deeds, elapse, fire, first, goals, perform, ready
from counterseal.prover.trail import Arrival, Node, attack_of

MAX_STATES = 200_000


def search(
    game: Game,
    capabilities: Collection[str],
    outflows: Collection[str] | None = None,
    *,
    horizon: int = ENDLESS,
    budget: int = MAX_STATES,
    told: bool = False,
) -> dict[str, Attack]:
    """The best attack on each goal that this set reaches; goals that it does not reach are absent.

    `outflows`: None = all that there are, and rules that disclose. `horizon`: do not look for windows as long as
    this (ms). `told`: time counts from the start, so that the window is the whole time. Raises TooMuchWorkError
    when more than `budget` states would be looked at.
    """
    found: dict[str, Attack] = {}
    for goal in sorted(game.goals if outflows is None else outflows):  # one by one: each needs only a few moves
        run = _Search(plan(game, capabilities, goal, told=told), budget, horizon)
        run.explore()
        if run.best is not None:
            found[goal] = attack_of(run.plan, run.best)
    return found


class _Search:
    """`best`: the best arrival so far. Silent beats told; then window, time, steps."""

    def __init__(self, made: Plan, budget: int = MAX_STATES, horizon: int = ENDLESS) -> None:
        self.plan, self.left, self.horizon = made, budget, horizon
        self.best: Arrival | None = None
        self.seen: set[State] = set()
        self.best_of: dict[object, list[State]] = {}
        self.heap: list[tuple[int, int, int, int, int, Node]] = []
        self.count = 0

    def push(self, node: Node) -> None:
        if node.state not in self.seen:
            self.count += 1
            told = int(node.state.told)
            heapq.heappush(self.heap, (node.window, told, node.time, node.steps, self.count, node))

    def explore(self) -> None:
        self.push(self.close(Node(first(self.plan), 0, 0, 0, None, None)))
        while self.heap:
            node = heapq.heappop(self.heap)[-1]
            if node.state in self.seen:
                continue
            if self.finished(node):
                return
            self.seen.add(node.state)
            if self.dominated(node.state):
                continue
            self.left -= 1
            if self.left < 0:
                raise TooMuchWorkError(
                    "the exact search would look at too many states",
                    code="policy_too_large",
                    hint="The bound is still valid: no window is shorter than it says.",
                )
            for after in self.after(node):
                self.push(self.close(after))

    def finished(self, node: Node) -> bool:
        """Whether nothing better can come: there is a way as good as this state."""
        if node.window >= self.horizon:
            return True
        if self.best is None:
            return False
        return self.best.silent or (node.state.told and self.best.rank <= (1, node.window, node.time, 0))

    def dominated(self, state: State) -> bool:
        """Whether an earlier state has everything that this one has: what follows from it is no worse."""
        front = self.best_of.setdefault(peers(state), [])
        if any(covers(other, state) for other in front):
            return True
        front[:] = [other for other in front if not covers(state, other)]
        front.append(state)
        return False

    def after(self, node: Node) -> Iterable[Node]:
        """Every state one branch further: an action that may hurt, a pending one that takes effect, a wait."""
        state = node.state
        for deed in deeds(self.plan, state):
            yield node.then(perform(self.plan, state, deed), deed)
        held = False
        for index in ready(self.plan, state):
            held = True
            move, after = fire(self.plan, state, index)
            if move.name == self.plan.goal:
                self.arrive(node.fired(after, index), None)
            else:
                yield node.fired(after, index)
        if not held:
            passed, after = elapse(self.plan, state)
            if passed:
                yield node.passed(after, passed)

    def close(self, node: Node) -> Node:
        """Do everything that cannot hurt, and note the goals that can be had from here. Before the owner is told a
        wait hurts nothing either."""
        while True:
            while deed := harmless(self.plan, node.state):
                node = node.then(perform(self.plan, node.state, deed), deed)
            for deed in goals(self.plan, node.state):
                if not node.state.pending or not deed.move.delay:
                    self.arrive(node, deed)
            if node.state.told or node.state.pending:
                return node
            passed, state = elapse(self.plan, node.state)
            if not passed:
                return node
            node = node.passed(state, passed)

    def arrive(self, node: Node, deed: Deed | None) -> None:
        arrival = Arrival(node, deed)
        if self.best is None or arrival.rank < self.best.rank:
            self.best = arrival


def table(
    game: Game, sets: Iterable[Collection[str]], outflows: Collection[str] | None = None
) -> dict[frozenset[str], Mapping[str, Attack]]:
    """The exact answer for each of these sets. Sets that come to the same plan are searched once."""
    wanted = tuple(game.goals if outflows is None else outflows)
    memo: dict[object, Arrival | None] = {}
    found: dict[frozenset[str], Mapping[str, Attack]] = {}
    for names in sets:
        row: dict[str, Attack] = {}
        for goal in wanted:
            made = plan(game, names, goal)
            if made.key not in memo:
                run = _Search(made)
                run.explore()
                memo[made.key] = run.best
            best = memo[made.key]
            if best is not None:
                row[goal] = attack_of(made, best)
        found[frozenset(names)] = row
    return found
