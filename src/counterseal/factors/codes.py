# SPDX-License-Identifier: Apache-2.0
"""Codes sent by e-mail or SMS: at least 6 digits, 10 minutes, single use, 5 failures block the challenge.

The code itself is kept nowhere: a challenge holds HMAC-SHA256(pepper, challenge || instance || epoch || code),
each part with its length before it. The store's epoch is in it so that a restore voids older codes. Six digits
are guessed from a plain hash in a moment, so the pepper is a key from outside the database (NIST SP 800-63B-4,
3.1.3; PSD2 RTS 2018/389, Art. 4).
"""

from __future__ import annotations

import hmac

import msgspec

from counterseal.core.account import Challenge
from counterseal.core.engine.limits import CODE_FAILURES
from counterseal.factors.model import FactorSecretError, Fault, Refused, Verdict, Verified
from counterseal.factors.ports import Randomness, draw

CODE_LIFE = 600_000  # ms (NIST SP 800-63B-4: at most 10 minutes)
MAX_FAILURES = CODE_FAILURES  # PSD2 RTS, Art. 4(3)(b)
DEFAULT_DIGITS = 6
MAX_DIGITS = 12
PEPPER_SIZE = 32  # bytes, at least
_DRAW_SIZE = 8  # bytes
_MAX_DRAWS = 64
_VERSION = b"\x01"  # HMAC-SHA256 over the parts as below
_LABEL = b"counterseal/code/1"


class IssuedCode(msgspec.Struct, frozen=True):
    """A fresh code for the message, and what the challenge keeps of it. `expires`: ms since the epoch."""

    code: str
    digest: bytes
    expires: int

    def __repr__(self) -> str:
        """Without the code: reprs end up in logs."""
        return f"IssuedCode(expires={self.expires})"


def random_digits(random: Randomness, digits: int) -> str:
    """Decimal digits, all equally likely: draws beyond the largest multiple of 10^digits are thrown away."""
    if not DEFAULT_DIGITS <= digits <= MAX_DIGITS:
        raise FactorSecretError(f"a code has {DEFAULT_DIGITS} to {MAX_DIGITS} digits")
    space = 1 << (8 * _DRAW_SIZE)
    modulus = 10**digits
    for _ in range(_MAX_DRAWS):
        value = int.from_bytes(draw(random, _DRAW_SIZE), "big")
        if value < space - space % modulus:
            return f"{value % modulus:0{digits}d}"
    raise FactorSecretError("the random source gives no usable bytes")


def issue_code(
    *,
    challenge_id: str,
    instance: str,
    pepper: bytes,
    random: Randomness,
    now: int,
    epoch: int,
    digits: int = DEFAULT_DIGITS,
) -> IssuedCode:
    """A code for one challenge to one factor instance. The text of the message is not decided here."""
    code = random_digits(random, digits)
    return IssuedCode(code, code_digest(pepper, challenge_id, instance, epoch, code), now + CODE_LIFE)


def code_digest(pepper: bytes, challenge_id: str, instance: str, epoch: int, code: str) -> bytes:
    """Version byte and HMAC-SHA256; bound to challenge and instance, so a code opens no other challenge."""
    if len(pepper) < PEPPER_SIZE:
        raise FactorSecretError(f"the pepper has fewer than {PEPPER_SIZE} bytes")
    parts = (
        _LABEL,
        *(part.encode("utf-8", "surrogatepass") for part in (challenge_id, instance, str(epoch), code)),
    )
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return _VERSION + hmac.digest(pepper, message, "sha256")


def check_code(challenge: Challenge, code: str, now: int, *, pepper: bytes, epoch: int) -> Verdict:
    """Verified or Refused. A right answer must mark the challenge used, a wrong one adds a failure to it.

    The digest is always computed and compared, so that time does not tell an expired challenge from a wrong
    answer. A malformed answer (letters, other length) counts as a wrong one.
    """
    digest = code_digest(pepper, challenge.id, challenge.instance, epoch, code.replace(" ", ""))
    right = hmac.compare_digest(digest, challenge.digest)
    if challenge.used:
        return Refused(Fault.SPENT)
    if challenge.failures >= MAX_FAILURES:
        return Refused(Fault.BLOCKED)
    if now >= challenge.expires:
        return Refused(Fault.EXPIRED)
    return Verified() if right else Refused(Fault.MISMATCH)
