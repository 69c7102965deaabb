# SPDX-License-Identifier: Apache-2.0
"""What is found of a loss. What cannot be determined or valued is None and counted, never zero."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from counterseal.core.loss.money import NOTHING
from counterseal.core.loss.prices import PriceUsed

GAIN = "trade_gain"


class Basis(msgspec.Struct, frozen=True):
    """Why something belongs to the loss or does not. `code`: row, action or session (a person's word), owner, step,
    session_seen, other_session, reference, window, outside, unattributed."""

    code: str
    sentence: str


class Evidence(msgspec.Struct, frozen=True, order=True):
    """`kind`: log (`ref`: position), row (hash of the platform's row), recovery (its id)."""

    kind: str
    ref: str


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One loss: `amount` of `asset`. A trade's is what was given above the fair equivalent of what came in; None =
    that cannot be told. `offset`: set against it from trade gains. Of the rest, `recovered` came back and `frozen`
    is held. `unit`: what one was valued at, from `price` and, with a cap, `cap`; the values are in the currency."""

    account: str
    kind: str
    at: int
    asset: str
    amount: Decimal | None
    basis: Basis
    evidence: tuple[Evidence, ...]
    given: Decimal = NOTHING
    got_asset: str = ""
    got: Decimal = NOTHING
    trade_prices: tuple[PriceUsed, ...] = ()
    offset: Decimal = NOTHING
    recovered: Decimal = NOTHING
    frozen: Decimal = NOTHING
    price: PriceUsed | None = None
    cap: PriceUsed | None = None
    unit: Decimal | None = None
    gross_value: Decimal | None = None
    recovered_value: Decimal = NOTHING
    frozen_value: Decimal = NOTHING
    unvalued: str = ""

    @property
    def counted(self) -> Decimal:
        """The amount that is lost before anything came back."""
        return NOTHING if self.amount is None else self.amount - self.offset


class Sums(msgspec.Struct, frozen=True):
    """`net` = gross - recovered: what is missing now. `outstanding` = net - frozen: what is missing if all that is
    held comes back."""

    gross: Decimal = NOTHING
    recovered: Decimal = NOTHING
    frozen: Decimal = NOTHING
    net: Decimal = NOTHING
    outstanding: Decimal = NOTHING


class AssetLoss(msgspec.Struct, frozen=True):
    """One asset of one account, or of all (`account` empty). `value`: of those lines that could be valued;
    `unvalued`: net amount without a price; `undetermined`: lines whose amount cannot be told. `debt`: borrowed in
    the owner's name and not repaid, not part of the loss: what was borrowed and left is an outflow already."""

    account: str
    asset: str
    amount: Sums
    value: Sums
    debt: Decimal
    unvalued: Decimal
    undetermined: int


class AccountLoss(msgspec.Struct, frozen=True):
    """One account in the currency. `open`: lines and questions without which the sum is only a lower bound."""

    account: str
    value: Sums
    open: int


class LeftOut(msgspec.Struct, frozen=True):
    """What was looked at and is no part of the loss."""

    account: str
    what: str
    at: int
    asset: str
    amount: Decimal
    basis: Basis
    evidence: tuple[Evidence, ...]


class Question(msgspec.Struct, frozen=True, order=True):
    """What is open. `code`: in_window, amounts_differ, counter_missing, unvalued, unattributed or
    returned_differs."""

    account: str
    code: str
    about: str
    sentence: str


class Surplus(msgspec.Struct, frozen=True):
    """What came back or is held above what was lost: it lowers nobody else's loss. `account` empty: of all."""

    account: str
    asset: str
    state: str
    amount: Decimal


class LossReport(msgspec.Struct, frozen=True):
    """The whole. `complete`: nothing is open and every line has its value; else `total` is a lower bound."""

    currency: str
    pack: str
    digest: str
    at: int
    paid_at: int
    lines: tuple[Line, ...]
    assets: tuple[AssetLoss, ...]
    totals: tuple[AssetLoss, ...]
    accounts: tuple[AccountLoss, ...]
    total: Sums
    left_out: tuple[LeftOut, ...]
    questions: tuple[Question, ...]
    surplus: tuple[Surplus, ...]
    complete: bool
