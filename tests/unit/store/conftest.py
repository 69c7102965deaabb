# SPDX-License-Identifier: Apache-2.0
"""A store on SQLite in a folder of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from counterseal.store.sqlite import SqliteStore
from tests.support.store import CODECS, PlainMasterKey

Open = Callable[..., SqliteStore]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def open_store(database: Path) -> Iterator[Open]:
    """Open the store of this test; the one opened before is closed first."""
    stores: list[SqliteStore] = []

    def opened(**options) -> SqliteStore:
        while stores:
            stores.pop().close()
        stores.append(SqliteStore(database, CODECS, options.pop("master", PlainMasterKey()), **options))
        return stores[-1]

    yield opened
    while stores:
        stores.pop().close()
