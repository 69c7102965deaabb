# SPDX-License-Identifier: Apache-2.0
"""Connections to one SQLite file: one that writes, a few that only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool, QueuePool

PAGE_SIZE = 4096
CHECKPOINT_PAGES = 4_096  # pages in the WAL before the writer checkpoints: 16 MiB; more = faster, longer pauses
CACHE_KIB = 65_536
READERS = 4
BUSY_SECONDS = 5.0  # only a backup by another process can make the writer wait

_WRITER = (
    f"PRAGMA page_size={PAGE_SIZE}",  # has an effect on a new file only
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # fsync at every commit: what is acknowledged is on disk
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # erased keys are overwritten in the file
    f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}",
    f"PRAGMA cache_size=-{CACHE_KIB}",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)
_READER = (
    "PRAGMA query_only=ON",
    "PRAGMA wal_autocheckpoint=0",  # only the writer checkpoints (SQLite before 3.51.3: WAL-reset bug)
    f"PRAGMA cache_size=-{CACHE_KIB // READERS}",
    "PRAGMA trusted_schema=OFF",
)


def writer_engine(path: Path) -> sa.Engine:
    """An engine whose connections write `path`. The caller sees to it that there is one at a time."""
    return _engine(path, _WRITER, "BEGIN IMMEDIATE", {"poolclass": NullPool})


def reader_engine(path: Path) -> sa.Engine:
    """An engine of at most `READERS` connections that cannot write. A `begin()` sees one committed state."""
    return _engine(path, _READER, "BEGIN", {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": 0})


def _engine(path: Path, pragmas: tuple[str, ...], begin: str, pool: dict[str, Any]) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        hide_parameters=True,  # an error's text goes to logs: no ids, no sealed data
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": BUSY_SECONDS},
        **pool,
    )
    sa.event.listen(engine, "connect", _setup(pragmas))
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _setup(pragmas: tuple[str, ...]) -> Callable[[sqlite3.Connection, object], None]:
    def setup(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(pragma).close()

    return setup
