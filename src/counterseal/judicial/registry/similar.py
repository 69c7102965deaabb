# SPDX-License-Identifier: Apache-2.0
"""Telephone numbers that can be taken for another: what a forged letter gives beside the true one. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Generic, TypeVar

from counterseal.judicial.registry.normal import country_code

Item = TypeVar("Item")
TAIL: Final = 6  # last digits that people compare


class Likeness(StrEnum):
    """How one number resembles another; `SAME` is the number itself."""

    SAME = "same"
    OTHER_COUNTRY = "other_country"  # the same number behind another country code
    TRANSPOSED = "transposed"  # two neighbouring digits changed places
    ONE_DIGIT = "one_digit"  # one digit is another one
    ONE_MORE = "one_more"  # one digit was added or left out
    SAME_END = "same_end"  # the last six digits are the same


SAID: Final = {
    Likeness.SAME: "is",
    Likeness.OTHER_COUNTRY: "has another country code than",
    Likeness.TRANSPOSED: "has two digits the other way round than",
    Likeness.ONE_DIGIT: "differs by one digit from",
    Likeness.ONE_MORE: "has a digit more or less than",
    Likeness.SAME_END: "ends like",
}


def likeness(one: str, other: str) -> Likeness | None:
    """How these E.164 numbers resemble each other; None = not at all. The strongest reason comes first."""
    if one == other:
        return Likeness.SAME
    mine, theirs = one.removeprefix("+"), other.removeprefix("+")
    if mine[len(country_code(one)) :] == theirs[len(country_code(other)) :]:
        return Likeness.OTHER_COUNTRY
    if len(mine) == len(theirs):
        apart = [at for at, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
        if len(apart) == 1:
            return Likeness.ONE_DIGIT
        if len(apart) == 2 and apart[1] == apart[0] + 1 and _swapped(mine, theirs, apart[0]):  # noqa: PLR2004
            return Likeness.TRANSPOSED
    elif _one_more(mine, theirs):
        return Likeness.ONE_MORE
    return Likeness.SAME_END if mine[-TAIL:] == theirs[-TAIL:] else None


def _swapped(mine: str, theirs: str, at: int) -> bool:
    return mine[at] == theirs[at + 1] and mine[at + 1] == theirs[at]


def _one_more(mine: str, theirs: str) -> bool:
    short, long = sorted((mine, theirs), key=len)
    if len(long) != len(short) + 1:
        return False
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


class Numbers(Generic[Item]):
    """Finds what resembles a number among many without comparing it with each: alike numbers share a key."""

    def __init__(self) -> None:
        self._by_key: dict[str, list[tuple[str, Item]]] = {}

    def add(self, number: str, item: Item) -> None:
        """One more (E.164)."""
        for key in _keys(number):
            self._by_key.setdefault(key, []).append((number, item))

    def like(self, number: str) -> list[tuple[Likeness, Item]]:
        """Everything that resembles this number, in the order in which it was added."""
        found: dict[int, tuple[Likeness, Item]] = {}
        for key in _keys(number):
            for other, item in self._by_key.get(key, ()):
                if id(item) not in found and (how := likeness(number, other)) is not None:
                    found[id(item)] = (how, item)
        return list(found.values())


def _keys(number: str) -> set[str]:
    """Its end, its national part, and itself with any one digit left out: two numbers that differ by one digit, or
    by two that changed places, become the same by leaving one out of each."""
    digits = number.removeprefix("+")
    left = {f"d{digits[:at]}{digits[at + 1 :]}" for at in range(len(digits))}
    return {f"d{digits}", f"e{digits[-TAIL:]}", f"n{digits[len(country_code(number)) :]}", *left}
