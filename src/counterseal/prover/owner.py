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

from collections.abc import Iterable, Mapping

import msgspec

from counterseal.core.policy.expression import Context
from counterseal.core.policy.model import CapabilitySpec, Policy, Rule
from counterseal.prover.exact import search
from counterseal.prover.findings import NOTHING, Start
from counterseal.prover.game import Game, Move, Power, TooMuchWorkError, compile_game
from counterseal.prover.lapses import cut, lasting
from counterseal.prover.play import ENDLESS
from counterseal.prover.proof import Recovery
from counterseal.prover.soonest import Soonest

MAX_STATES = 20_000
NOBODY = CapabilitySpec("nobody")


class Way(msgspec.Struct, frozen=True):
    """How the owner gets to a wish. `time`: ms from the start; `uses`, `facts`: what it rests on."""

    time: int
    path: tuple[str, ...]
    uses: frozenset[str]
    facts: frozenset[str]


class _World:
    """The two games of one scenario: with every statement of the platform, and with none (`strict`)."""

    def __init__(self, game: Game, strict: Game) -> None:
        self.game, self.strict = game, strict
        self._soonest: dict[int, Soonest] = {}

    def way(self, wish: str) -> Way | None:
        """The quickest way to a fact or an outflow."""
        fact = wish in self.game.facts
        game = self.strict if fact else self.game
        if id(game) not in self._soonest:
            self._soonest[id(game)] = Soonest(game)
        return quickest(game, self._soonest[id(game)], goal_of(wish) if fact else wish)


class Owner:
    """One account's owner under one policy. `wishes`: facts and outflow rules that he may want."""

    def __init__(self, policy: Policy, start: Start, wishes: Iterable[str]) -> None:
        self.policy, self.start, self.wishes = policy, start, tuple(wishes)
        self.facts = tuple(wish for wish in self.wishes if wish in policy.vocabulary.facts)
        self._compiled: dict[bool, tuple[Game, Game]] = {}
        self._whole: dict[bool, _World] = {}
        self._silent: dict[str, _World] = {}
        self._base: dict[tuple[bool, str], Way | None] = {}

    def recovery(self, lost: frozenset[str] = NOTHING, suspected: str | None = None) -> Recovery:
        """What he regains and when, without these factors and with this capability suspected."""
        spec = NOBODY if suspected is None else self.policy.vocabulary.capabilities[suspected]
        slow = self.stretches(suspected)
        world: _World | None = None
        ways: dict[str, Way | None] = {}
        for wish in self.wishes:
            way = self.best(wish, slow=slow)
            if way is not None and (way.uses & (lost | spec.produces) or way.facts & spec.holds):
                world = world or self.world(lost, spec, slow=slow)
                way = world.way(wish)
            ways[wish] = way
        first = ways[self.facts[0]] if self.facts else None
        return Recovery(
            lost=tuple(sorted(lost)),
            suspected=() if suspected is None else (suspected,),
            regains={wish: None if way is None else way.time for wish, way in ways.items()},
            path=() if first is None else first.path,
        )

    def best(self, wish: str, *, slow: bool = False) -> Way | None:
        """His way with all his factors. Who still has what it rests on has no quicker one."""
        if (slow, wish) not in self._base:
            if slow not in self._whole:
                self._whole[slow] = self.world(NOTHING, NOBODY, slow=slow)
            self._base[slow, wish] = self._whole[slow].way(wish)
        return self._base[slow, wish]

    def stretches(self, suspected: str | None) -> bool:
        """Whether the suspicion makes every wait longer."""
        if suspected is None or self.policy.stretch is None:
            return False
        return suspected in self.policy.vocabulary.conditions.get(self.policy.stretch[0], NOTHING)

    def world(self, lost: frozenset[str], spec: CapabilitySpec, *, slow: bool) -> _World:
        """The games of a scenario, cut from the compiled ones."""
        if slow not in self._compiled:
            self._compiled[slow] = self._both(self.policy.stretched if slow else self.policy.rules)
        game, strict = self._compiled[slow]
        left = self.start.enrolled - lost - spec.produces
        fewer = _left(game, left, spec)
        return _World(fewer, fewer if strict is game else _left(strict, left, spec))

    def _both(self, rules: Mapping[str, Rule]) -> tuple[Game, Game]:
        game = self._game(rules)
        stated = any(isinstance(atom, Context) for rule in rules.values() for atom in rule.require.atoms)
        return game, self._game(rules, context=False) if stated else game

    def _game(self, rules: Mapping[str, Rule], *, context: bool = True) -> Game:
        policy = msgspec.structs.replace(self.policy, rules=rules)
        wishes = {goal_of(fact): fact for fact in self.facts}
        return lasting(compile_game(policy, self.start, context=context, wishes=wishes))

    def needs(self, outflow: str) -> tuple[str, ...]:
        """Statements of the platform without each of which he never gets to this outflow."""
        way = self.best(outflow)
        rules = [] if way is None else [self.policy.rules[name] for name in way.path]
        names = {atom.name for rule in rules for atom in rule.require.atoms if isinstance(atom, Context)}
        return tuple(name for name in sorted(names) if self._unstated(name).way(outflow) is None)

    def _unstated(self, context: str) -> _World:
        """The game in which this statement is never made."""
        if context not in self._silent:
            rules = {name: _without(rule, context) for name, rule in self.policy.rules.items()}
            game = _left(self._game(rules), self.start.enrolled, NOBODY)
            self._silent[context] = _World(game, game)
        return self._silent[context]


def goal_of(fact: str) -> str:
    """The name of a fact as a goal of the game: a rule may have the same name."""
    return f"fact:{fact}"


def quickest(game: Game, soonest: Soonest, goal: str) -> Way | None:
    """The quickest way to a goal; None = never. Raises TooMuchWorkError when no way was found in time; one that
    was found and could not be shown to be the quickest is given as it is."""
    labels = soonest.goals.get(goal)
    if not labels:
        return None
    moves = tuple(move for index, move in enumerate(game.moves) if labels[0].moves >> index & 1)
    fewer = msgspec.structs.replace(game, moves=moves)
    found = search(fewer, (), [goal], told=True, budget=MAX_STATES).get(goal)
    if found is None or not soonest.certain or found.window != labels[0].time:
        horizon = ENDLESS if found is None or found.window is None else found.window
        try:
            found = search(game, (), [goal], told=True, horizon=horizon, budget=MAX_STATES).get(goal, found)
        except TooMuchWorkError:
            if found is None:
                raise
    if found is None:
        return None
    return Way(
        time=found.window or 0,
        path=tuple(step.action for step in found.path if step.action in game.policy.rules),
        uses=frozenset(use.factor for step in found.path for use in step.uses),
        facts=frozenset(fact for step in found.path for fact in step.facts),
    )


def _left(game: Game, factors: frozenset[str], spec: CapabilitySpec) -> Game:
    """The game of an owner who can prove these factors, while nothing counts that comes from this capability."""
    proves = sum(1 << index for index, name in enumerate(game.factors) if name in factors)
    void = sum(1 << index for index, name in enumerate(game.factors) if name in spec.produces)
    doubtful = sum(1 << index for index, name in enumerate(game.facts) if name in spec.holds)
    moves: Iterable[Move] = game.moves
    if void or doubtful:
        moves = cut(moves, lambda _, cube: bool(cube.proofs & void or cube.facts & doubtful))
    return msgspec.structs.replace(game, moves=tuple(moves), free=Power(proves, 0, 0, 0, 0))


def _without(rule: Rule, context: str) -> Rule:
    """The rule without the cubes that take this statement."""
    require = rule.require
    stated = sum(1 << index for index, atom in enumerate(require.atoms) if atom == Context(context))
    if not stated:
        return rule
    cubes = tuple(cube for cube in require.cubes if not cube & stated)
    return msgspec.structs.replace(rule, require=msgspec.structs.replace(require, cubes=cubes))
