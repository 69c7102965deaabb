# SPDX-License-Identifier: Apache-2.0
"""What differs between the databases: how to connect, how a batch begins and ends, which statements it speaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from counterseal.core.transaction import StoreUnavailableError
from counterseal.store import connect
from counterseal.store import statements as sql


class Driver(Protocol):
    """The part of a driver's connection that the writer uses, past SQLAlchemy."""

    def execute(self, text: str, values: Any = ..., /) -> Any:
        """Run one statement; the cursor."""
        ...

    def cursor(self) -> Any:
        """A cursor, for `executemany`."""
        ...


class Engine(Protocol):
    """One kind of database."""

    @property
    def shared(self) -> bool:
        """Whether other processes write too, so that what is in memory may be old."""
        ...

    @property
    def statements(self) -> sql.Statements:
        """In the dialect of this database."""
        ...

    @property
    def taken(self) -> type[Exception]:
        """What a unique constraint raises."""
        ...

    def writer(self) -> sa.Engine:
        """Makes connections that write."""
        ...

    def reader(self) -> sa.Engine:
        """Makes connections that cannot write; each transaction sees one committed state."""
        ...

    def alone(self, connection: sa.Connection) -> None:
        """In a transaction: no other process prepares or migrates the schema until its end."""
        ...

    def batch(self, driver: Driver) -> Any:
        """Context manager: a transaction of the writer, committed at its end, else undone."""
        ...

    def clean(self, driver: Driver) -> bool:
        """After an erasure: let go of what was overwritten. False: somebody was in the way, try again."""
        ...

    def interrupt(self, *, readers: bool = False) -> None:
        """From any thread: cut the connections that write, or those that read; who waits on one gets an error."""
        ...


def driver_of(connection: sa.Connection) -> Driver:
    """The driver's own connection under `connection`, in whatever transaction that is."""
    driver: Driver | None = connection.connection.driver_connection
    if driver is None:
        raise StoreUnavailableError("the connection to the store is closed")
    return driver


def execute_many(driver: Driver, statement: sql.Statement, rows: Sequence[Sequence[object]]) -> None:
    """Run a statement for every row; nothing where there are none."""
    if rows:
        driver.cursor().executemany(statement.text, rows)


class SqliteEngine:
    """One file, one process."""

    shared: bool = False
    statements: sql.Statements = sql.SQLITE
    taken: type[Exception] = sqlite3.IntegrityError

    def __init__(self, path: Path) -> None:
        self.path = path

    def writer(self) -> sa.Engine:
        """See Engine."""
        return connect.writer_engine(self.path)

    def reader(self) -> sa.Engine:
        """See Engine."""
        return connect.reader_engine(self.path)

    def alone(self, connection: sa.Connection) -> None:
        """See Engine: the lock file and BEGIN IMMEDIATE see to it."""

    @contextmanager
    def batch(self, driver: Driver) -> Iterator[None]:
        """See Engine."""
        driver.execute("BEGIN IMMEDIATE")
        try:
            yield
            driver.execute("COMMIT")
        except BaseException:
            if driver.in_transaction:  # type: ignore[attr-defined] # a sqlite3.Connection
                driver.execute("ROLLBACK")
            raise

    def clean(self, driver: Driver) -> bool:
        """Move the write-ahead log into the database and cut it to nothing."""
        busy: int = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return busy == 0

    def interrupt(self, *, readers: bool = False) -> None:
        """See Engine: nothing takes a thread back from a disk that hangs."""
