# SPDX-License-Identifier: Apache-2.0
"""What the parts' HTTP edges share: errors as problems (RFC 9457), and the token by which a part knows another."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from examples.exchange.errors import (
    AwayError,
    ExchangeError,
    RefusedError,
    RequestError,
    SignInError,
    TooManyError,
    UnknownError,
)

ERRORS = {
    kind.status: kind for kind in (AwayError, RefusedError, RequestError, SignInError, TooManyError, UnknownError)
}
RETRY_AFTER = "5"  # seconds


def problem(status: int, code: str, detail: str, **members: Any) -> JSONResponse:
    """A problem document."""
    headers = {"Retry-After": RETRY_AFTER} if status == AwayError.status else {}
    body = {"type": f"urn:exchange:problem:{code}", "status": status, "code": code, "detail": detail, **members}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def on_error(_request: Request, error: Exception) -> JSONResponse:
    """An ExchangeError as a problem."""
    if not isinstance(error, ExchangeError):
        raise error
    return problem(error.status, error.code, error.sentence)


def part(title: str, token: str, lifespan: Any = None) -> FastAPI:
    """The app of an inner part: nothing but callers with `token`, no documentation pages."""
    app = FastAPI(title=title, lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(ExchangeError, on_error)
    digest = hashlib.sha256(token.encode()).digest()

    @app.middleware("http")
    async def known_caller(request: Request, call: Callable[[Request], Awaitable[Any]]) -> Any:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(hashlib.sha256(given.encode()).digest(), digest):
            return problem(401, "caller_unknown", "this part is not for you")
        return await call(request)

    return app


class Part:
    """A client of an inner part. What is not an answer becomes AwayError: nothing may be assumed."""

    def __init__(self, http: httpx2.AsyncClient, token: str) -> None:
        self._http, self._headers = http, headers_for(token)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer; raises the ExchangeError that the part raised."""
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = await self._http.request(method, path, content=content, headers=self._headers)
        except httpx2.HTTPError as error:
            raise AwayError("part_away", "a part of the exchange does not answer") from error
        return _said(answer)


class PartClient:
    """The same for code that waits in a thread."""

    def __init__(self, http: httpx2.Client, token: str) -> None:
        self._http, self._headers = http, headers_for(token)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """See Part."""
        content = None if body is None else msgspec.json.encode(body)
        try:
            answer = self._http.request(method, path, content=content, headers=self._headers)
        except httpx2.HTTPError as error:
            raise AwayError("part_away", "a part of the exchange does not answer") from error
        return _said(answer)


def headers_for(token: str) -> dict[str, str]:
    """What a part sends with each request to another."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _said(answer: httpx2.Response) -> Any:
    try:
        said = answer.json()
    except ValueError as error:
        raise AwayError("part_away", "a part of the exchange does not answer") from error
    if answer.is_success:
        return said
    kind = ERRORS.get(answer.status_code)
    if kind is None or not isinstance(said, dict) or said.get("code", "caller_unknown") == "caller_unknown":
        raise AwayError("part_away", "a part of the exchange does not answer as it should")
    raise kind(said["code"], said.get("detail", ""))
