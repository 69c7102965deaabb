# SPDX-License-Identifier: Apache-2.0
"""Unrolling of schedule.Game, one step after the other, and the enumeration of minimal capability sets."""

from __future__ import annotations

import time
from typing import Any

import z3

from counterseal.core.policy.compile import factors_of
from counterseal.core.policy.model import Policy, Rule
from counterseal.prover.findings import Start
from tests.oracle.schedule import NEVER, Game, Moment

Term = Any
SECONDS = 120
"""So long one question may take; after that UndecidedError."""


class UndecidedError(RuntimeError):
    """The solver gave up: no answer."""


def minimal_sets(
    policy: Policy, start: Start, outflow: str, window_ms: int | None, *, steps: int | None = None
) -> set[frozenset[str]]:
    """Every minimal capability set with a way in which value leaves by `outflow` silently or with a window below
    `window_ms` (None = any window, 0 = silently). `steps`: the longest way that is tried; None = schedule's bound.

    Raises UndecidedError when the solver gives up.
    """
    return Schedule(policy, start, outflow, window_ms).minimal_sets(steps)


class Schedule:
    """The unrolled game. `seconds`: CPU so far; `depth`: steps unrolled."""

    def __init__(self, policy: Policy, start: Start, outflow: str, window_ms: int | None) -> None:
        self.game = Game(policy, start)
        self.outflow, self.window_ms = outflow, window_ms
        self.solver = z3.SolverFor("QF_LIA")
        self.solver.set(timeout=SECONDS * 1000, random_seed=1)
        self.depth, self.seconds = 0, 0.0
        self.last = Moment(self.game, 0)
        self.now: Term = z3.IntVal(0)
        self.solver.add(*self.game.begin(self.last))

    def minimal_sets(self, steps: int | None = None) -> set[frozenset[str]]:
        """Unroll until the bound, or until no way goes on."""
        began = time.process_time()
        found: set[frozenset[str]] = set()
        reachable = any(rule.name == self.outflow for rule in self.game.rules)
        while reachable and self.depth < (steps or self.game.most):
            goal = self._unroll()
            while frozenset() not in found and self._possible(goal):
                smallest = self._shrink(goal, self._chosen())
                found.add(smallest)
                self.solver.add(z3.Or(*(z3.Not(self.game.has[name]) for name in smallest)))
            if frozenset() in found or not self._possible(z3.BoolVal(val=True)):
                break
        self.seconds += time.process_time() - began
        # A longer way may need less than a shorter one.
        return {one for one in found if not any(other < one for other in found)}

    def _possible(self, *assumed: Term) -> bool:
        answer = self.solver.check(*assumed)
        if answer == z3.unknown:
            raise UndecidedError(self.solver.reason_unknown())
        return answer == z3.sat

    def _chosen(self) -> frozenset[str]:
        model = self.solver.model()
        return frozenset(name for name, has in self.game.has.items() if z3.is_true(model[has]))

    def _shrink(self, goal: Term, chosen: frozenset[str]) -> frozenset[str]:
        """A minimal subset for ways of this length."""
        for name in sorted(chosen):
            if name not in chosen:
                continue
            absent = [z3.Not(has) for other, has in self.game.has.items() if other not in chosen or other == name]
            if self._possible(goal, *absent):
                chosen = self._chosen()
        return chosen

    # ------------------------------------------------------------ one more step

    def _unroll(self) -> Term:
        """Add one step; the term says that value leaves in it, soon enough."""
        game, at, number = self.game, self.last, self.depth
        after = Moment(game, number + 1)
        now = z3.Int(f"time.{number}")
        self.solver.add(now >= self.now, now < NEVER, *self._time_passes(at, now))
        uses = {name: z3.Bool(f"use.{name}.{number}") for name in game.words.once}
        asks = {rule.name: z3.Bool(f"ask.{rule.name}.{number}") for rule in game.rules}
        fires = {rule.name: z3.Bool(f"fire.{rule.name}.{number}") for rule in game.rules if rule.delay}
        self.solver.add(z3.PbEq([(term, 1) for term in (*asks.values(), *fires.values())], 1))
        for name, used in uses.items():
            self.solver.add(z3.Implies(used, z3.And(game.has[name], z3.Not(at["spent"][name]))))
        changes: list[tuple[Term, dict[tuple[str, str], Term]]] = []
        told = []
        for rule in game.rules:
            changes.append((asks[rule.name], self._ask(rule, at, now, asks[rule.name], uses)))
            told.append(z3.And(asks[rule.name], game.reached(rule, at, now)))
            if rule.delay:
                fire = fires[rule.name]
                self.solver.add(z3.Implies(fire, game.ready(rule, at, now)))
                done = {("pending", rule.name): z3.BoolVal(val=False)}
                changes.append((fire, {**done, **game.effect(rule, at, now)}))
        self._carry(at, after, changes, uses)
        hears = z3.And(z3.Not(at["told"][""]), z3.Or(*told))
        self.solver.add(after["told"][""] == z3.Or(at["told"][""], hears))
        self.solver.add(after["first"][""] == z3.If(hears, now, at["first"][""]))
        self.last, self.now, self.depth = after, now, number + 1
        leaves = fires.get(self.outflow, asks[self.outflow])
        return z3.And(leaves, self._soon(after, now))

    def _soon(self, after: Moment, now: Term) -> Term:
        if self.window_ms is None:
            return z3.BoolVal(val=True)
        window = (now - after["first"][""]) * self.game.words.unit
        return z3.Or(z3.Not(after["told"][""]), window < self.window_ms)

    def _time_passes(self, at: Moment, now: Term) -> list[Term]:
        """Time does not pass over the moment at which a pending action takes effect: requirements that hold at one
        time hold later, so it is enough that none was ready one unit before."""
        delayed = [rule for rule in self.game.rules if rule.delay]
        return [
            z3.Implies(z3.And(now > self.now, now - 1 >= self.now), z3.Not(self.game.ready(rule, at, now - 1)))
            for rule in delayed
        ]

    def _ask(
        self, rule: Rule, at: Moment, now: Term, ask: Term, uses: dict[str, Term]
    ) -> dict[tuple[str, str], Term]:
        """Constraints of asking for a rule; what changes."""
        game = self.game
        proved = game.provable(rule, at, uses)
        meets = game.holds(rule.require.expression, at, now, proved)
        self.solver.add(z3.Implies(ask, meets))
        if not rule.delay:
            after = game.effect(rule, at, now)
            if game.must_gain and rule.name != self.outflow:
                self.solver.add(z3.Implies(ask, game.gains(at, after)))
            return after
        self.solver.add(z3.Implies(ask, z3.Not(at["pending"][rule.name])))
        for name, used in uses.items():  # a minimal set of one-shot capabilities
            rest = {other: term for other, term in uses.items() if other != name}
            less = game.holds(rule.require.expression, at, now, game.provable(rule, at, rest))
            self.solver.add(z3.Implies(z3.And(ask, used), z3.Not(less)))
        asked = set(factors_of(rule.require.expression))
        pending: dict[tuple[str, str], Term] = {
            ("pending", rule.name): z3.BoolVal(val=True),
            ("due", rule.name): now + game.units(rule.delay),
        }
        given = {("given", f"{rule.name} {f}"): term for f, term in proved.items() if f in asked}
        return {**pending, **given}

    def _carry(
        self,
        at: Moment,
        after: Moment,
        changes: list[tuple[Term, dict[tuple[str, str], Term]]],
        uses: dict[str, Term],
    ) -> None:
        """The state after the step: what the chosen rule changed; the rest is as it was."""
        for part, terms in at.parts.items():
            for name, term in terms.items():
                if part in ("told", "first"):
                    continue
                value = z3.Or(term, uses[name]) if part == "spent" else term
                for chosen, change in changes:
                    if (part, name) in change:
                        value = z3.If(chosen, change[part, name], value)
                self.solver.add(after[part][name] == value)


__all__ = ["NEVER", "Schedule", "UndecidedError", "minimal_sets"]
