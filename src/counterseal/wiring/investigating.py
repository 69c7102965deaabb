# SPDX-License-Identifier: Apache-2.0
"""The index of what accounts share, its worker, and the search for everyone who was reachable the same way."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from counterseal.core.transaction import Store
from counterseal.http.services import Clock
from counterseal.incidents.impact_search import ImpactSearch
from counterseal.incidents.tracing import Tracer
from counterseal.judicial.followup.service import FollowUps
from counterseal.wiring.incident_ports import DeskNames, LogLooks
from counterseal.wiring.records import LogRecords
from counterseal.workers.loop import running

PAUSE: Final = 0.5  # seconds between looks at the log


class Investigating:
    """`key`: of the index's digests; `works`: whether this process indexes."""

    def __init__(self, store: Store, clock: Clock, followups: FollowUps, key: bytes, *, works: bool) -> None:
        self.works = works
        self.records = LogRecords(store)
        self.tracer = Tracer(store, clock, self.records, key)
        self.impact = ImpactSearch(store, self.tracer, DeskNames(store, followups), LogLooks(store))
        self.areas: dict[type, object] = {Tracer: self.tracer, ImpactSearch: self.impact}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The worker."""
        async with contextlib.AsyncExitStack() as stack:
            if self.works:
                await stack.enter_async_context(running("traces", self.tracer.turn, PAUSE))
            yield
