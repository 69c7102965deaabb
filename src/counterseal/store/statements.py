# SPDX-License-Identifier: Apache-2.0
"""The statements of the writer and the readers, compiled once from Core for each kind of database.

The writer hands their text to the driver itself: SQLAlchemy's execution costs 30 to 60 us a statement, and a
batch of one has seven of them. Tables, dialect and SQL stay SQLAlchemy's.
Sets of ids go in as one JSON array, so that the text of a statement, and hence its plan, is the same for one id
and for 256. Rows go in as tuples in the order of `columns`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from counterseal.store import tables as t

Insert = Callable[[sa.Table], Any]
"""The dialect's INSERT, which knows ON CONFLICT."""


class Statement:
    """One compiled statement: `text` for the driver, `columns` the order of its parameters."""

    __slots__ = ("columns", "text")

    def __init__(self, construct: sa.ClauseElement, dialect: Dialect) -> None:
        # `Any`: SQLAlchemy types compile() by its base class, which lacks the positional order.
        compiled: Any = construct.compile(dialect=dialect)
        self.text = str(compiled)
        self.columns: tuple[str, ...] = tuple(compiled.positiontup or ())


def json_set(ids: Iterable[str]) -> str:
    """A set of ids as the JSON array that the statements read."""
    return msgspec.json.encode(list(ids)).decode()


def insert_for(connection: sa.Connection) -> Insert:
    """The INSERT of a connection's dialect."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def _sqlite_set(name: str) -> sa.Select[Any]:
    return sa.select(sa.func.json_each(sa.bindparam(name)).table_valued("value").c.value)


def _postgres_set(name: str) -> sa.Select[Any]:
    given = sa.cast(sa.bindparam(name, type_=sa.Text()), postgresql.JSONB)
    return sa.select(sa.func.jsonb_array_elements_text(given).table_valued("value").c.value)


class Statements:
    """All statements for one dialect. `among`: a set of ids given as one JSON array; `version`: of a row, another
    one after each write."""

    def __init__(
        self,
        dialect: Dialect,
        insert: Insert,
        among: Callable[[str], sa.Select[Any]],
        version: Callable[[sa.Table], sa.ColumnElement[int]],
    ) -> None:
        def made(construct: sa.ClauseElement) -> Statement:
            return Statement(construct, dialect)

        ids = among("ids")
        self.subjects = made(
            sa.select(
                *(t.subject.c.id, t.subject.c.erased, t.vault.c.key, t.vault.c.salt, t.state.c.data),
                version(t.state).label("version"),
            )
            .select_from(t.subject.outerjoin(t.vault).outerjoin(t.state, t.state.c.subject == t.subject.c.id))
            .where(t.subject.c.id.in_(ids))
        )
        self.versions = made(sa.select(t.state.c.subject, version(t.state)).where(t.state.c.subject.in_(ids)))
        self.timers = made(sa.select(t.timer.c.id).where(t.timer.c.id.in_(ids)))
        self.aliases = made(sa.select(t.alias.c.alias).where(t.alias.c.alias.in_(ids)))
        self.message_ids = made(sa.select(t.outbox.c.id).where(t.outbox.c.id.in_(ids)))
        self.seen = made(_seen().where(t.idempotency.c.digest.in_(ids)))
        self.new_subject = made(insert(t.subject))
        self.new_vault = made(insert(t.vault))
        self.put_state = made(_put_state(insert))
        self.drop_state = made(t.state.delete().where(t.state.c.subject == sa.bindparam("id")))
        self.new_entry = made(insert(t.entry))
        self.new_node = made(insert(t.node))
        self.new_alias = made(insert(t.alias))
        self.put_timer = made(_replacing(insert(t.timer), t.timer, "id"))
        self.drop_timer = made(t.timer.delete().where(t.timer.c.id == sa.bindparam("id")))
        self.new_message = made(insert(t.outbox))
        # A row that nobody can open any more (its subject was erased) makes room.
        self.new_seen = made(_replacing(insert(t.idempotency), t.idempotency, "digest"))
        waiting = (t.outbox.c.id == sa.bindparam("message"), t.outbox.c.delivered.is_(None))
        self.delivered = made(
            t.outbox.update()
            .where(*waiting)
            .values(delivered=sa.bindparam("now"), payload=sa.null(), error=sa.bindparam("reason"))
        )
        self.deferred = made(
            t.outbox.update()
            .where(*waiting)
            .values(
                attempts=t.outbox.c.attempts + sa.literal_column("1"),
                error=sa.bindparam("reason"),
                not_before=sa.bindparam("retry_at"),
            )
        )
        self.postponed = made(
            t.outbox.update()
            .where(*waiting)
            .values(not_before=sa.bindparam("until"), attempts=t.outbox.c.attempts * sa.bindparam("kept"))
        )
        self.head = made(_head().with_for_update())
        latest = t.meta.update().values(
            latest=sa.bindparam("latest_time"),
            replies=sa.bindparam("replies_given"),
            turn=sa.bindparam("turns"),
            messages=sa.bindparam("messages_given"),
            edge=sa.bindparam("edge_bytes"),
        )
        self.latest = made(latest)
        self.latest_shared = made(latest.returning(version(t.meta)))  # of every row that this transaction wrote


def _seen() -> sa.Select[Any]:
    seen = t.idempotency.c
    columns = (seen.digest, seen.body, seen.result, seen.subject, t.vault.c.key, t.vault.c.salt)
    return sa.select(*columns).select_from(t.idempotency.join(t.vault, t.vault.c.subject == seen.subject))


def _head() -> sa.Select[Any]:
    """The one row that every batch of every process takes first: what the book knows. Of this row alone PostgreSQL
    reads what stands there once it got the lock; a subquery would see what stood when it began to wait."""
    meta = t.meta.c
    columns = (meta.turn, meta.epoch, meta.latest, meta.replies, meta.messages, meta.edge)
    return sa.select(*columns).where(meta.id == sa.literal_column("1"))


def _put_state(insert: Insert) -> Any:
    state = insert(t.state)
    kept = {name: sa.func.coalesce(state.excluded[name], t.state.c[name]) for name in t.STANDING}
    return state.on_conflict_do_update(index_elements=["subject"], set_={"data": state.excluded.data, **kept})


def _replacing(insert: Any, table: sa.Table, key: str) -> Any:
    """An INSERT that takes the place of the row with the same key."""
    others = {column.name: insert.excluded[column.name] for column in table.c if column.name != key}
    return insert.on_conflict_do_update(index_elements=[key], set_=others)


def _unversioned(_table: sa.Table) -> sa.ColumnElement[int]:
    """SQLite has one writer, which needs none."""
    return sa.literal_column("0")


def _xmin(table: sa.Table) -> sa.ColumnElement[int]:
    """The number of the transaction that wrote the row. Freezing does not change what is read of it (PostgreSQL,
    5.6 System Columns), and programs that know nothing of versions cannot help setting it."""
    return sa.literal_column(f'"{table.name}".xmin::text::bigint')


SQLITE = Statements(sqlite.dialect(paramstyle="qmark"), sqlite.insert, _sqlite_set, _unversioned)
_psycopg: Callable[..., Dialect] = postgresql.psycopg.dialect  # untyped
POSTGRES = Statements(_psycopg(paramstyle="format"), postgresql.insert, _postgres_set, _xmin)
