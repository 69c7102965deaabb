# SPDX-License-Identifier: Apache-2.0
"""The game of docs/prover-model.md, compiled: names become bits, requirements become cubes of bits.

What cannot help an attacker is left out here, once for all engines: rules whose verb is `revoke`, and rules that
give nothing, remove nothing, silence nothing and let no value leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from counterseal.core.engine.limits import OLD_CONTACT
from counterseal.core.engine.requests import many
from counterseal.core.errors import CountersealError
from counterseal.core.policy.expression import Age, Atom, Context, Fact, Proof, Rank, Since
from counterseal.core.policy.model import CapabilitySpec, Policy, Rule
from counterseal.prover.findings import Gift, Start

Waits = tuple[tuple[int, int], ...]
"""Pairs (index of a clock or fact, ms)."""


class TooMuchWorkError(CountersealError):
    """The search was given up."""


class Cube(msgspec.Struct, frozen=True):
    """One way to meet a requirement. Masks over factors and facts; `absent`: neither enrolled nor fading."""

    proofs: int
    absent: int
    facts: int
    ages: Waits
    since: Waits


class Move(msgspec.Struct, frozen=True):
    """A rule as the attacker may use it. Masks over factors, facts, channels and clocks; ms."""

    name: str
    line: int
    goal: bool  # an outflow, or a rule that discloses
    request: bool  # its proofs are evidence and need no enrolment
    cubes: tuple[Cube, ...]
    sent: bool
    notify: int
    delay: int
    binds: int
    adds: int  # of these only while the class is not enrolled: `bind` adds no second one
    gains: int
    loses: int
    removes: int
    fade: int
    reveals: int
    silences: int
    replaces: int  # channels whose contact becomes an old one
    restarts: int


class Power(msgspec.Struct, frozen=True):
    """A capability in masks."""

    proves: int
    once: int
    gives: int
    gives_once: int
    mutes: int


class Game(msgspec.Struct, frozen=True):
    """`longest[c]`, `oldest[x]`: the largest wait on each clock and fact: where counting stops. `old`: ms."""

    policy: Policy
    start: Start
    gift: Gift
    factors: tuple[str, ...]
    facts: tuple[str, ...]
    channels: tuple[str, ...]
    clocks: tuple[str, ...]
    moves: tuple[Move, ...]
    powers: Mapping[str, Power]
    free: Power  # the gift
    enrolled: int
    bound: int
    held: int
    longest: tuple[int, ...]
    oldest: tuple[int, ...]
    old: int

    @property
    def goals(self) -> tuple[str, ...]:
        """The rules by which value or data leave."""
        return tuple(move.name for move in self.moves if move.goal)


class _Names:
    """Positions of names in masks."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self.at = {name: index for index, name in enumerate(self.names)}

    def mask(self, names: Iterable[str]) -> int:
        found = 0
        for name in names:
            if name in self.at:
                found |= 1 << self.at[name]
        return found


class _Compiler:
    def __init__(self, policy: Policy, start: Start, gift: Gift, *, context: bool) -> None:
        words = policy.vocabulary
        self.policy, self.start, self.gift, self.context = policy, start, gift, context
        self.factors, self.facts = _Names(words.factors), _Names(words.facts)
        self.channels, self.clocks = _Names(sorted(start.channels)), _Names(words.clocks)

    def wait(self, wait: int) -> int:
        return 0 if self.gift.no_waits else wait

    def move(self, rule: Rule) -> Move:
        words = self.policy.vocabulary
        bound = [name for name in rule.grants if name in words.factors]
        contacts = [words.factors[name].channel for name in bound if words.factors[name].contact]
        fade = max((self.policy.longest_wait.get(clock, 0) for clock in rule.holds), default=0)
        return Move(
            name=rule.name,
            line=rule.line,
            goal=rule.outflow or bool(rule.discloses),
            request=rule.subject == "request",
            cubes=self.cubes(rule),
            sent=rule.notify is not None,
            notify=self.channels.mask(rule.notify or ()),
            delay=self.wait(rule.delay),
            binds=self.factors.mask(bound),
            adds=self.factors.mask(name for name in bound if only_one(self.policy, rule, name)),
            gains=self.facts.mask(rule.grants),
            loses=self.facts.mask(rule.revokes),
            removes=self.factors.mask(rule.removes),
            fade=self.wait(fade),
            reveals=self.factors.mask(rule.discloses),
            silences=self.channels.mask(rule.silences),
            replaces=0 if rule.verb == "bind" else self.channels.mask(contacts),
            restarts=self.clocks.mask((*rule.holds, *rule.starts)),
        )

    def cubes(self, rule: Rule) -> tuple[Cube, ...]:
        atoms = rule.require.atoms
        found: dict[Cube, None] = {}
        for bits in rule.require.cubes:
            mine = [atom for index, atom in enumerate(atoms) if bits >> index & 1]
            if self.context or not any(isinstance(atom, Context) for atom in mine):
                found[self.cube(mine)] = None
        return tuple(found)

    def cube(self, atoms: Sequence[Atom]) -> Cube:
        ages = {self.facts.at[a.fact]: self.wait(a.wait) for a in atoms if isinstance(a, Age)}
        since = {self.clocks.at[a.clock]: self.wait(a.wait) for a in atoms if isinstance(a, Since)}
        return Cube(
            proofs=self.factors.mask(a.factor for a in atoms if isinstance(a, Proof)),
            absent=self.factors.mask(f for a in atoms if isinstance(a, Rank) for f in a.factors[: a.index]),
            facts=self.facts.mask(
                a.name if isinstance(a, Fact) else a.fact for a in atoms if isinstance(a, Fact | Age)
            ),
            ages=tuple((fact, wait) for fact, wait in ages.items() if wait),
            since=tuple((clock, wait) for clock, wait in since.items() if wait),
        )

    def power(self, spec: CapabilitySpec | Gift) -> Power:
        once = spec.once if isinstance(spec, CapabilitySpec) else ()
        gives_once = spec.gives_once if isinstance(spec, CapabilitySpec) else ()
        return Power(
            self.factors.mask(spec.proves),
            self.factors.mask(once) & ~self.factors.mask(spec.proves),
            self.facts.mask(spec.gives),
            self.facts.mask(gives_once) & ~self.facts.mask(spec.gives),
            self.channels.mask(spec.mutes),
        )


def compile_game(
    policy: Policy,
    start: Start,
    gift: Gift = Gift(),  # noqa: B008
    *,
    context: bool = True,
    wishes: Mapping[str, str] = {},
) -> Game:
    """The game of one account under one policy. `context`: what statements of the platform count as (the duals of
    an owner take them as false). `wishes`: goals besides those of the policy, name -> the fact that it takes."""
    compiler = _Compiler(policy, start, gift, context=context)
    moves = [compiler.move(rule) for rule in policy.rules.values() if rule.verb != "revoke"]
    moves = [move for move in moves if move.cubes and _helps(move)]
    moves += [_wish(name, compiler.facts.mask([fact])) for name, fact in wishes.items()]
    cubes = [cube for move in moves for cube in move.cubes]
    words = policy.vocabulary
    return Game(
        policy=policy,
        start=start,
        gift=gift,
        factors=compiler.factors.names,
        facts=compiler.facts.names,
        channels=compiler.channels.names,
        clocks=compiler.clocks.names,
        moves=tuple(moves),
        powers={name: compiler.power(spec) for name, spec in words.capabilities.items()},
        free=compiler.power(gift),
        enrolled=compiler.factors.mask(start.enrolled),
        bound=compiler.factors.mask(start.bound),
        held=compiler.facts.mask(start.facts),
        longest=_largest((cube.since for cube in cubes), len(words.clocks)),
        oldest=_largest((cube.ages for cube in cubes), len(words.facts)),
        old=compiler.wait(OLD_CONTACT),
    )


def only_one(policy: Policy, rule: Rule, factor: str) -> bool:
    """Whether this rule can bind the class only while none is enrolled, as the guard has it."""
    spec = policy.vocabulary.factors[factor]
    return rule.verb == "bind" and not spec.attested and not many(spec)


def power_of(game: Game, gift: Gift) -> Power:
    """A gift as a capability of this game."""
    return _Compiler(game.policy, game.start, game.gift, context=True).power(gift)


def _wish(name: str, fact: int) -> Move:
    """A goal that takes one fact and does nothing."""
    cubes = (Cube(proofs=0, absent=0, facts=fact, ages=(), since=()),)
    return Move(
        name=name,
        line=0,
        goal=True,
        request=False,
        cubes=cubes,
        sent=False,
        notify=0,
        delay=0,
        binds=0,
        adds=0,
        gains=0,
        loses=0,
        removes=0,
        fade=0,
        reveals=0,
        silences=0,
        replaces=0,
        restarts=0,
    )


def _helps(move: Move) -> bool:
    effects = move.binds | move.gains | move.removes | move.reveals | move.silences | move.replaces
    return move.goal or effects != 0


def _largest(waits: Iterable[Waits], count: int) -> tuple[int, ...]:
    found = [0] * count
    for pairs in waits:
        for index, wait in pairs:
            found[index] = max(found[index], wait)
    return tuple(found)


def bits(mask: int) -> Iterable[int]:
    """The positions of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
