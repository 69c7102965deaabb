# SPDX-License-Identifier: Apache-2.0
"""`core.transaction.Store` on an SQL database: one writer thread, group commit, readers beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from counterseal.core.transaction import (
    Codec,
    Commit,
    Committed,
    Idempotency,
    Loaded,
    Result,
    StoredEntry,
    StoredMessage,
    StoreUnavailableError,
    Timer,
    join,
)
from counterseal.store import erasure, reader, unread
from counterseal.store import tables as t
from counterseal.store.batch import Request
from counterseal.store.book import SYSTEM
from counterseal.store.check import check_idempotency, check_keys, check_number, check_subject, check_text
from counterseal.store.committer import Committer, Settlement
from counterseal.store.engines import Engine
from counterseal.store.feed import SqlFeed
from counterseal.store.log import SqlLog
from counterseal.store.ports import ClockKind, MasterKey
from counterseal.store.rows import Rows
from counterseal.store.vault import SubjectKeys, Vault
from counterseal.store.writer import PATIENCE, Writer

CACHE_ENTRIES = 50_000
CACHE_BYTES = 64 * 1024 * 1024
MAX_LIMIT = 10_000
TOUCH = 256 * 1024  # bytes
ALIASES = 100_000  # remembered, so that each step of an action does not ask the database whose it is


class SqlStore:
    """What both engines share. Where other processes write too, reads ask the database and not the memory."""

    def __init__(
        self,
        engine: Engine,
        codecs: Mapping[str, Codec],
        master_key: MasterKey,
        *,
        clock: ClockKind,
        batch: int,
        cache_entries: int,
        cache_bytes: int,
        patience: float = PATIENCE,
    ) -> None:
        self.clock: ClockKind = clock
        self.shared = engine.shared
        vault = Vault(master_key)
        self._committer = Committer(
            engine, codecs, vault, clock=clock, cache_entries=cache_entries, cache_bytes=cache_bytes
        )
        try:
            self._committer.commit(())
        except BaseException:
            self._committer.close()
            raise
        self._vault = vault
        self._writer = Writer(self._committer, batch=batch, patience=patience)
        self._reader = reader.Reader(engine, codecs, vault, self._known, patience=patience)
        self._aliases: dict[str, str] = {}
        self.log = SqlLog(self._reader, self._writer)
        self.feed = SqlFeed(self._reader)

    def announce(self, url: str) -> None:
        """Tell programs that find the store held where its API is; only a locked store needs it."""

    def close(self) -> None:
        """Finish queued transactions and close the database. Blocks until done."""
        self._reader.close()
        self._writer.close()

    def observe_batches(self, observe: Callable[[int], None]) -> None:
        """Tell `observe` the size of each batch; it is called by the writer's thread and must be quick."""
        self._writer.observe = observe

    @property
    def waiting(self) -> int:
        """How many transactions wait for the writer."""
        return self._writer.waiting

    @property
    def looked_up(self) -> tuple[int, int]:
        """How often a batch found a subject in memory, and how often it had to ask the database."""
        cache = self._committer.book.cache
        return cache.hits, cache.misses

    @property
    def epoch(self) -> int:
        """How many restores lie behind this store."""
        return self._committer.book.epoch

    @property
    def latest(self) -> int:
        """The largest committed time (ms); where others write too, the largest that this process has seen."""
        return self._committer.book.latest

    async def check(self) -> str | None:
        """What keeps it from being written to, or None. The disk is asked only where the last write failed: reads
        go on where a disk is full."""
        try:
            if self._committer.failing or self._writer.stuck:
                await self._writer.perform(touch)
        except StoreUnavailableError as error:
            return error.sentence
        return None

    async def server_time(self) -> int | None:
        """The clock (ms) that all processes on this store share; None where there is one process."""
        return None

    async def transact(
        self,
        keys: Sequence[str],
        function: Callable[[Loaded], Commit[Result]],
        *,
        now: int,
        idempotency: Idempotency | None = None,
        timer: str | None = None,
    ) -> Committed[Result]:
        """See the port. If the caller is cancelled while it waits, the commit may still stand."""
        digest = "" if idempotency is None else check_idempotency(idempotency)
        if timer is not None:
            check_text(timer, "a timer id")
        keys, function = join(keys, function, idempotency)
        made: list[Commit[Result]] = []

        def recorded(loaded: Loaded) -> Commit[Result]:
            made[:] = [function(loaded)]
            return made[0]

        request = Request(check_keys(keys), recorded, check_number(now, "now"), idempotency, digest, timer)
        committed = await self._writer.transact(request)
        if not committed.replayed:
            for change in made[0].changes:
                for alias in change.aliases:
                    self._remember(alias, change.subject)
        return committed

    async def replayed(self, idempotency: Idempotency) -> Committed[Any] | None:
        """See the port."""
        digest = check_idempotency(idempotency)
        return await self._reader.run(lambda c: self._reader.reply(c, idempotency, digest))

    async def read(self, subject: str) -> Any | None:
        """See the port. A subject that was in use lately is answered from memory."""
        check_subject(subject)
        held = None if self.shared else self._committer.book.cache.peek(subject)
        if held is not None:
            return held.state
        return await self._reader.run(lambda c: self._reader.state(c, subject))

    async def resolve(self, alias: str) -> str | None:
        """See the port."""
        check_text(alias, "an alias")
        subject = self._aliases.get(alias)
        if subject is None:
            subject = await self._reader.run(lambda c: reader.resolve(c, alias))
            if subject is not None:
                self._remember(alias, subject)
        return subject

    def _remember(self, alias: str, subject: str) -> None:
        """Aliases never change hands; the oldest are forgotten first, and all of them at an erasure."""
        if self.shared:  # another process may erase the subject
            return
        if len(self._aliases) >= ALIASES:
            self._aliases.pop(next(iter(self._aliases)))
        self._aliases[alias] = subject

    async def subjects(self, kind: str, *, after: str = "", limit: int = 100) -> list[str]:
        """See the port."""
        check_text(kind, "a kind")
        if after:
            check_text(after, "a subject id")
        return await self._reader.run(lambda c: reader.subjects(c, kind, after, limited(limit)))

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
        return await self._reader.run(lambda c: self._reader.entries(c, subject, action, after, limited(limit)))

    async def due(self, now: int, *, limit: int = 100) -> list[Timer]:
        """See the port."""
        check_number(now, "now")
        return await self._reader.run(lambda c: reader.due(c, now, limited(limit)))

    async def messages(self, now: int, *, limit: int = 100, topics: Sequence[str] = ()) -> list[StoredMessage]:
        """See the port."""
        check_number(now, "now")
        return await self._reader.run(lambda c: self._reader.messages(c, now, limited(limit), topics))

    async def claim(
        self, now: int, *, lease: int, limit: int = 100, topics: Sequence[str] = ()
    ) -> list[StoredMessage]:
        """See the port. Only this process delivers, so nothing need be kept from others."""
        check_number(lease, "a lease")
        return await self.messages(now, limit=limit, topics=topics)

    async def delivered(self, message: str, now: int, *, error: str | None = None) -> None:
        """See the port. The payload goes at once; the row stays for `erasure.KEEP`."""
        check_text(message, "a message id")
        reason = None if error is None else _printable(error)
        await self._writer.settle(Settlement(message, check_number(now, "now"), reason, over=True))

    async def deferred(self, message: str, *, error: str, retry_at: int) -> None:
        """See the port. `error` is cut to 500 printable characters."""
        check_text(message, "a message id")
        await self._writer.settle(Settlement(message, check_number(retry_at, "a time"), _printable(error)))

    async def postponed(self, message: str, *, until: int, afresh: bool = False) -> None:
        """See the port."""
        check_text(message, "a message id")
        at = check_number(until, "a time")
        await self._writer.settle(Settlement(message, at, tried=False, kept=not afresh))

    async def erase(self, subject: str, now: int) -> None:
        """See the port. Adds a last entry of kind "erased"; then empties the write-ahead log."""
        task = erasure.erase(check_subject(subject), check_number(now, "now"), self._vault)
        await self._writer.perform(task, checkpoint=True)
        self._aliases.clear()

    async def sweep(self, now: int) -> erasure.Swept:
        """Remove idempotency rows and delivered messages older than seven days."""
        return await self._writer.perform(erasure.sweep(check_number(now, "now")))

    async def snapshot(self, query: Callable[[sa.Connection], reader.Value]) -> reader.Value:
        """Run `query` in a reading transaction: one committed state, on a connection that cannot write."""
        return await self._reader.run(query)

    async def read_unread(self, kind: str, decided: unread.Decided, stands: unread.Stands) -> int:
        """Fill in some rows that an older program left without what queues count; how many. 0 = none are left."""
        return await unread.read_some(self._reader, self._writer, kind, decided, stands)

    def _known(self, subject: str) -> SubjectKeys | None:
        held = self._committer.book.cache.peek(subject)
        return None if held is None else held.keys


def touch(connection: sa.Connection, _rows: Rows) -> None:
    """As large a write as a busy batch, which leaves nothing: a full disk may still take a small one."""
    mine = t.state.c.subject == SYSTEM
    connection.execute(t.state.delete().where(mine))
    connection.execute(t.state.insert().values(subject=SYSTEM, data=os.urandom(TOUCH)))
    connection.execute(t.state.delete().where(mine))
    connection.execute(t.meta.update().values(turn=t.meta.c.turn + 1))


def limited(limit: int) -> int:
    """How many rows a caller gets at most."""
    return max(0, min(limit, MAX_LIMIT))


def _printable(error: str) -> str:
    """An error as the outbox keeps it: 500 printable characters."""
    return "".join(character if character.isprintable() else " " for character in error[:500])
