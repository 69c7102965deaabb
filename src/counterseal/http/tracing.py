# SPDX-License-Identifier: Apache-2.0
"""A span around each request, inside the edge. This layer is there only where `otlp` is set.

The span knows the route's template, never the path, a query, a header or a body; the account by the pseudonym of
the logs. Neither request nor action ids: callers choose the first, and paths carry the second.
"""

from __future__ import annotations

from typing import Final

from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, get_contextvars

from counterseal.gateways.telemetry import Telemetry, remote_parent, trace_id
from counterseal.http.middleware import METHODS

UNTRACED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask every few seconds."""
SERVER_ERROR: Final = 500


class Traced:
    """Wraps the app."""

    def __init__(self, app: ASGIApp, *, telemetry: Telemetry) -> None:
        self.app = app
        self.telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request in a span; its trace id goes into the log lines and problems of the request."""
        if scope["type"] != "http" or scope["path"] in UNTRACED:
            await self.app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        parent = remote_parent(scope["headers"])
        status: list[int] = []

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        with self.telemetry.span(method, kind=SpanKind.SERVER, parent=parent) as span:
            if (found := trace_id(span)) == "":
                await self.app(scope, receive, send)
                return
            bind_contextvars(trace_id=found)
            try:
                await self.app(scope, receive, noted)
            finally:
                _describe(span, scope, method, status[0] if status else 0)


def _describe(span: Span, scope: Scope, method: str, status: int) -> None:
    """Names of the HTTP semantic conventions (OpenTelemetry 1.23 and later)."""
    route = getattr(scope.get("route"), "path", "unmatched")
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route})
    if status:
        span.set_attribute("http.response.status_code", status)
    if status >= SERVER_ERROR:
        span.set_status(Status(StatusCode.ERROR))
    bound = get_contextvars()
    if "account" in bound:  # a pseudonym: http/routing.py
        span.set_attribute("counterseal.account", bound["account"])
    if "error_code" in bound:
        span.set_attribute("error.type", bound["error_code"])
