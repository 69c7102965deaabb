# SPDX-License-Identifier: Apache-2.0
"""Disjunctive normal form: a requirement as minimal sets of atoms, each a bitmask.

`strongest(a, b)` becomes `Rank(0) and a` or `Rank(1) and b`; `k of` becomes every choice of k factors on
k distinct channels. Cubes that contradict themselves (two ranks that exclude each other) are dropped, a
shorter wait beside a longer one of the same clock or object is implied by it and left out, and no cube is
kept that another one makes superfluous.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations, product

from counterseal.core.errors import PolicyError, Span
from counterseal.core.policy.expression import (
    Age,
    And,
    AtLeast,
    Atom,
    Expression,
    Or,
    Proof,
    Rank,
    Since,
    Strongest,
)

MAX_CUBES = 4_096
MAX_ATOMS = 512
_MAX_PRODUCT = 4 * MAX_CUBES
_MAX_WORK = 12_000_000  # comparisons of one requirement: about a second


def cubes_of(
    expression: Expression, channels: Mapping[str, str], *, line: int = 1, column: int = 1
) -> tuple[tuple[Atom, ...], tuple[int, ...]]:
    """(atoms, cubes): atoms in order of first mention, cubes by size and then by value.

    Raises PolicyError `requirement_too_large` over 4,096 cubes or 512 atoms.
    """
    atoms: dict[Atom, int] = {}
    try:
        cubes = _Normaliser(atoms, channels).cubes(expression)
    except OverflowError:
        raise PolicyError(
            f"the requirement has more than {MAX_CUBES:,} alternatives",
            span=Span(line, column),
            code="requirement_too_large",
            hint="Say it with fewer `or` and `k of`.",
        ) from None
    return tuple(atoms), tuple(sorted(cubes, key=lambda cube: (cube.bit_count(), cube)))


def by_channel(factors: Iterable[str], channels: Mapping[str, str]) -> dict[str, list[str]]:
    """The factors grouped by the channel they use; a factor without one is a channel of its own."""
    groups: dict[str, list[str]] = {}
    for factor in factors:
        groups.setdefault(channels.get(factor, factor), []).append(factor)
    return groups


class _Normaliser:
    """Relations between atoms are kept as masks while atoms are met, so that a long list stays cheap."""

    def __init__(self, atoms: dict[Atom, int], channels: Mapping[str, str]) -> None:
        self.atoms = atoms
        self.channels = channels
        self.work = 0
        self.implied: dict[int, int] = {}  # bit of a wait -> bits of the shorter waits of the same clock or object
        self.waits: dict[tuple[type, str], list[tuple[int, int]]] = {}  # -> (wait, bit)
        self.enrolled: dict[str, int] = {}  # factor -> ranks that say it is enrolled
        self.missing: dict[str, int] = {}  # factor -> ranks that say it is not

    def cubes(self, expression: Expression) -> list[int]:
        match expression:
            case And(items):
                result = [0]
                for item in items:
                    result = self._both(result, self.cubes(item))
                return result
            case Or(items):
                return self._minimal(cube for item in items for cube in self.cubes(item))
            case Strongest(factors):
                return [
                    self._bit(Rank(factors, index)) | self._bit(Proof(factor))
                    for index, factor in enumerate(factors)
                ]
            case AtLeast(number, factors):
                return self._k_of(number, factors)
            case _:
                return [self._bit(expression)]

    def _bit(self, atom: Atom) -> int:
        if atom in self.atoms:
            return 1 << self.atoms[atom]
        if len(self.atoms) == MAX_ATOMS:
            raise OverflowError
        bit = 1 << self.atoms.setdefault(atom, len(self.atoms))
        if isinstance(atom, Since | Age):
            self._relate(atom, bit)
        elif isinstance(atom, Rank):
            factor = atom.factors[atom.index]
            self.enrolled[factor] = self.enrolled.get(factor, 0) | bit
            for stronger in atom.factors[: atom.index]:
                self.missing[stronger] = self.missing.get(stronger, 0) | bit
        return bit

    def _relate(self, atom: Since | Age, bit: int) -> None:
        name = atom.clock if isinstance(atom, Since) else atom.fact
        group = self.waits.setdefault((type(atom), name), [])
        for wait, other in group:
            longer, shorter = (bit, other) if wait < atom.wait else (other, bit)
            self.implied[longer] = self.implied.get(longer, 0) | shorter
        group.append((atom.wait, bit))

    def _k_of(self, number: int, factors: tuple[str, ...]) -> list[int]:
        groups = by_channel(factors, self.channels)
        bits = [[self._bit(Proof(factor)) for factor in group] for group in groups.values()]
        found: list[int] = []
        for chosen in combinations(bits, number):
            for choice in product(*chosen):
                found.append(sum(choice))
                if len(found) > MAX_CUBES:
                    raise OverflowError
        return found

    def _both(self, left: list[int], right: list[int]) -> list[int]:
        if len(left) * len(right) > _MAX_PRODUCT:
            raise OverflowError
        return self._minimal(a | b for a in left for b in right)

    def _minimal(self, cubes: Iterable[int]) -> list[int]:
        """Without contradictions, implied atoms and superfluous cubes."""
        implied = self.implied
        clashes = [(self.enrolled[name], mask) for name, mask in self.missing.items() if name in self.enrolled]
        waits = sum(implied)  # keys are distinct single bits
        closed: dict[int, int] = {}  # everything the cube implies -> the cube without implied atoms
        for cube in set(cubes):
            if any(cube & yes and cube & no for yes, no in clashes):
                continue
            shorter = 0
            for bit in _bits(cube & waits):
                shorter |= implied[bit]
            closed[cube | shorter] = cube & ~shorter
        kept: list[int] = []
        for closure in sorted(closed, key=int.bit_count):
            self.work += len(kept)
            if self.work > _MAX_WORK:
                raise OverflowError
            if not any(small & closure == small for small in kept):
                kept.append(closed[closure])
                if len(kept) > MAX_CUBES:
                    raise OverflowError
        return kept


def _bits(mask: int) -> Iterable[int]:
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit
