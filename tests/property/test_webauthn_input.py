# SPDX-License-Identifier: Apache-2.0
"""Whatever a client sends to a passkey ceremony ends in a verdict: a PasskeyRefused, and soon."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from fido2 import cbor
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.factors.passkeys import (
    PasskeyRefused,
    RelyingParty,
    Trust,
    assertion_options,
    b64url,
    from_b64url,
    registration_options,
    verify_assertion,
    verify_registration,
)
from counterseal.factors.webauthn import (
    MOST_RESPONSE,
    check_signature,
    read_authenticator_data,
    read_client_data,
    read_key,
)
from counterseal.factors.webauthn_cbor import read_item
from tests.support.authenticator import Authenticator

RP = RelyingParty("guard.example", "Guard", frozenset({"https://guard.example"}))
CHALLENGE = bytes(range(57))
DEVICE = Authenticator()
REGISTERED = DEVICE.register(registration_options(RP, b"u" * 32, "ada", "Ada", CHALLENGE, []))
CREDENTIAL = verify_registration(RP, REGISTERED, CHALLENGE, now=1, trust=Trust())
USED = DEVICE.use(assertion_options(RP, CHALLENGE, [CREDENTIAL]))
# A root that signs nothing: so that statements are read and not passed over.
SOME_TRUST = Trust((b"no certificate",))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
cbor_values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63) | st.binary(max_size=80) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.integers(-10, 10) | st.sampled_from(["fmt", "attStmt", "x5c", "alg"]), inner, max_size=5
        )
    ),
    max_leaves=15,
)


def attempt(call: Any, *args: Any, **options: Any) -> None:
    """The call ends in its result or in a PasskeyRefused; anything else is the failure this file looks for."""
    try:
        call(*args, **options)
    except PasskeyRefused:
        return


def both(answer: Any) -> None:
    for trust in (Trust(), SOME_TRUST):
        attempt(verify_registration, RP, answer, CHALLENGE, now=1, trust=trust)
    attempt(verify_assertion, RP, CREDENTIAL, answer, CHALLENGE)


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_text(text: bytes | str) -> None:
    both(text)


@given(json_values)
def test_any_json(value: Any) -> None:
    both(json.dumps(value))
    if isinstance(value, dict):
        both(value)


@given(st.sampled_from([REGISTERED, USED]), st.data())
def test_a_member_of_an_answer_replaced(answer: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(answer))
    place = data.draw(st.sampled_from([changed, changed["response"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(json_values)
    both(changed)


@given(st.binary(max_size=400))
def test_any_bytes_where_structures_belong(raw: bytes) -> None:
    for reader in (read_authenticator_data, read_client_data, read_item, read_key):
        attempt(reader, raw)
    attempt(check_signature, raw, b"message", b"signature")


@given(cbor_values)
def test_any_cbor_as_attestation_statement_and_key(value: Any) -> None:
    raw = read_parts()["authData"]
    formats = ("none", "packed", "tpm", "android-key", "apple", "fido-u2f", "android-safetynet", "made-up")
    for form in formats:
        statement = value if isinstance(value, dict) else {"alg": -7, "sig": b"", "x5c": [value]}
        attested = cbor.encode({"fmt": form, "attStmt": statement, "authData": raw})
        both(with_attestation(attested))
    attempt(read_key, cbor.encode(value))
    attempt(check_signature, cbor.encode({1: 2, 3: -7, -1: 1, -2: value, -3: value}), b"m", b"s")
    attempt(check_signature, cbor.encode({1: 3, 3: -257, -1: value, -2: b"\1\0\1"}), b"m", b"s")


@given(st.integers(0, 400), st.binary(min_size=1, max_size=8))
def test_bytes_inside_a_real_attestation_object(at: int, put: bytes) -> None:
    whole = from_b64url(REGISTERED["response"]["attestationObject"])
    place = at % len(whole)
    both(with_attestation(whole[:place] + put + whole[place + len(put) :]))
    both(with_attestation(whole[:place]))


def read_parts() -> dict[str, Any]:
    found: dict[str, Any] = cbor.decode(from_b64url(REGISTERED["response"]["attestationObject"]))  # type: ignore[assignment]
    return found


def with_attestation(attested: bytes) -> dict[str, Any]:
    return REGISTERED | {"response": REGISTERED["response"] | {"attestationObject": b64url(attested)}}


@pytest.mark.parametrize(
    "raw",
    [
        b"\x81" * 20_000,  # arrays in arrays
        b"\xa1\x01" * 10_000,  # maps in maps
        b"\x9b" + b"\xff" * 8,  # an array of 2^64 - 1 items
        b"\x5b" + b"\xff" * 8 + b"short",  # a string longer than what is there
        b"\x9f\x01\xff",  # open length
        b"\xc0\x60",  # a tag
        b"\xfb" + bytes(8),  # a float
        b"\xa2\x01\x01\x01\x02",  # one key twice
        b"\x99\x03\x00" + b"\x00" * 768,  # more items than a statement has
    ],
)
def test_cbor_beyond_its_bounds(raw: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(PasskeyRefused):
        read_item(raw)
    both(with_attestation(raw))
    assert time.process_time() - begun < 1


def test_answers_beyond_their_bounds() -> None:
    for text in ("[" * 100_000, '{"id":' * 5_000, " " * (MOST_RESPONSE + 1), '{"a":' + "9" * 20_000 + "}"):
        with pytest.raises(PasskeyRefused):
            verify_assertion(RP, CREDENTIAL, text, CHALLENGE)
    for key in ("clientDataJSON", "authenticatorData", "signature"):
        long = USED | {"response": USED["response"] | {key: "A" * 8192}}
        with pytest.raises(PasskeyRefused):
            verify_assertion(RP, CREDENTIAL, long, CHALLENGE)


@pytest.mark.parametrize("key", [{1: 3, 3: -65535, -1: b"\xff" * 256, -2: b"\1\0\1"}, {1: 2, 3: -7, -1: 2}])
def test_keys_of_no_registered_kind(key: dict[int, Any]) -> None:
    with pytest.raises(PasskeyRefused):
        read_key(cbor.encode(key))


@settings(max_examples=20)
@given(st.sampled_from([255, 513, 4096]))
def test_rsa_moduli_outside_2048_to_4096_bits(size: int) -> None:
    with pytest.raises(PasskeyRefused):
        read_key(cbor.encode({1: 3, 3: -257, -1: b"\xff" * size, -2: b"\1\0\1"}))
