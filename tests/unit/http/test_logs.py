# SPDX-License-Identifier: Apache-2.0
"""Logs tell what happened and never what nobody may read."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
import structlog
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.http.auth import Caller, require
from counterseal.http.body import reply
from counterseal.http.logs import REDACTED, configure_logging, pseudonym, request_log, scrub
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from tests.support.http_app import running

TOKEN = "cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf27wFTL"
SEAL = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.eyJhY2NvdW50IjoidS0xMDAxIn0.c2lnbmF0dXJlLWJ5dGVz"
CODE = "493028"
MAIL = "lin.wei@example.com"
PHONE = "+86 138 0013 8000"
SEED = "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP"
SECRETS = (
    TOKEN,
    SEAL,
    CODE,
    MAIL,
    PHONE,
    "JBSWY3DPEHPK3PXP",
    "hunter2",
    "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh",
)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes, with the logging of the process put back afterwards."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level, structlog.get_config(), request_log.stream)
    written = io.StringIO()
    configure_logging(stream=written, level="debug")
    yield written
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.configure(**before[2])
    request_log.stream = before[3]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    "fields",
    [
        {"token": TOKEN},
        {"Authorization": f"Bearer {TOKEN}"},
        {"seal": SEAL},
        {"jws": SEAL},
        {"code": CODE},
        {"sms_code": CODE},
        {"otp": int(CODE)},
        {"contact": MAIL},
        {"to": PHONE},
        {"new_phone": PHONE},
        {"totp_seed": "JBSWY3DPEHPK3PXP"},
        {"password": "hunter2"},
        {"destination": "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh"},
        {"value": "hunter2"},
        {"detail": f"sent {CODE} to {MAIL} and {PHONE}"},
        {"detail": f"with {TOKEN} and {SEAL}"},
        {"url": SEED},
        {"smtp": f"smtp://user:hunter2@mail.{MAIL}"},
        {"request": {"headers": {"authorization": TOKEN}, "body": {"code": CODE}}},
        {"items": [{"contact": MAIL}, f"to {PHONE}", (CODE,)]},
        {"raw": SEAL.encode()},
        {"thing": type("Thing", (), {"__repr__": lambda _: f"<Thing {TOKEN} {MAIL}>"})()},
        {MAIL: 1},
        {"deep": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": "hunter2"}}}}}}}}},
    ],
)
def test_no_secret_and_no_contact_reaches_the_log(stream: io.StringIO, fields: dict[str, Any]) -> None:
    structlog.get_logger("area").info("something happened", **fields)
    text = stream.getvalue()
    assert [secret for secret in SECRETS if secret in text] == []
    assert REDACTED in text
    assert lines(stream)[0]["event"] == "something happened"


def test_secrets_in_events_tracebacks_and_libraries_are_hidden_too(stream: io.StringIO) -> None:
    structlog.get_logger("area").warning(f"code {CODE} for {MAIL}")
    logging.getLogger("some.library").warning("could not send %s to %s", CODE, PHONE)
    logging.getLogger("uvicorn.error").error("token %s", TOKEN)
    try:
        int(SEAL)  # its message quotes the text
    except ValueError:
        structlog.get_logger("area").exception("failed")
        logging.getLogger("library").exception("failed")
    text = stream.getvalue()
    assert [secret for secret in SECRETS if secret in text] == []
    written = lines(stream)
    assert len(written) == 5
    assert all("Traceback" in line["exception"] for line in written[-2:])
    assert {line["level"] for line in written} == {"warning", "error"}


def test_what_is_ours_stays_readable(stream: io.StringIO) -> None:
    structlog.get_logger("area").info(
        "decided",
        action_id="12345678",
        account=pseudonym("u-1001", b"k" * 32),
        token_id="287643656737237310",
        seal_id="123456",
        outcome="hold",
        rule="withdraw",
        until=1_717_891_200_000,
        trusted=True,
        none=None,
    )
    line = lines(stream)[0]
    assert REDACTED not in stream.getvalue()
    assert (line["action_id"], line["until"], line["rule"]) == ("12345678", 1_717_891_200_000, "withdraw")
    assert line["timestamp"].endswith("Z")
    assert line["logger"] == "area"


@pytest.mark.parametrize(
    "text",
    [
        "hold until 2024-06-09T10:00:00Z",
        "policy 3f2a91c07d",
        "took 12345 ms",
        "line 12, column 3",
        "v1.2.3",
        "127.0.0.1:8400",
    ],
)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert scrub(text) == text


def test_the_level_is_kept(stream: io.StringIO) -> None:
    configure_logging(stream=stream, level="warning")
    structlog.get_logger("area").info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger("area").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_the_console_style_is_for_people(stream: io.StringIO) -> None:
    configure_logging(stream=stream, style="console")
    structlog.get_logger("area").info("hello", rule="withdraw", code=CODE)
    assert "hello" in stream.getvalue()
    assert CODE not in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        lines(stream)


def test_a_pseudonym_is_stable_under_one_key_and_says_nothing() -> None:
    one = pseudonym("u-1001", b"a" * 32)
    assert one == pseudonym("u-1001", b"a" * 32)
    assert one != pseudonym("u-1001", b"b" * 32)
    assert one != pseudonym("u-1002", b"a" * 32)
    assert "1001" not in one


@pytest.mark.parametrize(("setting", "expected"), [("all", [200, 404]), ("failures", [404]), ("off", [])])
def test_the_access_log_names_routes_and_never_ids_of_paths(
    stream: io.StringIO, setting: str, expected: list[int]
) -> None:
    async def run() -> str:
        async with running(access_log=setting) as app:
            headers = await app.headers(Scope.ADMIN)
            await app.client.get("/v1/tokens", headers=headers | {"X-Request-Id": "my-request"})
            await app.client.get("/v1/tokens/lin-wei?note=personal", headers=headers)
            return headers["Authorization"].removeprefix("Bearer ")

    token = asyncio.run(run())
    written = [line for line in lines(stream) if line["event"] == "request"]
    assert [line["status"] for line in written] == expected
    for secret in (token, "lin-wei", "personal"):
        assert secret not in stream.getvalue()
    if expected:
        assert written[-1]["error_code"] == "token_not_found"
    for line in written:
        assert line["route"] in {"/v1/tokens", "/v1/tokens/{token}"}
        assert line["token_id"]
    if setting == "all":
        assert written[0]["request_id"] == "my-request"


def test_a_request_is_logged_under_the_accounts_pseudonym(stream: io.StringIO) -> None:
    router = Router(tags=["accounts"])

    @router.get("/v1/people/{account}/{action}", **operation("Read"))
    async def read(account: str, action: str, _caller: Annotated[Caller, require(Scope.ADMIN)]) -> Response:
        structlog.get_logger("area").info("looked", found=bool(account and action))
        return reply({})

    async def run() -> bytes:
        async with running(access_log="all", routers=[router]) as app:
            await app.client.get("/v1/people/lin-wei/act-1", headers=await app.headers(Scope.ADMIN))
            return app.services.pseudonym_key

    expected = pseudonym("lin-wei", asyncio.run(run()))
    written = [line for line in lines(stream) if line["logger"] != "asyncio"]
    assert [(line["event"], line["account"], line["action_id"]) for line in written] == [
        ("looked", expected, "act-1"),
        ("request", expected, "act-1"),
    ]
    assert "lin-wei" not in stream.getvalue()


def test_what_a_route_binds_is_redacted_in_the_request_line(stream: io.StringIO) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(contact=MAIL, note=f"called {PHONE}", request_id="r")
    request_log.write({"method": "GET", "route": "/x", "status": 200, "ms": 1.5})
    structlog.contextvars.clear_contextvars()
    line = lines(stream)[0]
    assert (line["contact"], line["note"], line["ms"]) == (REDACTED, f"called {REDACTED}", 1.5)


def written_requests(stream: io.StringIO) -> list[Any]:
    """The `ms` of each request line; asyncio itself logs the selector of a new loop."""
    return [line["ms"] for line in lines(stream) if line["event"] == "request"] if stream.getvalue() else []


def test_request_lines_are_written_at_the_end_of_a_turn_of_the_loop(stream: io.StringIO) -> None:
    async def run(*numbers: int) -> list[Any]:
        for number in numbers:
            request_log.write({"method": "GET", "route": "/x", "status": 200, "ms": number})
        before = written_requests(stream)
        await asyncio.sleep(0)
        return before

    assert asyncio.run(run(0, 1, 2)) == []
    assert written_requests(stream) == [0, 1, 2]
    assert asyncio.run(run(3)) == [0, 1, 2]
    assert written_requests(stream) == [0, 1, 2, 3]


def test_a_loop_that_died_does_not_keep_the_next_ones_lines(stream: io.StringIO) -> None:
    def write(number: int) -> None:
        request_log.write({"method": "GET", "route": "/x", "status": 200, "ms": number})

    async def turn(number: int) -> None:
        write(number)

    loop = asyncio.new_event_loop()
    asyncio.events._set_running_loop(loop)
    write(1)
    asyncio.events._set_running_loop(None)
    loop.close()  # before its turn: the flush that it was asked for never runs
    assert written_requests(stream) == []
    asyncio.run(turn(2))
    assert written_requests(stream) == [1, 2]
