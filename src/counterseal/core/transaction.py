# SPDX-License-Identifier: Apache-2.0
"""The one port to the store: read, decide with a pure function, and commit, atomically.

An area hands `transact` the subjects it touches and a pure function. The store loads them, calls the
function, and commits new states, log entries, timers, outbox messages and the idempotency row together
or not at all. The function may be called again with fresh states and must have no effects of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from counterseal.core.errors import ConflictError, CountersealError, UnavailableError

Result = TypeVar("Result", bound=msgspec.Struct)


class IdempotencyMismatchError(ConflictError):
    """The same Idempotency-Key came with another body (HTTP 422)."""

    code = "idempotency_mismatch"


class DuplicateAliasError(ConflictError):
    """An id that must be unique is taken."""

    code = "duplicate_id"


class TimerGoneError(ConflictError):
    """Another worker fired this timer, or the transition that needed it is over."""

    code = "timer_gone"


class StoreUnavailableError(UnavailableError):
    """The store or its disk is away. Nothing of this was acknowledged; the same Idempotency-Key finds out."""

    code = "store_unavailable"


class StoredFormError(CountersealError):
    """Stored bytes have a version that this program does not know."""

    code = "stored_form"

    def __init__(self, what: str = "a stored state") -> None:
        super().__init__(f"{what} has an unknown version", hint="Upgrade Counterseal.")


class Entry(msgspec.Struct, frozen=True):
    """One transition for the tamper-evident log. `payload` is personal: it lies under the subject's key.

    `rule` and `outcome` lie beside it in clear, for whoever looks for decisions; empty = nothing was decided.
    """

    kind: str
    at: int
    policy: str
    payload: bytes
    action: str | None = None
    rule: str = ""
    outcome: str = ""


class Standing(msgspec.Struct, frozen=True):
    """What queues count of a subject, in clear. `frozen`: until when (ms), 0 = not; the others: how many."""

    frozen: int = 0
    pending: int = 0
    disputed: int = 0


class Timer(msgspec.Struct, frozen=True):
    """A row that becomes an input when it is due. `id` is unique; setting it again moves it."""

    id: str
    subject: str
    due_at: int
    kind: str


class Message(msgspec.Struct, frozen=True):
    """An outbox row: delivered at least once under its stable `id`. `payload` lies under the subject's key, and so
    does `trace`: the W3C `traceparent` of the request that caused it, empty = nobody traces it."""

    id: str
    topic: str
    subject: str
    payload: bytes
    not_before: int = 0
    trace: str = ""


class Change(msgspec.Struct, frozen=True):
    """What one subject becomes. `subject` is "kind:id"; its kind names the codec of `state`."""

    subject: str
    state: Any
    entry: Entry | None = None
    timers: tuple[Timer, ...] = ()
    cleared: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    aliases: tuple[str, ...] = ()  # "action:ID", "seal:ID", ...: unique, found again by `resolve`
    standing: Standing | None = None  # None = as before


class Commit(msgspec.Struct, Generic[Result], frozen=True):
    """What the pure function returns: changes (none = nothing to write) and the result for the caller."""

    result: Result
    changes: tuple[Change, ...] = ()


class Loaded(msgspec.Struct, frozen=True):
    """What the pure function sees. `latest` is the largest committed time (ms), `epoch` the store's."""

    states: Mapping[str, Any]  # subject -> state or None
    position: int  # index that the first entry of this commit will have in the log
    latest: int
    epoch: int


class Joined(msgspec.Struct, frozen=True):
    """What is committed together with a write or not at all, such as the use of an approval. `function` sees `keys`
    too, may raise, and is not called when an earlier result is repeated."""

    keys: tuple[str, ...]
    function: Callable[[Loaded], tuple[Change, ...]]


class Idempotency(msgspec.Struct, frozen=True):
    """`scope` + `key` name one write; `body` is the SHA-256 of what was asked; `result` its type."""

    scope: str
    key: str
    body: bytes
    result: type
    joined: Joined | None = None


def join(
    keys: Sequence[str], function: Callable[[Loaded], Commit[Result]], idempotency: Idempotency | None
) -> tuple[Sequence[str], Callable[[Loaded], Commit[Result]]]:
    """Keys and function of a transaction with what is joined to its write; its own changes come first."""
    joined = None if idempotency is None else idempotency.joined
    if joined is None:
        return keys, function

    def both(loaded: Loaded) -> Commit[Result]:
        commit = function(loaded)
        return Commit(commit.result, (*commit.changes, *joined.function(loaded)))

    return (*keys, *(key for key in joined.keys if key not in keys)), both


class Committed(msgspec.Struct, Generic[Result], frozen=True):
    """`positions`: log indexes of the entries written, in the order of the changes; `replayed`: seen before."""

    result: Result
    positions: tuple[int, ...]
    replayed: bool = False


class StoredEntry(msgspec.Struct, frozen=True):
    """An entry read back. `payload` is None once the subject was erased."""

    position: int
    subject: str
    kind: str
    at: int
    policy: str
    payload: bytes | None
    action: str | None


class StoredMessage(msgspec.Struct, frozen=True):
    """An outbox row read back for delivery. `attempts` counts failures so far."""

    id: str
    topic: str
    subject: str
    payload: bytes
    attempts: int
    created: int
    trace: str = ""


class Codec(Protocol):
    """How the state of one kind of subject is written and read. Every stored form starts with a version byte."""

    def encode(self, state: Any, /) -> bytes:
        """Bytes that start with a version byte."""
        ...

    def decode(self, data: bytes, /) -> Any:
        """The state of these bytes."""
        ...


class StructCodec:
    """A version byte, then MessagePack: how every area's state is stored. `kind` is written, as `version`; `older`:
    version -> its struct, still read and given back as it is."""

    def __init__(
        self,
        kind: type[msgspec.Struct],
        version: int = 1,
        older: Mapping[int, type[msgspec.Struct]] = MappingProxyType({}),
    ) -> None:
        forms = {**older, version: kind}
        self._encode = msgspec.msgpack.Encoder().encode
        self._markers = {form: bytes((number,)) for number, form in forms.items()}
        self._decoders = {bytes((number,)): msgspec.msgpack.Decoder(form) for number, form in forms.items()}

    def encode(self, state: Any, /) -> bytes:
        """See Codec."""
        return self._markers[type(state)] + self._encode(state)

    def decode(self, data: bytes, /) -> Any:
        """See Codec. Raises StoredFormError for a version from the future."""
        if (decoder := self._decoders.get(data[:1])) is None:
            raise StoredFormError
        return decoder.decode(memoryview(data)[1:])


class Store(Protocol):
    """Truth. All methods raise StoreUnavailableError when the store or disk is away."""

    async def transact(
        self,
        keys: Sequence[str],
        function: Callable[[Loaded], Commit[Result]],
        *,
        now: int,
        idempotency: Idempotency | None = None,
        timer: str | None = None,
    ) -> Committed[Result]:
        """Load `keys` (subjects), call `function`, commit. What `function` raises comes back to the caller.

        `timer`: the row that caused this; it must still exist and is removed in the same commit.
        """
        ...

    async def replayed(self, idempotency: Idempotency) -> Committed[Any] | None:
        """The earlier result under this key, or None; raises IdempotencyMismatchError on another body."""
        ...

    async def read(self, subject: str) -> Any | None:
        """The state of one subject as last committed."""
        ...

    async def resolve(self, alias: str) -> str | None:
        """The subject that owns an alias."""
        ...

    async def subjects(self, kind: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Subjects of one kind in id order."""
        ...

    async def entries(
        self, *, subject: str | None = None, action: str | None = None, after: int = -1, limit: int = 100
    ) -> list[StoredEntry]:
        """Log entries in order, of one subject or one action where given."""
        ...

    async def due(self, now: int, *, limit: int = 100) -> list[Timer]:
        """Timers whose time has come, earliest first."""
        ...

    async def messages(self, now: int, *, limit: int = 100, topics: Sequence[str] = ()) -> list[StoredMessage]:
        """Outbox rows to deliver now, oldest first; only those of `topics` unless there are none."""
        ...

    async def claim(
        self, now: int, *, lease: int, limit: int = 100, topics: Sequence[str] = ()
    ) -> list[StoredMessage]:
        """As `messages`, for one of several workers: the rows are its own for `lease` ms, then anybody's."""
        ...

    async def delivered(self, message: str, now: int, *, error: str | None = None) -> None:
        """This message was handed over; with an `error` it is given up for good."""
        ...

    async def deferred(self, message: str, *, error: str, retry_at: int) -> None:
        """This message failed; try again at `retry_at`."""
        ...

    async def postponed(self, message: str, *, until: int, afresh: bool = False) -> None:
        """This message was not tried: it is anybody's from `until` on. `afresh`: as if it had never failed."""
        ...

    async def erase(self, subject: str, now: int) -> None:
        """Destroy the subject's key and salt. Its entries stay as commitments; the log still verifies."""
        ...
