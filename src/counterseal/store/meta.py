# SPDX-License-Identifier: Apache-2.0
"""Facts about the whole store: epoch, largest committed time, which clock it saw, and its own key."""

from __future__ import annotations

import sqlalchemy as sa

from counterseal.core import merkle
from counterseal.store import tables as t
from counterseal.store.book import SYSTEM, Book
from counterseal.store.errors import ClockMismatchError, StoreCorruptError, StoreWentBackError
from counterseal.store.ports import ClockKind
from counterseal.store.vault import Vault


def prepare(connection: sa.Connection, vault: Vault, clock: ClockKind | None) -> None:
    """Make the single rows of a new store; check clock and master key of an old one.

    `clock` None (backup, restore) neither checks nor marks. Raises ClockMismatchError, MasterKeyError.
    """
    row = connection.execute(sa.select(t.meta.c.clock)).first()
    if row is None:
        connection.execute(t.meta.insert().values(id=1, epoch=0, latest=0, replies=0, clock=clock))
        _, key, salt = vault.create(SYSTEM)
        connection.execute(t.subject.insert().values(id=SYSTEM, kind="system", created=0))
        connection.execute(t.vault.insert().values(subject=SYSTEM, key=key, salt=salt))
        return
    seen: str | None = row.clock
    if clock is not None and seen is not None and seen != clock:
        raise ClockMismatchError(
            f"the store has seen a {seen} clock and is now opened with a {clock} one",
            hint="Give each clock a store of its own.",
        )
    if clock is not None and seen is None:
        connection.execute(t.meta.update().values(clock=clock))


def check_history(connection: sa.Connection, book: Book) -> None:
    """After a lost connection: the log still begins with what this process saw acknowledged, or an operator began a
    new epoch since. Raises StoreWentBackError: an old copy, or a standby that had not got everything."""
    if connection.execute(sa.select(t.meta.c.epoch)).scalar_one() > book.epoch:
        return
    try:
        found = merkle.compact_range(book.edge.size, lambda *at: read_node(connection, *at))
    except StoreCorruptError:
        found = None
    if found != book.edge:
        raise StoreWentBackError(
            f"the database is not the one that held {book.edge.size} log entries: it went back",
            hint="Bring the right one back, or begin a new epoch: `counterseal store new-epoch`.",
        )


def read_book(connection: sa.Connection, vault: Vault, book: Book) -> None:
    """Read what the writer must know before its first batch; also proves that the master key is the right one."""
    head = connection.execute(sa.select(t.meta)).one()
    book.turn, book.epoch, book.latest = head.turn, head.epoch, head.latest
    book.edge = read_edge(connection)
    book.next_message = 1 + (connection.execute(sa.select(sa.func.max(t.outbox.c.sequence))).scalar() or 0)
    book.next_reply = 1 + head.replies
    wrapped = connection.execute(sa.select(t.vault).where(t.vault.c.subject == SYSTEM)).one()
    book.system = vault.unwrap(SYSTEM, wrapped.key, wrapped.salt)
    book.cache.clear()


def read_edge(connection: sa.Connection) -> merkle.CompactRange:
    """The right edge of the log's tree, from stored nodes (RFC 9162, section 2.1)."""
    last = connection.execute(sa.select(sa.func.max(t.entry.c.position))).scalar()
    return merkle.compact_range(0 if last is None else last + 1, lambda *at: read_node(connection, *at))


def read_node(connection: sa.Connection, level: int, index: int) -> bytes:
    """The hash of one node of the log's tree; raises StoreCorruptError when it is missing."""
    if level == 0:
        query = sa.select(t.entry.c.digest).where(t.entry.c.position == index)
    else:
        query = sa.select(t.node.c.hash).where(t.node.c.level == level, t.node.c.index == index)
    found: bytes | None = connection.execute(query).scalar()
    if found is None:
        raise StoreCorruptError(f"node {index} of level {level} is not in the log")
    return found
