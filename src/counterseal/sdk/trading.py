# SPDX-License-Identifier: Apache-2.0
"""Tell a fair trade from one that carries value away.

With a stolen session or a trade-only API key an attacker needs no withdrawal: he trades the victim's account
against his own at a price nobody else would take. Three marks give such a trade away: the price is far from
the fair one to the account's loss, the pair is too thin for its size, and the account loses to one
counterparty again and again. The platform knows the market, so it checks here and states the result as
`context: fair_price` when it asks the guard. What cannot be judged (stale or missing prices) is not fair.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from counterseal.sdk.errors import PaymentInputError

CONTEXT = "fair_price"  # the name of the statement in a policy
MAX_DEVIATION = Decimal("0.05")  # of the fair price, to the account's loss
MAX_SHARE_OF_DEPTH = Decimal("0.25")  # of the resting orders near the fair price
MAX_SHARE_OF_VOLUME = Decimal("0.01")  # of the pair's volume of 24 h
MAX_LOSSES = 3  # losing trades to one counterparty in LOSS_WINDOW, this one included
MAX_LOSS_SHARE = Decimal("0.02")  # of what was traded with that counterparty in LOSS_WINDOW
LOSS_WINDOW = 24 * 3_600_000  # ms
STALE_AFTER = 60_000  # ms


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What still counts as fair. Shares and deviations are fractions (0.05 = 5 %); times are ms."""

    deviation: Decimal = MAX_DEVIATION
    share_of_depth: Decimal = MAX_SHARE_OF_DEPTH
    share_of_volume: Decimal = MAX_SHARE_OF_VOLUME
    losses: int = MAX_LOSSES
    loss_share: Decimal = MAX_LOSS_SHARE
    loss_window: int = LOSS_WINDOW
    stale_after: int = STALE_AFTER


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """The pair as known at `as_of` (ms). `price` is the fair price: from several venues, not the last trade here.

    `depth` (resting orders near the fair price on the side that the trade hits) and `volume` (24 h) are in the
    quote currency.
    """

    price: Decimal
    depth: Decimal
    volume: Decimal
    as_of: int


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """A trade of the account. `counterparty` "" = not known before matching; `price` in quote per base unit."""

    side: Literal["buy", "sell"]
    price: Decimal
    quantity: Decimal
    counterparty: str = ""


class PastTrade(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier trade of the account at `at` (ms), with the fair price of that moment."""

    trade: Trade
    fair_price: Decimal
    at: int


class Mark(StrEnum):
    """What gives a trade away."""

    PRICE_UNKNOWN = "price_unknown"
    PRICE_DEVIATION = "price_deviation"
    THIN_DEPTH = "thin_depth"
    THIN_VOLUME = "thin_volume"
    REPEATED_LOSS = "repeated_loss"


class Finding(msgspec.Struct, frozen=True):
    """One mark with the numbers behind it."""

    mark: Mark
    sentence: str


class FairPrice(msgspec.Struct, frozen=True):
    """No mark: state `fair_price` when asking the guard."""

    def __bool__(self) -> Literal[True]:
        """True."""
        return True

    @property
    def context(self) -> tuple[str, ...]:
        """What to state in the ask."""
        return (CONTEXT,)


class UnfairPrice(msgspec.Struct, frozen=True):
    """At least one mark: ask the guard without the statement, which then challenges, holds or denies."""

    findings: tuple[Finding, ...]

    def __bool__(self) -> Literal[False]:
        """False."""
        return False

    @property
    def context(self) -> tuple[str, ...]:
        """Nothing to state."""
        return ()


def check_trade(
    trade: Trade, market: Market | None, history: Sequence[PastTrade], now: int, bounds: Bounds | None = None
) -> FairPrice | UnfairPrice:
    """Judge a trade before it is placed, or after matching once the counterparty is known.

    Raises PaymentInputError on prices or quantities that are not finite numbers above zero.
    """
    limits = bounds or Bounds()
    _require_positive(trade.price, trade.quantity)
    if market is None or not 0 <= now - market.as_of <= limits.stale_after:
        return UnfairPrice((Finding(Mark.PRICE_UNKNOWN, "no fair price of the last minute is known"),))
    _require_positive(market.price)
    _require_amount(market.depth, market.volume)
    found = (
        _price_deviation(trade, market, limits),
        *_thin(trade, market, limits),
        _repeated_loss(trade, market, history, now, limits),
    )
    findings = tuple(finding for finding in found if finding is not None)
    return UnfairPrice(findings) if findings else FairPrice()


def loss(trade: Trade, fair_price: Decimal) -> Decimal:
    """What the account gives away, in the quote currency; negative when it gains."""
    difference = trade.price - fair_price if trade.side == "buy" else fair_price - trade.price
    return difference * trade.quantity


def _price_deviation(trade: Trade, market: Market, limits: Bounds) -> Finding | None:
    share = loss(trade, market.price) / (market.price * trade.quantity)
    if share <= limits.deviation:
        return None
    text = f"the price is {share:.1%} worse than the fair one; {limits.deviation:.1%} is the bound"
    return Finding(Mark.PRICE_DEVIATION, text)


def _thin(trade: Trade, market: Market, limits: Bounds) -> list[Finding]:
    # At the fair price or the trade's own, whichever is higher: a lowball sale must not look small.
    value = max(trade.price, market.price) * trade.quantity
    found = []
    if value > market.depth * limits.share_of_depth:
        text = f"the trade is larger than {limits.share_of_depth:.1%} of the pair's resting orders"
        found.append(Finding(Mark.THIN_DEPTH, text))
    if value > market.volume * limits.share_of_volume:
        text = f"the trade is larger than {limits.share_of_volume:.1%} of the pair's volume of 24 h"
        found.append(Finding(Mark.THIN_VOLUME, text))
    return found


def _repeated_loss(
    trade: Trade, market: Market, history: Sequence[PastTrade], now: int, limits: Bounds
) -> Finding | None:
    """Counts losing trades and their sum: many small losses within the price bound add up as well."""
    if not trade.counterparty:
        return None
    same = [(trade, market.price)]
    for past in history:
        _require_positive(past.trade.price, past.trade.quantity, past.fair_price)
        if past.trade.counterparty == trade.counterparty and now - past.at < limits.loss_window:
            same.append((past.trade, past.fair_price))
    losing = [lost for each, price in same if (lost := loss(each, price)) > 0]
    turnover = sum((price * each.quantity for each, price in same), Decimal(0))
    if len(losing) < limits.losses or sum(losing) <= turnover * limits.loss_share:
        return None
    text = f"{len(losing)} losing trades with one counterparty, {sum(losing) / turnover:.1%} of the turnover lost"
    return Finding(Mark.REPEATED_LOSS, text)


def _require_positive(*values: Decimal) -> None:
    if not all(value.is_finite() and value > 0 for value in values):
        raise PaymentInputError("a price or quantity is not a finite number above zero", code="trade_invalid")


def _require_amount(*values: Decimal) -> None:
    if not all(value.is_finite() and value >= 0 for value in values):
        raise PaymentInputError("depth or volume is not a finite number of at least zero", code="trade_invalid")
