# SPDX-License-Identifier: Apache-2.0
"""Joins requests of authorities to the policy, the registry, the rule packs, accounts and staff."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Protocol

from counterseal.core.account import State
from counterseal.core.transaction import Idempotency, Store
from counterseal.gateways.delivery_keys import DeliveryKeys
from counterseal.guard.model import Done
from counterseal.http.edge import Guard
from counterseal.http.routers import desk_requests, desk_requests_decide, desk_requests_end
from counterseal.http.services import Clock, PolicyHolder
from counterseal.judicial.disclosure.stored import NoPlatformError, PlatformError
from counterseal.judicial.packs.ports import Packs
from counterseal.judicial.registry.service import Registry
from counterseal.judicial.requests.casework import Casework
from counterseal.judicial.requests.decisions import Decisions
from counterseal.judicial.requests.execution import Execution
from counterseal.judicial.requests.lookup import Tools
from counterseal.judicial.requests.model import Identifier
from counterseal.judicial.requests.ports import Examining, Kindred, Matches, Orders, Portals, Signed
from counterseal.judicial.requests.service import Requests
from counterseal.staff.approvals import Approval
from counterseal.staff.approvals import subject_of as subject_of_approval
from counterseal.staff.model import ROSTER, Roster
from counterseal.workers.loop import running

ROUTERS: Final = (desk_requests.router, desk_requests_decide.router, desk_requests_end.router)
PAUSE: Final = 2.0  # seconds between looks for deadlines that have come


class Records(Protocol):
    """The platform's records, as far as requests need them."""

    async def meant(self, kind: str, value: str, *, request: str = "") -> tuple[str, ...]:
        """The accounts that an identifier means. Raises PlatformError."""
        ...


class GuardedAccounts:
    """`judicial.requests.ports.Accounts`: accounts by their id; whose a name or address is, the platform knows."""

    def __init__(self, store: Store, platform: Records) -> None:
        self._store, self._platform = store, platform

    async def meant(self, identifier: Identifier) -> Matches:
        """See Accounts. A platform that does not answer leaves it open: an officer names the accounts."""
        if identifier.kind != "account":
            try:
                accounts = await self._platform.meant(identifier.kind, identifier.value)
            except (NoPlatformError, PlatformError):
                return Matches(known=False)
            return Matches(tuple([each for each in accounts if await self.exists(each)]))
        found = (identifier.value,) if await self.exists(identifier.value) else ()
        return Matches(found)

    async def exists(self, account: str) -> bool:
        """See Accounts."""
        return isinstance(await self._store.read(f"account:{account}"), State)


class StaffPeople:
    """`judicial.requests.ports.People` and `Approvals`: the roster and the approvals as stored."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def _roster(self) -> Roster:
        held = await self._store.read(ROSTER)
        return held if isinstance(held, Roster) else Roster()

    async def names(self) -> dict[str, str]:
        """See People."""
        return {each.id: each.name for each in (await self._roster()).members}

    async def owned(self) -> dict[str, str]:
        """See People."""
        return {each.id: each.account for each in (await self._roster()).members if each.account}

    async def active(self, staff: str) -> bool:
        """See People."""
        member = (await self._roster()).member(staff)
        return member is not None and not member.disabled

    async def left(self, staff: str) -> bool:
        """See People."""
        member = (await self._roster()).member(staff)
        return member is not None and member.disabled

    async def signed(self, approval: str) -> Signed | None:
        """See Approvals."""
        held = await self._store.read(subject_of_approval(approval))
        if not isinstance(held, Approval):
            return None
        return Signed(held.method, held.path, held.body, held.signers, held.status == "open")


class GuardOrders:
    """`judicial.requests.ports.Orders` by the guard: once for each request and account."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def freeze(self, account: str, officers: Sequence[str], request: str) -> None:
        """See Orders."""
        digest = hashlib.sha256(f"{request}/{account}".encode()).digest()
        once = Idempotency("desk", f"{request}/{account}/freeze", digest, Done)
        by = "+".join(officers)
        await self._guard.accounts.freeze(account, "staff", by, idempotency=once, outflows_only=True)


class DeskRequests:
    """The area's services and their worker."""

    def __init__(  # noqa: PLR0913 - one for each neighbour
        self,
        store: Store,
        clock: Clock,
        random: Callable[[int], bytes],
        *,
        policies: PolicyHolder,
        registry: Registry,
        packs: Packs,
        orders: Orders,
        platform: Records,
        documents: Examining,
        portals: Portals | None = None,
        kindred: Kindred | None = None,
    ) -> None:
        people = StaffPeople(store)
        self.tools = tools = Tools(
            book=registry,
            packs=packs,
            accounts=GuardedAccounts(store, platform),
            people=people,
            approvals=people,
            portals=portals,
            kindred=kindred,
            orders=orders,
            policies=policies,
            keys=DeliveryKeys(),
            documents=documents,
        )
        self.requests = Requests(store, clock, random, tools)
        self.casework = Casework(store, clock, tools)
        self.decisions = Decisions(store, clock, tools)
        self.areas: dict[type, object] = {
            Requests: self.requests,
            Casework: self.casework,
            Decisions: self.decisions,
            Execution: Execution(store, clock, tools),
        }

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The worker that looks for deadlines."""
        async with running("requests", self.requests.turn, PAUSE):
            yield
