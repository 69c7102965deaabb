# SPDX-License-Identifier: Apache-2.0
"""Routes with FastAPI's signatures and without its cost: dependencies are called directly, one by one.

A dependency of ours is an object called with the request alone; path parameters are `str` (an identifier) or
`int`. Anything else in a signature is refused when the route is made. See docs/adr/0004-msgspec-at-the-edge.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from counterseal.http.auth import Requires
from counterseal.http.body import Form, JsonBody, Upload
from counterseal.http.errors import Fault, ValidationError
from counterseal.http.idempotency import IdempotentWrite
from counterseal.http.logs import pseudonym
from counterseal.http.openapi import Operation
from counterseal.http.services import services_of

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Ids of accounts, objects, actions, ...: no `@`, since an id stands in the log for ever and a mail address is
# personal; no `:`, which separates kind and id in the store.
# Thumbprints (RFC 7638) may begin with `-` or `_`.
IDENTIFIER: Final = r"^[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}$"
NUMBER: Final = r"^(0|[1-9][0-9]{0,14})$"
NOTED: Final = frozenset({"account", "action"})
_IDENTIFIER = re.compile(IDENTIFIER)
NUMBER_PATTERN: Final = re.compile(NUMBER)
_LINK = re.compile(r"[A-Za-z0-9_-]{1,1024}")  # a one-time link: longer than an id


class DirectRoute(APIRoute):
    """A FastAPI route whose dependencies are called in order: who, which write, then the rest."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        dependant = self.dependant
        if dependant.body_params or dependant.query_params or dependant.header_params:
            raise TypeError(f"{self.name}: use json_body, query or a dependency of your own")
        resolvers = [(each.name or "", each.call) for each in dependant.dependencies]
        self.resolvers: list[tuple[str, Any]] = sorted(resolvers, key=lambda pair: _rank(pair[1]))
        self.converters = [(field.name, field.field_info.annotation is int) for field in dependant.path_params]
        self.request_name = dependant.request_param_name
        extra = self.openapi_extra or {}
        self.operation: Operation | None = extra.get("operation")
        self._ends = path.rpartition("}")[2]
        self.app = self._serve

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Starlette's, after a look at the literal end of the path, which rules out most routes for less than
        the regular expression costs."""
        if scope["type"] == "http" and not scope["path"].endswith(self._ends):
            return Match.NONE, {}
        return super().matches(scope)

    def dependency(self, kind: type) -> Any | None:
        """The dependency of this class in the signature, or None."""
        return next((call for _, call in self.resolvers if isinstance(call, kind)), None)

    @staticmethod
    def schema_of_path(*, numeric: bool) -> dict[str, Any]:
        """The JSON Schema of a path parameter."""
        if numeric:
            return {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
        return {"type": "string", "pattern": IDENTIFIER, "example": "u-1001"}

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        arguments: dict[str, Any] = {}
        for name, call in self.resolvers:
            value = await call(request)
            if name:
                arguments[name] = value
        for name, numeric in self.converters:
            arguments[name] = _path_parameter(name, scope["path_params"][name], numeric=numeric)
        if arguments.keys() & NOTED:
            _note(request, arguments)
        if self.request_name:
            arguments[self.request_name] = request
        response = await self.endpoint(**arguments)
        await response(scope, receive, send)


class Router(APIRouter):
    """The router of one area: `router = Router(tags=["actions"])`."""

    def __init__(self, *, tags: list[str]) -> None:
        super().__init__(tags=list(tags), route_class=DirectRoute)


def _note(request: Request, arguments: dict[str, Any]) -> None:
    """Bind the action and the account's pseudonym to everything that this request logs."""
    if "action" in arguments:
        bind_contextvars(action_id=arguments["action"])
    if "account" in arguments:
        bind_contextvars(account=pseudonym(str(arguments["account"]), services_of(request).pseudonym_key))


def _rank(call: Any) -> int:
    """Who asks is settled before what is asked is even read: 401 and 403 come before 400, 415 and 422."""
    if isinstance(call, Requires):
        return 0
    if isinstance(call, IdempotentWrite):
        return 1
    return 3 if isinstance(call, JsonBody | Form | Upload) else 2


def _path_parameter(name: str, text: str, *, numeric: bool) -> str | int:
    pattern = NUMBER_PATTERN if numeric else _LINK if name == "link" else _IDENTIFIER
    if not pattern.fullmatch(text):
        detail = "is not a whole number" if numeric else "is not an id: 1 to 128 of A-Z, a-z, 0-9 and ._~-"
        raise ValidationError(
            f"`{name}` in the path {detail}", code="path_invalid", faults=[Fault(f"/path/{name}", detail)]
        )
    return int(text) if numeric else text
