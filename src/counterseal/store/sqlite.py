# SPDX-License-Identifier: Apache-2.0
"""The store on one SQLite file: one process, which holds a lock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from counterseal.core.transaction import Codec, StoreUnavailableError
from counterseal.store.engines import SqliteEngine
from counterseal.store.lock import StoreLock
from counterseal.store.ports import ClockKind, MasterKey
from counterseal.store.sql import CACHE_BYTES, CACHE_ENTRIES, SqlStore
from counterseal.store.writer import BATCH


class SqliteStore(SqlStore):
    """`core.transaction.Store` on SQLite.

    The constructor takes the lock, migrates and opens; it raises StoreLockedError (with the holder's URL),
    SchemaNewerError, ClockMismatchError, MasterKeyError or StoreUnavailableError. `close()` gives all back.
    """

    def __init__(
        self,
        path: str | Path,
        codecs: Mapping[str, Codec],
        master_key: MasterKey,
        *,
        clock: ClockKind = "real",
        url: str = "",
        batch: int = BATCH,
        cache_entries: int = CACHE_ENTRIES,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.path = Path(path)
        self._lock = _lock(self.path, url)
        sizes = {"batch": batch, "cache_entries": cache_entries, "cache_bytes": cache_bytes}
        try:
            super().__init__(SqliteEngine(self.path), codecs, master_key, clock=clock, **sizes)
        except BaseException:
            self._lock.release()
            raise

    def announce(self, url: str) -> None:
        """Write the URL of the API into the lock file, for programs that find the store held."""
        self._lock.announce(url)

    def close(self) -> None:
        """Finish queued transactions, close the database and give the lock up. Blocks until done."""
        super().close()
        self._lock.release()


def _lock(path: Path, url: str) -> StoreLock:
    try:
        return StoreLock(path, url)
    except OSError as error:
        raise StoreUnavailableError(
            f"the store `{path.name}` cannot be opened: {error.strerror}",
            hint="Its directory must exist and be writable.",
        ) from error
