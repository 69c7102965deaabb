# SPDX-License-Identifier: Apache-2.0
"""JSON that two readers could take differently, and JSON that costs: depth, digits, names twice."""

from __future__ import annotations

import time

import pytest

from counterseal.http.idempotency import canonical
from tests.support.server import Live, any_problem, served

JSON = {"Content-Type": "application/json"}


@served()
async def test_a_name_twice_means_the_same_to_all_of_us(live: Live) -> None:
    """The last one counts, for the body, for the digest of the key and for what is signed: one parser for all."""
    person = await live.owner()
    path = f"/v1/accounts/{person.account}/actions"
    twice = b'{"action":"withdraw_small","action":"login","objects":{"session":"s1","device":"d1"}}'
    once = b'{"action":"login","objects":{"device":"d1","session":"s1"}}'
    first = await live.call("POST", path, key="k" * 8, content=twice, headers=JSON)
    assert first.json()["action"] == "login", first.text
    again = await live.call("POST", path, key="k" * 8, content=once, headers=JSON)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    assert canonical(twice) == canonical(once)


@served()
async def test_what_comes_twice_is_refused(live: Live) -> None:
    """Query names, fields of forms, cookies, credentials, keys: HTTP parameter pollution finds nothing."""
    person = await live.owner()
    twice = await live.call("GET", "/v1/tokens?limit=1&limit=2")
    assert any_problem(twice)["status"] == 422
    path = f"/v1/accounts/{person.account}/freeze"
    sent = [
        ("Authorization", f"Bearer {live.tokens['platform']}"),
        ("Idempotency-Key", "a" * 8),
        ("Content-Type", "application/json"),
    ]
    for extra in (sent[0], sent[1]):
        answer = await live.client.request("POST", path, headers=[*sent, extra], content=b"{}")
        assert any_problem(answer)["status"] in {400, 401}
    cookies = [("Cookie", "counterseal_staff=a"), ("Cookie", "counterseal_staff=b")]
    assert (await live.client.request("GET", "/v1/staff/session", headers=cookies)).status_code == 401
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await live.client.request("POST", "/freeze/abc", headers=form, content=b"a=1&a=2")
    assert 400 <= answer.status_code < 500


COSTLY = {
    "deep lists": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 12_000 + b"1" + b"}" * 12_000,
    "digits": b'{"account":' + b"9" * 60_000 + b"}",
    "a huge exponent": b'{"account": 1e999999999}',
    "minus": b'{"account": -' + b"0" * 60_000 + b"}",
    "many names": b"{" + b",".join(b'"%d":0' % n for n in range(6_000)) + b"}",
    "escapes": b'{"account":"' + b"\\u0041" * 10_000 + b'"}',
    "surrogates": b'{"account":"' + b"\\ud800" * 10_000 + b'"}',
    "no end": b'{"account":"' + b"a" * 60_000,
    "white space": b" " * 60_000 + b"{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"account":"x"}'.encode("utf-16"),
    "NaN": b'{"account": NaN}',
    "comments": b'{"account": "x" /* y */}',
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_document_costs_little(name: str) -> None:
    """The form that the Idempotency-Key is compared by is made of every body, before it is known to fit."""
    began = time.process_time()
    canonical(COSTLY[name])
    assert time.process_time() - began < 0.25


@served()
async def test_a_costly_document_is_refused(live: Live) -> None:
    for name, content in COSTLY.items():
        answer = await live.call("POST", "/v1/accounts", content=content, headers=JSON)
        assert any_problem(answer)["status"] in {400, 413, 422}, name
