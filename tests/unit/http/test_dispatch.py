# SPDX-License-Identifier: Apache-2.0
"""A request finds the route that a walk through all of them finds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Match, Route

from counterseal.http.dispatch import Dispatch, index
from counterseal.http.routing import Router
from counterseal.wiring.application import ROUTERS, TEST_ROUTERS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FILLERS = ("u-1", "7", "actions", "v1", "me", "text", "..", "ä", "a.b")


def app() -> FastAPI:
    """All operations, and nothing around them."""
    made = FastAPI(openapi_url=None)
    made.router.routes[:] = [route for router in (*ROUTERS, *TEST_ROUTERS) for route in router.routes]
    return made


def walked(made: FastAPI, scope: dict[str, Any]) -> Any:
    """What Starlette would take."""
    return next((route for route in made.router.routes if route.matches(scope)[0] is Match.FULL), None)


def scope_of(method: str, path: str, root: str = "") -> dict[str, Any]:
    """A request as the edge hands it on."""
    return {"type": "http", "method": method, "path": path, "root_path": root, "headers": []}


@pytest.mark.parametrize("filler", FILLERS)
def test_finds_what_a_walk_finds(filler: str) -> None:
    """For every operation, its paths with odd ids, one part more, one less, and every method."""
    made = app()
    dispatch = Dispatch(made)
    found = 0
    for route in made.router.routes:
        path = re.sub(r"\{[^}]*\}", filler, str(getattr(route, "path", "")))
        for target in (path, f"{path}/", f"{path}/more", path.rpartition("/")[0] or "/"):
            for method in METHODS:
                expected = walked(made, scope_of(method, target))
                scope = scope_of(method, target)
                assert dispatch.find(scope) is expected, (method, target)
                found += expected is not None
                assert scope.get("route") is expected
    assert found > len(made.router.routes)


def test_most_operations_are_found_without_a_walk() -> None:
    """The index is no decoration: it rules out seven routes of eight where a request names an account."""
    made = app()
    known = index(made.router.routes)
    assert len(known[(5, "v1", "accounts")]) < len(made.router.routes) / 8


def test_below_a_root_path_all_are_tried() -> None:
    """A mounted app sees paths that begin elsewhere."""
    made = app()
    scope = scope_of("GET", "/guard/v1/clock", root="/guard")
    assert dispatch_path(made, scope) == "/v1/clock"


def test_routes_that_came_later_are_found() -> None:
    """Also those of another kind."""
    made = app()
    dispatch = Dispatch(made)
    assert dispatch.find(scope_of("GET", "/later")) is None
    late = Route("/later", lambda _: Response())
    made.router.routes.append(late)
    assert dispatch.find(scope_of("GET", "/later")) is late
    assert dispatch_path(made, scope_of("GET", "/v1/accounts/u-1")) == "/v1/accounts/{account}"


def test_a_path_of_any_length_stays_a_candidate() -> None:
    """`{file:path}` may hold slashes: it is tried for every count of parts."""
    router = Router(tags=["test"])

    @router.get("/v1/files/{name:path}")
    async def read(name: str) -> Response:
        return Response(name)

    @router.get("/v1/files/one")
    async def one() -> Response:
        return Response("one")

    made = FastAPI(openapi_url=None)
    made.router.routes[:] = router.routes
    assert dispatch_path(made, scope_of("GET", "/v1/files/one")) == "/v1/files/{name:path}"
    assert dispatch_path(made, scope_of("GET", "/v1/files/a/b/c")) == "/v1/files/{name:path}"


def dispatch_path(made: FastAPI, scope: dict[str, Any]) -> str | None:
    """The template that a request is served by."""
    found = Dispatch(made).find(scope)
    return None if found is None else str(getattr(found, "path", ""))
