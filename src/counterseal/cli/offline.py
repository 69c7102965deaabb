# SPDX-License-Identifier: Apache-2.0
"""Reading the log without the server: on a read-only copy of its last committed state, so it may go on running."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from counterseal.audit.ports import LogReader
from counterseal.core.errors import NotFoundError
from counterseal.core.note import VerifierKey, make_verifier_key
from counterseal.gateways.keyring import MasterKey, load_signing_key
from counterseal.settings import Settings
from counterseal.store.backup import backup
from counterseal.store.sql import SqlStore
from counterseal.store.sqlite import SqliteStore
from counterseal.wiring.rings import KIND, RINGS, Rings, StoredKey
from counterseal.wiring.stores import CODECS, master_key, open_store

Found = tuple[LogReader, VerifierKey, tuple[str, ...]]


@contextlib.asynccontextmanager
async def offline_log(settings: Settings) -> AsyncIterator[Found]:
    """The log as last committed, its verifier key, and the notes of successions of keys."""
    master = master_key(settings)
    if settings.database_url is not None:
        async with _opened(open_store(settings, master), settings, master) as found:
            yield found
        return
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        copy = Path(folder) / "copy.db"
        backup(settings.database, copy)
        store = SqliteStore(copy, CODECS, master, clock=settings.clock)
        async with _opened(store, settings, master) as found:
            yield found


@contextlib.asynccontextmanager
async def _opened(store: SqlStore, settings: Settings, master: MasterKey) -> AsyncIterator[Found]:
    try:
        stored, aged = await store.read(RINGS), await store.read(f"{KIND}:log")
        if isinstance(stored, Rings):
            now = max(store.latest, time.time_ns() // 1_000_000 if settings.clock == "real" else 0)
            log = stored.rings["log"]
            yield store.log, make_verifier_key(settings.log_origin, log.current(now).public), log.notes
        elif isinstance(aged, StoredKey):
            public = load_signing_key("log", aged.blob, master).public
            yield store.log, make_verifier_key(settings.log_origin, public), ()
        else:
            raise NotFoundError("the store has no log key yet", hint="Start the server once.")
    finally:
        store.close()
