# SPDX-License-Identifier: Apache-2.0
"""Ed25519 public keys as JWK (RFC 8037) or PEM, and their ids (RFC 7638)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from counterseal.sdk import jws
from counterseal.sdk.errors import JwsError, KeyInputError

KEY_SIZE = 32  # bytes
MAX_KEY_TEXT = 4 * 1024  # characters
_SIGN_BIT_OFF = (1 << 255) - 1
_FIELD = (1 << 255) - 19
# y coordinates of the eight points of small order, reduced or not. Under such a key anybody can sign.
_ORDER_8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _FIELD, _FIELD + 1, _ORDER_8, _FIELD - _ORDER_8})


def public_key(raw: bytes) -> Ed25519PublicKey:
    """The key of a 32-byte encoding (RFC 8032, 5.1.5); refuses points of small order (KeyInputError)."""
    if len(raw) != KEY_SIZE:
        raise KeyInputError("an Ed25519 public key has 32 bytes")
    if int.from_bytes(raw, "little") & _SIGN_BIT_OFF in _SMALL_ORDER:
        raise KeyInputError("the public key is of small order: anybody could sign under it")
    return Ed25519PublicKey.from_public_bytes(raw)


def thumbprint(raw: bytes) -> str:
    """The SHA-256 thumbprint of RFC 7638 (members of RFC 8037, appendix A.3), base64url."""
    canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{jws.encode(raw)}"}}'
    return jws.encode(sha256(canonical.encode("ascii")).digest())


def public_jwk(raw: bytes) -> dict[str, str]:
    """The public JWK of a key: kty, crv, x, kid (its thumbprint), alg and use."""
    kid = thumbprint(raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": jws.encode(raw), "kid": kid, "alg": "EdDSA", "use": "sig"}


def raw_from_jwk(jwk: Mapping[str, Any]) -> bytes:
    """The 32 bytes of a public OKP Ed25519 JWK; raises KeyInputError, also if it holds a private part."""
    if "d" in jwk:
        raise KeyInputError("the JWK holds a private key", hint="register the public key only")
    if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
        raise KeyInputError("the JWK is not of type OKP with curve Ed25519")
    if jwk.get("alg", "EdDSA") != "EdDSA" or jwk.get("use", "sig") != "sig":
        raise KeyInputError("the JWK is not for EdDSA signatures")
    if jwk.get("key_ops", ["verify"]) != ["verify"]:
        raise KeyInputError("the JWK is not for verifying only")
    x = jwk.get("x")
    try:
        raw = jws.decode(x) if isinstance(x, str) else b""
    except JwsError as error:
        raise KeyInputError("the JWK's `x` is not base64url") from error
    public_key(raw)
    return raw


def raw_from_text(text: str | bytes) -> tuple[bytes, str | None]:
    """The 32 bytes of a public key in JWK or PEM (SubjectPublicKeyInfo) text, and the JWK's kid if any."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > MAX_KEY_TEXT:
        raise KeyInputError(f"the key is longer than {MAX_KEY_TEXT} bytes")
    data = data.strip()
    if data.startswith(b"{"):
        return _from_jwk_text(data)
    if not data.startswith(b"-----BEGIN PUBLIC KEY-----"):
        raise KeyInputError("the key is neither a JWK nor a PEM public key")
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyInputError("the PEM public key cannot be read") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyInputError("the PEM public key is not of type Ed25519")
    raw = key.public_bytes_raw()
    public_key(raw)
    return raw, None


def _from_jwk_text(data: bytes) -> tuple[bytes, str | None]:
    try:
        jwk = jws.load_object(data)
    except JwsError as error:
        raise KeyInputError("the JWK is not strict JSON") from error
    kid = jwk.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise KeyInputError("the JWK's `kid` is not text")
    return raw_from_jwk(jwk), kid
