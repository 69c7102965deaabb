# SPDX-License-Identifier: Apache-2.0
"""What may stand in a text that people write for others to read."""

from __future__ import annotations

import unicodedata
from typing import Final

_REFUSED: Final = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})  # controls and line breaks that nobody sees
_UNSEEN: Final = frozenset(
    "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def is_plain(text: str, longest: int, *, lines: bool = False) -> bool:
    """Whether `text` has at most `longest` characters, a letter or digit, and nothing that hides or moves what
    stands there; `lines`: it may have several."""
    if len(text) > longest:
        return False
    signs = text.replace("\n", " ") if lines else text
    kinds = {unicodedata.category(sign) for sign in signs}
    return any(kind[0] in "LN" for kind in kinds) and not kinds & _REFUSED and not _UNSEEN.intersection(signs)


def one_line(text: str, longest: int = 120) -> str:
    """A stranger's text as it may stand in a line of ours: no controls, no line breaks, bounded."""
    kept = "".join(" " if unicodedata.category(sign) in _REFUSED else sign for sign in text if sign not in _UNSEEN)
    return " ".join(kept.split())[:longest]


def folded(text: str) -> str:
    """For finding a value in a text whatever its case, width and spacing."""
    kept = unicodedata.normalize("NFKC", text).casefold()
    return "".join(sign for sign in kept if not sign.isspace() and sign not in "-().")
