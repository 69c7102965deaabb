# SPDX-License-Identifier: Apache-2.0
"""Fills in what revision 0002 added and only the sealed parts tell: rows of before it, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from counterseal.core.transaction import Standing, StoredEntry
from counterseal.store import tables as t
from counterseal.store.reader import Reader
from counterseal.store.rows import Rows, Task
from counterseal.store.writer import Writer

BATCH = 200

Decided = Callable[[StoredEntry], tuple[str, str]]
"""Rule and outcome of an entry; two empty strings = nothing was decided."""
Stands = Callable[[Any], Standing]


async def read_some(reader: Reader, writer: Writer, kind: str, decided: Decided, stands: Stands) -> int:
    """Fill in a batch of old entries, then of old states of `kind`; how many. 0 = there are none left.

    An entry never changes and a state is filled in only while it is still unread, so a commit in between wins.
    """
    entries = await reader.run(lambda connection: _old_entries(connection, reader))
    if entries:
        await writer.perform(_put_entries([(*decided(entry), entry.position) for entry in entries]))
        return len(entries)
    subjects = await reader.run(lambda connection: _old_states(connection, kind))
    if subjects:
        found = await reader.run(lambda c: [(one, reader.state(c, one)) for one in subjects])
        await writer.perform(_put_states([(one, stands(state)) for one, state in found if state is not None]))
    return len(subjects)


def _old_entries(connection: sa.Connection, reader: Reader) -> list[StoredEntry]:
    columns = (t.entry.c[name] for name in ("position", "subject", "action", "payload", "leaf"))
    query: sa.Select[Any] = sa.select(*columns, t.vault.c.key, t.vault.c.salt)
    query = query.outerjoin(t.vault, t.vault.c.subject == t.entry.c.subject)
    query = query.where(sa.text("outcome IS NULL")).order_by(t.entry.c.position).limit(BATCH)
    return [reader.entry(row) for row in connection.execute(query)]


def _old_states(connection: sa.Connection, kind: str) -> list[str]:
    subject = t.state.c.subject
    query = sa.select(subject).where(sa.text("pending IS NULL"), subject > f"{kind}:", subject < f"{kind};")
    return list(connection.execute(query.order_by(subject).limit(BATCH)).scalars())


def _put_entries(found: list[tuple[str, str, int]]) -> Task[None]:
    def task(connection: sa.Connection, _rows: Rows) -> None:
        for rule, outcome, position in found:
            where = (t.entry.c.position == position, t.entry.c.outcome.is_(None))
            connection.execute(t.entry.update().where(*where).values(rule=rule, outcome=outcome))

    return task


def _put_states(found: list[tuple[str, Standing]]) -> Task[None]:
    def task(connection: sa.Connection, _rows: Rows) -> None:
        for subject, stands in found:
            where = (t.state.c.subject == subject, t.state.c.pending.is_(None))
            values = {"frozen": stands.frozen, "pending": stands.pending, "disputed": stands.disputed}
            connection.execute(t.state.update().where(*where).values(**values))

    return task
