# SPDX-License-Identifier: Apache-2.0
"""Amounts: `Decimal` outside, integer minor units in the ledger. Nothing is ever rounded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from examples.exchange.errors import RequestError

SCALES: Final[Mapping[str, int]] = {"USDT": 6, "ETH": 8, "DUST": 6}  # digits behind the point that we keep
MOST_UNITS: Final = 10**17  # below 2**63 with room for sums: SQLite's integers
_PLAIN = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?\Z")


def parse(text: str) -> Decimal:
    """A decimal string without sign or exponent; raises RequestError."""
    if not _PLAIN.match(text):
        raise RequestError("amount_invalid", "an amount is a plain decimal number")
    return Decimal(text)


def units(asset: str, amount: Decimal) -> int:
    """`amount` in minor units of `asset`; raises RequestError if it is not above zero or too fine."""
    scale = SCALES.get(asset)
    if scale is None:
        raise RequestError("asset_unknown", f"we do not keep `{asset[:32]}`")
    if not amount.is_finite() or amount <= 0:
        raise RequestError("amount_invalid", "an amount is above zero")
    scaled = amount.scaleb(scale)
    if scaled != scaled.to_integral_value() or scaled > MOST_UNITS:
        raise RequestError("amount_invalid", f"an amount of {asset} has at most {scale} decimals")
    return int(scaled)


def amount(asset: str, minor: int) -> Decimal:
    """Minor units as a `Decimal` in its one spelling (no trailing zeros, no exponent)."""
    value = Decimal(minor).scaleb(-SCALES[asset])
    return Decimal(format(value, "f").rstrip("0").rstrip(".")) if value else Decimal(0)


def text(value: Decimal) -> str:
    """The decimal string of an amount."""
    return format(value, "f")
