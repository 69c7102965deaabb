# SPDX-License-Identifier: Apache-2.0
"""The payer over HTTP, for the web part. Nothing here pays without a seal; who calls makes no difference."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from counterseal.sdk import canonical_destination
from counterseal.sdk.errors import DestinationError
from examples.exchange import chain as wallet
from examples.exchange import money
from examples.exchange.errors import RequestError
from examples.exchange.ledger import Ledger, customer, escrow, move, outside
from examples.exchange.market import Exchange, Side
from examples.exchange.payer import Payer
from examples.exchange.payouts import Terms
from examples.exchange.service import part

WITHDRAWALS = frozenset({"withdraw", "withdraw_api", "withdraw_small", "withdraw_verified"})
RESOLVE_EVERY = 15.0  # s
log = logging.getLogger(__name__)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PayoutBody(_Body):
    """A withdrawal as ordered, and its seal."""

    reference: str
    outflow: str
    account: str
    asset: str
    amount: str
    chain: str
    destination: str
    memo: str = ""
    seal: str


class SaleBody(_Body):
    """A P2P sale: coins put aside for a buyer."""

    sale: str
    seller: str
    buyer: str
    asset: str
    amount: str


class ReleaseBody(_Body):
    """Release a sale to its buyer."""

    seller: str
    seal: str


class DealBody(_Body):
    """Take an offer. `seal` for what is off-market."""

    taker: str
    quantity: str
    trade: str = ""
    seal: str | None = None


class OfferBody(_Body):
    """Make an offer; `taker`: a private deal."""

    offer: str
    maker: str
    pair: str
    side: Side
    price: str
    quantity: str
    taker: str = ""


def withdrawal(body: PayoutBody) -> Terms:
    """The payer's own terms of a withdrawal; raises RequestError."""
    if body.outflow not in WITHDRAWALS:
        raise RequestError("outflow_unknown", "this is no withdrawal")
    fee = wallet.NETWORK_FEES.get(body.chain)
    if fee is None:
        raise RequestError("chain_unknown", "we have no wallet on this chain")
    try:
        spot = canonical_destination(body.chain, body.destination, body.memo)
    except DestinationError as error:
        raise RequestError(error.code, error.sentence) from error
    amount = money.parse(body.amount)
    minor = money.units(body.asset, amount)
    return Terms(
        reference=body.reference,
        outflow=body.outflow,
        account=body.account,
        asset=body.asset,
        amount=amount,
        chain=spot.chain,
        destination=spot.address,
        memo=spot.memo,
        fee=fee,
        lines=move(body.asset, minor, customer(body.account), outside(body.chain)),
    )


def create_payer_app(ledger: Ledger, payer: Payer, exchange: Exchange, token: str) -> FastAPI:
    """The app. The routes are plain functions: they run in threads, so a slow payment stops no other request."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(payer.resolve)  # before the first payment
        task = asyncio.create_task(_keep_resolving(payer))
        yield
        task.cancel()

    app = part("payer", token, lifespan)
    _payment_routes(app, ledger, payer, exchange)
    _trade_routes(app, exchange)
    return app


def _payment_routes(app: FastAPI, ledger: Ledger, payer: Payer, exchange: Exchange) -> None:
    @app.get("/health")
    def health() -> dict[str, Any]:
        return {"imbalance": ledger.imbalance(), "unresolved": len(payer.payouts.unresolved())}

    @app.get("/balances/{account}")
    def balances(account: str) -> dict[str, dict[str, str]]:
        spots = {"free": customer(account), "in_escrow": escrow(account)}
        held = {name: ledger.balances(spot) for name, spot in spots.items()}
        return {name: {k: money.text(v) for k, v in found.items()} for name, found in held.items()}

    @app.post("/payouts")
    def pay(body: PayoutBody) -> Any:
        return msgspec.to_builtins(payer.pay(withdrawal(body), body.seal))

    @app.post("/sales")
    def open_sale(body: SaleBody) -> Any:
        if body.seller == body.buyer:
            raise RequestError("buyer_invalid", "a sale has two sides")
        exchange.open_sale(body.sale, body.seller, body.buyer, body.asset, money.parse(body.amount))
        return {"sale": body.sale}

    @app.get("/sales/{sale}/terms/{seller}")
    def sale_terms(sale: str, seller: str) -> Any:
        terms = exchange.sale_terms(sale, seller)
        return {"asset": terms.asset, "amount": money.text(terms.amount), "destination": terms.destination}

    @app.post("/sales/{sale}/release")
    def release(sale: str, body: ReleaseBody) -> Any:
        return msgspec.to_builtins(payer.pay(exchange.sale_terms(sale, body.seller), body.seal))


def _trade_routes(app: FastAPI, exchange: Exchange) -> None:
    @app.post("/offers")
    def offer(body: OfferBody) -> Any:
        price, quantity = money.parse(body.price), money.parse(body.quantity)
        exchange.offer(body.offer, body.maker, body.pair, body.side, price, quantity, body.taker)
        return {"offer": body.offer}

    @app.post("/offers/{offer}/quote")
    def quote(offer: str, body: DealBody) -> Any:
        if body.trade and exchange.settled(body.trade, body.taker, _quantity(body)):
            return {"needs_seal": False}
        return msgspec.to_builtins(exchange.quote(exchange.deal(offer, body.taker, _quantity(body))))

    @app.post("/offers/{offer}/take")
    def take(offer: str, body: DealBody) -> Any:
        if not body.trade:
            raise RequestError("trade_missing", "a trade has an id")
        if exchange.settled(body.trade, body.taker, _quantity(body)):
            return {"txid": f"out.{body.trade}"}
        deal = exchange.deal(offer, body.taker, _quantity(body))
        return {"txid": exchange.settle(body.trade, offer, deal, body.seal)}


def _quantity(body: DealBody) -> Decimal:
    return money.parse(body.quantity)


async def _keep_resolving(payer: Payer) -> None:
    while True:
        await asyncio.sleep(RESOLVE_EVERY)
        try:
            left = await asyncio.to_thread(payer.resolve)
        except Exception:
            log.exception("resolving failed; tried again in %s s", RESOLVE_EVERY)
        else:
            if left:
                log.warning("%s payouts are not resolved yet", len(left))
