# SPDX-License-Identifier: Apache-2.0
"""Receive webhooks: check the signature (Standard Webhooks 1.0), read the message, and take each one once.

Only the standard library and msgspec: a receiver loads no HTTP client and nothing of the server.

    try:
        event = verify(request.headers, request.body, [secret], now=int(time.time()))
    except WebhookError:
        return 400
    if not seen.add(event.id):  # it came before: say yes again, do nothing
        return 204
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from counterseal.sdk.errors import SdkError

TOLERANCE: Final = 5 * 60  # s that a message's time may be off, either way
MOST_SIGNATURES: Final = 10
_PREFIX: Final = "whsec_"


class WebhookError(SdkError):
    """This is no message of Counterseal, or one that is too old: answer 400 and do nothing."""

    code = "webhook_refused"


class Event(msgspec.Struct, frozen=True):
    """What happened. `id`: the same at every try; `timestamp`: RFC 3339; `account`: empty for a test."""

    id: str
    type: str
    timestamp: str
    account: str
    data: dict[str, str]


_decode = msgspec.json.Decoder(Event).decode


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], *, now: int) -> Event:
    """The message, if one of `secrets` (`whsec_...`) signed these very bytes at most five minutes from `now` (s).

    `body`: as it came, before any parsing. Raises WebhookError.
    """
    found = {name.lower(): value for name, value in headers.items()}
    identity, stamp = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    given = found.get("webhook-signature", "").split(" ")[:MOST_SIGNATURES]
    if not identity or "." in identity or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):  # noqa: PLR2004
        raise WebhookError("the headers are not those of a webhook")
    if abs(now - int(stamp)) > TOLERANCE:
        raise WebhookError("the message is too old, or from the future")
    signed = b".".join((identity.encode("utf-8", "surrogatepass"), stamp.encode(), body))
    right = [b"v1," + base64.b64encode(hmac.digest(_key(each), signed, "sha256")) for each in secrets]
    matches = [hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other) for one in given for other in right]
    if not any(matches):  # each was compared: the time says nothing
        raise WebhookError("no signature matches")
    try:
        event = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise WebhookError("the message is not one that this version knows") from None
    if event.id != identity:
        raise WebhookError("the message has another id than its headers")
    return event


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 24:  # noqa: PLR2004 - bytes, the least that the specification allows
        raise ValueError("a secret is `whsec_` and base64 of 24 to 64 bytes")
    return key
