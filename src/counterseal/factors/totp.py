# SPDX-License-Identifier: Apache-2.0
"""Time-based one-time passwords (RFC 6238 over RFC 4226).

A code of the current step or one step either side is accepted (RFC 6238, 5.2), and never of a step at or
before the last accepted one: a step never twice. All three candidates are computed and compared in constant
time, whichever matches.
"""

from __future__ import annotations

import binascii
import hmac
import io
import re
from base64 import b32decode, b32encode
from struct import Struct as Packer
from urllib.parse import quote, urlencode

import msgspec
import segno

from counterseal.factors.model import FactorSecretError, Fault, Refused, Verdict, Verified
from counterseal.factors.ports import Randomness, draw

STEP = 30_000  # ms (RFC 6238, 5.2)
WINDOW = 1  # steps before and after
NEVER = -1  # "last accepted step" of a fresh instance
SEED_SIZE = 20  # bytes of a new seed (RFC 4226, section 4, R6: 160 bits recommended)
MIN_SEED_SIZE = 16  # bytes (R6: at least 128 bits)
MAX_SEED_SIZE = 128
DEFAULT_DIGITS = 6
ALGORITHMS = ("sha1", "sha256", "sha512")
_BASE32 = re.compile(r"[A-Z2-7]+={0,6}\Z")
_COUNTER = Packer(">Q")
_OFFSET = Packer(">I")
_MODULUS = {6: 10**6, 7: 10**7, 8: 10**8}
_VERSION = 1


class TotpSeed(msgspec.Struct, frozen=True, array_like=True):
    """A shared secret and how codes come from it. `algorithm`: sha1 | sha256 | sha512; `digits`: 6 to 8."""

    secret: bytes
    algorithm: str = "sha1"
    digits: int = DEFAULT_DIGITS

    def __post_init__(self) -> None:
        if not MIN_SEED_SIZE <= len(self.secret) <= MAX_SEED_SIZE:
            raise FactorSecretError("a TOTP seed has 128 to 1024 bits")
        if self.algorithm not in ALGORITHMS:
            raise FactorSecretError("the TOTP algorithm is not sha1, sha256 or sha512")
        if self.digits not in _MODULUS:
            raise FactorSecretError("a TOTP code has 6, 7 or 8 digits")

    def __repr__(self) -> str:
        """Without the secret: reprs end up in logs."""
        return f"TotpSeed(<{len(self.secret)} bytes>, {self.algorithm}, {self.digits} digits)"


def new_seed(random: Randomness, *, algorithm: str = "sha1", digits: int = DEFAULT_DIGITS) -> TotpSeed:
    """A fresh seed of 160 bits; sha1 and 6 digits are what every authenticator app understands."""
    return TotpSeed(draw(random, SEED_SIZE), algorithm, digits)


def parse_seed(text: str, *, algorithm: str = "sha1", digits: int = DEFAULT_DIGITS) -> TotpSeed:
    """A seed from base32 (RFC 4648, section 6): upper case, padding right or absent, trailing bits zero.

    Spaces, lower case and look-alikes are refused (FactorSecretError): an import must not guess.
    """
    bare = text.rstrip("=")
    padded = bare + "=" * (-len(bare) % 8)
    if not _BASE32.match(text) or text not in (bare, padded):
        raise FactorSecretError("the TOTP seed is not base32")
    try:
        secret = b32decode(padded)
    except binascii.Error as error:
        raise FactorSecretError("the TOTP seed is not base32") from error
    if b32encode(secret).decode("ascii") != padded:
        raise FactorSecretError("the TOTP seed's last bits are not zero")
    return TotpSeed(secret, algorithm, digits)


def seed_uri(seed: TotpSeed, *, issuer: str, account: str) -> str:
    """The `otpauth://` text for an authenticator app's QR code; issuer and account must not hold a colon."""
    if not issuer or not account or ":" in issuer or ":" in account:
        raise FactorSecretError("issuer and account of a TOTP label are not empty and hold no colon")
    query = urlencode(
        {
            "secret": seed_text(seed),
            "issuer": issuer,
            "algorithm": seed.algorithm.upper(),
            "digits": seed.digits,
            "period": STEP // 1000,
        },
        quote_via=quote,
    )
    return f"otpauth://totp/{quote(issuer, safe='')}:{quote(account, safe='')}?{query}"


def seed_text(seed: TotpSeed) -> str:
    """The secret as `parse_seed` reads it: base32 without padding."""
    return b32encode(seed.secret).decode("ascii").rstrip("=")


def seed_picture(uri: str) -> str:
    """The `otpauth://` text as a QR code (ISO/IEC 18004, level M): an SVG element, dark on white in any theme."""
    text = io.BytesIO()
    options = {"scale": 4, "light": "#fff", "title": "QR code for an authenticator app", "nl": False}
    segno.make(uri, error="m", micro=False).save(
        text, "svg", xmldecl=False, svgclass=None, lineclass=None, **options
    )
    return text.getvalue().decode()


def encode_seed(seed: TotpSeed) -> bytes:
    """The stored form: a version byte, then MessagePack."""
    return bytes((_VERSION,)) + msgspec.msgpack.encode(seed)


def decode_seed(data: bytes) -> TotpSeed:
    """The seed of a stored form; raises FactorSecretError."""
    if data[:1] != bytes((_VERSION,)):
        raise FactorSecretError("the stored TOTP seed has an unknown version")
    try:
        return msgspec.msgpack.decode(data[1:], type=TotpSeed)
    except msgspec.DecodeError as error:
        raise FactorSecretError("the stored TOTP seed cannot be read") from error


def step_at(now: int) -> int:
    """The time step of `now` (ms): T of RFC 6238, 4.2 with X = 30 s, T0 = 0."""
    return now // STEP


def code_at(seed: TotpSeed, step: int) -> str:
    """The code of one step: HOTP(K, T) of RFC 4226, 5.3, zero-padded."""
    return f"{_value(seed, step):0{seed.digits}d}"


def verify_totp(seed: TotpSeed, code: str, now: int, last_step: int = NEVER) -> Verdict:
    """Verified(step) or Refused. The caller keeps the step in the commit that takes the proof.

    U+0020 inside the code is passed over (apps show `123 456`); any other character makes it malformed.
    """
    digits = code.replace(" ", "")
    # isascii first: isdigit alone accepts digits of other scripts.
    if len(digits) != seed.digits or not digits.isascii() or not digits.isdigit():
        return Refused(Fault.MALFORMED)
    current = now // STEP
    given = digits.encode("ascii")
    pattern = b"%%0%dd" % seed.digits
    fresh = used = NEVER
    # From the latest back, so that the earliest unused match is the one that is kept.
    for step in range(current + WINDOW, current - WINDOW - 1, -1):
        if step < 0:
            continue
        if hmac.compare_digest(pattern % _value(seed, step), given):
            if step > last_step:
                fresh = step
            else:
                used = step
    if fresh != NEVER:
        return Verified(step=fresh)
    return Refused(Fault.STEP_USED if used != NEVER else Fault.MISMATCH)


def _value(seed: TotpSeed, step: int) -> int:
    """Dynamic truncation (RFC 4226, 5.3)."""
    digest = hmac.digest(seed.secret, _COUNTER.pack(step), seed.algorithm)
    word: int = _OFFSET.unpack_from(digest, digest[-1] & 0xF)[0]
    return (word & 0x7FFFFFFF) % _MODULUS[seed.digits]
