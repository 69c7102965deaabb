# SPDX-License-Identifier: Apache-2.0
"""The owner's step-up and enrolment pages behind a one-time link. GET shows; POST acts, by the browser that the
link belongs to. Codes need no script. What counts is the guard's decision, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from counterseal.core.errors import ConflictError, InputError, NotFoundError, ThrottledError
from counterseal.guard.linking import Linking, request_of
from counterseal.guard.links import LinkClosedError
from counterseal.guard.requests import EnrolGiven
from counterseal.http.body import Body, form, query
from counterseal.http.edge import Guard
from counterseal.http.openapi import operation
from counterseal.http.owner_browser import Visit, closed, press, visit
from counterseal.http.owner_show import show_frozen, show_link, show_too_late
from counterseal.http.routers.pages import LanguageQuery
from counterseal.http.routing import Router
from counterseal.http.services import services_of

router = Router(tags=["notices"])
SEE_OTHER: Final = 303
REFUSED: Final = 409
THROTTLED: Final = 429
_PAGE: Final = "<!doctype html>"
_SHOWS: Final[dict[str, Any]] = {"example": _PAGE, "media_type": "text/html", "others": {410: _PAGE}}
_ACTS: Final[dict[str, Any]] = {
    "example": _PAGE,
    "media_type": "text/html",
    "others": {SEE_OTHER: "", REFUSED: _PAGE, 410: _PAGE, THROTTLED: _PAGE},
    "problems": (403,),
}
# What went wrong, by code: the key of a sentence. All else: `wrong`.
SAID: Final = {
    "challenge_expired": "code_over",
    "unknown_challenge": "code_over",
    "proof_spent": "code_over",
    "challenge_blocked": "blocked",
}
OVER: Final = frozenset({"action_over", "action_lapsed", "link_used"})
Text = Annotated[str, msgspec.Meta(max_length=64)]
Asked = Annotated[LanguageQuery, query(LanguageQuery)]


class CodeForm(Body, frozen=True):
    """Which factor's contact shall get a code. `once`: of the page that the button stood on."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    once: Text = ""


class AnswerForm(Body, frozen=True):
    """An answer: a code, or what the passkey said (JSON)."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    answer: Annotated[str, msgspec.Meta(max_length=8192)]
    challenge: Text = ""
    once: Text = ""


class EnrolForm(Body, frozen=True):
    """A passkey's answer with a name for it, or a seed with its first code."""

    secret: Annotated[str, msgspec.Meta(max_length=32_768)]
    label: Text = ""
    confirm: Annotated[str, msgspec.Meta(max_length=16)] = ""


class PressForm(Body, frozen=True):
    """A button without fields."""


_ANSWER: Final = AnswerForm(factor="email", answer="123456", challenge="chl_0190a1b2c3")
_ENROL: Final = EnrolForm(secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", confirm="123456")  # noqa: S106 - an example
_CODE: Final = CodeForm(factor="email")


@router.get("/step/{link}", **operation("Step-up page", **_SHOWS))
async def show_step(link: str, asked: Asked, request: Request) -> Response:
    """What is approved, and the ways that count. Opening the page does nothing."""
    try:
        return show_link(request, await visit(request, link, asked.lang))
    except (LinkClosedError, NotFoundError) as error:
        return closed(request, error, asked.lang)


@router.post(
    "/step/{link}/code",
    **operation("Send a code from the owner's page", body_example=_CODE, **_ACTS),
)
async def send_step_code(
    link: str, asked: Asked, wanted: Annotated[CodeForm, form(CodeForm)], request: Request
) -> Response:
    """Send a code to the contact of an enrolled factor."""

    async def act(found: Visit) -> None:
        guard = services_of(request).area(Guard)
        once = found.once("code", wanted.factor, wanted.once) if wanted.once else None
        await guard.actions.challenge(found.link.action, wanted.factor, once)

    return await _act(request, link, asked.lang, act)


@router.post("/step/{link}/answer", **operation("Prove on the owner's page", body_example=_ANSWER, **_ACTS))
async def answer_step(
    link: str, asked: Asked, given: Annotated[AnswerForm, form(AnswerForm)], request: Request
) -> Response:
    """Give a proof, and show what is left to do. A seal is for the platform to collect: its life begins then."""

    async def act(found: Visit) -> None:
        guard, text = services_of(request).area(Guard), given.answer
        if not text.startswith("{"):
            text = "".join(text.split())
        once = found.once("answer", given.factor, given.challenge, text, given.once)
        challenge = given.challenge or None
        done = await guard.prove(found.link.action, given.factor, text, challenge, "", once, collect=False)
        guard.count(done)
        if done.result.refused:
            raise InputError(done.result.refused, code="proof_refused")

    return await _act(request, link, asked.lang, act)


@router.post("/step/{link}/enrol", **operation("Enrol on the owner's page", body_example=_ENROL, **_ACTS))
async def enrol_step(
    link: str, asked: Asked, given: Annotated[EnrolForm, form(EnrolForm)], request: Request
) -> Response:
    """Ask for the action that binds what the owner made; its question comes next."""

    async def act(found: Visit) -> None:
        guard, kept = services_of(request).area(Guard), found.link
        if not kept.factor or kept.action or kept.closed:
            raise ConflictError("this link has led to a request already", code="link_used")
        confirm = "".join(given.confirm.split()) or None
        item = EnrolGiven(kept.factor, secret=given.secret, label=given.label.strip(), confirm=confirm)
        wanted = msgspec.structs.replace(request_of(kept), enrol=(item,))
        built = guard.build(found.state.id, wanted)
        # One link asks once, whatever is pressed twice: the key is the link's own.
        once = msgspec.structs.replace(found.once("enrol"), body=sha256(kept.id.encode()).digest())
        done = await guard.actions.ask(found.state.id, built.request, once)
        guard.count(done)
        await services_of(request).area(Linking).adopt(found.opened, found.browser, done.result.action.id)

    return await _act(request, link, asked.lang, act, secret=given.secret)


@router.post("/step/{link}/refuse", **operation("This was not me", body_example=PressForm(), **_ACTS))
async def refuse_step(
    link: str, asked: Asked, _form: Annotated[PressForm, form(PressForm)], request: Request
) -> Response:
    """The owner says that it was somebody else: it is cancelled, if it still can be. Never throttled."""
    try:
        found = await press(request, link, asked.lang)
        if not found.link.action:
            await services_of(request).area(Linking).close(found.opened, found.browser)
            return _see(found)
        await services_of(request).area(Guard).actions.cancel(found.link.action, "owner")
    except ConflictError:  # it has happened
        return show_too_late(request, await visit(request, link, asked.lang))
    except (LinkClosedError, NotFoundError) as error:
        return closed(request, error, asked.lang)
    return _see(found)


@router.post("/step/{link}/freeze", **operation("Freeze from the owner's page", body_example=PressForm(), **_ACTS))
async def freeze_step(
    link: str, asked: Asked, _form: Annotated[PressForm, form(PressForm)], request: Request
) -> Response:
    """The owner's brake: outflows stop for 72 hours, as by the link of a notice. Never throttled."""
    try:
        found = await press(request, link, asked.lang)
        done = (
            await services_of(request).area(Guard).accounts.freeze(found.state.id, "link", f"page {found.link.id}")
        )
    except (LinkClosedError, NotFoundError) as error:
        return closed(request, error, asked.lang)
    return show_frozen(request, found, done.result)


async def _act(
    request: Request, link: str, lang: str, act: Callable[[Visit], Awaitable[None]], *, secret: str = ""
) -> Response:
    """Do something, then see the page again; where it failed, with a sentence about it."""
    try:
        found = await press(request, link, lang)
        try:
            await act(found)
        except ThrottledError as error:
            return show_link(request, found, error="throttled", until=error.retry_at, status=THROTTLED)
        except InputError as error:
            if error.code in OVER:
                return _see(found)
            key = SAID.get(error.code, "wrong")
            if not found.link.action:
                key = "confirm_wrong" if error.code.startswith("confirm_") else "enrol_failed"
            fresh = await visit(request, link, lang)
            return show_link(request, fresh, error=key, status=REFUSED, secret=secret)
    except (LinkClosedError, NotFoundError) as error:
        return closed(request, error, lang)
    return _see(found)


def _see(found: Visit) -> Response:
    return Response("", SEE_OTHER, {"location": found.here, "referrer-policy": "same-origin"}, "text/html")
