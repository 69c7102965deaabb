# SPDX-License-Identifier: Apache-2.0
"""Tasks of the writer that remove: erasure of one subject, and the sweep of rows that served their time."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from counterseal.core.errors import InputError, NotFoundError
from counterseal.core.transaction import Change, Entry
from counterseal.store import tables as t
from counterseal.store.book import SYSTEM
from counterseal.store.rows import Rows, Task
from counterseal.store.vault import Vault

KEEP = 7 * 86_400_000
"""How long (ms) replies stay under their idempotency key, and delivered messages in the outbox."""
ERASED_KIND = "erased"
"""The last entry of an erased subject: its empty payload says only that it happened, and when."""


class Swept(msgspec.Struct, frozen=True):
    """How many rows a sweep removed."""

    replies: int
    messages: int


def erase(subject: str, now: int, vault: Vault) -> Task[None]:
    """The task that erases `subject`; erasing it again does nothing. It raises NotFoundError for an unknown one."""

    def task(connection: sa.Connection, rows: Rows) -> None:
        if subject == SYSTEM:
            raise InputError(f"`{SYSTEM}` is the store's own subject and cannot be erased")
        query = sa.select(t.subject.c.erased, t.vault).outerjoin(t.vault).where(t.subject.c.id == subject)
        row = connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"there is no `{subject}`")
        if row.erased is not None:
            return
        keys = vault.unwrap(subject, row.key, row.salt)
        rows.add_change(Change(subject, None, Entry(ERASED_KIND, now, "", b"")), lambda _: keys, now)
        rows.touch(now)
        rows.forgotten.append(subject)
        _destroy(connection, subject, now, len(row.key), len(row.salt))

    return task


def _destroy(connection: sa.Connection, subject: str, now: int, key_size: int, salt_size: int) -> None:
    """Overwrite the wrapped key and salt in place, then remove every row but the entries and the tombstone.

    Replies are found by the entries of their commits. One without an entry stays until the sweep: it is
    sealed under the key that is destroyed here.
    """
    mine = t.vault.c.subject == subject
    connection.execute(t.vault.update().where(mine).values(key=bytes(key_size), salt=bytes(salt_size)))
    connection.execute(t.vault.delete().where(mine))
    replies = sa.select(t.entry.c.reply).where(t.entry.c.subject == subject, t.entry.c.reply.is_not(None))
    connection.execute(t.idempotency.delete().where(t.idempotency.c.number.in_(replies)))
    named = t.entry.c.subject == subject
    connection.execute(t.entry.update().where(named).values(rule="", outcome=""))
    for table in (t.state, t.timer, t.alias, t.outbox):
        connection.execute(table.delete().where(table.c.subject == subject))
    connection.execute(t.subject.update().where(t.subject.c.id == subject).values(erased=now))


def sweep(now: int) -> Task[Swept]:
    """The task that removes replies and delivered messages older than `KEEP`."""
    limit = now - KEEP

    def task(connection: sa.Connection, _rows: Rows) -> Swept:
        replies = connection.execute(t.idempotency.delete().where(t.idempotency.c.at < limit)).rowcount
        messages = connection.execute(
            t.outbox.delete().where(t.outbox.c.delivered.is_not(None), t.outbox.c.delivered < limit)
        ).rowcount
        return Swept(replies, messages)

    return task
