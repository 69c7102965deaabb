# SPDX-License-Identifier: Apache-2.0
"""What may become a row: ids, texts and numbers are checked before they meet a database.

One bad value must fail its own caller, never the batch that it shares with others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from hashlib import sha256

from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Entry, Idempotency, IdempotencyMismatchError, Message, Timer
from counterseal.store.errors import StoreUsageError

MAX_ID = 256
"""Characters in an id, an alias, a topic or an idempotency key."""
MOST_TRACE = 64  # a `traceparent` has 55
MAX_NUMBER = 2**53 - 1
"""The largest number that JSON carries exactly (RFC 8785, section 3.2.2.3); times and positions stay below."""


def check_text(value: str, what: str) -> str:
    """Return `value` if it is 1..256 printable characters in NFC; else InputError (NUL, surrogates, controls)."""
    if 0 < len(value) <= MAX_ID and value.isprintable():
        if value.isascii() or unicodedata.is_normalized("NFC", value):
            return value
        raise InputError(f"{what} is not in Unicode normalisation form NFC")
    if not value:
        raise InputError(f"{what} is empty")
    if len(value) > MAX_ID:
        raise InputError(f"{what} has more than {MAX_ID} characters")
    raise InputError(f"{what} holds a character that cannot be printed")


def check_subject(value: str) -> str:
    """Return `value` if it is "kind:id", printable, without white space; else InputError."""
    check_text(value, "a subject id")
    kind, colon, name = value.partition(":")
    if not (colon and name and kind.isidentifier() and kind.isascii()):
        raise InputError("a subject id is written `kind:id`")
    if " " in value:
        raise InputError("a subject id holds white space")
    return value


def kind_of(subject: str) -> str:
    """The kind in a checked subject id: what stands before the first colon."""
    return subject.partition(":")[0]


def check_number(value: int, what: str) -> int:
    """Return `value` if 0 <= value < 2**53; else InputError."""
    if 0 <= value <= MAX_NUMBER:
        return value
    raise InputError(f"{what} is negative or above 2**53 - 1")


def check_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """The checked subjects of one transaction; raises InputError."""
    return tuple(check_subject(key) for key in keys)


def check_idempotency(idempotency: Idempotency) -> str:
    """The row's id: SHA-256 over scope and key, 64 hex characters. Raises InputError on odd text."""
    scope = check_text(idempotency.scope, "an idempotency scope").encode()
    key = check_text(idempotency.key, "an idempotency key").encode()
    return sha256(len(scope).to_bytes(4, "big") + scope + key).hexdigest()


def check_body(idempotency: Idempotency, body: bytes) -> None:
    """Raise IdempotencyMismatchError unless the earlier request under this key had the same `body` digest."""
    if idempotency.body != body:
        raise IdempotencyMismatchError(f"the idempotency key `{idempotency.key}` came with another body before")


def check_change(change: Change, keys: Sequence[str]) -> None:
    """Refuse what must not become rows: StoreUsageError for a rule of the port, InputError for odd text."""
    if change.subject not in keys:
        raise StoreUsageError(f"the function changed `{change.subject}`, which it did not load")
    if change.entry is not None:
        _check_entry(change.entry)
    for timer in change.timers:
        _check_timer(timer, keys)
    for cleared in change.cleared:
        check_text(cleared, "a timer id")
    for message in change.messages:
        _check_message(message, keys)
    for alias in change.aliases:
        check_text(alias, "an alias")


def _check_entry(entry: Entry) -> None:
    check_text(entry.kind, "an entry's kind")
    check_number(entry.at, "an entry's time")
    if entry.policy:
        check_text(entry.policy, "an entry's policy")
    if entry.action is not None:
        check_text(entry.action, "an action id")
    _check_bytes(entry.payload)


def _check_timer(timer: Timer, keys: Sequence[str]) -> None:
    check_text(timer.id, "a timer id")
    check_text(timer.kind, "a timer's kind")
    check_number(timer.due_at, "a timer's time")
    if timer.subject not in keys:
        raise StoreUsageError(f"timer `{timer.id}` is for `{timer.subject}`, which was not loaded")


def _check_message(message: Message, keys: Sequence[str]) -> None:
    check_text(message.id, "a message id")
    check_text(message.topic, "a topic")
    check_number(message.not_before, "a message's time")
    _check_bytes(message.payload)
    if len(message.trace) > MOST_TRACE or not message.trace.isascii():
        raise StoreUsageError(f"the trace of message `{message.id}` is none")
    if message.subject not in keys:
        raise StoreUsageError(f"message `{message.id}` is for `{message.subject}`, which was not loaded")


def _check_bytes(payload: bytes) -> None:
    if not isinstance(payload, bytes):
        raise StoreUsageError("a payload is not bytes")
