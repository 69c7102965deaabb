# SPDX-License-Identifier: Apache-2.0
"""Marks by which a copy that turns up says which disclosure it came from. Real values stay as they are.

Three of them, each derived from a key of the server, so that nobody else can make one up or tell them apart from
chance: the disclosure's own reference, a contact address of its own, and blanks at the ends of lines. A tag is the
first 60 bits of HMAC-SHA256(key, disclosure | kind) in base32: among 200,000 disclosures two are alike with a
chance of one in 57 million.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from typing import Final

from counterseal.judicial.disclosure.model import Canary

KINDS: Final = ("reference", "alias", "format")
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
TAG: Final = re.compile(r"[a-z2-7]{12}")
LENGTH: Final = 12
MOST_BYTES: Final = 32 * 1024 * 1024  # of a copy that is looked at
MOST_TAGS: Final = 2_000
_FOUND: Final = re.compile(r"(?<![a-z0-9])(?:csd-)?([a-z2-7]{12})(?![a-z0-9])")
_BLANKS: Final = re.compile(r"(?<![ \t])([ \t]{5})\r?$", re.MULTILINE)


def tag_of(key: bytes, disclosure: str, kind: str) -> str:
    """The tag of one mark: 12 characters of base32."""
    digest = hmac.digest(key, f"canary|{disclosure}|{kind}".encode(), "sha256")
    return base64.b32encode(digest[:10]).decode("ascii").lower()[:LENGTH]


def canaries_of(key: bytes, disclosure: str) -> tuple[Canary, ...]:
    """All marks of a disclosure."""
    return tuple(Canary(kind, tag_of(key, disclosure, kind)) for kind in KINDS)


def reference_of(tag: str) -> str:
    """A disclosure's own reference, as it stands in the package and in letters about it."""
    return f"CSD-{tag.upper()}"


def alias_of(address: str, tag: str) -> str:
    """A contact address of its own: the desk's with a tag (RFC 5233 subaddress); empty without an address."""
    local, at, domain = address.rpartition("@")
    return f"{local}+{tag}@{domain}" if at and local else ""


def with_format(text: str, tag: str) -> str:
    """The text with five blanks (space 0, tab 1) at the end of each line: line i says letter i mod 12 of the tag.

    Nothing that a reader of JSON or of a table sees changes.
    """
    marks = [_blanks(letter) for letter in tag]
    return "".join(f"{line}{marks[at % LENGTH]}\n" for at, line in enumerate(text.splitlines()))


def tags_in(data: bytes) -> tuple[str, ...]:
    """Tags that may stand in a copy, in words and in blanks: what is none is not found in the store.

    A piece of twelve lines is enough for the blanks, wherever it was cut.
    """
    text = data[:MOST_BYTES].decode("utf-8", "replace")
    found = dict.fromkeys(_named(text.lower()))
    found |= dict.fromkeys(_formats([_letter(mark) for mark in _BLANKS.findall(text)]))
    return tuple(list(found)[:MOST_TAGS])


def salt_of(key: bytes, disclosure: str, account: str, name: str) -> bytes:
    """16 bytes that keep a field's digest from being guessed; the recipient finds them in the package."""
    return hmac.digest(key, f"salt|{disclosure}|{account}|{name}".encode(), "sha256")[:16]


def digest_of(salt: bytes, value: bytes) -> str:
    """The commitment of the log to one value: whoever shows salt and value shows that this was handed out."""
    return hashlib.sha256(salt + value).hexdigest()


def _named(text: str) -> Iterator[str]:
    yield from _FOUND.findall(text)


def _formats(letters: list[str]) -> Iterator[str]:
    """Every rotation of each run of twelve: nobody knows where a piece began."""
    seen: set[str] = set()
    for at in range(len(letters) - LENGTH + 1):
        run = "".join(letters[at : at + LENGTH])
        if run in seen:
            continue
        rotations = [run[turn:] + run[:turn] for turn in range(LENGTH)]
        seen.update(rotations)
        yield from rotations


def _blanks(letter: str) -> str:
    number = LETTERS.index(letter)
    return "".join("\t" if number >> bit & 1 else " " for bit in range(4, -1, -1))


def _letter(blanks: str) -> str:
    return LETTERS[sum((each == "\t") << bit for each, bit in zip(blanks, range(4, -1, -1), strict=True))]
