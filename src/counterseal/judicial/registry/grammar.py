# SPDX-License-Identifier: Apache-2.0
r"""How an authority writes its case numbers: a small pattern language that cannot run away. Pure.

Letters, digits, space and `-/,:_` stand for themselves, as do `\.`, `\(` and `\)`; `\d` is a digit, `[A-Z0-9]` a
class; after each `{n}`, `{n,m}` or `?`. There are no groups, no alternatives, no `*` and no `+`. It is matched by
following all ways at once, never by going back: what an officer wrote cannot make the desk stand still.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from counterseal.core.errors import InputError

LONGEST: Final = 200
MOST_REPEAT: Final = 20
DIGITS: Final = frozenset("0123456789")
_PIECE: Final = re.compile(
    r"(?P<what>[A-Za-z0-9 /,:_\-\u00c0-\u024f\u4e00-\u9fff]|\\[d.()\-/]|\[[A-Za-z0-9 /._\-]{1,40}\])"
    r"(?:\{(?P<least>[0-9]{1,2})(?:,(?P<most>[0-9]{1,2}))?\}|(?P<maybe>\?))?"
)


class Fits(StrEnum):
    """What a case number says of itself."""

    FITS = "fits"
    DIFFERS = "differs"
    NOT_KNOWN = "not_known"  # nobody wrote down how this authority numbers its cases


class Piece(msgspec.Struct, frozen=True):
    """One of these characters, so many times."""

    characters: frozenset[str]
    least: int
    most: int


def check_grammar(grammar: str) -> None:
    """Raise InputError unless it is of this language ("" = not known)."""
    if len(grammar) > LONGEST:
        raise _invalid(f"a case grammar has up to {LONGEST} characters")
    list(_pieces(grammar))


def case_number_fits(grammar: str, number: str) -> Fits:
    """Whether a case number is written as this authority writes them. Never a proof: templates have true ones."""
    if not grammar:
        return Fits.NOT_KNOWN
    text = number.strip()
    if len(text) > LONGEST:
        return Fits.DIFFERS
    places = {0}
    for piece in _pieces(grammar):
        places = {end for start in places for end in _ends(piece, text, start)}
    return Fits.FITS if len(text) in places else Fits.DIFFERS


def _ends(piece: Piece, text: str, start: int) -> Iterator[int]:
    """Where this piece can end if it begins at `start`."""
    if piece.least == 0:
        yield start
    for count in range(1, piece.most + 1):
        at = start + count - 1
        if at >= len(text) or text[at] not in piece.characters:
            return
        if count >= piece.least:
            yield at + 1


def _pieces(grammar: str) -> Iterator[Piece]:
    at = 0
    while at < len(grammar):
        found = _PIECE.match(grammar, at)
        if found is None:
            raise _invalid(f"the case grammar is not understood from character {at + 1} on")
        least = 0 if found["maybe"] else int(found["least"] or 1)
        most = int(found["most"] or found["least"] or 1)
        if not least <= most <= MOST_REPEAT or most == 0:
            raise _invalid(f"a part is repeated up to {MOST_REPEAT} times")
        yield Piece(_characters(found["what"]), least, most)
        at = found.end()


def _characters(what: str) -> frozenset[str]:
    if what == r"\d":
        return DIGITS
    if what.startswith("\\"):
        return frozenset(what[1])
    return frozenset(_members(what[1:-1])) if what.startswith("[") else frozenset(what)


def _members(inside: str) -> Iterator[str]:
    """The characters of a class: `A-F` is a range, a hyphen at an end is one."""
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            first, last = inside[at], inside[at + 2]
            if first > last or not (first.isalnum() and last.isalnum()):
                raise _invalid("the case grammar holds a class that is none")
            yield from (chr(code) for code in range(ord(first), ord(last) + 1))
            at += 3
        else:
            yield inside[at]
            at += 1


def _invalid(sentence: str) -> InputError:
    return InputError(
        sentence, code="grammar_invalid", hint=r"letters, digits, \d, [A-Z], each with {n}, {n,m} or ?"
    )
