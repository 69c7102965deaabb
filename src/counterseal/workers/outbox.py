# SPDX-License-Identifier: Apache-2.0
"""Delivers notices and codes to owners through their channels. What outsiders hear goes by workers/relay.py.

At least once under stable ids. Acceptance of a notice goes back to the guard before the row is closed, so a
crash between the two repeats a message and never loses an acceptance. These rows are claimed apart from all
others: no endpoint or bus that fails ever stands in their way.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import msgspec
import structlog

from counterseal.core.effects import CODE_TOPIC, NOTICE_TOPIC, Publish, SendNotice
from counterseal.core.errors import CountersealError
from counterseal.core.happenings import id_of
from counterseal.core.transaction import (
    Change,
    Commit,
    DuplicateAliasError,
    Loaded,
    Message,
    Store,
    StoredMessage,
)
from counterseal.guard.accounts import Accounts
from counterseal.guard.model import Done
from counterseal.guard.ports import Clock
from counterseal.notices.model import Abandoned, Deferred, Delivered
from counterseal.notices.ports import Channel
from counterseal.notices.service import Sender, deliver
from counterseal.workers.loop import one_by_one

log = structlog.get_logger("counterseal.outbox")
BATCH = 16
LEASE = 120_000
"""ms for which a batch is this worker's: longer than its deliveries take; after a crash others wait so long. A
worker that is told to stop gives back what it has not begun."""
TOPICS = (NOTICE_TOPIC, CODE_TOPIC)
UNREACHABLE = "notice.unreachable"
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
    ) -> None:
        self._store, self._clock, self._accounts = store, clock, accounts
        self._channels, self._sender = channels, sender
        self._count = count
        self._turn = asyncio.Lock()

    async def turn(self) -> int:
        """Deliver what is ready; how many rows were handled. One turn after the other: nothing goes out twice."""
        async with self._turn:
            messages = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=TOPICS)
            return await one_by_one(self._store, messages, self._handle, self._clock.now)

    async def _handle(self, message: StoredMessage) -> None:
        outcome = await deliver(message, self._channels, self._clock.now(), sender=self._sender)
        self._count(message.topic, type(outcome).__name__.lower())
        if isinstance(outcome, Deferred):
            await self._store.deferred(message.id, error=outcome.error, retry_at=outcome.retry_at)
            return
        if isinstance(outcome, Abandoned):
            log.warning("message_abandoned", message=message.id, topic=message.topic, error=outcome.error)
            await self._unreachable(message)
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

    async def _unreachable(self, message: StoredMessage) -> None:
        """Tell the platform that a notice was given up: its owner knows nothing, and what waits for it goes on."""
        effect = _notice(message)
        if effect is None:
            return
        now, account = self._clock.now(), message.subject.partition(":")[2]
        body = {"notice": effect.notice, "channel": effect.channel}
        told = Publish(id_of(account, message.id, UNREACHABLE), UNREACHABLE, body, now, account)
        row = Message(told.id, told.topic, message.subject, msgspec.msgpack.encode(told), trace=message.trace)

        def function(loaded: Loaded) -> Commit[Done]:
            state = loaded.states.get(message.subject)
            changes = () if state is None else (Change(message.subject, state, messages=(row,)),)
            return Commit(Done(account, now), changes)

        with contextlib.suppress(DuplicateAliasError):  # told before a crash
            await self._store.transact([message.subject], function, now=now)


def _notice(message: StoredMessage) -> SendNotice | None:
    try:
        return msgspec.msgpack.decode(message.payload, type=SendNotice)
    except (msgspec.MsgspecError, ValueError):
        return None
