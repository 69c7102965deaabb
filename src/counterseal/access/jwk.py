# SPDX-License-Identifier: Apache-2.0
"""Public keys as JWK (RFC 7517): what may be registered, and the thumbprint that names a key (RFC 7638)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from counterseal.access.model import AttestationAlgorithm
from counterseal.core.errors import InputError

COORDINATE_BYTES = 32
_NEEDED = {("OKP", "Ed25519"): ("crv", "kty", "x"), ("EC", "P-256"): ("crv", "kty", "x", "y")}


def public_jwk(jwk: Mapping[str, object]) -> tuple[AttestationAlgorithm, dict[str, str]]:
    """The algorithm and the public members of a JWK; InputError unless it is a sound Ed25519 or P-256 key."""
    if "d" in jwk or "k" in jwk:
        raise InputError(
            "this is a private key; only the public key may be sent",
            code="attestation_key_private",
            hint="it has left your service: throw it away and make a new one",
        )
    needed = _NEEDED.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    if needed is None:
        raise InputError("an attestation key is Ed25519 or P-256", code="attestation_key_type")
    members = {name: value for name in needed if isinstance(value := jwk.get(name), str)}
    if len(members) != len(needed):
        raise InputError(f"the key needs {', '.join(needed)} as text", code="attestation_key_incomplete")
    x = _coordinate(members["x"])
    if members["kty"] == "OKP":
        ed25519.Ed25519PublicKey.from_public_bytes(x)
        return AttestationAlgorithm.EDDSA, members
    try:
        ec.EllipticCurvePublicNumbers(
            int.from_bytes(x), int.from_bytes(_coordinate(members["y"])), ec.SECP256R1()
        ).public_key()
    except ValueError:
        raise InputError("this point is not on P-256", code="attestation_key_invalid") from None
    return AttestationAlgorithm.ES256, members


def thumbprint(jwk: Mapping[str, str]) -> str:
    """SHA-256 of the required members in order, base64url without padding (RFC 7638 section 3)."""
    ordered = json.dumps(dict(sorted(jwk.items())), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(ordered).digest()).rstrip(b"=").decode()


def _coordinate(text: str) -> bytes:
    try:
        value = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        value = b""
    if len(value) != COORDINATE_BYTES or base64.urlsafe_b64encode(value).rstrip(b"=").decode() != text:
        raise InputError("a coordinate is 32 bytes in base64url without padding", code="attestation_key_invalid")
    return value
