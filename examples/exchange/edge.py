# SPDX-License-Identifier: Apache-2.0
"""The web part's edge: who makes a request, which order it is about, and how an order is answered."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from examples.exchange.errors import RequestError, SignInError, UnknownError
from examples.exchange.orders import Details, Order
from examples.exchange.service import problem

STEP_UP = "insufficient_user_authentication"  # RFC 9470, section 3
_KEY = re.compile(r"[\x21-\x7e]{8,128}\Z")


class Customer(BaseModel):
    """Who makes this request."""

    model_config = ConfigDict(frozen=True)

    secret: str
    account: str
    session: str
    device: str
    active: bool


# ------------------------------------------------------------------------------- who, and which request


async def _who(request: Request) -> Customer:
    """The customer of a session secret, whether the guard has granted the session yet or not."""
    secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secret:
        raise SignInError("session_unknown", "please log in")
    found = await request.app.state.auth.call("POST", "/sessions/who", {"secret": secret})
    return Customer(
        secret=secret,
        account=found["account"],
        session=found["id"],
        device=found["device"],
        active=found["active"],
    )


async def _signed_in(who: Annotated[Customer, Depends(_who)]) -> Customer:
    if not who.active:
        raise SignInError("session_not_granted", "the log-in is not finished")
    return who


def _key(idempotency_key: Annotated[str, Header()]) -> str:
    """A hash of the customer's key: theirs may be any text, and must not reach another customer's order."""
    if not _KEY.match(idempotency_key):
        raise RequestError("idempotency_key_invalid", "an Idempotency-Key has 8 to 128 visible characters")
    return hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]


AnyCustomer = Annotated[Customer, Depends(_who)]
SignedIn = Annotated[Customer, Depends(_signed_in)]
Key = Annotated[str, Depends(_key)]


def identity_of(name: str, who: Customer, key: str) -> str:
    """Our own id of an order: the same request of the same customer is the same order."""
    both = f"{who.account}\n{key}"
    return f"{name}-{hashlib.sha256(both.encode()).hexdigest()[:32]}"


def source_of(request: Request) -> str:
    """The network address of the caller. Behind a proxy, take it from a header that your proxy sets itself."""
    return request.client.host if request.client else ""


def order_of(request: Request, who: Customer, identity: str, details: Details) -> Order:
    """A new order of this session."""
    return Order(
        id=identity,
        account=who.account,
        session=who.session,
        device=who.device,
        details=details,
        source=source_of(request),
    )


async def _found(request: Request, order: str, who: AnyCustomer) -> Order:
    known: Order | None = request.app.state.guarded.orders.find(order, who.account)
    # A session that is not granted yet may finish its own log-in and nothing else.
    if known is None or not (who.active or known.session == who.session):
        raise UnknownError("order_unknown", "there is no such order")
    return known


Found = Annotated[Order, Depends(_found)]


# --------------------------------------------------------------------------------------------- answers


def answer(order: Order, **more: Any) -> JSONResponse:
    """An order as the customer sees it: done, or what to prove, or how long to wait, or why not."""
    body = {
        "order": order.id,
        "action": order.details.action,
        "state": order.status,
        "until": order.until,
        "reasons": list(order.reasons),
        "txid": order.txid,
        **more,
    }
    if order.status == "challenge":
        sets = ["+".join(names) for names in order.prove]
        # RFC 9470, section 3: which authentication would do, in `acr_values`; ours are sets of factors.
        step_up = (
            f'Bearer error="{STEP_UP}", error_description="more proof is needed", acr_values="{" ".join(sets)}"'
        )
        members = {"prove": [list(names) for names in order.prove], **body}
        response = problem(401, STEP_UP, "more proof is needed", **members)
        response.headers["WWW-Authenticate"] = step_up
        return response
    if order.status in {"hold", "denied", "refused"}:
        return problem(409 if order.status == "hold" else 403, order.status, "; ".join(order.reasons), **body)
    return JSONResponse(body, 202 if order.status in {"pending", "ready", "sealed"} else 200)
