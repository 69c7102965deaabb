# SPDX-License-Identifier: Apache-2.0
"""What the webhooks area needs from outside, besides the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

Random = Callable[[int], bytes]  # that many bytes nobody can guess: `secrets.token_bytes`


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def trusted(self) -> bool:
        """Whether the clock has moved as it should; to look is to notice a jump."""
        ...


class Sent(msgspec.Struct, frozen=True):
    """What came of one POST. `status` 0: there was no answer, and `error` says why."""

    status: int
    ms: int
    error: str = ""

    @property
    def taken(self) -> bool:
        """Whether the receiver has it: any 2xx (Standard Webhooks 1.0)."""
        return 200 <= self.status < 300  # noqa: PLR2004


class Poster(Protocol):
    """Calls endpoints."""

    def check(self, url: str) -> None:
        """Raise InputError for a URL that we would never call."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """POST `body` as it is, once. Raises nothing."""
        ...
