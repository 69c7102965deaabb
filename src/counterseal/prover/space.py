# SPDX-License-Identifier: Apache-2.0
"""Which sets of classes are decided together: position i of every mask is one set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import combinations

from counterseal.core.errors import CountersealError
from counterseal.prover.classes import Classes
from counterseal.prover.game import bits

MAX_CLASSES = 20  # 2^20 sets: 128 KiB for each mask


class TooLargeError(CountersealError):
    """The question is too large to be answered completely."""


class Space:
    """A list of sets of classes. `size`: how many sets; `all`: the mask of all of them."""

    def __init__(self, classes: Classes, sets: Sequence[int] | None = None) -> None:
        self.classes = classes
        self.sets = sets
        count = len(classes)
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
        count = len(self.classes)
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
        """The capabilities that stand for the set at a position."""
        return self.classes.first(bits(self.chosen(position)))

    def above(self, chosen: int) -> int:
        """The mask of the sets that have all of these classes."""
        found = self.all
        for index in bits(chosen):
            found &= self.having[index]
        return found

    def below(self, chosen: int) -> int:
        """The mask of the sets that have none but these classes."""
        found = self.all
        for index, having in enumerate(self.having):
            if not chosen >> index & 1:
                found &= ~having
        return found

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
    if size >= len(classes):
        return every_set(classes)
    sets: list[int] = []
    for length in range(size + 1):
        for chosen in combinations(range(len(classes)), length):
            sets.append(sum(1 << index for index in chosen))
            if len(sets) > 1 << MAX_CLASSES:
                raise TooLargeError(
                    f"there are more than {1 << MAX_CLASSES:,} sets of up to {size} capabilities",
                    code="too_many_sets",
                    hint="Ask for smaller sets.",
                )
    return Space(classes, sets)


def these(classes: Classes, sets: Iterable[Iterable[str]]) -> Space:
    """The sets of capabilities that are named: each as the classes of which it has a member whole."""
    single: dict[str, int] = {}
    ways: list[tuple[frozenset[str], int]] = []
    for index, group in enumerate(classes.members):
        for one in group:
            if len(one) == 1:
                single[one[0]] = single.get(one[0], 0) | 1 << index
            else:
                ways.append((frozenset(one), 1 << index))
    masks: list[int] = []
    for names in sets:
        mask = 0
        for name in names:
            mask |= single.get(name, 0)
        for way, bit in ways:
            if not mask & bit and way.issubset(names):
                mask |= bit
        masks.append(mask)
    return Space(classes, masks)


def _pattern(index: int, count: int) -> int:
    """Bits at the positions whose bit `index` is set, by doubling."""
    half = 1 << index
    mask, length = ((1 << half) - 1) << half, half * 2
    while length < 1 << count:
        mask |= mask << length
        length *= 2
    return mask
