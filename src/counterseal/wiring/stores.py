# SPDX-License-Identifier: Apache-2.0
"""Where everything is kept: the master key, the store or its database alone, and the clock that goes with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from counterseal.access import model as access_model
from counterseal.core.account import State
from counterseal.core.errors import NotFoundError
from counterseal.core.platform import Platform
from counterseal.core.transaction import Codec, StructCodec
from counterseal.gateways.clock import SimulatedClock, SystemClock
from counterseal.gateways.keyring import MasterKey
from counterseal.guard.prices import Board
from counterseal.incidents.codecs import CODECS as INCIDENT_CODECS
from counterseal.judicial.codecs import CODECS as DESK_CODECS
from counterseal.settings import Settings
from counterseal.staff.codecs import CODECS as STAFF_CODECS
from counterseal.store.engines import Engine, SqliteEngine
from counterseal.store.lock import StoreLock
from counterseal.store.postgres import PostgresEngine, PostgresStore
from counterseal.store.sql import SqlStore
from counterseal.store.sqlite import SqliteStore
from counterseal.webhooks.model import CODECS as WEBHOOK_CODECS
from counterseal.wiring.masters import master_key
from counterseal.wiring.owner import CODECS as OWNER_CODECS
from counterseal.wiring.publishing import CODECS as PUBLISHING_CODECS
from counterseal.wiring.rings import CODEC as RINGS_CODEC

__all__ = ["CODECS", "engine_of", "master_key", "open_clock", "open_store"]

CODECS: dict[str, Codec] = {
    "account": StructCodec(State),
    "prices": StructCodec(Board),
    "platform": StructCodec(Platform),
    "signing_key": RINGS_CODEC,
    **access_model.CODECS,
    **STAFF_CODECS,
    **DESK_CODECS,
    **INCIDENT_CODECS,
    **OWNER_CODECS,
    **PUBLISHING_CODECS,
    **WEBHOOK_CODECS,
}


def open_store(settings: Settings, master: MasterKey) -> SqlStore:
    """The store of these settings: a file, locked for this process, or a database that several processes share."""
    settings.database.parent.mkdir(parents=True, exist_ok=True)
    if settings.database_url is not None:
        return PostgresStore(settings.database_url.get_secret_value(), CODECS, master, clock=settings.clock)
    return SqliteStore(settings.database, CODECS, master, clock=settings.clock, url=settings.public_url)


@contextlib.contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    """The database of these settings alone, without a store on it; a file is locked meanwhile."""
    if settings.database_url is not None:
        yield PostgresEngine(settings.database_url.get_secret_value())
        return
    if not settings.database.is_file():
        raise NotFoundError(f"there is no database `{settings.database}`", code="database_missing")
    lock = StoreLock(settings.database)
    try:
        yield SqliteEngine(settings.database)
    finally:
        lock.release()


def open_clock(settings: Settings, store: SqlStore) -> SystemClock | SimulatedClock:
    """The machine's clock, or one that a person sets, never before what was committed."""
    if settings.clock == "simulated":
        return SimulatedClock(max(store.latest, settings.simulated_start_ms or 0))
    return SystemClock()
