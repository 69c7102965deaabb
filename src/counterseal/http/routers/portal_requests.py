# SPDX-License-Identifier: Apache-2.0
"""The officers' portal: what one's authority handed in here, a new request, and one request with its letters.

An authority reads its own requests and nothing of ours: see judicial.portal.seen.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Final

from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.errors import CountersealError, NotFoundError, ThrottledError
from counterseal.http import portal_views as views
from counterseal.http.body import form, query
from counterseal.http.openapi import operation
from counterseal.http.portal_browser import FILES, SEE_OTHER
from counterseal.http.portal_seat import Seat, seated
from counterseal.http.routers.owner_pages import PressForm
from counterseal.http.routers.portal_forms import DocumentsForm, ListQuery, NewQuery, PortalAnswerForm, WithdrawForm
from counterseal.http.routers.portal_pages import ACTS, LIST, PAGE, REFUSED, SHOWS, THROTTLED, Page
from counterseal.http.routing import Router
from counterseal.judicial.disclosure.stored import GoneError
from counterseal.judicial.portal import seen
from counterseal.judicial.portal.handing import Shown
from counterseal.judicial.portal.model import MOST_DOCUMENTS
from counterseal.judicial.requests.stored import RequestRuleError

router = Router(tags=["portal"])
NOT_FOUND: Final = 404
GONE: Final = 410
BINARY: Final = "application/octet-stream"
A_PAGE: Final = 50
DONE: Final = {each: f"done_{each}" for each in ("submitted", "answered", "withdrawn", "documents")}
_ONCE: Final = "0a1b2c3d4e5f6071"
_SHOWS: Final[dict[str, Any]] = SHOWS | {"others": {SEE_OTHER: "", NOT_FOUND: PAGE}}
_ACTS: Final[dict[str, Any]] = ACTS | {"others": {**ACTS["others"], NOT_FOUND: PAGE}}


@router.get(LIST, **operation("List of requests at the portal", **SHOWS))
async def portal_list_page(asked: Annotated[ListQuery, query(ListQuery)], request: Request) -> Response:
    """Requests that accounts of one's authority handed in here, the newest first."""

    async def show(seat: Seat) -> Response:
        words = seat.sheet.words
        found = await seat.requests.requests(seat.opened, after=asked.after, limit=A_PAGE)
        more = f"{LIST}?after={found[-1].id}{seat.sheet.tail.replace('?', '&')}" if len(found) == A_PAGE else ""
        return seat.sheet.draw(
            "portal_list.html",
            words.say("list_title"),
            officer=seat.opened.account.officer,
            here="requests",
            authority=seat.opened.authority.name,
            rows=[views.row(each, words) for each in found],
            more=more,
        )

    return await seated(request, asked.lang, show)


@router.get(f"{LIST}/new", **operation("Page of a new request at the portal", **_SHOWS))
async def portal_new_page(asked: Annotated[NewQuery, query(NewQuery)], request: Request) -> Response:
    """The form. With `about` it is a change of that request."""

    async def show(seat: Seat) -> Response:
        words, title, types = seat.sheet.words, seat.sheet.words.say("new_title"), tuple(views.FIRST)
        if asked.about:
            try:
                about = (await seat.requests.request(seat.opened, asked.about)).request
            except NotFoundError:
                return _missing(seat)
            title, types = words.say("change_title", reference=about.reference), seen.changes(about)
            if not types:
                return seat.sheet.see(f"{LIST}/{asked.about}")
        return seat.sheet.draw(
            "portal_new.html",
            title,
            officer=seat.opened.account.officer,
            here="" if asked.about else "new",
            scripts=(FILES,),
            kept=f"about={asked.about}&" if asked.about else "",
            about=asked.about,
            types=views.types(words, types),
            kinds=views.kinds(words),
            categories=views.categories(words),
            once=secrets.token_hex(8),
            most=MOST_DOCUMENTS,
            errors=views.errors(words, MOST_DOCUMENTS),
        )

    return await seated(request, asked.lang, show)


@router.get(f"{LIST}/{{request}}", **operation("Page of a request at the portal", **_SHOWS))
async def portal_request_page(request: str, asked: Page, call: Request) -> Response:
    """Where it stands, letters, deadlines, documents; what can be done with it now."""

    async def show(seat: Seat) -> Response:
        try:
            held = await seat.requests.request(seat.opened, request)
        except NotFoundError:
            return _missing(seat)
        said = DONE.get(asked.done, "")
        done = seat.sheet.words.say(said, reference=held.request.reference) if said else ""
        return await _one(seat, held, done=done)

    return await seated(call, asked.lang, show)


@router.post(
    f"{LIST}/{{request}}/answer",
    **operation(
        "Answer at the portal", body_example=PortalAnswerForm(note="The account is 17.", once=_ONCE), **_ACTS
    ),
)
async def portal_answer(
    request: str, asked: Page, given: Annotated[PortalAnswerForm, form(PortalAnswerForm)], call: Request
) -> Response:
    """The answer to our question, with documents that were handed in before."""

    async def act(seat: Seat) -> str:
        names = tuple(given.documents.split())
        await seat.requests.answer(seat.opened, request, given.note.strip(), names, once=given.once)
        return "answered"

    return await _act(call, asked.lang, request, act)


@router.post(
    f"{LIST}/{{request}}/documents",
    **operation("Add documents at the portal", body_example=DocumentsForm(documents="doc_1", once=_ONCE), **_ACTS),
)
async def portal_add_documents(
    request: str, asked: Page, given: Annotated[DocumentsForm, form(DocumentsForm)], call: Request
) -> Response:
    """More documents for a request that is worked on."""

    async def act(seat: Seat) -> str:
        names = tuple(given.documents.split())
        if names:
            await seat.requests.attach(seat.opened, request, names, once=given.once)
        return "documents" if names else ""

    return await _act(call, asked.lang, request, act)


@router.post(
    f"{LIST}/{{request}}/withdraw",
    **operation(
        "Withdraw a request at the portal", body_example=WithdrawForm(reason="settled", once=_ONCE), **_ACTS
    ),
)
async def portal_withdraw(
    request: str, asked: Page, given: Annotated[WithdrawForm, form(WithdrawForm)], call: Request
) -> Response:
    """Stop a request that is worked on."""

    async def act(seat: Seat) -> str:
        await seat.requests.withdraw(seat.opened, request, given.reason.strip(), once=given.once)
        return "withdrawn"

    return await _act(call, asked.lang, request, act)


@router.post(
    f"{LIST}/{{request}}/package",
    **operation(
        "Fetch a package at the portal",
        example="",
        media_type=BINARY,
        others={SEE_OTHER: "", NOT_FOUND: PAGE, REFUSED: PAGE, GONE: PAGE},
        body_example=PressForm(),
        problems=(403,),
    ),
)
async def portal_fetch_package(
    request: str, asked: Page, _form: Annotated[PressForm, form(PressForm)], call: Request
) -> Response:
    """The encrypted file, once."""

    async def fetch(seat: Seat) -> Response:
        address = call.client.host if call.client is not None else ""
        try:
            found = await seat.requests.fetch(seat.opened, request, address=address)
        except NotFoundError:
            return _missing(seat)
        except (GoneError, RequestRuleError):
            words = seat.sheet.words
            said = {
                "symbol": "lock",
                "text": words.say("package_gone_text"),
                "label": words.say("back"),
                "link": LIST,
            }
            return _said(seat, words.say("package_gone"), GONE, said)
        headers = {"content-disposition": f'attachment; filename="{found.name}"', "cache-control": "no-store"}
        return Response(found.data, media_type=BINARY, headers=headers)

    return await seated(call, asked.lang, fetch)


async def _act(call: Request, lang: str, request: str, act: Any) -> Response:
    """Do something with a request, then see its page; where it failed, with a sentence about it."""

    async def run(seat: Seat) -> Response:
        try:
            return seat.sheet.see(f"{LIST}/{request}", await act(seat))
        except NotFoundError:
            return _missing(seat)
        except CountersealError as error:
            if error.code not in views.ERRORS and not isinstance(error, RequestRuleError):
                raise
            said = seat.sheet.words.say(views.ERRORS.get(error.code, "wrong_state"), most=MOST_DOCUMENTS)
            status = THROTTLED if isinstance(error, ThrottledError) else REFUSED
            held = await seat.requests.request(seat.opened, request)
            return await _one(seat, held, error=said, status=status)

    return await seated(call, lang, run)


async def _one(seat: Seat, held: Shown, *, done: str = "", error: str = "", status: int = 200) -> Response:
    words, request = seat.sheet.words, held.request
    standing = seen.standing(request)
    package = held.package if standing == "package" else None
    takes, asked = seen.takes_more(request), standing == "question"
    return seat.sheet.draw(
        "portal_request.html",
        request.reference,
        officer=seat.opened.account.officer,
        here="requests",
        done=done,
        error=error,
        status=status,
        scripts=(FILES,) if takes else (),
        path=f"{LIST}/{request.id}",
        row=views.row(request, words),
        package=None if package is None else views.package(package, words),
        asked=asked,
        letters=[views.letter(each, words) for each in reversed(held.letters)],
        clocks=views.clocks(request, words),
        facts=views.facts(request, words, basis=held.handed.legal_basis, note=held.handed.note, about=held.about),
        colleague=request.by != f"portal:{seat.opened.account.id}",
        documents=[views.document(each, words) for each in held.documents],
        takes=takes,
        withdraws=takes,
        changes=seen.changes(request),
        once=secrets.token_hex(8),
        most=MOST_DOCUMENTS,
        errors=views.errors(words, MOST_DOCUMENTS),
    )


def _missing(seat: Seat) -> Response:
    words = seat.sheet.words
    said = {"symbol": "link", "text": words.say("missing_text"), "label": words.say("back"), "link": LIST}
    return _said(seat, words.say("missing_title"), NOT_FOUND, said)


def _said(seat: Seat, title: str, status: int, said: dict[str, Any]) -> Response:
    officer = seat.opened.account.officer
    return seat.sheet.draw("portal_said.html", title, officer=officer, narrow=True, status=status, **said)
