# SPDX-License-Identifier: Apache-2.0
"""From a loss to what its routes answer. No account's part names another."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from counterseal.core.loss import model as m
from counterseal.core.loss import report as r
from counterseal.core.loss.model import spell
from counterseal.core.loss.packs import ValuationPack
from counterseal.core.loss.prices import PriceUsed, price_hash
from counterseal.http.routers import incident_loss_replies as v
from counterseal.incidents.loss_file import KeptRow, LossFile

MOST_QUESTIONS: Final = 200


def sums(found: r.Sums) -> v.SumsView:
    """Sums as text."""
    names = ("gross", "recovered", "frozen", "net", "outstanding")
    return v.SumsView(**{name: spell(getattr(found, name)) for name in names})


def loss_view(found: r.LossReport, pack: ValuationPack) -> v.LossView:
    """The whole, without any account's lines."""
    return v.LossView(
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


def account_sums(found: r.LossReport, *, after: str, limit: int) -> v.AccountSums:
    """A page of accounts, in id order."""
    behind = [each for each in found.accounts if each.account > after]
    items = [
        v.AccountSumView(account=each.account, value=sums(each.value), open=each.open) for each in behind[:limit]
    ]
    return v.AccountSums(items=items, next=items[-1].account if len(behind) > limit else None)


def account_loss(found: r.LossReport, account: str) -> v.AccountLossView:
    """One account's part of it."""
    own = next((each for each in found.accounts if each.account == account), None)
    return v.AccountLossView(
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


def movement_view(kept: KeptRow) -> v.MovementView:
    """A row."""
    row = kept.movement
    return v.MovementView(
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
        seal=row.seal,
        source=kept.source,
        imported=kept.at,
        by=kept.by,
    )


def recoveries(held: LossFile) -> v.RecoveryList:
    """Every recovery that was noted."""
    gone = {each.replaces for each in held.recoveries}
    items = [
        v.RecoveryView(
            **{name: getattr(each, name) for name in m.Recovery.__struct_fields__ if name != "amount"},
            amount=spell(each.amount),
            stands=each.id not in gone,
        )
        for each in held.recoveries
    ]
    return v.RecoveryList(items=items)


def statements(held: LossFile) -> v.StatementList:
    """Every statement."""
    items = [
        v.StatementView(**{name: getattr(each, name) for name in m.Statement.__struct_fields__})
        for each in held.statements
    ]
    return v.StatementList(items=items)


def _asset(found: r.AssetLoss) -> v.AssetLossView:
    return v.AssetLossView(
        asset=found.asset,
        amount=sums(found.amount),
        value=sums(found.value),
        debt=spell(found.debt),
        unvalued=spell(found.unvalued),
        undetermined=found.undetermined,
    )


def _question(found: r.Question) -> v.LossQuestionView:
    return v.LossQuestionView(account=found.account, code=found.code, about=found.about, sentence=found.sentence)


def _surplus(found: r.Surplus) -> v.SurplusView:
    return v.SurplusView(account=found.account, asset=found.asset, state=found.state, amount=spell(found.amount))


def _price(found: PriceUsed | None) -> v.PriceUsedView | None:
    if found is None:
        return None
    return v.PriceUsedView(
        value=spell(found.value),
        at=found.at,
        sources=[each.source for each in found.parts],
        hashes=[price_hash(each) for each in found.parts],
    )


def _evidence(found: tuple[r.Evidence, ...]) -> list[v.LossEvidenceView]:
    return [v.LossEvidenceView(kind=each.kind, ref=each.ref) for each in found]


def _text(found: Decimal | None) -> str | None:
    return None if found is None else spell(found)


def _line(found: r.Line) -> v.LossLineView:
    return v.LossLineView(
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


def _left(found: r.LeftOut) -> v.LeftOutView:
    return v.LeftOutView(
        what=found.what,
        at=found.at,
        asset=found.asset,
        amount=spell(found.amount),
        why=found.basis.code,
        sentence=found.basis.sentence,
        evidence=_evidence(found.evidence),
    )
