# SPDX-License-Identifier: Apache-2.0
"""Domain names and names of authorities that are made to be taken for others.

Letters of other scripts that look like Latin ones are a short table of our own after Unicode's NFKC folding
(Unicode TS 39 is the idea): those that occur in registered domain names and in names.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_LOOKS: Final = str.maketrans(
    # Cyrillic
    "авекмнорстухѕіјԁԛԝгьпи"
    # Greek
    "αβεηικνορτυχω"
    # Latin with a twist, and Armenian
    "ıɑɡɩℓƖǀłøđħŧƅօսոհց",
    "abekmhopctyxsijdqwrbnu" + "abenikvoptuxw" + "iagillllodhtbounhg",
)
_DIGITS: Final = str.maketrans("01358", "olesb")
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_LONG, _LONGER = 5, 12  # letters of a label from which one, or two, other letters are no accident


def unicode_name(domain: str) -> str:
    """A domain name with its punycode labels decoded; what does not decode stays."""
    labels = []
    for label in domain.lower().split("."):
        try:
            labels.append(label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label)
        except (UnicodeError, ValueError, OverflowError):
            labels.append(label)
    return ".".join(labels)


@lru_cache(maxsize=20_000)
def skeleton(text: str) -> str:
    """What a person sees who does not look twice: without accents, case, and differences between scripts."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(each for each in folded if not unicodedata.category(each).startswith(("M", "Cf")))
    seen = bare.translate(_LOOKS).translate(_DIGITS).replace("i", "l").replace("j", "l")
    for pair, one in _PAIRS:
        seen = seen.replace(pair, one)
    return seen


def imitated(domain: str, registered: Iterable[str]) -> tuple[str, str] | None:
    """The registered domain that this unregistered one imitates, and how; None = none."""
    shown = unicode_name(domain)
    for other in registered:
        if how := _how(shown, other.lower()):
            return other, how
    return None


def names(text: str, authority: str) -> bool:
    """Whether a display name names this authority. Short names are left alone: they occur in others."""
    wanted, seen = _letters(authority), _letters(text)
    short = 4 if authority.isascii() else 3
    return len(wanted) >= short and wanted in seen


def _letters(text: str) -> str:
    """The skeleton's letters and digits only."""
    return "".join(each for each in skeleton(text) if each.isalnum())


def _how(shown: str, other: str) -> str:
    if shown.endswith(f".{other}"):
        return ""  # below it: whoever owns the one owns the other
    if skeleton(shown) == skeleton(other):
        return "its letters look the same"
    if f".{skeleton(other)}." in f".{skeleton(shown)}":
        return "it has that name in front of another domain"
    mine, theirs = shown.split("."), other.split(".")
    if _joined(mine) == _joined(theirs):
        return "a hyphen or dot was added, removed or moved"
    if len(other) > 2 * _LONG and mine[1 - len(theirs) :] != theirs[1:] and _joined(theirs) in _joined(mine):
        return "it has that name within its own"
    return _by_label(mine, theirs)


def _joined(labels: list[str]) -> str:
    return skeleton("".join(labels).replace("-", ""))


def _by_label(mine: list[str], theirs: list[str]) -> str:
    """The label that somebody chose is the first of the shorter name; what stands behind it is the zone."""
    name, other = _chosen(mine), _chosen(theirs)
    same_zone = mine[-1] == theirs[-1]
    if len(other) >= _LONG and skeleton(name.replace("-", "")) == skeleton(other.replace("-", "")):
        countries = other in _COMMON and len(mine[-1]) == len(theirs[-1]) == 2  # noqa: PLR2004 - ISO 3166
        return "" if countries else "it stands in another zone"
    if len(other) >= _LONG and other not in _COMMON and other.replace("-", "") in name.replace("-", "") != other:
        return "a word was added to the name"
    allowed = 2 if len(other) >= _LONGER else 1
    if len(other) < _LONG or not (same_zone or len(other) >= _LONGER):
        return ""
    if name.translate(_NO_DIGITS) == other.translate(_NO_DIGITS):
        return ""  # district1 and district2 are neighbours, not imitations
    return "one or two letters differ" if 0 < distance(name, other, allowed) <= allowed else ""


_NO_DIGITS: Final = dict.fromkeys(map(ord, "0123456789"))
_COMMON: Final = frozenset(
    {
        "court",
        "courts",
        "justice",
        "police",
        "prosecutor",
        "prosecution",
        "tribunal",
        "ministry",
        "attorney",
        "judiciary",
    }
)
"""Labels that many authorities share: with another word, they name another authority."""
_ZONES: Final = frozenset({"com", "org", "net", "gov", "gob", "gouv", "go", "gc", "govt", "edu", "co", "ac", "mil"})


def _chosen(labels: list[str]) -> str:
    """The most specific label that is no zone: of moj.gov.example, moj; of mail.court.example, court."""
    kept = labels[:-1] or labels
    while len(kept) > 1 and kept[-1] in _ZONES:
        kept = kept[:-1]
    return kept[-1]


def distance(one: str, other: str, most: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two labels; `most` + 1 = more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, mine in enumerate(one, 1):
        line = [row]
        for column, theirs in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (mine != theirs))
            if row > 1 and column > 1 and mine == other[column - 2] and one[row - 2] == theirs:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return min(last[-1], most + 1)
