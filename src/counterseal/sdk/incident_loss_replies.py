# SPDX-License-Identifier: Apache-2.0
"""What the server tells of losses and prices. Times are ms since the epoch; amounts are text without exponent."""

from __future__ import annotations

import msgspec


class PriceImported(msgspec.Struct, frozen=True):
    """What a file of prices added, or would (`kept` false)."""

    sha256: str
    kept: bool
    rows: int
    new: int
    known: int
    corrected: int


class RecordedPrice(msgspec.Struct, frozen=True):
    """A price in the history."""

    at: int
    value: str
    source: str
    recorded: int
    hash: str


class RowsImported(msgspec.Struct, frozen=True):
    """What an import of movements added, or would (`kept` false)."""

    source: str
    kept: bool
    rows: int
    new: int
    known: int
    accounts: int


class MovementRow(msgspec.Struct, frozen=True):
    """A row of the platform's ledger in an incident."""

    hash: str
    at: int
    kind: str
    asset: str
    amount: str
    counter_asset: str
    counter_amount: str
    ref: str
    action: str
    session: str
    seal: str
    source: str
    imported: int
    by: str


class LossSums(msgspec.Struct, frozen=True):
    """`net` = gross - recovered; `outstanding` = net - frozen."""

    gross: str
    recovered: str
    frozen: str
    net: str
    outstanding: str


class AssetLoss(msgspec.Struct, frozen=True):
    """One asset: in its own units and in the currency."""

    asset: str
    amount: LossSums
    value: LossSums
    debt: str
    unvalued: str
    undetermined: int


class LossQuestion(msgspec.Struct, frozen=True):
    """What is open: without an answer the sum is a lower bound."""

    account: str
    code: str
    about: str
    sentence: str


class LossSurplus(msgspec.Struct, frozen=True):
    """What came back or is held above what was lost."""

    account: str
    asset: str
    state: str
    amount: str


class Loss(msgspec.Struct, frozen=True):
    """The loss of an incident; a lower bound where `complete` is false."""

    currency: str
    pack: str
    digest: str
    caveat: str
    at: int
    paid_at: int
    total: LossSums
    assets: tuple[AssetLoss, ...]
    accounts: int
    complete: bool
    open: int
    questions: tuple[LossQuestion, ...]
    surplus: tuple[LossSurplus, ...]


class AccountSum(msgspec.Struct, frozen=True):
    """What one account lost."""

    account: str
    value: LossSums
    open: int


class AccountSumPage(msgspec.Struct, frozen=True):
    """Accounts in id order; `next` is the `after` of the following page."""

    items: tuple[AccountSum, ...]
    next: str | None


class LossEvidence(msgspec.Struct, frozen=True):
    """`kind`: log (`ref`: position) or row (`ref`: hash)."""

    kind: str
    ref: str


class UsedPrice(msgspec.Struct, frozen=True):
    """A price and the recorded ones that it was made of."""

    value: str
    at: int
    sources: tuple[str, ...]
    hashes: tuple[str, ...]


class LossLine(msgspec.Struct, frozen=True):
    """One loss, why it belongs, and how it was valued."""

    kind: str
    at: int
    asset: str
    amount: str | None
    unit: str | None
    value: str | None
    unvalued: str
    recovered: str
    frozen: str
    price: UsedPrice | None
    why: str
    sentence: str
    evidence: tuple[LossEvidence, ...]


class LossLeftOut(msgspec.Struct, frozen=True):
    """What was looked at and is no part of the loss."""

    what: str
    at: int
    asset: str
    amount: str
    why: str
    sentence: str
    evidence: tuple[LossEvidence, ...]


class AccountLoss(msgspec.Struct, frozen=True):
    """The loss of one account, line by line."""

    account: str
    currency: str
    pack: str
    value: LossSums
    open: int
    assets: tuple[AssetLoss, ...]
    lines: tuple[LossLine, ...]
    left_out: tuple[LossLeftOut, ...]
    questions: tuple[LossQuestion, ...]
    surplus: tuple[LossSurplus, ...]


class LossNote(msgspec.Struct, frozen=True):
    """What was noted."""

    incident: str
    made: str


class LossStatement(msgspec.Struct, frozen=True):
    """A person's word on what belongs to the loss."""

    account: str
    about: str
    belongs: bool
    at: int
    by: str
    why: str


class LossRecovery(msgspec.Struct, frozen=True):
    """What came back or is held. `stands`: nothing put it right."""

    id: str
    asset: str
    amount: str
    at: int
    state: str
    account: str
    where: str
    ref: str
    by: str
    why: str
    replaces: str
    stands: bool
