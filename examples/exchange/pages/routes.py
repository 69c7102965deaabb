# SPDX-License-Identifier: Apache-2.0
"""Joins the pages to the web part: routes, headers, and what becomes of an error."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from examples.exchange.errors import AwayError, ExchangeError
from examples.exchange.pages import account, attack, enter, prove, recover
from examples.exchange.pages.front import Front, SeeOtherError, sentence_of
from examples.exchange.service import on_error, problem

STATIC: Final = Path(__file__).parent / "static"
LOCAL: Final = frozenset({"127.0.0.1", "localhost"})


def policy_for(front: Front) -> str:
    """The Content-Security-Policy: no script at all. A form may lead to Counterseal, which it redirects to."""
    return (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        f"form-action 'self' {front.counterseal}; frame-ancestors 'none'; base-uri 'none'"
    )


def add_pages(app: FastAPI, front: Front) -> None:
    """Add every page to the web part's app."""
    app.state.front = front
    pages: list[Any] = [enter, account, prove, attack, recover]
    for module in pages:
        app.include_router(module.router, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with inner(app) as state:
            yield state
        await front.aclose()

    app.router.lifespan_context = lifespan
    headers = {
        "Content-Security-Policy": policy_for(front),
        "Referrer-Policy": "same-origin",  # not `no-referrer`: a form's Origin would be `null`
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }

    @app.middleware("http")
    async def around(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        if urlsplit(f"//{request.headers.get('Host', '')}").hostname not in LOCAL:
            return problem(421, "host_unknown", "this is a demonstration on this machine only")
        response = await call(request)
        for name, value in headers.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.exception_handler(SeeOtherError)
    async def elsewhere(_request: Request, error: SeeOtherError) -> Response:
        return front.go(error.path)

    @app.exception_handler(ExchangeError)
    async def wrong(request: Request, error: ExchangeError) -> Response:
        if "text/html" not in request.headers.get("Accept", ""):
            return await on_error(request, error)
        back = "/" if request.method == "GET" else urlsplit(request.headers.get("Referer", "/")).path or "/"
        said = {"sentence": sentence_of(error), "back": back, "away": isinstance(error, AwayError)}
        try:
            return await front.page(request, "wrong.html", error.status, **said)
        except ExchangeError:  # what stands around each page is away, too
            return front.bare(request, "wrong.html", error.status, **said)
