# SPDX-License-Identifier: Apache-2.0
"""What a proof rests on: each assumption dropped alone, and the properties that then no longer hold.

An assumption is dropped by one more capability that every set has. One run of the bound answers all assumptions
and all properties, and a search confirms what breaks: a way that is found at once mostly does (witness.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations

from msgspec.structs import replace

from counterseal.core.policy import properties as p
from counterseal.core.policy.model import Property
from counterseal.prover.assumptions import ASSUMPTIONS
from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.classes import Classes
from counterseal.prover.cone import Plan
from counterseal.prover.findings import Gift
from counterseal.prover.game import Game, TooMuchWorkError, bits, power_of
from counterseal.prover.loss import loss_of
from counterseal.prover.minimal import horizon_of
from counterseal.prover.proof import Carrier
from counterseal.prover.reached import Reached, windows_at
from counterseal.prover.space import Space, these
from counterseal.prover.verdicts import goals_of, leaving_one, threshold
from counterseal.prover.witness import Windows

TRIES = 12  # searches to confirm that a property breaks; after that it counts as broken
NO_GIFT = Gift()
Names = tuple[str, ...]


def carriers(case: Case, held: Sequence[Property]) -> tuple[Carrier, ...]:
    """Each assumption, and which of the properties that held break without it."""
    plain = [prop for prop in held if threshold(prop) is not None or isinstance(prop.assert_form, p.LossAtMost)]
    found = [*_powers(case), *_operations(case)]
    given = list(dict.fromkeys(gift for _, gift in found if gift is not None and not _of_game(gift)))
    together = _Table(case, given, plain)
    return tuple(
        replace(carrier, breaks=tuple(prop.name for prop in _broken(case, together, gift, plain)))
        for carrier, gift in found
    )


def _of_game(gift: Gift) -> bool:
    """Whether it is no capability but a change of the game."""
    return gift.no_waits or gift.no_limits


def _broken(case: Case, together: _Table, gift: Gift | None, plain: Sequence[Property]) -> Iterable[Property]:
    if gift is None:  # without it the owner's freeze does not hold: every window and every loss is at stake
        return [prop for prop in plain if isinstance(prop.assert_form, p.WindowAtLeast | p.LossAtMost)]
    if gift.no_limits:
        return [prop for prop in plain if isinstance(prop.assert_form, p.LossAtMost)]
    if gift.no_waits:
        table, at = _Table(Case(case.policy, case.start, gift), (), plain), 0
    else:
        table, at = together, together.gifts.index(gift)
    return [prop for prop in plain if table.breaks(at, prop)]


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


class _Table:
    """No gift and every gift beside every set that some property speaks of, bounded in one run when first asked."""

    def __init__(self, case: Case, gifts: Sequence[Gift], plain: Sequence[Property]) -> None:
        self.case, self.gifts = case, [NO_GIFT, *gifts]
        self.game, self.names = _with(case.game, self.gifts)
        self.cleared: dict[tuple[str, int, str], set[int]] = {}
        self.broken: dict[str, set[int]] = {}  # property -> gifts that surely break it
        self.settled = Windows(case.memo)
        self.given = {_key(prop.given_form): self.sets_of(prop.given_form) for prop in plain}
        self.sets = list(dict.fromkeys(names for sets in self.given.values() for names in sets))
        places = {names: place for place, names in enumerate(self.sets)}
        self.masks = {
            key: sum(1 << place for place in {places[names] for names in sets}) for key, sets in self.given.items()
        }

    def sets_of(self, given: p.Given) -> list[Names]:
        """The sets that `given` speaks of: one closed downwards is spoken for by its largest."""
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

    @cached_property
    def classes(self) -> Classes:
        """Of the capabilities and the gifts."""
        return Classes(self.game)

    @cached_property
    def reached(self) -> Mapping[str, Reached]:
        """What the bound says: a block of the sets for each gift."""
        bare = these(self.classes, self.sets)
        helping = {name for ways in self.classes.desk.values() for way in ways if len(way) > 1 for name in way}
        masks: list[int] = []
        for gift in self.names:
            if gift in helping:  # a class may stand for it and others together
                spread = these(self.classes, ((*names, gift) for names in self.sets))
                masks += [spread.chosen(place) for place in range(spread.size)]
            else:
                mine = these(self.classes, [(gift,)]).chosen(0)
                masks += [bare.chosen(place) | mine for place in range(bare.size)]
        return bound(self.game, Space(self.classes, masks))

    def breaks(self, at: int, prop: Property) -> bool:
        """Whether a property breaks when this gift is given."""
        key = _key(prop.given_form)
        mine = self.masks[key] << at * len(self.sets)
        goals = [goal for goal in goals_of(prop, self.case) if goal in self.game.goals]
        if isinstance(prop.assert_form, p.LossAtMost):
            return self.loses(mine, prop.assert_form, goals)
        window = threshold(prop)
        return window is not None and (self.forges(at, key, goals) or self.reaches(prop, at, mine, window, goals))

    def forges(self, at: int, key: object, goals: Sequence[str]) -> bool:
        """Whether one of these sets makes a rule about requests disclose, silently as ever."""
        ways = [way for goal in goals for way in self.classes.desk.get(goal, ())]
        return any(set(way) <= {*names, self.names[at]} for way in ways for names in self.given[key])

    def reaches(self, prop: Property, at: int, mine: int, window: int, goals: Sequence[str]) -> bool:
        """Whether one of these sets gets to one of these goals too soon; those that the bound has soonest first."""
        open_: list[tuple[int, int, str]] = []
        for goal in goals:
            one = self.reached[goal]
            found = bits(one.within(window) & mine)
            open_ += [(one.window(place) or 0, place - at * len(self.sets), goal) for place in found]
        tries = 0
        for _, place, goal in sorted(open_):
            if self.clear(prop, at, place, goal, window):
                continue
            if tries == TRIES or at in self.broken.get(prop.name, ()) or self.confirmed([at], place, goal, window):
                return True
            tries += 1
        return False

    def clear(self, prop: Property, at: int, place: int, goal: str, window: int) -> bool:
        """Whether this gift is of no use to this set: the bound is as without it, and all such gifts together, or
        some of them, do nothing. Those by which the property breaks already are left out."""
        block, one = len(self.sets), self.reached[goal]
        before = one.window(place)
        if not at or one.window(place + at * block) != before:
            return False
        key = (prop.name, place, goal)
        if key not in self.cleared:
            broken = self.broken.setdefault(prop.name, set())
            alike = [other for other in range(len(self.gifts)) if one.window(place + other * block) == before]
            useless, useful = self.parted([other for other in alike if other not in broken], place, goal, window)
            self.cleared[key] = useless
            broken |= useful
        return at in self.cleared[key]

    def parted(self, gifts: Sequence[int], place: int, goal: str, window: int) -> tuple[set[int], set[int]]:
        """(gifts that do nothing, even some of them together; those by which the set gets there so soon)."""
        if not gifts or not self.confirmed(gifts, place, goal, window):
            return set(gifts), set()
        if len(gifts) == 1:
            return set(), set(gifts)
        half = len(gifts) // 2
        parts = [self.parted(some, place, goal, window) for some in (gifts[:half], gifts[half:])]
        return parts[0][0] | parts[1][0], parts[0][1] | parts[1][1]

    def confirmed(self, gifts: Iterable[int], place: int, goal: str, window: int) -> bool:
        """Whether this set with these gifts gets there so soon, exactly; where the search is given up it does."""
        names = (*self.sets[place], *(self.names[gift] for gift in gifts))
        made = Plan(self.case.memo.outline, self.game, names, goal)
        try:
            return self.settled.within(made, horizon_of(window))
        except TooMuchWorkError:
            return True

    def loses(self, mine: int, form: p.LossAtMost, goals: Sequence[str]) -> bool:
        """By the bound alone: the loss is never above it."""
        some = 0
        for goal in goals:
            some |= self.reached[goal].within(form.reacts)
        for place in bits(some & mine):
            loss = loss_of(self.case.policy, windows_at(self.reached, place, goals, form.reacts), form.reacts)
            if loss is None or loss > form.amount:
                return True
        return False


def _key(given: p.Given) -> object:
    """Properties with one key speak of the same sets."""
    return given if isinstance(given, p.AtMost | p.TheseCapabilities | p.AnyLeavingOneChannel) else None


def _with(game: Game, gifts: Sequence[Gift]) -> tuple[Game, list[str]]:
    """The game with each gift as a capability of its own."""
    names = [f"~{index}" for index in range(len(gifts))]
    extra = {name: power_of(game, gift) for name, gift in zip(names, gifts, strict=True)}
    return replace(game, powers={**game.powers, **extra}), names


_NO_LIMITS = Gift(no_limits=True)
_NO_WAITS = Gift(no_waits=True)


def _operations(case: Case) -> Iterable[tuple[Carrier, Gift | None]]:
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
        yield Carrier("operations", assumption.name, assumption.text, ()), gifts.get(assumption.name)
