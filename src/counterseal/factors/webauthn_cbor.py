# SPDX-License-Identifier: Apache-2.0
"""Where a CBOR item (RFC 8949) ends, within bounds. The library decodes only what passed here.

It would cut a string short without a word, keep the last of two equal keys and follow nesting as deep as the
stack goes; so lengths, depth, number of items and keys are looked at first.
"""

from __future__ import annotations

from typing import Any

from fido2 import cbor

from counterseal.factors.webauthn_model import PasskeyRefused

MOST_DEPTH = 6  # of maps and arrays in each other; an attestation object needs 4
MOST_ITEMS = 512
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _SIMPLE = 0, 1, 2, 3, 4, 5, 7
_SIMPLES = (20, 21, 22)  # false, true, null


def read_item(data: bytes, start: int = 0) -> tuple[Any, int]:
    """The item that begins at `start` and where it ends; raises PasskeyRefused."""
    end = _Scan(data).end_of(start, 0)
    try:
        value = cbor.decode(data[start:end])
    except Exception as error:
        raise PasskeyRefused("passkey_malformed") from error
    return value, end


def read_map(data: bytes) -> dict[Any, Any]:
    """All of `data` as one map; raises PasskeyRefused."""
    value, end = read_item(data)
    if end != len(data) or not isinstance(value, dict):
        raise PasskeyRefused("passkey_malformed")
    return value


class _Scan:
    """Walks over one item without building it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = MOST_ITEMS

    def end_of(self, at: int, depth: int) -> int:
        self.left -= 1
        if self.left < 0 or depth > MOST_DEPTH:
            raise PasskeyRefused("passkey_malformed")
        kind, number, at = self._head(at)
        if kind in (_UNSIGNED, _NEGATIVE):
            return at
        if kind in (_BYTES, _TEXT):
            if number > len(self.data) - at:
                raise PasskeyRefused("passkey_malformed")
            return at + number
        if kind == _ARRAY:
            for _ in range(self._count(number)):
                at = self.end_of(at, depth + 1)
            return at
        return self._end_of_map(at, number, depth)

    def _end_of_map(self, at: int, number: int, depth: int) -> int:
        keys: set[bytes] = set()
        for _ in range(self._count(number)):
            if at < len(self.data) and self.data[at] >> 5 > _TEXT:
                raise PasskeyRefused("passkey_malformed")  # keys are numbers and strings
            end = self.end_of(at, depth + 1)
            keys.add(self.data[at:end])
            at = self.end_of(end, depth + 1)
        if len(keys) < number:
            raise PasskeyRefused("passkey_malformed")
        return at

    def _count(self, number: int) -> int:
        if number > self.left:
            raise PasskeyRefused("passkey_malformed")
        return number

    def _head(self, at: int) -> tuple[int, int, int]:
        """Major type, argument and where the content begins; tags, floats and open lengths are refused."""
        if at >= len(self.data):
            raise PasskeyRefused("passkey_malformed")
        kind, extra = self.data[at] >> 5, self.data[at] & 0x1F
        at += 1
        if kind == _SIMPLE and extra in _SIMPLES:
            return _UNSIGNED, 0, at
        if kind > _MAP or (extra >= 24 and extra not in _SIZES):  # noqa: PLR2004 - RFC 8949, 3
            raise PasskeyRefused("passkey_malformed")
        size = _SIZES.get(extra, 0)
        if at + size > len(self.data):
            raise PasskeyRefused("passkey_malformed")
        return kind, int.from_bytes(self.data[at : at + size], "big") if size else extra, at + size
