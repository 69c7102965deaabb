# SPDX-License-Identifier: Apache-2.0
"""Which capability sets are decided together: position i of every mask is one set.

Capabilities that do the same in a game are one **class**; those that do nothing in it are none. So a space over a
dozen classes decides every set of the whole vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import combinations, product

from counterseal.core.errors import CountersealError
from counterseal.prover.game import Game, Power, bits

MAX_CLASSES = 20  # 2^20 sets: 128 KiB for each mask


class TooLargeError(CountersealError):
    """The question is too large to be answered completely."""


class Classes:
    """The capabilities of a game that matter, by what they do. `members[i]`: names, the first for all."""

    def __init__(self, game: Game, names: Collection[str] | None = None) -> None:
        groups: dict[object, list[str]] = {}
        for name, power in game.powers.items():
            if names is not None and name not in names:
                continue
            effect = relevant(game, power)
            if effect == _NONE:
                continue
            # Two one-shot codes are two, however alike: they are never merged.
            key: object = (effect, name) if effect.once or effect.gives_once else effect
            groups.setdefault(key, []).append(name)
        self.members = tuple(tuple(group) for group in groups.values())
        self.names = tuple(group[0] for group in self.members)
        self.powers = tuple(relevant(game, game.powers[name]) for name in self.names)

    def expand(self, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
        """Every set of capabilities that does the same as this set of first names."""
        by_first = {group[0]: group for group in self.members}
        for chosen in product(*(by_first[name] for name in names)):
            yield tuple(sorted(chosen))


_NONE = Power(0, 0, 0, 0, 0)


def relevant(game: Game, power: Power) -> Power:
    """What a capability does in this game and could not do without."""
    account = request = facts = told = 0
    for move in game.moves:
        for cube in move.cubes:
            facts |= cube.facts
            if move.request:
                request |= cube.proofs
            else:
                account |= cube.proofs
        told |= move.notify
    factors = (account & (game.enrolled | 0) | request) & ~game.free.proves
    facts &= ~game.free.gives
    proves, gives = power.proves & factors, power.gives & facts
    return Power(
        proves,
        power.once & factors & ~proves,
        gives,
        power.gives_once & facts & ~gives,
        power.mutes & told & ~game.free.mutes,
    )


class Space:
    """A list of sets of classes. `size`: how many sets; `all`: the mask of all of them."""

    def __init__(self, classes: Classes, sets: Sequence[int] | None = None) -> None:
        self.classes = classes
        self.sets = sets
        count = len(classes.names)
        if sets is None and count > MAX_CLASSES:
            raise TooLargeError(
                f"{count} capabilities that differ make {2**count:,} sets, more than {2**MAX_CLASSES:,}",
                code="too_many_sets",
                hint="Ask for sets up to a size.",
            )
        self.size = (1 << count) if sets is None else len(sets)
        self.all = (1 << self.size) - 1

    @cached_property
    def having(self) -> tuple[int, ...]:
        """Class -> the mask of the sets that have it."""
        count = len(self.classes.names)
        if self.sets is None:
            return tuple(_pattern(index, count) for index in range(count))
        found = [0] * count
        for position, chosen in enumerate(self.sets):
            for index in bits(chosen):
                found[index] |= 1 << position
        return tuple(found)

    def chosen(self, position: int) -> int:
        """The set at a position, as a mask over classes."""
        return position if self.sets is None else self.sets[position]

    def names(self, position: int) -> tuple[str, ...]:
        """The set at a position: first names of its classes."""
        return tuple(self.classes.names[index] for index in bits(self.chosen(position)))

    def minimal(self, mask: int) -> list[int]:
        """The positions in `mask` of sets that contain no other set in `mask`, smaller sets first."""
        if self.sets is None:
            mask = self._without_supersets(mask)
            return sorted(bits(mask), key=lambda position: (position.bit_count(), position))
        found: list[int] = []
        for position in sorted(bits(mask), key=lambda at: (self.chosen(at).bit_count(), at)):
            chosen = self.chosen(position)
            if not any(self.chosen(other) & chosen == self.chosen(other) for other in found):
                found.append(position)
        return found

    def _without_supersets(self, mask: int) -> int:
        """Marks every strict superset of a member by one wave over all classes, then takes them out."""
        over, closed = 0, mask
        for index, having in enumerate(self.having):
            over |= (closed & ~having) << (1 << index)
            closed |= (closed & ~having) << (1 << index)
        return mask & ~over


def every_set(classes: Classes) -> Space:
    """All sets of all classes. Raises TooLargeError over 20 classes."""
    return Space(classes)


def up_to(classes: Classes, size: int) -> Space:
    """All sets of at most `size` classes. Raises TooLargeError over a million sets."""
    if size >= len(classes.names):
        return every_set(classes)
    sets: list[int] = []
    for length in range(size + 1):
        for chosen in combinations(range(len(classes.names)), length):
            sets.append(sum(1 << index for index in chosen))
            if len(sets) > 1 << MAX_CLASSES:
                raise TooLargeError(
                    f"there are more than {1 << MAX_CLASSES:,} sets of up to {size} capabilities",
                    code="too_many_sets",
                    hint="Ask for smaller sets.",
                )
    return Space(classes, sets)


def these(classes: Classes, sets: Iterable[Iterable[str]]) -> Space:
    """The sets named; capabilities that do nothing in the game fall out."""
    at = {name: index for index, group in enumerate(classes.members) for name in group}
    masks = [sum({1 << at[name] for name in names if name in at}) for names in sets]
    return Space(classes, masks)


def _pattern(index: int, count: int) -> int:
    """Bits at the positions whose bit `index` is set, by doubling."""
    half = 1 << index
    mask, length = ((1 << half) - 1) << half, half * 2
    while length < 1 << count:
        mask |= mask << length
        length *= 2
    return mask
