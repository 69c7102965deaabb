# SPDX-License-Identifier: Apache-2.0
"""The store in memory: the port, written for clarity, for tests and demonstrations. Nothing survives it.

States and results pass through their codecs as on disk, so that what cannot be stored fails here too.
One event loop uses it; a transaction has no `await` inside, so it is atomic.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from counterseal.core import leaf
from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import (
    Change,
    Codec,
    Commit,
    Committed,
    DuplicateAliasError,
    Entry,
    Idempotency,
    Loaded,
    Message,
    Result,
    StoredEntry,
    StoredMessage,
    Timer,
    TimerGoneError,
    join,
)
from counterseal.store.check import (
    check_body,
    check_change,
    check_idempotency,
    check_keys,
    check_number,
    check_subject,
    check_text,
    kind_of,
)
from counterseal.store.erasure import ERASED_KIND, KEEP, Swept
from counterseal.store.errors import StoreUsageError, SubjectErasedError
from counterseal.store.forms import codec_of, decode_state, open_reply, pack_reply
from counterseal.store.memory_log import MemoryLog
from counterseal.store.ports import ClockKind
from counterseal.store.vault import SALT_SIZE


class _Row(msgspec.Struct):
    message: Message
    created: int
    not_before: int
    attempts: int = 0
    delivered: int | None = None


class _Reply(msgspec.Struct, frozen=True):
    """An idempotency row."""

    subjects: frozenset[str]  # erasing one of them removes it
    body: bytes
    data: bytes
    at: int


class MemoryStore:
    """`core.transaction.Store` in dictionaries. `epoch` and `latest` (ms) as in the port."""

    def __init__(self, codecs: Mapping[str, Codec], *, clock: ClockKind = "simulated") -> None:
        self.clock: ClockKind = clock
        self.epoch, self.latest = 0, 0
        self.log = MemoryLog()
        self._codecs = codecs
        self._salts: dict[str, bytes] = {}
        self._erased: set[str] = set()
        self._states: dict[str, bytes] = {}
        self._timers: dict[str, Timer] = {}
        self._aliases: dict[str, str] = {}
        self._outbox: dict[str, _Row] = {}
        self._replies: dict[str, _Reply] = {}

    def close(self) -> None:
        """Nothing to give back."""

    async def transact(
        self,
        keys: Sequence[str],
        function: Callable[[Loaded], Commit[Result]],
        *,
        now: int,
        idempotency: Idempotency | None = None,
        timer: str | None = None,
    ) -> Committed[Result]:
        """See the port."""
        keys, function = join(keys, function, idempotency)
        keys = check_keys(keys)
        check_number(now, "now")
        if timer is not None:
            check_text(timer, "a timer id")
        if idempotency is not None:
            earlier = self._replayed(idempotency)
            if earlier is not None:
                return earlier
        if timer is not None and timer not in self._timers:
            raise TimerGoneError(f"timer `{timer}` is gone")
        states = {key: self._state(key) for key in keys}
        commit = function(Loaded(states, self.log.tree.size, self.latest, self.epoch))
        if not commit.changes and idempotency is None and timer is None:
            return Committed(commit.result, ())
        encoded = self._check(commit.changes, keys)
        entries = sum(change.entry is not None for change in commit.changes)
        reply = Committed(commit.result, tuple(range(self.log.tree.size, self.log.tree.size + entries)))
        packed = b"" if idempotency is None else pack_reply(reply)
        # From here on nothing raises.
        if timer is not None:
            del self._timers[timer]
        for change, data in zip(commit.changes, encoded, strict=True):
            self._apply(change, data, now)
        if idempotency is not None:
            about = frozenset(change.subject for change in commit.changes) or frozenset(keys[:1])
            self._replies[check_idempotency(idempotency)] = _Reply(about, idempotency.body, packed, now)
        self.latest = max(self.latest, now)
        return reply

    def _check(self, changes: Sequence[Change], keys: Sequence[str]) -> list[bytes | None]:
        """Refuse what the port does not allow; return the encoded states."""
        encoded: list[bytes | None] = []
        exist = set(self._salts)
        for change in changes:
            check_change(change, keys)
            if change.subject in self._erased:
                raise SubjectErasedError(f"`{change.subject}` was erased and its id is not used again")
            exist.add(change.subject)
            state = change.state
            encoded.append(None if state is None else codec_of(self._codecs, change.subject).encode(state))
        for change in changes:
            named = {timer.subject for timer in change.timers} | {one.subject for one in change.messages}
            if named - exist:
                raise StoreUsageError(f"a timer or message is for `{min(named - exist)}`, which does not exist")
        _refuse_taken("alias", self._aliases, [name for change in changes for name in change.aliases])
        _refuse_taken("message id", self._outbox, [one.id for change in changes for one in change.messages])
        return encoded

    def _apply(self, change: Change, data: bytes | None, now: int) -> None:
        subject = change.subject
        self._salts.setdefault(subject, os.urandom(SALT_SIZE))
        if data is None:
            self._states.pop(subject, None)
        else:
            self._states[subject] = data
        if change.entry is not None:
            self._append(subject, change.entry)
        for cleared in change.cleared:
            self._timers.pop(cleared, None)
        for timer in change.timers:
            self._timers[timer.id] = timer
        for one in change.messages:
            self._outbox[one.id] = _Row(one, now, one.not_before)
        self._aliases.update((alias, subject) for alias in change.aliases)

    def _append(self, subject: str, entry: Entry) -> None:
        salt = self._salts[subject]
        position = self.log.tree.size
        own = leaf.entry_salt(salt, position)
        commitment = leaf.commit(own, entry.payload)
        data = leaf.LeafData(position, entry.at, leaf.pseudonym(salt), entry.kind, entry.policy, commitment)
        self.log.append(
            data,
            own,
            StoredEntry(position, subject, entry.kind, entry.at, entry.policy, entry.payload, entry.action),
        )

    def _state(self, subject: str) -> Any | None:
        data = self._states.get(subject)
        return None if data is None else decode_state(self._codecs, subject, data)

    def _replayed(self, idempotency: Idempotency) -> Committed[Any] | None:
        row = self._replies.get(check_idempotency(idempotency))
        if row is None:
            return None
        check_body(idempotency, row.body)
        return open_reply(row.data, idempotency.result)

    async def replayed(self, idempotency: Idempotency) -> Committed[Any] | None:
        """See the port."""
        return self._replayed(idempotency)

    async def read(self, subject: str) -> Any | None:
        """See the port."""
        return self._state(check_subject(subject))

    async def resolve(self, alias: str) -> str | None:
        """See the port."""
        return self._aliases.get(check_text(alias, "an alias"))

    async def subjects(self, kind: str, *, after: str = "", limit: int = 100) -> list[str]:
        """See the port."""
        check_text(kind, "a kind")
        if after:
            check_text(after, "a subject id")
        return sorted(one for one in self._salts if kind_of(one) == kind and one > after)[: max(0, limit)]

    async def entries(
        self, *, subject: str | None = None, action: str | None = None, after: int = -1, limit: int = 100
    ) -> list[StoredEntry]:
        """See the port."""
        if subject is not None:
            check_subject(subject)
        if action is not None:
            check_text(action, "an action id")
        if after != -1:
            check_number(after, "a position")
        found = [
            entry
            for entry in self.log.stored[after + 1 :]
            if subject in {None, entry.subject} and action in {None, entry.action}
        ]
        return found[: max(0, limit)]

    async def due(self, now: int, *, limit: int = 100) -> list[Timer]:
        """See the port."""
        check_number(now, "now")
        ready = [timer for timer in self._timers.values() if timer.due_at <= now]
        return sorted(ready, key=lambda timer: (timer.due_at, timer.id))[: max(0, limit)]

    async def messages(self, now: int, *, limit: int = 100, topics: Sequence[str] = ()) -> list[StoredMessage]:
        """See the port."""
        check_number(now, "now")
        rows = (row for row in self._outbox.values() if not topics or row.message.topic in topics)
        ready = [row for row in rows if row.delivered is None and row.not_before <= now][: max(0, limit)]
        return [_read(row.message, row) for row in ready]

    async def claim(self, now: int, *, lease: int, limit: int = 100, topics: Sequence[str] = ()) -> list[Any]:
        """See the port. There is one process."""
        check_number(lease, "a lease")
        return await self.messages(now, limit=limit, topics=topics)

    async def delivered(self, message: str, now: int, *, error: str | None = None) -> None:  # noqa: ARG002 - port
        """See the port. The error's text is not kept."""
        for row in self._waiting(message, now):
            row.delivered = now

    async def deferred(self, message: str, *, error: str, retry_at: int) -> None:  # noqa: ARG002 - the port's name
        """See the port. The error's text is not kept."""
        for row in self._waiting(message, retry_at):
            row.attempts, row.not_before = row.attempts + 1, retry_at

    async def postponed(self, message: str, *, until: int, afresh: bool = False) -> None:
        """See the port."""
        for row in self._waiting(message, until):
            row.attempts, row.not_before = 0 if afresh else row.attempts, until

    def _waiting(self, message: str, at: int) -> list[_Row]:
        """The row, if there is one that is not over."""
        row = self._outbox.get(check_text(message, "a message id"))
        check_number(at, "a time")
        return [] if row is None or row.delivered is not None else [row]

    async def erase(self, subject: str, now: int) -> None:
        """See the port. Adds a last entry of kind "erased"."""
        check_subject(subject)
        check_number(now, "now")
        if subject in self._erased:
            return
        if subject not in self._salts:
            raise NotFoundError(f"there is no `{subject}`")
        self._append(subject, Entry(ERASED_KIND, now, "", b""))
        self.latest = max(self.latest, now)
        self.log.forget(subject)
        del self._salts[subject]
        self._erased.add(subject)
        self._states.pop(subject, None)
        self._timers = {name: one for name, one in self._timers.items() if one.subject != subject}
        self._aliases = {name: owner for name, owner in self._aliases.items() if owner != subject}
        self._outbox = {name: one for name, one in self._outbox.items() if one.message.subject != subject}
        self._replies = {name: one for name, one in self._replies.items() if subject not in one.subjects}

    async def sweep(self, now: int) -> Swept:
        """Remove idempotency rows and delivered messages older than seven days."""
        limit = check_number(now, "now") - KEEP
        replies = [name for name, row in self._replies.items() if row.at < limit]
        messages = [row.message.id for row in self._outbox.values() if (row.delivered or limit) < limit]
        for name in replies:
            del self._replies[name]
        for name in messages:
            del self._outbox[name]
        return Swept(len(replies), len(messages))


def _read(one: Message, row: _Row) -> StoredMessage:
    return StoredMessage(one.id, one.topic, one.subject, one.payload, row.attempts, row.created, one.trace)


def _refuse_taken(what: str, taken: Mapping[str, object], fresh: Sequence[str]) -> None:
    if len(set(fresh)) < len(fresh) or not taken.keys().isdisjoint(fresh):
        raise DuplicateAliasError(f"{what} `{min(fresh)}` or another of this commit is taken")
