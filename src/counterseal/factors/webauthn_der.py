# SPDX-License-Identifier: Apache-2.0
"""The few shapes of DER (X.690) that Android's key description is made of. Raises ValueError."""

from __future__ import annotations

import msgspec

_LONG_FORM = 0x80
_HIGH_TAG = 0x1F
_MOST_LENGTH_BYTES = 3


class Element(msgspec.Struct, frozen=True):
    """One element: its tag number (class and form left out) and its content."""

    tag: int
    content: bytes


def content(data: bytes) -> bytes:
    """What is inside the one element that `data` is."""
    element, end = _element(data, 0)
    if end != len(data):
        raise ValueError("data behind a DER element")
    return element.content


def children(data: bytes) -> list[Element]:
    """The elements that stand one after the other in `data`."""
    found: list[Element] = []
    at = 0
    while at < len(data):
        element, at = _element(data, at)
        found.append(element)
    return found


def _element(data: bytes, at: int) -> tuple[Element, int]:
    tag, at = _tag(data, at)
    size, at = _length(data, at)
    if at + size > len(data):
        raise ValueError("a DER element is cut short")
    return Element(tag, data[at : at + size]), at + size


def _tag(data: bytes, at: int) -> tuple[int, int]:
    number = _byte(data, at) & _HIGH_TAG
    if number != _HIGH_TAG:
        return number, at + 1
    number = 0
    for offset in range(1, 4):
        part = _byte(data, at + offset)
        number = number << 7 | part & 0x7F
        if not part & _LONG_FORM:
            return number, at + offset + 1
    raise ValueError("a DER tag is too long")


def _length(data: bytes, at: int) -> tuple[int, int]:
    first = _byte(data, at)
    if not first & _LONG_FORM:
        return first, at + 1
    count = first & 0x7F
    if not 1 <= count <= _MOST_LENGTH_BYTES or at + 1 + count > len(data):
        raise ValueError("a DER length is open or too long")
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise ValueError("a DER element is cut short")
    return data[at]
