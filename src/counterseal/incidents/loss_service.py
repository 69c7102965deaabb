# SPDX-License-Identifier: Apache-2.0
"""The loss of an incident: gathered from the accounts' own events, the platform's rows and what people state."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

import msgspec

from counterseal.core.errors import NotFoundError
from counterseal.core.loss import model as m
from counterseal.core.loss.assess import assess
from counterseal.core.loss.packs import AT_LOSS, AT_PAYMENT, ValuationPack
from counterseal.core.loss.report import LossReport
from counterseal.core.transaction import Change, Commit, Committed, Entry, Idempotency, Loaded, Store
from counterseal.incidents import loss_file as f
from counterseal.incidents.loss_movements import Cases, Clock, Movements
from counterseal.incidents.loss_outflows import Leaving
from counterseal.incidents.loss_packs import PackMissingError, ValuationPacks
from counterseal.incidents.loss_prices import PriceHistory
from counterseal.prover.history import Past

DEFAULT_PACK: Final = "time-of-loss"
AT_ONCE: Final = 8
MOST_KEPT: Final = 20_000
"""Accounts whose outflows are kept in memory, so that a report reads only what is new in the log."""


Found = TypeVar("Found")


class Pasts(Protocol):
    """The accounts' own entries."""

    async def pasts(self, account: str, *, after: int = -1) -> tuple[Past, ...]:
        """Those behind this position, in log order."""
        ...

    async def stands(self, account: str) -> bool:
        """Whether the account is there and was not erased."""
        ...


class Attributions(Protocol):
    """The investigation: whose steps they were."""

    async def of(self, incident: str) -> tuple[m.Attribution, ...]:
        """Of each account that it looked into."""
        ...


class Losses:
    """Reports the loss of incidents and keeps what people state of it. `currency`: the accounting currency."""

    def __init__(  # noqa: PLR0913 - its ports
        self,
        store: Store,
        clock: Clock,
        *,
        movements: Movements,
        history: PriceHistory,
        packs: ValuationPacks,
        cases: Cases,
        pasts: Pasts,
        attributions: Attributions,
        currency: Callable[[], str],
    ) -> None:
        self._store, self._clock, self._movements, self._history = store, clock, movements, history
        self._cases, self._pasts, self._attributions, self._currency = cases, pasts, attributions, currency
        self.packs = packs
        self._leaving: OrderedDict[str, Leaving] = OrderedDict()

    async def report(self, incident: str, *, pack: str = DEFAULT_PACK, paid_at: int | None = None) -> LossReport:
        """The loss as it stands now. `paid_at`: day of payment (ms), now unless it is said. Raises
        IncidentUnknownError, PackMissingError."""
        chosen = self.packs.pack(pack)
        if chosen is None:
            hint = f"There are: {', '.join(self.packs.names())}."
            raise PackMissingError(f"there is no valuation pack `{pack[:64]}`", hint=hint)
        now = self._clock.now()
        claim, paid, currency = await self.claim(incident), now if paid_at is None else paid_at, self._currency()
        wanted = wanted_prices(claim, chosen, currency, paid)
        book = await self._history.book(wanted, chosen.prices.staleness)
        return await asyncio.to_thread(assess, claim, book, chosen, currency=currency, at=now, paid_at=paid)

    async def claim(self, incident: str) -> m.Claim:
        """Everything that the loss is reckoned from. Raises IncidentUnknownError."""
        held = await self.file(incident)
        accounts = await self._cases.accounts(incident)
        having = await self._movements.with_rows(incident)
        left = await together(accounts, self._outflows)
        kept = await together(
            [each for each in accounts if each in having],
            lambda account: self._movements.rows(incident, account),
        )
        return m.Claim(
            tuple(each for found in left for each in found),
            tuple(each.movement for found in kept for each in found),
            await self._attributions.of(incident),
            held.statements,
            held.recoveries,
        )

    async def file(self, incident: str) -> f.LossFile:
        """What was imported and stated. Raises IncidentUnknownError."""
        if not await self._cases.known(incident):
            raise f.IncidentUnknownError("there is no such incident")
        held = await self._store.read(f.file_of(incident))
        return held if isinstance(held, f.LossFile) else f.LossFile()

    async def check_member(self, incident: str, account: str) -> None:
        """Raise NotFoundError (`unknown_member`) unless this account may have lost something; or
        IncidentUnknownError."""
        await self.file(incident)
        if not await self._cases.harmed(incident, account):
            raise NotFoundError("this account is not one of the incident's", code="unknown_member")

    async def state(
        self,
        incident: str,
        account: str,
        about: str,
        *,
        belongs: bool,
        by: str,
        why: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[f.Noted]:
        """A person's word on whether something belongs to the loss. Raises IncidentUnknownError, LossError."""

        def made(held: f.LossFile, at: int) -> tuple[f.LossFile, msgspec.Struct, str]:
            statement = m.Statement(account, about, belongs, at, by, why)
            return f.stated(held, statement), statement, about

        return await self._noted(incident, "incident_loss_stated", made, idempotency)

    async def recover(
        self, incident: str, recovery: m.Recovery, *, idempotency: Idempotency | None = None
    ) -> Committed[f.Noted]:
        """Note what came back or is held; its id and time are set here. Raises IncidentUnknownError, LossError,
        RecoveryGoneError."""

        def made(held: f.LossFile, at: int) -> tuple[f.LossFile, msgspec.Struct, str]:
            whole = msgspec.structs.replace(recovery, id=f.next_recovery(held), at=at)
            return f.recovered(held, whole), whole, whole.id

        return await self._noted(incident, "incident_recovery_noted", made, idempotency)

    async def _noted(
        self,
        incident: str,
        kind: str,
        made: Callable[[f.LossFile, int], tuple[f.LossFile, msgspec.Struct, str]],
        idempotency: Idempotency | None,
    ) -> Committed[f.Noted]:
        await self.file(incident)
        subject, now = f.file_of(incident), self._clock.now()

        def function(loaded: Loaded) -> Commit[f.Noted]:
            held, at = loaded.states.get(subject), max(now, loaded.latest)
            after, noted, name = made(held if isinstance(held, f.LossFile) else f.LossFile(), at)
            entry = Entry(kind, at, "", msgspec.json.encode(noted))
            return Commit(f.Noted(incident, name), (Change(subject, after, entry),))

        return await self._store.transact([subject], function, now=now, idempotency=idempotency)

    async def _outflows(self, account: str) -> tuple[m.Outflow, ...]:
        known = self._leaving.pop(account, None)
        if known is None or not await self._pasts.stands(account):  # what was erased is not remembered here either
            known = Leaving(account)
        known.read(await self._pasts.pasts(account, after=known.position))
        self._leaving[account] = known
        if len(self._leaving) > MOST_KEPT:
            self._leaving.popitem(last=False)
        return tuple(known.left.values())


async def together(names: Sequence[str], read: Callable[[str], Awaitable[Found]]) -> list[Found]:
    """What is read of each, a few at a time."""
    found: list[Found] = []
    for start in range(0, len(names), AT_ONCE):
        found += await asyncio.gather(*(read(each) for each in names[start : start + AT_ONCE]))
    return found


def wanted_prices(
    claim: m.Claim, pack: ValuationPack, currency: str, paid_at: int
) -> frozenset[tuple[str, str, int]]:
    """The prices that a report can ask for: (asset, currency, moment)."""
    moved = {(each.asset, each.at) for each in claim.outflows}
    moved |= {(each.asset, each.at) for each in claim.movements}
    found = {
        (asset, currency, each.at)
        for each in claim.movements
        if each.counter_asset
        for asset in (each.asset, each.counter_asset)
    }
    if AT_LOSS in {pack.moment, pack.cap}:
        found |= {(asset, currency, at) for asset, at in moved}
    if pack.moment == AT_PAYMENT:
        found |= {(asset, currency, paid_at) for asset, _ in moved}
    return frozenset(each for each in found if each[0] != currency)
