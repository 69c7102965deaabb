# SPDX-License-Identifier: Apache-2.0
"""What only exists on a simulated clock: moving time on, reading customers' mail. For demo and tests."""

from __future__ import annotations

from counterseal.sdk import AsyncCounterseal
from examples.exchange import feed
from examples.exchange.customer import STEP, Clock, code_in


class Simulation(Clock):
    """The world around the exchange. `guard`: a client with admin and clock:write; `prices`: with prices:write."""

    def __init__(self, guard: AsyncCounterseal, prices: AsyncCounterseal) -> None:
        self._guard, self._prices = guard, prices
        self._venues = feed.FixedVenues()

    async def now(self) -> int:
        """See Clock."""
        return (await self._guard.read_clock()).now

    async def next_step(self, after: int) -> int:
        """See Clock."""
        now = await self.now()
        return now if now // STEP > after // STEP else await self.wait(STEP)

    async def wait(self, span: int) -> int:
        """Move the clock on by `span` ms; the price feed goes on too."""
        now = (await self._guard.advance_clock(span)).now
        await feed.push(self._prices, self._venues, now)
        return now

    async def code(self, channel: str, contact: str) -> str:
        """The newest code in a mailbox. A code is sent a moment after it was asked for."""
        await self._guard.advance_clock(1)  # answers when everything due was sent
        for message in await self._guard.outbox():
            if message.channel == channel and message.to == contact and (code := code_in(message.text)):
                return code
        raise LookupError(f"no code arrived for {contact}")
