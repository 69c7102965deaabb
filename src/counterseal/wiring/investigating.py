# SPDX-License-Identifier: Apache-2.0
"""The index of what accounts share, the search for who was reachable the same way, and their protection."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

from counterseal.core.account import Suspicion
from counterseal.core.feed import Feed
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Idempotency, Store
from counterseal.gateways.incident_packs import shipped_setting
from counterseal.gateways.packs import load_pack
from counterseal.guard.accounts import Accounts
from counterseal.guard.model import Done
from counterseal.http.edge import Guard
from counterseal.http.routers import incident_members, incident_work, incidents
from counterseal.http.services import Clock
from counterseal.incidents.cases import Cases
from counterseal.incidents.causes import Causes
from counterseal.incidents.impact_search import ImpactSearch
from counterseal.incidents.investigations import Investigations
from counterseal.incidents.protecting import Protection
from counterseal.incidents.tracing import Tracer
from counterseal.judicial.followup.service import FollowUps
from counterseal.wiring.incident_ports import DeskNames, ForgeryCases, LogLooks
from counterseal.wiring.records import LogRecords
from counterseal.workers.loop import one_by_one, running

ROUTERS: Final = (incidents.router, incident_work.router, incident_members.router)
PAUSE: Final = 0.5  # seconds between looks at the log


SCOPE: Final = "incident_protect"
COMPARED: Final = "hardened"


def compared(current: Policy) -> tuple[Policy, ...]:
    """The policies that a cause is held against: the shipped hardened one, unless it was in force."""
    hardened = load_pack(COMPARED)
    return () if hardened.digest == current.digest else (hardened,)


class GuardProtection:
    """See incidents.protecting.Shields: the guard's accounts, each write under its own key."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def shield(self, account: str, suspicion: Suspicion, key: str) -> None:
        """See Shields."""
        await self._accounts.suspect_as(account, suspicion, _once(account, key))

    async def end_sessions(self, account: str, officers: Sequence[str], reason: str, key: str) -> None:
        """See Shields."""
        await self._accounts.end_sessions(account, officers, reason, _once(account, key))

    async def freeze(self, account: str, officers: Sequence[str], key: str) -> None:
        """See Shields. Whoever took the account over may still be in it: changes stop, too."""
        await self._accounts.freeze(account, "staff", "+".join(officers), idempotency=_once(account, key))


def _once(account: str, key: str) -> Idempotency:
    return Idempotency(SCOPE, key, hashlib.sha256(f"{key}\n{account}".encode()).digest(), Done)


class Investigating:
    """`key`: of the index's digests; `works`: whether this process indexes and carries out."""

    def __init__(
        self,
        store: Store,
        feed: Feed,
        clock: Clock,
        random: Callable[[int], bytes],
        works: bool,  # noqa: FBT001 - a setting
        *,
        guard: Guard,
        followups: FollowUps,
        key: bytes,
    ) -> None:
        self.works = works
        self.records = LogRecords(store)
        self.tracer = Tracer(store, clock, self.records, key)
        desk, looks = DeskNames(store, followups), LogLooks(store)
        self.impact = ImpactSearch(store, self.tracer, desk, looks)
        self.protection = Protection(store, clock, GuardProtection(guard.accounts), one_by_one)
        self.cases = Cases(store, clock, random, shipped_setting())
        self.causes = Causes(
            clock,
            cases=self.cases,
            pasts=self.records,
            desk=desk,
            looks=looks,
            policy=lambda: guard.tools.policies.current,
            others=lambda: compared(guard.tools.policies.current),
        )
        self.investigations = Investigations(
            *(store, feed, clock),
            cases=self.cases,
            search=self.impact,
            protection=self.protection,
            pasts=self.records,
            causes=self.causes,
            policy=lambda: guard.tools.policies.current,
        )
        followups.forgeries = ForgeryCases(self.cases)
        self.areas: dict[type, object] = {
            Tracer: self.tracer,
            ImpactSearch: self.impact,
            Protection: self.protection,
            Cases: self.cases,
            Causes: self.causes,
            Investigations: self.investigations,
        }

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The workers."""
        async with contextlib.AsyncExitStack() as stack:
            if self.works:
                await stack.enter_async_context(running("traces", self.tracer.turn, PAUSE))
                await stack.enter_async_context(running("protection", self.protection.turn, PAUSE))
            yield
