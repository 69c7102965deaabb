# SPDX-License-Identifier: Apache-2.0
"""What single capabilities and pairs of them do to one account: the bound for all at once, the search where it
leaves a question. Where the search is given up the bound stands, and says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import combinations

import msgspec
from msgspec.structs import replace

from counterseal.core.policy.model import Policy
from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.classes import Classes
from counterseal.prover.classes import Way as DeskWay
from counterseal.prover.exact import Memo, search
from counterseal.prover.findings import Attack, Start, Step, Use
from counterseal.prover.game import Game, TooMuchWorkError
from counterseal.prover.loss import loss_of
from counterseal.prover.minimal import EVER, SILENT
from counterseal.prover.reached import windows_at
from counterseal.prover.space import Space, these

SEARCH_STATES = 20_000
"""States that one search may look at before its answer is left to the bound."""
ALL_STATES = 200_000
"""States that all searches of one account may look at: some ten seconds."""

Names = tuple[str, ...]
Severity = int
"""A window as a number: SILENT, ms, or EVER for never. Less is worse for the owner."""


class Way(msgspec.Struct, frozen=True):
    """An outflow by which value can leave. `window`: ms, None = silent. `earliest`: ms from now at which value can
    leave at the soonest, told or not; None = not asked (pairs). `limit` per `period` (ms); None = no limit.
    `exact`: False = both times are bounds from below, for the search was given up."""

    outflow: str
    window: int | None
    earliest: int | None
    limit: Decimal | None
    period: int | None
    exact: bool = True

    @property
    def silent(self) -> bool:
        """The owner is not told before value leaves."""
        return self.window is None


class Outcome(msgspec.Struct, frozen=True):
    """What a set of capabilities can do to the account. `ways`: worst first; none = never; of a pair the worst one
    and all that leave the owner too little time. `path`: of the first.

    `loss`: before the owner reacts, in the accounting currency; None = without limit.
    """

    capabilities: Names
    ways: tuple[Way, ...]
    path: tuple[Step, ...]
    loss: Decimal | None

    @property
    def severity(self) -> Severity:
        """Of the worst way."""
        return severity(self.ways[0].window) if self.ways else EVER

    @property
    def earliest(self) -> int | None:
        """Ms from now at which value can leave at the soonest; None = never."""
        return min((way.earliest for way in self.ways if way.earliest is not None), default=None)


def severity(window: int | None) -> Severity:
    """Of a way with this window."""
    return SILENT if window is None else window


class Spread(msgspec.Struct, frozen=True):
    """No capability, each one, each pair as classes (`mask`), the `distinct` ones, and each set's place there."""

    mask: Mapping[Names, int]
    distinct: Sequence[int]
    position: Mapping[Names, int]


Spreads = Callable[[Classes, Names], Spread]


def spread_of(classes: Classes, names: Names) -> Spread:
    """How single capabilities and pairs spread over the classes of a game."""
    sets: list[Names] = [(), *((name,) for name in names), *combinations(names, 2)]
    masks = these(classes, sets).sets or ()
    at = {mask: position for position, mask in enumerate(dict.fromkeys(masks))}
    pairs = dict(zip(sets, masks, strict=True))
    return Spread(pairs, tuple(at), {one: at[mask] for one, mask in pairs.items()})


class Exposure:
    """One account under one policy. `window`: ms that the owner needs; `names`: capabilities looked at; `horizon`:
    windows as long as this are not looked for; `spreads`: in place of `spread_of`, one that remembers; `game`:
    compiled already."""

    def __init__(
        self,
        policy: Policy,
        start: Start,
        window: int,
        names: Sequence[str],
        *,
        budget: int = SEARCH_STATES,
        horizon: Severity = EVER,
        spreads: Spreads | None = None,
        game: Game | None = None,
    ) -> None:
        self.case, self.window, self.names, self.budget = Case(policy, start), window, tuple(names), budget
        self.policy, self.start = policy, start
        if game is not None:
            self.case.game = game
        self.case.memo = Memo(self.case.game, ALL_STATES)
        spread = (spread_of if spreads is None else spreads)(self.case.classes, self.names)
        self.mask, self.position = spread.mask, spread.position
        self.reached = bound(self.case.game, Space(self.case.classes, spread.distinct), horizon=horizon)
        self._bounds: dict[int, list[tuple[Severity, str]]] = {}
        self.known: dict[tuple[object, str, bool], Attack | None] = {}

    def bounds(self, names: Names) -> list[tuple[Severity, str]]:
        """Outflows that the bound does not clear, worst first."""
        position = self.position[names]
        if position in self._bounds:
            return self._bounds[position]
        found = windows_at(self.reached, position, self.case.outflows)
        self._bounds[position] = sorted((severity(window), goal) for goal, window in found.items())
        return self._bounds[position]

    def attack(self, names: Names, goal: str, *, told: bool = False) -> Attack | None:
        """The exact answer; sets that come to the same are searched once. Raises TooMuchWorkError."""
        key = (self._same(names), goal, told)
        if key not in self.known:
            found = search(self.case.game, names, [goal], budget=self.budget, told=told, memo=self.case.memo)
            self.known[key] = found.get(goal)
        return self.known[key]

    def _same(self, names: Names) -> object:
        """Sets of which each member stands in one class alone are the same if those classes are. Two one-shot
        capabilities are never in one class."""
        return names if self._desk & set(names) else self.mask[names]

    @cached_property
    def _desk(self) -> frozenset[str]:
        members = (one for group in self.case.classes.members for one in group)
        return frozenset(name for one in members if isinstance(one, DeskWay) for name in one)

    def outcome(self, names: Names, below: Severity = EVER, *, times: bool = False) -> Outcome:
        """What this set can do, exactly where the search ends: the worst way, and those with a window shorter than
        `below`. `times`: say how early, too."""
        ways: list[tuple[Way, Attack | None]] = []
        worst = EVER
        for least, goal in self.bounds(names):
            if least >= max(below, min(worst, EVER - 1)):
                break
            found = self._way(names, goal, least, times=times)
            if found is not None:
                ways.append(found)
                worst = min(worst, severity(found[0].window))
        ways.sort(key=lambda pair: (severity(pair[0].window), pair[0].earliest or 0, pair[0].outflow))
        windows = {way.outflow: way.window for way, _ in ways}
        first = ways[0][1] if ways else None
        path = () if first is None else tuple(self._by(step, names, first.capabilities) for step in first.path)
        loss = loss_of(self.policy, windows, self.window)
        return Outcome(names, tuple(way for way, _ in ways), path, loss)

    def _way(self, names: Names, goal: str, least: Severity, *, times: bool) -> tuple[Way, Attack | None] | None:
        rule = self.policy.rules[goal]
        amount = None if rule.limit is None else rule.limit.amount
        period = None if rule.limit is None else rule.limit.period
        try:
            attack = self.attack(names, goal)
            if attack is None:
                return None
            soonest = self.attack(names, goal, told=True) if times else None
        except TooMuchWorkError:
            return Way(
                goal, None if least == SILENT else least, 0 if times else None, amount, period, exact=False
            ), None
        earliest = None if soonest is None else soonest.window
        return Way(goal, attack.window, earliest, amount, period), attack

    def singles(self, *, times: bool = False) -> tuple[Outcome, ...]:
        """Each capability, in the order of the vocabulary."""
        return tuple(self.outcome((name,), times=times) for name in self.names)

    def pairs(self, singles: Sequence[Outcome], nothing: Outcome) -> tuple[Outcome, ...]:
        """Pairs that do worse than either of the two alone, worst first. No other pair does worse than one of its
        members."""
        alone = {one.capabilities: min(one.severity, nothing.severity) for one in singles}
        found = [
            outcome
            for names, least in self.worse(alone)
            if (outcome := self.outcome(names, self.window)).severity < least
        ]
        return tuple(sorted(found, key=lambda one: (one.severity, one.capabilities)))

    def worse(self, alone: Mapping[Names, Severity]) -> Iterator[tuple[Names, Severity]]:
        """Pairs that the bound says may do worse than their parts, and how badly the worse part does."""
        for names in combinations(self.names, 2):
            least = min(alone[names[:1]], alone[names[1:]])
            bounds = self.bounds(names)
            if bounds and bounds[0][0] < least:
                yield names, least

    def _by(self, step: Step, names: Names, searched: Names) -> Step:
        """The step of the same path by capabilities that do the same as those that were searched."""
        sources = {old: new for new in names for old in searched if self.mask[old,] == self.mask[new,]}
        sources |= {name: name for name in names}
        return replace(step, uses=tuple(Use(use.factor, sources.get(use.source, use.source)) for use in step.uses))
