# SPDX-License-Identifier: Apache-2.0
"""The application: routers, one edge around them, workers that live as long as it does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from structlog.contextvars import bind_contextvars

from counterseal.core.errors import CountersealError
from counterseal.http import access, health
from counterseal.http.auth import PUBLIC, Requires
from counterseal.http.dispatch import LeanApp
from counterseal.http.errors import (
    INTERNAL_ERROR,
    Fault,
    ValidationError,
    framework_response,
    request_id_of,
    response_for,
    status_of,
)
from counterseal.http.health import VERSION
from counterseal.http.idempotency import IdempotentWrite
from counterseal.http.middleware import Edge
from counterseal.http.openapi import describe
from counterseal.http.reference import reference_router
from counterseal.http.routers.webhook_bodies import described_webhooks
from counterseal.http.routing import WRITES, DirectRoute, Router
from counterseal.http.services import Services, services_of

TAGS: Final = (
    {"name": "accounts", "description": "Register, read, freeze."},
    {"name": "actions", "description": "Ask for a sensitive action, answer its challenges, cancel it."},
    {"name": "seals", "description": "Redeem a seal before value leaves; report what became of it."},
    {"name": "notices", "description": "The owner's pages: one button that cancels or freezes."},
    {"name": "policy", "description": "What is proved of the policy in force."},
    {"name": "decisions", "description": "What was decided, for staff: pages and a stream."},
    {"name": "log", "description": "The tamper-evident log: checkpoints and proofs."},
    {"name": "access", "description": "Tokens and attestation keys."},
    {"name": "staff", "description": "Who works here: sign-in with passkeys, sessions, roles, invitations."},
    {"name": "brakes", "description": "What two officers stop on every account, and break-glass for one."},
    {"name": "approvals", "description": "What two people sign with their passkeys before it is done."},
    {"name": "webhooks", "description": "Where the platform's systems hear of what happens (Standard Webhooks)."},
    {"name": "desk", "description": "The judicial desk: what can be relied on in a document or a mail."},
    {"name": "portal", "description": "The officers' portal: pages for people of authorities, behind a passkey."},
    {"name": "incidents", "description": "What happened to whom, what it cost, and what is done about it."},
    {"name": "system", "description": "The policy in force, prices, the clock of a simulation."},
    {"name": "health", "description": "Health, readiness, metrics."},
    {
        "name": "test",
        "description": "Only on a simulated clock with `test_scopes`: unverified proofs.",
    },
)
DESCRIPTION: Final = (
    "Counterseal decides each sensitive action of an account: allow, challenge, hold or deny, and says why. "
    "Every write carries an `Idempotency-Key`. Every error is a problem (RFC 9457) with a stable `code`. "
    "Times are milliseconds since the Unix epoch; amounts are decimal numbers in strings."
)


def create_app(services: Services, *, routers: Sequence[Router] = ()) -> FastAPI:
    """The app over `services`, with the routers of the areas. Raises TypeError for a route that is not guarded."""
    settings = services.settings
    app = LeanApp(
        title="Counterseal",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        telemetry=TelemetryConfig(tracing=False, metrics=False, logs=False),
        redirect_slashes=False,
        middleware=[
            Middleware(
                Edge,
                metrics=services.metrics,
                body_limit=settings.body_limit,
                https=settings.base_url.scheme == "https",
                access_log=settings.access_log,
                now=services.clock.now,
            ),
            *services.layers,
        ],
    )
    app.state.services = services
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign] # ours knows msgspec Structs
    # The reference first: its files lie below /static, which the pages' files would claim whole.
    everything = [reference_router(app.openapi), *routers, access.router, health.router]
    # The routes themselves, not `include_router`: the wrapper around an included route costs every request.
    app.router.routes.extend(route for router in everything for route in router.routes)
    check_guarded(app)
    app.add_exception_handler(CountersealError, _on_error)
    app.add_exception_handler(HTTPException, _on_framework_error)
    app.add_exception_handler(RequestValidationError, _on_foreign_validation_error)
    return app


def routes_of(app: FastAPI) -> list[DirectRoute]:
    """All operations; raises TypeError if somebody added a route of another kind."""
    for route in app.router.routes:
        if not isinstance(route, DirectRoute):
            raise TypeError(f"{getattr(route, 'path', route)}: make it with counterseal.http.routing.Router")
    return [route for route in app.router.routes if isinstance(route, DirectRoute)]


def check_guarded(app: FastAPI) -> None:
    """Every operation requires scopes or is in PUBLIC, and every write of a caller is idempotent."""
    for route in routes_of(app):
        requires = route.dependency(Requires)
        for method in route.methods or ():
            if requires is None and (method.replace("HEAD", "GET"), route.path) not in PUBLIC:
                raise TypeError(f"{method} {route.path}: requires no scope and is not in PUBLIC")
            if method in WRITES and requires is not None and route.dependency(IdempotentWrite) is None:
                raise TypeError(f"{method} {route.path}: a write needs `idempotent` in its signature")


def openapi_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, made once."""
    if app.openapi_schema is None:
        given: Services = app.state.services
        routes = routes_of(app)
        used = {tag for route in routes for tag in route.tags}
        app.openapi_schema = describe(
            routes,
            info={
                "title": "Counterseal",
                "version": VERSION,
                "description": DESCRIPTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            server=given.settings.public_url,
            tags=[tag for tag in TAGS if tag["name"] in used],
        )
        if "webhooks" in used:
            app.openapi_schema["webhooks"] = described_webhooks()
    return app.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    async with AsyncExitStack() as stack:
        for worker in services.workers:
            await stack.enter_async_context(worker())
        yield


async def _on_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, CountersealError) or status_of(error) == INTERNAL_ERROR:
        raise error  # the edge logs it and answers
    bind_contextvars(error_code=error.code)
    now = services_of(request).clock.now()
    return response_for(error, request_id=request_id_of(request), now=now)


async def _on_framework_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    response = framework_response(error, request_id=request_id_of(request))
    if error.status_code == 405:  # noqa: PLR2004 - method not allowed
        response.headers["Allow"] = ", ".join(_methods_at(request))
    return response


def _methods_at(request: Request) -> list[str]:
    """All methods of this path (RFC 9110 section 10.2.1); Starlette names those of the first route only."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods
    return sorted(found)


async def _on_foreign_validation_error(request: Request, _error: Exception) -> Response:
    faults = [Fault("", "does not fit this operation")]
    problem = ValidationError("the request does not fit this operation", faults=faults)
    return response_for(problem, request_id=request_id_of(request), now=0)
