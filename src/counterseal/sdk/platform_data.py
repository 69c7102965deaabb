# SPDX-License-Identifier: Apache-2.0
"""Answer the judicial desk: which fields of which account it asks for, proved to come from it, and signed back.

The desk holds no customer data. It asks the platform for exactly the fields that two officers approved, over HTTP
with a shared secret: the request is signed, and so is the answer, over the request's own id, so that neither can be
made up, repeated or given to another question. Only the standard library and msgspec.

    try:
        asked = read_request(request.headers, request.body, [secret], now=int(time.time()))
    except PlatformDataError:
        return 401
    if not seen.add(asked.id):  # a repeat of what was answered before
        return 409
    headers, body = write_answer(asked, [FieldData(...), ...], secret)
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from counterseal.sdk.errors import SdkError

TOLERANCE: Final = 5 * 60  # s that the time of a request may be off, either way
ID: Final = "counterseal-id"
TIMESTAMP: Final = "counterseal-timestamp"
SIGNATURE: Final = "counterseal-signature"
MOST_SIGNATURES: Final = 10
_PREFIX: Final = "whsec_"
_LEAST_SECRET: Final = 24  # bytes


class PlatformDataError(SdkError):
    """This is no message of the other side, or one that is too old: answer 401 and do nothing."""

    code = "platform_data_refused"


class DataField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of one account; `start` <= t < `end` (ms) where it has a window."""

    account: str
    name: str
    start: int | None = None
    end: int | None = None


class DataIdentifier(msgspec.Struct, frozen=True):
    """What an order names somebody by. `kind`: account, email, phone, name, document, address, txid or ip."""

    kind: str
    value: str


class DataRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """`purpose`: preview, disclosure or incident (then `fields`), or lookup (then `identifier`); `request`: our
    reference, for the platform's own log."""

    id: str
    purpose: str
    request: str = ""
    fields: tuple[DataField, ...] = ()
    identifier: DataIdentifier | None = None


class DataFile(msgspec.Struct, frozen=True):
    """A picture or a document. JSON has `data` as base64."""

    name: str
    media_type: str
    data: bytes


class FieldData(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the platform has of one field: a text, rows (`at`: ms, where the field has a time), or files."""

    account: str
    name: str
    text: str = ""
    rows: tuple[dict[str, str], ...] = ()
    files: tuple[DataFile, ...] = ()


class DataAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """`fields`: only asked ones, those it has; `accounts`: whom an identifier means."""

    id: str
    fields: tuple[FieldData, ...] = ()
    accounts: tuple[str, ...] = ()


_decode_request = msgspec.json.Decoder(DataRequest).decode
_decode_answer = msgspec.json.Decoder(DataAnswer).decode


def read_request(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], *, now: int) -> DataRequest:
    """The question, if the desk signed these very bytes at most five minutes from `now` (s).

    `body`: as it came, before any parsing. Raises PlatformDataError.
    """
    found = {name.lower(): value for name, value in headers.items()}
    identity, stamp = found.get(ID, ""), found.get(TIMESTAMP, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or abs(now - int(stamp)) > TOLERANCE:  # noqa: PLR2004
        raise PlatformDataError("the message is too old, or from the future")
    _check(found.get(SIGNATURE, ""), _signed("request", identity, stamp, body), secrets)
    try:
        asked = _decode_request(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise PlatformDataError("the message is not one that this version knows") from None
    if asked.id != identity:
        raise PlatformDataError("the message has another id than its headers")
    return asked


def write_answer(
    asked: DataRequest, fields: Sequence[FieldData], secret: str, *, accounts: Sequence[str] = ()
) -> tuple[dict[str, str], bytes]:
    """Headers and body of the answer to this question and to no other."""
    body = msgspec.json.encode(DataAnswer(asked.id, tuple(fields), tuple(accounts)))
    headers = {ID: asked.id, SIGNATURE: _sign(_signed("answer", asked.id, "", body), secret)}
    return {"content-type": "application/json", **headers}, body


def write_request(asked: DataRequest, secret: str, *, now: int) -> tuple[dict[str, str], bytes]:
    """Headers and body of a question (the desk's side); `now` in s."""
    body, stamp = msgspec.json.encode(asked), str(now)
    signature = _sign(_signed("request", asked.id, stamp, body), secret)
    return {"content-type": "application/json", ID: asked.id, TIMESTAMP: stamp, SIGNATURE: signature}, body


def read_answer(
    headers: Mapping[str, str], body: bytes, secrets: Iterable[str], *, asked: DataRequest
) -> DataAnswer:
    """The answer to `asked`, if the platform signed it (the desk's side). Raises PlatformDataError."""
    found = {name.lower(): value for name, value in headers.items()}
    _check(found.get(SIGNATURE, ""), _signed("answer", asked.id, "", body), secrets)
    try:
        answer = _decode_answer(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise PlatformDataError("the answer is not one that this version knows") from None
    if answer.id != asked.id:
        raise PlatformDataError("the answer is to another question")
    return answer


def _signed(side: str, identity: str, stamp: str, body: bytes) -> bytes:
    """What is signed. The side comes first: no answer is a request."""
    head = f"{side}\n{identity}\n{stamp}".encode("utf-8", "surrogatepass")
    return head + b"\n" + body


def _sign(signed: bytes, secret: str) -> str:
    return "v1," + base64.b64encode(hmac.digest(secret_bytes(secret), signed, "sha256")).decode("ascii")


def _check(given: str, signed: bytes, secrets: Iterable[str]) -> None:
    offered = [each.encode("utf-8", "surrogatepass") for each in given.split(" ")[:MOST_SIGNATURES]]
    right = [_sign(signed, each).encode() for each in secrets]
    matches = [hmac.compare_digest(one, other) for one in offered for other in right]
    if not any(matches):  # each was compared: the time says nothing
        raise PlatformDataError("no signature matches")


def secret_bytes(secret: str) -> bytes:
    """The key of a secret (`whsec_` and base64 of 24 bytes or more). Raises ValueError."""
    try:
        key = base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _LEAST_SECRET:
        raise ValueError("a secret is `whsec_` and base64 of 24 bytes or more")
    return key
