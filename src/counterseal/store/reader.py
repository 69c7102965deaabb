# SPDX-License-Identifier: Apache-2.0
"""Reads of the last committed state, on a small pool of connections that cannot write."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from counterseal.core import leaf
from counterseal.core.errors import CountersealError
from counterseal.core.transaction import (
    Codec,
    Committed,
    Idempotency,
    StoredEntry,
    StoredMessage,
    StoreUnavailableError,
    Timer,
)
from counterseal.store import statements as sql
from counterseal.store import tables as t
from counterseal.store.book import SYSTEM
from counterseal.store.check import check_body
from counterseal.store.connect import READERS
from counterseal.store.engines import Engine
from counterseal.store.errors import StoreCorruptError
from counterseal.store.forms import decode_state, open_message, open_reply
from counterseal.store.vault import SubjectKeys, Vault
from counterseal.store.writer import PATIENCE, WAITING

Value = TypeVar("Value")
log = logging.getLogger(__name__)


class _Turn(Generic[Value]):
    """One query in the queue of the threads. `wanted`: somebody still waits for it."""

    __slots__ = ("query", "wanted")

    def __init__(self, query: Callable[[sa.Connection], Value]) -> None:
        self.query, self.wanted = query, True


class Reader:
    """Runs queries in threads. `known`: keys the writer has at hand; the reader itself keeps none."""

    def __init__(
        self,
        engine: Engine,
        codecs: Mapping[str, Codec],
        vault: Vault,
        known: Callable[[str], SubjectKeys | None],
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._interrupt, self._patience, self._waiting = engine.interrupt, patience, 0
        self._sql = engine.statements
        self._engine = engine.reader()
        self._codecs = codecs
        self._vault = vault
        self._known = known
        self._closed = False
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="counterseal-store-reader")

    async def run(self, query: Callable[[sa.Connection], Value]) -> Value:
        """Run `query` in a reading transaction of a thread; database faults become StoreUnavailableError."""
        if self._closed:
            raise StoreUnavailableError("the store is closed")
        if self._waiting >= WAITING:
            raise StoreUnavailableError("too many wait for the store", hint="Send it again in a moment.")
        self._waiting += 1
        turn = _Turn(query)
        reading = asyncio.get_running_loop().run_in_executor(self._threads, self._run, turn)
        reading.add_done_callback(self._finished)
        done, _ = await asyncio.wait((reading,), timeout=self._patience)
        if not done:
            turn.wanted = False
            self._interrupt(readers=True)
            raise StoreUnavailableError("the store does not answer", hint="Send it again later.")
        return reading.result()

    def _finished(self, reading: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not reading.cancelled():
            reading.exception()  # seen, also where nobody waits for it any more

    def _run(self, turn: _Turn[Value]) -> Value:
        if not turn.wanted:
            raise StoreUnavailableError("nobody waits for this any more")
        query = turn.query
        try:
            with self._engine.begin() as connection:
                return query(connection)
        except CountersealError:
            raise
        except Exception as error:
            log.error("a read of the store failed: %s", error)  # noqa: TRY400 - the cause travels with the error
            raise StoreUnavailableError("the store or its disk is away") from error

    def close(self) -> None:
        """End the threads and close their connections; before the writer, which checkpoints last."""
        self._closed = True
        self._threads.shutdown()
        self._engine.dispose()

    def keys(self, subject: str, key: bytes, salt: bytes) -> SubjectKeys:
        """The keys of a subject from its wrapped form."""
        return self._known(subject) or self._vault.unwrap(subject, key, salt)

    def state(self, connection: sa.Connection, subject: str) -> Any | None:
        """The state of one subject, or None."""
        row = connection.exec_driver_sql(self._sql.subjects.text, (_one(subject),)).first()
        if row is None or row.key is None or row.data is None:
            return None
        data = self.keys(subject, row.key, row.salt).open(row.data, "state", subject)
        return decode_state(self._codecs, subject, data)

    def reply(self, connection: sa.Connection, idempotency: Idempotency, digest: str) -> Committed[Any] | None:
        """The earlier reply under an idempotency key, or None."""
        row = connection.exec_driver_sql(self._sql.seen.text, (_one(digest),)).first()
        if row is None:
            return None
        check_body(idempotency, row.body)
        data = self.keys(row.subject, row.key, row.salt).open(row.result, "idempotency", digest)
        return open_reply(data, idempotency.result)

    def entries(
        self, connection: sa.Connection, subject: str | None, action: str | None, after: int, limit: int
    ) -> list[StoredEntry]:
        """Entries above position `after`, in order."""
        query = sa.select(t.entry, t.vault.c.key, t.vault.c.salt).outerjoin(
            t.vault, t.vault.c.subject == t.entry.c.subject
        )
        if subject is not None:
            query = query.where(t.entry.c.subject == subject)
        if action is not None:
            query = query.where(t.entry.c.action == action)
        query = query.where(t.entry.c.position > after).order_by(t.entry.c.position).limit(limit)
        return [self.entry(row) for row in connection.execute(query)]

    def entry(self, row: sa.Row[Any]) -> StoredEntry:
        """A row of `entry` with the wrapped keys of its subject, opened; no payload once it was erased."""
        data = open_leaf(row.leaf, row.position)
        payload = None
        if row.key is not None:
            payload = self.keys(row.subject, row.key, row.salt).open(row.payload, "entry", row.position)
        return StoredEntry(row.position, row.subject, data.kind, data.at, data.policy, payload, row.action)

    def messages(
        self, connection: sa.Connection, now: int, limit: int, topics: Sequence[str] = ()
    ) -> list[StoredMessage]:
        """Outbox rows to deliver at `now`, oldest first."""
        query = _messages().where(ready(now, topics)).order_by(t.outbox.c.sequence).limit(limit)
        return self._readable(connection.execute(query))

    def named(self, connection: sa.Connection, ids: Sequence[str]) -> list[StoredMessage]:
        """The outbox rows of these ids that are not over, oldest first."""
        query = _messages().where(t.outbox.c.id.in_(ids)).order_by(t.outbox.c.sequence)
        return self._readable(connection.execute(query)) if ids else []

    def _readable(self, rows: Iterable[sa.Row[Any]]) -> list[StoredMessage]:
        """One that cannot be opened (damage, a wrong hand) is told in the log and keeps no other from its owner."""
        found = []
        for row in rows:
            try:
                found.append(self._message(row))
            except CountersealError as error:
                log.error("message %s cannot be read: %s", row.id, error)  # noqa: TRY400 - the error says it all
        return found

    def _message(self, row: sa.Row[Any]) -> StoredMessage:
        opened = self.keys(row.subject, row.key, row.salt).open(row.payload, "outbox", row.id)
        payload, trace = open_message(opened)
        return StoredMessage(row.id, row.topic, row.subject, payload, row.attempts, row.created, trace)


def ready(now: int, topics: Sequence[str] = ()) -> sa.ColumnElement[bool]:
    """What is to be delivered at `now`, of these topics unless there are none."""
    outbox = t.outbox.c
    waiting = sa.and_(outbox.delivered.is_(None), outbox.not_before <= now)
    return sa.and_(waiting, outbox.topic.in_(topics)) if topics else waiting


def waits(connection: sa.Connection, now: int, topics: Sequence[str] = ()) -> bool:
    """Whether there is a message to deliver."""
    waiting = sa.exists().where(ready(now, topics))
    return bool(connection.execute(sa.select(waiting)).scalar())


def resolve(connection: sa.Connection, alias: str) -> str | None:
    """The subject that owns `alias`."""
    owner: str | None = connection.execute(sa.select(t.alias.c.subject).where(t.alias.c.alias == alias)).scalar()
    return owner


def subjects(connection: sa.Connection, kind: str, after: str, limit: int) -> list[str]:
    """Subjects of one kind that are not erased, in id order, after the id `after`."""
    query = sa.select(t.subject.c.id).where(
        t.subject.c.kind == kind,
        t.subject.c.id > after,
        t.subject.c.id != SYSTEM,
        t.subject.c.erased.is_(None),
    )
    return list(connection.execute(query.order_by(t.subject.c.id).limit(limit)).scalars())


def due(connection: sa.Connection, now: int, limit: int) -> list[Timer]:
    """Timers with `due_at` <= `now`, earliest first."""
    query = sa.select(t.timer).where(t.timer.c.due_at <= now)
    rows = connection.execute(query.order_by(t.timer.c.due_at, t.timer.c.id).limit(limit))
    return [Timer(row.id, row.subject, row.due_at, row.kind) for row in rows]


def open_leaf(data: bytes, position: int) -> leaf.LeafData:
    """Read a stored leaf; raises StoreCorruptError when it is not the canonical leaf of `position`."""
    try:
        found = leaf.decode_leaf(data)
    except leaf.LeafError as error:
        raise StoreCorruptError(f"the leaf of entry {position} cannot be read") from error
    if found.seq != position:
        raise StoreCorruptError(f"the leaf of entry {position} is that of entry {found.seq}")
    return found


def _messages() -> sa.Select[Any]:
    query = sa.select(t.outbox, t.vault.c.key, t.vault.c.salt)
    query = query.join(t.vault, t.vault.c.subject == t.outbox.c.subject)
    return query.where(t.outbox.c.delivered.is_(None))


def _one(value: str) -> str:
    """A JSON array of one id."""
    return sql.json_set((value,))
