# SPDX-License-Identifier: Apache-2.0
"""What letters need from outside."""

from __future__ import annotations

from typing import Protocol

import msgspec

from counterseal.core.errors import CountersealError, UnavailableError


class PostRefused(CountersealError):  # noqa: N818 - a verdict of the gateway, named for what it did
    """This letter will never be taken for this address; do not try again."""

    code = "post_refused"


class PostUnavailable(UnavailableError):  # noqa: N818 - same
    """It could not be taken now; try again later."""

    code = "post_unavailable"


class Outgoing(msgspec.Struct, frozen=True):
    """A letter as it goes out, in plain text."""

    to: str
    subject: str
    text: str
    language: str


class Post(Protocol):
    """The way out by mail."""

    async def send(self, letter: Outgoing, message_id: str) -> str:
        """Hand one letter over; the name by which it is found again. The same `message_id` may come twice.

        Raises PostRefused or PostUnavailable, nothing else.
        """
        ...


class Packages(Protocol):
    """Where an authority fetches what is ready for it."""

    async def package_link(self, request: str) -> str | None:
        """The address of the one-time page of this request's package; None where there is none (any more)."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...
