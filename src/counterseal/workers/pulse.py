# SPDX-License-Identifier: Apache-2.0
"""Reads the gauges that alarms stand on, apart from the workers that it tells of: one that fails hides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from counterseal.audit.ports import LogReader
from counterseal.core.platform import PLATFORM, Platform
from counterseal.core.transaction import Store
from counterseal.guard.ports import Clock

DEFERRED = 366 * 86_400_000
"""ms ahead, so that messages that wait for their next try count as undelivered."""


class Gauges(Protocol):
    """Where the figures go; ms."""

    def clock(self, *, trusted: bool, drift: int) -> None:
        """What the watch over the clock says."""
        ...

    def outbox_lag(self, milliseconds: int) -> None:
        """Age of the oldest message not yet delivered."""
        ...

    def checkpoint_age(self, milliseconds: int) -> None:
        """Age of the newest checkpoint."""
        ...

    def log_size(self, entries: int) -> None:
        """Entries in the log."""
        ...

    def brakes(self, standing: int) -> None:
        """Brakes that stand on the whole platform."""
        ...

    def queue(self, length: int) -> None:
        """Transactions that wait for the writer."""
        ...


class Pulse:
    """One turn reads everything once. `drift`: of the clock (ms); `waiting`: length of the writer's queue."""

    def __init__(
        self,
        store: Store,
        log: LogReader,
        clock: Clock,
        gauges: Gauges,
        *,
        drift: Callable[[], int],
        waiting: Callable[[], int],
    ) -> None:
        self._store, self._log, self._clock, self._gauges = store, log, clock, gauges
        self._drift, self._waiting = drift, waiting

    async def turn(self) -> int:
        """The clock first: it can be read when the store cannot."""
        self._gauges.clock(trusted=self._clock.trusted(), drift=self._drift())
        self._gauges.queue(self._waiting())
        now = self._clock.now()
        platform = await self._store.read(PLATFORM)
        brakes = platform.brakes if isinstance(platform, Platform) else ()
        self._gauges.brakes(sum(brake.stands(now) for brake in brakes))
        oldest = await self._store.messages(now + DEFERRED, limit=1)
        self._gauges.outbox_lag(max(0, now - oldest[0].created) if oldest else 0)
        self._gauges.log_size(await self._log.size())
        latest = await self._log.latest_checkpoint()
        if latest is not None:
            self._gauges.checkpoint_age(max(0, now - (latest.checkpoint.time or 0)))
        return 0
