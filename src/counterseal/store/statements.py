# SPDX-License-Identifier: Apache-2.0
"""The statements of the writer and the readers, compiled once from Core for SQLite.

The writer hands their text to the driver itself: SQLAlchemy's execution costs 30 to 60 us a statement, and a
batch of one has seven of them. Tables, dialect and SQL stay SQLAlchemy's.
Sets of ids go in as one JSON array (`json_each`), so that the text of a statement, and hence its plan, is
the same for one id and for 256. Rows go in as tuples in the order of `columns`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from counterseal.store import tables as t

_DIALECT = sqlite_dialect(paramstyle="qmark")


class Statement:
    """One compiled statement: `text` for the driver, `columns` the order of its parameters."""

    __slots__ = ("columns", "text")

    def __init__(self, construct: sa.ClauseElement) -> None:
        # `Any`: SQLAlchemy types compile() by its base class, which lacks the positional order.
        compiled: Any = construct.compile(dialect=_DIALECT)
        self.text = str(compiled)
        self.columns: tuple[str, ...] = tuple(compiled.positiontup or ())


def _among(name: str) -> sa.Select[Any]:
    """`SELECT value FROM json_each(?)`: a set of ids given as one JSON array."""
    return sa.select(sa.func.json_each(sa.bindparam(name)).table_valued("value").c.value)


def json_set(ids: Iterable[str]) -> str:
    """A set of ids as the JSON array that the statements above read."""
    return json.dumps(list(ids))


def _insert(table: sa.Table) -> Statement:
    return Statement(table.insert())


SUBJECTS = Statement(
    sa.select(t.subject.c.id, t.subject.c.erased, t.vault.c.key, t.vault.c.salt, t.state.c.data)
    .select_from(t.subject.outerjoin(t.vault).outerjoin(t.state, t.state.c.subject == t.subject.c.id))
    .where(t.subject.c.id.in_(_among("ids")))
)
TIMERS = Statement(sa.select(t.timer.c.id).where(t.timer.c.id.in_(_among("ids"))))
ALIASES = Statement(sa.select(t.alias.c.alias).where(t.alias.c.alias.in_(_among("ids"))))
MESSAGE_IDS = Statement(sa.select(t.outbox.c.id).where(t.outbox.c.id.in_(_among("ids"))))
SEEN = Statement(
    sa.select(
        t.idempotency.c.digest,
        t.idempotency.c.body,
        t.idempotency.c.result,
        t.idempotency.c.subject,
        t.vault.c.key,
        t.vault.c.salt,
    )
    .select_from(t.idempotency.join(t.vault, t.vault.c.subject == t.idempotency.c.subject))
    .where(t.idempotency.c.digest.in_(_among("ids")))
)

NEW_SUBJECT = _insert(t.subject)
NEW_VAULT = _insert(t.vault)
_state = sqlite_insert(t.state)
PUT_STATE = Statement(
    _state.on_conflict_do_update(
        index_elements=["subject"],
        set_={
            "data": _state.excluded.data,
            **{name: sa.func.coalesce(_state.excluded[name], t.state.c[name]) for name in t.STANDING},
        },
    )
)
DROP_STATE = Statement(t.state.delete().where(t.state.c.subject == sa.bindparam("id")))
NEW_ENTRY = _insert(t.entry)
NEW_NODE = _insert(t.node)
NEW_ALIAS = _insert(t.alias)
_timer = sqlite_insert(t.timer)
PUT_TIMER = Statement(
    _timer.on_conflict_do_update(
        index_elements=["id"],
        set_={name: _timer.excluded[name] for name in ("subject", "due_at", "kind")},
    )
)
DROP_TIMER = Statement(t.timer.delete().where(t.timer.c.id == sa.bindparam("id")))
NEW_MESSAGE = _insert(t.outbox)
# A row that nobody can open any more (its subject was erased) makes room.
NEW_SEEN = Statement(t.idempotency.insert().prefix_with("OR REPLACE"))
DELIVERED = Statement(
    t.outbox.update()
    .where(t.outbox.c.id == sa.bindparam("message"), t.outbox.c.delivered.is_(None))
    .values(delivered=sa.bindparam("now"), payload=sa.null(), error=sa.bindparam("reason"))
)
DEFERRED = Statement(
    t.outbox.update()
    .where(t.outbox.c.id == sa.bindparam("message"), t.outbox.c.delivered.is_(None))
    .values(
        attempts=t.outbox.c.attempts + sa.literal_column("1"),
        error=sa.bindparam("reason"),
        not_before=sa.bindparam("retry_at"),
    )
)
LATEST = Statement(
    t.meta.update().values(latest=sa.bindparam("latest_time"), replies=sa.bindparam("replies_given"))
)
