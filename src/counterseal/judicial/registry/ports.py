# SPDX-License-Identifier: Apache-2.0
"""What the registry needs from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Imitated(Protocol):
    """Knows domains that are made to be taken for others."""

    def __call__(self, domain: str, registered: Iterable[str], /) -> tuple[str, str] | None:
        """Which of the registered domains this one imitates, and how; None = none."""
        ...
