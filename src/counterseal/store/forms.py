# SPDX-License-Identifier: Apache-2.0
"""Stored forms: states through the codec of their kind, replies as MessagePack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from counterseal.core.transaction import Codec, Committed, Message
from counterseal.store.check import kind_of
from counterseal.store.errors import StoreCorruptError, StoreUsageError

_VERSION = b"\x01"  # MessagePack of (positions, result)
_TRACED = b"\xc1"  # no MessagePack begins so (its specification, formats: never used)
_encode = msgspec.msgpack.Encoder().encode


def codec_of(codecs: Mapping[str, Codec], subject: str) -> Codec:
    """The codec for the state of `subject`; raises StoreUsageError when its kind has none."""
    codec = codecs.get(kind_of(subject))
    if codec is None:
        raise StoreUsageError(f"no codec for the states of `{kind_of(subject)}`")
    return codec


def decode_state(codecs: Mapping[str, Codec], subject: str, data: bytes) -> Any:
    """The state of `subject` from its stored bytes; raises StoreCorruptError when they cannot be read."""
    codec = codec_of(codecs, subject)
    try:
        return codec.decode(data)
    except Exception as error:
        raise StoreCorruptError(f"the state of `{subject}` cannot be read") from error


def pack_message(message: Message) -> bytes:
    """What is sealed of a message: its payload; behind a mark, a length and its trace where it has one."""
    if not message.trace and message.payload[:1] != _TRACED:
        return message.payload
    trace = message.trace.encode()
    return b"".join((_TRACED, bytes((len(trace),)), trace, message.payload))


def open_message(data: bytes) -> tuple[bytes, str]:
    """The payload and the trace again; rows of before traces are payloads alone."""
    if data[:1] != _TRACED:
        return data, ""
    end = 2 + data[1]
    return data[end:], data[2:end].decode()


def pack_reply(reply: Committed[Any]) -> bytes:
    """Version byte and MessagePack of a reply; raises TypeError for a result that msgspec cannot write."""
    return _VERSION + _encode((reply.positions, reply.result))


def open_reply(data: bytes, result: type) -> Committed[Any]:
    """The reply again, marked as replayed. `result`: its type. Raises StoreCorruptError on other bytes."""
    if data[:1] != _VERSION:
        raise StoreCorruptError("an earlier reply has an unknown version")
    try:
        positions, raw = msgspec.msgpack.decode(data[1:], type=tuple[tuple[int, ...], msgspec.Raw])
        return Committed(msgspec.msgpack.decode(raw, type=result), positions, replayed=True)
    except msgspec.MsgspecError as error:
        raise StoreCorruptError("an earlier reply cannot be read") from error
