# SPDX-License-Identifier: Apache-2.0
"""What tests of the store share: a small state, its codec, a master key, and transactions on them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from counterseal.core.transaction import (
    Change,
    Commit,
    Entry,
    Idempotency,
    Loaded,
    Message,
    StructCodec,
    Timer,
)
from counterseal.guard.prices import Board
from counterseal.incidents.codecs import CODECS as INCIDENT_CODECS

NOW = 1_717_891_200_000  # 2024-06-09 00:00 UTC
POLICY = "sha256:" + "0" * 64


class Counter(msgspec.Struct, frozen=True):
    """The state under test: a number and some text."""

    value: int
    text: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a transaction answers."""

    value: int


class CounterCodec:
    """Version byte and JSON."""

    def encode(self, state: Counter, /) -> bytes:
        return b"\x01" + msgspec.json.encode(state)

    def decode(self, data: bytes, /) -> Counter:
        assert data[:1] == b"\x01"
        return msgspec.json.decode(data[1:], type=Counter)


CODECS = {"account": CounterCodec(), "request": CounterCodec(), "prices": StructCodec(Board), **INCIDENT_CODECS}


class PlainMasterKey:
    """AES-256-GCM under a key given by a name: what an adapter of the key ring does."""

    def __init__(self, name: str = "master") -> None:
        self._cipher = AESGCM(hashlib.sha256(name.encode()).digest())

    def wrap(self, data: bytes, context: bytes, /) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, data, context)

    def unwrap(self, data: bytes, context: bytes, /) -> bytes:
        return self._cipher.decrypt(data[:12], data[12:], context)


def entry(payload: bytes = b"payload", *, kind: str = "ask", action: str | None = None, at: int = NOW) -> Entry:
    return Entry(kind, at, POLICY, payload, action)


def add(
    subject: str,
    amount: int = 1,
    *,
    payload: bytes | None = b"payload",
    action: str | None = None,
    timers: tuple[Timer, ...] = (),
    cleared: tuple[str, ...] = (),
    messages: tuple[Message, ...] = (),
    aliases: tuple[str, ...] = (),
    text: str = "",
) -> Callable[[Loaded], Commit[Answer]]:
    """A pure function that adds `amount` to the counter of `subject`."""

    def function(loaded: Loaded) -> Commit[Answer]:
        before = loaded.states[subject]
        value = (before.value if before else 0) + amount
        change = Change(
            subject,
            Counter(value, text),
            None if payload is None else entry(payload, action=action),
            timers,
            cleared,
            messages,
            aliases,
        )
        return Commit(Answer(value), (change,))

    return function


def look(loaded: Loaded) -> Commit[Answer]:
    """A function that only reads: the sum of what it sees."""
    return Commit(Answer(sum(state.value for state in loaded.states.values() if state)))


def key(name: str, body: bytes = b"b" * 32) -> Idempotency:
    return Idempotency("platform", name, body, Answer)


def message(name: str, subject: str, payload: bytes = b"text", not_before: int = 0) -> Message:
    return Message(name, "notice", subject, payload, not_before)
