# SPDX-License-Identifier: Apache-2.0
"""From a SQLite file to PostgreSQL: every row in one transaction, and the log verified there before it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from counterseal.core import merkle
from counterseal.store import meta, schema
from counterseal.store import tables as t
from counterseal.store.backup import edge_from_leaves
from counterseal.store.book import Book, pack_edge
from counterseal.store.connect import reader_engine
from counterseal.store.engines import driver_of
from counterseal.store.errors import BackupError
from counterseal.store.lock import StoreLock
from counterseal.store.ports import MasterKey
from counterseal.store.postgres import PostgresEngine
from counterseal.store.vault import Vault

MOVED = ".moved"
"""Added to the name of the file that was moved: two stores that go on from one log would contradict each other."""
_PAGE = 5_000  # rows between two reports
Progress = Callable[[str, int, int], None]
"""Told: table, rows copied, rows there are."""


class Moved(msgspec.Struct, frozen=True):
    """What stands in PostgreSQL now: rows of all tables, log entries, their root (hex), and where the file went."""

    rows: int
    size: int
    root: str
    epoch: int
    file: str


def move(
    database: Path, url: str, master_key: MasterKey, progress: Progress = lambda _table, _done, _all: None
) -> Moved:
    """Copy a store that no server holds into an empty PostgreSQL database, verify it there, commit.

    The file is put aside. Raises StoreLockedError, MasterKeyError, StoreUnavailableError, BackupError: then nothing
    was changed.
    """
    if not database.is_file():
        raise BackupError(f"there is no store `{database.name}`")
    aside = database.with_name(database.name + MOVED)
    if aside.exists():
        raise BackupError(f"`{aside.name}` exists and is not overwritten")
    lock = StoreLock(database)
    source, target = reader_engine(database), PostgresEngine(url).writer()
    try:
        with source.begin() as old, target.connect() as new:
            if schema.revision_of(old) != schema.HEAD:
                raise BackupError("the file has an older schema", hint="Start the server on it once, then stop it.")
            with new.begin():
                PostgresEngine(url).alone(new)
                schema.migrate(new)
                moved = _fill(old, new, Vault(master_key), progress)
        source.dispose()
        for end in ("-wal", "-shm"):
            side = database.with_name(database.name + end)
            if side.exists():
                side.replace(aside.with_name(aside.name + end))
        database.replace(aside)
    finally:
        source.dispose()
        target.dispose()
        lock.release()
    return msgspec.structs.replace(moved, file=str(aside))


def _fill(old: sa.Connection, new: sa.Connection, vault: Vault, progress: Progress) -> Moved:
    """Every table, then the checks. Raises BackupError."""
    if new.execute(sa.select(sa.func.count()).select_from(t.meta)).scalar():
        raise BackupError("the PostgreSQL database holds a store already", hint="Name an empty one.")
    rows = 0
    for table in t.metadata.sorted_tables:
        rows += _copy(old, new, table, progress)
    edge = edge_from_leaves(new)
    if edge != meta.read_edge(old) or edge != meta.read_edge(new):
        raise BackupError("the log that arrived is not the log that was sent")
    last = sa.func.coalesce(sa.select(sa.func.max(t.outbox.c.sequence)).scalar_subquery(), 0)
    new.execute(t.meta.update().values(edge=pack_edge(edge), messages=last, turn=t.meta.c.turn + 1))
    book = Book(1, 1, shared=True)
    meta.read_book(new, vault, book)  # the master key is the right one
    return Moved(rows, edge.size, merkle.root(edge).hex(), book.epoch, "")


def _copy(old: sa.Connection, new: sa.Connection, table: sa.Table, progress: Progress) -> int:
    """One table by COPY; how many rows. They are counted again where they arrive."""
    count = sa.select(sa.func.count()).select_from(table)
    total: int = old.execute(count).scalar_one()
    done = 0
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    cursor: Any = driver_of(new).cursor()
    with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for page in _pages(old, table):
            for row in page:
                copy.write_row(row)
            done += len(page)
            progress(table.name, done, total)
    if new.execute(count).scalar_one() != total:
        raise BackupError(f"the table {table.name} did not arrive whole")
    return total


def _pages(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[Sequence[Any]]]:
    found = connection.execution_options(yield_per=_PAGE).execute(sa.select(table))
    for page in found.partitions(_PAGE):
        yield [tuple(row) for row in page]
