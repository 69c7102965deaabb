# SPDX-License-Identifier: Apache-2.0
"""Prices: pushed to the guard, which measures limits with them, and asked by the ledger, which judges trades.

The token for pushing (prices:write) is not the web part's: who sets the price of an asset sets the limits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from counterseal.sdk import AsyncCounterseal, Market
from counterseal.sdk.ask import Price

EVERY: Final = 60.0  # s; the guard holds outflows when a price is older than five minutes
SOURCE: Final = "example venues"


class FixedVenues:
    """Markets that stand still, for the demonstration and the tests. A real one takes medians of several venues."""

    def __init__(self, markets: Mapping[str, tuple[str, str, str]] | None = None) -> None:
        self._markets = markets or {
            "ETH/USDT": ("3500", "40000000", "900000000"),
            "DUST/USDT": ("0.01", "900", "4000"),  # thin: a few trades move it anywhere
        }

    def market(self, pair: str, now: int) -> Market | None:
        """See `market.Venues`."""
        if pair not in self._markets:
            return None
        price, depth, volume = map(Decimal, self._markets[pair])
        return Market(price=price, depth=depth, volume=volume, as_of=now)

    def prices(self, now: int) -> list[Price]:
        """What one unit of each asset is worth in US dollars."""
        pairs = {pair.partition("/")[0]: Decimal(values[0]) for pair, values in self._markets.items()}
        values = {"USDT": Decimal(1), **pairs}
        return [Price(asset=asset, value=value, at=now, source=SOURCE) for asset, value in values.items()]


async def push(guard: AsyncCounterseal, venues: FixedVenues, now: int) -> None:
    """One push. The key names the moment: sending it again changes nothing."""
    await guard.put_prices(venues.prices(now), key=f"prices.{now}")


async def keep_pushing(guard: AsyncCounterseal, venues: FixedVenues) -> None:
    """Push for ever, with the guard's own time so that a clock that runs ahead does no harm."""
    while True:
        await push(guard, venues, (await guard.read_clock()).now)
        await asyncio.sleep(EVERY)
