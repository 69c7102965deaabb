# SPDX-License-Identifier: Apache-2.0
"""Question and answer between desk and platform: both signed, each bound to the other, nothing else counts."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from counterseal.gateways.platform_data import HttpPlatformData, NoPlatform
from counterseal.judicial.disclosure.ports import Wanted
from counterseal.judicial.disclosure.stored import NoPlatformError, PlatformError
from counterseal.judicial.requests.model import Window
from counterseal.sdk import platform_data as p
from tests.support.disclosures import SECRET, platform, serving

NOW = 1_717_891_200
OTHER = "whsec_" + "A" * 44
ASKED = p.DataRequest("q-1", "disclosure", "CS-1", (p.DataField("u-1", "email"),))


class Clock:
    def now(self) -> int:
        return NOW * 1000


def desk(url: str, secret: str = SECRET) -> HttpPlatformData:
    return HttpPlatformData(url, secret, Clock(), secrets.token_bytes)


def test_a_question_is_read_as_it_was_asked() -> None:
    headers, body = p.write_request(ASKED, SECRET, now=NOW)
    assert p.read_request(headers, body, [OTHER, SECRET], now=NOW + 299) == ASKED


@pytest.mark.parametrize(
    ("changes", "body", "now"),
    [
        ({}, b" ", NOW),
        ({p.ID: "q-2"}, b"", NOW),
        ({p.TIMESTAMP: str(NOW + 1)}, b"", NOW),
        ({p.TIMESTAMP: "soon"}, b"", NOW),
        ({p.SIGNATURE: ""}, b"", NOW),
        ({p.SIGNATURE: "v1,AAAA"}, b"", NOW),
        ({p.SIGNATURE: "\ud800"}, b"", NOW),
        ({}, b"", NOW + 301),
        ({}, b"", NOW - 301),
    ],
)
def test_a_question_that_was_touched_or_is_old_is_none(changes: dict[str, str], body: bytes, now: int) -> None:
    headers, sent = p.write_request(ASKED, SECRET, now=NOW)
    with pytest.raises(p.PlatformDataError):
        p.read_request(headers | changes, sent + body, [SECRET], now=now)


def test_neither_side_can_be_played_with_the_words_of_the_other() -> None:
    headers, body = p.write_request(ASKED, SECRET, now=NOW)
    with pytest.raises(p.PlatformDataError):
        p.read_answer(headers, body, [SECRET], asked=ASKED)
    told, answer = p.write_answer(ASKED, [p.FieldData("u-1", "email", "m@x.test")], SECRET)
    with pytest.raises(p.PlatformDataError):
        p.read_request(told | {p.TIMESTAMP: ""}, answer, [SECRET], now=NOW)
    other = p.DataRequest("q-2", "disclosure")
    with pytest.raises(p.PlatformDataError):
        p.read_answer(told, answer, [SECRET], asked=other)
    with pytest.raises(p.PlatformDataError):
        p.read_answer(told, answer.replace(b"m@x", b"n@x"), [SECRET], asked=ASKED)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_*", "secret"])
def test_a_short_secret_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        p.secret_bytes(secret)


@pytest.mark.parametrize("url", ["http://exchange.example/desk", "ftp://127.0.0.1/", "//x", "http://10.0.0.1/desk"])
def test_data_travel_over_tls_or_on_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        desk(url)


def test_the_example_exchange_answers_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with platform(tmp_path, Clock().now) as (records, url):
            records.write("u-1", "email", "mara@example.test")
            records.note("u-1", "sessions", 5, ip="203.0.113.7")
            records.note("u-1", "sessions", 9, ip="203.0.113.8")
            asking = desk(url)
            wanted = (Wanted("u-1", "email"), Wanted("u-1", "phone"), Wanted("u-1", "sessions", Window(5, 9)))
            email, sessions = await asking.fetch(wanted, request="CS-1", purpose="disclosure")
            assert (email.text, [row["ip"] for row in sessions.rows]) == ("mara@example.test", ["203.0.113.7"])
            assert await asking.meant("email", "mara@example.test") == ("u-1",)
            assert await asking.meant("email", "MARA@example.test") == ()
            headers, body = p.write_request(ASKED, SECRET, now=NOW)
            first = await asking._http.post(url, content=body, headers=headers)
            again = await asking._http.post(url, content=body, headers=headers)
            assert (first.status_code, again.status_code) == (200, 409)
            with pytest.raises(PlatformError) as refused:
                await desk(url, OTHER).fetch(wanted, request="CS-1", purpose="preview")
            assert refused.value.code == "platform_refused"

    asyncio.run(run())


def app_that(answer: Any) -> FastAPI:
    app = FastAPI()

    @app.post("/desk")
    async def desk_(request: Request) -> Any:
        return answer(p.read_request(request.headers, await request.body(), [SECRET], now=NOW))

    return app


def forged(asked: p.DataRequest) -> Response:
    headers, body = p.write_answer(asked, [p.FieldData("u-1", "email", "eve@example.test")], OTHER)
    return Response(body, headers=headers)


def unsigned(asked: p.DataRequest) -> Response:
    _, body = p.write_answer(asked, [], SECRET)
    return Response(body)


def moved(_asked: p.DataRequest) -> Response:
    return Response(status_code=307, headers={"location": "http://127.0.0.1:1/"})


def endless(_asked: p.DataRequest) -> Response:
    return Response(b"x" * 41 * 1024 * 1024)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (forged, "platform_unproved"),
        (unsigned, "platform_unproved"),
        (moved, "platform_refused"),
        (endless, "platform_away"),
    ],
)
def test_an_answer_that_proves_nothing_builds_nothing(answer: Any, code: str) -> None:
    async def run() -> None:
        async with serving(app_that(answer)) as origin:
            with pytest.raises(PlatformError) as found:
                await desk(f"{origin}/desk").fetch((Wanted("u-1", "email"),), request="CS-1", purpose="disclosure")
            assert found.value.code == code

    asyncio.run(run())


def test_nobody_there_is_said_so() -> None:
    with pytest.raises(PlatformError):
        asyncio.run(desk("http://127.0.0.1:9/desk").fetch((), request="", purpose="preview"))
    with pytest.raises(NoPlatformError) as found:
        asyncio.run(NoPlatform().fetch((), request="", purpose="preview"))
    assert found.value.code == "platform_missing"
