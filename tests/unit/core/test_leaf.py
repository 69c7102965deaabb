# SPDX-License-Identifier: Apache-2.0
"""The leaf: canonical JSON, commitments and pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.leaf import (
    LeafData,
    LeafError,
    commit,
    commitment_bytes,
    commitment_text,
    decode_leaf,
    encode_leaf,
    entry_salt,
    pseudonym,
)

SALT = bytes(range(32))
LEAF = LeafData(7, 1_717_891_200_000, "s", "withdraw.asked", "sha256:ab", bytes(range(32)))
ENCODED = (
    b'{"at":1717891200000,"commitment":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",'
    b'"kind":"withdraw.asked","policy":"sha256:ab","seq":7,"subject":"s","v":1}'
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(0, 2**53 - 1)


def members(leaf: LeafData) -> dict:
    return {
        "v": 1,
        "seq": leaf.seq,
        "at": leaf.at,
        "subject": leaf.subject,
        "kind": leaf.kind,
        "policy": leaf.policy,
        "commitment": commitment_text(leaf.commitment),
    }


def test_the_bytes_of_a_leaf() -> None:
    assert encode_leaf(LEAF) == ENCODED
    assert decode_leaf(ENCODED) == LEAF


@pytest.mark.parametrize("kind", ["withdraw", "提款", "é\u2028\x7f", "😀", '\\"/\b\f\n\r\t\x00\x1f'])
def test_a_leaf_is_canonical_json(kind: str) -> None:
    leaf = msgspec.structs.replace(LEAF, kind=kind)

    assert rfc8785.dumps(members(leaf)) == encode_leaf(leaf)


@given(numbers, numbers, texts, texts, texts, st.binary(min_size=32, max_size=32))
def test_every_leaf_is_canonical_and_reads_back(seq, at, subject, kind, policy, commitment) -> None:
    leaf = LeafData(seq, at, subject, kind, policy, commitment)

    assert rfc8785.dumps(members(leaf)) == encode_leaf(leaf)
    assert decode_leaf(encode_leaf(leaf)) == leaf


@pytest.mark.parametrize(
    "change", [{"seq": -1}, {"at": 2**53}, {"at": -1}, {"seq": 2**53}, {"kind": "\ud800"}, {"commitment": b"short"}]
)
def test_what_json_cannot_carry_is_refused(change: dict) -> None:
    with pytest.raises(LeafError):
        encode_leaf(msgspec.structs.replace(LEAF, **change))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        ENCODED + b" ",
        ENCODED.replace(b'"v":1', b'"v":2'),
        ENCODED.replace(b'"v":1', b'"v":1,"w":1'),
        ENCODED.replace(b'"seq":7', b'"seq":7,"seq":7'),
        ENCODED.replace(b'"seq":7', b'"seq":7.0'),
        ENCODED.replace(b"Hh8", b"Hh9"),
        ENCODED.replace(b"AAEC", b"AA=C"),
        ENCODED.replace(b"AAEC", b"A+/C"),
        ENCODED.replace(b'"s"', b'"\\ud800"'),
        ENCODED.replace(b'"s"', b'"\\u0073"'),
    ],
)
def test_only_the_canonical_bytes_are_read(data: bytes) -> None:
    assert data != ENCODED
    with pytest.raises(LeafError):
        decode_leaf(data)


def test_commitment_is_hmac_sha256() -> None:
    assert commit(SALT, b"payload") == hmac.new(SALT, b"payload", hashlib.sha256).digest()
    assert commit(SALT, b"payload") != commit(SALT[::-1], b"payload")


def test_pseudonym_and_entry_salt_come_from_the_salt_alone() -> None:
    assert pseudonym(SALT) == "1U9h_nn46c1MT6kei5o8_g"
    assert entry_salt(SALT, 7).hex() == "1c432d2071e7aa41deda40e3580b5332218d05459d4ef922158bc2b6238afd11"
    assert pseudonym(SALT) != pseudonym(SALT[::-1])
    assert len({entry_salt(SALT, n) for n in range(100)}) == 100
    assert entry_salt(SALT, 1) != entry_salt(SALT[::-1], 1)


def test_a_short_salt_is_refused() -> None:
    for use in (lambda: commit(b"x" * 31, b""), lambda: pseudonym(b""), lambda: entry_salt(b"x" * 31, 1)):
        with pytest.raises(LeafError):
            use()


@given(st.binary(max_size=64))
def test_base64url_reads_back(raw: bytes) -> None:
    assert commitment_bytes(commitment_text(raw)) == raw


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A A", "+/8", "é", "AAA\n"])
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(LeafError):
        commitment_bytes(text)


def test_published_jcs_vectors(published_vectors: Path) -> None:
    """RFC 8785's own cases pass through the oracle, and our encoder agrees on each text in them."""
    folder = published_vectors / "jcs/testdata"
    names = sorted(path.name for path in (folder / "input").glob("*.json"))
    assert len(names) == 6
    for name in names:
        value = json.loads((folder / "input" / name).read_text())
        assert rfc8785.dumps(value) == (folder / "output" / name).read_bytes()
        for text in strings(value):
            leaf = msgspec.structs.replace(LEAF, kind=text, subject=text)
            assert rfc8785.dumps(members(leaf)) == encode_leaf(leaf)


def strings(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for item in value for text in strings(item)]
        case dict():
            return [text for item in value.items() for text in strings(list(item))]
    return []
