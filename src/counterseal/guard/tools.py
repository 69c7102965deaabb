# SPDX-License-Identifier: Apache-2.0
"""What every service of the guard works with: the store under the policy in force, time, chance, verifiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from counterseal.core.account import Request, State
from counterseal.core.errors import NotFoundError, UnavailableError
from counterseal.core.platform import PLATFORM, Platform, PolicyChangedError, braked
from counterseal.core.policy.model import Policy
from counterseal.core.stops import Stop
from counterseal.core.transaction import Commit, Committed, Idempotency, Loaded, Store
from counterseal.guard.commands import subject_of
from counterseal.guard.ports import Clock, PolicySource, Random, Throttle, Verifiers

Result = TypeVar("Result", bound=msgspec.Struct)
MOST_TRIES = 3
"""A policy that changes thrice while one request waits is no honest operation."""


class Tools(msgspec.Struct, frozen=True):
    """What every service of the guard works with."""

    store: Store
    policies: PolicySource
    clock: Clock
    random: Random
    verifiers: Verifiers
    throttle: Throttle

    def new_id(self, prefix: str) -> str:
        """A fresh id: prefix, the time (neighbours in time share index pages), 80 random bits."""
        return f"{prefix}_{self.clock.now():012x}{self.random(10).hex()}"

    async def transact(
        self,
        keys: Sequence[str],
        function: Callable[[Policy, Loaded], Commit[Result]],
        *,
        now: int,
        idempotency: Idempotency | None = None,
        timer: str | None = None,
    ) -> Committed[Result]:
        """`store.transact` under the policy in force, which is looked at in the transaction itself: no process
        decides by a policy that another has replaced. Raises PolicyChangedError where it cannot be loaded."""
        for _ in range(MOST_TRIES):
            checked = _under(self.policies.current, self.policies.switches, function)
            try:
                return await self.store.transact(
                    (*keys, PLATFORM), checked, now=now, idempotency=idempotency, timer=timer
                )
            except PolicyChangedError as changed:
                await self.policies.follow(changed.digest, changed.switches)
        raise UnavailableError("policies change too fast", hint="Send the request again.")


class Moment(msgspec.Struct, frozen=True):
    """When and under what something is decided."""

    policy: Policy
    now: int
    trusted: bool
    epoch: int
    position: int
    platform: Platform

    def brake(self, state: State, action: str) -> Stop | None:
        """What stops this action on the whole platform, or None."""
        found = state.actions.get(action)
        return None if found is None else self.brake_on(found.request)

    def brake_on(self, request: Request) -> Stop | None:
        """What stops such a request, or None."""
        return braked(self.platform, request, self.now)


JUMP = 60_000
"""ms that the clock may be behind the largest committed time before outflows stop."""


def moment_of(tools: Tools, policy: Policy, now: int, loaded: Loaded, *, trusted: bool) -> Moment:
    """When this is decided: never before the largest committed time."""
    behind = now < loaded.latest - JUMP and not tools.clock.simulated
    at = max(now, loaded.latest)
    return Moment(policy, at, trusted and not behind, loaded.epoch, loaded.position, platform_of(loaded))


def read_clock(tools: Tools) -> tuple[int, bool]:
    """The time to commit with, and whether it is trusted. First the look at the clock, which notices a jump:
    after one `now()` is the time that really passed, never the jumped one."""
    trusted = tools.clock.trusted()
    return tools.clock.now(), trusted


def account_state(loaded: Loaded, account: str) -> State:
    """The account, or NotFoundError."""
    state = loaded.states.get(subject_of(account))
    if not isinstance(state, State):
        raise NotFoundError("there is no such account", code="unknown_account")
    return state


def platform_of(loaded: Loaded) -> Platform:
    """What holds for the whole platform."""
    found = loaded.states.get(PLATFORM)
    return found if isinstance(found, Platform) else Platform()


async def platform_in(store: Store) -> Platform:
    """The same outside of a transaction, as last committed: for what is only shown."""
    found = await store.read(PLATFORM)
    return found if isinstance(found, Platform) else Platform()


def _under(
    policy: Policy, switches: int, function: Callable[[Policy, Loaded], Commit[Result]]
) -> Callable[[Loaded], Commit[Result]]:
    def checked(loaded: Loaded) -> Commit[Result]:
        platform = platform_of(loaded)
        in_force = platform.policy
        if in_force and (in_force != policy.digest or platform.switches != switches):
            raise PolicyChangedError(in_force, platform.switches)
        return function(policy, loaded)

    return checked
