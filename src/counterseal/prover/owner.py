# SPDX-License-Identifier: Apache-2.0
"""The owner as the player of the same game: nobody attacks, and he wants to get somewhere in the least time.

He has his factors and nothing else: no session, no device. What the abstraction of an attacker forgets in the
attacker's favour is kept here: a fact that lapses before a wait on it is over is no way (a sliding lifetime counts
as a fixed one); under a suspicion nothing counts that the suspected capability could have produced or been given,
new instances of these classes included, and waits are stretched where the policy says so. Statements of the
platform count as false on the way to a fact (a lock-out must not hang on them) and as true on the way to an outflow
(`needs` says which ones it takes).

Not covered: freezes and locks of his own, limits, two facts that must be there together where getting the
shorter-lived one again undoes the other, and a suspicion that mutes every channel (waits then begin up to seven
days later).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from counterseal.core.policy.expression import Context
from counterseal.core.policy.model import CapabilitySpec, Policy, Rule
from counterseal.prover.exact import search
from counterseal.prover.findings import NOTHING, Attack, Start
from counterseal.prover.game import Game, Power, TooMuchWorkError, compile_game
from counterseal.prover.lapses import cut, lasting
from counterseal.prover.play import ENDLESS
from counterseal.prover.proof import Recovery
from counterseal.prover.soonest import Soonest

MAX_STATES = 4_000
NOBODY = CapabilitySpec("nobody")


class Way(msgspec.Struct, frozen=True):
    """How the owner gets to a wish. `time`: ms from the start; `uses`, `facts`: what it rests on."""

    time: int
    path: tuple[str, ...]
    uses: frozenset[str]
    facts: frozenset[str]


class _World(NamedTuple):
    """What one scenario leaves of a game, and the bound in it."""

    game: Game
    soonest: Soonest


class _Scenario(NamedTuple):
    """`slow`: waits are stretched. `strict`: statements of the platform are false."""

    lost: frozenset[str]
    suspected: CapabilitySpec
    slow: bool
    strict: bool


class Owner:
    """One account's owner under one policy. `wishes`: facts and outflow rules that he may want."""

    def __init__(self, policy: Policy, start: Start, wishes: Iterable[str]) -> None:
        self.policy, self.start, self.wishes = policy, start, tuple(wishes)
        self.facts = tuple(wish for wish in self.wishes if wish in policy.vocabulary.facts)
        self.stated = any(
            isinstance(atom, Context) for rule in policy.rules.values() for atom in rule.require.atoms
        )
        self._wholes: dict[bool, Game] = {}
        self._compiled: dict[tuple[bool, bool], tuple[Game, _Asked]] = {}
        self._worlds: dict[object, _World] = {}
        self._ways: dict[object, Way | None] = {}

    def recovery(self, lost: frozenset[str] = NOTHING, suspected: str | None = None) -> Recovery:
        """What he regains and when, without these factors and with this capability suspected."""
        ways = {wish: self.way(wish, lost, suspected) for wish in self.wishes}
        first = ways[self.facts[0]] if self.facts else None
        return Recovery(
            lost=tuple(sorted(lost)),
            suspected=() if suspected is None else (suspected,),
            regains={wish: None if way is None else way.time for wish, way in ways.items()},
            path=() if first is None else first.path,
        )

    def way(self, wish: str, lost: frozenset[str] = NOTHING, suspected: str | None = None) -> Way | None:
        """His quickest way to a fact or an outflow; None = never."""
        spec = NOBODY if suspected is None else self.policy.vocabulary.capabilities[suspected]
        slow, strict = self.stretches(suspected), wish in self.facts and self.stated
        best = self._way(wish, _Scenario(NOTHING, NOBODY, slow, strict))
        if best is None or not (best.uses & (lost | spec.produces) or best.facts & spec.holds):
            return best  # who still has what the quickest way rests on has no quicker one
        return self._way(wish, _Scenario(lost, spec, slow, strict))

    def stretches(self, suspected: str | None) -> bool:
        """Whether the suspicion makes every wait longer."""
        if suspected is None or self.policy.stretch is None:
            return False
        return suspected in self.policy.vocabulary.conditions.get(self.policy.stretch[0], NOTHING)

    def _way(self, wish: str, scenario: _Scenario) -> Way | None:
        game, asked = self._game(slow=scenario.slow, strict=scenario.strict)
        cut_to = _Cut.of(game, scenario, self.start, asked)
        key = (scenario.slow, scenario.strict, cut_to)
        if (key, wish) not in self._ways:
            if key not in self._worlds:
                less = cut_to.game(game)
                self._worlds[key] = _World(less, Soonest(less))
            self._ways[key, wish] = quickest(*self._worlds[key], goal_of(wish) if wish in self.facts else wish)
        return self._ways[key, wish]

    def _game(self, *, slow: bool, strict: bool) -> tuple[Game, _Asked]:
        if (slow, strict) not in self._compiled:
            whole = self._whole(slow=slow)
            stated = frozenset(self.policy.vocabulary.context) if strict else NOTHING
            game = lasting(_without(whole, stated) if strict else whole)
            self._compiled[slow, strict] = (game, _Asked.of(game))
        return self._compiled[slow, strict]

    def _whole(self, *, slow: bool) -> Game:
        """The game with every statement of the platform."""
        if slow not in self._wholes:
            rules = self.policy.stretched if slow else self.policy.rules
            policy = msgspec.structs.replace(self.policy, rules=rules)
            wishes = {goal_of(fact): fact for fact in self.facts}
            self._wholes[slow] = compile_game(policy, self.start, wishes=wishes)
        return self._wholes[slow]

    def needs(self, outflow: str) -> tuple[str, ...]:
        """Statements of the platform without each of which he never gets to this outflow."""
        way = self.way(outflow)
        rules = [] if way is None else [self.policy.rules[name] for name in way.path]
        names = {atom.name for rule in rules for atom in rule.require.atoms if isinstance(atom, Context)}
        return tuple(name for name in sorted(names) if quickest(*self._unstated(name), outflow) is None)

    def _unstated(self, context: str) -> _World:
        """The game in which this statement is never made."""
        if context not in self._worlds:
            game = lasting(_without(self._whole(slow=False), frozenset({context})))
            whole = _Scenario(NOTHING, NOBODY, slow=False, strict=False)
            game = _Cut.of(game, whole, self.start, _Asked.of(game)).game(game)
            self._worlds[context] = _World(game, Soonest(game))
        return self._worlds[context]


def goal_of(fact: str) -> str:
    """The name of a fact as a goal of the game: a rule may have the same name."""
    return f"fact:{fact}"


def quickest(game: Game, soonest: Soonest, goal: str) -> Way | None:
    """The quickest way to a goal; None = never. Raises TooMuchWorkError when no way was found in time; one that
    was found and could not be shown to be the quickest is given as it is."""
    labels = soonest.goals.get(goal)
    if not labels:
        return None
    found: Attack | None = None
    every = 0
    for label in labels:
        every |= label.moves
    for mask in (labels[0].moves, every):
        found = _search(_only(game, mask), goal, found)
        if found is not None and soonest.certain and found.window == labels[0].time:
            break
    else:
        found = _search(game, goal, found)
    if found is None:
        return None
    return Way(
        time=found.window or 0,
        path=tuple(step.action for step in found.path if step.action in game.policy.rules),
        uses=frozenset(use.factor for step in found.path for use in step.uses),
        facts=frozenset(fact for step in found.path for fact in step.facts),
    )


def _only(game: Game, mask: int) -> Game:
    moves = tuple(move for index, move in enumerate(game.moves) if mask >> index & 1)
    return msgspec.structs.replace(game, moves=moves)


def _search(game: Game, goal: str, found: Attack | None) -> Attack | None:
    """A quicker way than the one found, or that one."""
    horizon = ENDLESS if found is None or found.window is None else found.window
    try:
        return search(game, (), [goal], told=True, horizon=horizon, budget=MAX_STATES).get(goal, found)
    except TooMuchWorkError:
        if found is None:
            raise
        return found


class _Asked(NamedTuple):
    """Factors and facts that some rule of a game asks for."""

    proofs: int
    facts: int

    @classmethod
    def of(cls, game: Game) -> _Asked:
        proofs = facts = 0
        for cube in (cube for move in game.moves for cube in move.cubes):
            proofs |= cube.proofs
            facts |= cube.facts
        return cls(proofs, facts)


class _Cut(NamedTuple):
    """What a scenario comes to in one game: two that are equal have equal answers.

    Masks over what the game asks for: `proves`, factors that the owner can prove; `void`, factors whose proofs do
    not count, new instances included; `doubtful`, facts that do not count.
    """

    proves: int
    void: int
    doubtful: int

    @classmethod
    def of(cls, game: Game, scenario: _Scenario, start: Start, asked: _Asked) -> _Cut:
        spec = scenario.suspected
        return cls(
            _mask(game.factors, start.enrolled - scenario.lost - spec.produces) & asked.proofs,
            _mask(game.factors, spec.produces) & asked.proofs,
            _mask(game.facts, spec.holds) & asked.facts,
        )

    def game(self, game: Game) -> Game:
        """The game that is left."""
        moves = game.moves
        if self.void or self.doubtful:
            moves = cut(moves, lambda _, cube: bool(cube.proofs & self.void or cube.facts & self.doubtful))
        return msgspec.structs.replace(game, moves=moves, free=Power(self.proves, 0, 0, 0, 0))


def _mask(names: tuple[str, ...], chosen: Collection[str]) -> int:
    return sum(1 << index for index, name in enumerate(names) if name in chosen)


def _without(game: Game, contexts: frozenset[str]) -> Game:
    """The game in which these statements are never made: rules that may take one are compiled again without."""
    rules = {
        name: _unmade(rule, contexts)
        for name, rule in game.policy.rules.items()
        if any(isinstance(atom, Context) and atom.name in contexts for atom in rule.require.atoms)
    }
    less = compile_game(msgspec.structs.replace(game.policy, rules=rules), game.start)
    moves = {move.name: move for move in less.moves}
    kept = (moves.get(move.name) if move.name in rules else move for move in game.moves)
    return msgspec.structs.replace(game, moves=tuple(move for move in kept if move is not None))


def _unmade(rule: Rule, contexts: frozenset[str]) -> Rule:
    """The rule without the cubes that take one of these statements."""
    require = rule.require
    stated = sum(
        1 << index
        for index, atom in enumerate(require.atoms)
        if isinstance(atom, Context) and atom.name in contexts
    )
    cubes = tuple(cube for cube in require.cubes if not cube & stated)
    return msgspec.structs.replace(rule, require=msgspec.structs.replace(require, cubes=cubes))
