# SPDX-License-Identifier: Apache-2.0
"""A fee that is paid in the asset itself can leave with the amount, so limits count it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterseal.core.account import Action, Payment, Request
from counterseal.gateways.packs import load_pack
from counterseal.guard.fees import FEE_COINS, leaving
from counterseal.guard.ports import Price
from counterseal.guard.requests import Valuer

LONG = Decimal("9" * 30 + "." + "9" * 30)


@pytest.mark.parametrize(
    ("asset", "chain", "most"),
    [
        ("BTC", "bitcoin", "1.5"),
        ("BTC", "btc", "1.5"),
        ("USDT", "tron", "1"),
        ("ETH", "base", "1.5"),
        ("USD", "", "1.5"),
    ],
)
def test_what_can_leave_at_most(asset: str, chain: str, most: str) -> None:
    """With the fee on the coin's own chain and on the platform's ledger, without it elsewhere."""
    assert leaving(asset, Decimal(1), Decimal("0.5"), chain) == Decimal(most)


def test_no_digit_of_a_long_amount_is_lost() -> None:
    """The sum of two amounts of 30 + 30 digits is exact."""
    assert leaving("BTC", LONG, Decimal(1).scaleb(-30), "btc") == Decimal(10) ** 30


def test_a_coin_is_the_asset_of_its_chains() -> None:
    """Chains are named as destinations name them."""
    assert FEE_COINS["ethereum"] == FEE_COINS["eth"] == "ETH"
    assert all(chain == chain.lower() and coin == coin.upper() for chain, coin in FEE_COINS.items())


def test_a_payment_is_valued_with_its_fee_again_when_it_is_decided_again() -> None:
    """What a limit counts is the price of both."""

    class Fixed:
        def price(self, asset: str) -> Price | None:
            return Price(asset, Decimal(100), 1_000, "test")

    paid = Payment("BTC", Decimal(2), "btc", "bc1q", fee_cap=Decimal("0.25"))
    worth = Valuer(Fixed(), 60_000).worth(
        load_pack("hardened"), Action("a", Request("withdraw", payment=paid), 0), 2_000
    )
    assert worth is not None
    assert worth.value == Decimal(225)
