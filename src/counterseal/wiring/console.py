# SPDX-License-Identifier: Apache-2.0
"""What the console reads: the feed of the store, the end of the log for streams, the proof of the policy."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from counterseal.core.feed import Feed
from counterseal.core.policy.model import Policy
from counterseal.http.routers import decisions, directory, notice_test, proof
from counterseal.http.stream import Tail
from counterseal.store.sqlite import SqliteStore
from counterseal.wiring.proofs import Proofs

ROUTERS = (directory.router, decisions.router, proof.router, notice_test.router)


class Console:
    """The services of the console's routers; `close` ends what they have open."""

    def __init__(self, store: SqliteStore, policy: Callable[[], Policy]) -> None:
        self.tail = Tail(store.feed)
        self.proofs = Proofs(store.path.parent / "proofs", policy)
        self.areas: dict[type, Any] = {Feed: store.feed, Tail: self.tail, proof.Proofs: self.proofs}

    def hang_up(self) -> None:
        """End the streams: a server that stops would wait for them."""
        self.tail.close()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """A worker of the application: does nothing until the end."""
        try:
            yield
        finally:
            self.hang_up()
            await self.proofs.close()
