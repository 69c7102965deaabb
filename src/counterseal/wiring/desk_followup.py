# SPDX-License-Identifier: Apache-2.0
"""Joins what follows requests, and the report about them, to the guard and to the owners' notices."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from counterseal.core.transaction import Store
from counterseal.http.edge import Guard
from counterseal.http.routers import desk_followup, desk_report
from counterseal.http.services import Clock
from counterseal.judicial.followup.ports import Owners
from counterseal.judicial.followup.service import FollowUps
from counterseal.judicial.report.service import Reports
from counterseal.wiring.attacks import LogAttacks
from counterseal.wiring.shields import GuardShields
from counterseal.workers.loop import one_by_one, running

ROUTERS: Final = (desk_followup.router, desk_report.router)
PAUSE: Final = 1.0  # seconds between looks: a shield is not to be late


class DeskFollowUp:
    """The area's services and their worker."""

    def __init__(self, store: Store, clock: Clock, guard: Guard, owners: Owners) -> None:
        self.guard = guard
        shields = GuardShields(guard.accounts)
        self.followups = FollowUps(store, clock, shields, owners, one_by_one)
        self.reports = Reports(store, clock, LogAttacks(store))
        self.areas: dict[type, object] = {FollowUps: self.followups, Reports: self.reports}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The worker."""
        async with running("follow-up", self.followups.turn, PAUSE):
            yield
