# SPDX-License-Identifier: Apache-2.0
"""The reference attacker: docs/prover-model.md played out move by move, for one set of capabilities.

Written for clarity only. A state is plain tuples and sets; time passes in units of the greatest common divisor of
all waits (every wait is a multiple of it, so no best moment lies between two units); every set of proofs that
could be given is tried. No cubes, no slicing, no eager moves, no code of the prover's engines or of its replay.

Dijkstra over everything: first the ways in which nobody was told, then the least time since the first notice, then
the least total time, then the fewest steps.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from itertools import count
from typing import NamedTuple

from counterseal.core.policy.model import Policy
from counterseal.prover.findings import Attack, Gift, Start, Step, Use
from tests.reference.game import Rules, State


class TooManyStatesError(Exception):
    """The game is too large to be tried out."""


class Did(NamedTuple):
    """A step: the rule, the proofs with their sources, whom its notice reached."""

    rule: str
    uses: tuple[Use, ...]
    reached: tuple[str, ...]


class Fired(NamedTuple):
    """A pending action took effect."""

    rule: str


class Waited(NamedTuple):
    """Time passed."""

    ms: int


Event = Did | Fired | Waited


class Cost(NamedTuple):
    """What is made least, in this order."""

    told: int
    since_told: int
    total: int
    steps: int


Entry = tuple[Cost, int, State, str, tuple[State, Event] | None]
"""Cost, a number that breaks ties, the state, the outflow by which value leaves here, where it came from."""


def explore(
    policy: Policy,
    start: Start,
    capabilities: Collection[str],
    gift: Gift | None = None,
    *,
    most: int = 200_000,
) -> dict[str, int | str | None]:
    """Outflow or disclosing rule -> `silent`, the window in ms, or None = never.

    Raises TooManyStatesError when there are more than `most` states.
    """
    found = witnesses(policy, start, capabilities, gift, most=most)
    return {
        name: None if attack is None else "silent" if attack.window is None else attack.window
        for name, attack in found.items()
    }


def witnesses(
    policy: Policy,
    start: Start,
    capabilities: Collection[str],
    gift: Gift | None = None,
    *,
    most: int = 200_000,
) -> dict[str, Attack | None]:
    """Outflow or disclosing rule -> the best way, None = there is none."""
    return Explorer(policy, start, capabilities, gift or Gift(), most).search()


class Explorer(Rules):
    """Dijkstra over every state of the game."""

    def __init__(self, policy: Policy, start: Start, capabilities: Collection[str], gift: Gift, most: int) -> None:
        super().__init__(policy, start, capabilities, gift)
        self.most = most
        self.capabilities = tuple(capabilities)
        self.came: dict[State, tuple[State, Event] | None] = {}
        self.states = 0

    def search(self) -> dict[str, Attack | None]:
        """The best way for every outflow and every rule that discloses."""
        found: dict[str, Attack | None] = {
            name: None for name, rule in self.policy.rules.items() if rule.outflow or rule.discloses
        }
        number = count()
        heap: list[Entry] = [(Cost(0, 0, 0, 0), next(number), self.first(), "", None)]
        while heap and not all(found.values()):
            cost, _, state, outflow, came = heapq.heappop(heap)
            if outflow:
                if found[outflow] is None:
                    found[outflow] = self.attack(outflow, cost, came)
                continue
            if state in self.came:
                continue
            self.came[state] = came
            self.states = len(self.came)
            if self.states > self.most:
                raise TooManyStatesError(f"more than {self.most} states")
            for event, after, left in self.moves(state):
                more = self.dearer(cost, event, state, after)
                heapq.heappush(heap, (more, next(number), after, "", (state, event)))
                if left in found:
                    heapq.heappush(heap, (more, next(number), after, left, (state, event)))
        return found

    def dearer(self, cost: Cost, event: Event, before: State, after: State) -> Cost:
        """The cost after one more event. Time before the first step does not count."""
        passed = event.ms if isinstance(event, Waited) else 0
        return Cost(
            told=int(after.told),
            since_told=cost.since_told + (passed if before.told else 0),
            total=cost.total + (passed if before.begun else 0),
            steps=cost.steps + isinstance(event, Did),
        )

    def moves(self, state: State) -> Iterator[tuple[Event, State, str]]:
        """What can happen next: the event, the state after it, and the rule that took effect by it."""
        waiting = {name for name, _, _ in state.pending}
        for name, rule in self.rules.items():
            if name in waiting:
                continue
            for uses, spent in self.offers(state, rule):
                proofs = frozenset(use.factor for use in uses)
                reached = self.reached(state, rule)
                event = Did(name, uses, reached)
                after = state._replace(spent=state.spent | spent, told=state.told or bool(reached), begun=True)
                if self.ms(rule.delay):
                    pending = after.pending | {(name, self.ms(rule.delay), proofs)}
                    yield event, after._replace(pending=pending), ""
                else:
                    yield event, self.effect(after, rule), name
        due = self.due(state)
        for name in due:
            yield Fired(name), self.effect(state, self.rules[name]), name
        if not due and self.unit:
            yield Waited(self.unit), self.later(state), ""

    # ------------------------------------------------------------ the way found

    def attack(self, outflow: str, cost: Cost, came: tuple[State, Event] | None) -> Attack:
        """The events that led here as a path; the outflow stands last."""
        events: list[tuple[State, Event]] = []
        while came is not None:
            events.append(came)
            came = self.came[came[0]]
        now, told = 0, None
        steps: list[Step] = []
        asked: dict[str, int] = {}
        for state, event in reversed(events):
            if isinstance(event, Waited):
                now += event.ms if steps else 0
            elif isinstance(event, Fired):
                steps[asked[event.rule]] = _with_effect(steps[asked[event.rule]], now)
            else:
                asked[event.rule] = len(steps)
                steps.append(self.step(state, event, now))
                told = now if told is None and event.reached else told
        steps.append(steps.pop(asked[outflow]))
        window = None if told is None else now - told
        assert window == (cost.since_told if cost.told else None)
        return Attack(self.capabilities, outflow, window, now, tuple(steps))

    def step(self, state: State, event: Did, now: int) -> Step:
        """One step as the findings write it."""
        rule = self.rules[event.rule]
        notice = "reached" if event.reached else "muted" if rule.notify else "none"
        return Step(
            action=rule.name,
            at=now,
            effect=now + self.ms(rule.delay),
            uses=event.uses,
            facts=self.rests_on(state, rule, [use.factor for use in event.uses]),
            notice=notice,
            reached=event.reached,
            line=rule.line,
        )


def _with_effect(step: Step, effect: int) -> Step:
    return Step(step.action, step.at, effect, step.uses, step.facts, step.notice, step.reached, step.line)
