# SPDX-License-Identifier: Apache-2.0
"""One batch of the writer: run pure functions in order over an overlay, collect rows, write them set-wise.

A later transaction sees what the earlier ones of its batch did. What a function raises, and every check of
what it returned, happens before anything is merged, so that a failure leaves the overlay as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from counterseal.core.errors import CountersealError
from counterseal.core.transaction import (
    Change,
    Codec,
    Commit,
    Committed,
    DuplicateAliasError,
    Idempotency,
    Loaded,
    TimerGoneError,
)
from counterseal.store import statements as sql
from counterseal.store.book import ABSENT, SYSTEM, Book, Held
from counterseal.store.check import check_body, check_change, check_number
from counterseal.store.engines import Driver
from counterseal.store.errors import StoreUsageError, SubjectErasedError
from counterseal.store.forms import codec_of, decode_state, open_reply, pack_reply
from counterseal.store.rows import Rows
from counterseal.store.vault import SubjectKeys, Vault


class Request(msgspec.Struct, frozen=True):
    """A transaction as it waits in the queue: checked ids, and the row id of its idempotency key."""

    keys: tuple[str, ...]
    function: Callable[[Loaded], Commit[Any]]
    now: int
    idempotency: Idempotency | None = None
    digest: str = ""
    timer: str | None = None


class Taken(msgspec.Struct):
    """Aliases and message ids that a first attempt found in the database."""

    aliases: set[str] = msgspec.field(default_factory=set)
    messages: set[str] = msgspec.field(default_factory=set)


class _Seen(msgspec.Struct, frozen=True):
    """An idempotency row: of this batch with its `reply`, or of the database with what opens it."""

    body: bytes
    reply: Committed[Any] | None = None
    sealed: bytes = b""
    subject: str = ""
    key: bytes = b""
    salt: bytes = b""


class Batch:
    """The overlay over what the book knows, for one attempt at one commit."""

    def __init__(
        self,
        book: Book,
        vault: Vault,
        codecs: Mapping[str, Codec],
        taken: Taken,
        statements: sql.Statements = sql.SQLITE,
    ) -> None:
        self._book = book
        self._sql = statements
        self._vault = vault
        self._codecs = codecs
        self._taken = taken
        self._held: dict[str, Held] = {}
        self._seen: dict[str, _Seen] = {}
        self._stored_timers: set[str] = set()
        self.rows = Rows(book, statements)

    def load(self, driver: Driver, requests: Sequence[Request]) -> None:
        """Fetch what the requests name and the cache does not hold for sure: at most four statements."""
        missing = self._remembered(driver, {key for request in requests for key in request.keys})
        if missing:
            for row in _select(driver, self._sql.subjects, missing):
                self._held[row[0]] = self._hold(*row)
        timers = {request.timer for request in requests if request.timer is not None}
        if timers:
            self._stored_timers = {row[0] for row in _select(driver, self._sql.timers, timers)}
        digests = {request.digest for request in requests if request.digest}
        if digests:
            for digest, body, sealed, subject, key, salt in _select(driver, self._sql.seen, digests):
                self._seen[digest] = _Seen(body, None, sealed, subject, key, salt)

    def _remembered(self, driver: Driver, wanted: set[str]) -> set[str]:
        """Take from the cache what stands; what is left must be read. Where another process wrote since a state was
        read, it stands if its row is still the same."""
        book, missing, unsure = self._book, set[str](), dict[str, Held]()
        for subject in wanted:
            held = book.cache.get(subject)
            if held is None:
                missing.add(subject)
            elif held.generation == book.generation:
                self._held[subject] = held
            elif held.version:
                unsure[subject] = held
            else:
                missing.add(subject)
        found = dict(_select(driver, self._sql.versions, set(unsure))) if unsure else {}
        for subject, held in unsure.items():
            if found.get(subject) == held.version:
                self._held[subject] = held
            else:
                missing.add(subject)
        return missing

    def run(self, request: Request) -> Committed[Any]:
        """Run one transaction over the overlay; what it raises is for its caller only."""
        seen = self._seen.get(request.digest) if request.idempotency is not None else None
        if seen is not None and request.idempotency is not None:
            return self._replay(seen, request.idempotency, request.digest)
        timer = request.timer
        if timer is not None and not self._timer_stands(timer):
            raise TimerGoneError(f"timer `{timer}` is gone")
        loaded = Loaded(
            {key: self._state(key) for key in request.keys},
            self.rows.size,
            self.rows.latest,
            self._book.epoch,
        )
        commit = request.function(loaded)
        if not commit.changes and request.idempotency is None and timer is None:
            return Committed(commit.result, ())
        return self._merge(request, commit)

    def _replay(self, seen: _Seen, idempotency: Idempotency, digest: str) -> Committed[Any]:
        check_body(idempotency, seen.body)
        if seen.reply is not None:
            return Committed(seen.reply.result, seen.reply.positions, replayed=True)
        keys = self._vault.unwrap(seen.subject, seen.key, seen.salt)
        return open_reply(keys.open(seen.sealed, "idempotency", digest), idempotency.result)

    def _merge(self, request: Request, commit: Commit[Any]) -> Committed[Any]:
        """Check and prepare everything, then, where nothing can fail any more, add it to the batch."""
        check_number(request.now, "now")
        staged: dict[str, Held] = {}
        encoded: dict[str, bytes] = {}
        wrapped: list[tuple[str, bytes, bytes]] = []
        for change in commit.changes:
            check_change(change, request.keys)
            staged[change.subject] = self._become(change, staged, encoded, wrapped)
        self._check_referred(commit.changes, staged)
        self._check_unique(commit.changes)
        positions = self.rows.positions(commit.changes)
        reply = Committed(commit.result, positions)
        packed = b"" if request.idempotency is None else pack_reply(reply)
        # From here on nothing raises.
        rows = self.rows
        rows.add_subjects(wrapped, request.now)
        for subject, held in staged.items():
            if held.state is not None or self._held.get(subject, ABSENT).state is not None:
                rows.states[subject] = (encoded.get(subject), held)
        self._held.update(staged)
        if request.timer is not None:
            rows.timers[request.timer] = None
        for change in commit.changes:
            rows.add_change(change, self._keys, request.now, replied=request.idempotency is not None)
        if request.idempotency is not None:
            owner = self._owner(request, commit.changes)
            rows.add_reply(request.digest, owner, self._keys(owner), request.idempotency.body, packed, request.now)
            self._seen[request.digest] = _Seen(request.idempotency.body, reply=reply)
        rows.touch(request.now)
        return reply

    def _become(
        self,
        change: Change,
        staged: dict[str, Held],
        encoded: dict[str, bytes],
        wrapped: list[tuple[str, bytes, bytes]],
    ) -> Held:
        subject = change.subject
        held = staged.get(subject) or self._held.get(subject, ABSENT)
        if held.erased:
            raise SubjectErasedError(f"`{subject}` was erased and its id is not used again")
        keys = held.keys
        if keys is None:
            keys, key, salt = self._vault.create(subject)
            wrapped.append((subject, key, salt))
        if change.state is None:
            encoded.pop(subject, None)
            return Held(None, keys)
        data = codec_of(self._codecs, subject).encode(change.state)
        encoded[subject] = data
        return Held(change.state, keys, len(data))

    def _check_unique(self, changes: Sequence[Change]) -> None:
        aliases = [alias for change in changes for alias in change.aliases]
        if aliases:
            _refuse_taken("alias", aliases, self.rows.alias_ids, self._taken.aliases)
        messages = [message.id for change in changes for message in change.messages]
        if messages:
            _refuse_taken("message id", messages, self.rows.message_ids, self._taken.messages)

    def _check_referred(self, changes: Sequence[Change], staged: Mapping[str, Held]) -> None:
        """A timer or message of a subject that does not exist has no key and nobody to tell."""
        for change in changes:
            for subject in {item.subject for item in (*change.timers, *change.messages)}:  # type: ignore[attr-defined] # mypy joins the two to Struct
                held = staged.get(subject) or self._held.get(subject, ABSENT)
                if held.keys is None:
                    raise StoreUsageError(f"a timer or message is for `{subject}`, which does not exist")

    def _owner(self, request: Request, changes: Sequence[Change]) -> str:
        """Whose key seals the reply: the first subject changed, else the first that exists, else the store."""
        if changes:
            return changes[0].subject
        return next((key for key in request.keys if self._held.get(key, ABSENT).keys is not None), SYSTEM)

    def _keys(self, subject: str) -> SubjectKeys:
        held = self._held.get(subject)
        keys = self._book.system if held is None else held.keys
        if keys is None:
            raise StoreUsageError(f"`{subject}` has no key")
        return keys

    def _state(self, subject: str) -> Any:
        held = self._held.get(subject, ABSENT)
        if held.fault is not None:
            raise held.fault
        return held.state

    def _timer_stands(self, timer: str) -> bool:
        changed = self.rows.timers
        return changed[timer] is not None if timer in changed else timer in self._stored_timers

    def _hold(
        self,
        subject: str,
        erased: int | None,
        key: bytes | None,
        salt: bytes | None,
        data: bytes | None,
        version: int | None,
    ) -> Held:
        if erased is not None or key is None or salt is None:
            return Held(None, None, erased=True)
        try:  # a fault is kept for whoever asks for this subject; it is none of the batch's others
            keys = self._vault.unwrap(subject, key, salt)
            if data is None:
                return Held(None, keys)
            state = decode_state(self._codecs, subject, keys.open(data, "state", subject))
            return Held(state, keys, len(data), version=version or 0)
        except CountersealError as error:
            return Held(None, None, fault=error)

    def publish(self) -> None:
        """After the commit: the book learns what is true now."""
        self.rows.publish()
        book, written = self._book, self.rows.states
        for subject, held in self._held.items():
            if held.keys is None or held.fault is not None:
                continue
            known = held
            if book.shared:
                version = (
                    held.version if subject not in written else self.rows.version if held.state is not None else 0
                )
                known = msgspec.structs.replace(held, version=version, generation=book.generation)
            book.cache.put(subject, known, held.weight + 512)


def find_taken(driver: Driver, statements: sql.Statements, rows: Rows, taken: Taken) -> bool:
    """After a unique constraint failed: add which ids the database holds; False = none that was not known."""
    aliases = {row[0] for row in _select(driver, statements.aliases, rows.alias_ids)} - taken.aliases
    messages = {row[0] for row in _select(driver, statements.message_ids, rows.message_ids)} - taken.messages
    taken.aliases |= aliases
    taken.messages |= messages
    return bool(aliases or messages)


def _refuse_taken(what: str, ids: Sequence[str], *known: set[str]) -> None:
    fresh = set(ids)
    if len(fresh) < len(ids):
        raise DuplicateAliasError(f"one {what} is given twice")
    for others in known:
        if not fresh.isdisjoint(others):
            raise DuplicateAliasError(f"{what} `{min(fresh & others)}` is taken")


def _select(driver: Driver, statement: sql.Statement, ids: set[str]) -> list[Any]:
    rows: list[Any] = driver.execute(statement.text, (sql.json_set(ids),)).fetchall()
    return rows
