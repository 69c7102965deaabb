# SPDX-License-Identifier: Apache-2.0
"""Owns the one writing connection: commits batches and tasks, and starts afresh after a database error.

It knows nothing of threads or event loops; `writer.Writer` runs it in its thread, restore calls it directly.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from counterseal.core.errors import CountersealError
from counterseal.core.transaction import Codec, Committed, StoreUnavailableError
from counterseal.store import meta, schema
from counterseal.store import statements as sql
from counterseal.store.batch import Batch, Request, Taken, find_taken
from counterseal.store.book import Book
from counterseal.store.connect import driver_of, writer_engine
from counterseal.store.ports import ClockKind
from counterseal.store.rows import Rows, Task
from counterseal.store.vault import Vault

Value = TypeVar("Value")
Outcome = Committed[Any] | BaseException
log = logging.getLogger(__name__)


class Settlement(msgspec.Struct, frozen=True):
    """What became of an outbox message: `over` at `at` (delivered, or given up with an `error`), or to be tried
    again at `at`."""

    message: str
    at: int
    error: str | None = None
    over: bool = False


class Committer:
    """Opens the database, creates or migrates its schema, and commits. Not safe for two threads."""

    def __init__(
        self,
        path: Path,
        codecs: Mapping[str, Codec],
        vault: Vault,
        *,
        clock: ClockKind | None,
        cache_entries: int,
        cache_bytes: int,
    ) -> None:
        self._engine = writer_engine(path)
        self._codecs = codecs
        self._clock = clock
        self._connection: sa.Connection | None = None
        self.vault = vault
        self.book = Book(cache_entries, cache_bytes)

    def open(self) -> sa.Connection:
        """The connection; made, migrated and read into the book where there is none. Raises on any fault."""
        if self._connection is None:
            connection = self._engine.connect()
            try:
                with connection.begin():
                    schema.migrate(connection)
                    meta.prepare(connection, self.vault, self._clock)
                with connection.begin():
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

        Raises StoreUnavailableError when the database failed: then nothing of the batch was kept.
        """
        try:
            return self._commit(self.open(), requests, settlements)
        except Exception as error:
            raise self._fail(error) from error

    def perform(self, task: Task[Value]) -> Value:
        """Run `task` in a transaction of its own. Its CountersealErrors come back; other faults as `commit`."""
        try:
            connection = self.open()
            rows = Rows(self.book)
            with connection.begin():
                value = task(connection, rows)
                if rows.dirty:
                    rows.write(driver_of(connection))
            rows.publish()
            return value
        except StoreUnavailableError:
            self._forget()
            raise
        except CountersealError:
            raise
        except Exception as error:
            raise self._fail(error) from error

    def checkpoint(self) -> bool:
        """Move the WAL into the database and cut it to nothing; False when a reader was in the way."""
        try:
            # Past SQLAlchemy, which would begin a transaction first: a checkpoint needs that there is none.
            busy: int = driver_of(self.open()).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except Exception as error:  # noqa: BLE001 - nothing is lost: the WAL is emptied later
            log.warning("the write-ahead log was not emptied: %s", error)
            return False
        return busy == 0

    def _commit(
        self, connection: sa.Connection, requests: Sequence[Request], settlements: Sequence[Settlement]
    ) -> list[Outcome]:
        taken = Taken()
        driver = driver_of(connection)
        while True:
            batch = Batch(self.book, self.vault, self._codecs, taken)
            try:
                with _transaction(driver):
                    batch.load(driver, requests)
                    outcomes = [_run(batch, request) for request in requests]
                    if batch.rows.dirty:
                        batch.rows.write(driver)
                    _settle(driver, settlements)
            except sqlite3.IntegrityError:
                # An alias or message id is taken. That is rare, so nobody looked before: find out which,
                # and run the functions again; they have no effects of their own.
                with _transaction(driver):
                    if not find_taken(driver, batch.rows, taken):
                        raise
            else:
                if batch.rows.dirty:
                    batch.publish()
                return outcomes

    def _fail(self, error: Exception) -> StoreUnavailableError:
        self._forget()
        if isinstance(error, StoreUnavailableError):
            return error
        log.error("the store failed: %s", error)
        return StoreUnavailableError("the store or its disk is away", hint="Nothing was kept; try again.")

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


@contextmanager
def _transaction(driver: sqlite3.Connection) -> Iterator[None]:
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise


def _settle(driver: sqlite3.Connection, settlements: Sequence[Settlement]) -> None:
    rows: list[tuple[bool, tuple[object, ...]]] = [(x.over, (x.at, x.error, x.message)) for x in settlements]
    delivered = [row for over, row in rows if over]
    deferred = [row for over, row in rows if not over]
    if delivered:
        driver.executemany(sql.DELIVERED.text, delivered)
    if deferred:
        driver.executemany(sql.DEFERRED.text, deferred)
