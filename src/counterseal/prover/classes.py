# SPDX-License-Identifier: Apache-2.0
"""Which capabilities a game tells apart, and by what they do.

Those that do the same are one **class**; those that do nothing are in none. The desk is taken out: evidence of a
judicial request opens nothing but a disclosure, so every minimal way to a disclosure stands, as a whole, in the
class of what the disclosure gives. That keeps a vocabulary of two dozen capabilities at about sixteen classes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations, product

from counterseal.prover.game import Cube, Game, Move, Power

NOTHING = Power(0, 0, 0, 0, 0)


class Way(tuple[str, ...]):  # noqa: SLOT001 - a tuple with a name
    """A set of capabilities that makes `rule` disclose."""

    rule: str

    @classmethod
    def of(cls, names: Iterable[str], rule: str) -> Way:
        """These capabilities as a way to a disclosure."""
        way = cls(sorted(names))
        way.rule = rule
        return way


class Classes:
    """`members[i]`: the sets of capabilities that are class i, single ones first; the first one stands for all.

    `powers[i]`: what it does. `desk`: rule that discloses -> its minimal sets (empty where the desk is not apart).
    """

    def __init__(self, game: Game, names: Collection[str] | None = None) -> None:
        chosen = [name for name in game.powers if names is None or name in names]
        apart = desk_apart(game)
        self.desk: Mapping[str, tuple[Way, ...]] = {}
        if apart:
            self.desk = {move.name: _forgeries(game, move, chosen) for move in game.moves if move.request}
        factors = _account_factors(game) if apart else _account_factors(game) | _evidence(game)
        groups: dict[object, list[tuple[str, ...]]] = {}
        powers: dict[object, Power] = {}
        for names_of, power in _effects(game, chosen, self.desk):
            effect = relevant(game, power, factors)
            if effect != NOTHING:
                # Two one-shot codes are two, however alike: they are never merged.
                key: object = (effect, names_of) if effect.once or effect.gives_once else effect
                groups.setdefault(key, []).append(names_of)
                powers[key] = effect
        self.members = tuple(tuple(sorted(group, key=len)) for group in groups.values())
        self.powers = tuple(powers.values())

    def __len__(self) -> int:
        return len(self.members)

    def first(self, chosen: Iterable[int]) -> tuple[str, ...]:
        """The capabilities that stand for a set of classes."""
        return tuple(sorted({name for index in chosen for name in self.members[index][0]}))

    def expand(self, chosen: Iterable[int]) -> Iterator[tuple[tuple[str, ...], ...]]:
        """Every choice of one member for each of these classes."""
        return product(*(self.members[index] for index in chosen))


def desk_apart(game: Game) -> bool:
    """Whether the rules about requests rest on evidence that nothing in the account gives, and tell nobody."""
    evidence, given = _evidence(game), 0
    for move in game.moves:
        given |= move.binds | move.reveals
        if move.request and (
            move.notify or move.restarts or any(c.facts or c.since or c.absent for c in move.cubes)
        ):
            return False
        if move.request and (move.binds | move.gains | move.loses | move.removes | move.silences | move.replaces):
            return False
    return not evidence & (given | game.free.proves)


def _evidence(game: Game) -> int:
    found = 0
    for cube in (cube for move in game.moves if move.request for cube in move.cubes):
        found |= cube.proofs
    return found


def _account_factors(game: Game) -> int:
    """Factors that somebody who did not enrol them can prove to the account."""
    found = 0
    for cube in (cube for move in game.moves if not move.request for cube in move.cubes):
        found |= cube.proofs
    return found & game.enrolled


def _forgeries(game: Game, move: Move, names: Collection[str]) -> tuple[Way, ...]:
    """The minimal sets of capabilities that meet a rule about requests."""
    proving = {name: game.powers[name].proves | game.powers[name].once for name in names}
    found: set[frozenset[str]] = set()
    for cube in move.cubes:
        found |= _covering(cube, {name: mask & cube.proofs for name, mask in proving.items() if mask & cube.proofs})
    least = [one for one in found if not any(other < one for other in found)]
    return tuple(sorted((Way.of(one, move.name) for one in least), key=lambda one: (len(one), one)))


def _covering(cube: Cube, proving: Mapping[str, int]) -> set[frozenset[str]]:
    found: set[frozenset[str]] = set()
    for size in range(min(len(proving), cube.proofs.bit_count()) + 1):
        for chosen in combinations(sorted(proving), size):
            mask = 0
            for name in chosen:
                mask |= proving[name]
            if mask == cube.proofs and not any(one <= set(chosen) for one in found):
                found.add(frozenset(chosen))
    return found


def _effects(
    game: Game, names: Collection[str], desk: Mapping[str, tuple[Way, ...]]
) -> Iterator[tuple[tuple[str, ...], Power]]:
    for name in names:
        yield (name,), game.powers[name]
    reveals = {move.name: move.reveals for move in game.moves}
    for way in (way for ways in desk.values() for way in ways):
        yield way, Power(reveals[way.rule], 0, 0, 0, 0)


def relevant(game: Game, power: Power, factors: int) -> Power:
    """What of a capability's power does something in this game."""
    facts = told = 0
    for move in game.moves:
        told |= move.notify
        for cube in move.cubes:
            facts |= cube.facts
    factors &= ~game.free.proves
    facts &= ~game.free.gives
    proves, gives = power.proves & factors, power.gives & facts
    return Power(
        proves,
        power.once & factors & ~proves,
        gives,
        power.gives_once & facts & ~gives,
        power.mutes & told & ~game.free.mutes,
    )
