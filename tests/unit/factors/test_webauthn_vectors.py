# SPDX-License-Identifier: Apache-2.0
"""The test vectors of Web Authentication Level 3, section 16, and every byte of them altered."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from counterseal.factors.passkeys import (
    Asserted,
    Credential,
    PasskeyRefused,
    RelyingParty,
    Trust,
    b64url,
    verify_assertion,
    verify_registration,
)
from counterseal.factors.webauthn import check_signature, read_authenticator_data, read_client_data
from counterseal.factors.webauthn_cbor import read_map

FILE = Path(__file__).parents[3].parent / "shared" / "vectors" / "webauthn-l3.json"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="../shared/vectors is absent: no published vectors here")
DOCUMENT: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {"vectors": []}
VECTORS = {each["id"]: each for each in DOCUMENT["vectors"]}
CROSS = {"none-es256-crossOrigin", "none-es256-topOrigin"}
TOP_LEVEL = sorted(set(VECTORS) - CROSS)
RP = RelyingParty("example.org", "Example", frozenset({"https://example.org"}))
NOW = 1_782_000_000_000  # 2026: inside the life of the vectors' certificates
# Which statements carry a chain to the vectors' root and, for Android, say what hardware made the key.
TRUSTED = {each for each in TOP_LEVEL if not each.startswith(("none-", "packed-self", "android-key"))}


def parts(name: str, ceremony: str) -> dict[str, bytes]:
    """The binary members of one ceremony."""
    return {key: bytes.fromhex(value) for key, value in VECTORS[name][ceremony].items() if key != "comment"}


def trust() -> Trust:
    return Trust((bytes.fromhex(DOCUMENT["root"]["attestation_ca_cert"]),))


def answer(identity: bytes, **members: bytes) -> dict[str, Any]:
    response = {key: b64url(value) for key, value in members.items()}
    return {"id": b64url(identity), "rawId": b64url(identity), "type": "public-key", "response": response}


def identity_of(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name]["reg"]["credential_id"])


def register(name: str, **altered: bytes) -> Credential:
    reg = parts(name, "reg") | altered
    given = answer(identity_of(name), **{key: reg[key] for key in ("clientDataJSON", "attestationObject")})
    return verify_registration(RP, given, reg["challenge"], now=NOW, trust=trust(), require_user_verification=False)


def use(name: str, credential: Credential, **altered: bytes) -> Asserted:
    auth = parts(name, "auth") | altered
    members = {key: auth[key] for key in ("clientDataJSON", "authenticatorData", "signature")}
    given = answer(credential.id, **members)
    return verify_assertion(RP, credential, given, auth["challenge"], require_user_verification=False)


def test_there_are_fifteen() -> None:
    assert len(VECTORS) == 15


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_a_vector_passes(name: str) -> None:
    credential = register(name)
    assert credential.id == identity_of(name)
    assert credential.trusted is (name in TRUSTED)
    flags = parts(name, "auth")["authenticatorData"][32]
    asserted = use(name, credential)
    assert (asserted.user_verified, asserted.backed_up) == (bool(flags & 4), bool(flags & 16))


@pytest.mark.parametrize("name", sorted(CROSS))
def test_a_vector_inside_another_page_is_genuine_and_refused(name: str) -> None:
    """Its signature holds; it is refused because a step-up is never run in a frame."""
    reg, auth = parts(name, "reg"), parts(name, "auth")
    with pytest.raises(PasskeyRefused) as caught:
        register(name)
    assert caught.value.code == "passkey_origin"
    key = read_authenticator_data(read_map(reg["attestationObject"])["authData"]).public_key
    message = auth["authenticatorData"] + sha256(auth["clientDataJSON"]).digest()
    check_signature(key, message, auth["signature"])
    client = read_client_data(auth["clientDataJSON"])
    assert client.cross_origin
    with pytest.raises(PasskeyRefused) as caught:
        use(name, Credential(identity_of(name), key))
    assert caught.value.code == "passkey_origin"


def altered(data: bytes) -> list[bytes]:
    """The data with one bit of each byte turned, each bit of the byte's place in turn."""
    return [data[:at] + bytes((data[at] ^ (1 << at % 8),)) + data[at + 1 :] for at in range(len(data))]


@pytest.mark.parametrize("name", TOP_LEVEL)
@pytest.mark.parametrize("member", ["clientDataJSON", "authenticatorData", "signature"])
def test_each_altered_byte_of_an_assertion_is_refused(name: str, member: str) -> None:
    credential = register(name)
    for data in altered(parts(name, "auth")[member]):
        with pytest.raises(PasskeyRefused):
            use(name, credential, **{member: data})


def content_of(attestation: bytes) -> list[tuple[bytes, bytes]]:
    """What the certificates of a statement say, and their signatures."""
    found = map(x509.load_der_x509_certificate, read_map(attestation)["attStmt"]["x5c"])
    return [(each.tbs_certificate_bytes, each.signature) for each in found]


SIGNED = [each for each in TOP_LEVEL if each != "fido-u2f-es256" and not each.startswith("none-")]


@pytest.mark.parametrize("name", SIGNED)
def test_each_altered_byte_of_a_signed_registration_is_refused_or_not_trusted(name: str) -> None:
    """What the statement signs is refused; of its certificates a changed byte leaves no trust (Apple's nonce and
    a chain are the only two things that do not lie under the credential's signature)."""
    reg = parts(name, "reg")
    for data in altered(reg["clientDataJSON"]):
        with pytest.raises(PasskeyRefused):
            register(name, clientDataJSON=data)
    raw = read_map(reg["attestationObject"])["authData"]
    start = reg["attestationObject"].index(raw)
    for at, data in enumerate(altered(reg["attestationObject"])):
        try:
            credential = register(name, attestationObject=data)
        except PasskeyRefused:
            continue
        assert not start <= at < start + len(raw), f"byte {at} of the authenticator data went unseen"
        # DER has one byte that changes nothing that is signed: how many bits of the signature are unused.
        assert not credential.trusted or content_of(data) == content_of(reg["attestationObject"]), f"byte {at}"


@pytest.mark.parametrize("name", [each for each in TOP_LEVEL if each not in SIGNED])
def test_an_altered_registration_without_a_signature_never_passes_for_the_same(name: str) -> None:
    """Nothing signs it (U2F: not the counter, flags and AAGUID): an altered byte is refused or seen in the
    credential that comes out, so that it is another credential and not silently this one."""
    whole, reg = register(name), parts(name, "reg")
    for data in altered(reg["attestationObject"]):
        try:
            credential = register(name, attestationObject=data)
        except PasskeyRefused:
            continue
        flags_only = read_map(data)["authData"][32] != read_map(reg["attestationObject"])["authData"][32]
        assert credential != whole or flags_only
