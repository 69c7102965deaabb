# SPDX-License-Identifier: Apache-2.0
"""Whatever comes, the answer is a problem with a code, never a 500, and nothing is written."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.support.server import Live, any_problem, problem, served

JSON = {"Content-Type": "application/json"}
REGISTER = "/v1/accounts"


async def raw(live: Live, path: str, content: bytes, method: str = "POST", **headers: str) -> Any:
    """A body as bytes, by the platform."""
    given = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return await live.call(method, path, content=content, headers=given)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"account": "a"' + b" " * 65536 + b"}", 413, "body_too_large"),
        (b"", 400, "json_invalid"),
        (b"{", 400, "json_invalid"),
        (b"\xff\xfe{}", 400, "json_invalid"),
        (b'{"account": "\xed\xa0\x80"}', 400, "json_invalid"),
        (b'{"account": "\\ud800"}', 400, "json_invalid"),
        (b"[" * 60_000, 422, "validation_failed"),
        (b'{"account": "a", "factors": ' + b"[" * 60_000, 422, "validation_failed"),
        (b'{"account":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, 422, "validation_failed"),
        (b"null", 422, "validation_failed"),
        (b"[]", 422, "validation_failed"),
        (b"NaN", 400, "json_invalid"),
        (b'{"account": 1}', 422, "validation_failed"),
        (b'{"account": "a", "acount": "b"}', 422, "validation_failed"),
        (b'{"account": "a", "phrase": "a\\u0000b"}', 422, "validation_failed"),
        (b'{"account": "' + b"a" * 300 + b'"}', 422, "validation_failed"),
        (b'{"account": "../../etc/passwd"}', 422, "validation_failed"),
        (b'{"account": "a", "factors": [{"factor": 1}]}', 422, "validation_failed"),
        (b'{"account": "a", "factors": [{"factor": "totp", "secret": "***"}]}', 422, "factor_secret"),
        (b'{"account": "a", "factors": [{"factor": "sms", "contact": "call me"}]}', 422, "contact_invalid"),
        (b'{"account": "a", "factors": [{"factor": "sms"}]}', 422, "contact_missing"),
        (b'{"account": "a", "factors": [{"factor": "rune"}]}', 422, "unknown_factor_class"),
        (b'{"account": "a", "contacts": [{"channel": "pigeon", "value": "x"}]}', 422, "unknown_channel"),
        (
            b'{"account": "a", "objects": [{"kind": "device", "facts": ["address"], "id": "d"}]}',
            422,
            "unknown_fact",
        ),
        (b'{"account": "a", "objects": [{"kind": "device", "facts": ["device"], "id": "a b"}]}', 422, "object_id"),
        (
            b'{"account": "a", "objects": [{"kind": "address", "facts": ["address"], "id": "x"}]}',
            422,
            "address_form",
        ),
        (b'{"account": "a", "language": "fr"}', 422, "validation_failed"),
    ],
    ids=lambda value: str(value)[:48],
)
@served()
async def test_a_bad_registration(live: Live, content: bytes, status: int, code: str) -> None:
    """Oversized, malformed, nested, of wrong types, with unknown fields, NUL, surrogates, odd ids."""
    response = await raw(live, REGISTER, content)
    found = any_problem(response)
    if code == "factor_secret":
        assert found["code"] not in {"", "internal_error"}
        assert found["status"] == 422
    else:
        assert (response.status_code, found["code"]) == (status, code), response.text
    any_problem(await live.call("GET", "/v1/accounts/a"))


@served()
async def test_a_wrong_type_is_named_by_a_pointer(live: Live) -> None:
    """422 says where: a JSON pointer into the body or the query."""
    body = b'{"account": "a", "factors": [{"factor": "sms"}, {"factor": 7}]}'
    found = problem(await raw(live, REGISTER, body), 422, "validation_failed")
    assert [fault["pointer"] for fault in found["errors"]] == ["/factors/1/factor"]
    body = b'{"account": "a", "objects": [{"kind": "device", "facts": ["device"], "id": "d", "sinze": 1}]}'
    found = problem(await raw(live, REGISTER, body), 422, "validation_failed")
    assert [fault["pointer"] for fault in found["errors"]] == ["/objects/0/sinze"]
    found = problem(await live.call("GET", "/v1/log/inclusion?position=x"), 422, "validation_failed")
    assert [fault["pointer"] for fault in found["errors"]] == ["/query/position"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
@served()
async def test_another_media_type_is_415(live: Live, kind: str) -> None:
    """Only JSON."""
    response = await live.call("POST", REGISTER, content=b"{}", headers={"Content-Type": kind} if kind else {})
    problem(response, 415, "media_type_unsupported")


AMOUNTS = [
    "-1", "0", "-0", "NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "1e400", "1E+5000000", "1e-40", "0e0",
    "9" * 31, "9" * 30, "9" * 29 + ".99", "9" * 28, "1" + "0" * 29, "0." + "0" * 30 + "1", "1" * 60,
    "0x10", "1,000", " 1", "1_000", "", "\u0661", "1e", "--1", "9" * 26 + "." + "9" * 30,
]  # fmt: skip


@pytest.mark.parametrize("place", ["amount", "fee_cap", "lock", "coverage", "price"])
@served()
async def test_odd_amounts_are_never_a_500(live: Live, place: str) -> None:
    """Negative, huge, tiny, not-a-number, exponents: refused with 422, or taken as the number that they are."""
    person = await live.owner()
    for amount in [*AMOUNTS, 1e308, -1, 10**40, True, None, [], {}]:
        if place in {"amount", "fee_cap"}:
            payment = person.request("withdraw_small", amount="1")["payment"] | {place: amount}
            body = person.request("withdraw_small", payment=payment)
            response = await live.call("POST", f"/v1/accounts/{person.account}/actions", body)
            if response.is_success and place == "amount":
                for factor in ("totp", "email"):
                    await person.prove(response.json(), factor)
                await live.settle()
        elif place == "lock":
            person = await live.owner()
            body = person.request("tighten_lock", lock={"outflow": "withdraw_small", "limit": amount})
            response = await live.call("POST", f"/v1/accounts/{person.account}/actions", body)
            if response.is_success:
                await person.prove(response.json(), "totp")
                any_or_ok(await live.call("GET", f"/v1/accounts/{person.account}"))
                await person.ask("withdraw_small", amount="1")
        elif place == "coverage":
            paid = {
                "reference": "r",
                "account": person.account,
                "asset": "USD",
                "amount": amount,
                "at": 1,
                "seal": "s",
            }
            response = await live.call("POST", "/v1/coverage", {"outflows": [paid]})
        else:
            price = {"asset": "ETH", "value": amount, "at": live.now}
            response = await live.call("PUT", "/v1/prices", {"prices": [price]})
            if response.is_success:
                payment = person.request("withdraw_small", amount="0.5")["payment"] | {"asset": "ETH"}
                await person.ask("withdraw_small", payment=payment)
        any_or_ok(response)
        assert response.status_code in {200, 422}, (amount, response.text)
    await live.get(f"/v1/accounts/{person.account}")


def any_or_ok(response: Any) -> None:
    if not response.is_success:
        any_problem(response)


@served()
async def test_a_sealed_amount_of_thirty_digits(live: Live) -> None:
    """What the guard prices exactly it also decides: the largest amounts are over the limit, not an error."""
    person = await live.owner()
    for amount in ("9" * 29, "9" * 30, "0." + "3" * 30, "1." + "3" * 30):
        asked = await person.ask("withdraw_small", amount=amount)
        assert asked["status"] == "open"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/accounts/nobody"),
        ("GET", "/v1/accounts/nobody/timeline"),
        ("POST", "/v1/accounts/nobody/freeze"),
        ("POST", "/v1/accounts/nobody/actions"),
        ("POST", "/v1/accounts/nobody/suspicions"),
        ("GET", "/v1/actions/act_0"),
        ("POST", "/v1/actions/act_0/decide"),
        ("POST", "/v1/actions/act_0/cancel"),
        ("POST", "/v1/actions/act_0/challenges"),
        ("POST", "/v1/actions/act_0/proofs"),
        ("POST", "/v1/seals/seal_0/redeem"),
        ("POST", "/v1/seals/seal_0/abandoned"),
        ("POST", "/v1/seals/seal_0/broadcast"),
        ("POST", "/v1/tokens/0/revoke"),
        ("POST", "/v1/attestation-keys/0/revoke"),
        ("GET", "/v1/log/inclusion?position=999999"),
        ("GET", "/v1/log/consistency?first=5&second=999999"),
        ("GET", "/outbox/nothing"),
        ("GET", "/v2/accounts"),
        ("GET", "/static/../../../etc/passwd"),
        ("GET", "/static/%2e%2e/%2e%2e/settings.py"),
        ("GET", "/static//etc/passwd"),
        ("GET", "/static/..%2f..%2fsettings.py"),
        ("GET", "/static/reference/..%2f..%2f..%2fsettings.py"),
    ],
)
@served()
async def test_what_is_not_there_is_404(live: Live, method: str, path: str) -> None:
    """Unknown account, action, seal, token, key, entry, page or path."""
    bodies: dict[str, Any] = {
        "actions": {"action": "login", "objects": {"session": "s", "device": "d"}},
        "suspicions": {"capability": "sim_swap", "until": live.now + 1},
        "challenges": {"factor": "sms"},
        "proofs": {"factor": "totp", "answer": "1"},
        "broadcast": {"txid": "1"},
        "freeze": {},
    }
    response = await live.call(method, path, bodies.get(path.rpartition("/")[2]))
    found = any_problem(response)
    assert response.status_code == 404, found


@pytest.mark.parametrize(
    "path", ["/v1/accounts/" + "a" * 300, "/v1/actions/a%20b", "/v1/accounts/%00", "/v1/accounts/a%ff"]
)
@served()
async def test_odd_ids_in_the_path(live: Live, path: str) -> None:
    """Too long, with blanks, with NUL, no UTF-8."""
    response = await live.call("GET", path)
    any_problem(response)
    assert response.status_code in {400, 422}


@served()
async def test_bad_tokens_are_401_and_missing_scopes_403(live: Live) -> None:
    """No token, an invented one, a revoked one, one in the wrong place; and a token without the scope."""
    person = await live.owner()
    path = f"/v1/accounts/{person.account}"
    problem(await live.call("GET", path, token=None), 401, "unauthenticated")
    for text in ("cs_" + "a" * 49, "cs_", "", "x" * 5000, "cs_ü"):
        given = f"Bearer {text}".encode()
        response = await live.client.get(path, headers={b"Authorization": given})
        assert any_problem(response)["status"] == 401
        assert "WWW-Authenticate" in response.headers
    basic = await live.client.get(path, headers={"Authorization": "Basic " + live.tokens["platform"]})
    problem(basic, 401, "unauthenticated")
    query = await live.client.get(path, params={"access_token": live.tokens["platform"]})
    problem(query, 401, "unauthenticated")
    refused = await live.call("GET", path, token="signer")
    problem(refused, 403, "insufficient_scope")
    assert 'scope="accounts:read"' in refused.headers["www-authenticate"]

    made = await live.post("/v1/tokens", {"name": "t", "platform": "x", "scopes": ["accounts:read"]}, 201)
    live.tokens["new"] = made["token"]
    await live.get(path, token="new")
    await live.post(f"/v1/tokens/{made['record']['id']}/revoke")
    problem(await live.call("GET", path, token="new"), 401, "token_refused")


@served()
async def test_every_operation_wants_its_token(live: Live) -> None:
    """Each operation that the document protects answers 401 without a token and 403 with one of no use."""
    document = (await live.client.get("/openapi.json")).json()
    made = await live.post("/v1/tokens", {"name": "t", "platform": "x", "scopes": ["notices:write"]}, 201)
    live.tokens["useless"] = made["token"]
    protected = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if not operation.get("security"):
                continue
            protected += 1
            place = path.replace("{", "").replace("}", "")
            none = await live.call(method.upper(), place, token=None, content=b"{}", headers=JSON)
            assert any_problem(none)["status"] == 401, (method, path)
            useless = await live.call(method.upper(), place, token="useless", content=b"{}", headers=JSON)
            assert any_problem(useless)["status"] == 403, (method, path)
    assert protected > 25


@served()
async def test_a_write_needs_a_sound_idempotency_key(live: Live) -> None:
    """None, empty, too long, with a blank, not ASCII, twice: 400."""
    token = ("Authorization", f"Bearer {live.tokens['platform']}")
    for key in (None, b"", b"a" * 256, b"a b", b"\xff", b"\x7f"):
        headers = [token] if key is None else [token, (b"Idempotency-Key", key)]
        response = await live.client.post(REGISTER, headers=headers, json={"account": "a"})
        problem(response, 400, "idempotency_key_required" if key is None else "idempotency_key_invalid")
    twice = [token, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    problem(await live.client.post(REGISTER, headers=twice, json={"account": "a"}), 400, "idempotency_key_invalid")
    problem(await live.call("GET", "/v1/accounts/a"), 404, "unknown_account")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PATCH", "DELETE", "CONNECT", "BREW"])
@served()
async def test_odd_methods(live: Live, method: str) -> None:
    """Not one of them reaches an operation of another method."""
    for path in ("/v1/accounts", "/v1/accounts/a", "/v1/log/checkpoint", "/freeze/x", "/"):
        response = await live.client.request(
            method, path, headers={"Authorization": f"Bearer {live.tokens['platform']}", "Idempotency-Key": "k"}
        )
        assert response.status_code < 500
        if method != "HEAD" and response.status_code >= 400:
            assert any_problem(response)["status"] in {404, 405, 410}, (method, path)


@served()
async def test_hostile_requests_about_actions(live: Live) -> None:
    """Objects, contexts, locks and enrolments that make no sense are 422 with a code of their own."""
    person = await live.owner()
    path = f"/v1/accounts/{person.account}/actions"
    ask = person.request
    cases: list[tuple[dict[str, Any], str]] = [
        ({"action": "no_such"}, "unknown_action"),
        ({"action": "gift"}, "not_offered"),
        ({"action": "disclose_identity"}, "wrong_subject"),
        (ask("login", context=["moon_phase"]), "unknown_context"),
        (ask("login", objects={"session": "s"} | {f"k{n}": "x" for n in range(9)}), "too_many_objects"),
        (ask("login", objects={"spaceship": "x"}), "unknown_kind"),
        (ask("login", objects={"session": "\ud7ff"}), "object_id"),
        (ask("login", objects={"session": ""}), "object_id"),
        (ask("add_address", address={"chain": "ETH", "address": "0x1"}), "destination_invalid"),
        (ask("add_address", address={"chain": "eth", "address": "0x1"}), "destination_invalid"),
        (ask("add_address", address={"chain": "tron", "address": "T\u200b1"}), "destination_invalid"),
        (ask("add_address", address={"chain": "tron", "address": "T" * 300}), "destination_invalid"),
        (ask("add_address"), "object_missing"),
        (ask("withdraw"), "payment_missing"),
        (ask("login", payment=ask("withdraw", amount="1")["payment"]), "payment_unexpected"),
        (ask("bind_totp", enrol=[{"factor": "sms", "contact": "+85251234567"}]), "enrol_unexpected"),
        (ask("replace_phone"), "enrol_missing"),
        (ask("replace_phone", enrol=[{"factor": "sms", "contact": "+1"}]), "contact_invalid"),
        (ask("replace_phone", enrol=[{"factor": "sms", "contact": "+85251234567"}] * 2), "enrol_duplicate"),
        (ask("tighten_lock", lock={"outflow": "nothing"}), "lock_missing"),
    ]
    for body, code in cases:
        response = await live.call("POST", path, body)
        assert (response.status_code, any_problem(response)["code"]) == (422, code), body
    problem(await live.call("POST", path, ask("bind_totp", enrol=[{"factor": "totp"}])), 422, "confirm_missing")
    problem(await live.call("POST", path, ask("bind_totp")), 409, "factor_enrolled")
    times = {"capability": "sim_swap", "until": 5, "since": 9}
    for body, code in (
        (times, "suspicion_times"),
        ({"capability": "bad_luck", "until": live.now + 1}, "unknown_capability"),
        ({"capability": "sim_swap", "until": 2**60}, "validation_failed"),
    ):
        problem(await live.call("POST", f"/v1/accounts/{person.account}/suspicions", body), 422, code)


@served()
async def test_a_lone_surrogate_anywhere_is_refused(live: Live) -> None:
    """An escaped lone surrogate cannot be written as UTF-8: no string of any body may hold it."""
    person = await live.owner()
    paths = {
        f"/v1/accounts/{person.account}/actions": b'{"action":"login","source":"\\ud800"}',
        f"/v1/accounts/{person.account}/suspicions": b'{"capability":"sim_swap","until":9,"evidence":"\\udfff"}',
        "/v1/tokens": b'{"name":"\\ud800","platform":"x","scopes":["admin"]}',
        "/v1/coverage": b'{"outflows":[{"reference":"\\ud800","account":"a","asset":"b","amount":"1","at":1}]}',
    }
    for path, content in paths.items():
        response = await raw(live, path, content)
        assert any_problem(response)["status"] in {400, 422}, response.text


@served()
async def test_a_large_account_is_bounded(live: Live) -> None:
    """More factors, contacts or objects than fit are refused, not cut."""
    for name, item, most in (
        ("factors", {"factor": "totp"}, 16),
        ("contacts", {"channel": "push", "value": "x"}, 16),
        ("objects", {"kind": "device", "facts": ["device"], "id": "d"}, 200),
    ):
        items = [item | ({"id": f"d{n}"} if name == "objects" else {}) for n in range(most + 1)]
        response = await live.call("POST", REGISTER, {"account": secrets.token_hex(4), name: items})
        problem(response, 422, "validation_failed")
    twice = [{"kind": "device", "facts": ["device"], "id": "d"}] * 2
    problem(await live.call("POST", REGISTER, {"account": "b", "objects": twice}), 422, "object_twice")
