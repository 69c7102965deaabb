# SPDX-License-Identifier: Apache-2.0
"""What verifying a proof gives: a verdict, and the errors of this area.

InputError
├── FactorSecretError     a seed or stored secret cannot be read
└── AttestationRefused    an attestation proves nothing (code says why; the requester is told PUBLIC_SENTENCE)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from counterseal.core.errors import InputError

PUBLIC_SENTENCE = "the proof was not accepted"
"""All that a requester is told, whatever was wrong (PSD2 RTS 2018/389, Art. 4(3)(a))."""


class FactorSecretError(InputError):
    """A seed, key or stored secret cannot be read."""

    code = "factor_secret_invalid"


class AttestationRefused(InputError):  # noqa: N818 - a verdict, as `Refused` is
    """An attestation proves nothing. `code` and sentence are for staff and the platform's engineers."""

    code = "attestation_refused"


class Fault(StrEnum):
    """Why a proof was refused, for staff. Names are stored: add, never rename."""

    MALFORMED = "malformed"
    MISMATCH = "mismatch"
    STEP_USED = "step_used"
    EXPIRED = "expired"
    SPENT = "spent"
    BLOCKED = "blocked"


class Verified(msgspec.Struct, frozen=True, tag=True):
    """The proof is genuine. `step` (TOTP) and `used` (recovery code) are what the instance must remember."""

    step: int | None = None
    used: int | None = None

    def __bool__(self) -> Literal[True]:
        """True."""
        return True


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The proof is not accepted. `reason` is for staff only."""

    reason: Fault

    def __bool__(self) -> Literal[False]:
        """False."""
        return False

    @property
    def sentence(self) -> str:
        """What the requester is told: the same for every reason."""
        return PUBLIC_SENTENCE


Verdict = Verified | Refused
