# SPDX-License-Identifier: Apache-2.0
"""Recovery codes: ten, shown once, each good once.

A code has 80 random bits, written as 16 Crockford base32 characters in groups of four. Stored is one salt per
instance and HMAC-SHA256(salt, code) of each. A slow hash would protect guessable passwords; 2^80 equally
likely codes cannot be searched at any speed, and ten slow hashes per attempt would be a way to exhaust the
server.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection

import msgspec

from counterseal.factors.model import FactorSecretError, Fault, Refused, Verdict, Verified
from counterseal.factors.ports import Randomness, draw

COUNT = 10
CODE_SIZE = 10  # bytes: 80 bits
LENGTH = 16  # characters
GROUP = 4
SALT_SIZE = 16  # bytes
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
MAX_INPUT = 64  # characters that anybody may send
_VERSION = 1
_LABEL = b"counterseal/recovery-code/1:"
_READ_AS = str.maketrans("OIL", "011", " -")


class RecoveryCodes(msgspec.Struct, frozen=True, array_like=True):
    """What an instance stores: the salt and one digest for each code, in the order shown."""

    salt: bytes
    digests: tuple[bytes, ...]


class IssuedCodes(msgspec.Struct, frozen=True):
    """The codes to show once, and what to store."""

    codes: tuple[str, ...]
    stored: RecoveryCodes

    def __repr__(self) -> str:
        """Without the codes: reprs end up in logs."""
        return f"IssuedCodes(<{len(self.codes)} codes>)"


def issue_codes(random: Randomness, *, count: int = COUNT) -> IssuedCodes:
    """Fresh codes `XXXX-XXXX-XXXX-XXXX` with a fresh salt."""
    salt = draw(random, SALT_SIZE)
    plain = tuple(_written(draw(random, CODE_SIZE)) for _ in range(count))
    if len(set(plain)) != count:
        raise FactorSecretError("the random source repeats itself")
    stored = RecoveryCodes(salt, tuple(_digest(salt, code) for code in plain))
    return IssuedCodes(tuple(grouped(code) for code in plain), stored)


def normalise(text: str) -> str | None:
    """The 16 characters meant, or None: case, spaces and hyphens do not matter, O is 0, I and L are 1."""
    if len(text) > MAX_INPUT or not text.isascii():
        return None
    code = text.upper().translate(_READ_AS)
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else None


def verify_recovery_code(stored: RecoveryCodes, text: str, *, used: Collection[int] = ()) -> Verdict:
    """Verified(used=index to mark) or Refused. Every digest is compared, in constant time."""
    code = normalise(text)
    if code is None:
        return Refused(Fault.MALFORMED)
    digest = _digest(stored.salt, code)
    index = -1
    for position, known in enumerate(stored.digests):
        if hmac.compare_digest(known, digest):
            index = position
    if index < 0:
        return Refused(Fault.MISMATCH)
    return Refused(Fault.SPENT) if index in used else Verified(used=index)


def encode_codes(stored: RecoveryCodes) -> bytes:
    """The stored form: a version byte, then MessagePack."""
    return bytes((_VERSION,)) + msgspec.msgpack.encode(stored)


def decode_codes(data: bytes) -> RecoveryCodes:
    """The digests of a stored form; raises FactorSecretError."""
    if data[:1] != bytes((_VERSION,)):
        raise FactorSecretError("the stored recovery codes have an unknown version")
    try:
        return msgspec.msgpack.decode(data[1:], type=RecoveryCodes)
    except msgspec.DecodeError as error:
        raise FactorSecretError("the stored recovery codes cannot be read") from error


def grouped(code: str) -> str:
    """A code in groups of four, as people read it."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def _written(raw: bytes) -> str:
    value = int.from_bytes(raw, "big")
    return "".join(ALPHABET[(value >> (5 * place)) & 31] for place in range(LENGTH - 1, -1, -1))


def _digest(salt: bytes, code: str) -> bytes:
    return hmac.digest(salt, _LABEL + code.encode("ascii"), "sha256")
