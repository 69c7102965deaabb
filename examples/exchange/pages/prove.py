# SPDX-License-Identifier: Apache-2.0
"""One order from asked to over: what to prove and where, how long to wait, or why not.

What the platform itself verifies (password, face, document) is given here. Everything else is proved on
Counterseal's pages, where a one-time link leads; it comes back to /back/ORDER. Codes can also be typed here and
are relayed: a platform may do that, and then it sees them.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from examples.exchange.edge import Customer
from examples.exchange.errors import ExchangeError, RequestError
from examples.exchange.guarded import OVER
from examples.exchange.orders import Order
from examples.exchange.pages.enter import Form, Here
from examples.exchange.pages.front import Front, form_of, sentence_of

router = APIRouter()
RELAYED = ("email", "sms", "totp")
DESK = ("face", "iddoc")
HERE = ("password", *DESK)
ENTRIES = frozenset({"login", "login_new_device"})
ADDED = "It is added, and you were told on every channel. Withdrawals wait a few hours after a change like this."


def _wanted(order: Order) -> list[str]:
    """The factors that may be given now, each once."""
    return list(dict.fromkeys(name for names in order.prove for name in names))


async def _shown(request: Request, front: Front, order: Order, wrong: str = "", status: int = 200) -> Response:
    who, order = await front.order(request, order.id)
    wanted = _wanted(order)
    return await front.page(
        request,
        "order.html",
        status,
        who=who,
        order=order,
        wanted=wanted,
        elsewhere=sorted((name for name in wanted if name not in HERE), key=lambda name: name != "passkey"),
        relayed=[name for name in RELAYED if name in wanted],
        desk=[name for name in DESK if name in wanted],
        over=order.status in OVER,
        entering=order.details.action in ENTRIES,
        wrong=wrong,
    )


@router.get("/order/{order}")
async def read(request: Request, front: Here, order: str) -> Response:
    """How it stands."""
    _, known = await front.order(request, order)
    known = await front.guarded.look(known)
    if known.status == "done" and known.details.action in ENTRIES:
        return front.go("/home")
    return await _shown(request, front, known)


def _onwards(front: Front, who: Customer, order: Order) -> Response:
    """Where the customer goes after a proof or a page of Counterseal's."""
    if order.status == "done" and order.details.action in {"bind_passkey", "bind_totp"}:
        front.tell(who, ADDED)
        return front.go("/security")
    return front.go(f"/order/{order.id}")


@router.post("/order/{order}/again", dependencies=[Depends(form_of)])
async def again(request: Request, front: Here, order: str) -> Response:
    """Ask anew for what was not proved in time."""
    who, known = await front.order(request, order)
    try:
        known = await front.guarded.again(known, who.session, who.device)
    except ExchangeError as error:
        return await _shown(request, front, known, sentence_of(error), error.status)
    return front.go(f"/order/{known.id}")


@router.post("/order/{order}/link", dependencies=[Depends(form_of)])
async def link(request: Request, front: Here, order: str) -> Response:
    """To Counterseal's page for this very action."""
    who, known = await front.order(request, order)
    return await front.link(who, known.id, action=known.action)


@router.get("/back/{order}")
async def back(request: Request, front: Here, order: str, counterseal: str = "", state: str = "") -> Response:
    """The customer comes back. What the address says is only a hint: the guard is asked how the action stands."""
    who, known = await front.order(request, order)
    if counterseal and not known.action:
        known = await front.guarded.adopt(known, counterseal)
    elif known.action:
        known = await front.guarded.look(known)
    if state == "cancelled" and known.status not in OVER and known.status != "pending":
        front.tell(who, "You turned back on Counterseal's page. Nothing has happened.")
    if not known.action:  # an enrolment that was not begun
        return front.go("/security")
    return _onwards(front, who, known)


@router.post("/order/{order}/here")
async def give_here(request: Request, front: Here, order: str, form: Form) -> Response:
    """What the platform verifies: the password by the auth service, face and document by the identity desk."""
    who, known = await front.order(request, order)
    factor, key = form.get("factor", ""), form.get("key", "")
    try:
        if factor == "password":
            await front.auth.call(
                "POST", "/sessions/password", {"secret": who.secret, "password": form.get("answer", "")}
            )
            body = {"secret": who.secret, "action": known.action}
            made = await front.auth.call("POST", "/attestations", body)
        elif factor in DESK:
            body = {"action": known.action, "factor": factor, "session": known.session}
            made = await front.world.call("POST", "/looks", body)
        else:
            raise RequestError("factor_unknown", "this is not proved here")
        known = await front.guarded.prove(known, factor, made["attestation"], key)
    except ExchangeError as error:
        return await _shown(request, front, known, sentence_of(error), error.status)
    return _onwards(front, who, known)


@router.post("/order/{order}/code")
async def send_code(request: Request, front: Here, order: str, form: Form) -> Response:
    """Have a code sent, to be typed here."""
    who, known = await front.order(request, order)
    profile = front.profile(who.account)
    try:
        before = await front.messages(profile)
        await front.guarded.challenge(known, form.get("factor", ""), form.get("key", ""))
        await front.until_more_than(before, profile)
    except ExchangeError as error:
        return await _shown(request, front, known, sentence_of(error), error.status)
    front.tell(who, "The code is on its way: look into the inbox and the phone.")
    return front.go(f"/order/{known.id}#codes")


@router.post("/order/{order}/proof")
async def type_code(request: Request, front: Here, order: str, form: Form) -> Response:
    """A code, relayed to the guard."""
    who, known = await front.order(request, order)
    factor, answer = form.get("factor", ""), form.get("answer", "").replace(" ", "")
    try:
        if factor not in RELAYED or not answer:
            raise RequestError("answer_missing", "type the code")
        known = await front.guarded.prove(known, factor, answer, form.get("key", ""))
    except ExchangeError as error:
        return await _shown(request, front, known, sentence_of(error), error.status)
    return _onwards(front, who, known)


@router.post("/order/{order}/cancel", dependencies=[Depends(form_of)])
async def cancel(request: Request, front: Here, order: str) -> Response:
    """The customer changes their mind."""
    _, known = await front.order(request, order)
    known = await front.guarded.cancel(known)
    return front.go(f"/order/{known.id}")
