# SPDX-License-Identifier: Apache-2.0
"""The records over HTTP, for the judicial desk alone: every question is signed, and so is every answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from counterseal.sdk.platform_data import PlatformDataError, read_request, write_answer
from examples.exchange.records import Records, RepeatedError
from examples.exchange.service import problem

MOST_BYTES = 1_000_000  # of a question
log = logging.getLogger("exchange.records")


def create_records_app(records: Records, secret: str, clock: Callable[[], int]) -> FastAPI:
    """The app. `secret`: shared with the desk (`whsec_...`); `clock`: ms."""
    app = FastAPI(title="records", openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/desk")
    async def answer(request: Request) -> Any:
        if int(request.headers.get("content-length") or MOST_BYTES + 1) > MOST_BYTES:
            return problem(413, "too_large", "the question is too large")
        body = await request.body()
        try:
            asked = read_request(request.headers, body, [secret], now=clock() // 1000)
            records.begin(asked)
        except PlatformDataError as error:
            log.warning("a question was refused: %s", error.code)
            return problem(401, error.code, "this is no question of the desk")
        except RepeatedError as error:
            return problem(409, error.code, error.sentence)
        fields, accounts = records.answer(asked)
        headers, content = write_answer(asked, fields, secret, accounts=accounts)
        return Response(content, headers=headers)

    return app
