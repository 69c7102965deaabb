# SPDX-License-Identifier: Apache-2.0
"""Bearer tokens (RFC 6750) and staff's sessions. What a route needs stands in its signature; what needs nothing
stands in PUBLIC."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from fastapi import Depends
from starlette.requests import Request
from structlog.contextvars import bind_contextvars

from counterseal.access.model import Scope, Token
from counterseal.http.errors import InsufficientScopeError, UnauthenticatedError
from counterseal.http.services import services_of
from counterseal.http.staff_session import note_view, open_session
from counterseal.staff.sessions import Opened, id_of

CALLER_KEY: Final = "counterseal.caller"

# Every operation without a token: (method, path template). A route that is neither here nor requires scopes
# stops the start of the server, and a test. Each line says why.
PUBLIC: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("GET", "/"),  # the status page: says that it runs, nothing about anybody
        ("GET", "/healthz"),  # for the supervisor of the process
        ("GET", "/readyz"),  # for the load balancer
        ("GET", "/metrics"),  # checks for itself: settings say whether a token is needed
        ("GET", "/docs"),  # the API reference
        ("GET", "/openapi.json"),
        ("GET", "/static/reference/{file}"),  # the reference's scripts and styles
        ("GET", "/static/{file:path}"),  # styles and fonts of pages
        ("GET", "/console"),
        ("GET", "/console/{path:path}"),  # the console's scripts, styles and fonts: the same for everybody
        ("GET", "/v1/log/checkpoint"),  # a witness asks for it
        ("GET", "/v1/log/key"),
        ("GET", "/v1/log/inclusion"),  # proofs about commitments: nothing personal in them
        ("GET", "/v1/log/consistency"),
        ("GET", "/v1/seals/jwks"),  # signers' public keys: public by nature
        ("GET", "/v1/policy"),  # an attacker may know the rules (Kerckhoffs)
        ("GET", "/v1/policy/text"),
        ("GET", "/v1/clock"),
        ("GET", "/status"),
        ("GET", "/outbox"),  # development only: there is none where messages are sent
        ("GET", "/outbox/{message}"),
        ("GET", "/freeze/{link}"),  # the pages behind a notice's links: each shows one button
        ("GET", "/cancel/{link}"),
        ("POST", "/freeze/{link}"),  # the button: the link is the credential, for one use
        ("POST", "/cancel/{link}"),
        ("GET", "/step/{link}"),  # the owner's pages: the link and the browser's cookie are the credential
        ("POST", "/step/{link}/code"),
        ("POST", "/step/{link}/answer"),
        ("POST", "/step/{link}/enrol"),
        ("POST", "/step/{link}/refuse"),
        ("POST", "/step/{link}/freeze"),
        ("GET", "/disclosure/{disclosure}/{token}"),  # a package for an authority: the link is the credential
        ("POST", "/disclosure/{disclosure}/{token}"),  # once, and encrypted to the key that was confirmed
        ("GET", "/portal"),  # the officers' portal: every page but sign-in and enrolment checks its own session
        ("POST", "/portal/signin"),  # the passkey is the credential
        ("POST", "/portal/signout"),
        ("GET", "/portal/enrol/{link}"),  # asks for the code; the link came by mail to an address of the registry
        ("POST", "/portal/enrol/{link}"),  # link and code are the credential, five tries
        ("POST", "/portal/enrol/{link}/passkey"),
        ("GET", "/portal/account"),
        ("POST", "/portal/account/end"),
        ("POST", "/portal/documents"),
        ("GET", "/portal/requests"),
        ("POST", "/portal/requests"),
        ("GET", "/portal/requests/new"),
        ("GET", "/portal/requests/{request}"),
        ("POST", "/portal/requests/{request}/answer"),
        ("POST", "/portal/requests/{request}/documents"),
        ("POST", "/portal/requests/{request}/withdraw"),
        ("POST", "/portal/requests/{request}/package"),
        ("GET", "/v1/staff/signin"),  # which ways to sign in there are; nothing about anybody
        ("POST", "/v1/staff/signin/options"),  # a challenge, the same for everybody
        ("POST", "/v1/staff/signin"),  # the passkey is the credential
        ("POST", "/v1/staff/enrol/{link}/options"),  # an invitation: the link is the credential, for one use
        ("POST", "/v1/staff/enrol/{link}"),
        ("GET", "/v1/staff/oidc/start"),  # leads to the identity provider
        ("GET", "/v1/staff/oidc/callback"),  # comes back from it
    }
)


class Caller(msgspec.Struct, frozen=True):
    """Who is asking: the token, its platform, what it may do, and the officer whose token it is.

    For a member of staff `token_id` is `staff:<id>`, `session` the name of the session, `assurance` passkey | oidc.
    """

    token_id: str
    platform: str
    scopes: frozenset[Scope]
    officer: str | None = None
    staff: str | None = None
    session: str = ""
    assurance: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether the caller has a scope beyond those that the route requires; decides views, not access."""
        return scope in self.scopes


class Requires:
    """Dependency: a live token, or a live session of staff, with all of these scopes. Raises 401 or 403."""

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self.scopes = frozenset(scopes)
        self.needed = tuple(sorted(self.scopes))
        if not self.scopes:
            raise ValueError("name at least one scope; what needs none stands in PUBLIC")

    async def __call__(self, request: Request) -> Caller:
        """Authenticate, then authorise."""
        opened = await open_session(request)
        if opened is not None:
            caller = caller_of_staff(opened)
        else:
            caller = caller_of(await services_of(request).access.authenticate(bearer_of(request)))
        bind_contextvars(token_id=caller.token_id)
        if not self.scopes <= caller.scopes:
            raise InsufficientScopeError([scope for scope in self.needed if scope not in caller.scopes])
        request.scope[CALLER_KEY] = caller
        if caller.staff is not None:
            await note_view(request, caller.staff)
        return caller


def require(*scopes: Scope) -> Any:
    """The caller, whose token has all these scopes.

    `caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)]`; name it `_caller` where the route only guards.
    """
    return Depends(Requires(scopes))


def bearer_of(request: Request) -> str:
    """The token of the one Authorization header; raises UnauthenticatedError."""
    found = [value for name, value in request.scope["headers"] if name == b"authorization"]
    if len(found) == 1 and found[0][:7].lower() == b"bearer ":
        text: str = found[0][7:].decode("latin-1").strip()
        return text
    raise UnauthenticatedError(
        "this operation needs a token",
        hint="send the header `Authorization: Bearer cs_...`; `counterseal token create` makes one",
    )


def caller_of(token: Token) -> Caller:
    """The caller that a live token stands for."""
    return Caller(token.id, token.platform, token.scopes, token.officer)


def caller_of_staff(opened: Opened) -> Caller:
    """The caller that a live session stands for: what the person's roles may do now."""
    staff, session = opened.staff, opened.session
    return Caller(
        token_id=f"staff:{staff.id}",
        platform="staff",
        scopes=frozenset(Scope(name) for name in staff.scopes(session.assurance)),
        staff=staff.id,
        session=id_of(staff.id, session),
        assurance=session.assurance,
    )
