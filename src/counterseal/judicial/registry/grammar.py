# SPDX-License-Identifier: Apache-2.0
r"""How an authority writes its case numbers: a small pattern language that cannot run away. Pure.

Letters, digits, space and `-/,:_` stand for themselves, as do `\.`, `\(` and `\)`; `\d` is a digit, `[A-Z0-9]` a
class; after each `{n}`, `{n,m}` or `?`. There are no groups, no alternatives, no `*` and no `+`, and at most four
parts of variable length, so that the longest number is matched in microseconds.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from counterseal.core.errors import InputError

LONGEST: Final = 200
MOST_VARIABLE: Final = 4
MOST_REPEAT: Final = 20
_PIECE: Final = re.compile(
    r"(?:[A-Za-z0-9 /,:_\-\u00c0-\u024f\u4e00-\u9fff]|\\[d.()\-/]|\[[A-Za-z0-9 /._\-]{1,40}\])"
    r"(?:\{(?P<least>[0-9]{1,2})(?:,(?P<most>[0-9]{1,2}))?\}|(?P<maybe>\?))?"
)


class Fits(StrEnum):
    """What a case number says of itself."""

    FITS = "fits"
    DIFFERS = "differs"
    NOT_KNOWN = "not_known"  # nobody wrote down how this authority numbers its cases


def check_grammar(grammar: str) -> None:
    """Raise InputError unless it is of this language ("" = not known)."""
    if not grammar:
        return
    at, variable = 0, 0
    while at < len(grammar):
        piece = _PIECE.match(grammar, at)
        if piece is None or len(grammar) > LONGEST or (piece[0][0] == "[" and "--" in piece[0]):
            raise InputError(
                f"the case grammar is not understood from character {at + 1} on",
                code="grammar_invalid",
                hint=r"letters, digits, \d, [A-Z], each with {n}, {n,m} or ?",
            )
        least, most = piece["least"], piece["most"]
        variable += bool(piece["maybe"]) or most is not None
        if int(most or least or 0) > MOST_REPEAT or (most is not None and int(most) < int(least)):
            raise InputError(f"a part is repeated up to {MOST_REPEAT} times", code="grammar_invalid")
        at = piece.end()
    if variable > MOST_VARIABLE:
        raise InputError(f"up to {MOST_VARIABLE} parts are of variable length", code="grammar_invalid")
    try:
        re.compile(grammar)
    except re.error:
        raise InputError("the case grammar holds a class that is none", code="grammar_invalid") from None


def case_number_fits(grammar: str, number: str) -> Fits:
    """Whether a case number is written as this authority writes them. Never a proof: templates have true ones."""
    if not grammar:
        return Fits.NOT_KNOWN
    fits = len(number) <= LONGEST and re.fullmatch(grammar, number.strip()) is not None
    return Fits.FITS if fits else Fits.DIFFERS
