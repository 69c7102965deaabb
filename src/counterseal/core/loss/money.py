# SPDX-License-Identifier: Apache-2.0
"""Decimal arithmetic of a loss: exact until it is rounded, and rounded in one place, half to even."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

EXACT: Final = Context(prec=250, rounding=ROUND_HALF_EVEN)
"""Amounts and prices have up to 30 digits on each side of the point: products and sums of them are exact here."""
MOST_DIGITS: Final = 30
MOST_PLACES: Final = 18
"""Decimals that an asset or a currency can have at most, as ether has."""
NOTHING: Final = Decimal(0)


def rounded(value: Decimal, places: int) -> Decimal:
    """To so many decimals (0..18), half to even."""
    return value.quantize(Decimal(1).scaleb(-places), context=EXACT)


def product(amount: Decimal, price: Decimal, places: int) -> Decimal:
    """Amount times price, rounded."""
    return rounded(EXACT.multiply(amount, price), places)


def total(values: Iterable[Decimal]) -> Decimal:
    """Their exact sum."""
    found = NOTHING
    for value in values:
        found = EXACT.add(found, value)
    return found


def plain(amount: Decimal) -> bool:
    """Whether it is finite, not below zero, and has at most 30 digits before and after the point."""
    return (
        amount.is_finite()
        and amount >= 0
        and int(amount.as_tuple().exponent) >= -MOST_DIGITS
        and amount.adjusted() < MOST_DIGITS
    )


def shares(amount: Decimal, weights: Sequence[Decimal], places: int) -> tuple[Decimal, ...]:
    """Part `amount` by weights: the parts add up to it exactly and none is above its weight where `amount` is not
    above their sum. By largest remainders in units of so many decimals, or finer ones that occur; ties go to who
    comes first."""
    places = max(places, _places(amount), *(_places(each) for each in weights))
    units = [_units(each, places) for each in weights]
    whole, parted = sum(units), _units(amount, places)
    if not whole:
        return tuple(NOTHING for _ in weights)
    parts = [divmod(parted * each, whole) for each in units]
    left = parted - sum(quotient for quotient, _ in parts)
    first = sorted(range(len(parts)), key=lambda index: (-parts[index][1], index))[:left]
    more = frozenset(first)
    return tuple(
        Decimal(quotient + (index in more)).scaleb(-places, context=EXACT)
        for index, (quotient, _) in enumerate(parts)
    )


def _places(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))


def _units(value: Decimal, places: int) -> int:
    return int(value.scaleb(places, context=EXACT))
