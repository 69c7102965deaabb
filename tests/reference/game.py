# SPDX-License-Identifier: Apache-2.0
"""The moves of the reference attacker: what holds, what an action does and what time does, by the page."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain, combinations
from math import gcd
from typing import NamedTuple

from counterseal.core.policy import expression as x
from counterseal.core.policy.model import Policy, Rule
from counterseal.prover.findings import Gift, Start, Use

FOREVER = 10**18
WEEK = 7 * 86_400_000
NOTHING: frozenset[str] = frozenset()


class State(NamedTuple):
    """The table of the page. Pairs (name, ms) are sets; a clock that is not there never ran, or is over."""

    ages: frozenset[tuple[str, int]]
    bound: frozenset[str]
    known: frozenset[str]
    enrolled: frozenset[str]
    fading: frozenset[tuple[str, int]]
    since: frozenset[tuple[str, int]]
    silenced: frozenset[str]
    old: frozenset[tuple[str, int]]
    spent: frozenset[str]
    pending: frozenset[tuple[str, int, frozenset[str]]]
    told: bool
    begun: bool  # whether a step was done: times of a path run from the first one


def subsets(items: Collection[str]) -> Iterator[tuple[str, ...]]:
    """All subsets, small ones first."""
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


def leaves_of(expression: x.Expression) -> Iterator[x.Expression]:
    """The leaves of a requirement."""
    if isinstance(expression, x.And | x.Or):
        for item in expression.items:
            yield from leaves_of(item)
    else:
        yield expression


class _Held:
    """A state and the proofs given."""

    def __init__(self, state: State, usable: set[str]) -> None:
        self.usable, self.enrolled = usable, state.enrolled
        self.ages, self.since, self.fading = dict(state.ages), dict(state.since), dict(state.fading)


class Rules:
    """What the moves of one game are."""

    def __init__(self, policy: Policy, start: Start, capabilities: Collection[str], gift: Gift) -> None:
        words = policy.vocabulary
        self.policy, self.words, self.start, self.gift = policy, words, start, gift
        self.specs = [words.capabilities[name] for name in sorted(set(capabilities))]
        self.rules = {name: rule for name, rule in policy.rules.items() if rule.verb != "revoke"}
        self.for_ever = gift.gives.union(*(spec.gives for spec in self.specs))
        self.muted = gift.mutes.union(*(spec.mutes for spec in self.specs))
        self.channel = {name: spec.channel for name, spec in words.factors.items()}
        atoms = [atom for rule in self.rules.values() for atom in leaves_of(rule.require.expression)]
        self.oldest = dict.fromkeys(words.facts, 0)
        self.longest = dict.fromkeys(words.clocks, 0)
        for atom in atoms:
            if isinstance(atom, x.Age):
                self.oldest[atom.fact] = max(self.oldest[atom.fact], self.ms(atom.wait))
            if isinstance(atom, x.Since):
                self.longest[atom.clock] = max(self.longest[atom.clock], self.ms(atom.wait))
        self.unit = gcd(*self._waits(atoms))

    def ms(self, wait: int) -> int:
        """A wait that the policy asks for."""
        return 0 if self.gift.no_waits else wait

    def _waits(self, atoms: list[x.Expression]) -> Iterator[int]:
        """Every wait of the game: all differences between moments are sums of these."""
        yield from (self.ms(atom.wait) for atom in atoms if isinstance(atom, x.Age | x.Since))
        yield from (self.ms(rule.delay) for rule in self.rules.values())
        yield from (self.fades(rule) for rule in self.rules.values() if rule.removes)
        yield from (
            self.ms(WEEK) for rule in self.rules.values() if any(self.replaces(rule, n) for n in rule.grants)
        )
        yield from (age for fact, age in self.start.facts.items() if age < self.oldest[fact])
        yield from (age for clock, age in self.start.since.items() if age < self.longest[clock])
        yield from (self.ms(left) for left in self.start.fading.values())

    def first(self) -> State:
        """The account at the start."""
        start = self.start
        held = dict(start.facts)
        for spec in self.specs:
            held.update(dict.fromkeys(spec.gives | spec.gives_once, FOREVER))
        held.update(dict.fromkeys(self.gift.gives, FOREVER))
        return State(
            ages=self.aged(held),
            bound=start.bound,
            known=NOTHING,
            enrolled=start.enrolled,
            fading=frozenset((name, left) for name, left in start.fading.items() if self.ms(left) > 0),
            since=self.run(dict(start.since)),
            silenced=NOTHING,
            old=frozenset(),
            spent=NOTHING,
            pending=frozenset(),
            told=False,
            begun=False,
        )

    def aged(self, ages: dict[str, int]) -> frozenset[tuple[str, int]]:
        """Ages, no larger than anything asks for."""
        return frozenset((fact, min(age, self.oldest[fact])) for fact, age in ages.items())

    def run(self, since: dict[str, int]) -> frozenset[tuple[str, int]]:
        """Clocks; one that is over for every rule is as one that never ran."""
        return frozenset((clock, age) for clock, age in since.items() if age < self.longest[clock])

    # ------------------------------------------------------------ requirement

    def holds(self, state: State, rule: Rule, proofs: Collection[str]) -> bool:
        """Whether the requirement holds with these proofs and nothing else proved."""
        usable = set(proofs) if rule.subject == "request" else set(proofs) & state.enrolled
        return self._true(rule.require.expression, _Held(state, usable))

    def _true(self, node: x.Expression, held: _Held) -> bool:
        usable = held.usable
        if isinstance(node, x.And | x.Or):
            parts = (self._true(item, held) for item in node.items)
            return all(parts) if isinstance(node, x.And) else any(parts)
        if isinstance(node, x.Proof):
            return node.factor in usable
        if isinstance(node, x.AtLeast):
            return len({self.channel[name] for name in node.factors if name in usable}) >= node.count
        if isinstance(node, x.Strongest):
            here = held.enrolled | held.fading.keys() | usable  # evidence of a request needs no enrolment
            there = [name for name in node.factors if name in here]
            return bool(there) and there[0] in usable
        if isinstance(node, x.Fact):
            return node.name in held.ages
        if isinstance(node, x.Age):
            return node.fact in held.ages and held.ages[node.fact] >= self.ms(node.wait)
        if isinstance(node, x.Since):
            return held.since.get(node.clock, FOREVER) >= self.ms(node.wait)
        return True  # context

    def offers(self, state: State, rule: Rule) -> Iterator[tuple[tuple[Use, ...], frozenset[str]]]:
        """Every set of proofs that meets the requirement, with the one-shot capabilities that it uses up."""
        free = self._free(state)
        left = {spec.name: spec.once for spec in self.specs if spec.once and spec.name not in state.spent}
        can = set(free).union(*left.values())
        if rule.subject != "request":
            can &= state.enrolled
        seen: set[frozenset[str]] = set()
        for given in subsets(sorted(can & rule.require.factors)):
            if not self.holds(state, rule, given):
                continue
            for used in subsets(sorted(left)):
                spent = frozenset(used)
                if not self._minimal(state, rule, given, free, {name: left[name] for name in used}):
                    continue
                if not self.ms(rule.delay) and spent in seen:
                    continue  # without a delay, nobody asks later which proofs they were
                seen.add(spent)
                yield tuple(Use(name, free.get(name) or self._who(name, used)) for name in given), spent

    def _free(self, state: State) -> dict[str, str]:
        """Factor -> a source that is not used up by a proof."""
        found = dict.fromkeys(state.bound, "bound") | dict.fromkeys(state.known, "disclosed")
        found |= dict.fromkeys(self.gift.proves, "given")
        for spec in self.specs:
            found |= dict.fromkeys(spec.proves, spec.name)
        return found

    def _who(self, factor: str, used: Collection[str]) -> str:
        return next(spec.name for spec in self.specs if spec.name in used and factor in spec.once)

    def _minimal(
        self,
        state: State,
        rule: Rule,
        given: Collection[str],
        free: Collection[str],
        used: dict[str, frozenset[str]],
    ) -> bool:
        """Whether these one-shot capabilities give what is not free, and none of them is needless."""

        def able(names: Collection[str]) -> set[str]:
            return set(given) & set(free).union(*(used[name] for name in names))

        if able(used) != set(given):
            return False
        return not any(self.holds(state, rule, able(used.keys() - {name})) for name in used)

    def rests_on(self, state: State, rule: Rule, proofs: Collection[str]) -> tuple[str, ...]:
        """Facts without which the requirement would not hold."""
        needed = dict(state.ages)
        for fact in sorted(needed):
            fewer = {name: age for name, age in needed.items() if name != fact}
            if self.holds(state._replace(ages=frozenset(fewer.items())), rule, proofs):
                needed = fewer
        return tuple(sorted(needed))

    # ------------------------------------------------------------ moves

    def reached(self, state: State, rule: Rule) -> tuple[str, ...]:
        """Where the notice arrives."""
        return tuple(
            name
            for name in rule.notify or ()
            if name in self.start.channels and name not in self.muted and name not in state.silenced
        )

    def fades(self, rule: Rule) -> int:
        """How long what the rule removes still counts for `strongest`."""
        return self.ms(max((self.policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0))

    def one_at_most(self, rule: Rule, name: str) -> bool:
        """A `bind` rule adds the first one only; of passkeys and guardians, and of what is attested, any number."""
        many = (
            name in {"passkey", "guardian"}
            or self.words.factors[name].webauthn
            or self.words.factors[name].attested
        )
        return rule.verb == "bind" and not many

    def replaces(self, rule: Rule, name: str) -> bool:
        """Whether granting this puts a contact of the attacker's in the place of the owner's."""
        spec = self.words.factors.get(name)
        return spec is not None and spec.contact and spec.channel in self.start.channels and rule.verb != "bind"

    def effect(self, state: State, rule: Rule) -> State:
        """What the rule does when it takes effect, in the page's order."""
        ages, fading, old = dict(state.ages), dict(state.fading), dict(state.old)
        enrolled, bound, silenced = set(state.enrolled), set(state.bound), set(state.silenced)
        for fact in rule.revokes:
            if fact not in self.for_ever:
                ages.pop(fact, None)
        for factor in rule.removes:
            if factor in enrolled:
                enrolled.discard(factor)
                bound.discard(factor)
                if self.fades(rule):
                    fading[factor] = self.fades(rule)
        for name in rule.grants:
            if name in self.words.facts:
                ages.setdefault(name, 0)
            elif name not in enrolled or not self.one_at_most(rule, name):
                enrolled.add(name)
                bound.add(name)
                fading.pop(name, None)
                if self.replaces(rule, name) and self.channel[name] not in old:
                    old[self.channel[name]] = self.ms(WEEK)
        silenced.update(rule.silences)
        return self.settled(
            state._replace(
                ages=self.aged(ages),
                bound=frozenset(bound),
                known=state.known.union(rule.discloses),
                enrolled=frozenset(enrolled),
                fading=frozenset(fading.items()),
                since=self.run({**dict(state.since), **dict.fromkeys((*rule.holds, *rule.starts), 0)}),
                silenced=frozenset(silenced),
                old=frozenset(old.items()),
                pending=frozenset(item for item in state.pending if item[0] != rule.name),
            )
        )

    def settled(self, state: State) -> State:
        """Timers at 0 have done what they do; an old contact on a channel that is silent already tells nothing."""
        over = {name for name, left in state.old if left <= 0}
        silenced = state.silenced | over
        return state._replace(
            fading=frozenset((name, left) for name, left in state.fading if left > 0),
            old=frozenset((name, left) for name, left in state.old if name not in silenced),
            silenced=silenced,
        )

    def due(self, state: State) -> list[str]:
        """Pending actions that take effect now."""
        return sorted(
            name
            for name, left, proofs in state.pending
            if left == 0 and self.holds(state, self.rules[name], proofs)
        )

    def later(self, state: State) -> State:
        """One unit of time later."""
        unit = self.unit
        return self.settled(
            state._replace(
                ages=self.aged({name: age + unit for name, age in state.ages}),
                since=self.run({name: age + unit for name, age in state.since}),
                fading=frozenset((name, left - unit) for name, left in state.fading),
                old=frozenset((name, left - unit) for name, left in state.old),
                pending=frozenset((name, max(0, left - unit), proofs) for name, left, proofs in state.pending),
            )
        )
