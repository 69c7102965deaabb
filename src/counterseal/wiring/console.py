# SPDX-License-Identifier: Apache-2.0
"""What the console reads: the feed of the store, the end of the log for streams, the proof of the policy."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from counterseal.core.feed import Feed
from counterseal.core.policy.model import Policy
from counterseal.guard.commands import decided_in, standing_of
from counterseal.http.routers import account_notices, decisions, directory, proof
from counterseal.http.stream import Tail
from counterseal.store.sql import SqlStore
from counterseal.wiring.proofs import Proofs
from counterseal.workers.loop import running

ROUTERS = (directory.router, account_notices.router, decisions.router, proof.router)
HOUR_SECONDS = 3_600.0


class Console:
    """The services of the console's routers; `close` ends what they have open."""

    def __init__(self, store: SqlStore, folder: Path, policy: Callable[[], Policy]) -> None:
        self._store = store
        self.tail = Tail(store.feed)
        self.proofs = Proofs(folder / "proofs", policy)
        self.areas: dict[type, Any] = {Feed: store.feed, Tail: self.tail, proof.Proofs: self.proofs}

    def hang_up(self) -> None:
        """End the streams: a server that stops would wait for them."""
        self.tail.close()

    async def _read_unread(self) -> int:
        """What an older program stored, a batch at a time: then nothing is left, for good."""
        return await self._store.read_unread("account", decided_in, standing_of)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """A worker of the application: does nothing until the end."""
        try:
            async with running("unread", self._read_unread, HOUR_SECONDS):
                yield
        finally:
            self.hang_up()
            await self.proofs.close()
