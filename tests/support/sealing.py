# SPDX-License-Identifier: Apache-2.0
"""Keys, seals and tokens for tests: real ones, made by the guard's own code from fixed seeds."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from counterseal.core.account import Payment as CorePayment
from counterseal.gateways.keyring import SigningKey, sign_jwks
from counterseal.guard.seals import SealFacts, seal_claims, sign_seal
from counterseal.sdk.models import Payment

NOW = 1_717_900_000_000
AUDIENCE = "hot-wallet-1"
ROOT = SigningKey("root", b"\x01\x02" * 16)
OTHER_ROOT = SigningKey("root", b"\x03\x04" * 16)
SEAL_KEY = SigningKey("seal", b"\x05\x06" * 16)
OTHER_SEAL_KEY = SigningKey("seal", b"\x07\x08" * 16)
LOG_KEY = SigningKey("log", b"\x09\x0a" * 16)
DAY = 86_400_000
ADDRESS = "0x52908400098527886e0f7030069857d2e4169ee7"

CORE_PAYMENT = CorePayment(
    asset="USDT",
    amount=Decimal("1250.50"),
    chain="ethereum",
    destination=ADDRESS,
    memo="",
    fee_cap=Decimal("0.01"),
    audience=AUDIENCE,
)
FACTS = SealFacts(
    issuer="https://guard.example",
    seal="seal_1",
    account="alice",
    action="act_1",
    outflow="withdraw",
    payment=CORE_PAYMENT,
    policy="sha256:" + "0" * 64,
    position=41,
    epoch=2,
    issued=NOW,
    test=False,
)
PAYMENT = Payment(
    account="alice",
    chain="ethereum",
    asset="USDT",
    amount=Decimal("1250.5"),
    destination=ADDRESS,
    fee=Decimal("0.004"),
    outflow="withdraw",
)


def key_set(*keys: SigningKey, root: SigningKey = ROOT, now: int = NOW - 1000, expires: int = NOW + DAY) -> str:
    """A signed key set of these keys."""
    return sign_jwks(root, [key.public_jwk() for key in keys], now, expires)


def facts(**changes: Any) -> SealFacts:
    """FACTS with changes; those that name a field of the payment go there."""
    names = set(CorePayment.__struct_fields__)
    inner = {name: value for name, value in changes.items() if name in names}
    outer = {name: value for name, value in changes.items() if name not in names}
    payment = msgspec.structs.replace(CORE_PAYMENT, **inner)
    return msgspec.structs.replace(FACTS, payment=payment, **outer)


def seal(key: SigningKey = SEAL_KEY, **changes: Any) -> str:
    """A seal over FACTS with changes."""
    return sign_seal(seal_claims(facts(**changes)), key)


def url64(data: bytes) -> str:
    """Base64url without padding, independent of the code under test."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(
    header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, sign: Callable[[bytes], bytes]
) -> str:
    """A compact JWS with any header and payload, independent of the code under test."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    text = ".".join(map(url64, parts))
    return f"{text}.{url64(sign(text.encode()))}"
