# SPDX-License-Identifier: Apache-2.0
"""What this area needs from outside."""

from __future__ import annotations

from typing import Protocol

from counterseal.factors.model import FactorSecretError


class Randomness(Protocol):
    """A cryptographic source: `random(n)` gives n unpredictable bytes (`os.urandom`, or a fixed one in tests)."""

    def __call__(self, count: int, /) -> bytes:
        """Exactly `count` bytes."""
        ...


def draw(random: Randomness, count: int) -> bytes:
    """`count` bytes from the source; a source that gives another number is refused (FactorSecretError)."""
    data = random(count)
    if len(data) != count:
        raise FactorSecretError(f"the random source gave {len(data)} bytes instead of {count}")
    return data
