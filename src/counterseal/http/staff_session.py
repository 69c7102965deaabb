# SPDX-License-Identifier: Apache-2.0
"""The staff's cookie, and what keeps other sites from using it (RFC 6265bis; OWASP on cross-site requests)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.errors import ForbiddenError
from counterseal.core.transaction import Store
from counterseal.http.errors import BadRequestError, UnauthenticatedError
from counterseal.http.services import services_of
from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.disclosure.model import subject_of as disclosure_subject
from counterseal.judicial.letters.model import Letter, subject_of
from counterseal.settings import Settings
from counterseal.staff.sessions import Opened
from counterseal.staff.signin import SignIn
from counterseal.staff.views import WATCH, Views

COOKIE: Final = "counterseal_staff"
SAFE: Final = frozenset({"GET", "HEAD"})
CONSOLE: Final = (b"x-counterseal", b"console")  # a header that no form and no link can send
LOOPBACK: Final = "http://127.0.0.1:"
VIEWED: Final = "/v1/accounts/{account}"
VIEWED_ACTION: Final = "/v1/actions/{action}"
VIEWED_REQUEST: Final = "/v1/desk/requests/{request}"
VIEWED_LETTER: Final = "/v1/desk/letters/{letter}"  # it says what its request says
VIEWED_DISCLOSURE: Final = "/v1/desk/disclosures/{disclosure}"
VIEWED_INCIDENT: Final = "/v1/incidents/{incident}"
VIEWED_MEMBER: Final = frozenset(
    {"/v1/incidents/{incident}/loss/accounts/{account}", "/v1/incidents/{incident}/movements/{account}"}
)
WATCHED: Final = {"/v1/decisions": "decisions", "/v1/decisions/stream": "decisions", "/v1/accounts": "accounts"}
LONGEST_COOKIE: Final = 256
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}")  # as in http.routing, which needs this file


def is_https(settings: Settings) -> bool:
    """Whether people reach this server by https."""
    return settings.base_url.scheme == "https"


def cookie_name(settings: Settings, name: str = COOKIE) -> str:
    """The cookie's name; `__Host-` on https: no other host of the domain can set it."""
    return f"__Host-{name}" if is_https(settings) else name


def console_url(settings: Settings) -> str:
    """Where people open the console. WebAuthn knows names, no addresses: 127.0.0.1 becomes `localhost`."""
    public = settings.public_url
    return public.replace(LOOPBACK, "http://localhost:", 1) if public.startswith(LOOPBACK) else public


def origins(settings: Settings) -> frozenset[str]:
    """The origins that the console's requests come from."""
    return frozenset({settings.public_url, console_url(settings)})


def read_cookie(request: Request, name: str = COOKIE) -> str | None:
    """The one cookie of this name, or None. Two of one name are somebody's trick: UnauthenticatedError."""
    wanted = cookie_name(services_of(request).settings, name).encode()
    found = [
        value.strip()
        for header, content in request.scope["headers"]
        if header == b"cookie"
        for key, equals, value in (part.partition(b"=") for part in content.split(b";"))
        if equals and key.strip() == wanted
    ]
    if not found:
        return None
    if len(found) > 1 or len(found[0]) > LONGEST_COOKIE:
        raise UnauthenticatedError("the session's cookie is not acceptable", hint="sign in again")
    return str(found[0].decode("latin-1"))


def set_cookie(
    response: Response, settings: Settings, value: str, *, seconds: int, name: str = COOKIE, lax: bool = False
) -> None:
    """Put the cookie on a response: HttpOnly, SameSite=Strict, Path=/, Secure on https. `lax`: only for what
    another site sends the browser back with."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(settings),
        httponly=True,
        samesite="lax" if lax else "strict",
    )


def check_same_site(request: Request) -> None:
    """Raise ForbiddenError unless the console itself sent this: its header, and our own Origin."""
    headers = request.scope["headers"]
    sent = [value for name, value in headers if name == CONSOLE[0]]
    origin = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    known = origins(services_of(request).settings)
    if sent != [CONSOLE[1]] or len(origin) != 1 or origin[0] not in known:
        raise ForbiddenError(
            "this request does not come from the console",
            code="cross_site",
            hint="send `X-Counterseal: console` and the Origin of this server",
        )


async def open_session(request: Request) -> Opened | None:
    """The live session of the cookie, None without one. Raises where a token came too, or another site asks."""
    cookie = read_cookie(request)
    if cookie is None:
        return None
    if any(name == b"authorization" for name, _ in request.scope["headers"]):
        raise BadRequestError(
            "a token and a session came together", code="two_credentials", hint="send one of the two"
        )
    if request.method not in SAFE:
        check_same_site(request)
    signin = services_of(request).areas.get(SignIn)
    if not isinstance(signin, SignIn):
        raise UnauthenticatedError("there is no staff at this server")
    return await signin.opened(cookie)


async def note_view(request: Request, staff: str) -> None:
    """Where staff read an account or an action: the purpose, in the log. Where they follow all of them: that they
    do; of one account it is a look at it. A browser's stream of events carries no header, so these go without."""
    if request.method not in SAFE:
        return
    path, views = request.scope["route"].path, services_of(request).area(Views)
    given, purpose = request.scope["path_params"], purpose_of(request)
    if path.startswith(VIEWED) or path in VIEWED_MEMBER:
        await views.looked(staff, str(given["account"]), purpose)
    elif path == VIEWED_ACTION:
        subject = await services_of(request).store.resolve(f"action:{given['action']}")
        await views.looked(staff, (subject or "").removeprefix("account:"), purpose)
    elif path.startswith(VIEWED_REQUEST):
        await views.looked_at_request(staff, str(given["request"]), purpose)
    elif path == VIEWED_LETTER or path.startswith(VIEWED_DISCLOSURE):
        behind = await _request_behind(services_of(request).store, given)
        if behind:
            await views.looked_at_request(staff, behind, purpose)
    elif path.startswith(VIEWED_INCIDENT):
        await views.looked_at_incident(staff, str(given["incident"]), purpose)
    elif path in WATCHED:
        accounts = [each for each in request.query_params.getlist("account") if _IDENTIFIER.fullmatch(each)]
        for account in accounts:
            await views.looked(staff, account, purpose or WATCH)
        if not accounts:
            await views.watched(staff, WATCHED[path], purpose)


async def _request_behind(store: Store, given: Mapping[str, Any]) -> str:
    """The request that a letter or a package belongs to; "" = there is none."""
    subject = (
        subject_of(str(given["letter"])) if "letter" in given else disclosure_subject(str(given["disclosure"]))
    )
    found = await store.read(subject)
    return found.request if isinstance(found, Letter | Disclosure) else ""


def purpose_of(request: Request) -> str:
    """The one `Purpose` header, or "". Browsers send no letters beyond Latin-1 in a header, so it may be
    percent-encoded UTF-8 (`encodeURIComponent`)."""
    found = [value for name, value in request.scope["headers"] if name == b"purpose"]
    return unquote(found[0].decode("utf-8", "replace")) if len(found) == 1 else ""
