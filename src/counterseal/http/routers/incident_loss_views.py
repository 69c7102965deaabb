# SPDX-License-Identifier: Apache-2.0
"""What the loss of an incident looks like. Times are ms since the epoch; amounts are text without exponent."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from counterseal.core.loss import model as m
from counterseal.core.loss import report as r
from counterseal.core.loss.model import spell
from counterseal.core.loss.packs import ValuationPack
from counterseal.core.loss.prices import PriceUsed, price_hash
from counterseal.http.body import Body, Reply
from counterseal.incidents.loss_file import KeptRow, LossFile

MOST_QUESTIONS = 200
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**48)]
Pack = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Short = Annotated[str, msgspec.Meta(max_length=128)]


class LossQuery(Body, frozen=True):
    """The valuation pack, and the day of payment (now unless it is said)."""

    pack: Pack = "time-of-loss"
    paid_at: Moment | None = None


class LossPage(Body, frozen=True):
    """As LossQuery; the accounts behind `after`, in id order."""

    pack: Pack = "time-of-loss"
    paid_at: Moment | None = None
    after: Short = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class FetchBody(Body, frozen=True):
    """Ask the platform for what moved from `since` to before `until`."""

    since: Moment
    until: Moment


class StatementBody(Body, frozen=True):
    """Whether something belongs to the loss. `about`: `row:HASH`, `action:ID` or `session:ID`."""

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    about: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
    belongs: bool
    why: Why


class RecoveryBody(Body, frozen=True):
    """What came back (`recovered`) or is held (`frozen`). `account` empty: for all who lost of the asset; `replaces`:
    the id of an earlier one that this puts right."""

    asset: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    amount: Decimal
    state: Annotated[str, msgspec.Meta(pattern="^(recovered|frozen)$")]
    why: Why
    account: Short = ""
    where: Annotated[str, msgspec.Meta(max_length=200)] = ""
    ref: Annotated[str, msgspec.Meta(max_length=200)] = ""
    replaces: Short = ""


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


def sums(found: r.Sums) -> SumsView:
    """Sums as text."""
    names = ("gross", "recovered", "frozen", "net", "outstanding")
    return SumsView(**{name: spell(getattr(found, name)) for name in names})


def loss_view(found: r.LossReport, pack: ValuationPack) -> LossView:
    """The whole, without any account's lines."""
    return LossView(
        currency=found.currency,
        pack=found.pack,
        digest=found.digest,
        caveat=pack.caveat,
        at=found.at,
        paid_at=found.paid_at,
        total=sums(found.total),
        assets=[_asset(each) for each in found.totals],
        accounts=len(found.accounts),
        complete=found.complete,
        open=len(found.questions),
        questions=[_question(each) for each in found.questions[:MOST_QUESTIONS]],
        surplus=[_surplus(each) for each in found.surplus],
    )


def account_sums(found: r.LossReport, *, after: str, limit: int) -> AccountSums:
    """A page of accounts, in id order."""
    behind = [each for each in found.accounts if each.account > after]
    items = [AccountSumView(account=each.account, value=sums(each.value), open=each.open) for each in behind[:limit]]
    return AccountSums(items=items, next=items[-1].account if len(behind) > limit else None)


def account_loss(found: r.LossReport, account: str) -> AccountLossView:
    """One account's part of it."""
    own = next((each for each in found.accounts if each.account == account), None)
    return AccountLossView(
        account=account,
        currency=found.currency,
        pack=found.pack,
        value=sums(r.Sums() if own is None else own.value),
        open=0 if own is None else own.open,
        assets=[_asset(each) for each in found.assets if each.account == account],
        lines=[_line(each) for each in found.lines if each.account == account],
        left_out=[_left(each) for each in found.left_out if each.account == account],
        questions=[_question(each) for each in found.questions if each.account == account],
        surplus=[_surplus(each) for each in found.surplus if each.account == account],
    )


def movement_view(kept: KeptRow) -> MovementView:
    """A row."""
    row = kept.movement
    return MovementView(
        hash=kept.hash,
        at=row.at,
        kind=row.kind,
        asset=row.asset,
        amount=spell(row.amount),
        counter_asset=row.counter_asset,
        counter_amount=spell(row.counter_amount),
        ref=row.ref,
        action=row.action,
        session=row.session,
        source=kept.source,
        imported=kept.at,
        by=kept.by,
    )


def recoveries(held: LossFile) -> RecoveryList:
    """Every recovery that was noted."""
    gone = {each.replaces for each in held.recoveries}
    items = [
        RecoveryView(
            **{name: getattr(each, name) for name in m.Recovery.__struct_fields__ if name != "amount"},
            amount=spell(each.amount),
            stands=each.id not in gone,
        )
        for each in held.recoveries
    ]
    return RecoveryList(items=items)


def statements(held: LossFile) -> StatementList:
    """Every statement."""
    items = [
        StatementView(**{name: getattr(each, name) for name in m.Statement.__struct_fields__})
        for each in held.statements
    ]
    return StatementList(items=items)


def _asset(found: r.AssetLoss) -> AssetLossView:
    return AssetLossView(
        asset=found.asset,
        amount=sums(found.amount),
        value=sums(found.value),
        debt=spell(found.debt),
        unvalued=spell(found.unvalued),
        undetermined=found.undetermined,
    )


def _question(found: r.Question) -> LossQuestionView:
    return LossQuestionView(account=found.account, code=found.code, about=found.about, sentence=found.sentence)


def _surplus(found: r.Surplus) -> SurplusView:
    return SurplusView(account=found.account, asset=found.asset, state=found.state, amount=spell(found.amount))


def _price(found: PriceUsed | None) -> PriceUsedView | None:
    if found is None:
        return None
    return PriceUsedView(
        value=spell(found.value),
        at=found.at,
        sources=[each.source for each in found.parts],
        hashes=[price_hash(each) for each in found.parts],
    )


def _evidence(found: tuple[r.Evidence, ...]) -> list[LossEvidenceView]:
    return [LossEvidenceView(kind=each.kind, ref=each.ref) for each in found]


def _text(found: Decimal | None) -> str | None:
    return None if found is None else spell(found)


def _line(found: r.Line) -> LossLineView:
    return LossLineView(
        kind=found.kind,
        at=found.at,
        asset=found.asset,
        amount=_text(found.amount),
        given=spell(found.given),
        got_asset=found.got_asset,
        got=spell(found.got),
        offset=spell(found.offset),
        recovered=spell(found.recovered),
        frozen=spell(found.frozen),
        unit=_text(found.unit),
        value=_text(found.gross_value),
        recovered_value=spell(found.recovered_value),
        frozen_value=spell(found.frozen_value),
        unvalued=found.unvalued,
        price=_price(found.price),
        cap=_price(found.cap),
        why=found.basis.code,
        sentence=found.basis.sentence,
        evidence=_evidence(found.evidence),
    )


def _left(found: r.LeftOut) -> LeftOutView:
    return LeftOutView(
        what=found.what,
        at=found.at,
        asset=found.asset,
        amount=spell(found.amount),
        why=found.basis.code,
        sentence=found.basis.sentence,
        evidence=_evidence(found.evidence),
    )
