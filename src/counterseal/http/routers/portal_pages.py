# SPDX-License-Identifier: Apache-2.0
"""The officers' portal: sign in with a passkey, sign out, see one's own account and its sessions.

A login here is evidence (E4) and never authority. Nothing that a stranger can ask for says who has an account.
"""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.errors import NotFoundError, ThrottledError
from counterseal.http import portal_views as views
from counterseal.http.body import Body, form, query
from counterseal.http.openapi import operation
from counterseal.http.owner_browser import check_own_button
from counterseal.http.portal_browser import COOKIE, HOME, PASSKEY, SEE_OTHER, Asked, Sheet
from counterseal.http.portal_seat import Seat, cookie_of, given_by, seated, signin_of
from counterseal.http.routers.owner_pages import PressForm
from counterseal.http.routers.staff_signin import Attempts, agent_of, within_budget
from counterseal.http.routing import Router
from counterseal.http.services import area, services_of
from counterseal.http.staff_session import set_cookie
from counterseal.judicial.portal.errors import FAILURES, PortalRefusedError, PortalSignedOutError
from counterseal.judicial.portal.model import LONGEST
from counterseal.judicial.portal.rules import ends_at

router = Router(tags=["portal"])
REFUSED: Final = 409
THROTTLED: Final = 429
PAGE: Final = "<!doctype html>"
SHOWS: Final[dict[str, Any]] = {"example": PAGE, "media_type": "text/html", "others": {SEE_OTHER: ""}}
ACTS: Final[dict[str, Any]] = {
    "example": PAGE,
    "media_type": "text/html",
    "others": {SEE_OTHER: "", REFUSED: PAGE, THROTTLED: PAGE},
    "problems": (403,),
}
LIST: Final = f"{HOME}/requests"
ACCOUNT: Final = f"{HOME}/account"
SAID: Final = {"over": "signin_over", "out": "signin_out"}
Page = Annotated[Asked, query(Asked)]
Json = Annotated[str, msgspec.Meta(max_length=32_768)]


class SignInForm(Body, frozen=True):
    """What the passkey said (JSON)."""

    answer: Json


class SessionForm(Body, frozen=True):
    """Which session is to end."""

    session: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


@router.get(HOME, **operation("Sign-in page of the portal", **SHOWS))
async def portal_signin_page(asked: Page, request: Request) -> Response:
    """One button. Whoever is signed in goes on to the requests."""
    sheet = Sheet(request, asked.lang)
    try:
        await signin_of(request).opened(cookie_of(request))
    except PortalSignedOutError:
        said = SAID.get(asked.done, "")
        return _signin(request, sheet, done=sheet.words.say(said) if said else "")
    return sheet.see(LIST)


@router.post(
    f"{HOME}/signin",
    **operation(
        "Sign in at the portal", body_example=SignInForm(answer='{"challenge": "...", "response": {}}'), **ACTS
    ),
)
async def portal_sign_in(
    asked: Page,
    given: Annotated[SignInForm, form(SignInForm)],
    request: Request,
    attempts: Annotated[Attempts, area(Attempts)],
) -> Response:
    """A session in a cookie. A refusal does not say why, nor whether somebody is known."""
    check_own_button(request)
    sheet, signin = Sheet(request, asked.lang), signin_of(request)
    try:
        answer = given_by(given.answer)
        work = signin.sign_in(answer.challenge, answer.response, agent=agent_of(request), before=cookie_of(request))
        made = await within_budget(request, attempts, work, FAILURES)
    except ThrottledError as error:
        said = sheet.words.say("throttled", time=sheet.words.time(error.retry_at))
        return _signin(request, sheet, error=said, status=THROTTLED)
    except PortalRefusedError:
        return _signin(request, sheet, error=sheet.words.say("signin_failed"), status=REFUSED)
    response = sheet.see(LIST)
    set_cookie(response, services_of(request).settings, made.cookie, seconds=LONGEST // 1000, name=COOKIE)
    return response


@router.post(f"{HOME}/signout", **operation("Sign out of the portal", body_example=PressForm(), **ACTS))
async def portal_sign_out(asked: Page, _form: Annotated[PressForm, form(PressForm)], request: Request) -> Response:
    """End this session."""

    async def out(seat: Seat) -> Response:
        await seat.signin.sign_out(seat.opened)
        response = seat.sheet.see(HOME, "out")
        set_cookie(response, services_of(request).settings, "", seconds=0, name=COOKIE)
        return response

    return await seated(request, asked.lang, out)


@router.get(ACCOUNT, **operation("Account page of the portal", **SHOWS))
async def portal_account_page(asked: Page, request: Request) -> Response:
    """The account, its passkeys, its open sessions and the last sign-ins."""

    async def show(seat: Seat) -> Response:
        return await _account(seat, seat.sheet.words.say("session_ended") if asked.done == "ended" else "")

    return await seated(request, asked.lang, show)


@router.post(
    f"{ACCOUNT}/end",
    **operation("End a session of the portal", body_example=SessionForm(session="0a1b2c3d4e5f6071"), **ACTS),
)
async def portal_end_session(
    asked: Page, given: Annotated[SessionForm, form(SessionForm)], request: Request
) -> Response:
    """One of one's own. Ending one that is over changes nothing."""

    async def end(seat: Seat) -> Response:
        with contextlib.suppress(NotFoundError):
            await seat.signin.sign_out(seat.opened, given.session)
        return seat.sheet.see(ACCOUNT, "ended")

    return await seated(request, asked.lang, end)


async def _account(seat: Seat, done: str) -> Response:
    words, account = seat.sheet.words, seat.opened.account
    facts = [
        (words.say("account_officer"), account.officer),
        (words.say("account_authority"), seat.opened.authority.name),
        (words.say("account_confirmed"), words.time(account.confirmed)),
        (words.say("account_until"), words.say("account_until_text", time=words.time(ends_at(account)))),
    ]
    return seat.sheet.draw(
        "portal_account.html",
        words.say("account_title"),
        officer=account.officer,
        here="account",
        done=done,
        facts=facts,
        keys=[views.key(each, words) for each in account.passkeys],
        sessions=[
            views.session(each, seat.opened.session, words) for each in await seat.signin.live_sessions(seat.opened)
        ],
        signins=[(words.time(each.at), each.agent) for each in reversed(account.signins)],
    )


def _signin(request: Request, sheet: Sheet, *, error: str = "", done: str = "", status: int = 200) -> Response:
    options = msgspec.json.encode(signin_of(request).options()).decode()
    title = sheet.words.say("signin_title")
    shown: dict[str, Any] = {"error": error, "done": done, "status": status, "options": options}
    return sheet.draw("portal_signin.html", title, narrow=True, scripts=(PASSKEY,), **shown)
