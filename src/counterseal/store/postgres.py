# SPDX-License-Identifier: Apache-2.0
"""The store on PostgreSQL: several processes against one database (docs/adr: one batch after the other).

A batch of any process first takes the one row of `meta` and holds it until its commit. So batches come one after
the other, as the dense positions of the log ask anyway: nothing deadlocks, nothing is retried, and a function sees
what all before it did. Within a process many callers share a batch; processes share the work around it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import NullPool, QueuePool

from counterseal.core.transaction import Codec, StoredMessage, StoreUnavailableError
from counterseal.store import reader
from counterseal.store import statements as sql
from counterseal.store import tables as t
from counterseal.store.check import check_number
from counterseal.store.connect import READERS
from counterseal.store.engines import Driver
from counterseal.store.ports import ClockKind, MasterKey
from counterseal.store.sql import CACHE_BYTES, CACHE_ENTRIES, SqlStore, limited
from counterseal.store.writer import BATCH, PATIENCE

MIGRATION_LOCK = 0x636F756E746572  # any number: the same in every process
CONNECT_SECONDS = 5
# A peer that is gone without a word is noticed in half a minute, by the kernel.
_SOCKET: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
# A process that hangs gives the head back to the others; nobody waits for ever for one that holds it.
_WRITER = (
    "SET synchronous_commit = on",  # what is acknowledged is on disk
    "SET lock_timeout = '10s'",
    "SET statement_timeout = '30s'",
    "SET idle_in_transaction_session_timeout = '30s'",
    "SET jit = off",  # short statements
)
_READER = ("SET statement_timeout = '30s'", "SET idle_in_transaction_session_timeout = '30s'")


class PostgresEngine:
    """One database, many processes. `url`: postgresql://user:password@host:port/name?options (libpq)."""

    shared: bool = True
    statements: sql.Statements = sql.POSTGRES
    taken: type[Exception] = psycopg.errors.UniqueViolation

    def __init__(self, url: str) -> None:
        self._url = url
        self._writing: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()
        self._reading: weakref.WeakSet[psycopg.Connection[Any]] = weakref.WeakSet()

    def writer(self) -> sa.Engine:
        """See Engine."""
        return self._engine(_WRITER, {"poolclass": NullPool})

    def reader(self) -> sa.Engine:
        """See Engine. A connection that died is found out before it is used."""
        pool = {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": 0, "pool_pre_ping": True}
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return self._engine(_READER, {**pool, "execution_options": options})

    def claimer(self) -> sa.Engine:
        """Makes the connection that claims, beside the batches."""
        pool = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_pre_ping": True}
        return self._engine(_WRITER, pool)

    def alone(self, connection: sa.Connection) -> None:
        """See Engine: one process prepares, the others wait and find all there. Refuses a server that does not keep
        what it acknowledged."""
        for name in ("fsync", "full_page_writes"):
            if connection.exec_driver_sql(f"SHOW {name}").scalar() != "on":
                raise StoreUnavailableError(
                    f"PostgreSQL runs with {name} = off and may lose what it has acknowledged",
                    hint=f"Set {name} = on.",
                )
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")

    @contextlib.contextmanager
    def batch(self, driver: Driver) -> Iterator[None]:
        """See Engine."""
        driver.execute("BEGIN")
        try:
            yield
            driver.execute("COMMIT")
        except BaseException:
            if not driver.closed:  # type: ignore[attr-defined] # a psycopg.Connection
                driver.execute("ROLLBACK")
            raise

    def clean(self, driver: Driver) -> bool:
        """Free the old versions of the rows that held keys. Copies in its write-ahead log go when that is recycled:
        the keys in them are wrapped under the master key."""
        driver.execute("VACUUM vault")
        return True

    def interrupt(self, *, readers: bool = False) -> None:
        """See Engine. Past the driver, which is waiting: its socket is shut down, and it finds the server gone."""
        for made in list(self._reading if readers else self._writing):
            with (
                contextlib.suppress(psycopg.Error, OSError),
                socket.socket(fileno=os.dup(made.fileno())) as end,
            ):
                end.shutdown(socket.SHUT_RDWR)

    def _engine(self, settings: tuple[str, ...], options: dict[str, Any]) -> sa.Engine:
        def connect() -> psycopg.Connection[Any]:
            try:
                made = psycopg.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=CONNECT_SECONDS,
                    target_session_attrs="read-write",  # never a replica, which lags
                    application_name="counterseal",
                    **_SOCKET,
                )
            except psycopg.OperationalError as error:
                hint = "Is the server there, and is database_url right?"
                raise StoreUnavailableError("PostgreSQL cannot be reached", hint=hint) from error
            (self._reading if settings is _READER else self._writing).add(made)
            for setting in settings:
                made.execute(setting)
            return made

        engine = sa.create_engine("postgresql+psycopg://", creator=connect, hide_parameters=True, **options)
        if "execution_options" not in options:  # those that write; the others' isolation level begins by itself
            sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        return engine


class PostgresStore(SqlStore):
    """`core.transaction.Store` on PostgreSQL.

    The constructor migrates and opens; it raises SchemaNewerError, ClockMismatchError, MasterKeyError or
    StoreUnavailableError. `close()` gives all back.
    """

    def __init__(
        self,
        url: str,
        codecs: Mapping[str, Codec],
        master_key: MasterKey,
        *,
        clock: ClockKind = "real",
        batch: int = BATCH,
        cache_entries: int = CACHE_ENTRIES,
        cache_bytes: int = CACHE_BYTES,
        patience: float = PATIENCE,
    ) -> None:
        sizes = {"batch": batch, "cache_entries": cache_entries, "cache_bytes": cache_bytes}
        self._engine = PostgresEngine(url)
        self._patience = patience
        super().__init__(self._engine, codecs, master_key, clock=clock, patience=patience, **sizes)
        self._claimer = self._engine.claimer()

    async def claim(
        self, now: int, *, lease: int, limit: int = 100, topics: Sequence[str] = ()
    ) -> list[StoredMessage]:
        """See the port. What another worker is just taking is passed over (SKIP LOCKED)."""
        statement = _claim(check_number(now, "now"), check_number(lease, "a lease"), limited(limit), topics)
        if not await self._reader.run(lambda connection: reader.waits(connection, now, topics)):
            return []
        taking = asyncio.ensure_future(asyncio.to_thread(self._take, statement))
        done, _ = await asyncio.wait((taking,), timeout=self._patience)
        if not done:
            self._engine.interrupt()
        taken = await taking
        return await self._reader.run(lambda connection: self._reader.named(connection, taken))

    async def server_time(self) -> int | None:
        """See SqlStore: the database's."""
        return await self._reader.run(_server_time)

    def close(self) -> None:
        """Finish queued transactions and close all connections. Blocks until done."""
        super().close()
        self._claimer.dispose()

    def _take(self, statement: sa.UpdateBase) -> list[str]:
        try:
            with self._claimer.begin() as connection:
                return list(connection.execute(statement).scalars())
        except Exception as error:
            raise StoreUnavailableError("the store or its disk is away") from error


def _server_time(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp()) * 1000").scalar_one())


def _claim(now: int, lease: int, limit: int, topics: Sequence[str]) -> sa.UpdateBase:
    """Move what is ready out of the sight of other workers for `lease` ms; the ids."""
    outbox = t.outbox.c
    free = sa.select(outbox.sequence).where(reader.ready(now, topics))
    free = free.order_by(outbox.sequence).limit(limit).with_for_update(skip_locked=True)
    update = t.outbox.update().where(outbox.sequence.in_(free.scalar_subquery()))
    return update.values(not_before=now + lease).returning(outbox.id)
