# SPDX-License-Identifier: Apache-2.0
"""Coming and going: the first page, registering, signing in and out, and the demonstration's clock and messages."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from examples.exchange.edge import Customer, order_of
from examples.exchange.errors import ExchangeError, RequestError, SignInError
from examples.exchange.orders import Details
from examples.exchange.pages.front import DAY, DEVICE, SESSION, Front, form_of, sentence_of
from examples.exchange.pages.profiles import Profile

router = APIRouter()
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{2,31}\Z")
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}\Z")
_MAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}\Z")
HOUR = 3_600_000  # ms


def front_of(request: Request) -> Front:
    """The pages' way to the other parts."""
    front: Front = request.app.state.front
    return front


Here = Annotated[Front, Depends(front_of)]
Form = Annotated[dict[str, str], Depends(form_of)]


@router.get("/")
async def first(request: Request, front: Here) -> Response:
    """What this is, and the ways in."""
    who = await front.visitor(request)
    return front.go("/home") if who is not None and who.active else await front.page(request, "first.html")


@router.get("/register")
async def register_page(request: Request, front: Here) -> Response:
    """The form."""
    number = secrets.randbelow(10_000_000)
    name = f"ada-{number % 10_000:04d}"
    given = {
        "account": name,
        "email": f"{name}@example.test",
        "phone": f"+4477{number:08d}",
        "phrase": "blue heron at noon",
        "password": "",
    }
    return await front.page(request, "register.html", given=given, wrong="")


@router.post("/register")
async def register(request: Request, front: Here, form: Form) -> Response:
    """A new customer: here, at the guard, and at the bank; then signing in on this browser."""
    given = {name: form.get(name, "") for name in ("account", "email", "phone", "phrase", "password")}
    account, password = given["account"], given["password"]
    try:
        _check(given)
        try:
            await front.auth.call("POST", "/customers", {**given, "authenticator": False, "identified": True})
            front.profiles.save(Profile(account=account, email=given["email"], phone=given["phone"]))
        except RequestError as error:
            # The button pressed twice: who has the password may go on, as on the page for signing in.
            if error.code != "account_taken" or front.profiles.find(account) is None:
                raise
            return await _sign_in(request, front, account, password, "", taken=error)
        await front.world.call("POST", "/deposits", {"account": account})
        return await _sign_in(request, front, account, password, "")
    except ExchangeError as error:
        return await front.page(request, "register.html", error.status, given=given, wrong=sentence_of(error))


def _check(given: dict[str, str]) -> None:
    if not _NAME.match(given["account"]):
        raise RequestError("name_invalid", "a name has 3 to 32 of a-z, 0-9 and `-`")
    if not _PHONE.match(given["phone"]):
        raise RequestError("phone_invalid", "a phone number begins with + and the country")
    if not _MAIL.match(given["email"]):
        raise RequestError("email_invalid", "this is no e-mail address")


@router.get("/sign-in")
async def sign_in_page(request: Request, front: Here) -> Response:
    """The form."""
    return await front.page(request, "sign-in.html", account="", wrong="")


@router.post("/sign-in")
async def sign_in(request: Request, front: Here, form: Form) -> Response:
    """The password is checked by the auth service, everything else by the guard."""
    account, device = form.get("account", ""), request.cookies.get(DEVICE, "")
    try:
        return await _sign_in(request, front, account, form.get("password", ""), device)
    except ExchangeError as error:
        return await front.page(request, "sign-in.html", error.status, account=account, wrong=sentence_of(error))


async def _sign_in(
    request: Request,
    front: Front,
    account: str,
    password: str,
    device: str,
    taken: ExchangeError | None = None,
) -> Response:
    """`taken`: what to say instead of a wrong password."""
    body = {"account": account, "password": password, "device": device}
    try:
        begun = await front.auth.call("POST", "/sessions", body)
    except SignInError as error:
        raise taken or error from error
    session, secret = begun["session"], begun["secret"]
    who = Customer(
        secret=secret, account=session["account"], session=session["id"], device=session["device"], active=False
    )
    wanted = order_of(request, who, f"login-{who.session}", Details(action=begun["action"]))
    order = await front.guarded.start(wanted)
    if order.status == "challenge" and any("password" in names for names in order.prove):
        made = await front.auth.call("POST", "/attestations", {"secret": secret, "action": order.action})
        order = await front.guarded.prove(order, "password", made["attestation"], "login")
    response = front.go("/home" if order.status == "done" else f"/order/{order.id}")
    response.set_cookie(SESSION, secret, max_age=5 * DAY, httponly=True, samesite="lax", path="/")
    if begun["device"]:
        response.set_cookie(DEVICE, begun["device"], max_age=365 * DAY, httponly=True, samesite="lax", path="/")
    return response


@router.post("/sign-out", dependencies=[Depends(form_of)])
async def sign_out(request: Request, front: Here) -> Response:
    """End the session at the guard, and forget its secret here."""
    who = await front.visitor(request)
    if who is not None and who.active:
        await front.guarded.start(order_of(request, who, f"logout-{who.session}", Details(action="logout")))
    response = front.go("/")
    response.delete_cookie(SESSION, path="/")
    return response


@router.get("/messages")
async def messages(request: Request, front: Here) -> Response:
    """The customer's inbox and phone, on a page of their own."""
    return await front.page(request, "messages.html")


@router.post("/clock")
async def move_clock(front: Here, form: Form) -> Response:
    """Let hours pass in the demonstration."""
    try:
        hours = int(form.get("hours", "0"))
    except ValueError as error:
        raise RequestError("span_invalid", "hours are a whole number") from error
    await front.world.call("POST", "/clock", {"span": hours * HOUR})
    await front.guarded.collect_all()
    back = form.get("back", "/home")
    return front.go(back if back.startswith("/") and not back.startswith("//") else "/home")
