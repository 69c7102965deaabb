# SPDX-License-Identifier: Apache-2.0
"""Two games over the same capability sets: which sets have a shorter window in one than in the other.

Capabilities are told apart if either game tells them apart, so that position i of every mask is the same set of
capabilities in both. The bound counts; the exact search confirms the smallest sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations

import msgspec
from msgspec.structs import replace

from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.classes import NOTHING, Classes, Way, desk_apart
from counterseal.prover.findings import Attack
from counterseal.prover.game import Cube, Game, Move, Power, bits
from counterseal.prover.minimal import rank
from counterseal.prover.reached import Reached
from counterseal.prover.space import Space, every_set, these, up_to

MAX_JOINT = 16  # classes of which every set is compared; with more, sets of up to four
NEVER = 1 << 62
TRIES = 6  # sets that the exact search looks at before a difference stays unconfirmed
SMALL = 64  # sets of a space in which all are searched though the bound sees no difference
MOST_CHECKS = 12
CHECKS = 4  # sets beside each outflow that are searched though the bound sees no difference


class Joint(Classes):
    """Classes whose members are given."""

    def __init__(self, members: Iterable[tuple[tuple[str, ...], ...]], powers: Iterable[Power]) -> None:
        self.members, self.powers, self.desk = tuple(members), tuple(powers), {}


class Witness(msgspec.Struct, frozen=True):
    """A set of capabilities and its best attacks before and after; None = it never gets there."""

    capabilities: tuple[str, ...]
    old: Attack | None
    new: Attack | None


class Less(msgspec.Struct, frozen=True):
    """A goal that some sets reach sooner in one game. `sets` of `of`: by the bound. `witness`: the smallest set,
    by the exact search; None = the bound differs, and none of the sets that were searched does."""

    goal: str
    sets: int
    of: int
    witness: Witness | None


class Pair:
    """`names`: old goal -> the goal of the new game that it is compared with (its own name if it is absent).
    `cap`: windows as long as this (ms) count as never."""

    def __init__(self, old: Case, new: Case, names: Mapping[str, str] = {}, cap: int = NEVER) -> None:
        self.old, self.new, self.names, self.cap = old, new, names, cap
        self._found: dict[tuple[bool, tuple[str, ...], str], Attack | None] = {}

    @cached_property
    def same_words(self) -> bool:
        """Whether both policies speak one vocabulary: then a bit means the same in both games."""
        return self.old.policy.vocabulary.digest == self.new.policy.vocabulary.digest

    @cached_property
    def spaces(self) -> tuple[Space, Space]:
        """The same sets for the old and for the new game."""
        old, new = self.old.game, self.new.game
        shared = [name for name in old.powers if name in new.powers]
        if desk_apart(old) != desk_apart(new):  # evidence stands alone in one game and as a way in the other
            sets = [names for size in range(4) for names in combinations(shared, size)]
            return these(Classes(old, shared), sets), these(Classes(new, shared), sets)
        classes = joint(Classes(old, shared), Classes(new, shared))
        made = [every_set(one) if len(one) <= MAX_JOINT else up_to(one, 4) for one in classes]
        return made[0], made[1]

    @cached_property
    def reached(self) -> tuple[Mapping[str, Reached], Mapping[str, Reached]]:
        """What the bound says of each game."""
        return bound(self.old.game, self.spaces[0]), bound(self.new.game, self.spaces[1])

    def capabilities(self, position: int) -> tuple[str, ...]:
        """The capabilities of a set."""
        old, new = (space.classes.first(bits(space.chosen(position))) for space in self.spaces)
        return old if old == new else tuple(sorted({*old, *new}))

    def attack(self, names: tuple[str, ...], goal: str, *, new: bool) -> Attack | None:
        """The best attack of one set in one game. `goal`: by its old name."""
        if (new, names, goal) not in self._found:
            case = self.new if new else self.old
            self._found[new, names, goal] = case.window(names, self.names.get(goal, goal) if new else goal)
        return self._found[new, names, goal]

    def less(self, goal: str, *, weaker: bool) -> Less | None:
        """The sets that reach a goal sooner in the new game (weaker) or in the old one (stronger)."""
        before, after = self._reached(goal)
        mask = sooner(after, before) if weaker else sooner(before, after)
        if mask:
            space = self.spaces[0]
            found = self._confirm(goal, space.minimal(mask)[:TRIES], weaker=weaker)
            return Less(goal, mask.bit_count(), space.size, found)
        if self.surely_not(weaker=weaker):
            return None
        found = self._confirm(goal, self._beside(after if weaker else before), weaker=weaker)
        return None if found is None else Less(goal, 1, self.spaces[0].size, found)

    def _reached(self, goal: str) -> tuple[Reached, Reached]:
        old, new = self.reached
        return self._capped(old.get(goal)), self._capped(new.get(self.names.get(goal, goal)))

    def _capped(self, reached: Reached | None) -> Reached:
        if reached is None:
            return Reached(0, ())
        return Reached(reached.silent, tuple(pair for pair in reached.windows if pair[0] < self.cap))

    def order(self, attack: Attack | None) -> int:
        """Silent, then by window, then never."""
        return NEVER if attack is None or rank(attack) >= self.cap else rank(attack)

    def reaching(self, goal: str) -> Less | None:
        """The sets by which the new game loses at a goal while the owner is told in time to bound the loss."""
        after = self._reached(goal)[1]
        mask = after.ever & ~after.silent
        for position in self.spaces[0].minimal(mask)[:TRIES] if mask else ():
            names = self.capabilities(position)
            old, new = (self.attack(names, goal, new=side) for side in (False, True))
            if new is not None and not new.silent and self.order(new) < NEVER:
                return Less(goal, mask.bit_count(), self.spaces[0].size, Witness(names, old, new))
        return None

    def _beside(self, reached: Reached) -> list[int]:
        """Where the bound is equal, these are searched: every set of a small space, else the smallest sets of each
        window and, since the bound may see them too soon, those with one class more."""
        space = self.spaces[0]
        if space.size <= SMALL:
            return list(bits(reached.ever))
        least = smallest(space, reached, CHECKS)
        larger = (
            [at | 1 << index for at in least for index in range(len(space.classes))] if space.sets is None else []
        )
        return list(dict.fromkeys((*least, *larger)))[:MOST_CHECKS]

    def _confirm(self, goal: str, positions: Iterable[int], *, weaker: bool) -> Witness | None:
        for position in positions:
            names = self.capabilities(position)
            old, new = (self.attack(names, goal, new=side) for side in (False, True))
            before, after = self.order(old), self.order(new)
            if (after < before) if weaker else (before < after):
                return Witness(names, old, new)
        return None

    def surely_not(self, *, weaker: bool) -> bool:
        """Whether one game cannot be sooner anywhere: each of its moves asks no less and gives no more."""
        if not self.same_words or self.old.start != self.new.start:
            return False
        one, other = (self.new, self.old) if weaker else (self.old, self.new)
        return no_sooner(one.game, other.game)


def smallest(space: Space, reached: Reached, most: int) -> list[int]:
    """The positions of so many of the smallest sets of each window, the shortest windows first."""
    masks = [reached.silent, *(mask for _, mask in reached.windows)]
    return list(dict.fromkeys(at for mask in masks if mask for at in space.minimal(mask)[:most]))[:most]


def sooner(one: Reached, other: Reached) -> int:
    """The sets whose window in `one` is shorter than in `other`, silent being the shortest."""
    found = one.silent & ~other.silent
    for time in sorted({time for time, _ in (*one.windows, *other.windows)}):
        found |= _by(one, time) & ~_by(other, time)
    return found


def _by(reached: Reached, time: int) -> int:
    return reached.within(time + 1)


def joint(old: Classes, new: Classes) -> tuple[Joint, Joint]:
    """Classes that split where either side splits; the powers are each side's own."""
    places = [_places(old), _places(new)]
    groups: dict[tuple[int | None, int | None], list[tuple[str, ...]]] = {}
    for key, names in {**places[0][1], **places[1][1]}.items():
        groups.setdefault((places[0][0].get(key), places[1][0].get(key)), []).append(names)
    members = [tuple(sorted(group, key=len)) for group in groups.values()]
    first = [NOTHING if i is None else old.powers[i] for i, _ in groups]
    second = [NOTHING if i is None else new.powers[i] for _, i in groups]
    return Joint(members, first), Joint(members, second)


def _places(classes: Classes) -> tuple[dict[object, int], dict[object, tuple[str, ...]]]:
    at: dict[object, int] = {}
    members: dict[object, tuple[str, ...]] = {}
    for index, group in enumerate(classes.members):
        for one in group:
            key = (tuple(one), one.rule if isinstance(one, Way) else None)
            at[key], members[key] = index, one
    return at, members


def bare(game: Game) -> Game:
    """The game without line numbers: where a rule stands changes nothing."""
    return replace(game, moves=tuple(replace(move, line=0) for move in game.moves))


def no_sooner(one: Game, other: Game) -> bool:
    """Whether each move of `one` has a move of `other` with its name that asks no more, is heard by no more, gives
    no less and costs no more. The game is monotone in all of these, so no window of `one` is shorter."""
    moves = {move.name: move for move in other.moves}
    return one.old == other.old and all(
        move.name in moves and _covered(move, moves[move.name]) for move in one.moves
    )


_EQUAL = ("goal", "request", "delay", "binds", "adds", "removes", "replaces", "silences")


def _covered(move: Move, other: Move) -> bool:
    if any(getattr(move, name) != getattr(other, name) for name in _EQUAL) or other.fade > move.fade:
        return False
    more = (other.notify & ~move.notify) | (other.restarts & ~move.restarts) | (other.loses & ~move.loses)
    if more or move.gains & ~other.gains or move.reveals & ~other.reveals:
        return False
    return all(any(_asks_no_more(easy, cube) for easy in other.cubes) for cube in move.cubes)


def _asks_no_more(easy: Cube, cube: Cube) -> bool:
    if easy.proofs & ~cube.proofs or easy.absent & ~cube.absent or easy.facts & ~cube.facts:
        return False
    ages, since = dict(cube.ages), dict(cube.since)
    return all(ages.get(i, 0) >= wait for i, wait in easy.ages) and all(
        since.get(i, 0) >= wait for i, wait in easy.since
    )


def desk_changes(old: Case, new: Case, *, weaker: bool) -> Iterator[tuple[str, tuple[str, ...], int, int]]:
    """(rule that discloses, smallest set that it now discloses to, sets, of) where evidence became easier to forge
    (or harder): over every set of the capabilities that forge any."""
    ways = [{rule: list(map(frozenset, found)) for rule, found in case.classes.desk.items()} for case in (old, new)]
    for rule in dict.fromkeys((*ways[0], *ways[1])):
        before, after = ways[0].get(rule, []), ways[1].get(rule, [])
        gained, had = (after, before) if weaker else (before, after)
        fresh = [way for way in gained if not any(one <= way for one in had)]
        if not fresh:
            continue
        who = sorted(frozenset().union(*before, *after))
        sets = [frozenset(names) for size in range(len(who) + 1) for names in combinations(who, size)]
        count = sum(any(w <= s for w in gained) and not any(w <= s for w in had) for s in sets)
        yield rule, min(map(tuple, map(sorted, fresh)), key=lambda one: (len(one), one)), count, len(sets)
