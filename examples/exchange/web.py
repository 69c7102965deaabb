# SPDX-License-Identifier: Apache-2.0
"""The web part: what the internet talks to. It asks, relays and shows; it holds no key and can pay nothing.

Every POST carries the customer's Idempotency-Key. An order's id is made from it: a repeated request is one order.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from counterseal.sdk.ask import Address, Outflow
from examples.exchange import chain as wallet
from examples.exchange import money
from examples.exchange.edge import (
    AnyCustomer,
    Customer,
    Found,
    Key,
    SignedIn,
    answer,
    identity_of,
    order_of,
)
from examples.exchange.errors import ExchangeError, RequestError, UnknownError
from examples.exchange.guarded import OVER, Guarded
from examples.exchange.orders import Details, Order
from examples.exchange.payer import AUDIENCE
from examples.exchange.service import Part, on_error

COLLECT_EVERY = 5.0  # s
FEE_CAPS = {chain: fee * 3 for chain, fee in wallet.NETWORK_FEES.items()}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SignInBody(_Body):
    """Name, password, and the device secret of an earlier log-in."""

    account: str
    password: str
    device: str = ""


class AddressBody(_Body):
    """An address to save."""

    chain: str
    address: str
    memo: str = ""


class WithdrawBody(AddressBody):
    """Send to a saved address."""

    asset: str
    amount: str


class SaleBody(_Body):
    """Sell to a buyer who pays outside."""

    buyer: str
    asset: str
    amount: str


class OfferBody(_Body):
    """Offer to trade; `taker`: to one customer alone."""

    pair: str
    side: str
    price: str
    quantity: str
    taker: str = ""


class TradeBody(_Body):
    """Take an offer."""

    offer: str
    quantity: str


class FactorBody(_Body):
    """The factor to send a code for."""

    factor: str


class ProofBody(FactorBody):
    """An answer: a code, or the password."""

    answer: str


def create_web_app(guarded: Guarded, auth: Part, payer: Part) -> FastAPI:
    """The app. `auth` and `payer` are other processes."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_collecting(guarded))
        yield
        task.cancel()

    app = FastAPI(title="Example Exchange", lifespan=lifespan)
    app.add_exception_handler(ExchangeError, on_error)
    app.state.auth, app.state.payer, app.state.guarded = auth, payer, guarded
    _sign_in_routes(app, guarded, auth)
    _order_routes(app, guarded, auth)
    _money_routes(app, guarded, payer)
    _exchange_routes(app, guarded, payer)
    return app


async def _collecting(guarded: Guarded) -> None:
    while True:
        await asyncio.sleep(COLLECT_EVERY)
        await guarded.collect_all()


# ---------------------------------------------------------------------------------------------- routes


def _sign_in_routes(app: FastAPI, guarded: Guarded, auth: Part) -> None:
    @app.post("/login")
    async def login(request: Request, body: SignInBody) -> JSONResponse:
        """The password is checked by the auth service, everything else by the guard."""
        begun = await auth.call("POST", "/sessions", body.model_dump())
        session, secret = begun["session"], begun["secret"]
        who = Customer(
            secret=secret,
            account=session["account"],
            session=session["id"],
            device=session["device"],
            active=False,
        )
        order = order_of(request, who, f"login-{who.session}", Details(action=begun["action"]))
        order = await guarded.start(order)
        if order.status == "challenge" and any("password" in names for names in order.prove):
            order = await _prove_password(guarded, auth, order, secret, "login")
        tokens = {"token": secret, "device": begun["device"] or body.device}
        return JSONResponse({**tokens, "order": order.id, "state": order.status, "prove": order.prove})

    @app.post("/logout")
    async def logout(request: Request, who: SignedIn, key: Key) -> JSONResponse:
        return answer(
            await guarded.start(order_of(request, who, identity_of("o", who, key), Details(action="logout")))
        )

    @app.post("/freeze")
    async def freeze(who: SignedIn, key: Key) -> dict[str, str]:
        """The owner's brake: needs nothing but a session, and is never asked about."""
        await guarded.freeze(who.account, identity_of("f", who, key))
        return {"state": "frozen"}


def _order_routes(app: FastAPI, guarded: Guarded, auth: Part) -> None:
    @app.get("/orders/{order}")  # noqa: FAST003 - `Found` reads it
    async def read(known: Found) -> JSONResponse:
        return answer(await guarded.go_on(known))

    @app.post("/orders/{order}/challenges")  # noqa: FAST003 - `Found` reads it
    async def challenge(known: Found, body: FactorBody, key: Key) -> JSONResponse:
        sent = await guarded.challenge(known, body.factor, key)
        return JSONResponse({"order": sent.id, "sent": body.factor})

    @app.post("/orders/{order}/proofs")  # noqa: FAST003 - `Found` reads it
    async def prove(known: Found, who: AnyCustomer, body: ProofBody, key: Key) -> JSONResponse:
        if known.status in OVER:
            return answer(known)
        if body.factor == "password":
            await auth.call("POST", "/sessions/password", {"secret": who.secret, "password": body.answer})
            return answer(await _prove_password(guarded, auth, known, who.secret, key))
        return answer(await guarded.prove(known, body.factor, body.answer, key))

    @app.post("/orders/{order}/cancel")  # noqa: FAST003 - `Found` reads it
    async def cancel(known: Found) -> JSONResponse:
        return answer(await guarded.cancel(known))


async def _prove_password(guarded: Guarded, auth: Part, order: Order, secret: str, key: str) -> Order:
    made = await auth.call("POST", "/attestations", {"secret": secret, "action": order.action})
    return await guarded.prove(order, "password", made["attestation"], key)


def _money_routes(app: FastAPI, guarded: Guarded, payer: Part) -> None:
    @app.get("/balances")
    async def balances(who: SignedIn) -> Any:
        return await payer.call("GET", f"/balances/{who.account}")

    @app.post("/addresses")
    async def add_address(request: Request, who: SignedIn, key: Key, body: AddressBody) -> JSONResponse:
        details = Details(action="add_address", address=Address(**body.model_dump()))
        return answer(await guarded.start(order_of(request, who, identity_of("a", who, key), details)))

    @app.post("/withdrawals")
    async def withdraw(request: Request, who: SignedIn, key: Key, body: WithdrawBody) -> JSONResponse:
        amount = money.parse(body.amount)
        money.units(body.asset, amount)
        if body.chain not in FEE_CAPS:
            raise RequestError("chain_unknown", "we have no wallet on this chain")
        payment = Outflow(
            asset=body.asset,
            amount=amount,
            chain=body.chain,
            destination=body.address,
            memo=body.memo,
            fee_cap=FEE_CAPS[body.chain],
            audience=AUDIENCE,
        )
        details = Details(action="withdraw", payment=payment)
        return answer(await guarded.start(order_of(request, who, identity_of("w", who, key), details)))


def _exchange_routes(app: FastAPI, guarded: Guarded, payer: Part) -> None:
    @app.post("/sales")
    async def sell(who: SignedIn, key: Key, body: SaleBody) -> Any:
        sale = identity_of("s", who, key)
        return await payer.call("POST", "/sales", {"sale": sale, "seller": who.account, **body.model_dump()})

    @app.post("/sales/{sale}/release")
    async def release(request: Request, who: SignedIn, key: Key, sale: str) -> JSONResponse:
        """The buyer has paid outside: let the coins go. What goes to whom is the ledger's word."""
        terms = await payer.call("GET", f"/sales/{_plain(sale)}/terms/{who.account}")
        details = Details(action="p2p_release", payment=_inside(terms), sale=sale)
        return answer(await guarded.start(order_of(request, who, identity_of("r", who, key), details)))

    @app.post("/offers")
    async def offer(who: SignedIn, key: Key, body: OfferBody) -> Any:
        made = {"offer": identity_of("b", who, key), "maker": who.account, **body.model_dump()}
        return await payer.call("POST", "/offers", made)

    @app.post("/trades")
    async def trade(request: Request, who: SignedIn, key: Key, body: TradeBody) -> JSONResponse:
        """Fair and on the open book: made at once. Anything else carries value away: the guard is asked."""
        identity, wanted = identity_of("t", who, key), {"taker": who.account, "quantity": body.quantity}
        path = f"/offers/{_plain(body.offer)}"
        earlier = guarded.orders.find(identity, who.account)
        if earlier is not None:
            if (earlier.details.offer, earlier.details.quantity) != (body.offer, body.quantity):
                raise RequestError("idempotency_mismatch", "this Idempotency-Key was used for something else")
            return answer(await guarded.go_on(earlier))
        wanted["trade"] = identity
        quote = await payer.call("POST", f"{path}/quote", wanted)
        if not quote["needs_seal"]:
            made = await payer.call("POST", f"{path}/take", wanted)
            return JSONResponse({"order": identity, "action": "trade", "state": "done", **made})
        given = {"asset": quote["gives"], "amount": quote["amount"], "destination": quote["counterparty"]}
        details = Details(
            action="offmarket_trade",
            payment=_inside(given),
            context=tuple(quote["context"]),
            offer=body.offer,
            quantity=body.quantity,
        )
        order = await guarded.start(order_of(request, who, identity, details))
        return answer(order, findings=quote["findings"])


def _inside(terms: dict[str, str]) -> Outflow:
    """A payment to another customer: chain "" is our own ledger."""
    return Outflow(
        asset=terms["asset"],
        amount=money.parse(terms["amount"]),
        destination=terms["destination"],
        audience=AUDIENCE,
    )


def _plain(identity: str) -> str:
    """An id that goes into a path of an inner part."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", identity):
        raise UnknownError("unknown", "there is no such thing")
    return identity
