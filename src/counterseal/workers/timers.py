# SPDX-License-Identifier: Apache-2.0
"""Fires timers: each due row becomes one input, and is removed in the same commit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import structlog

from counterseal.core.errors import ConflictError, NotFoundError, UnavailableError
from counterseal.core.transaction import (
    Change,
    Commit,
    Loaded,
    Store,
    StoreUnavailableError,
    Timer,
    TimerGoneError,
)
from counterseal.guard.accounts import Accounts
from counterseal.guard.model import Done
from counterseal.guard.ports import Clock

log = structlog.get_logger("counterseal.timers")
BATCH = 64
SUFFIX = ".due"
VOID = frozenset({"action_over", "unknown_action_id", "unknown_account"})
"""What `due` says of a timer that has no more to say. After any other refusal the row stays, and is tried again: a
timer that is dropped by mistake is an owner who is never told."""


class TimerWorker:
    """One turn fires what is due. Nothing fires while the clock is not trusted."""

    def __init__(self, store: Store, clock: Clock, accounts: Accounts, *, lag: Callable[[int], None]) -> None:
        self._store, self._clock, self._accounts, self._lag = store, clock, accounts, lag

    async def turn(self) -> int:
        """Fire what is due; how many fired."""
        if not self._clock.trusted():
            return 0
        now = self._clock.now()
        timers = await self._store.due(now, limit=BATCH)
        self._lag(now - timers[0].due_at if timers else 0)
        fired, failed = 0, None
        for timer in timers:
            try:
                fired += await self._fire(timer)
            except Exception as error:
                if isinstance(error, UnavailableError) and error.code == StoreUnavailableError.code:
                    raise  # the store is away: so it is for the others
                # One that always fails (a state that cannot be read) must not keep the others.
                log.warning("timer_failed", timer=timer.id, error=type(error).__name__)
                failed = error
        if failed is not None and not fired:
            raise failed
        return fired

    async def _fire(self, timer: Timer) -> int:
        account, action = timer.subject.partition(":")[2], timer.id.removesuffix(SUFFIX)
        try:
            await self._accounts.due(account, action, timer.id)
        except TimerGoneError:
            return 0
        except (ConflictError, NotFoundError) as error:
            if error.code not in VOID:
                raise
            log.info("timer_void", timer=timer.id, reason=error.code)
            with contextlib.suppress(TimerGoneError):  # another worker was first
                await self._drop(timer)
        return 1

    async def _drop(self, timer: Timer) -> None:
        def function(loaded: Loaded) -> Commit[Done]:
            state = loaded.states.get(timer.subject)
            changes = () if state is None else (Change(timer.subject, state),)
            return Commit(Done("", loaded.latest), changes)

        await self._store.transact([timer.subject], function, now=self._clock.now(), timer=timer.id)
