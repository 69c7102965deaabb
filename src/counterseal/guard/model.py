# SPDX-License-Identifier: Apache-2.0
"""What the guard stores and answers."""

from __future__ import annotations

import msgspec

from counterseal.core.account import Action
from counterseal.core.decision import Decision
from counterseal.core.errors import InputError
from counterseal.core.events import Event
from counterseal.core.inputs import Input
from counterseal.core.transaction import StoredFormError

RECORD_VERSION = b"\x01"


class RefusedError(InputError):
    """A proof did not pass. One sentence for every cause, so that nothing says which part was wrong."""

    code = "proof_refused"


class Record(msgspec.Struct, frozen=True, gc=False):
    """The payload of a log entry: the input as given, what was decided, what happened."""

    input: Input
    decision: Decision | None
    events: tuple[Event, ...]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a command about an action leads to; kept with the Idempotency-Key, so it must render the same twice."""

    account: str
    action: Action
    at: int
    position: int = -1
    refused: str = ""  # public sentence of a proof that did not pass
    challenge: str = ""  # id of a code that was sent
    channel: str = ""
    expires: int = 0
    sealed: bool = False  # a seal was issued (or redeemed) by this very command
    voided: bool = False  # the redemption was refused
    epoch: int = 0
    shown: dict[str, tuple[str, ...]] = {}  # instance -> what its owner sees once


class Done(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a command about an account leads to. `note`: what there is to say about it."""

    account: str
    at: int
    position: int = -1
    note: str = ""
    until: int | None = None
    shown: dict[str, tuple[str, ...]] = {}


_encode_record = msgspec.msgpack.Encoder().encode
_decode_record = msgspec.msgpack.Decoder(Record).decode


def encode_record(record: Record) -> bytes:
    """A record as it is committed to and encrypted."""
    return RECORD_VERSION + _encode_record(record)


def decode_record(payload: bytes) -> Record:
    """A record read back."""
    if payload[:1] != RECORD_VERSION:
        raise StoredFormError("a log record")
    return _decode_record(memoryview(payload)[1:])
