# SPDX-License-Identifier: Apache-2.0
"""Attestations of the platform's auth service: what passes, and every way that must not."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from counterseal.factors.attestation import (
    MAX_AGE,
    MAX_FUTURE,
    Attestation,
    AttestationKey,
    register_key,
    verify_attestation,
)
from counterseal.factors.model import AttestationRefused, FactorSecretError
from tests.support.sealing import NOW, token, url64

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"platform" * 4)
PUBLIC = PRIVATE.public_key()
RAW = PUBLIC.public_bytes_raw()
PEM = PUBLIC.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
JWK = {"kty": "OKP", "crv": "Ed25519", "x": url64(RAW), "kid": "auth-1"}
YEAR = 365 * 86_400_000
KEY = register_key(json.dumps(JWK), issuer="exchange", not_before=NOW - YEAR, expires=NOW + YEAR)
TYP = "counterseal-attestation+jwt"
HEADER = {"alg": "EdDSA", "typ": TYP, "kid": "auth-1"}
CLAIMS = {
    "iss": "exchange",
    "aud": "counterseal",
    "sub": "alice",
    "sid": "session-1",
    "act": "act_1",
    "method": "password",
    "iat": NOW // 1000,
    "jti": "f2e0c8a4-1",
}


def verify(text: object, *, key: AttestationKey = KEY, now: int = NOW, **changes: Any) -> Attestation:
    wanted: dict[str, Any] = {
        "account": "alice",
        "action": "act_1",
        "action_name": "withdraw",
        "session": "session-1",
        "methods": {"password", "face"},
    }
    return verify_attestation(text, keys={key.kid: key}, now=now, **(wanted | changes))


def signed(claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None) -> str:
    return token(HEADER if header is None else header, CLAIMS if claims is None else claims, PRIVATE.sign)


def refused(text: object, **arguments: Any) -> str:
    with pytest.raises(AttestationRefused) as caught:
        verify(text, **arguments)
    return caught.value.code


GOOD = signed()


def test_a_good_attestation_says_what_was_verified() -> None:
    assert verify(GOOD) == Attestation(
        issuer="exchange",
        account="alice",
        session="session-1",
        action="act_1",
        action_name=None,
        method="password",
        at=NOW,
        token="attestation:exchange:f2e0c8a4-1",
        kid="auth-1",
    )
    assert verify(GOOD.encode()) == verify(GOOD)


def test_what_a_common_library_makes_passes() -> None:
    made = jwt.encode(
        {**CLAIMS, "act_name": "withdraw", "exp": NOW // 1000 + 60},
        PRIVATE,
        algorithm="EdDSA",
        headers={"kid": "auth-1", "typ": TYP},
    )
    assert verify(made).action_name == "withdraw"


@pytest.mark.parametrize(
    "key", [PEM, PEM.decode(), json.dumps(JWK), json.dumps({**JWK, "use": "sig", "alg": "EdDSA"})]
)
def test_keys_are_registered_as_jwk_or_pem(key: str | bytes) -> None:
    registered = register_key(key, issuer="exchange", not_before=0, expires=NOW + 1, kid="auth-1")
    assert verify(GOOD, key=registered).method == "password"


def test_a_key_without_id_gets_its_thumbprint() -> None:
    """RFC 8037, appendix A.3."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    key = register_key(json.dumps(jwk), issuer="exchange", not_before=0, expires=1)
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "", "HS256", "HS512", "ES256", "RS256", "PS256", "Ed25519", None, 1]
)
def test_other_algorithms_are_refused(alg: object) -> None:
    assert refused(signed(header={**HEADER, "alg": alg})) == "attestation_algorithm"


def test_an_unsigned_token_is_refused() -> None:
    parts = token({**HEADER, "alg": "none"}, CLAIMS, lambda _: b"")
    assert refused(parts) == "attestation_algorithm"
    assert refused(token(HEADER, CLAIMS, lambda _: b"")) == "attestation_malformed"


@pytest.mark.parametrize("secret", [RAW, PEM, url64(RAW).encode(), json.dumps(JWK).encode()])
def test_the_public_key_is_no_hmac_secret(secret: bytes) -> None:
    """Algorithm confusion (RFC 8725, 2.1)."""

    def mac(message: bytes) -> bytes:
        return hmac.digest(secret, message, hashlib.sha256)

    assert refused(token({**HEADER, "alg": "HS256"}, CLAIMS, mac)) == "attestation_algorithm"
    assert refused(token(HEADER, CLAIMS, lambda m: mac(m) * 2)) == "attestation_signature"


ATTACKER = Ed25519PrivateKey.from_private_bytes(b"attacker" * 4)
ATTACKER_JWK = {**JWK, "x": url64(ATTACKER.public_key().public_bytes_raw())}


@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": ATTACKER_JWK},
        {"jku": "https://evil.example/jwks"},
        {"x5c": ["MII"]},
        {"x5u": "https://e"},
        {"x5t": "a"},
    ],
)
def test_a_token_that_brings_its_key_is_refused(extra: dict[str, Any]) -> None:
    assert refused(token({**HEADER, **extra}, CLAIMS, ATTACKER.sign)) == "attestation_embedded_key"
    assert refused(token({**HEADER, **extra}, CLAIMS, PRIVATE.sign)) == "attestation_embedded_key"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({**HEADER, "crit": ["exp"]}, "critical_header"),
        ({**HEADER, "crit": []}, "critical_header"),
        ({**HEADER, "b64": False}, "header"),
        ({**HEADER, "cty": "JWT"}, "header"),
        ({**HEADER, "zip": "DEF"}, "header"),
        ({**HEADER, "typ": "JWT"}, "type"),
        ({**HEADER, "typ": "counterseal-seal+jwt"}, "type"),
        ({"alg": "EdDSA", "kid": "auth-1"}, "type"),
        ({"alg": "EdDSA", "typ": TYP}, "header"),
        ({**HEADER, "kid": ["auth-1"]}, "header"),
        ({**HEADER, "kid": "../../etc/passwd"}, "header"),
        ({**HEADER, "kid": ""}, "header"),
        ({**HEADER, "kid": "auth-2"}, "key_unknown"),
    ],
)
def test_other_headers_are_refused(header: dict[str, Any], code: str) -> None:
    assert refused(signed(header=header)) == f"attestation_{code}"


def test_another_key_s_signature_is_refused() -> None:
    assert refused(token(HEADER, CLAIMS, ATTACKER.sign)) == "attestation_signature"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"revoked": NOW}, "key_revoked"),
        ({"revoked": NOW - 1}, "key_revoked"),
        ({"expires": NOW}, "key_expired"),
        ({"not_before": NOW + 1}, "key_expired"),
        ({"issuer": "other-platform"}, "issuer"),
        ({"public": b"\0" * 32}, "key_invalid"),
        ({"public": b"short"}, "key_invalid"),
    ],
)
def test_a_key_out_of_force_proves_nothing(changes: dict[str, Any], code: str) -> None:
    assert refused(GOOD, key=msgspec.structs.replace(KEY, **changes)) == f"attestation_{code}"


def test_a_key_to_be_revoked_later_still_counts() -> None:
    assert verify(GOOD, key=msgspec.structs.replace(KEY, revoked=NOW + 1))


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_every_claim_is_required(name: str) -> None:
    assert refused(signed({k: v for k, v in CLAIMS.items() if k != name})) == "attestation_claims"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": "all"}, "claims"),
        ({"sub": ""}, "claims"),
        ({"sub": 1}, "claims"),
        ({"sub": "a" * 257}, "claims"),
        ({"sub": ["alice"]}, "claims"),
        ({"jti": "a b"}, "claims"),
        ({"jti": "a:b"}, "claims"),
        ({"act_name": None}, "claims"),
        ({"act_name": ""}, "claims"),
        ({"iat": True}, "claims"),
        ({"iat": str(NOW // 1000)}, "claims"),
        ({"iat": -1}, "claims"),
        ({"iat": NOW // 1000 + 0.5}, "malformed"),
        ({"iat": 10**30}, "claims"),
        ({"exp": None}, "claims"),
        ({"aud": "other"}, "audience"),
        ({"aud": ["counterseal"]}, "audience"),
        ({"aud": ["counterseal", "other"]}, "audience"),
        ({"iss": "exchange2"}, "issuer"),
        ({"sub": "bob"}, "account"),
        ({"sub": "Alice"}, "account"),
        ({"sub": "аlice"}, "account"),  # noqa: RUF001 - Cyrillic
        ({"act": "act_2"}, "action"),
        ({"sid": "session-2"}, "session"),
        ({"act_name": "login"}, "action_name"),
        ({"method": "totp"}, "method"),
        ({"method": "PASSWORD"}, "method"),
    ],
)
def test_other_claims_are_refused(changes: dict[str, Any], code: str) -> None:
    assert refused(signed(CLAIMS | changes)) == f"attestation_{code}"


def test_a_log_in_names_no_session_beforehand() -> None:
    assert verify(signed(CLAIMS | {"sid": "fresh"}), session=None).session == "fresh"


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (MAX_AGE, None),
        (MAX_AGE + 1, "attestation_expired"),
        (-MAX_FUTURE, None),
        (-MAX_FUTURE - 1, "attestation_future"),
    ],
)
def test_its_age_is_bounded(offset: int, code: str | None) -> None:
    if code is None:
        assert verify(GOOD, now=NOW + offset).at == NOW
    else:
        assert refused(GOOD, now=NOW + offset) == code


def test_its_own_times_only_narrow_its_life() -> None:
    seconds = NOW // 1000
    assert refused(signed(CLAIMS | {"exp": seconds})) == "attestation_expired"
    assert refused(signed(CLAIMS | {"nbf": seconds + 31})) == "attestation_future"
    late = signed(CLAIMS | {"exp": seconds + 10**6})
    assert refused(late, now=NOW + MAX_AGE + 1) == "attestation_expired"


def payload(text: str) -> str:
    return token(HEADER, text.encode("utf-8", "surrogatepass"), PRIVATE.sign)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(CLAIMS)[:-1] + ', "sub": "bob"}',
        json.dumps(CLAIMS).replace("alice", "\\ud800"),
        json.dumps(CLAIMS).replace("alice", "\ud800"),
        json.dumps(CLAIMS).replace(str(NOW // 1000), "NaN"),
        json.dumps(CLAIMS).replace(str(NOW // 1000), "1e3"),
        "[" * 1500,
        "[]",
        "null",
        '"alice"',
        "",
        "1" * 2000,
        "\ufeff" + json.dumps(CLAIMS),
    ],
)
def test_json_that_two_parsers_might_read_differently_is_refused(text: str) -> None:
    assert refused(payload(text)) == "attestation_malformed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        GOOD + ".",
        GOOD + "=",
        GOOD + "\n",
        " " + GOOD,
        GOOD.replace(".", "..", 1),
        GOOD + "A",
        "A" * 5000,
        GOOD.replace("e", "\N{CYRILLIC SMALL LETTER IE}", 1),
        None,
        1,
        [],
        {"token": GOOD},
        b"\xff\xfe",
    ],
)
def test_what_is_no_compact_jws_is_refused(text: object) -> None:
    assert refused(text) == "attestation_malformed"


def test_a_signature_has_one_spelling() -> None:
    """64 bytes end in a character with four unused bits: sixteen spellings for a lax decoder."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = []
    for letter in alphabet:
        try:
            verify(GOOD[:-1] + letter)
        except AttestationRefused:
            continue
        accepted.append(letter)
    assert accepted == [GOOD[-1]]


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200), st.integers(), st.none(), st.lists(st.text())))
def test_any_other_value_is_refused(text: object) -> None:
    refused(text)


@given(header=st.binary(max_size=60), body=st.binary(max_size=60), signature=st.binary(max_size=70))
def test_any_three_parts_are_refused(header: bytes, body: bytes, signature: bytes) -> None:
    refused(f"{url64(header)}.{url64(body)}.{url64(signature)}")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@given(name=st.sampled_from([*CLAIMS, "exp", "nbf", "act_name"]), value=JSON)
def test_any_value_of_a_signed_claim_is_accepted_or_refused(name: str, value: object) -> None:
    """Nothing but AttestationRefused may come out, even under a good signature."""
    try:
        result = verify(signed(CLAIMS | {name: value}), session=None)
    except AttestationRefused as error:
        assert error.code.startswith("attestation_")  # noqa: PT017 - or it passes
        return
    assert (result.account, result.action, result.method) == ("alice", "act_1", "password")


@given(header=st.dictionaries(st.sampled_from([*HEADER, "crit", "jwk", "b64"]), JSON))
def test_any_signed_header_but_ours_is_refused(header: dict[str, Any]) -> None:
    if header != HEADER:
        refused(signed(header=header))


@given(st.integers(0, len(GOOD) - 1))
def test_truncated_tokens_are_refused(length: int) -> None:
    refused(GOOD[:length])
    refused(GOOD[length + 1 :])


@given(place=st.integers(0, len(GOOD) - 1), bit=st.integers(0, 7))
def test_bit_flips_are_refused(place: int, bit: int) -> None:
    data = bytearray(GOOD.encode())
    data[place] ^= 1 << bit
    refused(bytes(data))
    refused(data.decode("latin-1"))


@given(claims=st.fixed_dictionaries({}, optional={name: st.just("x") for name in CLAIMS}))
def test_unsigned_claims_of_any_kind_are_refused(claims: dict[str, str]) -> None:
    header, _, signature = GOOD.split(".")
    refused(f"{header}.{url64(json.dumps(CLAIMS | claims | {'sid': 'y'}).encode())}.{signature}")


def pem_of(key: Any) -> bytes:
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "not a key",
        json.dumps({**JWK, "d": url64(b"platform" * 4)}),
        json.dumps({**JWK, "kty": "EC"}),
        json.dumps({**JWK, "crv": "X25519"}),
        json.dumps({**JWK, "alg": "HS256"}),
        json.dumps({**JWK, "use": "enc"}),
        json.dumps({**JWK, "key_ops": ["sign"]}),
        json.dumps({**JWK, "x": url64(RAW) + "="}),
        json.dumps({**JWK, "x": url64(RAW[:31])}),
        json.dumps({**JWK, "x": url64(bytes(32))}),
        json.dumps({**JWK, "x": 1}),
        json.dumps({**JWK, "kid": 1}),
        json.dumps({**JWK, "kid": "a b"}),
        json.dumps(JWK)[:-1] + ', "x": "AAAA"}',
        json.dumps({"kty": "oct", "k": "AAAA"}),
        "\ud800",
        "{" * 5000,
        PEM[:-40],
        PEM.replace(b"PUBLIC", b"PRIVATE"),
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        pem_of(rsa.generate_private_key(65537, 2048)),
        PRIVATE.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    ],
)
def test_other_keys_are_not_registered(text: str | bytes) -> None:
    with pytest.raises(FactorSecretError):
        register_key(text, issuer="exchange", not_before=0, expires=1)


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_any_key_text_is_registered_or_refused(text: str | bytes) -> None:
    with pytest.raises(FactorSecretError):
        register_key(text, issuer="exchange", not_before=0, expires=1)


def test_a_key_s_life_and_platform_must_make_sense() -> None:
    for issuer, expires in (("exchange", 0), ("", 1), ("a:b", 1), ("ex change", 1)):
        with pytest.raises(FactorSecretError):
            register_key(PEM, issuer=issuer, not_before=0, expires=expires)
