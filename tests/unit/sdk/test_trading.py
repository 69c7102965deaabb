# SPDX-License-Identifier: Apache-2.0
"""Trades that carry value away, and those that do not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.sdk.errors import PaymentInputError
from counterseal.sdk.trading import (
    Bounds,
    FairPrice,
    Mark,
    Market,
    PastTrade,
    Trade,
    UnfairPrice,
    check_trade,
    loss,
)

NOW = 1_717_900_000_000
MARKET = Market(price=Decimal(100), depth=Decimal(1_000_000), volume=Decimal(50_000_000), as_of=NOW)
THIN = Market(price=Decimal("0.02"), depth=Decimal(8_000), volume=Decimal(90_000), as_of=NOW)


def trade(price: str, quantity: str = "10", side: Literal["buy", "sell"] = "buy", counterparty: str = "") -> Trade:
    return Trade(side=side, price=Decimal(price), quantity=Decimal(quantity), counterparty=counterparty)


def marks(verdict: FairPrice | UnfairPrice) -> set[Mark]:
    return {finding.mark for finding in verdict.findings} if isinstance(verdict, UnfairPrice) else set()


def test_a_fair_trade_may_be_stated_as_such() -> None:
    verdict = check_trade(trade("100.2"), MARKET, (), NOW)
    assert verdict == FairPrice()
    assert bool(verdict)
    assert verdict.context == ("fair_price",)


@pytest.mark.parametrize(
    ("side", "price", "fair"),
    [
        ("buy", "105", True),
        ("buy", "105.01", False),
        ("buy", "50", True),  # a gain is no way to lose value
        ("sell", "95", True),
        ("sell", "94.99", False),
        ("sell", "200", True),
    ],
)
def test_the_price_may_deviate_by_five_percent_to_the_account_s_loss(
    side: Literal["buy", "sell"], price: str, fair: bool
) -> None:
    verdict = check_trade(trade(price, side=side), MARKET, (), NOW)
    assert bool(verdict) is fair
    assert marks(verdict) == (set() if fair else {Mark.PRICE_DEVIATION})


def test_buying_dear_from_the_attacker_in_a_thin_pair() -> None:
    """The pattern of 2018: a stolen API key buys a small coin at many times its price."""
    verdict = check_trade(trade("96", "500"), THIN, (), NOW)
    assert marks(verdict) == {Mark.PRICE_DEVIATION, Mark.THIN_DEPTH, Mark.THIN_VOLUME}
    assert verdict.context == ()
    assert not verdict


def test_a_thin_pair_shows_at_a_fair_price_too() -> None:
    assert marks(check_trade(trade("0.02", "1000000"), THIN, (), NOW)) == {Mark.THIN_DEPTH, Mark.THIN_VOLUME}
    assert check_trade(trade("0.02", "1000"), THIN, (), NOW)


def test_a_lowball_sale_does_not_look_small() -> None:
    verdict = check_trade(trade("0.0001", "1000000", "sell"), THIN, (), NOW)
    assert Mark.THIN_DEPTH in marks(verdict)


@pytest.mark.parametrize(
    "market",
    [None, msgspec.structs.replace(MARKET, as_of=NOW - 60_001), msgspec.structs.replace(MARKET, as_of=NOW + 1)],
)
def test_what_cannot_be_judged_is_not_fair(market: Market | None) -> None:
    assert marks(check_trade(trade("100"), market, (), NOW)) == {Mark.PRICE_UNKNOWN}
    assert check_trade(trade("100"), msgspec.structs.replace(MARKET, as_of=NOW - 60_000), (), NOW)


def past(count: int, counterparty: str = "mule", ago: int = 60_000, price: str = "104") -> list[PastTrade]:
    each = trade(price, counterparty=counterparty)
    return [PastTrade(trade=each, fair_price=Decimal(100), at=NOW - ago) for _ in range(count)]


def test_repeated_loss_to_one_counterparty() -> None:
    """Each trade stays within the price bound; together they are a withdrawal."""
    now = trade("104", counterparty="mule")
    assert check_trade(now, MARKET, past(1), NOW)
    assert marks(check_trade(now, MARKET, past(2), NOW)) == {Mark.REPEATED_LOSS}


@pytest.mark.parametrize(
    "history",
    [
        past(9, counterparty="somebody else"),
        past(9, ago=24 * 3_600_000),
        past(9, price="96"),  # gains
        past(9, price="101"),  # an ordinary spread
        [*past(4), *past(40, price="99")],  # a market maker who wins and loses
    ],
)
def test_ordinary_trading_with_one_counterparty_is_fair(history: list[PastTrade]) -> None:
    assert check_trade(trade("101", counterparty="mule"), MARKET, history, NOW)


def test_a_counterparty_that_is_not_known_yet_is_not_judged() -> None:
    assert check_trade(trade("104"), MARKET, past(9, counterparty=""), NOW)


def test_bounds_are_the_platform_s_to_set() -> None:
    assert not check_trade(trade("101"), MARKET, (), NOW, Bounds(deviation=Decimal("0.005")))
    assert check_trade(trade("109"), MARKET, (), NOW, Bounds(deviation=Decimal("0.1")))


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "sNaN", "Infinity"])
def test_numbers_that_are_no_prices_are_the_caller_s_fault(value: str) -> None:
    bad = Decimal(value)
    cases: list[tuple[Any, Any, Any]] = [
        (msgspec.structs.replace(trade("1"), price=bad), MARKET, ()),
        (msgspec.structs.replace(trade("1"), quantity=bad), MARKET, ()),
        (trade("1"), msgspec.structs.replace(MARKET, price=bad), ()),
        (trade("1", counterparty="m"), MARKET, [msgspec.structs.replace(past(1)[0], fair_price=bad)]),
    ]
    if value != "0":
        cases.append((trade("1"), msgspec.structs.replace(MARKET, depth=bad), ()))
        cases.append((trade("1"), msgspec.structs.replace(MARKET, volume=bad), ()))
    for each, market, history in cases:
        with pytest.raises(PaymentInputError):
            check_trade(each, market, history, NOW)


POSITIVE = st.decimals(min_value=Decimal("0.0001"), max_value=10**6, places=4)


@given(price=POSITIVE, fair=POSITIVE, quantity=POSITIVE, depth=POSITIVE, volume=POSITIVE)
def test_what_one_side_loses_the_other_gains(
    price: Decimal, fair: Decimal, quantity: Decimal, depth: Decimal, volume: Decimal
) -> None:
    bought = Trade(side="buy", price=price, quantity=quantity)
    sold = Trade(side="sell", price=price, quantity=quantity)
    assert loss(bought, fair) == -loss(sold, fair)
    market = Market(price=fair, depth=depth, volume=volume, as_of=NOW)
    both = [marks(check_trade(each, market, (), NOW)) for each in (bought, sold)]
    assert not all(Mark.PRICE_DEVIATION in each for each in both)
    assert both[0] - {Mark.PRICE_DEVIATION} == both[1] - {Mark.PRICE_DEVIATION}
