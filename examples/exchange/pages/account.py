# SPDX-License-Identifier: Apache-2.0
"""The customer's own pages: balance, addresses, withdrawals, and how safe the account is."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from msgspec.structs import replace

from counterseal.sdk.ask import Address, Outflow
from examples.exchange import money
from examples.exchange.edge import identity_of, order_of
from examples.exchange.errors import ExchangeError, RequestError
from examples.exchange.orders import Details
from examples.exchange.pages.enter import Form, Here
from examples.exchange.pages.front import Front, sentence_of
from examples.exchange.payer import AUDIENCE
from examples.exchange.web import FEE_CAPS

router = APIRouter()
EXAMPLE_ADDRESS = "TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo"
ENROLMENTS = {"passkey": "bind_passkey", "totp": "bind_totp"}


@router.get("/home")
async def home(request: Request, front: Here) -> Response:
    """What the customer has, and what is under way."""
    who = await front.customer(request)
    held = await front.payer.call("GET", f"/balances/{who.account}")
    known = front.guarded.orders.of(who.account, 40)
    orders = [each for each in known if not each.id.startswith("login-") and each.status != "new"]
    return await front.page(request, "home.html", who=who, held=held, orders=orders[:8])


@router.get("/address")
async def address_page(request: Request, front: Here) -> Response:
    """The form for an address to send to."""
    who = await front.customer(request)
    return await front.page(request, "address.html", who=who, address=EXAMPLE_ADDRESS, wrong="")


@router.post("/address")
async def save_address(request: Request, front: Here, form: Form) -> Response:
    """Ask the guard; then prove, if it says so."""
    who = await front.customer(request)
    given = form.get("address", "")
    details = Details(action="add_address", address=Address(chain="tron", address=given))
    try:
        wanted = order_of(request, who, identity_of("a", who, f"{form.get('key', '')}\n{given}"), details)
        order = await front.guarded.start(wanted)
    except ExchangeError as error:
        return await front.page(
            request, "address.html", error.status, who=who, address=given, wrong=sentence_of(error)
        )
    profile = front.profile(who.account)
    if ("tron", given) not in profile.addresses:
        front.profiles.save(replace(profile, addresses=(*profile.addresses, ("tron", given))))
    return front.go(f"/order/{order.id}")


@router.get("/withdraw")
async def withdraw_page(request: Request, front: Here) -> Response:
    """The form."""
    return await _withdraw_form(request, front, {"amount": "250", "address": ""}, "")


async def _withdraw_form(
    request: Request, front: Front, given: dict[str, str], wrong: str, status: int = 200
) -> Response:
    who = await front.customer(request)
    held = await front.payer.call("GET", f"/balances/{who.account}")
    free = held["free"].get("USDT", "0")
    return await front.page(request, "withdraw.html", status, who=who, free=free, given=given, wrong=wrong)


@router.post("/withdraw")
async def withdraw(request: Request, front: Here, form: Form) -> Response:
    """Ask the guard; it says what to prove, how long to wait, or why not."""
    who = await front.customer(request)
    try:
        amount = money.parse(form.get("amount", ""))
        money.units("USDT", amount)
        payment = Outflow(
            asset="USDT",
            amount=amount,
            chain="tron",
            destination=form.get("address", ""),
            fee_cap=FEE_CAPS["tron"],
            audience=AUDIENCE,
        )
        details = Details(action="withdraw", payment=payment)
        meant = f"{form.get('key', '')}\n{amount}\n{payment.destination}"  # back, other words: another order
        wanted = order_of(request, who, identity_of("w", who, meant), details)
        order = await front.guarded.start(wanted)
    except ExchangeError as error:
        return await _withdraw_form(request, front, form, sentence_of(error), error.status)
    return front.go(f"/order/{order.id}")


@router.get("/security")
async def security(request: Request, front: Here) -> Response:
    """What the guard has of this account, and what each kind of attack would do to it."""
    who = await front.customer(request)
    found: dict[str, Any] = await front.auth.call("POST", "/sessions/standing", {"secret": who.secret})
    account, posture = found["account"], found["posture"]
    factors = [each for each in account["factors"] if each["removed"] is None]
    frozen = list(account["freezes"])
    return await front.page(
        request,
        "security.html",
        who=who,
        factors=factors,
        frozen=frozen,
        waiting=[each for each in account["actions"] if each["status"] == "pending"],
        posture=posture,
        missing=[name for name in ENROLMENTS if name not in {each["factor"] for each in factors}],
    )


@router.post("/security/enrol")
async def enrol(request: Request, front: Here, form: Form) -> Response:
    """To Counterseal's page for a passkey or an authenticator: the exchange sees no secret of either."""
    who = await front.customer(request)
    factor = form.get("factor", "")
    if factor not in ENROLMENTS:
        raise RequestError("factor_unknown", "this cannot be added")
    details = Details(action=ENROLMENTS[factor])
    # A new one each time: whoever left Counterseal's page and comes again begins again.
    order = front.guarded.orders.add(order_of(request, who, f"e-{secrets.token_hex(16)}", details))
    objects = {"session": who.session, "device": who.device}
    ask = {"action": details.action, "objects": objects}
    return await front.link(who, order.id, enrol=factor, ask=ask)


@router.post("/security/freeze")
async def freeze(request: Request, front: Here, form: Form) -> Response:
    """The owner's brake: needs nothing but a session, and is never asked about."""
    who = await front.customer(request)
    await front.guarded.freeze(who.account, identity_of("f", who, form.get("key", "")))
    front.tell(who, "Your account is frozen. No value leaves it until the freeze is lifted.")
    return front.go("/security")


@router.post("/security/unfreeze")
async def unfreeze(request: Request, front: Here, form: Form) -> Response:
    """Lifting a freeze takes proof and a day, so that a thief cannot undo it."""
    who = await front.customer(request)
    details = Details(action="unfreeze")
    order = await front.guarded.start(order_of(request, who, identity_of("u", who, form.get("key", "")), details))
    return front.go(f"/order/{order.id}")
