# SPDX-License-Identifier: Apache-2.0
"""How a loss is valued: which lines count, at the price of which moment, rounded to what."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.loss.prices import PriceRule

OUTFLOW: Final = "outflow"
ADVERSE_TRADE: Final = "adverse_trade"
FEES: Final = "fee"
COUNTED: Final = (OUTFLOW, ADVERSE_TRADE, FEES)

AT_LOSS: Final = "loss"
AT_PAYMENT: Final = "payment"
NO_CAP: Final = "none"

KEPT: Final = "kept"
NETTED: Final = "netted"


class Origin(msgspec.Struct, frozen=True):
    """Where a rule comes from, as of which day, and how sure that is: high, medium or low."""

    source: str
    as_of: str
    confidence: str


class ValuationPack(msgspec.Struct, frozen=True):
    """A rule of valuation. `moment`: whose price counts; `cap`: `loss` = no unit is worth more than at the time of
    the loss; `trade_gains`: whether what an attacker's trade won is set against what another of them lost;
    `places`: decimals of the currency; `asset_places`: of assets, else `default_places`."""

    name: str
    title: str
    moment: str
    cap: str
    counts: tuple[str, ...]
    trade_gains: str
    prices: PriceRule
    places: int
    asset_places: dict[str, int]
    default_places: int
    origin: Origin
    caveat: str = ""
    digest: str = ""

    def places_of(self, asset: str) -> int:
        """Decimals of an asset."""
        return self.asset_places.get(asset, self.default_places)
