# SPDX-License-Identifier: Apache-2.0
"""Prices of the past from a service over HTTP: asked for one pair, and nothing else is taken from it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from counterseal.gateways.price_history import HttpPriceSource, PriceSourceError
from tests.support.disclosures import serving as listening
from tests.support.server import HOUR, START, Live, problem, serving

ASK = {"asset": "BTC", "currency": "USD", "since": START - HOUR, "until": START}
GOOD = {"at": START - 60_000, "value": "69300.50", "source": "kaiko"}


class Service:
    """A price service that answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Response = JSONResponse({"prices": [GOOD]})
        self.asked: list[tuple[dict[str, str], str]] = []
        self.app = FastAPI()

        @self.app.get("/prices")
        async def prices(request: Request) -> Any:
            self.asked.append((dict(request.query_params), request.headers.get("authorization", "")))
            return self.answer


def with_service(test: Callable[[Live, Service], Awaitable[None]]) -> Callable[[Path], None]:
    @functools.wraps(test)
    def run(tmp_path: Path) -> None:
        async def inside() -> None:
            service = Service()
            (tmp_path / "token").write_text("secret-token\n")
            async with listening(service.app) as origin:
                settings = {"prices": {"url": f"{origin}/prices", "token_file": tmp_path / "token"}}
                async with serving(tmp_path, losses=settings) as live:
                    await test(live, service)

        asyncio.run(inside())

    del run.__wrapped__  # pytest reads the signature: it takes the folder
    return run


@with_service
async def test_what_the_service_says_is_taken_in_once_and_found(live: Live, service: Service) -> None:
    made = await live.post("/v1/prices/history/fetch", ASK, key="k")
    assert (made["rows"], made["new"]) == (1, 1)
    query = {name: str(value) for name, value in ASK.items()}
    assert service.asked == [(query, "Bearer secret-token")]
    again = await live.call("POST", "/v1/prices/history/fetch", ASK, key="k")
    assert (again.json(), len(service.asked)) == (made, 1)
    window = f"asset=BTC&currency=USD&since={ASK['since']}&until={ASK['until']}"
    (held,) = (await live.get(f"/v1/prices/history?{window}"))["items"]
    assert (Decimal(held["value"]), held["source"]) == (Decimal("69300.5"), "kaiko")


@with_service
async def test_an_answer_that_is_not_as_it_should_be_is_refused_whole(live: Live, service: Service) -> None:
    far = {**GOOD, "at": START - 2 * HOUR}
    wrong: list[tuple[Response, int, str]] = [
        (JSONResponse({"prices": [GOOD, far]}), 503, "price_source_error"),
        (JSONResponse({"prices": [GOOD, {**GOOD, "value": 1.5}]}), 503, "price_source_error"),
        (JSONResponse({"error": "no"}), 503, "price_source_error"),
        (Response("x" * (5 * 1024 * 1024)), 503, "price_source_error"),
        (JSONResponse({}, status_code=500), 503, "price_source_error"),
        (RedirectResponse("/elsewhere"), 503, "price_source_error"),
        (JSONResponse({"prices": [GOOD, {**GOOD, "at": START - 1, "value": "-3"}]}), 422, "csv_invalid"),
        (JSONResponse({"prices": []}), 422, "csv_invalid"),
    ]
    for answer, status, code in wrong:
        service.answer = answer
        problem(await live.call("POST", "/v1/prices/history/fetch", ASK), status, code)
    window = f"asset=BTC&currency=USD&since={ASK['since']}&until={ASK['until']}"
    assert (await live.get(f"/v1/prices/history?{window}"))["items"] == []
    wide = {**ASK, "since": 0}
    problem(await live.call("POST", "/v1/prices/history/fetch", wide), 422, "window_invalid")


def test_nobody_is_asked_unless_it_is_set_up(tmp_path: Path) -> None:
    async def inside() -> None:
        async with serving(tmp_path) as live:
            problem(await live.call("POST", "/v1/prices/history/fetch", ASK), 409, "price_source_missing")

    asyncio.run(inside())


def test_a_url_has_to_be_https_or_of_this_machine() -> None:
    for url in ("http://prices.example/", "ftp://127.0.0.1/", "prices"):
        with pytest.raises(ValueError, match="https"):
            HttpPriceSource(url)
    with pytest.raises(PriceSourceError):
        asyncio.run(HttpPriceSource("http://127.0.0.1:9/").quoted("BTC", "USD", 0, 1))
