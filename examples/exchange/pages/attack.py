# SPDX-License-Identifier: Apache-2.0
"""Be attacked: a thief with the capabilities of June 2024 goes for this very account, and the customer looks on."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from examples.exchange.pages.enter import Form, Here

router = APIRouter()
FIRST = "i22-second-user"  # the stolen session: what a person expects least
EVERY = "1"  # s between two looks at an attack that is under way


@router.get("/attack")
async def attack_page(request: Request, front: Here) -> Response:
    """What the thief may hold, the button, and what came of the last press of it."""
    who = await front.customer(request)
    offers = await front.world.call("GET", "/attacks")
    attempt = (await front.world.call("GET", f"/attacks/{who.account}"))["attempt"]
    chosen = attempt["attack"] if attempt else FIRST
    if (asked := request.query_params.get("story")) in {each["id"] for each in offers["attacks"]}:
        chosen = asked
    held = _held(offers, chosen, attempt)
    response = await front.page(
        request,
        "attack.html",
        who=who,
        offers=offers,
        chosen=chosen,
        held=held,
        attempt=attempt,
        texts={each["id"]: each["text"] for each in offers["capabilities"]},
        notices=_notices(await front.messages(front.profile(who.account)), attempt),
    )
    if attempt and attempt["state"] == "running":
        response.headers["Refresh"] = EVERY  # no script on this page
    return response


def _held(offers: dict[str, Any], chosen: str, attempt: dict[str, Any] | None) -> list[str]:
    if attempt and attempt["attack"] == chosen:
        return list(attempt["capabilities"])
    return list(next(each["capabilities"] for each in offers["attacks"] if each["id"] == chosen))


def _notices(messages: list[dict[str, Any]], attempt: dict[str, Any] | None) -> list[dict[str, Any]]:
    """What was sent to the customer since the attack began, oldest first, and whether the thief hides it."""
    if attempt is None:
        return []
    since = [each for each in messages if each["at"] >= attempt["began"]]
    return [{**each, "hidden": each["channel"] in attempt["muted"]} for each in reversed(since)]


@router.post("/attack")
async def attack(request: Request, front: Here, form: Form) -> Response:
    """Let the thief begin."""
    who = await front.customer(request)
    profile = front.profile(who.account)
    body = {
        "account": who.account,
        "attack": form.get("attack", ""),
        "capabilities": form.get("capabilities", "").split(),
        "contacts": [["email", profile.email], ["sms", profile.phone]],
        "objects": [["session", who.session], ["device", who.device]],
    }
    await front.world.call("POST", "/attacks", body)
    return front.go("/attack")  # no fragment: a page that refreshes to one only scrolls
