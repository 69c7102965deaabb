# SPDX-License-Identifier: Apache-2.0
"""What else moves in the ledger: P2P sales, offers and trades. Part of the payer's process, never of the web part.

A trade at a fair price on the open book leaves its value in the account and is settled at once. A private deal,
or a trade with a mark of `counterseal.sdk.trading`, may carry value to somebody else: it is off-market and needs
a seal for `offmarket_trade`. The ledger judges with its own market data, because a context such as `fair_price` is
only as good as the part that states it, and the web part may be in somebody else's hands.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal, Protocol

import msgspec

from counterseal.sdk import FairPrice, Market, PastTrade, Trade, UnfairPrice, check_trade
from counterseal.sdk.trading import LOSS_WINDOW
from examples.exchange import money
from examples.exchange.errors import RefusedError, RequestError, UnknownError
from examples.exchange.ledger import Entry, Ledger, Line, customer, escrow, move
from examples.exchange.payer import Payer
from examples.exchange.payouts import Terms

QUOTE: Final = "USDT"
Side = Literal["buy", "sell"]


class Venues(Protocol):
    """What other venues say. The ledger asks it itself: market data from the web part would be worth nothing."""

    def market(self, pair: str, now: int) -> Market | None:
        """The pair as known at `now` (ms); None if nobody knows it."""
        ...


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a trade before it is made: whether it needs a seal, and what to ask for."""

    needs_seal: bool
    gives: str
    amount: str
    counterparty: str
    context: tuple[str, ...]
    findings: tuple[str, ...]


class Deal(msgspec.Struct, frozen=True):
    """A trade of `taker` against a standing offer of `maker`. `side` and `fair` are the taker's."""

    taker: str
    maker: str
    pair: str
    side: Side
    price: Decimal
    quantity: Decimal
    private: bool
    verdict: FairPrice | UnfairPrice
    fair: Decimal

    @property
    def base(self) -> str:
        """The asset that is bought or sold."""
        return self.pair.partition("/")[0]

    @property
    def gives(self) -> tuple[str, Decimal]:
        """What the taker gives away."""
        return (QUOTE, self.price * self.quantity) if self.side == "buy" else (self.base, self.quantity)


class Exchange:
    """Sales, offers and trades over one ledger."""

    def __init__(self, ledger: Ledger, payer: Payer, venues: Venues, clock: Callable[[], int]) -> None:
        self._ledger, self._payer, self._venues, self._clock = ledger, payer, venues, clock

    # ------------------------------------------------------------------------------------------- P2P

    def open_sale(self, sale: str, seller: str, buyer: str, asset: str, amount: Decimal) -> None:
        """Put coins aside for a buyer who pays outside. They stay the seller's until they are released."""
        minor = money.units(asset, amount)
        entry = Entry(
            f"escrow.{sale}", "escrow", seller, self._clock(), move(asset, minor, customer(seller), escrow(seller))
        )
        with self._ledger.transaction() as db:
            if self._ledger.post(entry):
                row = (sale, seller, buyer, asset, minor, "open")
                db.execute("INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?)", row)

    def sale_terms(self, sale: str, seller: str) -> Terms:
        """What releasing a sale would pay, by our own books and nobody else's word."""
        with self._ledger.transaction() as db:
            query = "SELECT buyer, asset, units FROM sales WHERE id = ? AND seller = ?"
            found = db.execute(query, (sale, seller)).fetchone()
        if found is None:
            raise UnknownError("unknown_sale", "there is no such sale")
        buyer, asset, minor = found
        return Terms(
            reference=f"p2p.{sale}",
            outflow="p2p_release",
            account=seller,
            asset=asset,
            amount=money.amount(asset, minor),
            destination=buyer,
            lines=move(asset, minor, escrow(seller), customer(buyer)),
        )

    # ---------------------------------------------------------------------------------------- trades

    def offer(
        self, offer: str, maker: str, pair: str, side: Side, price: Decimal, quantity: Decimal, taker: str = ""
    ) -> None:
        """A standing offer of `maker`: `side` is what the maker does. `taker`: for this customer alone."""
        base, _, quote = pair.partition("/")
        if quote != QUOTE:
            raise RequestError("pair_unknown", "we trade against USDT")
        row = (offer, maker, taker, pair, side, money.text(price), money.units(base, quantity))
        with self._ledger.transaction() as db:
            db.execute("INSERT OR IGNORE INTO offers VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def deal(self, offer: str, taker: str, quantity: Decimal) -> Deal:
        """The trade that taking an offer would be, judged from the taker's side."""
        with self._ledger.transaction() as db:
            query = "SELECT maker, taker, pair, side, price, units FROM offers WHERE id = ?"
            found = db.execute(query, (offer,)).fetchone()
        if found is None or found[1] not in {"", taker} or found[0] == taker:
            raise UnknownError("unknown_offer", "there is no such offer")
        maker, named, pair, side, price, left = found
        base = pair.partition("/")[0]
        if money.units(base, quantity) > left:
            raise RefusedError("offer_taken", "the offer has less than that left")
        mine: Side = "buy" if side == "sell" else "sell"
        trade = Trade(side=mine, price=Decimal(price), quantity=quantity, counterparty=maker)
        verdict, fair = self._judge(taker, pair, trade)
        return Deal(taker, maker, pair, mine, trade.price, quantity, bool(named), verdict, fair)

    def quote(self, deal: Deal) -> Quote:
        """What to tell the web part about a deal."""
        asset, amount = deal.gives
        findings = () if deal.verdict else tuple(finding.sentence for finding in deal.verdict.findings)
        return Quote(
            needs_seal=deal.private or not deal.verdict,
            gives=asset,
            amount=money.text(money.amount(asset, money.units(asset, amount))),
            counterparty=deal.maker,
            context=deal.verdict.context,
            findings=findings,
        )

    def settled(self, trade: str, taker: str, quantity: Decimal) -> bool:
        """Whether this trade was made; RequestError if it was another one."""
        with self._ledger.transaction() as db:
            row = db.execute("SELECT taker, quantity FROM trades WHERE id = ?", (trade,)).fetchone()
        if row is not None and (row[0], Decimal(row[1])) != (taker, quantity):
            raise RequestError("idempotency_mismatch", "this trade was made with other terms")
        return row is not None

    def settle(self, trade: str, offer: str, deal: Deal, token: str | None) -> str:
        """Make a trade: at once if it is a fair one on the open book, else against a redeemed seal."""
        if not deal.verdict:
            # Sealed or not: a seal says that the owner wants it, not that the price is one we stand for.
            raise RefusedError("price_unfair", deal.verdict.findings[0].sentence)
        self._check_maker(deal)
        if deal.private:
            if token is None:
                raise RefusedError("seal_missing", "an off-market trade is settled against a seal")
            self._payer.pay(self._trade_terms(trade, deal), token, lambda: self._record(trade, offer, deal))
            return f"out.{trade}"
        with self._ledger.transaction():
            entry = Entry(f"out.{trade}", "market_trade", deal.taker, self._clock(), _lines(deal))
            self._ledger.post(entry)
            self._record(trade, offer, deal)
        return entry.id

    def _trade_terms(self, trade: str, deal: Deal) -> Terms:
        asset, amount = deal.gives
        return Terms(
            reference=trade,
            outflow="offmarket_trade",
            account=deal.taker,
            asset=asset,
            amount=money.amount(asset, money.units(asset, amount)),
            destination=deal.maker,
            lines=_lines(deal),
        )

    def _judge(self, account: str, pair: str, trade: Trade) -> tuple[FairPrice | UnfairPrice, Decimal]:
        now = self._clock()
        market = self._venues.market(pair, now)
        fair = trade.price if market is None else market.price
        return check_trade(trade, market, self._history(account, pair, now), now), fair

    def _history(self, account: str, pair: str, now: int) -> list[PastTrade]:
        query = "SELECT taker, maker, side, price, quantity, fair, at FROM trades WHERE pair = ? AND at > ?"
        with self._ledger.transaction() as db:
            rows = db.execute(f"{query} AND ? IN (taker, maker)", (pair, now - LOSS_WINDOW, account)).fetchall()
        found = []
        for taker, maker, side, price, quantity, fair, at in rows:
            own = side if taker == account else _other(side)
            other = maker if taker == account else taker
            past = Trade(side=own, price=Decimal(price), quantity=Decimal(quantity), counterparty=other)
            found.append(PastTrade(trade=past, fair_price=Decimal(fair), at=at))
        return found

    def _check_maker(self, deal: Deal) -> None:
        """The maker is not there to prove anything, so the trade must be fair to the maker too."""
        mirror = Trade(side=_other(deal.side), price=deal.price, quantity=deal.quantity, counterparty=deal.taker)
        verdict, _ = self._judge(deal.maker, deal.pair, mirror)
        if not verdict:
            raise RefusedError("price_unfair", "the offer is far from the market by now")

    def _record(self, trade: str, offer: str, deal: Deal) -> None:
        minor = money.units(deal.base, deal.quantity)
        with self._ledger.transaction() as db:
            took = db.execute(
                "UPDATE offers SET units = units - ? WHERE id = ? AND units >= ?", (minor, offer, minor)
            )
            if took.rowcount != 1:
                raise RefusedError("offer_taken", "the offer has less than that left")
            prices = (money.text(deal.price), money.text(deal.quantity), money.text(deal.fair))
            row = (trade, deal.taker, deal.maker, deal.pair, deal.side, *prices, self._clock())
            db.execute("INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _other(side: str) -> Side:
    return "sell" if side == "buy" else "buy"


def _lines(deal: Deal) -> tuple[Line, ...]:
    gives, amount = deal.gives
    takes, back = (deal.base, deal.quantity) if deal.side == "buy" else (QUOTE, deal.price * deal.quantity)
    return (
        *move(gives, money.units(gives, amount), customer(deal.taker), customer(deal.maker)),
        *move(takes, money.units(takes, back), customer(deal.maker), customer(deal.taker)),
    )
