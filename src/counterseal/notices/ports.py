# SPDX-License-Identifier: Apache-2.0
"""The one port of the area: a channel that takes messages."""

from __future__ import annotations

from typing import Protocol

from counterseal.notices.model import Accepted, Rendered


class Channel(Protocol):
    """Somewhere messages go: mail, SMS, push, a folder. Adapters are given their clock when they are made."""

    async def send(self, to: str, rendered: Rendered, message_id: str) -> Accepted:
        """Hand one message over and say when it was taken (ms).

        `message_id` is stable: the same id may come again after a crash and must be recognisable as a
        repeat. Raises ChannelRefused (never try again) or ChannelUnavailable (try again), nothing else.
        """
        ...
