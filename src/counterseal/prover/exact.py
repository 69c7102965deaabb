# SPDX-License-Identifier: Apache-2.0
"""The exact search: one capability set, the best way to each goal, with its path.

A* over the states of docs/prover-model.md, ordered by (window so far and at least to come, told, time, steps).
Waits jump to the next threshold; what is wanted as late as can be is asked for between two (see `between`). What
cannot hurt is done at once and without a branch (eager closure), what no goal needs is cut off first (cone of
influence), what an earlier state covers is not followed. The window is exact; the path is cut to what it needs and
then drawn together in time (trail.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable
from functools import cached_property

from counterseal.prover.acts import acts_of
from counterseal.prover.ahead import Ahead
from counterseal.prover.closure import covers, harmless, peers, wakes
from counterseal.prover.cone import Outline, Plan
from counterseal.prover.findings import Attack
from counterseal.prover.game import Game, TooMuchWorkError
from counterseal.prover.passing import between, elapse
from counterseal.prover.play import ENDLESS, Deed, State, deeds, fire, first, goals, perform, ready
from counterseal.prover.trail import Arrival, Node, attack_of, renamed

MAX_STATES = 60_000
"""States that one search may look at; those of large plans count more."""
MAX_ALL = 100_000
"""States that all searches of one account may look at."""
LARGE = 25  # moves of a plan by which a state counts once more


class Memo:
    """What is kept between the searches of one account under one policy: equal plans have one answer. Games that
    differ in their capabilities alone may share it. `left`: states that may still be looked at."""

    def __init__(self, game: Game, most: int = MAX_ALL) -> None:
        self.outline = Outline(game)
        self.left = most
        self.answers: dict[object, tuple[Arrival | None, int]] = {}
        self.attacks: dict[object, Attack] = {}

    def best(self, made: Plan, horizon: int = ENDLESS, budget: int = MAX_STATES) -> Arrival | None:
        """The best way of a plan if its window is shorter than `horizon` (0 = only if it is silent)."""
        arrival, asked = self.answers.get(made.key, (None, -1))
        if arrival is None and asked < horizon:
            run = Search(made, min(budget, self.left), horizon)
            try:
                run.explore()
            finally:
                self.left -= run.states
            arrival = run.best if run.best is not None and run.best.shorter(horizon) else None
            self.answers[made.key] = arrival, horizon
        return arrival if arrival is not None and arrival.shorter(horizon) else None

    def attack(self, made: Plan, horizon: int = ENDLESS, budget: int = MAX_STATES) -> Attack | None:
        """The attack of the best way, if its window is shorter than `horizon`."""
        arrival = self.best(made, horizon, budget)
        if arrival is None:
            return None
        key = (made.key, made.names)
        if key not in self.attacks:
            self.attacks[key] = attack_of(made, arrival)
        return renamed(self.attacks[key], made)


def search(
    game: Game,
    capabilities: Collection[str],
    outflows: Collection[str] | None = None,
    *,
    horizon: int = ENDLESS,
    budget: int = MAX_STATES,
    told: bool = False,
    memo: Memo | None = None,
) -> dict[str, Attack]:
    """The best attack on each goal that this set reaches; goals that it does not reach are absent.

    `outflows`: None = all that there are, and rules that disclose. `horizon`: only windows shorter than this (ms;
    0: only silent attacks). `told`: time counts from the start, so that the window is the whole time. Raises
    TooMuchWorkError when more than `budget` states would be looked at.
    """
    memo = memo or Memo(game)
    found: dict[str, Attack] = {}
    for goal in sorted(game.goals if outflows is None else outflows):  # one by one: each needs only a few moves
        made = Plan(memo.outline, game, capabilities, goal, told=told)
        attack = memo.attack(made, horizon, budget)
        if attack is not None:
            found[goal] = attack
    return found


def windows(
    game: Game, capabilities: Collection[str], outflows: Iterable[str], memo: Memo, horizon: int = ENDLESS
) -> dict[str, int | None]:
    """The window of each goal that this set reaches, in ms; None = silent. No paths; else as `search`."""
    found: dict[str, int | None] = {}
    for goal in outflows:
        best = memo.best(Plan(memo.outline, game, capabilities, goal), horizon)
        if best is not None:
            found[goal] = best.window
    return found


class Search:
    """`best`: the best arrival so far. Silent beats told; then window, time, steps. `states`: looked at."""

    def __init__(self, made: Plan, budget: int = MAX_STATES, horizon: int = ENDLESS) -> None:
        self.plan, self.budget, self.horizon = made, budget, horizon
        self.acts = acts_of(made)
        self.best: Arrival | None = None
        self.states, self.weight = 0, 1 + len(made.moves) // LARGE
        self.seen: set[State] = set()
        self.best_of: dict[object, list[tuple[int, State]]] = {}
        self.heap: list[tuple[int, bool, int, int, int, Node]] = []
        self.count = 0

    @cached_property
    def ahead(self) -> Ahead:
        """What it takes to get to the goal; few searches look at a state of which the owner knows."""
        return Ahead(self.acts)

    def push(self, node: Node) -> None:
        """Untold states are closed here, so that time counts; told ones when it is their turn, if it comes."""
        if node.state in self.seen:
            return
        if not node.state.told:
            self.seen.add(node.state)
            node = self.close(node)
        least = node.window + self.ahead.least(node.state) if node.state.told else 0
        if least < self.horizon or not node.state.told:
            self.count += 1
            heapq.heappush(self.heap, (least, node.state.told, node.time, node.steps, self.count, node))

    def explore(self) -> None:
        """Look for the best arrival. Raises TooMuchWorkError."""
        if not self.acts.goals:
            return
        self.push(Node(first(self.plan), 0, 0, 0, None, None))
        while self.heap:
            least, *_, node = heapq.heappop(self.heap)
            if self.finished(node, least):
                return
            if node.state.told:
                if node.state in self.seen:
                    continue
                self.seen.add(node.state)
                node = self.close(node)
            if self.dominated(node):
                continue
            self.states += self.weight
            if self.states > self.budget:
                raise TooMuchWorkError(
                    "the exact search would look at too many states",
                    code="policy_too_large",
                    hint="The bound is still valid: no window is shorter than it says.",
                )
            for after in self.after(node):
                self.push(after)

    def finished(self, node: Node, least: int) -> bool:
        """Whether nothing better can come: there is a way as good as this state's can be."""
        if self.best is None:
            return False
        return self.best.silent or (node.state.told and self.best.rank <= (1, least, node.time, 0))

    def dominated(self, node: Node) -> bool:
        """Whether a state that is no later has everything that this one has: what follows from it is no worse."""
        state, window = node.state, node.window
        front = self.best_of.setdefault(peers(self.acts, state), [])
        if any(at <= window and covers(other, state) for at, other in front):
            return True
        front[:] = [(at, other) for at, other in front if at < window or not covers(state, other)]
        front.append((window, state))
        return False

    def after(self, node: Node) -> Iterable[Node]:
        """Every state one branch further: an action that may hurt, a pending one that takes effect, a wait."""
        acts, state = self.acts, node.state
        found = list(deeds(acts, state))
        for deed in found:
            yield node.then(perform(acts, state, deed), deed)
        held = False
        for index in ready(acts, state):
            held = True
            move, after = fire(acts, state, index)
            if move.name == self.plan.goal:
                self.arrive(node.fired(after, index), None)
            else:
                yield node.fired(after, index)
        if not held:
            yield from self.between(node, found)
            passed, after = elapse(self.plan, state)
            if passed:
                yield node.passed(after, passed)

    def between(self, node: Node, found: Iterable[Deed]) -> Iterable[Node]:
        """What is asked for between two thresholds, so that it takes effect no sooner than it may: moves that are
        `late`. While one of them waits unheard, the first notice too may be wanted as late as can be."""
        acts, state = self.acts, node.state
        if not acts.late or not (state.told or any(at in acts.late for at, _, _ in state.pending)):
            return
        some = [
            deed
            for deed in found
            if deed.at in acts.late
            or (deed.heard and not state.told)
            or wakes(acts, state, acts.all[deed.at], later=True)
        ]
        for moment in between(acts, state) if some else ():
            passed, later = elapse(self.plan, state, moment)
            waited = node.passed(later, passed)
            for deed in some:
                yield waited.then(perform(acts, later, deed), deed)

    def close(self, node: Node) -> Node:
        """Do everything that cannot hurt, and note the goals that can be had from here. Before the owner is told a
        wait hurts nothing either."""
        acts = self.acts
        while True:
            deed = harmless(acts, node.state)
            while deed is not None:
                node = node.then(perform(acts, node.state, deed), deed)
                deed = harmless(acts, node.state, deed.at)
            for deed in goals(acts, node.state):
                if not node.state.pending or not deed.move.delay:
                    self.arrive(node, deed)
            if node.state.told or node.state.pending:
                return node
            passed, state = elapse(self.plan, node.state)
            if not passed:
                return node
            node = node.passed(state, passed)

    def arrive(self, node: Node, deed: Deed | None) -> None:
        """Note a way to the goal."""
        arrival = Arrival(node, deed)
        if self.best is None or arrival.rank < self.best.rank:
            self.best = arrival
