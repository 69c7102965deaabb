# SPDX-License-Identifier: Apache-2.0
"""Compact JWS (RFC 7515) with Ed25519 (RFC 8037), in one form only.

The header holds exactly `alg`, `kid` and `typ`: what is not on that list is refused, so no token chooses its
algorithm, brings its key (`jwk`, `jku`, `x5c`, `x5u`) or changes the rules (`crit`, `b64`) (RFC 8725, 2.1,
3.1, 3.11). One token has one spelling: base64url without padding and with zero trailing bits, JSON without
repeated names, floats or lone surrogates. The signing key's side and the verifier's share this module.
"""

from __future__ import annotations

import json
import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from counterseal.sdk.errors import JwsError

ALGORITHM = "EdDSA"
MAX_TOKEN_LENGTH = 8 * 1024  # characters
MAX_HEADER_LENGTH = 1024  # characters
SIGNATURE_SIZE = 64  # bytes
_KEY_MEMBERS = frozenset({"jwk", "jku", "x5c", "x5u", "x5t", "x5t#S256"})
_MEMBERS = frozenset({"alg", "kid", "typ"})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+\Z")
_KID = re.compile(r"[A-Za-z0-9._~-]{1,128}\Z")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")


class Unverified(msgspec.Struct, frozen=True):
    """A token of the right form whose signature nobody has checked yet. `payload` is still encoded."""

    kid: str
    signing_input: bytes
    payload: str
    signature: bytes


def encode(raw: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of base64url text; raises JwsError unless it is exactly what `encode` writes."""
    if not _BASE64URL.match(text):
        raise JwsError("a part of the token is not base64url")
    try:
        raw = a2b_base64(text.encode("ascii").translate(_TO_STANDARD) + b"=" * (-len(text) % 4))
    except Base64Error as error:
        raise JwsError("a part of the token is not base64url") from error
    if encode(raw) != text:
        raise JwsError("a part of the token is not in canonical base64url")
    return raw


def sign(payload: bytes, *, typ: str, kid: str, signer: Callable[[bytes], bytes]) -> str:
    """The compact JWS over `payload`. The same inputs give the same token: Ed25519 is deterministic."""
    header = json.dumps({"alg": ALGORITHM, "typ": typ, "kid": kid}, separators=(",", ":"))
    signing_input = f"{encode(header.encode())}.{encode(payload)}"
    return f"{signing_input}.{encode(signer(signing_input.encode('ascii')))}"


def parse(token: object, *, typ: str, max_length: int = MAX_TOKEN_LENGTH) -> Unverified:
    """Split a token and check its header; raises JwsError for everything that is not of the one form."""
    if not isinstance(token, str) or not token.isascii():
        raise JwsError("the token is not ASCII text")
    if len(token) > max_length:
        raise JwsError(f"the token is longer than {max_length} characters")
    parts = token.split(".")
    if len(parts) != 3 or len(parts[0]) > MAX_HEADER_LENGTH:  # noqa: PLR2004 - header, payload, signature
        raise JwsError("the token does not have the three parts of a compact JWS")
    kid = _kid(load_object(decode(parts[0])), typ)
    signature = decode(parts[2])
    if len(signature) != SIGNATURE_SIZE:
        raise JwsError("the signature does not have 64 bytes")
    return Unverified(kid, f"{parts[0]}.{parts[1]}".encode("ascii"), parts[1], signature)


def verify(token: Unverified, key: Ed25519PublicKey) -> dict[str, Any]:
    """The payload, a JSON object, once the signature is found to be by `key`; raises JwsError otherwise."""
    try:
        key.verify(token.signature, token.signing_input)
    except InvalidSignature as error:
        raise JwsError("the signature is not by the key that the token names", code="signature") from error
    return load_object(decode(token.payload))


def load_object(data: bytes) -> dict[str, Any]:
    """A JSON object (I-JSON, RFC 7493: unique names, no lone surrogates) without floats; else JwsError."""
    try:
        value = _DECODER.decode(data.decode("utf-8"))
        if b"\\u" in data:
            # An escape such as \ud800 gives text that cannot be written as UTF-8 later.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise JwsError("a part of the token is not strict JSON") from error
    if not isinstance(value, dict):
        raise JwsError("a part of the token is not a JSON object")
    return value


def _kid(header: dict[str, Any], typ: str) -> str:
    """The key id of a header that passes; the order of the checks decides which fault is named."""
    if header.get("alg") != ALGORITHM:
        raise JwsError(f"the algorithm is not `{ALGORITHM}`", code="algorithm")
    if not _KEY_MEMBERS.isdisjoint(header):
        raise JwsError("the token brings its own key", code="embedded_key")
    if "crit" in header:
        raise JwsError("the token has critical header parameters", code="critical_header")
    if header.get("typ") != typ:
        raise JwsError(f"the token's type is not `{typ}`", code="type")
    if header.keys() != _MEMBERS:
        raise JwsError("the header does not hold exactly `alg`, `kid` and `typ`", code="header")
    kid = header["kid"]
    if not isinstance(kid, str) or not _KID.match(kid):
        raise JwsError("the key id is not a short plain text", code="header")
    return kid


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse)
