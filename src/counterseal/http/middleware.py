# SPDX-License-Identifier: Apache-2.0
"""One layer around all routes: request id, limits, security headers, the access log, metrics, the last 500.

A plain ASGI callable and not several middlewares: each layer costs every request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from counterseal.core.errors import CountersealError
from counterseal.gateways.chance import draw
from counterseal.http.errors import INTERNAL_ERROR, problem_for, status_of
from counterseal.http.limits import LIMIT_KEY, check_declared_length, check_target, limit_of
from counterseal.http.logs import request_log
from counterseal.http.metrics import Metrics
from counterseal.http.pages_security import edge_headers

REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
REQUEST_ID_KEY: Final = "counterseal.request_id"
SENDER_KEY: Final = "counterseal.sender"
"""In the scope: who sends the answer, and knows whether it has begun."""
CLIENT_CLOSED: Final = 499  # nginx's number for a caller that hung up; only the log sees it
FAILURE: Final = 400
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger("counterseal.http")


class Edge:
    """Wraps the app; `now` (ms) is asked only where a problem needs it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        body_limit: int,
        https: bool,
        access_log: str,
        now: Callable[[], int],
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.body_limit = body_limit
        self.headers = edge_headers(https=https)
        self.names = {name for name, _ in self.headers}
        self.access_log = access_log
        self.now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; nothing but a half-sent answer raises out of here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        scope[REQUEST_ID_KEY] = request_id
        scope[LIMIT_KEY] = limit = limit_of(scope, self.body_limit)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        scope[SENDER_KEY] = sender = _Sender(send, self.headers, self.names, request_id)
        try:
            check_target(scope)
            check_declared_length(scope, limit)
            await self.app(scope, receive, sender)
        except ClientDisconnect:
            sender.status = CLIENT_CLOSED
        except Exception as error:
            expected = isinstance(error, CountersealError) and status_of(error) != INTERNAL_ERROR
            if not expected:
                self.metrics.internal_error()
                log.exception("request failed", method=scope["method"], route=_template(scope))
            if sender.started:
                raise  # half an answer is out: let the server cut the connection
            response = problem_for(error, request_id=request_id, now=self.now())
            await response(scope, receive, sender)
        finally:
            self._account(scope, sender.status, time.perf_counter() - started)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        template = _template(scope)
        self.metrics.request(method, template, status, seconds)
        if self.access_log == "all" or (self.access_log == "failures" and status >= FAILURE):
            request_log.write(
                {"method": method, "route": template, "status": status, "ms": round(seconds * 1000, 2)}
            )


class _Sender:
    """Adds the headers that a response lacks, and remembers its status."""

    __slots__ = ("_headers", "_names", "_request_id", "_send", "started", "status")

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]], names: set[bytes], request_id: str) -> None:
        self._send = send
        self._headers = headers
        self._names = names
        self._request_id = request_id
        self.started = False
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            given: Any = message.get("headers", [])
            own = self._names.intersection([name for name, _ in given])
            added = [pair for pair in self._headers if pair[0] not in own] if own else self._headers
            message["headers"] = [*given, *added, (b"x-request-id", self._request_id.encode())]
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The caller's X-Request-Id if it is a harmless one, else a new id."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return str(value.decode("ascii"))
    return draw(8).hex()


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return str(getattr(route, "path", "unmatched"))
