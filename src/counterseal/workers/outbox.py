# SPDX-License-Identifier: Apache-2.0
"""Delivers the outbox: notices and codes through their channels; the rest to in-process subscribers.

At least once under stable ids. Acceptance of a notice goes back to the guard before the row is closed, so a
crash between the two repeats a message and never loses an acceptance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from counterseal.core.effects import CODE_TOPIC, NOTICE_TOPIC
from counterseal.core.errors import CountersealError
from counterseal.core.transaction import Store, StoredMessage
from counterseal.guard.accounts import Accounts
from counterseal.guard.ports import Clock
from counterseal.notices.model import Abandoned, Deferred, Delivered
from counterseal.notices.ports import Channel
from counterseal.notices.service import Sender, deliver

log = structlog.get_logger("counterseal.outbox")
BATCH = 16
LEASE = 120_000
"""ms for which a batch is this worker's: longer than its deliveries take; after a crash others wait so long."""
Subscriber = Callable[[StoredMessage], Awaitable[None]]
Count = Callable[[str, str], None]


class OutboxWorker:
    """One turn takes the messages that are ready. `count(channel, result)` feeds the metrics."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        accounts: Accounts,
        channels: Mapping[str, Channel],
        sender: Sender,
        *,
        count: Count,
        subscribers: Sequence[Subscriber] = (),
    ) -> None:
        self._store, self._clock, self._accounts = store, clock, accounts
        self._channels, self._sender = channels, sender
        self._count, self._subscribers = count, tuple(subscribers)
        self._turn = asyncio.Lock()

    async def turn(self) -> int:
        """Deliver what is ready; how many rows were handled. One turn after the other: nothing goes out twice."""
        async with self._turn:
            messages = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH)
            for message in messages:
                await self._handle(message)
        return len(messages)

    async def _handle(self, message: StoredMessage) -> None:
        if message.topic not in (NOTICE_TOPIC, CODE_TOPIC):
            for subscriber in self._subscribers:
                await subscriber(message)
            await self._store.delivered(message.id, self._clock.now())
            return
        outcome = await deliver(message, self._channels, self._clock.now(), sender=self._sender)
        self._count(message.topic, type(outcome).__name__.lower())
        if isinstance(outcome, Deferred):
            await self._store.deferred(message.id, error=outcome.error, retry_at=outcome.retry_at)
            return
        if isinstance(outcome, Abandoned):
            log.warning("message_abandoned", message=message.id, topic=message.topic, error=outcome.error)
            await self._store.delivered(message.id, self._clock.now(), error=outcome.error)
            return
        if outcome.notice:
            await self._accepted(message, outcome)
        await self._store.delivered(message.id, self._clock.now())

    async def _accepted(self, message: StoredMessage, outcome: Delivered) -> None:
        account = message.subject.partition(":")[2]
        try:
            await self._accounts.notice_accepted(account, outcome.notice, outcome.contact, outcome.at)
        except CountersealError as error:
            if error.code != "unknown_account":  # erased in the meantime: nothing waits any more
                raise
