# SPDX-License-Identifier: Apache-2.0
"""One-time links to the cancel and freeze pages.

A token is base64url(body || tag) without padding: body is MessagePack of the version and the claims in the
order of `LinkClaims`, tag the first 16 bytes of HMAC-SHA256 (RFC 2104, section 5: half the output at least)
over a fixed label and the body. Whoever holds the token may press one button once, until it expires; that
it is used once is kept by the engine, by the claim `id`. The page key is used for nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from counterseal.notices.model import HOUR, LinkRefused

Purpose = Literal["cancel", "freeze"]

LIFETIME: Final = 72 * HOUR
KEY_BYTES: Final = 32
MAX_TOKEN: Final = 2048
_LABEL: Final = b"counterseal notice link v1\x00"
_TAG_BYTES: Final = 16
_VERSION: Final = 1
_BAD: Final = "this link is not one of ours or was cut short"


PageKey = bytes | Callable[[int], tuple[bytes, ...]]
"""The page key, or what gives the keys at a time (ms): first the one to use, then those whose links are out."""


def keys_at(key: PageKey, now: int) -> tuple[bytes, ...]:
    """The keys at `now`, the current one first."""
    return (key,) if isinstance(key, bytes) else key(now)


class LinkClaims(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a link allows: `purpose` on `account`, for the holder of `contact`, until `expires` (ms).

    `action`: what a cancel link cancels. `id`: single use. `epoch`: of the store; a restore voids older links.
    """

    account: str
    notice: str
    contact: str
    purpose: Purpose
    action: str
    expires: int
    id: str
    epoch: int


class _Envelope(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    claims: LinkClaims


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Envelope).decode


def link_id(notice: str, contact: str, purpose: Purpose) -> str:
    """The single-use id of a link: the same for every sending of one notice to one contact."""
    digest = hashlib.sha256(_encode((notice, contact, purpose))).digest()
    return base64.urlsafe_b64encode(digest[:15]).decode()


def make_token(claims: LinkClaims, key: bytes) -> str:
    """The token of `claims`, safe in a URL path. `key`: the page key, 32 bytes or more (ValueError)."""
    body = _encode(_Envelope(_VERSION, claims))
    return base64.urlsafe_b64encode(body + _tag(body, key)).rstrip(b"=").decode()


def verify_token(token: str, key: PageKey, *, purpose: Purpose, now: int, epoch: int) -> LinkClaims:
    """The claims of a token that is ours, whole, for `purpose`, of this `epoch` and not expired at `now` (ms).
    `key`: the page key, or the keys at a time: links of the one before go on working until they end.

    Raises LinkRefused with code link_bad, link_void or link_expired; nothing else, whatever the text.
    """
    body = _opened(token, keys_at(key, now))
    try:
        envelope = _decode(body)
    except (msgspec.MsgspecError, ValueError) as error:
        raise LinkRefused(_BAD) from error
    claims = envelope.claims
    if envelope.version != _VERSION or claims.purpose != purpose:
        raise LinkRefused(_BAD)
    if claims.epoch != epoch:
        raise LinkRefused("this link was made before the service was restored", code="link_void")
    if now >= claims.expires:
        raise LinkRefused("this link has expired", code="link_expired")
    return claims


def _opened(token: str, keys: tuple[bytes, ...]) -> bytes:
    """The body of a token with a true tag. Only the one spelling that `make_token` writes is taken."""
    if len(token) > MAX_TOKEN or not token.isascii():
        raise LinkRefused(_BAD)
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise LinkRefused(_BAD) from error
    body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    held = [hmac.compare_digest(tag, _tag(body, key)) for key in keys]  # each: no early end
    if not any(held):
        raise LinkRefused(_BAD)
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != token:
        raise LinkRefused(_BAD)
    return body


def _tag(body: bytes, key: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise ValueError(f"the page key has {len(key)} bytes; it needs {KEY_BYTES} or more")
    return hmac.digest(key, _LABEL + body, hashlib.sha256)[:_TAG_BYTES]
