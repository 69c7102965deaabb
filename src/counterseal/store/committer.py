# SPDX-License-Identifier: Apache-2.0
"""Owns the one writing connection: commits batches and tasks, and starts afresh after a database error.

It knows nothing of threads or event loops; `writer.Writer` runs it in its thread, restore calls it directly.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from counterseal.core.errors import CountersealError
from counterseal.core.transaction import Codec, Committed, StoreUnavailableError
from counterseal.store import meta, schema
from counterseal.store.batch import Batch, Request, Taken, find_taken
from counterseal.store.book import Book
from counterseal.store.engines import Driver, Engine, driver_of, execute_many
from counterseal.store.ports import ClockKind
from counterseal.store.rows import Rows, Task
from counterseal.store.vault import Vault

Value = TypeVar("Value")
Outcome = Committed[Any] | BaseException
log = logging.getLogger(__name__)


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """What became of an outbox message: `over` at `at` (delivered, or given up with an `error`), or to be tried
    again at `at`. `tried`: whether that was a failure; if not, `kept` says whether earlier ones count."""

    message: str
    at: int
    error: str | None = None
    over: bool = False
    tried: bool = True
    kept: bool = True


class Committer:
    """Opens the database, creates or migrates its schema, and commits. Not safe for two threads."""

    def __init__(
        self,
        engine: Engine,
        codecs: Mapping[str, Codec],
        vault: Vault,
        *,
        clock: ClockKind | None,
        cache_entries: int,
        cache_bytes: int,
    ) -> None:
        self._kind = engine
        self._engine = engine.writer()
        self._codecs = codecs
        self._clock = clock
        self._connection: sa.Connection | None = None
        self.vault = vault
        self.failing = False  # since the last write that was tried
        self.book = Book(cache_entries, cache_bytes, shared=engine.shared)

    def open(self) -> sa.Connection:
        """The connection; made, migrated and read into the book where there is none. Raises on any fault."""
        if self._connection is None:
            connection = self._engine.connect()
            try:
                with connection.begin():
                    self._kind.alone(connection)
                    schema.migrate(connection)
                    meta.prepare(connection, self.vault, self._clock)
                with connection.begin():
                    meta.check_history(connection, self.book)
                    meta.read_book(connection, self.vault, self.book)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Close the connection; SQLite then moves what is in the WAL into the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def commit(self, requests: Sequence[Request], settlements: Sequence[Settlement] = ()) -> list[Outcome]:
        """Run and commit one batch. One outcome per request, in order.

        Raises StoreUnavailableError when the database failed: then nothing of the batch is acknowledged.
        """
        try:
            return self._commit(self.open(), requests, settlements)
        except Exception as error:
            raise self._fail(error) from error

    def perform(self, task: Task[Value]) -> Value:
        """Run `task` in a transaction of its own. Its CountersealErrors come back; other faults as `commit`."""
        try:
            connection = self.open()
            driver = driver_of(connection)
            with connection.begin():
                self._refresh(driver)
                rows = Rows(self.book, self._kind.statements)
                value = task(connection, rows)
                if rows.dirty:
                    rows.write(driver)
            if rows.dirty:  # a turn that the database did not count would hide that of another process
                rows.publish()
            self.failing = False
            return value
        except StoreUnavailableError as error:
            raise self._fail(error) from None
        except CountersealError:
            raise
        except Exception as error:
            raise self._fail(error) from error

    def interrupt(self) -> None:
        """From another thread: whatever waits for the database here fails now, if that can be done."""
        self._kind.interrupt()

    def clean(self) -> bool:
        """After an erasure: let go of what was overwritten; False when somebody was in the way."""
        try:
            # Past SQLAlchemy, which would begin a transaction first: there must be none.
            return self._kind.clean(driver_of(self.open()))
        except Exception as error:  # noqa: BLE001 - nothing is lost: it is tried again later
            log.warning("what was erased was not let go of: %s", error)
            return False

    def _refresh(self, driver: Driver) -> bool:
        """Take the head of the store: from here to the commit nobody else writes. Where somebody did since, what is
        in memory is not sure any more: True."""
        if not self.book.shared:
            return False
        head = driver.execute(self._kind.statements.head.text, ()).fetchone()
        if head[:2] == (self.book.turn, self.book.epoch):
            return False
        self.book.refresh(head, time.monotonic())
        return True

    def _commit(
        self, connection: sa.Connection, requests: Sequence[Request], settlements: Sequence[Settlement]
    ) -> list[Outcome]:
        taken = Taken()
        driver = driver_of(connection)
        while True:
            batch = Batch(self.book, self.vault, self._codecs, taken, self._kind.statements)
            try:
                with self._kind.batch(driver):
                    if self._refresh(driver):
                        batch = Batch(self.book, self.vault, self._codecs, taken, self._kind.statements)
                    batch.load(driver, requests)
                    outcomes = [_run(batch, request) for request in requests]
                    if batch.rows.dirty:
                        batch.rows.write(driver)
                    self._settle(driver, settlements)
            except self._kind.taken:
                # An alias or message id is taken. That is rare, so nobody looked before: find out which,
                # and run the functions again; they have no effects of their own.
                with self._kind.batch(driver):
                    if not find_taken(driver, self._kind.statements, batch.rows, taken):
                        raise
            else:
                if batch.rows.dirty:
                    batch.publish()
                    self.failing = False
                return outcomes

    def _settle(self, driver: Driver, settlements: Sequence[Settlement]) -> None:
        kinds, over, failed = self._kind.statements, [x for x in settlements if x.over], []
        if len(over) < len(settlements):
            failed = [x for x in settlements if not x.over and x.tried]
            waiting = [(x.at, int(x.kept), x.message) for x in settlements if not x.over and not x.tried]
            execute_many(driver, kinds.postponed, waiting)
        execute_many(driver, kinds.delivered, [(x.at, x.error, x.message) for x in over])
        execute_many(driver, kinds.deferred, [(x.at, x.error, x.message) for x in failed])

    def _fail(self, error: Exception) -> StoreUnavailableError:
        self.failing = True
        self._forget()
        if isinstance(error, StoreUnavailableError):
            return error
        log.error("the store failed: %s", error)
        # A commit whose answer was lost may stand: nobody can say "nothing was kept".
        return StoreUnavailableError("the store or its disk is away", hint="Repeat it under its Idempotency-Key.")

    def _forget(self) -> None:
        """After a fault nothing in memory is sure: drop the connection; the next batch reads all afresh."""
        connection, self._connection = self._connection, None
        self.book.cache.clear()
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except Exception:
                log.exception("the failed connection did not close")


def _run(batch: Batch, request: Request) -> Outcome:
    try:
        return batch.run(request)
    except StopIteration as error:  # no future can carry it
        fault = RuntimeError("the function raised StopIteration")
        fault.__cause__ = error
        return fault
    except BaseException as error:  # noqa: BLE001 - it is the caller's: handed to the caller's future
        return error
