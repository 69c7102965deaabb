# SPDX-License-Identifier: Apache-2.0
"""What an asset was worth at a moment: from recorded prices, or nothing at all. A missing price is never zero."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec

from counterseal.core.loss.model import spell
from counterseal.core.loss.money import EXACT, total

MEDIAN: Final = "median"
LATEST: Final = "latest"
ONE: Final = Decimal(1)


class PriceAt(msgspec.Struct, frozen=True, array_like=True):
    """What one unit of `asset` was worth in `currency` at `at`, who says so, and when it was recorded here."""

    asset: str
    currency: str
    at: int
    value: Decimal
    source: str
    recorded: int


class PriceRule(msgspec.Struct, frozen=True):
    """How a price is chosen: the latest of each source that is not older than `staleness` ms; of several sources
    the median, or the latest. `sources`: only these; empty = all."""

    staleness: int
    combine: str = MEDIAN
    sources: tuple[str, ...] = ()


class PriceUsed(msgspec.Struct, frozen=True):
    """A price and what it was made of; `at`: the oldest of them. No `parts`: it is the currency itself."""

    value: Decimal
    at: int
    parts: tuple[PriceAt, ...] = ()


class Unpriced(msgspec.Struct, frozen=True):
    """There is no usable price, and why."""

    sentence: str


def price_hash(price: PriceAt) -> str:
    """SHA-256 (hex) of a price: what a valuation names as its evidence."""
    values = (*(price.asset, price.currency, str(price.at), spell(price.value), price.source, str(price.recorded)),)
    return hashlib.sha256(msgspec.json.encode(values)).hexdigest()


class PriceBook:
    """Recorded prices. Of two of one source for one moment, the one recorded later counts; one that is not above
    zero is none."""

    def __init__(self, prices: Iterable[PriceAt]) -> None:
        held: dict[tuple[str, str], dict[str, dict[int, PriceAt]]] = defaultdict(lambda: defaultdict(dict))
        for price in sorted(prices, key=lambda each: (each.recorded, each.value)):
            if price.value > 0:
                held[price.asset, price.currency][price.source][price.at] = price
        self._held = {
            pair: {source: sorted(found.values(), key=lambda each: each.at) for source, found in sources.items()}
            for pair, sources in held.items()
        }
        self._moments = {
            pair: {source: [each.at for each in found] for source, found in sources.items()}
            for pair, sources in self._held.items()
        }

    def at(self, asset: str, currency: str, moment: int, rule: PriceRule) -> PriceUsed | Unpriced:
        """The price of a moment: never one from after it."""
        if asset == currency:
            return PriceUsed(ONE, moment)
        found = [
            price
            for source in sorted(self._held.get((asset, currency), {}))
            if (not rule.sources or source in rule.sources)
            and (price := self._before(asset, currency, source, moment)) is not None
        ]
        fresh = [price for price in found if moment - price.at <= rule.staleness]
        if fresh:
            return _combined(fresh, rule.combine)
        if not found:
            return Unpriced(f"no price of {asset} in {currency} is recorded up to then")
        age, most = moment - max(price.at for price in found), rule.staleness
        return Unpriced(
            f"the last price of {asset} in {currency} was {age // 1000} s old; {most // 1000} s is the most"
        )

    def _before(self, asset: str, currency: str, source: str, moment: int) -> PriceAt | None:
        index = bisect_right(self._moments[asset, currency][source], moment)
        return self._held[asset, currency][source][index - 1] if index else None


def _combined(fresh: list[PriceAt], combine: str) -> PriceUsed:
    if combine == LATEST:
        chosen = max(fresh, key=lambda each: (each.at, each.source))
        return PriceUsed(chosen.value, chosen.at, (chosen,))
    ranked = sorted(fresh, key=lambda each: (each.value, each.source))
    middle = ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1]
    value = EXACT.divide(total(each.value for each in middle), Decimal(len(middle)))
    return PriceUsed(value, min(each.at for each in fresh), tuple(sorted(fresh, key=lambda each: each.source)))
