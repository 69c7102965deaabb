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
from counterseal.gateways.keyring import load_signing_key
from counterseal.settings import Settings
from counterseal.store.backup import backup
from counterseal.store.sqlite import SqliteStore
from counterseal.wiring.application import CODECS, master_key
from counterseal.wiring.keys import StoredKey


@contextlib.asynccontextmanager
async def offline_log(settings: Settings) -> AsyncIterator[tuple[LogReader, VerifierKey]]:
    """The log as last committed, and the log's verifier key."""
    master = master_key(settings)
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        copy = Path(folder) / "copy.db"
        backup(settings.database, copy)
        store = SqliteStore(copy, CODECS, master, clock=settings.clock)
        try:
            stored = await store.read("signing_key:log")
            if not isinstance(stored, StoredKey):
                raise NotFoundError("the store has no log key yet", hint="Start the server once.")
            key = load_signing_key("log", stored.blob, master)
            yield store.log, Ed25519Signer.from_seed(settings.log_origin, key.seed()).key
        finally:
            store.close()
