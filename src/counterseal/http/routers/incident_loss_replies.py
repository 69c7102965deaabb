# SPDX-License-Identifier: Apache-2.0
"""What the loss of an incident looks like. Times are ms since the epoch; amounts are text without exponent."""

from __future__ import annotations

from counterseal.http.body import Reply


class SumsView(Reply, frozen=True):
    """`net` = gross - recovered; `outstanding` = net - frozen."""

    gross: str
    recovered: str
    frozen: str
    net: str
    outstanding: str


class AssetLossView(Reply, frozen=True):
    """One asset. `unvalued`: net amount without a price; `undetermined`: trades whose loss cannot be told; `debt`:
    borrowed in the owner's name and not repaid, not part of the loss."""

    asset: str
    amount: SumsView
    value: SumsView
    debt: str
    unvalued: str
    undetermined: int


class LossQuestionView(Reply, frozen=True):
    """What is open."""

    account: str
    code: str
    about: str
    sentence: str


class SurplusView(Reply, frozen=True):
    """What came back or is held above what was lost."""

    account: str
    asset: str
    state: str
    amount: str


class LossView(Reply, frozen=True):
    """The loss of an incident. Where `complete` is false, `total` is a lower bound; at most 200 questions are
    listed."""

    currency: str
    pack: str
    digest: str
    caveat: str
    at: int
    paid_at: int
    total: SumsView
    assets: list[AssetLossView]
    accounts: int
    complete: bool
    open: int
    questions: list[LossQuestionView]
    surplus: list[SurplusView]


class AccountSumView(Reply, frozen=True):
    """One account. `open`: questions without which it is a lower bound."""

    account: str
    value: SumsView
    open: int


class AccountSums(Reply, frozen=True):
    """A page."""

    items: list[AccountSumView]
    next: str | None


class PriceUsedView(Reply, frozen=True):
    """A price and the recorded ones that it was made of (their hashes)."""

    value: str
    at: int
    sources: list[str]
    hashes: list[str]


class LossEvidenceView(Reply, frozen=True):
    """`kind`: log (`ref`: position) or row (`ref`: hash)."""

    kind: str
    ref: str


class LossLineView(Reply, frozen=True):
    """One loss, with why it belongs, what it rests on, and how it was valued (null = it was not, and why)."""

    kind: str
    at: int
    asset: str
    amount: str | None
    given: str
    got_asset: str
    got: str
    offset: str
    recovered: str
    frozen: str
    unit: str | None
    value: str | None
    recovered_value: str
    frozen_value: str
    unvalued: str
    price: PriceUsedView | None
    cap: PriceUsedView | None
    why: str
    sentence: str
    evidence: list[LossEvidenceView]


class LeftOutView(Reply, frozen=True):
    """What was looked at and is no part of the loss."""

    what: str
    at: int
    asset: str
    amount: str
    why: str
    sentence: str
    evidence: list[LossEvidenceView]


class AccountLossView(Reply, frozen=True):
    """The loss of one account, of nobody else."""

    account: str
    currency: str
    pack: str
    value: SumsView
    open: int
    assets: list[AssetLossView]
    lines: list[LossLineView]
    left_out: list[LeftOutView]
    questions: list[LossQuestionView]
    surplus: list[SurplusView]


class LossNoted(Reply, frozen=True):
    """What was noted."""

    incident: str
    made: str


class MovementView(Reply, frozen=True):
    """A row of the platform's ledger, where it came from and who took it in."""

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


class MovementList(Reply, frozen=True):
    """The rows of one account."""

    account: str
    items: list[MovementView]


class RowsImportView(Reply, frozen=True):
    """What an import adds, or would. `source`: `csv:SHA256` or `platform:SHA256`."""

    source: str
    kept: bool
    rows: int
    new: int
    known: int
    accounts: int


class StatementView(Reply, frozen=True):
    """A person's word on what belongs to the loss."""

    account: str
    about: str
    belongs: bool
    at: int
    by: str
    why: str


class RecoveryView(Reply, frozen=True):
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


class RecoveryList(Reply, frozen=True):
    """All of them, the oldest first."""

    items: list[RecoveryView]


class StatementList(Reply, frozen=True):
    """All of them, the oldest first."""

    items: list[StatementView]
