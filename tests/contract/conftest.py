# SPDX-License-Identifier: Apache-2.0
"""Every adapter of the store runs the same suite: add it to `ADAPTERS`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from counterseal.core.transaction import Store
from counterseal.store.memory import MemoryStore
from counterseal.store.postgres import PostgresStore
from counterseal.store.sqlite import SqliteStore
from tests.support.postgres import new_database
from tests.support.store import CODECS, PlainMasterKey


class Adapter(Protocol):
    """How the suite opens a store, and opens it again where it outlives its process."""

    def open(self) -> Store: ...
    def close(self) -> None: ...


class Memory:
    def __init__(self, _folder: Path) -> None:
        pass

    def open(self) -> MemoryStore:
        return MemoryStore(CODECS)

    def close(self) -> None:
        pass


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self._path = folder / "store.db"
        self._open: SqliteStore | None = None

    def open(self) -> SqliteStore:
        self.close()
        self._open = SqliteStore(self._path, CODECS, PlainMasterKey())
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


class Postgres:
    def __init__(self, _folder: Path) -> None:
        self._url = new_database()
        self._open: PostgresStore | None = None

    def open(self) -> PostgresStore:
        self.close()
        self._open = PostgresStore(self._url, CODECS, PlainMasterKey())
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


ADAPTERS = {"memory": Memory, "sqlite": Sqlite, "postgres": Postgres}
DURABLE = {"sqlite": Sqlite, "postgres": Postgres}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=sorted(ADAPTERS))
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adapter]:
    made = ADAPTERS[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture(params=sorted(DURABLE))
def durable_adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Adapter]:
    made = DURABLE[request.param](tmp_path)
    yield made
    made.close()


@pytest.fixture
def store(adapter: Adapter) -> Store:
    return adapter.open()
