# SPDX-License-Identifier: Apache-2.0
"""The form of a token: `cs_`, 43 characters for 32 random bytes, 6 for a checksum; all base 62.

The prefix lets scanners find leaked tokens; the checksum lets us refuse a mistyped one without a look-up.
32 random bytes cannot be guessed, so a plain SHA-256 is enough to store (no salt, no slow hash).
"""

from __future__ import annotations

import hashlib
import string
import zlib

PREFIX = "cs_"
SECRET_BYTES = 32
SECRET_CHARACTERS = 43
CHECKSUM_CHARACTERS = 6
LENGTH = len(PREFIX) + SECRET_CHARACTERS + CHECKSUM_CHARACTERS
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def write_token(secret: bytes) -> str:
    """The token for 32 random bytes."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"a token needs {SECRET_BYTES} random bytes, got {len(secret)}")
    body = _base62(int.from_bytes(secret), SECRET_CHARACTERS)
    return PREFIX + body + _checksum(body)


def well_formed(token: str) -> bool:
    """Whether this could be a token of ours: prefix, length and checksum are right."""
    if len(token) != LENGTH or not token.startswith(PREFIX) or not token.isascii():
        return False
    body = token[len(PREFIX) : -CHECKSUM_CHARACTERS]
    return _checksum(body) == token[-CHECKSUM_CHARACTERS:]


def digest_of(token: str) -> bytes:
    """What is stored instead of the token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32((PREFIX + body).encode()), CHECKSUM_CHARACTERS)


def _base62(number: int, width: int) -> str:
    characters = []
    for _ in range(width):
        number, digit = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))
