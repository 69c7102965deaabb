# SPDX-License-Identifier: Apache-2.0
"""Who is signed in at the officers' portal; without a session every page leads to the sign-in page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from counterseal.http.errors import UnauthenticatedError
from counterseal.http.owner_browser import check_own_button
from counterseal.http.portal_browser import COOKIE, HOME, Sheet
from counterseal.http.services import area, services_of
from counterseal.http.staff_session import read_cookie, set_cookie
from counterseal.judicial.portal.errors import PortalRefusedError, PortalSignedOutError
from counterseal.judicial.portal.handing import PortalRequests
from counterseal.judicial.portal.signin import Opened, PortalSignIn

SAFE: Final = frozenset({"GET", "HEAD"})


class Given(msgspec.Struct, frozen=True):
    """What a browser's passkey said: the challenge that it answers, and the answer."""

    challenge: Annotated[str, msgspec.Meta(max_length=1024)]
    response: dict[str, Any]


class Seat(msgspec.Struct, frozen=True):
    """Somebody signed in, and how their pages are written."""

    opened: Opened
    sheet: Sheet
    signin: PortalSignIn
    requests: PortalRequests


def signin_of(request: Request) -> PortalSignIn:
    """The area's service for sessions."""
    return services_of(request).area(PortalSignIn)


def cookie_of(request: Request) -> str:
    """The session's cookie, "" without one that could be read."""
    try:
        return read_cookie(request, COOKIE) or ""
    except UnauthenticatedError:
        return ""


async def opened(request: Request) -> Opened:
    """The live session. Raises PortalSignedOutError; for a write from another site ForbiddenError."""
    if request.method not in SAFE:
        check_own_button(request)
    return await signin_of(request).opened(cookie_of(request))


async def seated(request: Request, asked: str, show: Callable[[Seat], Awaitable[Response]]) -> Response:
    """What `show` answers to whoever is signed in; else the way to the sign-in page."""
    sheet = Sheet(request, asked)
    try:
        found = await opened(request)
    except PortalSignedOutError:
        had = cookie_of(request)
        response = sheet.see(HOME, "over" if had else "")
        if had:
            set_cookie(response, services_of(request).settings, "", seconds=0, name=COOKIE)
        return response
    return await show(Seat(found, sheet, signin_of(request), services_of(request).area(PortalRequests)))


def given_by(text: str) -> Given:
    """The answer of a passkey. Raises PortalRefusedError for what is none."""
    try:
        return msgspec.json.decode(text, type=Given)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise PortalRefusedError("this is no answer of a passkey") from None


class SignedIn:
    """Dependency of what the portal's script calls: the live session, before a byte of the body is read."""

    place = "portal"

    async def __call__(self, request: Request) -> Opened:
        """Raises UnauthenticatedError (`portal_signed_out`), ForbiddenError for another site."""
        try:
            return await opened(request)
        except PortalSignedOutError as error:
            raise UnauthenticatedError("the session is over", code="portal_signed_out", hint="sign in") from error


signed_in: Any = Depends(SignedIn())
portal: Any = area(PortalRequests)
