# SPDX-License-Identifier: Apache-2.0
"""From what belongs to the loss to its lines: each outflow, row and seal once, and nothing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from counterseal.core.loss import model as m
from counterseal.core.loss.belonging import Belongs, Placed
from counterseal.core.loss.money import EXACT, MOST_PLACES, NOTHING, product, rounded, shares, total
from counterseal.core.loss.packs import ADVERSE_TRADE, FEES, NETTED, OUTFLOW, ValuationPack
from counterseal.core.loss.prices import PriceBook, Unpriced
from counterseal.core.loss.report import GAIN, Basis, Evidence, LeftOut, Line, Question


class Back(msgspec.Struct, frozen=True):
    """What came back into the account by a row of the ledger."""

    asset: str
    amount: Decimal
    evidence: Evidence


class Drawn(msgspec.Struct, frozen=True):
    """What one account's movements come to. `debts`: borrowed less repaid, per asset, not below zero."""

    lines: tuple[Line, ...]
    backs: tuple[Back, ...]
    debts: dict[str, Decimal]
    left_out: tuple[LeftOut, ...]
    questions: tuple[Question, ...]


class Drawer:
    """Draws the lines of one account."""

    def __init__(self, account: str, book: PriceBook, pack: ValuationPack, currency: str) -> None:
        self._account, self._book, self._pack, self._currency = account, book, pack, currency
        self._lines: list[Line] = []
        self._backs: list[Back] = []
        self._debts: dict[str, Decimal] = defaultdict(Decimal)
        self._left: list[LeftOut] = []
        self._questions: list[Question] = []

    def draw(self, placed: Iterable[Placed]) -> Drawn:
        """All of them. A row that names the action of a redeemed seal is that outflow and no other."""
        held = tuple(placed)
        seals = {each.item.action: each.item for each in held if isinstance(each.item, m.Outflow)}
        rows: dict[str, list[Placed]] = defaultdict(list)
        for each in held:
            item = each.item
            if isinstance(item, m.Movement) and each.action in seals and item.kind in {*m.LEAVES, m.TRADE}:
                rows[each.action].append(each)
        for each in held:
            if isinstance(each.item, m.Outflow):
                self._outflow(each, each.item, rows.get(each.item.action, []))
            elif each not in rows.get(each.action, []):
                self._row(each, each.item, ())
        kept = tuple(line for line in self._netted() if line.kind in self._pack.counts)
        for line in self._lines:
            if line.kind != GAIN and line.kind not in self._pack.counts:
                basis = Basis("pack", f"`{self._pack.name}` does not count a {line.kind}")
                self._left.append(_left_of(line, basis))
        debts = {asset: amount for asset, amount in self._debts.items() if amount > 0}
        return Drawn(kept, tuple(self._backs), debts, tuple(self._left), tuple(self._questions))

    def _outflow(self, placed: Placed, item: m.Outflow, rows: list[Placed]) -> None:
        evidence = (Evidence("log", str(item.position)),)
        placed = next((Placed(item, each.belongs, each.basis) for each in rows if each.basis.code == "row"), placed)
        if item.returned:
            self._leave(placed, Basis("returned", "the signer abandoned it: the value stayed"))
            for each in rows:
                self._ask(
                    "returned_differs", item.action, "the signer abandoned it, and the ledger says that it left"
                )
                self._row(each, each.item, ())
        elif placed.belongs is not Belongs.YES:
            self._leave(placed, placed.basis)
            for each in rows:
                self._leave(each, Basis("sealed", f"it is the action `{item.action}`"))
        elif item.trade and rows and all(_movement(each).kind == m.TRADE for each in rows):
            for each in rows:
                self._row(
                    msgspec.structs.replace(each, belongs=Belongs.YES, basis=placed.basis), each.item, evidence
                )
        elif item.trade and not rows:
            self._ask("counter_missing", item.action, "no row of the ledger says what came in for this trade")
            line = Line(item.account, ADVERSE_TRADE, item.at, item.asset, None, placed.basis, evidence, item.amount)
            self._lines.append(msgspec.structs.replace(line, unvalued="what came in for it is not known"))
        else:
            own = [_movement(each) for each in rows]
            if own and {(each.asset, m.spell(each.amount)) for each in own} != {(item.asset, m.spell(item.amount))}:
                sentence = "the ledger's row says another amount than the redeemed seal; the seal's is counted"
                self._ask("amounts_differ", item.action, sentence)
            seen = (*evidence, *(Evidence("row", each.hash) for each in rows))
            self._lines.append(Line(item.account, OUTFLOW, item.at, item.asset, item.amount, placed.basis, seen))

    def _row(self, placed: Placed, item: m.Outflow | m.Movement, sealed: tuple[Evidence, ...]) -> None:
        if not isinstance(item, m.Movement) or placed.belongs is not Belongs.YES:
            self._leave(placed, placed.basis)
            return
        evidence = (*sealed, Evidence("row", placed.hash))
        if item.kind in m.LEAVES or item.kind == m.FEE:
            kind = FEES if item.kind == m.FEE else OUTFLOW
            line = Line(item.account, kind, item.at, item.asset, item.amount, placed.basis, evidence)
            self._lines.append(line)
        elif item.kind == m.TRADE:
            self._trade(placed, item, evidence)
        elif item.kind == m.DEPOSIT:
            self._backs.append(Back(item.asset, item.amount, evidence[-1]))
            self._leave(placed, Basis("back", "it came back: it is set against what was lost of the asset"))
        else:
            signed = item.amount if item.kind == m.BORROW else item.amount.copy_negate()
            self._debts[item.asset] = EXACT.add(self._debts[item.asset], signed)
            self._leave(
                placed, Basis("debt", "a debt is stated beside the loss: what was borrowed and left is in it")
            )

    def _trade(self, placed: Placed, item: m.Movement, evidence: tuple[Evidence, ...]) -> None:
        """What was given above the fair equivalent of what came in, at the prices of that moment."""
        line = Line(item.account, ADVERSE_TRADE, item.at, item.asset, None, placed.basis, evidence, item.amount)
        line = msgspec.structs.replace(line, got_asset=item.counter_asset, got=item.counter_amount)
        prices = [
            self._book.at(asset, self._currency, item.at, self._pack.prices)
            for asset in (item.asset, item.counter_asset)
            if asset
        ]
        missing = [each.sentence for each in prices if isinstance(each, Unpriced)]
        used = tuple(each for each in prices if not isinstance(each, Unpriced))
        if missing or len(used) < 2:  # noqa: PLR2004 - what was given and what came in
            sentence = "; ".join(missing) or "the row does not say what came in"
            self._lines.append(msgspec.structs.replace(line, unvalued=sentence))
            return
        fair = EXACT.divide(EXACT.multiply(item.counter_amount, used[1].value), used[0].value)
        short = rounded(EXACT.subtract(item.amount, fair), self._pack.places_of(item.asset))
        kind = GAIN if short < 0 else ADVERSE_TRADE
        self._lines.append(msgspec.structs.replace(line, kind=kind, amount=abs(short), trade_prices=used))

    def _netted(self) -> list[Line]:
        """The lines, with the gains of an account's trades set against the losses of its trades where the pack says
        so; what a gain is above them lowers nothing else."""
        gains = [line for line in self._lines if line.kind == GAIN]
        losses = [line for line in self._lines if line.kind == ADVERSE_TRADE and line.amount]
        others = [
            line for line in self._lines if not (line.kind == GAIN or (line.kind == ADVERSE_TRADE and line.amount))
        ]
        for line in gains:
            self._left.append(_left_of(line, Basis("gain", "this trade won something")))
        if self._pack.trade_gains != NETTED or not gains or not losses:
            return [*others, *losses]
        weights = [_trade_value(line) for line in losses]
        lost, won = total(weights), total(_trade_value(line) for line in gains)
        return [
            *others,
            *(
                self._offset(line, part, value)
                for line, part, value in zip(
                    losses, shares(min(won, lost), weights, MOST_PLACES), weights, strict=True
                )
            ),
        ]

    def _offset(self, line: Line, part: Decimal, value: Decimal) -> Line:
        if not value or line.amount is None:
            return line
        share = EXACT.divide(EXACT.multiply(line.amount, part), value)
        offset = min(line.amount, rounded(share, self._pack.places_of(line.asset)))
        return msgspec.structs.replace(line, offset=offset)

    def _leave(self, placed: Placed, basis: Basis) -> None:
        item = placed.item
        sealed = isinstance(item, m.Outflow)
        ref = Evidence("log", str(item.position)) if isinstance(item, m.Outflow) else Evidence("row", placed.hash)
        what = item.rule if isinstance(item, m.Outflow) else item.kind
        self._left.append(LeftOut(item.account, what, item.at, item.asset, item.amount, basis, (ref,)))
        if placed.belongs is Belongs.OPEN and basis is placed.basis:
            about = f"action:{item.action}" if sealed else f"row:{ref.ref}"
            self._questions.append(Question(item.account, "in_window", about, basis.sentence))

    def _ask(self, code: str, action: str, sentence: str) -> None:
        self._questions.append(Question(self._account, code, f"action:{action}", sentence))


def _movement(placed: Placed) -> m.Movement:
    if not isinstance(placed.item, m.Movement):  # pragma: no cover - `rows` holds rows alone
        raise TypeError
    return placed.item


def _trade_value(line: Line) -> Decimal:
    """What a trade lost or won at the prices of its moment, finely."""
    return NOTHING if line.amount is None else product(line.amount, line.trade_prices[0].value, MOST_PLACES)


def _left_of(line: Line, basis: Basis) -> LeftOut:
    amount = line.given if line.amount is None else line.amount
    return LeftOut(line.account, line.kind, line.at, line.asset, amount, basis, line.evidence)
