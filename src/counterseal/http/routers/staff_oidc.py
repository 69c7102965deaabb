# SPDX-License-Identifier: Apache-2.0
"""Single sign-on for staff: to the identity provider and back. Its session reads, and signs nothing."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated, Final

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from counterseal.core.errors import CountersealError, NotFoundError, ThrottledError
from counterseal.http.body import query
from counterseal.http.openapi import operation
from counterseal.http.routers.staff_bodies import CallbackQuery
from counterseal.http.routers.staff_signin import Attempts, agent_of, within_budget
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.http.staff_session import read_cookie, set_cookie
from counterseal.staff.model import SignInRefusedError
from counterseal.staff.ports import IdentityFailed, IdentityProvider
from counterseal.staff.signin import SignedIn, SignIn, not_signed_in

router = Router(tags=["staff"])
COOKIE: Final = "counterseal_oidc"
LIFETIME: Final = 600  # seconds to come back in
PARTS: Final = 3
CONSOLE: Final = "/console/"
# What the sign-in page is told (web/src/pages/signin/failures.ts has the sentences). Only causes that the browser
# knows anyway: whether somebody is staff is in none of them.
AWAY: Final = "oidc_unreachable"
REFUSED: Final = "oidc_refused"
TOLD: Final = frozenset({AWAY, "oidc_state", "oidc_denied"})
log = structlog.get_logger("counterseal.staff")


@router.get(
    "/v1/staff/oidc/start",
    include_in_schema=False,
    **operation("Start single sign-on", status=303, problems=(401, 404, 429)),
)
async def oidc_start(
    request: Request, given: Annotated[Services, services], attempts: Annotated[Attempts, area(Attempts)]
) -> Response:
    """Send the browser to the identity provider; what comes back must match the cookie that this sets."""
    provider = _provider(given)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(PARTS))

    async def begin() -> str:
        try:
            return await provider.start(state, nonce, verifier, given.clock.now())
        except IdentityFailed as error:
            raise _refused(error.code) from error

    try:
        response: Response = RedirectResponse(await within_budget(request, attempts, begin()), 303)
    except (SignInRefusedError, ThrottledError) as error:
        return _failed(request, given, error, AWAY)
    value = f"{state}.{nonce}.{verifier}"
    set_cookie(response, given.settings, value, seconds=LIFETIME, name=COOKIE, lax=True)
    return response


@router.get(
    "/v1/staff/oidc/callback",
    include_in_schema=False,
    **operation("End single sign-on", status=303, problems=(401, 404, 429)),
)
async def oidc_callback(
    request: Request,
    answer: Annotated[CallbackQuery, query(CallbackQuery)],
    given: Annotated[Services, services],
    signin: Annotated[SignIn, area(SignIn)],
    attempts: Annotated[Attempts, area(Attempts)],
) -> Response:
    """A session of assurance `oidc`, and on to the console."""
    provider = _provider(given)
    kept = (read_cookie(request, COOKIE) or "").split(".")

    async def identify() -> SignedIn:
        if len(kept) != PARTS or not hmac.compare_digest(kept[0].encode(), answer.state.encode()):
            raise _refused("oidc_state") from IdentityFailed("oidc_state")
        if answer.error or not answer.code:
            raise _refused("oidc_denied") from IdentityFailed("oidc_denied")
        try:
            email = await provider.identify(answer.code, answer.iss, kept[1], kept[2], given.clock.now())
        except IdentityFailed as error:
            raise _refused(error.code) from error
        return await signin.identified(email, agent=agent_of(request), before=read_cookie(request) or "")

    try:
        made = await within_budget(request, attempts, identify())
    except (SignInRefusedError, ThrottledError) as error:
        return _failed(request, given, error, getattr(error.__cause__, "code", REFUSED))
    response = RedirectResponse(CONSOLE, 303)
    set_cookie(response, given.settings, made.cookie, seconds=signin.bounds.longest // 1000)
    set_cookie(response, given.settings, "", seconds=0, name=COOKIE, lax=True)
    return response


def _failed(request: Request, given: Services, error: CountersealError, cause: str) -> Response:
    """For a person the sign-in page, which says it in their language; for a program the problem."""
    if "text/html" not in request.headers.get("accept", ""):
        raise error
    told = error.code if isinstance(error, ThrottledError) else cause if cause in TOLD else REFUSED
    response = RedirectResponse(f"{CONSOLE}signin?failed={told}", 303)
    set_cookie(response, given.settings, "", seconds=0, name=COOKIE, lax=True)
    return response


def _provider(given: Services) -> IdentityProvider:
    found: IdentityProvider | None = given.areas.get(IdentityProvider)
    if found is None:
        raise NotFoundError("there is no single sign-on here", code="no_single_sign_on")
    return found


def _refused(code: str) -> Exception:
    """The log says why; the browser learns nothing."""
    log.warning("single sign-on refused", error_code=code)
    return not_signed_in()
