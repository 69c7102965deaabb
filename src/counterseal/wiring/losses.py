# SPDX-License-Identifier: Apache-2.0
"""Joins losses to the log, the incidents, the price port, the platform's records and the valuation packs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from counterseal.core.loss.model import Attribution
from counterseal.core.loss.prices import PriceAt
from counterseal.core.transaction import Joined, Store
from counterseal.gateways.price_history import HttpPriceSource, NoPriceSource
from counterseal.gateways.valuation_packs import FolderValuationPacks
from counterseal.guard.ports import Price
from counterseal.http.routers import incident_loss, price_history
from counterseal.http.services import Clock
from counterseal.incidents import model as i
from counterseal.incidents.investigations import HARMED
from counterseal.incidents.loss_movements import Movements
from counterseal.incidents.loss_prices import PUSHED, PriceHistory
from counterseal.incidents.loss_service import Attributions, Losses, together
from counterseal.judicial.disclosure.ports import PlatformData, Wanted
from counterseal.judicial.requests.model import Window
from counterseal.prover.history import Past
from counterseal.settings import Settings
from counterseal.wiring.policies import Policies
from counterseal.wiring.records import LogRecords

ROUTERS: Final = (price_history.router, incident_loss.router)
LISTED: Final = 500
MOVEMENTS: Final = "movements"
PURPOSE: Final = "incident"


class StoredCases:
    """See incidents.loss_movements.Cases, and incidents.loss_service.Attributions: what the owners said of their
    actions, and the time in which the attack is taken to have run."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def known(self, incident: str) -> bool:
        """See Cases."""
        return isinstance(await self._store.read(i.subject_of(incident)), i.Incident)

    async def accounts(self, incident: str) -> tuple[str, ...]:
        """See Cases."""
        return tuple([each.account for each in await self._members(incident)])

    async def harmed(self, incident: str, account: str) -> bool:
        """See Cases."""
        held = await self._store.read(i.member_of(incident, account))
        return isinstance(held, i.Member) and held.state in HARMED

    async def released(self, account: str) -> tuple[str, ...]:
        """See Cases."""
        index = await self._store.read(i.account_of(account))
        found = []
        for name in index.incidents if isinstance(index, i.Index) else ():
            held = await self._store.read(i.subject_of(name))
            if isinstance(held, i.Incident) and all(each.lifted is not None for each in held.holds):
                found.append(name)
        return tuple(found)

    async def of(self, incident: str) -> tuple[Attribution, ...]:
        """See Attributions."""
        held = await self._store.read(i.subject_of(incident))
        if not isinstance(held, i.Incident):
            return ()
        return tuple(
            [
                Attribution(
                    each.account,
                    actions=each.actions,
                    owner_actions=each.theirs,
                    since=held.begun,
                    until=None if held.begun is None else held.contained,
                )
                for each in await self._members(incident)
                if each.actions or held.begun is not None
            ]
        )

    async def _members(self, incident: str) -> list[i.Member]:
        prefix = i.member_of(incident, "")
        found: list[i.Member] = []
        after = prefix
        while True:
            names = await self._store.subjects("incident_member", after=after, limit=LISTED)
            mine = [name for name in names if name.startswith(prefix)]
            read = await together(mine, self._store.read)
            found += [each for each in read if isinstance(each, i.Member) and each.state in HARMED]
            if len(names) < LISTED or len(mine) < len(names):
                return found
            after = names[-1]


class AccountPasts:
    """See incidents.loss_service.Pasts."""

    def __init__(self, store: Store, records: LogRecords) -> None:
        self._store, self._records = store, records

    async def pasts(self, account: str, *, after: int = -1) -> tuple[Past, ...]:
        """See Pasts."""
        return await self._records.pasts(account, after=after)

    async def stands(self, account: str) -> bool:
        """See Pasts."""
        return await self._store.read(f"account:{account}") is not None


class PlatformMovements:
    """See incidents.loss_movements.PlatformLedger: the platform's records, asked for the field `movements`."""

    def __init__(self, platform: PlatformData) -> None:
        self._platform = platform

    async def rows(
        self, accounts: Sequence[str], since: int, until: int, *, incident: str
    ) -> tuple[Mapping[str, str], ...]:
        """See PlatformLedger. A row is of the account that was asked about, whatever it says."""
        wanted = tuple(Wanted(account, MOVEMENTS, Window(since, until)) for account in accounts)
        found = await self._platform.fetch(wanted, request=incident, purpose=PURPOSE)
        asked = frozenset(accounts)
        return tuple(
            {**row, "account": each.account}
            for each in found
            if each.name == MOVEMENTS and each.account in asked
            for row in each.rows
        )


def source_of(settings: Settings) -> HttpPriceSource | NoPriceSource:
    """The price service as the settings name it."""
    given = settings.losses.prices
    if given is None:
        return NoPriceSource()
    token = "" if given.token_file is None else given.token_file.read_text("ascii").strip()
    return HttpPriceSource(given.url, token)


class LossWork:
    """The services. `kept` is for guard.prices.PushedPrices: each price pushed goes into the history, too."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, policies: Policies) -> None:
        self._store, self._clock, self._policies = store, clock, policies
        self._packs = FolderValuationPacks(settings.losses.packs)
        self.history = PriceHistory(store, clock, source_of(settings))

    def _currency(self) -> str:
        return self._policies.current.currency

    def kept(self, prices: Sequence[Price], now: int) -> Joined:
        """What is written with a push of prices, in its commit."""
        currency = self._currency()
        return self.history.kept(
            [
                PriceAt(each.asset, currency, each.at, each.value, each.source or PUSHED, now)
                for each in prices
                if each.asset != currency
            ]
        )

    def areas(
        self, platform: PlatformData, records: LogRecords, attributions: Attributions | None = None
    ) -> dict[type, object]:
        """The services by their class. `attributions`: what the investigation found; without it,
        what the owners said."""
        store, clock, cases = self._store, self._clock, StoredCases(self._store)
        movements = Movements(store, clock, cases, PlatformMovements(platform))
        losses = Losses(
            store,
            clock,
            movements=movements,
            history=self.history,
            packs=self._packs,
            cases=cases,
            pasts=AccountPasts(store, records),
            attributions=attributions or cases,
            currency=self._currency,
        )
        return {PriceHistory: self.history, Movements: movements, Losses: losses}
