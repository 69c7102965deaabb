# SPDX-License-Identifier: Apache-2.0
"""What a proof rests on: each assumption dropped alone, and the properties that then no longer hold.

An assumption about a factor, a fact or a channel is dropped by one more capability that every set has. One run of
the bound answers all of them, and the search confirms what breaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from msgspec.structs import replace

from counterseal.core.policy import properties as p
from counterseal.core.policy.model import Property
from counterseal.prover.assumptions import ASSUMPTIONS
from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.classes import Classes
from counterseal.prover.exact import windows
from counterseal.prover.findings import Gift
from counterseal.prover.game import Game, TooMuchWorkError, bits, power_of
from counterseal.prover.minimal import EVER, SILENT, Finder, horizon_of
from counterseal.prover.proof import Carrier
from counterseal.prover.space import these
from counterseal.prover.verdicts import leaving_one

TRIES = 12  # searches to confirm that a property breaks; after that it counts as broken


def carriers(case: Case, held: Sequence[Property]) -> tuple[Carrier, ...]:
    """Each assumption, and which of the properties that held break without it."""
    gifts = list(_powers(case))
    plain = [prop for prop in held if _threshold(prop) is not None or isinstance(prop.assert_form, p.LossAtMost)]
    found: list[Carrier] = []
    table = _Table(case, [gift for _, gift in gifts])
    for at, (carrier, _) in enumerate(gifts):
        breaks = tuple(prop.name for prop in plain if table.breaks(at, prop))
        found.append(replace(carrier, breaks=breaks))
    return (*found, *_operations(case, plain))


def _powers(case: Case) -> Iterable[tuple[Carrier, Gift]]:
    """One factor, fact or channel each."""
    words, start = case.policy.vocabulary, case.start
    desk = [rule for rule in case.policy.rules.values() if rule.subject == "request"]
    evidence = {name for rule in desk for name in rule.require.factors}
    for name in sorted(start.enrolled | evidence):
        text = f"nobody can prove `{name}` but the owner and the capabilities that are listed"
        yield Carrier("factor", name, text, ()), Gift(proves=frozenset({name}))
    for name in words.facts:
        text = f"nobody gets a `{name}` of the owner's but by the rules and the capabilities that are listed"
        yield Carrier("fact", name, text, ()), Gift(gives=frozenset({name}))
    for name in sorted(start.channels):
        text = f"only the capabilities that are listed keep notices by `{name}` from the owner"
        yield Carrier("channel", name, text, ()), Gift(mutes=frozenset({name}))


def _threshold(prop: Property) -> int | None:
    match prop.assert_form:
        case p.NoOutflow() | p.NoDisclosure():
            return EVER
        case p.NoSilentOutflow():
            return SILENT
        case p.WindowAtLeast(wait):
            return wait
        case _:
            return None


class _Table:
    """Every gift beside every set that some property speaks of, bounded in one run."""

    def __init__(self, case: Case, gifts: Sequence[Gift]) -> None:
        self.case = case
        self.game, self.names = _with(case.game, gifts)
        self.finders: dict[object, tuple[Finder, list[tuple[str, ...]]]] = {}

    def breaks(self, at: int, prop: Property) -> bool:
        """Whether a property breaks when this gift is given."""
        case = self.case
        if isinstance(prop.assert_form, p.NoDisclosure):
            goals: Sequence[str] = case.disclosures
        else:
            goals = [name for name in case.outflows if name not in prop.outflows_excepted]
        if isinstance(prop.assert_form, p.LossAtMost):
            return self.loses(at, prop, prop.assert_form, goals)
        window = _threshold(prop)
        return window is not None and self.reaches(at, prop.given_form, window, goals)

    def reaches(self, at: int, given: p.Given, window: int, goals: Sequence[str]) -> bool:
        finder, sets = self.finder(given)
        mine = ((1 << len(sets)) - 1) << (at * len(sets))
        tries = 0
        for goal in goals:
            if goal not in finder.reached:
                continue
            for position in bits(finder.may(goal, window) & mine):
                tries += 1
                names = (*sets[position - at * len(sets)], self.names[at])
                if tries > TRIES or self.confirmed(names, goal, window):
                    return True
        return False

    def confirmed(self, names: tuple[str, ...], goal: str, window: int) -> bool:
        try:
            return goal in windows(self.game, names, [goal], self.case.memo, horizon_of(window))
        except TooMuchWorkError:
            return True

    def loses(self, at: int, prop: Property, form: p.LossAtMost, goals: Sequence[str]) -> bool:
        """By the bound alone: the loss is never above it."""
        finder, sets = self.finder(prop.given_form)
        first = at * len(sets)
        there = [goal for goal in goals if goal in finder.reached]
        masks = [(goal, finder.may(goal, form.reacts), finder.reached[goal]) for goal in there]
        for position in range(first, first + len(sets)):
            total = form.amount - form.amount
            for goal, mask, reached in masks:
                if not mask >> position & 1:
                    continue
                window = reached.window(position)
                limit = self.case.policy.rules[goal].limit
                if limit is None or window is None or window < 0:
                    return True
                total += limit.amount * -((window - form.reacts) // limit.period)
            if total > form.amount:
                return True
        return False

    def finder(self, given: p.Given) -> tuple[Finder, list[tuple[str, ...]]]:
        """The gifts times the sets that `given` speaks of; a set closed downwards is spoken for by its largest."""
        key = given if isinstance(given, p.AtMost | p.TheseCapabilities | p.AnyLeavingOneChannel) else None
        if key not in self.finders:
            sets = self.sets(given)
            classes = Classes(self.game)
            spread = [(*names, gift) for gift in self.names for names in sets]
            space = these(classes, spread)
            self.finders[key] = Finder(self.game, space, bound(self.game, space)), sets
        return self.finders[key]

    def sets(self, given: p.Given) -> list[tuple[str, ...]]:
        names = tuple(self.case.policy.vocabulary.capabilities)
        match given:
            case p.AtMost(count):
                first = tuple(group[0][0] for group in self.case.classes.members if len(group[0]) == 1)
                desk = {name for ways in self.case.classes.desk.values() for way in ways for name in way}
                return list(combinations(sorted({*first, *desk}), min(count, len(first)))) or [()]
            case p.TheseCapabilities(chosen):
                return [chosen]
            case p.AnyLeavingOneChannel():
                return leaving_one(self.case)
            case _:
                return [names]


def _with(game: Game, gifts: Sequence[Gift]) -> tuple[Game, list[str]]:
    """The game with each gift as a capability of its own."""
    names = [f"~{index}" for index in range(len(gifts))]
    extra = {name: power_of(game, gift) for name, gift in zip(names, gifts, strict=True)}
    return replace(game, powers={**game.powers, **extra}), names


_NO_LIMITS = Gift(no_limits=True)
_NO_WAITS = Gift(no_waits=True)


def _operations(case: Case, held: Sequence[Property]) -> Iterable[Carrier]:
    """The assumptions about operations and commands (assumptions.py)."""
    words = case.policy.vocabulary
    attested = frozenset(name for name, spec in words.factors.items() if spec.attested)
    gifts = {
        "honest_registration": Gift(gives=frozenset(words.facts)),
        "honest_administration": Gift(proves=attested),
        "honest_host": _NO_WAITS,
        "honest_prices": _NO_LIMITS,
        "honest_signer_reports": _NO_LIMITS,
        "test_scopes_off": Gift(proves=frozenset(words.factors)),
    }
    for assumption in ASSUMPTIONS:
        gift = gifts.get(assumption.name)
        if gift is None:  # without it the owner's freeze does not hold: every window and every loss is at stake
            timed = [prop for prop in held if isinstance(prop.assert_form, p.WindowAtLeast | p.LossAtMost)]
            yield Carrier("operations", assumption.name, assumption.text, tuple(prop.name for prop in timed))
        else:
            yield Carrier("operations", assumption.name, assumption.text, _broken(case, gift, held))


def _broken(case: Case, gift: Gift, held: Sequence[Property]) -> tuple[str, ...]:
    if gift.no_limits:
        return tuple(prop.name for prop in held if isinstance(prop.assert_form, p.LossAtMost))
    other = Case(case.policy, case.start, gift)
    table = _Table(other, [Gift()])
    return tuple(prop.name for prop in held if table.breaks(0, prop))
