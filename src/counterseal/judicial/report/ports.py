# SPDX-License-Identifier: Apache-2.0
"""What the report needs from outside."""

from __future__ import annotations

from typing import Protocol


class Attacks(Protocol):
    """What happened to accounts."""

    async def attacked(self, account: str, start: int, end: int) -> bool:
        """Whether somebody else was at work on it in `start` <= t < `end`: a suspicion that is none of the desk's
        own, or a freeze by its owner or the link of a notice."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...
