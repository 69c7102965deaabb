# SPDX-License-Identifier: Apache-2.0
"""What all pages share: who is looking, what stands around each page, forms, the way to Counterseal's pages."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from counterseal.sdk.transport import segment, write
from examples.exchange.edge import Customer
from examples.exchange.errors import AwayError, ExchangeError, RequestError, SignInError
from examples.exchange.guarded import Guarded, answered
from examples.exchange.orders import Order
from examples.exchange.pages import words
from examples.exchange.pages.profiles import Profile, Profiles
from examples.exchange.service import Part

SESSION, DEVICE, RECOVERY = "exchange_session", "exchange_device", "exchange_recovery"
TOKEN: Final = 32  # characters of a recovery's token
FORM_LIMIT: Final = 16_384  # bytes
DAY: Final = 86_400  # s
LOOKS, BETWEEN = 40, 0.05  # how often, and with how many seconds between, we look for a message to arrive
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
TEMPLATES.filters |= {
    "when": words.when,
    "span": words.span,
    "factor": words.factor,
    "action": words.action,
    "outcome": words.outcome,
    "linked": words.linked,
    "way": words.way,
    "grouped": words.grouped,
}


class Link(msgspec.Struct, frozen=True):
    """A one-time link to a page of Counterseal's."""

    url: str
    expires: int = 0

    def __repr__(self) -> str:
        return "Link(…)"  # whoever has it may go on for the customer


class SeeOtherError(Exception):
    """Go to another page of ours instead."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass
class Front:
    """The pages' way to the other parts. `own`, `counterseal`: origins, as the customer's browser sees them."""

    guarded: Guarded
    auth: Part
    payer: Part
    world: Part
    profiles: Profiles
    own: str
    counterseal: str
    said: dict[str, str] = field(default_factory=dict)  # session -> a sentence for the next page

    async def aclose(self) -> None:
        """Close the connections and the file of the profiles."""
        for part in (self.auth, self.payer, self.world):
            await part.aclose()
        await self.guarded.guard.aclose()
        self.profiles.close()

    # ------------------------------------------------------------------------------------------ who

    async def visitor(self, request: Request) -> Customer | None:
        """The customer of the cookie, if the session is known; it may not be granted yet."""
        secret = request.cookies.get(SESSION, "")
        if not secret:
            return None
        try:
            found = await self.auth.call("POST", "/sessions/who", {"secret": secret})
        except SignInError:
            return None
        return Customer(
            secret=secret,
            account=found["account"],
            session=found["id"],
            device=found["device"],
            active=found["active"],
        )

    async def customer(self, request: Request) -> Customer:
        """The customer who is signed in; else the way to signing in."""
        who = await self.visitor(request)
        if who is None:
            raise SeeOtherError("/sign-in")
        if not who.active:
            raise SeeOtherError(f"/order/login-{who.session}")
        return who

    async def order(self, request: Request, identity: str) -> tuple[Customer, Order]:
        """An order of this visitor. A session that is not granted yet may see its own log-in and nothing else."""
        who = await self.visitor(request)
        recovering = recovery_of(request)
        if recovering is not None and identity.endswith(f"-{recovering[1]}"):
            who = who_recovers(recovering[0])
        if who is None:
            raise SeeOtherError("/sign-in")
        known = self.guarded.orders.find(identity, who.account)
        if known is None or not (who.active or known.session == who.session):
            raise SeeOtherError("/home")
        return who, known

    def profile(self, account: str) -> Profile:
        """What we keep of a customer; somebody who did not register on these pages has no inbox here."""
        return self.profiles.find(account) or Profile(account=account, email="", phone="")

    # ---------------------------------------------------------------------------------------- pages

    def bare(self, request: Request, template: str, status: int, **given: Any) -> HTMLResponse:
        """A page with nothing around it, for when the parts that would tell do not answer."""
        around: dict[str, Any] = {
            "path": request.url.path,
            "who": None,
            "signed_in": False,
            "profile": None,
            "beside": False,
            "clock": {"simulated": False, "now": 0},
            "messages": [],
            "counterseal": self.counterseal,
            "said": "",
            "key": "",
        }
        return HTMLResponse(TEMPLATES.get_template(template).render({**around, **given}), status)

    async def page(self, request: Request, template: str, status: int = 200, **given: Any) -> HTMLResponse:
        """A page with what is around it: the clock, and the demonstration's inbox and phone."""
        who = given.pop("who", None) or await self.visitor(request)
        profile = None if who is None else self.profile(who.account)
        clock, messages = await asyncio.gather(self.clock(), self.messages(profile))
        around = {
            "path": request.url.path,
            "who": who,
            "signed_in": who is not None and who.active,
            "profile": profile,
            "beside": profile is not None and bool(profile.email) and request.url.path != "/messages",
            "clock": clock,
            "messages": messages,
            "counterseal": self.counterseal,
            "said": self.said.pop(_ear(who), "") if who is not None else "",
            "key": secrets.token_hex(16),
        }
        text = TEMPLATES.get_template(template).render({**around, **given})
        return HTMLResponse(text, status)

    async def clock(self) -> dict[str, Any]:
        """The guard's time."""
        found: dict[str, Any] = await self.world.call("GET", "/clock")
        return found

    async def messages(self, profile: Profile | None) -> list[dict[str, Any]]:
        """What arrived for this customer, newest first."""
        if profile is None or not profile.email:
            return []
        said: list[dict[str, Any]] = await self.world.call("POST", "/messages", {"contacts": profile.contacts})
        return said[:20]

    async def until_more_than(self, before: list[dict[str, Any]], profile: Profile) -> None:
        """Wait a moment for a message beyond those, so that the next page shows it already."""
        for _ in range(LOOKS):
            if (await self.messages(profile))[:1] != before[:1]:
                return
            await asyncio.sleep(BETWEEN)

    def go(self, path: str) -> RedirectResponse:
        """To another address, as the answer to a form."""
        return RedirectResponse(path, 303)

    def tell(self, who: Customer, sentence: str) -> None:
        """A sentence at the top of this customer's next page."""
        self.said[_ear(who)] = sentence

    # ------------------------------------------------------------------------------ Counterseal's pages

    async def link(self, who: Customer, order: str, **body: Any) -> Response:
        """Send the customer to Counterseal with a one-time link. They come back to /back/ORDER."""
        call = write(
            Link,
            f"/v1/accounts/{segment(who.account)}/link",
            {"return_url": f"{self.own}/back/{order}", "language": "en", **body},
            key=None,
        )
        made: Link = await answered(self.guarded.guard.send(call))
        if not made.url.startswith(f"{self.counterseal}/"):
            raise AwayError("link_elsewhere", "Counterseal answered with an address that is not its own")
        return self.go(made.url)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form of ours. RequestError: from another site, too long, or not a form."""
    if request.headers.get("Origin") != str(request.base_url).rstrip("/"):
        raise RequestError("origin_foreign", "this form does not come from this site")
    body = await request.body()
    if len(body) > FORM_LIMIT:
        raise RequestError("form_long", "this form is too long")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=60)
    except (UnicodeError, ValueError) as error:
        raise RequestError("form_invalid", "this form cannot be read") from error
    found = {name: value.strip() for name, value in fields}
    found["capabilities"] = " ".join(value for name, value in fields if name == "capability")
    return found


def recovery_of(request: Request) -> tuple[str, str] | None:
    """(account, token) of the recovery that was begun in this browser: whoever has the token goes on with it."""
    account, _, token = request.cookies.get(RECOVERY, "").partition("/")
    return (account, token) if account and len(token) == TOKEN else None


def _ear(who: Customer) -> str:
    """Whose next page a sentence is for: somebody who recovers has no session."""
    return who.session or f"recovers {who.account}"


def who_recovers(account: str) -> Customer:
    """Somebody without a session who says that the account is theirs. Only proofs will tell."""
    return Customer(secret="", account=account, session="", device="", active=False)


def sentence_of(error: ExchangeError) -> str:
    """What went wrong, as a sentence with its capital and its full stop."""
    text = error.sentence.strip() or error.code
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
