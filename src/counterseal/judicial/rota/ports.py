# SPDX-License-Identifier: Apache-2.0
"""What the rota needs from outside."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Colleagues(Protocol):
    """Members of staff, as far as the rota needs them."""

    async def at_desk(self) -> frozenset[str]:
        """Ids of those who are not disabled and may work at the desk."""
        ...
