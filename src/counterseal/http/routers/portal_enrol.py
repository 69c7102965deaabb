# SPDX-License-Identifier: Apache-2.0
"""The officers' portal: an account is set up by a link that came by mail and a code that was read out."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.errors import CountersealError, ThrottledError
from counterseal.http.body import Body, form
from counterseal.http.openapi import operation
from counterseal.http.owner_browser import check_own_button
from counterseal.http.portal_browser import HOME, PASSKEY, Sheet
from counterseal.http.portal_seat import given_by
from counterseal.http.routers.portal_pages import ACTS, PAGE, REFUSED, THROTTLED, Json, Page
from counterseal.http.routers.staff_signin import Attempts, within_budget
from counterseal.http.routing import Router
from counterseal.http.services import area, services_of
from counterseal.judicial.portal.enrolment import Enrolling, PortalEnrolment
from counterseal.judicial.portal.errors import FAILURES, PortalCodeError, PortalLinkError, PortalRefusedError

router = Router(tags=["portal"])
GONE: Final = 410
Code = Annotated[str, msgspec.Meta(max_length=64)]


class PortalCodeForm(Body, frozen=True):
    """The code that was read out on the call."""

    code: Code


class PasskeyForm(Body, frozen=True):
    """The code again, and the passkey that the browser made (JSON) with a name for it."""

    code: Code
    secret: Json
    label: Annotated[str, msgspec.Meta(max_length=64)] = ""


@router.get(
    f"{HOME}/enrol/{{link}}",
    **operation(
        "Page that sets up an account of the portal", example=PAGE, media_type="text/html", others={GONE: PAGE}
    ),
)
async def portal_enrol_page(link: str, asked: Page, request: Request) -> Response:
    """Asks for the code; says nothing of who it is for. Opening the page does nothing."""
    sheet = Sheet(request, asked.lang)
    try:
        await services_of(request).area(PortalEnrolment).link(link)
    except PortalLinkError:
        return _gone(sheet)
    return _code(sheet)


_MADE: Final = PasskeyForm(code="K7QM-2XWD", secret="{}")  # noqa: S106 - an example
_ENROLS: Final[dict[str, Any]] = ACTS | {"others": {**ACTS["others"], GONE: PAGE}}


@router.post(
    f"{HOME}/enrol/{{link}}",
    **operation("Give the code of an invitation", body_example=PortalCodeForm(code="K7QM-2XWD"), **_ENROLS),
)
async def portal_enrol_code(
    link: str,
    asked: Page,
    given: Annotated[PortalCodeForm, form(PortalCodeForm)],
    request: Request,
    attempts: Annotated[Attempts, area(Attempts)],
) -> Response:
    """The right code leads to the passkey; five wrong ones end the link."""
    check_own_button(request)
    sheet = Sheet(request, asked.lang)
    try:
        work = services_of(request).area(PortalEnrolment).options(link, given.code)
        found = await within_budget(request, attempts, work, FAILURES)
    except (CountersealError, ThrottledError) as error:
        return _enrol_refused(sheet, error)
    return _passkey(sheet, link, given.code, found)


@router.post(
    f"{HOME}/enrol/{{link}}/passkey",
    **operation("Make the account of an invitation", body_example=_MADE, **_ENROLS),
)
async def portal_enrol_passkey(
    link: str,
    asked: Page,
    given: Annotated[PasskeyForm, form(PasskeyForm)],
    request: Request,
    attempts: Annotated[Attempts, area(Attempts)],
) -> Response:
    """The account with its passkey; the link works no more."""
    check_own_button(request)
    sheet, enrolment = Sheet(request, asked.lang), services_of(request).area(PortalEnrolment)
    try:
        answer = given_by(given.secret)
        work = enrolment.enrol(link, given.code, answer.challenge, answer.response, given.label.strip())
        await within_budget(request, attempts, work, FAILURES)
    except PortalRefusedError:
        said = sheet.words.say("enrol_failed")
        try:
            again = await enrolment.options(link, given.code)
        except CountersealError as error:
            return _enrol_refused(sheet, error)
        return _passkey(sheet, link, given.code, again, error=said)
    except (CountersealError, ThrottledError) as error:
        return _enrol_refused(sheet, error)
    words = sheet.words
    more: dict[str, Any] = {
        "symbol": "check",
        "text": words.say("enrol_done_text"),
        "link": HOME,
        "label": words.say("enrol_signin"),
    }
    return sheet.draw("portal_said.html", words.say("enrol_done_title"), narrow=True, **more)


def _code(sheet: Sheet, *, error: str = "", status: int = 200) -> Response:
    return sheet.draw("portal_enrol.html", sheet.words.say("enrol_title"), narrow=True, error=error, status=status)


def _passkey(sheet: Sheet, link: str, code: str, found: Enrolling, *, error: str = "") -> Response:
    shown: dict[str, Any] = {
        "options": msgspec.json.encode(found.options).decode(),
        "person": found.officer,
        "authority": found.authority_name,
        "path": f"{HOME}/enrol/{link}",
        "code": code,
        "error": error,
        "status": REFUSED if error else 200,
    }
    title = sheet.words.say("enrol_passkey_title")
    return sheet.draw("portal_passkey.html", title, narrow=True, scripts=(PASSKEY,), **shown)


def _enrol_refused(sheet: Sheet, error: CountersealError) -> Response:
    """A wrong code says how many tries are left; everything else, that the link opens nothing."""
    words = sheet.words
    if isinstance(error, ThrottledError):
        return _code(sheet, error=words.say("throttled", time=words.time(error.retry_at)), status=THROTTLED)
    if isinstance(error, PortalCodeError):
        said = [words.say("code_wrong"), words.say("code_left", left=error.left)]
        return _code(sheet, error=("" if words.zh else " ").join(said), status=REFUSED)
    if isinstance(error, PortalLinkError):
        return _gone(sheet)
    raise error


def _gone(sheet: Sheet) -> Response:
    said: dict[str, Any] = {"symbol": "link", "text": sheet.words.say("gone_text"), "link": "", "label": ""}
    return sheet.draw("portal_said.html", sheet.words.say("gone_title"), narrow=True, status=GONE, **said)
