# SPDX-License-Identifier: Apache-2.0
"""One-time links: what they open, and that no text opens anything else."""

from __future__ import annotations

import base64
import hashlib
import hmac

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from counterseal.core.errors import InputError
from counterseal.notices.links import (
    LIFETIME,
    MAX_TOKEN,
    LinkClaims,
    Purpose,
    link_id,
    make_token,
    verify_token,
)
from counterseal.notices.model import LinkRefused

KEY = bytes(range(32))
NOW = 1_717_908_600_000
CLAIMS = LinkClaims("acc-1", "act-1.pending", "c-1", "cancel", "act-1", NOW + LIFETIME, "id-1", 3)
TOKEN = make_token(CLAIMS, KEY)

claims = st.builds(
    LinkClaims,
    account=st.text(max_size=40).filter(lambda text: text.isprintable()),
    notice=st.text(alphabet="abc.-", max_size=40),
    contact=st.text(alphabet="abc.-", max_size=40),
    purpose=st.sampled_from(["cancel", "freeze"]),
    action=st.text(alphabet="abc.-", max_size=40),
    expires=st.integers(NOW + 1, NOW + LIFETIME),
    id=st.text(alphabet="abc", max_size=20),
    epoch=st.integers(0, 9),
)


def verify(
    token: str, *, key: bytes = KEY, purpose: Purpose = "cancel", now: int = NOW, epoch: int = 3
) -> LinkClaims:
    return verify_token(token, key, purpose=purpose, now=now, epoch=epoch)


def refusal(token: str, **given_: object) -> str:
    with pytest.raises(LinkRefused) as caught:
        verify(token, **given_)  # type: ignore[arg-type]
    return caught.value.code


@given(claims)
def test_a_token_gives_back_its_claims(given_claims: LinkClaims) -> None:
    token = make_token(given_claims, KEY)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert verify(token, purpose=given_claims.purpose, epoch=given_claims.epoch) == given_claims


def test_the_tag_is_half_of_hmac_sha256_over_label_and_body() -> None:
    raw = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    expected = hmac.new(KEY, b"counterseal notice link v1\x00" + raw[:-16], hashlib.sha256).digest()[:16]
    assert raw[-16:] == expected


def test_a_link_ends_exactly_when_it_says() -> None:
    assert verify(TOKEN, now=CLAIMS.expires - 1) == CLAIMS
    assert refusal(TOKEN, now=CLAIMS.expires) == "link_expired"


def test_each_thing_that_does_not_fit_has_its_code() -> None:
    assert refusal(TOKEN, epoch=4) == "link_void"
    assert refusal(TOKEN, purpose="freeze") == "link_bad"
    assert refusal(TOKEN, key=bytes(32)) == "link_bad"
    assert refusal("") == "link_bad"
    assert refusal(TOKEN[:-1]) == "link_bad"
    assert refusal(TOKEN + "=") == "link_bad"
    assert refusal("A" * (MAX_TOKEN + 1)) == "link_bad"


def test_a_refusal_is_the_callers_fault() -> None:
    assert issubclass(LinkRefused, InputError)


@given(st.text(max_size=300) | st.text(alphabet="ABCabc012-_=+/", max_size=300) | st.just("\ud800"))
def test_hostile_text_is_refused_and_nothing_else_happens(text: str) -> None:
    assert refusal(text) == "link_bad"


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789-_+/=\x00é"))
def test_no_changed_character_goes_through(position: int, sign: str) -> None:
    changed = TOKEN[:position] + sign + TOKEN[position + 1 :]
    if changed == TOKEN:
        assert verify(changed) == CLAIMS
    else:
        assert refusal(changed) == "link_bad"


@given(st.binary(max_size=120))
def test_a_body_with_a_true_tag_but_of_another_form_is_refused(body: bytes) -> None:
    """What a future version, or another program with the key, might have made."""
    tag = hmac.digest(KEY, b"counterseal notice link v1\x00" + body, hashlib.sha256)[:16]
    assert refusal(base64.urlsafe_b64encode(body + tag).rstrip(b"=").decode()) == "link_bad"


def test_another_version_is_refused() -> None:
    body = msgspec.msgpack.encode((2, CLAIMS))
    tag = hmac.digest(KEY, b"counterseal notice link v1\x00" + body, hashlib.sha256)[:16]
    assert refusal(base64.urlsafe_b64encode(body + tag).rstrip(b"=").decode()) == "link_bad"


def test_a_short_key_is_not_taken() -> None:
    with pytest.raises(ValueError, match="page key has 31 bytes"):
        make_token(CLAIMS, bytes(31))


def test_link_ids_stay_for_one_notice_and_differ_between_all_others() -> None:
    assert link_id("n", "c", "cancel") == link_id("n", "c", "cancel")
    purposes: tuple[Purpose, ...] = ("cancel", "freeze")
    ids = {link_id(n, c, p) for n in ("n", "nc") for c in ("c", "cc", "") for p in purposes}
    assert len(ids) == 12
