# SPDX-License-Identifier: Apache-2.0
"""What the console reads: the feed of the store and the end of the log for streams."""

from __future__ import annotations

from typing import Any

from counterseal.core.feed import Feed
from counterseal.http.routers import decisions, directory
from counterseal.http.stream import Tail
from counterseal.store.sqlite import SqliteStore

ROUTERS = (directory.router, decisions.router)


def areas(store: SqliteStore) -> dict[type, Any]:
    """The services of the console's routers."""
    return {Feed: store.feed, Tail: Tail(store.feed)}
