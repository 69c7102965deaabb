# SPDX-License-Identifier: Apache-2.0
"""Who may call what: bearer tokens over HTTP, and no operation without a guard."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest
from starlette.responses import Response
from starlette.routing import Route

from counterseal.access.model import DAY, Scope
from counterseal.http.app import check_guarded, routes_of
from counterseal.http.auth import PUBLIC, Caller, Requires, require
from counterseal.http.body import reply
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from counterseal.wiring.application import ROUTERS, TEST_ROUTERS
from tests.support.http_app import Running, problem, running


def call(*scopes: Scope, path: str = "/v1/tokens", headers: dict[str, str] | None = None, **token: Any) -> Any:
    async def run() -> Any:
        async with running() as app:
            given = headers if headers is not None else await app.headers(*scopes, **token)
            return await app.client.get(path, headers=given)

    return asyncio.run(run())


def test_a_token_with_the_scope_is_let_in() -> None:
    assert call(Scope.ADMIN).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf27wFTL"},
        {"Authorization": "Bearer"},
    ],
)
def test_without_a_bearer_token_it_is_401(headers: dict[str, str]) -> None:
    response = call(headers=headers)
    problem(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == 'Bearer realm="counterseal"'


@pytest.mark.parametrize(
    "token",
    ["", "x", "cs_", "cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf27wFTL", "cs_" + "é" * 49, "x" * 5000],
)
def test_an_unknown_token_is_401(token: str) -> None:
    response = call(headers={"Authorization": f"Bearer {token}".encode("latin-1")})  # type: ignore[dict-item]
    problem(response, 401, "token_refused")


def test_two_authorization_headers_are_refused() -> None:
    async def run() -> Any:
        async with running() as app:
            token = await app.token(Scope.ADMIN)
            pair = ("Authorization", f"Bearer {token}")
            return await app.client.get("/v1/tokens", headers=[pair, pair])

    problem(asyncio.run(run()), 401, "unauthenticated")


def test_a_missing_scope_is_403_and_named() -> None:
    response = call(Scope.AUDIT_READ)
    body = problem(response, 403, "insufficient_scope")
    assert body["detail"] == "this operation needs the scope `admin`"
    assert response.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="admin"'


def test_expired_and_revoked_read_the_same_as_unknown() -> None:
    async def run() -> list[Any]:
        async with running() as app:
            old = await app.headers(Scope.ADMIN, lifetime=DAY)
            boss = await app.headers(Scope.ADMIN, lifetime=30 * DAY)
            made = await app.access.create_token(
                name="x", platform="p", scopes=[Scope.ADMIN], lifetime=30 * DAY, by="t"
            )
            gone = {"Authorization": f"Bearer {made.secret}"}
            assert (await app.client.get("/v1/tokens", headers=gone)).status_code == 200
            revoked = await app.client.post(f"/v1/tokens/{made.token.id}/revoke", headers=boss)
            assert revoked.json()["revoked"] == app.clock.now()
            app.clock.advance(DAY)
            unknown = {"Authorization": "Bearer cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf27wFTL"}
            return [await app.client.get("/v1/tokens", headers=each) for each in (old, gone, unknown)]

    bodies = [problem(response, 401, "token_refused") for response in asyncio.run(run())]
    for body in bodies:
        body.pop("instance")
    assert bodies[0] == bodies[1] == bodies[2]


def test_every_operation_requires_scopes_or_is_on_the_public_list() -> None:
    async def run() -> list[Any]:
        async with running(routers=(*ROUTERS, *TEST_ROUTERS)) as app:
            return routes_of(app.app)

    for route in asyncio.run(run()):
        for method in route.methods - {"HEAD"}:
            guarded = route.dependency(Requires) is not None
            assert guarded != ((method, route.path) in PUBLIC), f"{method} {route.path}"


def _start(*routers: Router) -> Any:
    async def run() -> None:
        async with running(routers=routers):
            pass

    return asyncio.run(run())


def test_a_server_with_an_unguarded_operation_does_not_start() -> None:
    router = Router(tags=["x"])

    @router.get("/v1/open", **operation("Open"))
    async def unguarded() -> Response:
        return reply({})

    with pytest.raises(TypeError, match="GET /v1/open: requires no scope and is not in PUBLIC"):
        _start(router)


def test_a_server_with_a_write_that_is_not_idempotent_does_not_start() -> None:
    router = Router(tags=["x"])

    @router.post("/v1/write", **operation("Write"))
    async def write(_caller: Annotated[Caller, require(Scope.ADMIN)]) -> Response:
        return reply({})

    with pytest.raises(TypeError, match="POST /v1/write: a write needs `idempotent` in its signature"):
        _start(router)


def test_a_route_of_another_kind_is_found() -> None:
    async def run(app: Running) -> None:
        app.app.router.routes.append(Route("/raw", lambda _: Response()))
        with pytest.raises(TypeError, match="/raw: make it with"):
            check_guarded(app.app)

    async def outer() -> None:
        async with running() as app:
            await run(app)

    asyncio.run(outer())


def test_requiring_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one scope"):
        require()
