# SPDX-License-Identifier: Apache-2.0
"""What the guard signs, byte for byte."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.destinations import DestinationError
from counterseal.guard.seals import (
    RECEIPT_LIFE,
    SEAL_LIFE,
    SealInputError,
    receipt_claims,
    seal_claims,
    sign_receipt,
    sign_seal,
)
from counterseal.sdk.models import parse_amount
from tests.support.sealing import ADDRESS, AUDIENCE, NOW, OTHER_SEAL_KEY, SEAL_KEY, facts, seal

SECONDS = NOW // 1000


def parts(token: str) -> tuple[bytes, bytes, bytes]:
    one, two, three = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    return one, two, three


def test_a_seal_is_exactly_this() -> None:
    token = seal()
    header, payload, signature = parts(token)
    assert header == b'{"alg":"EdDSA","typ":"counterseal-seal+jwt","kid":"%s"}' % SEAL_KEY.kid.encode()
    assert list(json.loads(payload).items()) == [
        ("iss", "https://guard.example"),
        ("jti", "seal_1"),
        ("sub", "alice"),
        ("act", "act_1"),
        ("name", "withdraw"),
        ("chain", "ethereum"),
        ("asset", "USDT"),
        ("amount", "1250.5"),
        ("fee_cap", "0.01"),
        ("dst", ADDRESS),
        ("memo", ""),
        ("aud", AUDIENCE),
        ("pol", "sha256:" + "0" * 64),
        ("pos", 41),
        ("epoch", 2),
        ("iat", SECONDS),
        ("exp", SECONDS + 120),
        ("mode", "enforce"),
    ]
    Ed25519PublicKey.from_public_bytes(SEAL_KEY.public).verify(signature, token.rpartition(".")[0].encode())


def test_a_common_library_reads_it() -> None:
    claims = jwt.decode(
        seal(),
        jwt.PyJWK(SEAL_KEY.public_jwk()),
        algorithms=["EdDSA"],
        audience=AUDIENCE,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["jti"] == "seal_1"


def test_the_same_inputs_give_the_same_seal() -> None:
    assert seal() == seal()
    assert seal(amount=Decimal("1250.500")) == seal(amount=Decimal("1.2505E+3"))


@pytest.mark.parametrize(
    "changes",
    [
        {"seal": "seal_2"},
        {"account": "bob"},
        {"action": "act_2"},
        {"outflow": "gift"},
        {"policy": "sha256:1"},
        {"position": 42},
        {"epoch": 3},
        {"issued": NOW + 1000},
        {"test": True},
        {"issuer": "other"},
        {"asset": "USDC"},
        {"amount": Decimal("1250.51")},
        {"chain": "polygon"},
        {"destination": ADDRESS[:-1] + "8"},
        {"memo": "7"},
        {"fee_cap": Decimal("0.02")},
        {"audience": "hot-wallet-2"},
    ],
)
def test_every_fact_is_under_the_signature(changes: dict[str, Any]) -> None:
    assert parts(seal(**changes))[1] != parts(seal())[1]
    assert parts(seal(**changes))[2] != parts(seal())[2]


def test_a_test_guard_says_so() -> None:
    assert seal_claims(facts(test=True)).mode == "test"


@given(st.integers(0, 2**45))
def test_a_life_is_never_longer_than_stated(issued: int) -> None:
    claims = seal_claims(facts(issued=issued))
    assert claims.iat * 1000 <= issued
    assert issued + SEAL_LIFE - 1000 < claims.exp * 1000 <= issued + SEAL_LIFE
    receipt = receipt_claims(claims, receipt="rcp_1", policy="p", position=42, epoch=2, now=issued)
    assert issued + RECEIPT_LIFE - 1000 < receipt.exp * 1000 <= issued + RECEIPT_LIFE


@given(st.decimals(min_value=0, max_value=Decimal(10) ** 18, places=18, allow_nan=False))
def test_amounts_travel_exactly(amount: Decimal) -> None:
    text = seal_claims(facts(amount=amount)).amount
    assert parse_amount(text) == amount
    assert "e" not in text.lower()


@pytest.mark.parametrize("amount", ["-1", "NaN", "Infinity", "-Infinity", "sNaN", "1e31", "1e-31"])
def test_amounts_that_cannot_be_paid_are_not_sealed(amount: str) -> None:
    for field in ("amount", "fee_cap"):
        with pytest.raises(SealInputError):
            seal_claims(facts(**{field: Decimal(amount)}))


def test_only_canonical_destinations_are_sealed() -> None:
    with pytest.raises(SealInputError):
        seal_claims(facts(destination=ADDRESS.upper().replace("0X", "0x")))
    with pytest.raises(DestinationError):
        seal_claims(facts(destination="0x12"))
    with pytest.raises(DestinationError):
        seal_claims(facts(destination="", memo="7"))
    assert seal_claims(facts(destination="", chain="")).dst == ""


def test_a_receipt_repeats_the_seal_and_names_it() -> None:
    sealed = seal_claims(facts())
    claims = receipt_claims(sealed, receipt="rcp_1", policy="sha256:2", position=50, epoch=2, now=NOW + 5_000)
    header, payload, _ = parts(sign_receipt(claims, OTHER_SEAL_KEY))
    assert json.loads(header)["typ"] == "counterseal-receipt+jwt"
    said = json.loads(payload)
    assert (said["jti"], said["seal"], said["pol"], said["pos"]) == ("rcp_1", "seal_1", "sha256:2", 50)
    assert (said["iat"], said["exp"]) == (SECONDS + 5, SECONDS + 15)
    _, before, _ = parts(sign_seal(sealed, SEAL_KEY))
    changed = {name for name, value in json.loads(before).items() if said[name] != value}
    assert changed == {"jti", "pol", "pos", "iat", "exp"}
