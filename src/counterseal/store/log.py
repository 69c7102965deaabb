# SPDX-License-Identifier: Apache-2.0
"""The log as the audit area reads it (audit.ports.LogStore), on the store's own connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from counterseal.audit.model import LogEntry, LogInconsistentError, SignedCheckpoint
from counterseal.core import leaf, merkle
from counterseal.core.checkpoint import parse_checkpoint
from counterseal.core.note import split_note
from counterseal.store import meta
from counterseal.store import tables as t
from counterseal.store.reader import Reader, open_leaf
from counterseal.store.rows import Rows, Task
from counterseal.store.statements import insert_for
from counterseal.store.writer import Writer


class SqlLog:
    """Entries, tree nodes and checkpoints of one store. Every node below `size` was committed with its leaf."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def size(self) -> int:
        """How many entries the log has."""
        return await self._reader.run(read_size)

    async def root(self) -> tuple[int, bytes]:
        """Size and Merkle root of one committed state."""
        edge = await self._reader.run(meta.read_edge)
        return edge.size, merkle.root(edge)

    async def nodes(self, ids: Sequence[tuple[int, int]], /) -> Mapping[tuple[int, int], bytes]:
        """Nodes (level, index) -> hash; raises LogInconsistentError when one is missing."""
        return await self._reader.run(lambda connection: read_nodes(connection, ids))

    async def entries(self, first: int, limit: int, *, opened: bool) -> list[LogEntry]:
        """Up to `limit` entries from `first` on; `opened`: with payload and entry salt unless erased."""

        def query(connection: sa.Connection) -> list[LogEntry]:
            found = sa.select(t.entry, t.vault.c.key, t.vault.c.salt)
            found = found.outerjoin(t.vault, t.vault.c.subject == t.entry.c.subject)
            found = found.where(t.entry.c.position >= first).order_by(t.entry.c.position).limit(limit)
            return [self._entry(row, opened=opened) for row in connection.execute(found)]

        return await self._reader.run(query)

    async def leaves(self, first: int, limit: int) -> list[bytes]:
        """The bytes that the tree hashes, of up to `limit` entries from `first` on."""
        query = sa.select(t.entry.c.leaf).where(t.entry.c.position >= first)
        query = query.order_by(t.entry.c.position).limit(limit)
        return await self._reader.run(lambda connection: list(connection.execute(query).scalars()))

    async def checkpoints(self, after: int, limit: int) -> list[SignedCheckpoint]:
        """Checkpoints with a size above `after`, by size."""
        query = sa.select(t.checkpoint.c.note).where(t.checkpoint.c.size > after)
        query = query.order_by(t.checkpoint.c.size).limit(limit)
        return await self._reader.run(
            lambda connection: [read_note(note) for note in connection.execute(query).scalars()]
        )

    async def latest_checkpoint(self) -> SignedCheckpoint | None:
        """The checkpoint of the largest size; None before the first."""
        return await self._reader.run(latest_checkpoint)

    async def add_checkpoint(
        self, checkpoint: SignedCheckpoint, /, *, after: SignedCheckpoint | None
    ) -> SignedCheckpoint:
        """Keep a checkpoint unless another process kept one since `after`; the newest one. Decided in a transaction
        that holds the head of the store, so that the checkpoints of all processes make one row."""
        return await self._writer.perform(_put_checkpoint(checkpoint, after))

    def _entry(self, row: sa.Row[Any], *, opened: bool) -> LogEntry:
        data = open_leaf(row.leaf, row.position)
        if not opened or row.key is None:
            return LogEntry(data, row.digest)
        keys = self._reader.keys(row.subject, row.key, row.salt)
        payload = keys.open(row.payload, "entry", row.position)
        return LogEntry(data, row.digest, payload, leaf.entry_salt(keys.salt, row.position))


def read_size(connection: sa.Connection) -> int:
    """How many entries the log has."""
    last = connection.execute(sa.select(sa.func.max(t.entry.c.position))).scalar()
    return 0 if last is None else int(last) + 1


def read_nodes(connection: sa.Connection, ids: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Nodes by (level, index), level by level; raises LogInconsistentError when one is missing."""
    found: dict[tuple[int, int], bytes] = {}
    wanted: dict[int, list[int]] = {}
    for level, index in ids:
        wanted.setdefault(level, []).append(index)
    for level, indexes in wanted.items():
        if level == 0:
            query = sa.select(t.entry.c.position, t.entry.c.digest).where(t.entry.c.position.in_(indexes))
        else:
            query = sa.select(t.node.c.index, t.node.c.hash)
            query = query.where(t.node.c.level == level, t.node.c.index.in_(indexes))
        found.update(((level, row[0]), row[1]) for row in connection.execute(query))
    missing = [node for node in ids if node not in found]
    if missing:
        raise LogInconsistentError(f"the node {missing[0]} is missing")
    return found


def read_note(note: str) -> SignedCheckpoint:
    """A stored checkpoint from its signed note."""
    return SignedCheckpoint(parse_checkpoint(split_note(note)[0]), note)


def latest_checkpoint(connection: sa.Connection) -> SignedCheckpoint | None:
    """The checkpoint of the largest size; None before the first."""
    query = sa.select(t.checkpoint.c.note).order_by(t.checkpoint.c.size.desc()).limit(1)
    note = connection.execute(query).scalar()
    return None if note is None else read_note(note)


def _put_checkpoint(signed: SignedCheckpoint, after: SignedCheckpoint | None) -> Task[SignedCheckpoint]:
    checkpoint = signed.checkpoint
    values = {
        "root": checkpoint.root,
        "at": checkpoint.time or 0,
        "epoch": checkpoint.epoch or 0,
        "note": signed.note,
    }

    def task(connection: sa.Connection, _rows: Rows) -> SignedCheckpoint:
        newest = latest_checkpoint(connection)
        if newest is not None and newest != after:
            return newest
        insert = insert_for(connection)(t.checkpoint).values(size=checkpoint.size, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=["size"], set_=values))
        return signed

    return task
