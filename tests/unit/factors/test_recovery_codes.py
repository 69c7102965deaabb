# SPDX-License-Identifier: Apache-2.0
"""Recovery codes."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.factors.model import FactorSecretError, Fault, Refused, Verified
from counterseal.factors.recovery_codes import (
    ALPHABET,
    COUNT,
    decode_codes,
    encode_codes,
    issue_codes,
    normalise,
    verify_recovery_code,
)

ISSUED = issue_codes(os.urandom)


def test_ten_codes_of_eighty_bits_in_groups() -> None:
    assert len(ISSUED.codes) == COUNT == 10
    assert all(re.fullmatch(rf"([{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{4}}", code) for code in ISSUED.codes)
    assert len(ALPHABET) ** 16 == 2**80


def test_every_bit_of_the_source_shows_in_the_code() -> None:
    def code_of(value: int) -> str:
        draws = iter([b"s" * 16, value.to_bytes(10, "big")])
        return issue_codes(lambda _: next(draws), count=1).codes[0]

    assert code_of(0) == "0000-0000-0000-0000"
    assert code_of(2**80 - 1) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert len({code_of(1 << bit) for bit in range(80)}) == 80


@pytest.mark.parametrize("index", range(COUNT))
def test_each_code_is_good_once(index: int) -> None:
    code = ISSUED.codes[index]
    assert verify_recovery_code(ISSUED.stored, code) == Verified(used=index)
    assert verify_recovery_code(ISSUED.stored, code, used=(index,)) == Refused(Fault.SPENT)
    others = tuple(n for n in range(COUNT) if n != index)
    assert verify_recovery_code(ISSUED.stored, code, used=others) == Verified(used=index)


def test_another_account_has_another_salt() -> None:
    assert issue_codes(os.urandom).stored.salt != ISSUED.stored.salt
    assert verify_recovery_code(issue_codes(os.urandom).stored, ISSUED.codes[0]) == Refused(Fault.MISMATCH)


def test_codes_are_not_in_what_is_stored_or_printed() -> None:
    stored, shown = encode_codes(ISSUED.stored), repr(ISSUED)
    for code in ISSUED.codes:
        assert code.replace("-", "").encode() not in stored
        assert code not in shown


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0123456789ABCDEF", "0123456789ABCDEF"),
        ("0123-4567-89ab-cdef", "0123456789ABCDEF"),
        (" o1 23 45 67 89 ab-cd-ef ", "0123456789ABCDEF"),
        ("OiL3456789ABCDEF", "0113456789ABCDEF"),
        ("0123456789ABCDE", None),
        ("0123456789ABCDEFG", None),
        ("0123456789ABCDEU", None),
        ("0123456789ABCDE\u0131", None),  # its upper case is I
        ("0123456789ABCDE\u017f", None),  # its upper case is S
        ("\uff10123456789ABCDEF", None),
        ("\ud800", None),
        ("", None),
        (" " * 10_000, None),
    ],
)
def test_what_people_type_is_read_as_meant(text: str, meant: str | None) -> None:
    assert normalise(text) == meant


@given(st.text(max_size=80))
def test_any_other_text_is_refused(text: str) -> None:
    verdict = verify_recovery_code(ISSUED.stored, text)
    assert verdict in (Refused(Fault.MALFORMED), Refused(Fault.MISMATCH))


@given(st.text(alphabet=ALPHABET + ALPHABET.lower() + "oOiIlL -", min_size=16, max_size=24))
def test_normal_form_is_a_fixed_point(text: str) -> None:
    code = normalise(text)
    if code is not None:
        assert normalise(code) == code
        assert len(code) == 16


def test_stored_and_read_back() -> None:
    assert decode_codes(encode_codes(ISSUED.stored)) == ISSUED.stored
    for data in (b"", b"\2" + encode_codes(ISSUED.stored)[1:], encode_codes(ISSUED.stored)[:-1], b"\1\xc0"):
        with pytest.raises(FactorSecretError):
            decode_codes(data)


def test_a_source_that_repeats_itself_is_refused() -> None:
    with pytest.raises(FactorSecretError):
        issue_codes(lambda count: b"\1" * count)
