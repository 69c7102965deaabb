# SPDX-License-Identifier: Apache-2.0
"""Codes by e-mail and SMS."""

from __future__ import annotations

import os
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.account import Challenge
from counterseal.factors.codes import (
    CODE_LIFE,
    MAX_FAILURES,
    IssuedCode,
    check_code,
    code_digest,
    issue_code,
    random_digits,
)
from counterseal.factors.model import FactorSecretError, Fault, Refused, Verified

NOW = 1_717_900_000_000
PEPPER = bytes(range(32))
EPOCH = 3


def issued(code_bytes: int = 123456, digits: int = 6) -> tuple[IssuedCode, Challenge]:
    code = issue_code(
        challenge_id="chl_1",
        instance="sms_1",
        pepper=PEPPER,
        random=lambda count: code_bytes.to_bytes(count, "big"),
        now=NOW,
        epoch=EPOCH,
        digits=digits,
    )
    return code, Challenge("chl_1", "sms", "sms_1", code.digest, NOW, code.expires)


def check(challenge: Challenge, code: str, now: int = NOW, epoch: int = EPOCH) -> Verified | Refused:
    return check_code(challenge, code, now, pepper=PEPPER, epoch=epoch)


def test_the_right_code_is_accepted_until_ten_minutes_are_over() -> None:
    code, challenge = issued()
    assert code.code == "123456"
    assert code.expires == NOW + 600_000 == NOW + CODE_LIFE
    for now in (NOW, code.expires - 1):
        assert check(challenge, "123456", now) == Verified()
        assert check(challenge, "123 456", now) == Verified()
    assert check(challenge, "123456", code.expires) == Refused(Fault.EXPIRED)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "123457",
        "12345",
        "1234567",
        "abcdef",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "\ud800",
        "123456\n",
        "123456\0",
    ],
)
def test_other_answers_are_wrong(answer: str) -> None:
    assert check(issued()[1], answer) == Refused(Fault.MISMATCH)


def test_a_used_challenge_is_spent() -> None:
    challenge = msgspec.structs.replace(issued()[1], used=True)
    assert check(challenge, "123456") == Refused(Fault.SPENT)


def test_five_failures_block_the_challenge_for_the_right_code_too() -> None:
    _, challenge = issued()
    failures = 0
    while check(msgspec.structs.replace(challenge, failures=failures), "000000") == Refused(Fault.MISMATCH):
        failures += 1
    assert failures == MAX_FAILURES == 5
    assert check(msgspec.structs.replace(challenge, failures=4), "123456") == Verified()
    assert check(msgspec.structs.replace(challenge, failures=5), "123456") == Refused(Fault.BLOCKED)


@pytest.mark.parametrize("changes", [{"id": "chl_2"}, {"instance": "sms_2"}, {"id": "chl_1s", "instance": "ms_1"}])
def test_a_code_opens_no_other_challenge_or_instance(changes: dict[str, str]) -> None:
    other = msgspec.structs.replace(issued()[1], **changes)
    assert check(other, "123456") == Refused(Fault.MISMATCH)


def test_a_restore_voids_older_codes() -> None:
    assert check(issued()[1], "123456", epoch=EPOCH + 1) == Refused(Fault.MISMATCH)


def test_the_code_is_in_no_stored_form() -> None:
    code, challenge = issued()
    assert b"123456" not in msgspec.msgpack.encode(challenge)
    assert "123456" not in repr(code)
    assert challenge.digest != code_digest(bytes(32), "chl_1", "sms_1", EPOCH, "123456")


def test_a_short_pepper_is_refused() -> None:
    with pytest.raises(FactorSecretError):
        code_digest(b"short", "chl_1", "sms_1", EPOCH, "123456")


@pytest.mark.parametrize("digits", [0, 5, 13])
def test_lengths_out_of_range_are_refused(digits: int) -> None:
    with pytest.raises(FactorSecretError):
        random_digits(os.urandom, digits)


def test_draws_that_would_bias_the_digits_are_thrown_away() -> None:
    """2^64 is no multiple of 10^6: the values at its end would make some codes likelier."""
    space, modulus = 1 << 64, 10**6
    first_bad = space - space % modulus
    draws = iter([space - 1, first_bad, first_bad - 1])
    assert random_digits(lambda count: next(draws).to_bytes(count, "big"), 6) == "999999"
    assert next(draws, None) is None


def test_a_source_that_never_gives_usable_bytes_is_an_error_not_a_loop() -> None:
    with pytest.raises(FactorSecretError):
        random_digits(lambda count: b"\xff" * count, 6)
    with pytest.raises(FactorSecretError):
        random_digits(lambda count: b"\0" * (count - 1), 6)


def test_digits_are_spread_evenly() -> None:
    """Chi-square over 10 digits, 9 degrees of freedom: 40 is exceeded once in 130,000 runs."""
    counts = Counter("".join(random_digits(os.urandom, 6) for _ in range(5_000)))
    expected = sum(counts.values()) / 10
    assert sum((counts[digit] - expected) ** 2 / expected for digit in "0123456789") < 40


@given(answer=st.text(max_size=20), now=st.integers(0, 2**45))
def test_any_text_gets_a_verdict(answer: str, now: int) -> None:
    verdict = check(issued()[1], answer, now)
    assert bool(verdict) == (answer.replace(" ", "") == "123456" and now < NOW + CODE_LIFE)


@given(value=st.integers(0, 2**64 - 2**64 % 10**12 - 1), digits=st.integers(6, 12))
def test_leading_zeros_stay(value: int, digits: int) -> None:
    code, challenge = issued(value, digits)
    assert len(code.code) == digits
    assert int(code.code) == value % 10**digits
    assert check(challenge, code.code) == Verified()
