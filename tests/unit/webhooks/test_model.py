# SPDX-License-Identifier: Apache-2.0
"""Signatures as the specification has them, secrets that overlap, and what tries make of an endpoint."""

from __future__ import annotations

import base64
import time
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from counterseal.core.errors import InputError
from counterseal.core.happenings import TYPES
from counterseal.sdk.webhooks import WebhookError, verify
from counterseal.webhooks import model as m

NOW = 1_717_891_200_000
# The example of the Standard Webhooks project, which its reference libraries test: secret, id, time, payload.
VECTOR = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "payload": b'{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def endpoint(**changes: Any) -> m.Endpoint:
    made = m.Endpoint("wh_1", "https://a.example.test/", (), "", NOW, "t", ("a", "b"), (m.Secret(b"k" * 32, NOW),))
    return msgspec.structs.replace(made, **changes)


def attempt(result: str, at: int, status: int = 500) -> m.Attempt:
    return m.Attempt("dl", "row", "ev", "test", at, status, 1, result, b"{}")


def test_the_published_vector() -> None:
    key = base64.b64decode(VECTOR["secret"].removeprefix(m.PREFIX))
    assert m.shown_secret(key) == VECTOR["secret"]
    assert m.signature(key, VECTOR["id"], VECTOR["timestamp"], VECTOR["payload"]) == VECTOR["signature"]


def test_the_reference_library_takes_ours_and_refuses_what_is_changed() -> None:
    now = int(time.time() * 1000)
    made, body = endpoint(), b'{"id":"ev_1","type":"test"}'
    headers = m.headers_of(made, "ev_1", body, now)
    library = Webhook(m.shown_secret(b"k" * 32))
    assert library.verify(body, headers) == {"id": "ev_1", "type": "test"}
    for changed, others in (
        (body + b" ", headers),
        (body, headers | {"webhook-id": "ev_2"}),
        (body, headers | {"webhook-timestamp": str(now // 1000 + 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            library.verify(changed, others)


def test_both_secrets_sign_for_a_day() -> None:
    made = m.rotated(endpoint(), b"n" * 32, NOW)
    body = b"{}"
    for later, keys in ((m.OVERLAP - 1, (b"n", b"k")), (m.OVERLAP, (b"n",))):
        at = NOW + later
        signatures = m.headers_of(made, "ev_1", body, at)["webhook-signature"].split(" ")
        assert signatures == [m.signature(key * 32, "ev_1", at // 1000, body) for key in keys]


def test_secrets_are_not_renewed_without_end() -> None:
    made = m.rotated(m.rotated(endpoint(), b"1" * 32, NOW), b"2" * 32, NOW + 1)
    with pytest.raises(m.WebhookRuleError):
        m.rotated(made, b"3" * 32, NOW + 2)
    after = m.rotated(made, b"3" * 32, NOW + m.OVERLAP + 1)
    assert [each.key[:1] for each in after.secrets] == [b"2", b"3"]


def test_the_schedule_is_that_of_the_specification() -> None:
    waits = [m.retry_at("row", tries, 0) for tries in range(1, 12)]
    for wait, base in zip(waits, [*m.SCHEDULE, m.SCHEDULE[-1], m.SCHEDULE[-1]], strict=True):
        assert base * 0.9 <= wait <= base * 1.1
    assert len({m.retry_at(f"row{n}", 4, 0) for n in range(50)}) > 40  # what failed together parts


def test_an_endpoint_is_disabled_after_days_without_one_success() -> None:
    made = m.recorded(endpoint(), [attempt("failed", NOW)], NOW)
    assert (made.failing, made.disabled) == (NOW, None)
    assert (
        m.recorded(made, [attempt("failed", NOW + m.DISABLE_AFTER - 1)], NOW + m.DISABLE_AFTER - 1).disabled is None
    )
    well = m.recorded(made, [attempt("delivered", NOW + 5, 200)], NOW + 5)
    assert (well.failing, well.succeeded) == (None, NOW + 5)
    ended = m.recorded(made, [attempt("failed", NOW + m.DISABLE_AFTER)], NOW + m.DISABLE_AFTER)
    assert (ended.disabled, ended.disabled_by) == (NOW + m.DISABLE_AFTER, "failures")


def test_gone_disables_at_once() -> None:
    made = m.recorded(endpoint(), [attempt("failed", NOW, 410)], NOW)
    assert (made.disabled, made.disabled_by) == (NOW, "receiver")


def test_a_message_is_given_up_only_when_others_got_through() -> None:
    most = len(m.SCHEDULE) + 1
    assert not m.hopeless(endpoint(), most, NOW, NOW + m.DAY)
    assert not m.hopeless(endpoint(succeeded=NOW - 1), most, NOW, NOW + m.DAY)
    assert m.hopeless(endpoint(succeeded=NOW + 1), most, NOW, NOW + m.DAY)
    assert not m.hopeless(endpoint(succeeded=NOW + 1), most - 1, NOW, NOW + m.DAY)
    assert m.hopeless(endpoint(), 1, NOW, NOW + m.KEEP)


def test_types_are_those_that_there_are() -> None:
    assert m.check_types(sorted(TYPES)) == tuple(sorted(TYPES))
    assert m.check_types(["seal.void", "seal.void"]) == ("seal.void",)
    with pytest.raises(InputError):
        m.check_types(["seal.nothing"])


class TestSdk:
    BODY = b'{"id":"ev_1","type":"test","timestamp":"2024-06-09T00:00:00.000Z","account":"","data":{}}'
    SECRET = m.shown_secret(b"k" * 32)

    def headers(self, **changes: str) -> dict[str, str]:
        made = m.headers_of(endpoint(), "ev_1", self.BODY, NOW)
        return {name.title(): value for name, value in made.items()} | changes

    def test_it_takes_what_we_sign(self) -> None:
        event = verify(self.headers(), self.BODY, [self.SECRET], now=NOW // 1000 + 299)
        assert (event.id, event.type, event.data) == ("ev_1", "test", {})
        other = m.shown_secret(b"o" * 32)
        assert verify(self.headers(), self.BODY, [other, self.SECRET], now=NOW // 1000) == event

    @pytest.mark.parametrize(
        ("changes", "body", "secret", "late"),
        [
            ({}, BODY + b" ", SECRET, 0),
            ({}, BODY, m.shown_secret(b"x" * 32), 0),
            ({}, BODY, SECRET, 301),
            ({}, BODY, SECRET, -301),
            ({"Webhook-Signature": ""}, BODY, SECRET, 0),
            ({"Webhook-Signature": "v1,"}, BODY, SECRET, 0),
            ({"Webhook-Signature": "v1a,AAAA v2,AAAA"}, BODY, SECRET, 0),
            ({"Webhook-Id": "ev_2"}, BODY, SECRET, 0),
            ({"Webhook-Timestamp": "1e9"}, BODY, SECRET, 0),
            ({"Webhook-Timestamp": "٣"}, BODY, SECRET, 0),
        ],
    )
    def test_it_refuses_all_else(self, changes: dict[str, str], body: bytes, secret: str, late: int) -> None:
        with pytest.raises(WebhookError):
            verify(self.headers(**changes), body, [secret], now=NOW // 1000 + late)

    def test_a_secret_that_is_none_is_the_receivers_mistake(self) -> None:
        for secret in ("", "whsec_", "whsec_short", "whsec_AAAA"):
            with pytest.raises(ValueError, match="whsec_"):
                verify(self.headers(), self.BODY, [secret], now=NOW // 1000)
