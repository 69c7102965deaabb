# SPDX-License-Identifier: Apache-2.0
"""The posture of a fleet: every shape is proved once, and equal questions of different shapes are searched once.

Per skeleton (a shape without its clocks) the bound decides all single capabilities and pairs at once. It clears
most of them: where even its window leaves owners the time that they need, no search is run. The others are
searched, and what is found is kept under what the question comes to, for other shapes ask the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.core.policy.quantities import MAX_WAIT
from counterseal.prover.classes import Classes
from counterseal.prover.cone import Outline, Plan
from counterseal.prover.exact import Memo
from counterseal.prover.exposure import SEARCH_STATES, Exposure, Names, Severity, Spread, severity, spread_of
from counterseal.prover.findings import Start
from counterseal.prover.game import Game, TooMuchWorkError, compile_game
from counterseal.prover.minimal import EVER, SILENT
from counterseal.prover.shapes import Shape, Times

Row = tuple[Names, Severity, str]
"""A set, its severity, the outflow of its worst way."""

NO_ROW: Row = ((), EVER, "")


class Group(msgspec.Struct, frozen=True):
    """The accounts of one shape. `worst`: the single capability that does worst, by `outflow`; () = all of them
    leave the owner the time that he needs. `window`: ms, None with `silent` = not told. `earliest`: ms from now at
    which value can leave in this way at the soonest, None = nothing runs that this way waits for. `rows`: every
    single capability, and every pair that does worse than either of the two, with less time than the owner needs.
    """

    shape: Shape
    accounts: int
    worst: Names
    outflow: str
    silent: bool
    window: int | None
    earliest: int | None
    rows: tuple[Row, ...]


class Total(msgspec.Struct, frozen=True):
    """One set of capabilities over the fleet. `windows`: (ms, None = silent; accounts), worst first. Accounts that
    are not counted: it leaves their owners the time that they need (a pair: or does no worse than one of the two).
    """

    capabilities: Names
    windows: tuple[tuple[int | None, int], ...]

    @property
    def accounts(self) -> int:
        """Accounts whose owner has too little time."""
        return sum(count for _, count in self.windows)


class FleetPosture(msgspec.Struct, frozen=True):
    """The whole answer. `games`: shapes without their clocks; `searched`: questions that the bound left open and
    that no other shape had asked. `groups`: most accounts first. `window`: ms that owners need."""

    policy: str
    digest: str
    window: int
    accounts: int
    shapes: int
    games: int
    searched: int
    totals: tuple[Total, ...]
    pairs: tuple[Total, ...]
    groups: tuple[Group, ...]


class Part(msgspec.Struct, frozen=True):
    """What one process found."""

    groups: tuple[Group, ...]
    games: int
    searched: int


class FleetProver:
    """Proves shapes under one policy and keeps what it searched. `window`: ms that owners need."""

    def __init__(self, policy: Policy, window: int, *, budget: int = SEARCH_STATES) -> None:
        self.policy, self.window, self.budget = policy, window, budget
        self.names = tuple(policy.vocabulary.capabilities)
        self.memo: dict[object, Severity] = {}
        self.spreads: dict[object, Spread] = {}
        self.games: dict[frozenset[str], Game] = {}

    def part(self, shapes: Iterable[tuple[Shape, int]], done: Callable[[int], None] = lambda _: None) -> Part:
        """The groups of these shapes. `done`: called with the accounts of each game that is finished."""
        games: dict[Shape, list[tuple[Shape, int]]] = {}
        for shape, count in shapes:
            games.setdefault(shape.skeleton, []).append((shape, count))
        found: list[Group] = []
        for skeleton, members in games.items():
            found += self._game(skeleton, members)
            done(sum(count for _, count in members))
        return Part(tuple(found), len(games), len(self.memo))

    def game(self, start: Start) -> Game:
        """The game of an account. All with the same channels have the same moves."""
        if start.channels not in self.games:
            self.games[start.channels] = compile_game(self.policy, start)
        made = self.games[start.channels]
        return msgspec.structs.replace(
            made,
            start=start,
            enrolled=_mask(made.factors, start.enrolled),
            bound=_mask(made.factors, start.bound),
            held=_mask(made.facts, start.facts),
        )

    def spread(self, classes: Classes, names: Names) -> Spread:
        """The same for games with the same classes."""
        if classes.members not in self.spreads:
            self.spreads[classes.members] = spread_of(classes, names)
        return self.spreads[classes.members]

    def _game(self, skeleton: Shape, members: Sequence[tuple[Shape, int]]) -> Iterable[Group]:
        stand = _Stand(self, skeleton)
        rows = stand.rows()
        singles = [row for row in rows if len(row[0]) == 1]
        names, level, outflow = min(singles, key=lambda row: row[1], default=NO_ROW)
        silent = level == SILENT
        window = None if silent or level == EVER else level
        for shape, count in members:
            earliest = stand.earliest(shape, names, outflow) if outflow else None
            yield Group(shape, count, names, outflow, silent, window, earliest, rows)


class _Stand(Exposure):
    """One game of the fleet: severities only, no paths."""

    def __init__(self, prover: FleetProver, skeleton: Shape) -> None:
        policy, window = prover.policy, prover.window
        super().__init__(
            policy,
            skeleton.start,
            window,
            prover.names,
            budget=prover.budget,
            horizon=window,
            spreads=prover.spread,
            game=prover.game(skeleton.start),
        )
        self.prover = prover
        self.worst_of: dict[object, tuple[Severity, str]] = {}
        self._questions: dict[tuple[Names, str], _Question] = {}

    def rows(self) -> tuple[Row, ...]:
        """Single capabilities, and pairs that do worse than their parts, that leave too little time."""
        nothing = self.worst(())[0]
        alone: dict[Names, Severity] = {}
        rows: list[Row] = []
        for name in self.names:
            level, outflow = self.worst((name,))
            alone[name,] = min(level, nothing)
            if level < EVER:
                rows.append(((name,), level, outflow))
        for names, least in self.worse(alone):
            level, outflow = self.worst(names)
            if level < least:
                rows.append((names, level, outflow))
        return tuple(rows)

    def worst(self, names: Names) -> tuple[Severity, str]:
        """The severity of the worst way, and its outflow: the bound's order, until no other can be worse. EVER:
        every way leaves the time that the owner needs."""
        key = self._same(names)
        if key not in self.worst_of:
            level, outflow = EVER, ""
            for least, goal in self.bounds(names):
                if least >= level:
                    break
                found = self.level(names, goal, least)
                if found < min(level, self.window):
                    level, outflow = found, goal
            self.worst_of[key] = (level, outflow)
        return self.worst_of[key]

    def level(self, names: Names, goal: str, least: Severity) -> Severity:
        """The severity of one way; `least`, what the bound says, where the search is given up."""
        made = Plan(self.case.memo.outline, self.case.game, names, goal)
        return self._ask((_Question(made).key, None), made, self.case.memo, least, self.window)

    def earliest(self, shape: Shape, names: Names, goal: str) -> int | None:
        """Ms from now at which this set lets value leave by this way at the soonest, where something runs."""
        if not shape.running:
            return None
        question = self._timed(names, goal)
        if not any(question.times(shape)):
            return None
        game = msgspec.structs.replace(self.case.game, start=shape.start)
        memo = Memo(game)
        made = Plan(memo.outline, game, names, goal, told=True)
        return self._ask((question.key, question.times(shape)), made, memo, 0, EVER)

    def _timed(self, names: Names, goal: str) -> _Question:
        """The question with nothing old enough yet, so that no age is overlooked."""
        if (names, goal) not in self._questions:
            start = self.case.game.start
            young = msgspec.structs.replace(start, facts=dict.fromkeys(start.facts, 0))
            game = msgspec.structs.replace(self.case.game, start=young)
            self._questions[names, goal] = _Question(Plan(Outline(game), game, names, goal, told=True))
        return self._questions[names, goal]

    def _ask(self, key: object, made: Plan, memo: Memo, least: Severity, horizon: Severity) -> Severity:
        answers = self.prover.memo
        if key not in answers:
            try:
                best = memo.best(made, horizon, self.budget)
                answers[key] = EVER if best is None else severity(best.window)
            except TooMuchWorkError:
                answers[key] = least
        return answers[key]


def _mask(names: Sequence[str], chosen: Collection[str]) -> int:
    return sum(1 << index for index, name in enumerate(names) if name in chosen)


class _Question:
    """A plan without the names that it does not use: equal keys have equal answers, whatever the account."""

    def __init__(self, made: Plan) -> None:
        game = made.game
        factors = made.needed_factors | made.absent
        for move in made.moves:
            factors |= move.binds | move.removes | move.reveals
        self.key = (
            made.goal,
            made.told,
            made.moves,
            made.gates,
            made.aged,
            (made.proves, made.lasting, made.held, made.muted),
            tuple(mask for _, mask in made.once),
            game.channels,
            game.enrolled & factors,
            game.bound & factors,
        )
        self.clocks = frozenset(game.clocks[clock] for gate in made.gates for clock, _ in gate)
        self.aged = frozenset(game.facts[index] for index in made.aged)
        self.factors = frozenset(name for index, name in enumerate(game.factors) if factors >> index & 1)

    def times(self, shape: Shape) -> tuple[Times, Times, Times]:
        """What of a shape's clocks counts here."""
        return (
            tuple(pair for pair in shape.since if pair[0] in self.clocks),
            tuple(pair for pair in shape.facts if pair[0] in self.aged and pair[1] < MAX_WAIT),
            tuple(pair for pair in shape.fading if pair[0] in self.factors),
        )


def fleet(policy: Policy, shapes: Mapping[Shape, int], window: int) -> FleetPosture:
    """The posture of a fleet: shape -> accounts. `window`: ms that owners need. Raises TooMuchWorkError."""
    return fleet_of(policy, window, [FleetProver(policy, window).part(shapes.items())])


def fleet_of(policy: Policy, window: int, parts: Iterable[Part]) -> FleetPosture:
    """The whole from its parts, which may have been made in several processes."""
    groups: list[Group] = []
    games = searched = 0
    for part in parts:
        groups += part.groups
        games, searched = games + part.games, searched + part.searched
    groups.sort(key=lambda one: -one.accounts)
    counts: dict[Names, dict[Severity, int]] = {}
    for group in groups:
        for names, level, _ in group.rows:
            row = counts.setdefault(names, {})
            row[level] = row.get(level, 0) + group.accounts
    totals = [_total(names, row) for names, row in counts.items()]
    totals.sort(key=lambda one: [(severity(time), -count) for time, count in one.windows])
    return FleetPosture(
        policy=policy.name,
        digest=policy.digest,
        window=window,
        accounts=sum(group.accounts for group in groups),
        shapes=len(groups),
        games=games,
        searched=searched,
        totals=tuple(one for one in totals if len(one.capabilities) == 1),
        pairs=tuple(one for one in totals if len(one.capabilities) > 1),
        groups=tuple(groups),
    )


def _total(names: Names, row: Mapping[Severity, int]) -> Total:
    return Total(names, tuple((None if level == SILENT else level, row[level]) for level in sorted(row)))
