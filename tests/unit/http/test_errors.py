# SPDX-License-Identifier: Apache-2.0
"""Every error becomes a problem with the right status, and says no more than it may."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Annotated, Any

import msgspec
import pytest
from starlette.responses import Response

from counterseal.access.model import Scope
from counterseal.core.errors import (
    ConflictError,
    CountersealError,
    ForbiddenError,
    InputError,
    NotFoundError,
    PolicyError,
    Span,
    ThrottledError,
    UnavailableError,
)
from counterseal.core.transaction import IdempotencyMismatchError, StoreUnavailableError, TimerGoneError
from counterseal.http.auth import Caller, require
from counterseal.http.body import Body, json_body, pointer_of, reply
from counterseal.http.errors import InsufficientAuthenticationError, response_for, status_of
from counterseal.http.idempotency import Write, idempotent
from counterseal.http.logs import configure_logging
from counterseal.http.openapi import operation
from counterseal.http.routing import Router
from tests.support.http_app import NOW, Running, pointers, problem, running


class Payment(Body, frozen=True):
    asset: str
    amount: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}$")]


class Order(Body, frozen=True):
    name: str
    payments: tuple[Payment, ...] = ()
    labels: dict[str, str] = msgspec.field(default_factory=dict)


def shop() -> Router:
    """A small router, as an area would write it."""
    router = Router(tags=["shop"])

    @router.post("/v1/orders/{order}", **operation("Order"))
    async def order(
        order: str,
        _caller: Annotated[Caller, require(Scope.ACTIONS_WRITE)],
        _write: Annotated[Write, idempotent],
        asked: Annotated[Order, json_body(Order)],
    ) -> Response:
        if asked.name == "explode":
            raise RuntimeError("the seal eyJhbGciOiJFZERTQSJ9.e30.c2ln leaked with 123456 to owner@example.com")
        if asked.name == "internal":
            raise CountersealError("an inner detail that no caller may read", code="inner")
        if asked.name == "throttled":
            raise ThrottledError("too many wrong answers", retry_at=NOW + 2_500)
        if asked.name == "away":
            raise StoreUnavailableError("the store does not answer")
        return reply({"order": order, "name": asked.name})

    @router.get("/v1/orders/{order}", **operation("Read"))
    async def read_order(order: str, _caller: Annotated[Caller, require(Scope.ACTIONS_READ)]) -> Response:
        return reply({"order": order})

    @router.get("/v1/positions/{position}", **operation("Position"))
    async def position(position: int, _caller: Annotated[Caller, require(Scope.ACTIONS_READ)]) -> Response:
        return reply({"position": position})

    return router


def order(**options: Any) -> Any:
    """Run one POST with the right token; `content` or `json`, `headers`, `path` may be given."""

    async def run() -> Any:
        async with running(routers=[shop()]) as app:
            headers = await app.headers(Scope.ACTIONS_WRITE) | options.pop("headers", {})
            headers = {name: value for name, value in headers.items() if value is not None}
            return await app.client.post(options.pop("path", "/v1/orders/o1"), headers=headers, **options)

    return asyncio.run(run())


def get(path: str, *, method: str = "GET", **options: Any) -> Any:
    async def run() -> Any:
        async with running(routers=[shop()]) as app:
            headers = await app.headers(Scope.ACTIONS_READ) | options.pop("headers", {})
            return await app.client.request(method, path, headers=headers, **options)

    return asyncio.run(run())


def test_a_good_request_is_served() -> None:
    response = order(json={"name": "a", "payments": [{"asset": "BTC", "amount": "1"}]})
    assert (response.status_code, response.json()) == (200, {"order": "o1", "name": "a"})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("x"), 422),
        (NotFoundError("x"), 404),
        (ConflictError("x"), 409),
        (TimerGoneError("x"), 409),
        (ForbiddenError("x"), 403),
        (IdempotencyMismatchError("x"), 422),
        (ThrottledError("x", retry_at=0), 429),
        (UnavailableError("x"), 503),
        (StoreUnavailableError("x"), 503),
        (PolicyError("x", span=Span(1, 2)), 422),
        (CountersealError("x"), 500),
        (ValueError("x"), 500),
    ],
)
def test_the_table_gives_the_status_of_the_nearest_class(error: Exception, status: int) -> None:
    assert status_of(error) == status


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ["/name"]),
        ({"name": 1}, ["/name"]),
        ({"name": "a", "nmae": "b"}, ["/nmae"]),
        ({"name": "a", "x~/y": "b"}, ["/x~0~1y"]),
        ([], [""]),
        ({"name": "a", "payments": [{"asset": "B", "amount": "1"}, {"asset": 1}]}, ["/payments/1/asset"]),
        ({"name": "a", "payments": [{"asset": "B"}]}, ["/payments/0/amount"]),
        ({"name": "a", "payments": [{"asset": "B", "amount": 1.5}]}, ["/payments/0/amount"]),
        ({"name": "a", "payments": [{"asset": "B", "amount": "1e9"}]}, ["/payments/0/amount"]),
        ({"name": "a", "labels": {"k": 1}}, ["/labels"]),
        ({"name": "a\0b"}, ["/name"]),
        ({"name": "a", "labels": {"k": "\0"}}, ["/labels/k"]),
        ({"name": "a", "labels": {"\0": "v"}}, ["/labels"]),
    ],
)
def test_a_body_that_does_not_fit_is_422_with_pointers(body: Any, expected: list[str]) -> None:
    assert pointers(problem(order(json=body), 422, "validation_failed")) == expected


def test_an_escaped_backslash_is_no_nul() -> None:
    response = order(content=rb'{"name":"\\u0000"}', headers={"Content-Type": "application/json"})
    assert response.json()["name"] == "\\u0000"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"name":"\xff"}', b'{"name":"\\ud800"}', b'{"name":"\\udc00x"}', b"nul", b'{"name":"a"}x'],
)  # fmt: skip
def test_what_is_not_json_in_utf8_is_400(content: bytes) -> None:
    problem(order(content=content, headers={"Content-Type": "application/json"}), 400, "json_invalid")


@pytest.mark.parametrize("content", [b"[" * 30_000, b'{"name":' * 5_000, b'{"labels":' + b"[" * 30_000])
def test_deep_nesting_breaks_nothing(content: bytes) -> None:
    response = order(content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_another_media_type_is_415(content_type: str | None) -> None:
    response = order(content=b'{"name":"a"}', headers={"Content-Type": content_type})
    problem(response, 415, "media_type_unsupported")


def test_a_charset_parameter_is_fine() -> None:
    response = order(content=b'{"name":"a"}', headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert response.status_code == 200


def test_a_declared_length_over_the_limit_is_413() -> None:
    problem(order(json={"name": "a" * 70_000}), 413, "body_too_large")


def test_an_undeclared_length_over_the_limit_is_413_and_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        for _ in range(1000):
            sent += 4096
            yield b" " * 4096

    response = order(content=endless(), headers={"Content-Type": "application/json"})
    problem(response, 413, "body_too_large")
    assert sent <= 64 * 1024 + 2 * 4096


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/orders/%00", "nul_character"),
        ("/v1/orders/a%00b", "nul_character"),
        ("/v1/orders/%ED%A0%80", "encoding_invalid"),
        ("/v1/orders/%FF", "encoding_invalid"),
        ("/v1/orders/a?x=%ED%BF%BF", "encoding_invalid"),
        ("/v1/orders/a?x=%00", "nul_character"),
        ("/v1/orders/" + "a" * 3000, "target_too_long"),
    ],
)
def test_a_target_that_is_no_clean_text_is_400(path: str, code: str) -> None:
    problem(get(path), 400, code)


@pytest.mark.parametrize("identity", ["a@b.c", "a:b", "a%20b", "%E4%BD%A0", "a" * 129])
def test_a_path_parameter_that_is_no_id_is_422(identity: str) -> None:
    assert pointers(problem(get(f"/v1/orders/{identity}"), 422, "path_invalid")) == ["/path/order"]


@pytest.mark.parametrize("number", ["-1", "1.5", "01", "9" * 16, "x", "%D9%A1"])
def test_a_path_number_must_be_one(number: str) -> None:
    problem(get(f"/v1/positions/{number}"), 422, "path_invalid")


def test_a_path_number_arrives_as_int() -> None:
    assert get("/v1/positions/17").json() == {"position": 17}


def test_an_unknown_route_is_a_problem() -> None:
    problem(get("/v1/nothing"), 404, "route_not_found")
    problem(get("/v1/orders/o1/"), 404, "route_not_found")


def test_a_wrong_method_names_all_that_the_path_takes() -> None:
    response = get("/v1/orders/o1", method="DELETE")
    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, POST"


def test_throttling_says_when_to_come_back() -> None:
    response = order(json={"name": "throttled"})
    problem(response, 429, "throttled")
    assert response.headers["retry-after"] == "3"


def test_an_absent_store_is_503_with_retry_after() -> None:
    response = order(json={"name": "away"})
    problem(response, 503, "store_unavailable")
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize("name", ["explode", "internal"])
def test_the_unexpected_is_500_without_details_and_logged_with_them(name: str) -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    response = order(json={"name": name}, headers={"X-Request-Id": "request-0001"})
    body = problem(response, 500, "internal_error")
    assert response.headers["x-request-id"] == "request-0001"
    assert "inner" not in response.text
    assert "leaked" not in response.text
    assert body["detail"] == "something went wrong on our side"
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    found = [line for line in lines if line["event"] == "request failed"]
    assert [line["request_id"] for line in found] == ["request-0001"]
    assert "Traceback" in found[0]["exception"]
    assert "/v1/orders/{order}" in found[0]["route"]
    for secret in ("eyJ", "123456", "owner@example.com"):
        assert secret not in stream.getvalue()


def test_a_request_id_that_is_not_harmless_is_replaced() -> None:
    response = get("/v1/orders/o1", headers={"X-Request-Id": 'x" onload="'})
    assert len(response.headers["x-request-id"]) == 16


def test_stronger_authentication_is_asked_for_as_rfc_9470_says() -> None:
    error = InsufficientAuthenticationError("sign in with your passkey", acr=["passkey"], max_age=300)
    response = response_for(error, request_id="r", now=0)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == (
        'Bearer error="insufficient_user_authentication", acr_values="passkey", max_age=300'
    )


def test_every_answer_carries_the_security_headers() -> None:
    for response in (get("/v1/orders/o1"), get("/v1/nothing"), order(json={"name": "explode"})):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "strict-transport-security" not in response.headers


def test_https_promises_to_stay_https() -> None:
    async def run() -> Any:
        async with running(base_url="https://guard.example") as app:
            return await app.client.get("/healthz")

    assert "max-age=" in asyncio.run(run()).headers["strict-transport-security"]


def test_half_a_body_then_a_hang_up_is_no_error() -> None:
    async def run() -> tuple[list[Any], bytes]:
        async with running(routers=[shop()]) as app:
            return await _hang_up(app), app.services.metrics.render()

    sent, metrics = asyncio.run(run())
    assert sent == []
    assert b'route="/v1/orders/{order}",status="499"' in metrics
    assert b"internal_errors_total 0.0" in metrics


async def _hang_up(app: Running) -> list[Any]:
    """Speak ASGI by hand: a client that disconnects in the middle of its body."""
    headers = await app.headers(Scope.ACTIONS_WRITE) | {"Content-Type": "application/json"}
    messages = [
        {"type": "http.request", "body": b'{"name"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/orders/o1",
        "raw_path": b"/v1/orders/o1",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app.app(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("path", "pointer"),
    [("", ""), (".a", "/a"), (".a[0].b", "/a/0/b"), (".a[...]", "/a"), ("[3]", "/3"), (".a/b", "/a~1b")],
)
def test_msgspec_paths_become_json_pointers(path: str, pointer: str) -> None:
    assert pointer_of(path) == pointer
