# SPDX-License-Identifier: Apache-2.0
"""Repeating a write is safe; reusing its key for another is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from counterseal.access.model import Scope
from counterseal.http.idempotency import canonical
from tests.support.http_app import Running, problem, running

TOKEN = {"name": "a", "platform": "exchange", "scopes": ["audit:read"]}


def with_app(function: Callable[[Running], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with running() as app:
            return await function(app)

    return asyncio.run(run())


def test_a_repetition_answers_the_same_and_does_nothing() -> None:
    async def run(app: Running) -> tuple[Any, ...]:
        headers = await app.headers(Scope.ADMIN, key="k-1")
        first = await app.client.post("/v1/tokens", headers=headers, json=TOKEN)
        size = app.store.log.tree.size
        second = await app.client.post("/v1/tokens", headers=headers, json=TOKEN)
        return first, second, size, app.store.log.tree.size

    first, second, before, after = with_app(run)
    assert (first.status_code, second.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json()["record"] == first.json()["record"]
    assert first.json()["token"].startswith("cs_")
    assert second.json()["token"] is None  # a token is shown once, also to who repeats
    assert before == after


def test_another_body_under_the_same_key_is_422() -> None:
    async def run(app: Running) -> Any:
        headers = await app.headers(Scope.ADMIN)
        await app.client.post("/v1/tokens", headers=headers, json=TOKEN)
        return await app.client.post("/v1/tokens", headers=headers, json=TOKEN | {"name": "b"})

    problem(with_app(run), 422, "idempotency_mismatch")


def test_another_path_of_the_same_template_is_422() -> None:
    async def run(app: Running) -> Any:
        headers = await app.headers(Scope.ADMIN)
        ids = [
            (await app.access.create_token(name=n, platform="p", scopes=[Scope.ADMIN], by="t")).token.id
            for n in "ab"
        ]
        first = await app.client.post(f"/v1/tokens/{ids[0]}/revoke", headers=headers)
        assert first.status_code == 200
        second = await app.client.post(f"/v1/tokens/{ids[1]}/revoke", headers=headers)
        assert (await app.access.token(ids[1])).revoked is None
        return second

    problem(with_app(run), 422, "idempotency_mismatch")


def test_two_callers_may_use_the_same_key() -> None:
    async def run(app: Running) -> list[Any]:
        both = [await app.headers(Scope.ADMIN, key="same") for _ in range(2)]
        return [await app.client.post("/v1/tokens", headers=each, json=TOKEN) for each in both]

    first, second = with_app(run)
    assert second.status_code == 201
    assert first.json()["record"]["id"] != second.json()["record"]["id"]


def test_a_write_without_a_key_is_400_with_advice() -> None:
    async def run(app: Running) -> Any:
        headers = await app.headers(Scope.ADMIN)
        del headers["Idempotency-Key"]
        return await app.client.post("/v1/tokens", headers=headers, json=TOKEN)

    assert "fresh random key" in problem(with_app(run), 400, "idempotency_key_required")["hint"]


@pytest.mark.parametrize("key", ["", " ", "a b", "a\x7f", "é", "a" * 256])
def test_a_key_is_visible_ascii(key: str) -> None:
    async def run(app: Running) -> Any:
        headers = await app.headers(Scope.ADMIN) | {"Idempotency-Key": key}
        raw = [(name, value.encode("latin-1")) for name, value in headers.items()]
        return await app.client.post("/v1/tokens", headers=raw, json=TOKEN)

    problem(with_app(run), 400, "idempotency_key_invalid")


def test_two_keys_are_refused() -> None:
    async def run(app: Running) -> Any:
        headers = [*(await app.headers(Scope.ADMIN)).items(), ("Idempotency-Key", "another")]
        return await app.client.post("/v1/tokens", headers=headers, json=TOKEN)

    problem(with_app(run), 400, "idempotency_key_invalid")


def test_who_asks_is_settled_before_what_is_asked() -> None:
    async def run(app: Running) -> Any:
        return await app.client.post("/v1/tokens", content=b"\xff" * 10)

    problem(with_app(run), 401, "unauthenticated")


def test_equal_json_is_one_body() -> None:
    assert canonical(b'{"b": 1, "a": [1, 2]}') == canonical(b'{"a":[1,2],"b":1}')
    assert canonical(b'{"a":[2,1]}') != canonical(b'{"a":[1,2]}')
    assert canonical(b'{"a":"1"}') != canonical(b'{"a":1}')
    assert canonical(b"") == b""
    assert canonical(b"a=1&b=2") == b"a=1&b=2"
