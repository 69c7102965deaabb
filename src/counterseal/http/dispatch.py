# SPDX-License-Identifier: Apache-2.0
"""From the edge to a route: the routes found by their first literal parts, errors answered in one place.

FastAPI holds the routes and writes the document; Starlette and FastAPI would put five layers around them and try
all routes in turn, which costs a request more than all that the edge does. What they answer stays as it is: the
first route that fits is taken, and whatever none fits goes through Starlette's own router (404, 405).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from counterseal.http.middleware import SENDER_KEY
from counterseal.http.routing import DirectRoute

HEAD: Final = 2
"""So many parts of a path say where to look: `/v1/accounts/...`."""
Key = tuple[int, str, str]


class LeanApp(FastAPI):
    """A FastAPI whose requests go straight through its own middleware to its routes."""

    def build_middleware_stack(self) -> ASGIApp:
        """Ours only: the edge catches what Starlette's outermost layer would."""
        app: ASGIApp = Dispatch(self)
        for cls, arguments, options in reversed(self.user_middleware):
            app = cls(app, *arguments, **options)
        return app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a lifespan goes the usual way."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        await self.middleware_stack(scope, receive, send)


class Dispatch:
    """The innermost application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._routes: Sequence[BaseRoute] = ()
        self._index: dict[Key, list[BaseRoute]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find the route, serve it; what it raises is answered by the handler of its class, if there is one."""
        try:
            route = self.find(scope) if scope["type"] == "http" else None
            if route is None:
                await self._app.router(scope, receive, send)
            elif isinstance(route, DirectRoute):
                await route.app(scope, receive, send)  # `handle` would ask again whether the method fits
            else:
                await route.handle(scope, receive, send)
        except Exception as error:
            handler = self._handler(error)
            if handler is None or scope[SENDER_KEY].started:
                raise
            response = await handler(Request(scope, receive, send), error)
            await response(scope, receive, send)

    def _handler(self, error: Exception) -> Any:
        """The handler of the nearest class of an error, or None."""
        handlers = self._app.exception_handlers
        return next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)

    def find(self, scope: Scope) -> BaseRoute | None:
        """The first route that serves this path and method, noted in `scope`."""
        if len(self._routes) != len(self._app.router.routes):
            self._routes = list(self._app.router.routes)
            self._index = index(self._routes)
        routes = self._routes
        if not scope.get("root_path"):
            parts = scope["path"].split("/")
            routes = self._index.get(_key(parts), routes)
        for route in routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                return route
        return None


def index(routes: Sequence[BaseRoute]) -> dict[Key, list[BaseRoute]]:
    """Count of parts and the first literal ones -> all routes that could serve such a path, in their order."""
    keys = {_key(path.split("/")) for route in routes if (path := _fixed(route)) is not None and _literal(path)}
    return {key: [route for route in routes if _fits(route, key)] for key in keys}


def _key(parts: list[str]) -> Key:
    count = len(parts)
    return count, parts[1] if count > 1 else "", parts[HEAD] if count > HEAD else ""


def _fixed(route: BaseRoute) -> str | None:
    """The path of a route whose number of parts is fixed: `{name:path}` takes any number."""
    if not isinstance(route, DirectRoute) or any(":" in part for part in route.path.split("/") if "{" in part):
        return None
    return route.path


def _literal(path: str) -> bool:
    return not any("{" in part for part in path.split("/")[: HEAD + 1])


def _fits(route: BaseRoute, key: Key) -> bool:
    path = _fixed(route)
    if path is None:
        return True
    count, *own = _key(path.split("/"))
    return count == key[0] and all(mine == part or "{" in mine for mine, part in zip(own, key[1:], strict=True))
