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
_MAX_PRODUCT = 4 * MAX_CUBES


def cubes_of(
    expression: Expression, channels: Mapping[str, str], *, line: int = 1, column: int = 1
) -> tuple[tuple[Atom, ...], tuple[int, ...]]:
    """(atoms, cubes): atoms in order of first mention, cubes by size and then by value.

    Raises PolicyError `requirement_too_large` over 4,096 cubes.
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
    def __init__(self, atoms: dict[Atom, int], channels: Mapping[str, str]) -> None:
        self.atoms = atoms
        self.channels = channels

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
        return 1 << self.atoms.setdefault(atom, len(self.atoms))

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
        implied, excluded = self._relations()
        closed: dict[int, int] = {}  # everything the cube implies -> the cube without implied atoms
        for cube in set(cubes):
            slim, closure, impossible = cube, cube, False
            for bit in _bits(cube):
                closure |= implied.get(bit, 0)
                slim &= ~implied.get(bit, 0)
                impossible = impossible or bool(excluded.get(bit, 0) & cube)
            if not impossible:
                closed[closure] = slim
        kept: list[int] = []
        for closure in sorted(closed, key=int.bit_count):
            if not any(small & closure == small for small in kept):
                kept.append(closed[closure])
                if len(kept) > MAX_CUBES:
                    raise OverflowError
        return kept

    def _relations(self) -> tuple[dict[int, int], dict[int, int]]:
        """For each atom's bit: the atoms that it implies, and the atoms that cannot hold with it."""
        implied: dict[int, int] = {}
        excluded: dict[int, int] = {}
        groups: dict[tuple[type, str], list[Since | Age]] = {}
        ranks: list[Rank] = []
        for atom in self.atoms:
            if isinstance(atom, Since):
                groups.setdefault((Since, atom.clock), []).append(atom)
            elif isinstance(atom, Age):
                groups.setdefault((Age, atom.fact), []).append(atom)
            elif isinstance(atom, Rank):
                ranks.append(atom)
        for waits in groups.values():
            for long, short in ((a, b) for a in waits for b in waits if b.wait < a.wait):
                implied[self._bit(long)] = implied.get(self._bit(long), 0) | self._bit(short)
        for rank, other in ((a, b) for a in ranks for b in ranks if _exclude(a, b)):
            excluded[self._bit(rank)] = excluded.get(self._bit(rank), 0) | self._bit(other)
        return implied, excluded


def _exclude(a: Rank, b: Rank) -> bool:
    """One says that a factor is enrolled, the other that it is not."""
    return a.factors[a.index] in b.factors[: b.index] or b.factors[b.index] in a.factors[: a.index]


def _bits(mask: int) -> Iterable[int]:
    while mask:
        bit = mask & -mask
        yield bit
        mask ^= bit
