# SPDX-License-Identifier: Apache-2.0
"""What the access area needs from outside, besides the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Where `now` comes from."""

    @property
    def simulated(self) -> bool:
        """Whether a person sets this clock; scopes for tests exist only then."""
        ...

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def trusted(self) -> bool:
        """Whether the clock has moved as it should."""
        ...


Random = Callable[[int], bytes]  # that many bytes nobody can guess: `secrets.token_bytes`
