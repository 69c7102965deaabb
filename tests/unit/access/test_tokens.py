# SPDX-License-Identifier: Apache-2.0
"""The form of a token: findable, checkable without a look-up, worth 256 bits."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.access.tokens import ALPHABET, digest_of, well_formed, write_token

FORM = re.compile(r"cs_[0-9A-Za-z]{49}")


@given(st.binary(min_size=32, max_size=32))
def test_every_token_has_the_form_and_passes_its_checksum(secret: bytes) -> None:
    token = write_token(secret)
    assert FORM.fullmatch(token)
    assert well_formed(token)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_different_secrets_make_different_tokens(one: bytes, other: bytes) -> None:
    assert (write_token(one) == write_token(other)) == (one == other)


@given(st.binary(min_size=32, max_size=32), st.integers(3, 51), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_seen(secret: bytes, place: int, character: str) -> None:
    token = write_token(secret)
    wrong = token[:place] + character + token[place + 1 :]
    assert well_formed(wrong) == (wrong == token)


@pytest.mark.parametrize(
    "text", ["", "cs_", "CS_" + "0" * 49, "cs_" + "0" * 48, "cs_" + "0" * 50, "cs_" + "é" * 49]
)
def test_other_texts_are_no_tokens(text: str) -> None:
    assert not well_formed(text)


def test_the_form_does_not_change() -> None:
    """Tokens that are out there must stay valid: this value was fixed when the form was."""
    token = write_token(bytes(range(32)))
    assert token == "cs_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf27wFTL"
    assert digest_of(token) == hashlib.sha256(token.encode()).digest()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_token_needs_exactly_32_random_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        write_token(bytes(size))
