# SPDX-License-Identifier: Apache-2.0
"""Recovering control: face, document and one old contact; a wait that every old contact may cancel; new factors."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request
from fastapi.responses import Response
from msgspec.structs import replace

from counterseal.sdk.ask import NewFactor
from examples.exchange.edge import source_of
from examples.exchange.errors import ExchangeError, RequestError
from examples.exchange.guarded import OVER
from examples.exchange.orders import Details, Order
from examples.exchange.pages.enter import Form, Here
from examples.exchange.pages.front import (
    DAY,
    DEVICE,
    RECOVERY,
    SESSION,
    Front,
    recovery_of,
    sentence_of,
    who_recovers,
)

router = APIRouter()


@router.get("/recover")
async def recover_page(request: Request, front: Here) -> Response:
    """Where a recovery stands in this browser: not begun, asked for, or ready to be finished."""
    return await _shown(request, front, "")


async def _shown(request: Request, front: Front, wrong: str, status: int = 200) -> Response:
    found = recovery_of(request)
    if found is None:
        who = await front.visitor(request)
        name = "" if who is None else who.account
        return await front.page(request, "recover.html", status, stage="begin", name=name, wrong=wrong, order=None)
    account, token = found
    asked = await _stand(front, account, f"recover-{token}")
    regained = await _stand(front, account, f"regain-{token}")
    stage = "waits" if asked is None or asked.status != "done" else "finish"
    if regained is not None:
        stage = "password" if regained.status == "done" else "proves"
    last = regained or asked
    if last is None or (last.status in OVER and last.status != "done"):
        stage = "stopped"
    return await front.page(
        request,
        "recover.html",
        status,
        who=who_recovers(account),
        stage=stage,
        name=account,
        order=last,
        wrong=wrong,
        suggested=f"+4478{secrets.randbelow(10**8):08d}",
    )


async def _stand(front: Front, account: str, identity: str) -> Order | None:
    known = front.guarded.orders.find(identity, account)
    return None if known is None else await front.guarded.look(known)


@router.post("/recover")
async def begin(request: Request, front: Here, form: Form) -> Response:
    """Ask for recovery of an account; anybody may ask, only proofs go on."""
    account, token = form.get("account", ""), secrets.token_hex(16)
    try:
        if front.profiles.find(account) is None:
            raise RequestError("account_unknown", "nobody of this name registered here")
        details = Details(action="ask_recovery", objects={"recovery": token})
        order = await front.guarded.start(_order(request, account, f"recover-{token}", details))
    except ExchangeError as error:
        return await _shown(request, front, sentence_of(error), error.status)
    response = front.go(f"/order/{order.id}")
    value = f"{account}/{token}"
    response.set_cookie(RECOVERY, value, max_age=14 * DAY, httponly=True, samesite="lax", path="/")
    return response


@router.post("/recover/finish")
async def finish(request: Request, front: Here, form: Form) -> Response:
    """The wait is over: new contacts and a new password, with face and document once more."""
    found = recovery_of(request)
    if found is None:
        return front.go("/recover")
    account, token = found
    email, phone = form.get("email", ""), form.get("phone", "")
    enrol = (
        NewFactor(factor="email", contact=email),
        NewFactor(factor="sms", contact=phone),
        NewFactor(factor="password"),
    )
    details = Details(action="finish_recovery", objects={"recovery": token}, enrol=enrol)
    try:
        order = await front.guarded.start(_order(request, account, f"regain-{token}", details))
    except ExchangeError as error:
        if error.code == "idempotency_mismatch":  # pressed twice: the first contacts stand
            return front.go(f"/order/regain-{token}")
        return await _shown(request, front, sentence_of(error), error.status)
    profile = front.profile(account)
    before = (*profile.before, profile.email, profile.phone)
    front.profiles.save(replace(profile, email=email, phone=phone, before=before))
    return front.go(f"/order/{order.id}")


@router.post("/recover/password")
async def set_password(request: Request, front: Here, form: Form) -> Response:
    """The auth service asks the guard whether the recovery is done, then takes the new password."""
    found = recovery_of(request)
    if found is None:
        return front.go("/recover")
    account, token = found
    known = front.guarded.orders.find(f"regain-{token}", account)
    if known is None:
        return front.go("/recover")
    body = {"account": account, "action": known.action, "password": form.get("password", "")}
    try:
        await front.auth.call("POST", "/customers/password", body)
    except ExchangeError as error:
        return await _shown(request, front, sentence_of(error), error.status)
    response = front.go("/sign-in")
    for name in (RECOVERY, SESSION, DEVICE):
        response.delete_cookie(name, path="/")
    return response


def _order(request: Request, account: str, identity: str, details: Details) -> Order:
    """An order of somebody without a session."""
    return Order(id=identity, account=account, session="", device="", details=details, source=source_of(request))
