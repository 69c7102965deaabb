# SPDX-License-Identifier: Apache-2.0
"""Reading what a browser sends: client data, authenticator data, keys. Everything has a largest size, and whatever
is wrong is a PasskeyRefused, never an exception of a library."""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from fido2.cose import CoseKey

from counterseal.factors.webauthn_cbor import read_item, read_map
from counterseal.factors.webauthn_model import MOST_CREDENTIAL_ID, PasskeyRefused, RelyingParty

MOST_RESPONSE = 48 * 1024  # bytes of JSON; an attestation with its chain takes up to about 10 KiB
USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP = 0x01, 0x04, 0x08, 0x10
ATTESTED, EXTENSIONS = 0x40, 0x80
_RESERVED = 0x22  # 6.1: bits 1 and 5
_FIXED = 37  # bytes: RP id hash, flags, counter

ES256, EDDSA, ED448, ES384, ES512, RS256 = -7, -8, -53, -35, -36, -257
ALGORITHMS = (ES256, EDDSA, ED448, ES384, ES512, RS256)
"""COSE algorithms that may be registered, best first (5.8.5; RFC 9053, RFC 8812). SHA-1 is not among them."""
_SHAPES: Mapping[int, tuple[int, int | None]] = {  # algorithm -> (key type, curve)
    ES256: (2, 1),
    ES384: (2, 2),
    ES512: (2, 3),
    EDDSA: (1, 6),
    ED448: (1, 7),
    RS256: (3, None),
}
_RSA_SIZES = range(256, 513)  # bytes of the modulus: 2048 to 4096 bits
_MOST_EXPONENT = 4  # bytes
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")

Answer = bytes | str | Mapping[str, object]
"""A RegistrationResponseJSON or AuthenticationResponseJSON (5.1, `toJSON`), as text or decoded."""
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=1364)]
_ClientText = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class _Attested(msgspec.Struct, frozen=True, rename="camel"):
    client_data: _ClientText = msgspec.field(name="clientDataJSON")
    attestation_object: Annotated[str, msgspec.Meta(min_length=1, max_length=32_768)]
    transports: Annotated[list[str], msgspec.Meta(max_length=32)] | None = None


class _Signed(msgspec.Struct, frozen=True, rename="camel"):
    client_data: _ClientText = msgspec.field(name="clientDataJSON")
    authenticator_data: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    signature: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    user_handle: Annotated[str, msgspec.Meta(max_length=128)] | None = None


class _Resident(msgspec.Struct, frozen=True):
    rk: bool | None = None


class _Extended(msgspec.Struct, frozen=True, rename="camel"):
    cred_props: _Resident | None = None


class RegistrationAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """RegistrationResponseJSON; members that are not needed are passed over."""

    id: _Id
    raw_id: _Id
    type: Literal["public-key"]
    response: _Attested
    client_extension_results: _Extended | None = None


class AssertionAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """AuthenticationResponseJSON; members that are not needed are passed over."""

    id: _Id
    raw_id: _Id
    type: Literal["public-key"]
    response: _Signed


class ClientData(msgspec.Struct, frozen=True, rename="camel"):
    """CollectedClientData (5.8.1)."""

    type: str
    challenge: str
    origin: str
    cross_origin: bool | None = None
    top_origin: object = None


class AuthenticatorData(msgspec.Struct, frozen=True):
    """Authenticator data (6.1). `public_key` is the COSE_Key's own bytes; the three last are of a registration."""

    rp_id_hash: bytes
    flags: int
    sign_count: int
    aaguid: bytes = b""
    credential_id: bytes = b""
    public_key: bytes = b""


_AnswerType = TypeVar("_AnswerType", RegistrationAnswer, AssertionAnswer)


def read_answer(answer: Answer, kind: type[_AnswerType]) -> _AnswerType:
    """The answer as a struct; raises PasskeyRefused (passkey_malformed)."""
    try:
        if isinstance(answer, str | bytes):
            if len(answer) > MOST_RESPONSE:
                raise PasskeyRefused("passkey_malformed")
            read = msgspec.json.decode(answer, type=kind)
        else:
            read = msgspec.convert(answer, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise PasskeyRefused("passkey_malformed") from error
    if read.id != read.raw_id:
        raise PasskeyRefused("passkey_malformed")
    return read


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_b64url(text: str) -> bytes:
    """The bytes of base64url without padding, in its one spelling; raises PasskeyRefused."""
    if not _BASE64URL.match(text):
        raise PasskeyRefused("passkey_malformed")
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise PasskeyRefused("passkey_malformed") from error
    if b64url(data) != text:
        raise PasskeyRefused("passkey_malformed")
    return data


def read_client_data(raw: bytes) -> ClientData:
    """Client data from its JSON; raises PasskeyRefused."""
    try:
        return msgspec.json.decode(raw, type=ClientData)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise PasskeyRefused("passkey_malformed") from error


def check_client_data(rp: RelyingParty, data: ClientData, wanted: str, challenge: bytes) -> None:
    """7.1 steps 7-11 and 7.2 steps 10-14: type, challenge, origin, and no ceremony inside another site's page."""
    if data.type != wanted:
        raise PasskeyRefused("passkey_malformed")
    if not hmac.compare_digest(from_b64url(data.challenge), challenge):
        raise PasskeyRefused("passkey_challenge")
    if data.origin not in rp.origins or data.cross_origin or data.top_origin is not None:
        raise PasskeyRefused("passkey_origin")


def read_authenticator_data(data: bytes) -> AuthenticatorData:
    """Authenticator data with all of its parts and nothing behind them; raises PasskeyRefused."""
    if len(data) < _FIXED:
        raise PasskeyRefused("passkey_malformed")
    flags, at = data[32], _FIXED
    if flags & _RESERVED or (flags & BACKED_UP and not flags & BACKUP_ELIGIBLE):  # 6.1.3: never backed up alone
        raise PasskeyRefused("passkey_malformed")
    aaguid = identity = key = b""
    if flags & ATTESTED:
        aaguid, size = data[at : at + 16], int.from_bytes(data[at + 16 : at + 18], "big")
        at += 18
        identity = data[at : at + size]
        if not 1 <= len(identity) == size <= MOST_CREDENTIAL_ID:
            raise PasskeyRefused("passkey_malformed")
        _, end = read_item(data, at + size)
        key, at = data[at + size : end], end
    if flags & EXTENSIONS:
        extensions, at = read_item(data, at)
        if not isinstance(extensions, dict):
            raise PasskeyRefused("passkey_malformed")
    if at != len(data):
        raise PasskeyRefused("passkey_malformed")
    return AuthenticatorData(data[:32], flags, int.from_bytes(data[33:37], "big"), aaguid, identity, key)


def check_authenticator_data(rp: RelyingParty, data: AuthenticatorData, *, user_verification: bool) -> None:
    """7.1 steps 14-16 and 7.2 steps 16-18: RP id, user present, user verified."""
    if not hmac.compare_digest(data.rp_id_hash, sha256(rp.id.encode()).digest()):
        raise PasskeyRefused("passkey_rp")
    if not data.flags & USER_PRESENT or (user_verification and not data.flags & USER_VERIFIED):
        raise PasskeyRefused("passkey_unverified_user")


def read_key(data: bytes) -> CoseKey:
    """A public key of an algorithm of ALGORITHMS, of the type, curve and size that belong to it."""
    key = read_map(data)
    algorithm = key.get(3)
    shape = _SHAPES.get(algorithm) if isinstance(algorithm, int) else None
    if shape is None or (key.get(1), key.get(-1) if shape[1] else None) != shape:
        raise PasskeyRefused("passkey_malformed")
    if shape[1] is None and not _rsa_within_bounds(key):
        raise PasskeyRefused("passkey_malformed")
    return CoseKey.parse(key)


def _rsa_within_bounds(key: Mapping[int, Any]) -> bool:
    modulus, exponent = key.get(-1), key.get(-2)
    if not isinstance(modulus, bytes) or not isinstance(exponent, bytes):
        return False
    return len(modulus) in _RSA_SIZES and 0 < len(exponent) <= _MOST_EXPONENT


def check_signature(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Raise PasskeyRefused unless `signature` over `message` is by the COSE key."""
    key = read_key(public_key)
    try:
        key.verify(message, signature)
    except InvalidSignature as error:
        raise PasskeyRefused("passkey_signature") from error
    except Exception as error:  # a point that is not on its curve, a member of a wrong type
        raise PasskeyRefused("passkey_malformed") from error
