# SPDX-License-Identifier: Apache-2.0
"""Z3 as an oracle: the game as a schedule of k steps, in which the solver also chooses the capabilities.

A step is an action, or a pending action that takes effect. Times are whole units since the start, so that what
grows while time passes needs no variable of its own. `minimal_sets` unrolls one step after the other.

**The bound on steps.** A shortest way gains something at every step, or could do without it; it does an action
again only after something that it gave was lost. So nothing longer is asked for than every action and every effect
once, and each losing rule's and each spent capability's share once more. A way that needed more would be a set that
the other engines find and this one does not: a disagreement, never a silent pass. Where no rule takes effect later,
steps that gain nothing are left out altogether, and the search ends as soon as no way has k gaining steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import z3

from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Policy, Rule
from counterseal.prover.findings import Start
from tests.oracle.words import WEEK, contact_channels, fade_wait, only_once, relevant, words_of

LONG_AGO = -(10**6)
NEVER = 10**6

Term = Any
"""A term of Z3, whose classes are not typed."""


class Moment:
    """The state before one step: name -> term, for every part of docs/prover-model.md's table. Times in units."""

    def __init__(self, game: Game, number: int) -> None:
        def bools(kind: str, names: Sequence[str]) -> dict[str, Term]:
            return {name: z3.Bool(f"{kind}.{name}.{number}") for name in names}

        def times(kind: str, names: Sequence[str]) -> dict[str, Term]:
            return {name: z3.Int(f"{kind}.{name}.{number}") for name in names}

        delayed = [rule.name for rule in game.rules if rule.delay]
        self.parts: dict[str, dict[str, Term]] = {
            "held": bools("held", game.words.facts),
            "since": times("since", list(game.words.since)),  # when the clock last restarted
            "begun": times("begun", list(game.words.age)),  # since when the fact is held
            "enrolled": bools("enrolled", game.words.factors),
            "bound": bools("bound", game.words.factors),
            "known": bools("known", game.words.factors),
            "fades": times("fades", list(game.words.fades)),  # until when it counts
            "silenced": bools("silenced", game.channels),
            "ends": times("ends", game.channels),  # when the old contact is told no more
            "spent": bools("spent", game.words.once),
            "pending": bools("pending", delayed),
            "due": times("due", delayed),
            "given": bools("given", [f"{rule} {f}" for rule in delayed for f in game.words.factors]),
            "told": {"": z3.Bool(f"told.{number}")},
            "first": {"": z3.Int(f"first.{number}")},
        }

    def __getitem__(self, part: str) -> dict[str, Term]:
        return self.parts[part]


class Game:
    """One policy and account as constraints. `has`: capability -> the solver's choice."""

    def __init__(self, policy: Policy, start: Start) -> None:
        self.policy, self.start = policy, start
        self.words = words_of(policy, [start])
        self.rules = relevant(policy)
        self.specs = policy.vocabulary.capabilities
        self.has = {name: z3.Bool(f"has.{name}") for name in self.specs}
        self.channels = [name for name in policy.vocabulary.channels if name in start.channels]
        harmful = [r for r in self.rules if r.delay and (r.revokes or r.removes or r.holds or r.starts)]
        self.must_gain = not harmful  # else a restarted clock could keep a harmful effect away
        losing = sum(1 for r in self.rules if r.revokes or r.removes)
        self.most = len(self.rules) + sum(1 for r in self.rules if r.delay) + losing + len(self.words.once)

    def units(self, time: int) -> int:
        """Ms -> units (exact: the unit divides every time of the game)."""
        return time // self.words.unit

    # ------------------------------------------------------------ the start

    def begin(self, at: Moment) -> list[Term]:
        """The account and what the chosen capabilities give, at time 0."""
        start = self.start
        free = {f: self.any_of(lambda s, f=f: f in s.holds) for f in self.words.facts}
        made: list[Term] = [at["held"][f] == z3.Or(free[f], f in start.facts) for f in self.words.facts]
        for fact, term in at["begun"].items():
            begun = -self.units(start.facts[fact]) if fact in start.facts else LONG_AGO
            made.append(term == z3.If(free[fact], LONG_AGO, begun))
        made += [at["enrolled"][f] == (f in start.enrolled) for f in self.words.factors]
        made += [at["bound"][f] == (f in start.bound) for f in self.words.factors]
        made += [z3.Not(term) for part in ("known", "silenced", "spent", "pending") for term in at[part].values()]
        made += [z3.Not(term) for term in (*at["given"].values(), at["told"][""])]
        made += [term == self.units(start.fading.get(f, 0)) for f, term in at["fades"].items()]
        made += [term == NEVER for term in (*at["ends"].values(), *at["due"].values(), at["first"][""])]
        for clock, term in at["since"].items():
            made.append(term == (-self.units(start.since[clock]) if clock in start.since else LONG_AGO))
        return made

    def any_of(self, able: Any) -> Term:
        """Some chosen capability is one of these."""
        return z3.Or(*(self.has[name] for name, spec in self.specs.items() if able(spec)))

    # ------------------------------------------------------------ requirements

    def provable(self, rule: Rule, at: Moment, uses: Mapping[str, Term]) -> dict[str, Term]:
        """Factor -> whether it can be proved to this rule, with these one-shot capabilities."""
        found = {}
        for factor in self.words.factors:
            once = [term for name, term in uses.items() if factor in self.specs[name].once]
            proved = z3.Or(
                at["bound"][factor], at["known"][factor], self.any_of(lambda s, f=factor: f in s.proves), *once
            )
            found[factor] = proved if rule.subject == "request" else z3.And(at["enrolled"][factor], proved)
        return found

    def holds(  # noqa: PLR0911 - one for each kind of atom
        self, tree: x.Expression, at: Moment, now: Term, proved: Mapping[str, Term]
    ) -> Term:
        """Whether a requirement holds at a time."""
        match tree:
            case x.And(items):
                return z3.And(*(self.holds(item, at, now, proved) for item in items))
            case x.Or(items):
                return z3.Or(*(self.holds(item, at, now, proved) for item in items))
            case x.Proof(factor):
                return proved[factor]
            case x.Fact(name):
                return at["held"][name]
            case x.Age(name, wait):
                return z3.And(at["held"][name], now - at["begun"][name] >= self.units(wait))
            case x.Since(clock, wait):
                return now - at["since"][clock] >= self.units(wait)
            case x.AtLeast(count, factors):
                channels = {self.policy.vocabulary.factors[name].channel for name in factors}
                each = [
                    z3.Or(*(proved[f] for f in factors if self.policy.vocabulary.factors[f].channel == channel))
                    for channel in sorted(channels)
                ]
                return z3.PbGe([(term, 1) for term in each], count)
            case x.Strongest(factors):
                found: Term = z3.BoolVal(val=False)
                for name in reversed(factors):
                    counts = at["enrolled"][name]
                    if name in at["fades"]:
                        counts = z3.Or(counts, now < at["fades"][name])
                    found = z3.If(counts, z3.And(at["enrolled"][name], proved[name]), found)
                return found
        return z3.BoolVal(val=True)

    def ready(self, rule: Rule, at: Moment, now: Term) -> Term:
        """A pending action is due and its requirement holds, with the proofs that it was given."""
        proved = {}
        for factor in self.words.factors:
            given = at["given"][f"{rule.name} {factor}"]
            proved[factor] = given if rule.subject == "request" else z3.And(given, at["enrolled"][factor])
        over = z3.And(at["pending"][rule.name], now >= at["due"][rule.name])
        return z3.And(over, self.holds(rule.require.expression, at, now, proved))

    def reached(self, rule: Rule, at: Moment, now: Term) -> Term:
        """Some notice of this rule reaches the owner."""
        told = [name for name in rule.notify or () if name in self.channels]
        return z3.Or(
            *(
                z3.Not(z3.Or(at["silenced"][k], now >= at["ends"][k], self.any_of(lambda s, k=k: k in s.mutes)))
                for k in told
            )
        )

    # ------------------------------------------------------------ effects

    def effect(self, rule: Rule, at: Moment, now: Term) -> dict[tuple[str, str], Term]:
        """(part, name) -> its value after the rule took effect; what is not named stays."""
        after: dict[tuple[str, str], Term] = {}

        def value(part: str, name: str) -> Term:
            return after.get((part, name), at[part][name])

        def put(part: str, names: Sequence[str], term: Term) -> None:
            after.update({(part, name): term for name in names if name in at[part]})

        for fact in rule.revokes:
            if fact in at["held"]:
                kept = self.any_of(lambda s, f=fact: f in s.gives)
                after["held", fact] = z3.And(at["held"][fact], kept)
        wait = self.units(fade_wait(self.policy, rule))
        for factor in rule.removes:
            if factor in at["fades"] and rule.holds:
                after["fades", factor] = z3.If(at["enrolled"][factor], now + wait, at["fades"][factor])
            put("enrolled", [factor], z3.BoolVal(val=False))
            put("bound", [factor], z3.BoolVal(val=False))
        for name in rule.grants:
            if name in only_once(self.policy, rule) and name in at["bound"]:
                put("bound", [name], z3.If(value("enrolled", name), value("bound", name), z3.BoolVal(val=True)))
            else:
                put("bound", [name], z3.BoolVal(val=True))
            put("enrolled", [name], z3.BoolVal(val=True))
            put("fades", [name], now)
            if name in at["begun"]:
                after["begun", name] = z3.If(value("held", name), at["begun"][name], now)
            put("held", [name], z3.BoolVal(val=True))
        for channel in contact_channels(self.policy, rule) if rule.verb != "bind" else ():
            if channel in at["ends"]:
                ends = at["ends"][channel]
                after["ends", channel] = z3.If(ends == NEVER, now + self.units(WEEK), ends)
        put("known", rule.discloses, z3.BoolVal(val=True))
        put("silenced", rule.silences, z3.BoolVal(val=True))
        put("since", [*rule.holds, *rule.starts], now)
        return after

    def gains(self, at: Moment, after: Mapping[tuple[str, str], Term]) -> Term:
        """Something good has come: without that a step can be left out."""
        good = ("held", "bound", "known", "enrolled", "silenced", "ends")
        changed = [term != at[part][name] for (part, name), term in after.items() if part in good]
        return z3.Or(*(changed or [z3.BoolVal(val=False)]))
