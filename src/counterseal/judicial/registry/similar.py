# SPDX-License-Identifier: Apache-2.0
"""Telephone numbers that can be taken for another: what a forged letter gives beside the true one. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from counterseal.judicial.registry.normal import country_code

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
