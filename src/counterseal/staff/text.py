# SPDX-License-Identifier: Apache-2.0
"""What staff write for others to read: it must be read as it was written."""

from __future__ import annotations

import unicodedata
from typing import Final

# Controls, surrogates, private signs, and line breaks: they would write another line into whatever shows the text.
_REFUSED: Final = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
# What turns the direction of what follows, and spaces without width. (Joiners stay: whole scripts need them.)
_UNSEEN: Final = frozenset(
    "\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def is_plain(text: str, longest: int, *, lines: bool = False) -> bool:
    """Whether `text` has at most `longest` signs, a letter or digit, and nothing that hides or moves what stands
    there; `lines`: it may have several."""
    if len(text) > longest:
        return False
    signs = text.replace("\n", " ").replace("\t", " ") if lines else text
    kinds = {unicodedata.category(sign) for sign in signs}
    return any(kind[0] in "LN" for kind in kinds) and not kinds & _REFUSED and not _UNSEEN.intersection(signs)
