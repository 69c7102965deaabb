# SPDX-License-Identifier: Apache-2.0
"""Reading the log without the server: on a read-only copy of its last committed state, so it may go on running."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from counterseal.audit.keys import Ed25519Signer
from counterseal.audit.ports import LogReader
from counterseal.core.errors import NotFoundError
from counterseal.core.note import VerifierKey
from counterseal.gateways.keyring import MasterKey, load_signing_key
from counterseal.settings import Settings
from counterseal.store.backup import backup
from counterseal.store.sql import SqlStore
from counterseal.store.sqlite import SqliteStore
from counterseal.wiring.keys import StoredKey
from counterseal.wiring.stores import CODECS, master_key, open_store


@contextlib.asynccontextmanager
async def offline_log(settings: Settings) -> AsyncIterator[tuple[LogReader, VerifierKey]]:
    """The log as last committed, and the log's verifier key."""
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
async def _opened(
    store: SqlStore, settings: Settings, master: MasterKey
) -> AsyncIterator[tuple[LogReader, VerifierKey]]:
    try:
        stored = await store.read("signing_key:log")
        if not isinstance(stored, StoredKey):
            raise NotFoundError("the store has no log key yet", hint="Start the server once.")
        key = load_signing_key("log", stored.blob, master)
        yield store.log, Ed25519Signer.from_seed(settings.log_origin, key.seed()).key
    finally:
        store.close()
