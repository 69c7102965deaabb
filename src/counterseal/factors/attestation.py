# SPDX-License-Identifier: Apache-2.0
"""Attestations: the platform's auth service states which proof it verified itself (password, session, face).

A compact JWS by an Ed25519 key registered beforehand, of type `counterseal-attestation+jwt` (explicit typing,
RFC 8725, 3.11: an ID token by the same key is no attestation). Claims, and no others:

    iss      the platform id that the key was registered for
    aud      "counterseal"
    sub      account
    sid      session
    act      action id;  act_name (optional) its rule
    method   the factor class that was verified
    iat      when, in whole seconds;  exp, nbf (optional) narrow its life further
    jti      its own id, single use: the engine takes each `Attestation.token` once

Whatever is wrong is an AttestationRefused with a stable code, never another exception.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

import msgspec

from counterseal.factors.model import AttestationRefused, FactorSecretError
from counterseal.sdk import jwk, jws
from counterseal.sdk.errors import JwsError, KeyInputError
from counterseal.sdk.models import ATTESTATION_AUDIENCE, ATTESTATION_TYPE

MAX_AGE = 120_000  # ms
MAX_FUTURE = 30_000  # ms: how far the platform's clock may run ahead
MAX_LENGTH = 4 * 1024  # characters
_REQUIRED = frozenset({"iss", "aud", "sub", "sid", "act", "method", "iat", "jti"})
_ALLOWED = _REQUIRED | {"act_name", "exp", "nbf"}
_TEXTS = ("iss", "sub", "sid", "act", "method", "jti")
_ID = re.compile(r"[A-Za-z0-9._~-]{1,128}\Z")
_MAX_TEXT = 256  # characters
_MAX_SECONDS = 1 << 40


class AttestationKey(msgspec.Struct, frozen=True):
    """A public key of the platform's auth service. Times are ms; `revoked`: from then on nothing counts."""

    kid: str
    issuer: str
    public: bytes
    not_before: int
    expires: int
    revoked: int | None = None


class Attestation(msgspec.Struct, frozen=True):
    """What the platform states. `at` in ms; `token` is the proof token that may be taken once."""

    issuer: str
    account: str
    session: str
    action: str
    action_name: str | None
    method: str
    at: int
    token: str
    kid: str


def register_key(
    text: str | bytes, *, issuer: str, not_before: int, expires: int, kid: str | None = None
) -> AttestationKey:
    """A key from public JWK or PEM text; raises FactorSecretError.

    `kid`: as the auth service writes it in its headers; else the JWK's own, else the RFC 7638 thumbprint.
    """
    if not _ID.match(issuer):
        raise FactorSecretError("the platform id is not a short plain text")
    if expires <= not_before:
        raise FactorSecretError("the key's life ends before it begins")
    try:
        raw, own = jwk.raw_from_text(text)
    except KeyInputError as error:
        raise FactorSecretError(error.sentence, hint=error.hint) from error
    name = kid or own or jwk.thumbprint(raw)
    if not _ID.match(name):
        raise FactorSecretError("the key id is not a short plain text")
    return AttestationKey(name, issuer, raw, not_before, expires)


def verify_attestation(
    token: object,
    *,
    keys: Mapping[str, AttestationKey],
    account: str,
    action: str,
    action_name: str,
    session: str | None,
    methods: Collection[str],
    now: int,
) -> Attestation:
    """Check an attestation against the action it is given for; raises AttestationRefused.

    `keys`: by kid. `session`: the one the action was asked in; None if it names none (a log-in). `methods`: the
    factor classes that the vocabulary lets the platform attest; no attestation stands in for a TOTP code.
    """
    key, claims = _open(token, keys, now)
    wanted = (
        ("iss", key.issuer, "issuer"),
        ("sub", account, "account"),
        ("act", action, "action"),
        ("act_name", claims.get("act_name") and action_name, "action_name"),
        ("sid", claims["sid"] if session is None else session, "session"),
    )
    for name, value, part in wanted:
        if claims.get(name) != value:
            _refuse(part, f"the attestation's `{name}` is another {part.replace('_', ' ')}")
    if claims["method"] not in methods:
        _refuse("method", "the method is not one that the platform may attest")
    return Attestation(
        issuer=key.issuer,
        account=account,
        session=claims["sid"],
        action=action,
        action_name=claims.get("act_name"),
        method=claims["method"],
        at=claims["iat"] * 1000,
        token=f"attestation:{key.issuer}:{claims['jti']}",
        kid=key.kid,
    )


def _open(token: object, keys: Mapping[str, AttestationKey], now: int) -> tuple[AttestationKey, dict[str, Any]]:
    """The key and the claims of a token that is well formed, signed by a key in force, and recent."""
    text = token.decode("ascii", "replace") if isinstance(token, bytes) else token
    try:
        unverified = jws.parse(text, typ=ATTESTATION_TYPE, max_length=MAX_LENGTH)
        key = keys.get(unverified.kid)
        if key is None:
            _refuse("key_unknown", "no key with the attestation's key id is registered")
        if key.revoked is not None and key.revoked <= now:
            _refuse("key_revoked", "the attestation's key was revoked")
        if not key.not_before <= now < key.expires:
            _refuse("key_expired", "the attestation's key is not in force")
        claims = jws.verify(unverified, jwk.public_key(key.public))
    except (JwsError, KeyInputError) as error:
        raise AttestationRefused(error.sentence, code=f"attestation_{error.code}") from error
    _check_shape(claims)
    _check_time(claims, now)
    return key, claims


def _check_shape(claims: dict[str, Any]) -> None:
    if not _REQUIRED <= claims.keys() <= _ALLOWED:
        _refuse("claims", "the claims are not exactly those of an attestation")
    for name in _TEXTS:
        if not isinstance(claims[name], str) or not 0 < len(claims[name]) <= _MAX_TEXT:
            _refuse("claims", f"the claim `{name}` is not a text of 1 to {_MAX_TEXT} characters")
    if not _ID.match(claims["jti"]):
        _refuse("claims", "the claim `jti` is not a short plain text")
    act_name = claims.get("act_name", "x")
    if not isinstance(act_name, str) or not 0 < len(act_name) <= _MAX_TEXT:
        _refuse("claims", "the claim `act_name` is not text")
    for name in ("iat", "exp", "nbf"):
        value = claims.get(name, 1)
        if type(value) is not int or not 0 < value < _MAX_SECONDS:  # bool is an int to isinstance
            _refuse("claims", f"the claim `{name}` is not a time in whole seconds")
    if claims["aud"] != ATTESTATION_AUDIENCE:
        _refuse("audience", f"the attestation is not meant for `{ATTESTATION_AUDIENCE}` alone")


def _check_time(claims: dict[str, Any], now: int) -> None:
    at = claims["iat"] * 1000
    if now - at > MAX_AGE:
        _refuse("expired", f"the attestation is older than {MAX_AGE // 1000} s")
    if at - now > MAX_FUTURE:
        _refuse("future", f"the attestation is more than {MAX_FUTURE // 1000} s in the future")
    if "exp" in claims and now >= claims["exp"] * 1000:
        _refuse("expired", "the attestation's own `exp` has passed")
    if "nbf" in claims and now + MAX_FUTURE < claims["nbf"] * 1000:
        _refuse("future", "the attestation's own `nbf` lies ahead")


def _refuse(code: str, sentence: str) -> NoReturn:
    raise AttestationRefused(sentence, code=f"attestation_{code}")
