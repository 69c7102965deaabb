# SPDX-License-Identifier: Apache-2.0
"""A link to the owner's pages in one browser: its cookie, whether a button is ours, and what the page says."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.account import Action, State
from counterseal.core.errors import CountersealError, ForbiddenError
from counterseal.core.transaction import Idempotency
from counterseal.guard.linking import Linking, Opened
from counterseal.guard.links import WHOLE_LIFE, Link, LinkClosedError, browser_of
from counterseal.guard.model import Answer
from counterseal.http.errors import UnauthenticatedError
from counterseal.http.pages_security import page
from counterseal.http.services import services_of
from counterseal.http.staff_session import origins, read_cookie, set_cookie
from counterseal.pages import render
from counterseal.pages.model import ClosedPage

COOKIE: Final = "counterseal_step"
GONE: Final = 410
# Under `no-referrer` a browser says `Origin: null` of our own buttons; to other sites nothing is told.
HEADERS: Final[Mapping[str, str]] = {"referrer-policy": "same-origin"}
REASONS: Final = {"link_expired": "expired", "link_void": "void", "link_elsewhere": "elsewhere"}


class Visit(msgspec.Struct, frozen=True):
    """A link that counts for this browser. `fresh`: a cookie that the answer must set, "" = it has one."""

    opened: Opened
    token: str
    cookie: str
    fresh: str
    asked: str  # the language that the address asks for

    @property
    def link(self) -> Link:
        """The link."""
        return self.opened.link

    @property
    def state(self) -> State:
        """The account."""
        return self.opened.state

    @property
    def language(self) -> str:
        """As the address asks for, else as the platform said, else the owner's."""
        return self.asked or self.link.language or self.state.language

    @property
    def path(self) -> str:
        """Where the forms of the page go."""
        return f"/step/{self.token}"

    @property
    def here(self) -> str:
        """The page itself, in the language that it is read in."""
        return f"{self.path}?lang={self.asked}" if self.asked else self.path

    @property
    def browser(self) -> bytes:
        """What the link knows the browser by."""
        return browser_of(self.cookie)

    @property
    def action(self) -> Action | None:
        """What is being approved, if the account still knows it."""
        return self.state.actions.get(self.link.action)

    def once(self, *parts: str) -> Idempotency:
        """A button pressed twice is pressed once."""
        key = sha256("\n".join(parts).encode())
        return Idempotency(f"step {self.link.id}", key.hexdigest(), key.digest(), Answer)


async def visit(request: Request, token: str, asked: str = "") -> Visit:
    """What the link opens for this browser. Raises LinkClosedError."""
    try:
        kept = read_cookie(request, COOKIE) or ""
    except UnauthenticatedError:
        kept = ""
    cookie = kept or secrets.token_urlsafe(32)
    opened = await services_of(request).area(Linking).open(token, browser_of(cookie))
    return Visit(opened, token, cookie, "" if kept else cookie, asked)


async def press(request: Request, token: str, asked: str) -> Visit:
    """The same for a button: it must be ours, and from now on the link is this browser's."""
    check_own_button(request)
    found = await visit(request, token, asked)
    if found.fresh:
        raise LinkClosedError("this browser keeps no cookies", code="cookie")
    opened = await services_of(request).area(Linking).bind(found.opened, found.browser)
    return msgspec.structs.replace(found, opened=opened)


def check_own_button(request: Request) -> None:
    """Raise ForbiddenError for a form on another site (Fetch Metadata; else the Origin)."""
    sent = {name: value.decode("latin-1") for name, value in request.scope["headers"]}
    site, origin = sent.get(b"sec-fetch-site"), sent.get(b"origin")
    known = origins(services_of(request).settings)
    ours = site == "same-origin" if site is not None else origin in known
    if not ours or origin not in {None, *known}:
        raise ForbiddenError("this button is on another site", code="cross_site")


def shown(request: Request, found: Visit, html: str, *, status: int = 200, scripts: bool = False) -> Response:
    """A page of the link, with the cookie where the browser has none."""
    response = page(html, status=status, scripts=scripts, headers=HEADERS)
    if found.fresh:
        settings = services_of(request).settings
        set_cookie(response, settings, found.fresh, seconds=WHOLE_LIFE // 1000, name=COOKIE, lax=True)
    return response


def closed(request: Request, error: CountersealError, asked: str) -> Response:
    """For a link that opens nothing: why, in the language of the address or of the browser."""
    accepted = next((v.decode("latin-1") for k, v in request.scope["headers"] if k == b"accept-language"), "")
    context = ClosedPage(
        reason="cookie" if error.code == "cookie" else REASONS.get(error.code, "bad"),
        platform=services_of(request).settings.platform_name,
        language=asked or ("zh" if accepted.strip().lower().startswith("zh") else "en"),
    )
    return page(render.closed(context), status=GONE, headers=HEADERS)
