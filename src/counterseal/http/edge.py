# SPDX-License-Identifier: Apache-2.0
"""What the guard's routers share: its services, its sealer, the fleet's budget of wrong answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from counterseal.core.account import State
from counterseal.core.errors import ThrottledError
from counterseal.core.transaction import Committed, Idempotency
from counterseal.guard.accounts import Accounts
from counterseal.guard.commands import subject_of
from counterseal.guard.devices import known_device
from counterseal.guard.model import Answer
from counterseal.guard.ports import Prices
from counterseal.guard.posture import Postures
from counterseal.guard.requests import Built, Enroller, RequestGiven, build_request
from counterseal.guard.sealing import Sealer
from counterseal.guard.service import Actions
from counterseal.guard.settlement import Settlement
from counterseal.guard.tools import Tools


class Fleet(Protocol):
    """Budgets of wrong answers over all accounts; may be lost at a restart, fails closed."""

    def take(self, factor: str, source: str, *, known: bool, now: int) -> int | None:
        """None = taken; else when there is one again (ms)."""
        ...

    def give_back(self, factor: str, source: str, *, known: bool, now: int) -> None:
        """The answer was right."""
        ...


class Counters(Protocol):
    """What is counted of decisions."""

    def decision(self, outcome: str, rule: str) -> None:
        """A decision was committed."""
        ...

    def proof(self, factor: str, result: str) -> None:
        """A proof was checked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The guard as its routers use it."""

    tools: Tools
    actions: Actions
    accounts: Accounts
    postures: Postures
    settlement: Settlement
    sealer: Sealer
    prices: Prices
    enroller: Enroller
    fleet: Fleet
    max_price_age: int
    counters: Counters

    def count(self, committed: Committed[Answer]) -> None:
        """Count a decision once, not its repetitions."""
        decision = committed.result.action.decision
        if decision is not None and not committed.replayed and not committed.result.refused:
            self.counters.decision(decision.outcome.value, decision.rule)

    def build(self, account: str, given: RequestGiven) -> Built:
        """A request in one spelling, priced now."""
        return build_request(
            self.tools.policies.current,
            account,
            given,
            prices=self.prices,
            max_price_age=self.max_price_age,
            enroller=self.enroller,
            random=self.tools.random,
            now=self.tools.clock.now(),
        )

    async def replayed(self, idempotency: Idempotency) -> Committed[Answer] | None:
        """The earlier answer under this key."""
        return await self.tools.store.replayed(idempotency)

    async def prove(
        self,
        action: str,
        factor: str,
        answer: str,
        challenge: str | None,
        source: str,
        idempotency: Idempotency,
        *,
        collect: bool = True,
    ) -> Committed[Answer]:
        """Prove within the fleet's budget: taken before, given back if the answer was right. `collect`: with the
        seal of an outflow that is allowed by it."""
        account = await self.actions.account_of(action)
        state = await self.tools.store.read(subject_of(account))
        now = self.tools.clock.now()
        asked, known = None, False
        if isinstance(state, State) and (asked := state.actions.get(action)) is not None:
            known = known_device(state, asked, now)
        origin = source or ("" if asked is None else asked.request.source)
        if not origin:  # nobody said where it comes from: strangers at one account must not stop all others
            origin = f"account {account} {'known' if known else 'unknown'}"
        retry_at = self.fleet.take(factor, origin, known=known, now=now)
        if retry_at is not None:
            earlier = await self.replayed(idempotency)
            if earlier is not None:
                return earlier
            self.counters.proof(factor, "throttled")
            raise ThrottledError("too many wrong answers", retry_at=retry_at)
        wrong = False
        try:
            done = await self.actions.prove(
                action,
                factor,
                answer,
                challenge=challenge,
                source=source,
                idempotency=idempotency,
                collect=collect,
            )
            wrong = bool(done.result.refused) and not done.replayed
        finally:
            if not wrong:  # what nobody looked at (the action is over, ...) was no wrong answer
                self.fleet.give_back(factor, origin, known=known, now=now)
        self.counters.proof(factor, "refused" if done.result.refused else "accepted")
        return done


class KeySet(Protocol):
    """The keys that sign seals, under the root."""

    root: dict[str, str]

    def token(self) -> str:
        """The key set as a JWS under the root."""
        ...
