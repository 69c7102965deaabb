# SPDX-License-Identifier: Apache-2.0
"""In which coin a chain takes its fee: where that is the asset itself, the fee leaves with the amount."""

from __future__ import annotations

from decimal import ROUND_UP, Context, Decimal
from typing import Final

_COINS: Final = {
    "ADA": ("ada", "cardano"),
    "ATOM": ("cosmos",),
    "AVAX": ("avalanche",),
    "BNB": ("bnb", "bsc"),
    "BTC": ("bitcoin", "btc"),
    "ETH": ("arbitrum", "base", "blast", "eth", "ethereum", "linea", "optimism", "scroll", "zksync"),
    "LTC": ("litecoin", "ltc"),
    "SOL": ("sol", "solana"),
    "TRX": ("tron", "trx"),
    "XRP": ("ripple", "xrp"),
}
EXACT: Final = Context(prec=64, rounding=ROUND_UP)  # 30 + 30 digits, and one more for the sum
FEE_COINS: Final = {chain: coin for coin, chains in _COINS.items() for chain in chains}


def leaving(asset: str, amount: Decimal, fee_cap: Decimal, chain: str) -> Decimal:
    """What can leave of `asset` at most: with the fee where it is paid in the asset itself, as on the platform's
    own ledger. A fee in another coin is the signer's to bound; no limit in the asset could count it."""
    same = not chain or FEE_COINS.get(chain) == asset
    return EXACT.add(amount, fee_cap) if same else amount
