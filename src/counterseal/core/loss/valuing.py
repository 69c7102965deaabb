# SPDX-License-Identifier: Apache-2.0
"""The value of a line by the rule of a pack. No price: no value, and the reason stands in the line."""

from __future__ import annotations

import msgspec

from counterseal.core.loss.money import EXACT, product
from counterseal.core.loss.packs import AT_LOSS, ValuationPack
from counterseal.core.loss.prices import PriceBook, Unpriced
from counterseal.core.loss.report import Line


def valued(line: Line, book: PriceBook, pack: ValuationPack, *, currency: str, paid_at: int) -> Line:
    """The line in the currency. What was recovered and what is held are valued together and then parted, so that
    rounding never makes more of them than was lost."""
    if line.amount is None:
        return line
    moment = line.at if pack.moment == AT_LOSS else paid_at
    price = book.at(line.asset, currency, moment, pack.prices)
    if isinstance(price, Unpriced):
        return msgspec.structs.replace(line, unvalued=price.sentence)
    cap = book.at(line.asset, currency, line.at, pack.prices) if pack.cap == AT_LOSS else None
    if isinstance(cap, Unpriced):
        return msgspec.structs.replace(line, price=price, unvalued=f"for the cap: {cap.sentence}")
    unit = price.value if cap is None else min(price.value, cap.value)
    back = product(line.recovered, unit, pack.places)
    both = product(EXACT.add(line.recovered, line.frozen), unit, pack.places)
    return msgspec.structs.replace(
        line,
        price=price,
        cap=cap,
        unit=unit,
        gross_value=product(line.counted, unit, pack.places),
        recovered_value=back,
        frozen_value=EXACT.subtract(both, back),
    )
