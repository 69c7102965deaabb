# SPDX-License-Identifier: Apache-2.0
"""A store's database for reading alone, beside the servers that write it.

SQLite opens the file with `mode=ro`: such a connection neither writes nor checkpoints, whatever is asked of it.
PostgreSQL gives transactions that are REPEATABLE READ READ ONLY, one for each question and no longer, so that
nothing is kept from its vacuum.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import StoreUnavailableError
from counterseal.store.errors import SchemaNewerError
from counterseal.store.schema import KNOWN

if TYPE_CHECKING:
    import psycopg

BUSY_SECONDS = 5.0
CONNECT_SECONDS = 5
PAGE = 500
"""Rows that PostgreSQL sends at a time."""
Row = tuple[Any, ...]
Run = Callable[..., Iterable[Row]]
"""`run(query, values)`: a query with `?` for each value; its rows, to be read before the moment is over."""


class Source(Protocol):
    """A database."""

    def moment(self) -> AbstractContextManager[Run]:
        """One committed state, for one or several queries."""
        ...


def check_schema(source: Source) -> None:
    """Raise SchemaNewerError unless this program knows the schema."""
    with source.moment() as run:
        (found,) = next(iter(run("SELECT version_num FROM alembic_version")), (None,))
    if found not in KNOWN:
        raise SchemaNewerError(
            f"the store has schema `{found}`, which this program does not know",
            hint="Use the newer Counterseal that wrote it.",
        )


class _File:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def moment(self) -> Iterator[Run]:
        """See Source. Not longer than need be: the server's checkpoints wait for it."""
        self._connection.execute("BEGIN")
        try:
            yield self._connection.execute
        finally:
            self._connection.execute("ROLLBACK")


@contextmanager
def reading_file(path: Path) -> Iterator[Source]:
    """A SQLite file. Raises NotFoundError, StoreUnavailableError."""
    if not path.is_file():
        raise NotFoundError(f"there is no database `{path}`", code="database_missing", hint="See --database.")
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"the database `{path}` cannot be opened: {error}") from error
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        yield _File(connection)
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"the database `{path}` cannot be read: {error}", hint=_HINT) from error
    finally:
        connection.close()


_HINT = "Is it the database of Counterseal, and whole? `counterseal log verify` tells."


class _Server:
    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection, self._number = connection, itertools.count()

    @contextmanager
    def moment(self) -> Iterator[Run]:
        """See Source. Rows come by cursors of the server: a million accounts do not lie in memory at once."""

        def run(query: str, values: tuple[Any, ...] = ()) -> Iterable[Row]:
            cursor = cursors.enter_context(self._connection.cursor(name=f"past{next(self._number)}"))
            cursor.itersize = PAGE
            return cursor.execute(
                query.replace("?", "%s").encode(), values
            )  # bytes: psycopg takes literals or those

        with self._connection.transaction(force_rollback=True), ExitStack() as cursors:
            yield run


@contextmanager
def reading_server(url: str) -> Iterator[Source]:
    """A PostgreSQL database. Raises StoreUnavailableError."""
    import psycopg  # noqa: PLC0415 - only where it is used

    try:
        connection = psycopg.connect(url, connect_timeout=CONNECT_SECONDS, application_name="counterseal reader")
    except psycopg.OperationalError as error:
        hint = "Is the server there, and is database_url right?"
        raise StoreUnavailableError("PostgreSQL cannot be reached", hint=hint) from error
    try:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield _Server(connection)
    except psycopg.Error as error:
        raise StoreUnavailableError(f"PostgreSQL cannot be read: {error}", hint=_HINT) from error
    finally:
        connection.close()
