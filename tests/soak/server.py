# SPDX-License-Identifier: Apache-2.0
"""`counterseal` with small caches: they are full after minutes and not after hours, so that a leak shows against a
flat line. By default SQLite's pages may take 128 MiB and states 64 MiB, as the store's constants say."""

from __future__ import annotations

from counterseal.cli import main
from counterseal.store import connect
from counterseal.store.sqlite import SqliteStore

WRITER_KIB, READER_KIB, STATES = 4_096, 1_024, 2 << 20


def shrink() -> None:
    """Before anything is opened."""
    pages = {"_WRITER": WRITER_KIB, "_READER": READER_KIB}
    for name, size in pages.items():
        kept = [each for each in getattr(connect, name) if "cache_size" not in each]
        setattr(connect, name, (*kept, f"PRAGMA cache_size=-{size}"))
    defaults = SqliteStore.__init__.__kwdefaults__
    assert defaults is not None
    defaults["cache_bytes"] = STATES


if __name__ == "__main__":
    shrink()
    main()
