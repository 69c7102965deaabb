# SPDX-License-Identifier: Apache-2.0
"""A new epoch: after a store went back to an older state, what was given out since must not count again."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from counterseal.core import merkle
from counterseal.core.transaction import Change, Entry
from counterseal.store import meta
from counterseal.store import tables as t
from counterseal.store.committer import Committer
from counterseal.store.engines import Engine
from counterseal.store.ports import MasterKey
from counterseal.store.rows import Rows
from counterseal.store.vault import Vault

EPOCH_SUBJECT = "system:epoch"
EPOCH_KIND = "epoch"


class EpochRecord(msgspec.Struct, frozen=True):
    """Payload (JSON) of the entry that begins an epoch: what the log was. `root`: hex."""

    epoch: int
    size: int
    root: str


def begin_epoch(engine: Engine, master_key: MasterKey, *, now: int) -> EpochRecord:
    """Begin one, as an entry of the log: seals, codes and links of earlier epochs are void. No server may run:
    it would go on in the old epoch until its next batch. Raises MasterKeyError, StoreUnavailableError."""
    vault = Vault(master_key)

    def task(connection: sa.Connection, rows: Rows) -> EpochRecord:
        edge = meta.read_edge(connection)
        last: int = connection.execute(sa.select(t.meta.c.epoch)).scalar_one()
        record = EpochRecord(last + 1, edge.size, merkle.root(edge).hex())
        found = connection.execute(sa.select(t.vault).where(t.vault.c.subject == EPOCH_SUBJECT)).first()
        if found is None:
            keys, key, salt = vault.create(EPOCH_SUBJECT)
            rows.add_subjects([(EPOCH_SUBJECT, key, salt)], now)
        else:
            keys = vault.unwrap(EPOCH_SUBJECT, found.key, found.salt)
        entry = Entry(EPOCH_KIND, now, "", msgspec.json.encode(record))
        rows.add_change(Change(EPOCH_SUBJECT, None, entry), lambda _: keys, now)
        rows.touch(now)
        connection.execute(t.meta.update().values(epoch=record.epoch))
        return record

    committer = Committer(engine, {}, vault, clock=None, cache_entries=1, cache_bytes=1)
    try:
        return committer.perform(task)
    finally:
        committer.close()
