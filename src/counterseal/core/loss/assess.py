# SPDX-License-Identifier: Apache-2.0
"""The loss of an incident: what belongs to it, drawn as lines, netted, valued and summed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from counterseal.core.loss.belonging import Belongs, Placed, Sorter
from counterseal.core.loss.lines import Back, Drawer
from counterseal.core.loss.model import Claim, Movement, Outflow, row_hash
from counterseal.core.loss.money import EXACT, NOTHING, total
from counterseal.core.loss.netting import Pair, netted
from counterseal.core.loss.packs import ValuationPack
from counterseal.core.loss.prices import PriceBook
from counterseal.core.loss.report import (
    AccountLoss,
    AssetLoss,
    LeftOut,
    Line,
    LossReport,
    Question,
    Sums,
)
from counterseal.core.loss.valuing import valued


def assess(
    claim: Claim, book: PriceBook, pack: ValuationPack, *, currency: str, at: int, paid_at: int
) -> LossReport:
    """The report. It depends on no order of anything in `claim` or `book`; a row given twice counts once."""
    drawn = _drawn(claim, book, pack, currency)
    known, surplus = netted(drawn.lines, drawn.backs, claim.recoveries, pack.places_of)
    lines = tuple(valued(line, book, pack, currency=currency, paid_at=paid_at) for line in known)
    unvalued = (
        Question(line.account, "unvalued", f"{each.kind}:{each.ref}", line.unvalued)
        for line in lines
        if line.unvalued and (line.amount is None or line.counted)
        for each in line.evidence[:1]
    )
    asked = tuple(sorted({*drawn.asked, *unvalued}))
    return LossReport(
        currency=currency,
        pack=pack.name,
        digest=pack.digest,
        at=at,
        paid_at=paid_at,
        lines=lines,
        assets=_assets(lines, drawn.debts, by_account=True),
        totals=_assets(lines, drawn.debts, by_account=False),
        accounts=_accounts(lines, asked),
        total=_value(lines),
        left_out=tuple(drawn.left),
        questions=asked,
        surplus=surplus,
        complete=not asked,
    )


class _Drawn(msgspec.Struct):
    lines: list[Line] = []
    backs: list[tuple[str, Back]] = []
    left: list[LeftOut] = []
    asked: list[Question] = []
    debts: dict[Pair, Decimal] = {}


def _drawn(claim: Claim, book: PriceBook, pack: ValuationPack, currency: str) -> _Drawn:
    """Every account's lines, in one order."""
    all_ = _Drawn()
    for account, placed in sorted_out(claim):
        drawn = Drawer(account, book, pack, currency).draw(placed)
        all_.lines += drawn.lines
        all_.backs += ((account, each) for each in drawn.backs)
        all_.left += drawn.left_out
        all_.asked += drawn.questions
        all_.debts |= {(account, asset): amount for asset, amount in drawn.debts.items()}
        codes = {each.basis.code for each in placed}
        if "unattributed" in codes and not any(each.belongs is Belongs.YES for each in placed):
            sentence = "no step of this account is known to be the attacker's: nothing of it is counted"
            all_.asked.append(Question(account, "unattributed", "", sentence))
    all_.lines.sort(key=lambda line: (line.account, line.at, line.kind, line.asset, line.evidence))
    all_.left.sort(key=lambda each: (each.account, each.at, each.what, each.asset, each.evidence, each.basis.code))
    return all_


def sorted_out(claim: Claim) -> Iterable[tuple[str, tuple[Placed, ...]]]:
    """Account by account, in id order: everything that moved, and whether it belongs to the loss."""
    items: dict[str, dict[str, Outflow | Movement]] = defaultdict(dict)
    for outflow in sorted(set(claim.outflows), key=lambda each: (each.at, each.position, each.action)):
        items[outflow.account][f"{outflow.position}/{outflow.action}"] = outflow
    rows = {row_hash(each): each for each in claim.movements}
    for name, movement in sorted(rows.items(), key=lambda pair: (pair[1].at, pair[0])):
        items[movement.account][name] = movement
    attributions = {each.account: each for each in claim.attributions}
    said = defaultdict(list)
    for statement in claim.statements:
        said[statement.account].append(statement)
    for account in sorted(items):
        yield account, Sorter(attributions.get(account), said[account]).place(items[account])


def _assets(lines: Iterable[Line], debts: dict[Pair, Decimal], *, by_account: bool) -> tuple[AssetLoss, ...]:
    groups: dict[Pair, list[Line]] = defaultdict(list)
    owed: dict[Pair, Decimal] = defaultdict(Decimal)
    for line in lines:
        groups[line.account if by_account else "", line.asset].append(line)
    for (account, asset), amount in debts.items():
        pair = (account if by_account else "", asset)
        owed[pair] = EXACT.add(owed[pair], amount)
    return tuple(
        AssetLoss(
            *pair,
            _amount(groups.get(pair, [])),
            _value(groups.get(pair, [])),
            owed.get(pair, NOTHING),
            total(
                EXACT.subtract(line.counted, line.recovered)
                for line in groups.get(pair, [])
                if line.gross_value is None
            ),
            sum(line.amount is None for line in groups.get(pair, [])),
        )
        for pair in sorted({*groups, *owed})
    )


def _accounts(lines: Iterable[Line], asked: Iterable[Question]) -> tuple[AccountLoss, ...]:
    groups: dict[str, list[Line]] = defaultdict(list)
    open_: dict[str, int] = defaultdict(int)
    for line in lines:
        groups[line.account].append(line)
    for question in asked:
        open_[question.account] += 1
    return tuple(
        AccountLoss(account, _value(groups.get(account, [])), open_.get(account, 0))
        for account in sorted({*groups, *open_})
    )


def _amount(lines: Iterable[Line]) -> Sums:
    held = tuple(lines)
    return _sums(
        total(line.counted for line in held),
        total(line.recovered for line in held),
        total(line.frozen for line in held),
    )


def _value(lines: Iterable[Line]) -> Sums:
    held = tuple(line for line in lines if line.gross_value is not None)
    return _sums(
        total(line.gross_value for line in held if line.gross_value is not None),
        total(line.recovered_value for line in held),
        total(line.frozen_value for line in held),
    )


def _sums(gross: Decimal, recovered: Decimal, frozen: Decimal) -> Sums:
    net = EXACT.subtract(gross, recovered)
    return Sums(gross, recovered, frozen, net, EXACT.subtract(net, frozen))
