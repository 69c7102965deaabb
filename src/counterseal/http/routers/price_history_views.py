# SPDX-License-Identifier: Apache-2.0
"""What the history of prices takes and answers. Times are ms since the epoch; prices are text without exponent."""

from __future__ import annotations

from typing import Annotated

import msgspec

from counterseal.core.loss.model import spell
from counterseal.core.loss.prices import PriceAt, price_hash
from counterseal.http.body import Body, Reply

Moment = Annotated[int, msgspec.Meta(ge=0, le=2**48)]
Asset = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class HistoryQuery(Body, frozen=True):
    """A pair and a window of up to 31 days: `since` <= at <= `until`."""

    asset: Asset
    currency: Asset
    since: Moment
    until: Moment


class PriceFetchBody(Body, frozen=True):
    """Ask for a pair and a window of up to 31 days."""

    asset: Asset
    currency: Asset
    since: Moment
    until: Moment


class DryRunQuery(Body, frozen=True):
    """`dry_run`: say what the file would add, keep nothing."""

    dry_run: bool = False


class RecordedPrice(Reply, frozen=True):
    """A price, who says so, and when it was recorded here. `hash`: what a valuation names as its evidence."""

    at: int
    value: str
    source: str
    recorded: int
    hash: str


class PriceHistoryView(Reply, frozen=True):
    """Prices of a pair by time. Of two of one source for one moment, the one recorded later counts."""

    asset: str
    currency: str
    items: list[RecordedPrice]


class PriceImportView(Reply, frozen=True):
    """What a file adds, or would: `known` stand already, `corrected` say another value than before."""

    sha256: str
    kept: bool
    rows: int
    new: int
    known: int
    corrected: int


def history_view(asset: str, currency: str, found: tuple[PriceAt, ...]) -> PriceHistoryView:
    """The prices of a pair."""
    items = [
        RecordedPrice(
            at=each.at, value=spell(each.value), source=each.source, recorded=each.recorded, hash=price_hash(each)
        )
        for each in found
    ]
    return PriceHistoryView(asset=asset, currency=currency, items=items)


PRICES = PriceHistoryView(
    asset="BTC",
    currency="USD",
    items=[RecordedPrice(at=1717934400000, value="69300.5", source="kaiko", recorded=1717934401000, hash="9f…")],
)
FETCH = PriceFetchBody(asset="BTC", currency="USD", since=1717934400000, until=1718020800000)
IMPORTED = PriceImportView(sha256="9f…", kept=True, rows=24, new=23, known=0, corrected=1)
