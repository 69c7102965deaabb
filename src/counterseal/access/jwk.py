# SPDX-License-Identifier: Apache-2.0
"""Public keys as JWK (RFC 7517, RFC 8037): what may be registered, and a key's thumbprint (RFC 7638)."""

from __future__ import annotations

from collections.abc import Mapping

from counterseal.core.errors import InputError
from counterseal.sdk import jwk as keys
from counterseal.sdk.errors import KeyInputError

_MEMBERS = ("crv", "kty", "x")


def public_jwk(jwk: Mapping[str, object]) -> dict[str, str]:
    """The public members of a JWK; InputError unless it is a sound Ed25519 key (not of small order)."""
    if "d" in jwk or "k" in jwk:
        raise InputError(
            "this is a private key; only the public key may be sent",
            code="attestation_key_private",
            hint="it has left your service: throw it away and make a new one",
        )
    if (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        raise InputError("an attestation key is Ed25519", code="attestation_key_type")
    if not isinstance(jwk.get("x"), str):
        raise InputError("the key needs crv, kty, x as text", code="attestation_key_incomplete")
    members = {name: str(jwk[name]) for name in _MEMBERS}
    try:
        keys.raw_from_jwk(members)
    except KeyInputError as error:
        raise InputError(error.sentence, code="attestation_key_invalid", hint=error.hint) from error
    return members


def thumbprint(jwk: Mapping[str, str]) -> str:
    """SHA-256 of the required members in order, base64url without padding (RFC 7638 section 3)."""
    return keys.thumbprint(keys.raw_from_jwk(jwk))
