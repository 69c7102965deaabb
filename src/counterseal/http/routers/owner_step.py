# SPDX-License-Identifier: Apache-2.0
"""The owner's step-up and enrolment pages behind a one-time link. GET shows; POST acts, by the browser that the
link belongs to. Codes need no script. What counts is the guard's decision, and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable
from hashlib import sha256
from typing import Annotated, Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from counterseal.core.account import Action, State
from counterseal.core.errors import (
    ConflictError,
    CountersealError,
    ForbiddenError,
    InputError,
    NotFoundError,
    ThrottledError,
)
from counterseal.core.transaction import Idempotency
from counterseal.factors import totp
from counterseal.guard.model import Answer
from counterseal.guard.requests import EnrolGiven, RequestGiven
from counterseal.guard.step_links import LIFETIME, LinkRefusedError, StepLink, StepLinks, with_result
from counterseal.http.body import Body, form, query
from counterseal.http.edge import Guard
from counterseal.http.errors import BadRequestError
from counterseal.http.openapi import operation
from counterseal.http.routers.pages import LanguageQuery
from counterseal.http.routers.passkeys import Ceremonies
from counterseal.http.routing import Router
from counterseal.http.services import services_of
from counterseal.http.staff_session import origins, read_cookie, set_cookie
from counterseal.http.step_page import enrol_page, gone_page, shown_page
from counterseal.http.step_view import step_page

router = Router(tags=["notices"])
COOKIE: Final = "counterseal_step"
GONE: Final = 410
SEE_OTHER: Final = 303
_HTML: Final = "text/html"
_GONE: Final = {GONE: "<!doctype html>"}
T = TypeVar("T")


class CodeForm(Body, frozen=True):
    """Which factor's contact shall get a code."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class AnswerForm(Body, frozen=True):
    """An answer: a code, or what the passkey said."""

    factor: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=32_768)]
    challenge: Annotated[str, msgspec.Meta(max_length=64)] = ""


class EnrolForm(Body, frozen=True):
    """A passkey's answer with a name for it, or a seed with its first code."""

    secret: Annotated[str, msgspec.Meta(min_length=1, max_length=32_768)]
    label: Annotated[str, msgspec.Meta(max_length=64)] = ""
    confirm: Annotated[str, msgspec.Meta(max_length=16)] = ""


class PressForm(Body, frozen=True):
    """A button without fields."""


class _Opened(msgspec.Struct, frozen=True):
    """A link that counts for this browser. `fresh`: a cookie that the answer must set, "" = it has one."""

    link: StepLink
    token: str
    state: State
    cookie: str
    fresh: str
    language: str

    @property
    def path(self) -> str:
        """Where the forms of the page go."""
        return f"/step/{self.token}"

    @property
    def action(self) -> Action | None:
        """What is being approved."""
        return self.state.actions.get(self.link.action)


async def _open(request: Request, token: str, language: str = "") -> _Opened:
    services = services_of(request)
    kept = read_cookie(request, COOKIE) or ""
    cookie = kept or secrets.token_urlsafe(32)
    link = await services.area(StepLinks).open(token, cookie)
    state = await services.area(Guard).accounts.read(link.account)
    spoken = language or link.language or state.language
    return _Opened(link, token, state, cookie, "" if kept else cookie, spoken)


async def _pressed(request: Request, token: str) -> _Opened:
    """The same for a button: it must be ours, and the link becomes this browser's."""
    found = [value.decode("latin-1") for name, value in request.scope["headers"] if name == b"origin"]
    if len(found) != 1 or found[0] not in origins(services_of(request).settings):
        raise ForbiddenError("this button is on another site", code="cross_site")
    opened = await _open(request, token)
    if opened.fresh:
        raise BadRequestError("this browser keeps no cookies", code="cookie_missing", hint="allow them and reload")
    link = await services_of(request).area(StepLinks).bind(opened.link, opened.cookie)
    return msgspec.structs.replace(opened, link=link)


def _answer(request: Request, opened: _Opened, response: Response) -> Response:
    if opened.fresh:
        settings = services_of(request).settings
        set_cookie(response, settings, opened.fresh, seconds=LIFETIME // 1000, name=COOKIE, lax=True)
    return response


def _refused(request: Request, error: CountersealError) -> Response:
    platform = services_of(request).settings.platform_name
    return gone_page(error.code, platform, status=GONE)


def _shown(
    request: Request, opened: _Opened, *, error: str = "", frozen: bool = False, secret: str = ""
) -> Response:
    services, guard = services_of(request), services_of(request).area(Guard)
    policy, now, action = guard.tools.policies.current, guard.tools.clock.now(), opened.action
    ceremonies: Any = services.areas[Ceremonies]
    if action is None:
        if not opened.link.enrol:
            return _refused(request, LinkRefusedError("the action is over", code="link_void"))
        spec = policy.vocabulary.factors[opened.link.enrol]
        offer = None if spec.webauthn else ceremonies.seed(opened.state.id, "", secret)
        made = ceremonies.registration(opened.state, spec, "", now) if spec.webauthn else None
        body = enrol_page(opened.link, opened.state, opened.language, opened.path, services, offer, made, error)
        return _answer(request, opened, body)
    page = step_page(
        policy, opened.state, action, now, language=opened.language, platform=services.settings.platform_name
    )
    options = ""
    if any(way.kind == "passkey" for way in page.ways):
        try:
            options = msgspec.json.encode(ceremonies.assertion(policy, opened.state, action.id, now)).decode()
        except (ConflictError, NotFoundError):
            options = ""
    back = with_result(opened.link.return_url, action.id, page.status)
    page = msgspec.structs.replace(page, options=options, error=error, frozen=frozen, back=back)
    return _answer(request, opened, shown_page(page, opened.path))


async def _again(request: Request, opened: _Opened, work: Awaitable[T], error: str, secret: str = "") -> Response:
    """Do something, then show the page again: with a sentence where it failed, and the seed that was offered."""
    try:
        await work
    except ThrottledError:
        return _shown(request, opened, error="error_many")
    except (CountersealError, ValueError) as failed:
        code = getattr(failed, "code", "")
        found = {"challenge_expired": "error_code", "challenge_blocked": "error_many", "proof_spent": "error_code"}
        fresh = await _open(request, opened.token, opened.language)
        return _shown(request, fresh, error=found.get(code, error), secret=secret)
    return RedirectResponse(opened.path, SEE_OTHER)


def _once(opened: _Opened, *parts: str) -> Idempotency:
    """A button pressed twice is pressed once."""
    key = sha256("\n".join((opened.link.id, *parts)).encode())
    return Idempotency(f"step {opened.link.id}", key.hexdigest(), key.digest(), Answer)


@router.get("/step/{link}", **operation("Step-up page", example="<!doctype html>", media_type=_HTML, others=_GONE))
async def show(link: str, asked: Annotated[LanguageQuery, query(LanguageQuery)], request: Request) -> Response:
    """What is approved, and the ways that count. Opening the page does nothing."""
    try:
        return _shown(request, await _open(request, link, asked.lang))
    except (LinkRefusedError, NotFoundError) as error:
        return _refused(request, error)


@router.post("/step/{link}/code", **operation("Send a code", example="", media_type=_HTML, others=_GONE))
async def send_code(link: str, wanted: Annotated[CodeForm, form(CodeForm)], request: Request) -> Response:
    """Send a code to the contact of an enrolled factor."""
    try:
        opened = await _pressed(request, link)
    except (LinkRefusedError, NotFoundError) as error:
        return _refused(request, error)
    guard = services_of(request).area(Guard)
    return await _again(request, opened, guard.actions.challenge(opened.link.action, wanted.factor), "error_other")


@router.post("/step/{link}/answer", **operation("Answer", example="", media_type=_HTML, others=_GONE))
async def answer(link: str, given: Annotated[AnswerForm, form(AnswerForm)], request: Request) -> Response:
    """Give a proof, and show what is left to do."""
    try:
        opened = await _pressed(request, link)
    except (LinkRefusedError, NotFoundError) as error:
        return _refused(request, error)
    guard = services_of(request).area(Guard)
    text = given.answer if given.answer.startswith("{") else "".join(given.answer.split())
    wrong = "error_passkey" if given.answer.startswith("{") else "error_wrong"

    async def prove() -> None:
        done = await guard.prove(
            opened.link.action,
            given.factor,
            text,
            given.challenge or None,
            "",
            _once(opened, given.factor, given.challenge, text, secrets.token_hex(8)),
            collect=False,  # the platform collects the seal: its life begins then
        )
        guard.count(done)
        if done.result.refused:
            raise ConflictError(done.result.refused, code="proof_wrong")

    return await _again(request, opened, prove(), wrong)


@router.post("/step/{link}/enrol", **operation("Enrol", example="", media_type=_HTML, others=_GONE))
async def enrol(link: str, given: Annotated[EnrolForm, form(EnrolForm)], request: Request) -> Response:
    """Ask for the action that binds what the owner made; its page comes next."""
    try:
        opened = await _pressed(request, link)
    except (LinkRefusedError, NotFoundError) as error:
        return _refused(request, error)
    services = services_of(request)
    guard, kept = services.area(Guard), opened.link

    async def ask() -> None:
        if not kept.enrol or kept.action:
            raise ConflictError("this link has asked already", code="link_used")
        item = EnrolGiven(
            kept.enrol,
            secret=given.secret,
            label=given.label,
            confirm="".join(given.confirm.split()) or None,
        )
        built = guard.build(kept.account, RequestGiven(kept.rule, objects=kept.objects, enrol=(item,)))
        done = await guard.actions.ask(kept.account, built.request, _once(opened, "enrol", given.secret))
        guard.count(done)
        await services.area(StepLinks).asked(kept, done.result.action.id)

    if kept.enrol == "passkey":
        return await _again(request, opened, ask(), "error_passkey")
    try:
        totp.parse_seed(given.secret)
    except InputError:
        return _shown(request, opened, error="error_other")
    return await _again(request, opened, ask(), "error_wrong", given.secret)


@router.post("/step/{link}/refuse", **operation("Refuse", example="", media_type=_HTML, others=_GONE))
async def refuse(link: str, _pressed_: Annotated[PressForm, form(PressForm)], request: Request) -> Response:
    """The owner says that it was somebody else: the action is cancelled. Never throttled."""
    try:
        opened = await _pressed(request, link)
    except (LinkRefusedError, NotFoundError) as error:
        return _refused(request, error)
    guard = services_of(request).area(Guard)
    return await _again(request, opened, guard.actions.cancel(opened.link.action, "owner"), "error_other")


@router.post("/step/{link}/freeze", **operation("Freeze", example="", media_type=_HTML, others=_GONE))
async def freeze(link: str, _pressed_: Annotated[PressForm, form(PressForm)], request: Request) -> Response:
    """The owner's brake, after "this was not me"."""
    try:
        opened = await _pressed(request, link)
    except (LinkRefusedError, NotFoundError) as error:
        return _refused(request, error)
    guard = services_of(request).area(Guard)
    await guard.accounts.freeze(opened.link.account, "owner", "owner")
    return _shown(request, await _open(request, link, opened.language), frozen=True)
