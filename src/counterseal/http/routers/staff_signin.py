# SPDX-License-Identifier: Apache-2.0
"""Staff sign in with passkeys, enrol by an invitation, see and end their sessions."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Final, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import CountersealError, ForbiddenError, InputError, ThrottledError
from counterseal.http.auth import Caller, require
from counterseal.http.body import json_body, query, reply
from counterseal.http.errors import InsufficientAuthenticationError, UnauthenticatedError
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.openapi import operation
from counterseal.http.routers import staff_bodies as b
from counterseal.http.routing import Router
from counterseal.http.services import Services, area, services
from counterseal.http.staff_session import check_same_site, read_cookie, set_cookie
from counterseal.staff.model import SignInRefusedError
from counterseal.staff.service import StaffService
from counterseal.staff.sessions import id_of
from counterseal.staff.signin import Ended, SignedIn, SignIn

router = Router(tags=["staff"])
T = TypeVar("T")
FAILURES: Final = (SignInRefusedError, InputError)  # what is not the store's fault


class Attempts(Protocol):
    """Budgets of failed sign-ins by source; may be lost at a restart, fails closed."""

    def take(self, source: str, now: int) -> int | None:
        """None = taken; else when there is one again (ms)."""
        ...

    def give_back(self, source: str) -> None:
        """It was no failure."""
        ...


Given = Annotated[Services, services]
Someone = Annotated[Caller, require(Scope.STAFF_READ)]


@router.get(
    "/v1/staff/signin",
    **operation(
        "Ways to sign in",
        reply=b.SignInView,
        example=b.SignInView(name="Example Exchange", passkeys=True, single_sign_on=None),
    ),
)
async def signin_ways(given: Given) -> Response:
    """For the sign-in page. The same for everybody."""
    oidc = given.settings.oidc
    name = given.settings.platform_name
    return reply(b.SignInView(name=name, passkeys=True, single_sign_on=None if oidc is None else oidc.name))


@router.post(
    "/v1/staff/signin/options",
    **operation(
        "Options to sign in",
        reply=b.OptionsView,
        example=b.OptionsView(public_key=b.REQUEST_OPTIONS),
        problems=(403,),
    ),
)
async def signin_options(request: Request, signin: Annotated[SignIn, area(SignIn)]) -> Response:
    """A fresh challenge for `navigator.credentials.get`: any passkey of ours that the browser offers."""
    check_same_site(request)
    return reply(b.OptionsView(public_key=signin.options()))


@router.post(
    "/v1/staff/signin",
    **operation(
        "Sign in",
        reply=b.SessionView,
        example=b.SESSION,
        body_example=b.ANSWER,
        problems=(401, 403, 429),
    ),
)
async def sign_in(
    request: Request,
    asked: Annotated[b.AnswerBody, json_body(b.AnswerBody)],
    signin: Annotated[SignIn, area(SignIn)],
    attempts: Annotated[Attempts, area(Attempts)],
    given: Given,
) -> Response:
    """A session in a cookie. A refusal does not say why, nor whether somebody is known."""
    check_same_site(request)
    before = read_cookie(request) or ""
    work = signin.sign_in(asked.challenge, asked.response, agent=agent_of(request), before=before)
    return session_reply(await within_budget(request, attempts, work), signin, given)


@router.post(
    "/v1/staff/enrol/{link}/options",
    **operation(
        "Options to enrol",
        reply=b.EnrolOptionsView,
        example=b.EnrolOptionsView(
            name="Omar", email="omar@example.test", roles=b.INVITATION.roles, public_key=b.CREATE_OPTIONS
        ),
        problems=(401, 403, 429),
    ),
)
async def enrol_options(
    request: Request,
    link: str,
    people: Annotated[StaffService, area(StaffService)],
    attempts: Annotated[Attempts, area(Attempts)],
) -> Response:
    """Who the invitation is for, and what `navigator.credentials.create` takes. The link is not used up by this."""
    check_same_site(request)
    found, options = await within_budget(request, attempts, people.enrol_options(link))
    view = b.EnrolOptionsView(name=found.name, email=found.email, roles=list(found.roles), public_key=options)
    return reply(view)


@router.post(
    "/v1/staff/enrol/{link}",
    **operation(
        "Enrol a passkey",
        reply=b.StaffView,
        example=b.STAFF,
        status=201,
        body_example=b.EnrolBody(challenge=b.ANSWER.challenge, response=b.ASSERTION, name="work laptop"),
        problems=(401, 403, 429),
    ),
)
async def enrol(
    request: Request,
    link: str,
    asked: Annotated[b.EnrolBody, json_body(b.EnrolBody)],
    people: Annotated[StaffService, area(StaffService)],
    attempts: Annotated[Attempts, area(Attempts)],
) -> Response:
    """The invitation's passkey; the link works no more. Signing in comes next."""
    check_same_site(request)
    work = people.enrol(link, asked.challenge, asked.response, asked.name)
    return reply(b.staff_view(await within_budget(request, attempts, work)), status=201)


@router.get(
    "/v1/staff/session",
    **operation("Who am I", reply=b.SessionView, example=b.SESSION),
)
async def read_session(
    caller: Someone,
    people: Annotated[StaffService, area(StaffService)],
    signin: Annotated[SignIn, area(SignIn)],
) -> Response:
    """The person of this session and what they may do."""
    staff = await people.staff(signed_in(caller))
    session = next((each for each in staff.sessions if id_of(staff.id, each) == caller.session), None)
    if session is None:  # it ended while this request ran
        raise UnauthenticatedError("the session is over", hint="sign in again")
    return reply(b.session_view(staff, session, signin.bounds))


@router.delete("/v1/staff/session", **operation("Sign out", reply=b.EndedView, example=b.EndedView(ended=1)))
async def sign_out(
    caller: Someone,
    write: Annotated[Write, idempotent],
    signin: Annotated[SignIn, area(SignIn)],
    given: Given,
) -> Response:
    """End this session; its cookie opens nothing any more."""
    signed_in(caller)
    done = await signin.end(caller.session, by=caller.token_id, idempotency=write.of(Ended))
    response = reply(b.EndedView(ended=done.result.ended), replayed=done.replayed)
    set_cookie(response, given.settings, "", seconds=0)
    return response


@router.get(
    "/v1/staff/sessions",
    **operation("List sessions", reply=b.SessionList, example=b.SessionList(items=[]), problems=(404,)),
)
async def list_sessions(
    caller: Someone,
    page: Annotated[b.SessionsQuery, query(b.SessionsQuery)],
    signin: Annotated[SignIn, area(SignIn)],
) -> Response:
    """Your own; those of others with the scope `staff:admin`."""
    staff = page.staff or signed_in(caller)
    check_own(caller, staff)
    found = await signin.live_sessions(staff)
    lines = [b.session_line(staff, each, signin.bounds, caller.session) for each in found]
    return reply(b.SessionList(items=lines))


@router.post(
    "/v1/staff/sessions/revoke",
    **operation("Sign out everywhere", reply=b.EndedView, example=b.EndedView(ended=3)),
)
async def revoke_sessions(
    caller: Someone,
    write: Annotated[Write, idempotent],
    signin: Annotated[SignIn, area(SignIn)],
    given: Given,
) -> Response:
    """End all your sessions, this one too."""
    staff = signed_in(caller)
    done = await signin.sign_out(staff, lambda _each: False, by=caller.token_id, idempotency=write.of(Ended))
    response = reply(b.EndedView(ended=done.result.ended), replayed=done.replayed)
    set_cookie(response, given.settings, "", seconds=0)
    return response


@router.post(
    "/v1/staff/sessions/{session}/revoke",
    **operation("End a session", reply=b.EndedView, example=b.EndedView(ended=1), problems=(404,)),
)
async def revoke_session(
    session: str,
    caller: Someone,
    write: Annotated[Write, idempotent],
    signin: Annotated[SignIn, area(SignIn)],
) -> Response:
    """One of yours; one of others with the scope `staff:admin`. Ending it again changes nothing."""
    check_own(caller, session.partition(".")[0])
    done = await signin.end(session, by=caller.token_id, idempotency=write.of(Ended))
    return reply(b.EndedView(ended=done.result.ended), replayed=done.replayed)


def signed_in(caller: Caller) -> str:
    """The member of staff who asks; raises ForbiddenError for a token."""
    if caller.staff is None:
        raise ForbiddenError("a token has no session; this is for people", code="staff_only")
    return caller.staff


def check_passkey(caller: Caller) -> None:
    """Raise InsufficientAuthenticationError for somebody whom single sign-on alone named. Tokens pass."""
    if caller.staff is not None and caller.assurance != "passkey":
        raise InsufficientAuthenticationError("sign in with your passkey for this", acr=["passkey"])


def check_own(caller: Caller, staff: str) -> None:
    """Raise ForbiddenError unless it is the caller's own matter, or they administer staff."""
    if staff != caller.staff and not caller.may(Scope.STAFF_ADMIN):
        raise ForbiddenError("these are somebody else's sessions", code="insufficient_scope")


def agent_of(request: Request) -> str:
    """The browser's own word about itself."""
    return next((v.decode("latin-1") for name, v in request.scope["headers"] if name == b"user-agent"), "")


def session_reply(made: SignedIn, signin: SignIn, given: Services) -> Response:
    """Who signed in, and the cookie."""
    response = reply(b.session_view(made.opened.staff, made.opened.session, signin.bounds))
    set_cookie(response, given.settings, made.cookie, seconds=signin.bounds.longest // 1000)
    return response


async def within_budget(
    request: Request,
    attempts: Attempts,
    work: Awaitable[T],
    failures: tuple[type[CountersealError], ...] = FAILURES,
) -> T:
    """Run it within the source's budget of failures: taken before, given back unless it fails with one of
    `failures`."""
    now = request.scope["app"].state.services.clock.now()
    client = request.scope.get("client")
    source = str(client[0]) if client else ""
    retry_at = attempts.take(source, now)
    if retry_at is not None:
        close = getattr(work, "close", None)
        if close is not None:
            close()
        raise ThrottledError("too many attempts", retry_at=retry_at)
    try:
        found = await work
    except CountersealError as error:
        if not isinstance(error, failures):
            attempts.give_back(source)
        raise
    attempts.give_back(source)
    return found
