# SPDX-License-Identifier: Apache-2.0
"""Passwords under scrypt (RFC 7914), secrets under SHA-256."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Final

COST, BLOCK, LANES = 2**15, 8, 1  # 32 MiB and about 0.1 s: OWASP's smallest setting for scrypt at p = 3 is slower
MEMORY: Final = 128 * COST * BLOCK * 2  # bytes that OpenSSL may take
LONGEST: Final = 256  # characters of a password


def hash_password(password: str, salt: bytes | None = None) -> str:
    """`scrypt$N$r$p$salt$key`, so that the cost can be raised later; ValueError above LONGEST."""
    if len(password) > LONGEST:
        raise ValueError("the password is too long")
    salt = os.urandom(16) if salt is None else salt
    key = hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=MEMORY, dklen=32)
    return f"scrypt${COST}${BLOCK}${LANES}${salt.hex()}${key.hex()}"


def password_fits(password: str, stored: str) -> bool:
    """Whether this is the password, in time that does not tell how near it was."""
    _, cost, block, lanes, salt, key = stored.split("$")
    if len(password) > LONGEST:
        return False
    n, r, p = int(cost), int(block), int(lanes)
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
    return hmac.compare_digest(found, bytes.fromhex(key))


NOBODY: Final = hash_password("nobody has this password", bytes(16))  # compared for unknown names: same time


def digest(secret: str) -> bytes:
    """What is stored of a random secret of 256 bits."""
    return hashlib.sha256(secret.encode()).digest()
