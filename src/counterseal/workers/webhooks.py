# SPDX-License-Identifier: Apache-2.0
"""Calls webhook endpoints. Each endpoint has a task of its own: one that is slow or away delays no other.

A row is closed after its try was written down; a crash between the call and that repeats the call under the same
id. While nothing gets through to an endpoint, one message in each turn tries and the others wait.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence

import msgspec
import structlog

from counterseal.core.transaction import Change, Commit, Loaded, Store, StoredMessage
from counterseal.webhooks import model as m
from counterseal.webhooks.ports import Clock, Poster
from counterseal.workers.loop import give_back

log = structlog.get_logger("counterseal.webhooks")
BATCH = 32
MOST_IN_FLIGHT = 256
AT_ONCE = 8  # calls to one endpoint
LEASE = 600_000
"""ms: longer than MOST_IN_FLIGHT / AT_ONCE calls that all end at their time-out."""
FAULT_PAUSE = 5.0  # s without calls to an endpoint whose tries could not be written down
PATIENCE = 1.0  # s that a turn waits for endpoints before it looks for more
ERROR = 200

Count = Callable[[str, str], None]
Outcome = tuple[StoredMessage, m.Outgoing, m.Attempt]


class WebhookWorker:
    """`count(subscriber, result)` feeds the metrics."""

    def __init__(self, store: Store, clock: Clock, poster: Poster, *, count: Count) -> None:
        self._store, self._clock, self._poster, self._count = store, clock, poster, count
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, list[StoredMessage]] = {}
        self._flying: set[str] = set()
        self._landed: set[str] = set()  # since the store was asked last: its answer may still show them
        self._asking = asyncio.Lock()

    async def turn(self, *, whole: bool = False) -> int:
        """Start on what is ready; how many rows. `whole`: wait until every one is settled."""
        async with self._asking:
            fresh = await self._claim()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=None if whole else PATIENCE)
        return fresh

    async def _claim(self) -> int:
        self._landed.clear()
        room = MOST_IN_FLIGHT - len(self._flying)
        limit = min(BATCH, room) + len(self._flying)  # without leases the store shows those in flight again
        found = await self._store.claim(self._clock.now(), lease=LEASE, limit=limit, topics=(m.TOPIC,))
        fresh = [message for message in found if message.id not in self._flying | self._landed]
        for message in fresh:
            self._flying.add(message.id)
            self._waiting.setdefault(message.subject, []).append(message)
        for subject in self._waiting.keys() - self._tasks.keys():
            self._tasks[subject] = asyncio.create_task(self._serve(subject), name=f"counterseal-{subject}")
        return len(fresh)

    async def close(self) -> None:
        """Stop. What was not written down goes out again, from whichever process is first."""
        tasks = list(self._tasks.values())
        claimed = list(self._flying)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if claimed:
            await give_back(self._store, claimed, self._clock.now())

    async def _serve(self, subject: str) -> None:
        try:
            while waiting := self._waiting.pop(subject, None):
                rows, later = waiting[:BATCH], waiting[BATCH:]
                if later:
                    self._waiting[subject] = later
                try:
                    await self._deliver(subject, rows)
                except Exception as error:  # noqa: BLE001 - the store is away: the rows stay
                    log.warning("webhook_worker_failed", endpoint=subject, error=type(error).__name__)
                    await asyncio.sleep(FAULT_PAUSE)  # its receiver must not be called as fast as we can fail
                finally:
                    self._landed.update(row.id for row in rows)
                    self._flying.difference_update(row.id for row in rows)
        finally:
            self._tasks.pop(subject, None)

    async def _deliver(self, subject: str, rows: Sequence[StoredMessage]) -> None:
        endpoint = await self._store.read(subject)
        now = self._clock.now()
        if not isinstance(endpoint, m.Endpoint):
            for row in rows:
                await self._store.delivered(row.id, now, error="the endpoint is gone")
            return
        if endpoint.disabled is not None:
            await self._sleep(rows, now)
            return
        first = rows[:1] if endpoint.failing is not None else rows
        outcomes = await self._try(endpoint, first)
        rest = rows[len(first) :]
        if rest and outcomes[0][2].result == "delivered":
            outcomes += await self._try(endpoint, rest)
            rest = ()
        await self._settle(endpoint, outcomes)
        for row in rest:  # with the one that was tried, but soon, should the endpoint come back
            again = min(m.retry_at(first[0].id, outcomes[0][2].tries, now), now + m.ASLEEP)
            await self._store.postponed(row.id, until=again)

    async def _sleep(self, rows: Sequence[StoredMessage], now: int) -> None:
        """Messages of a disabled endpoint wait, until they are too old."""
        for row in rows:
            if now - row.created >= m.KEEP:
                await self._store.delivered(row.id, now, error="the endpoint was disabled for too long")
            else:
                await self._store.postponed(row.id, until=now + m.ASLEEP)

    async def _try(self, endpoint: m.Endpoint, rows: Sequence[StoredMessage]) -> list[Outcome]:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(row: StoredMessage) -> Outcome:
            out = msgspec.msgpack.decode(row.payload, type=m.Outgoing)
            async with gate:
                at = self._clock.now()
                headers = m.headers_of(endpoint, out.id, out.body, at)
                if row.trace:
                    headers["traceparent"] = row.trace
                sent = await self._poster.post(endpoint.url, headers, out.body)
            tries = row.attempts + 1
            result = "delivered" if sent.taken else "failed"
            if result == "failed" and m.hopeless(endpoint, tries, row.created, at):
                result = "given_up"
            self._count("webhook", result)
            name = f"dl_{secrets.token_hex(8)}"
            about = (name, row.id, out.id, out.type, at, sent.status, sent.ms, result)
            return row, out, m.Attempt(*about, body=out.body, error=sent.error[:ERROR], tries=tries)

        return list(await asyncio.gather(*(one(row) for row in rows)))

    async def _settle(self, endpoint: m.Endpoint, outcomes: Sequence[Outcome]) -> None:
        """First the tries and what they make of the endpoint, then the rows."""
        now, attempts = self._clock.now(), [attempt for _, _, attempt in outcomes]
        subject, kept = m.subject_of(endpoint.id), m.log_of(endpoint.id)

        def function(loaded: Loaded) -> Commit[m.Deliveries]:
            told.clear()
            found, log_ = loaded.states.get(subject), loaded.states.get(kept)
            if not isinstance(found, m.Endpoint) or not isinstance(log_, m.Deliveries):
                return Commit(m.Deliveries())  # deleted in the meantime
            deliveries = m.Deliveries((*log_.attempts, *attempts)[-m.MOST_ATTEMPTS :])
            changes = [Change(kept, deliveries)]
            after = m.recorded(found, attempts, now)
            if after.failing != found.failing or after.disabled != found.disabled or _stale(found, after):
                ended = after.disabled is not None and found.disabled is None
                entry = m.entry("webhook_disabled", now, after.disabled_by, after) if ended else None
                changes.append(Change(subject, after, entry))
                if ended:
                    told.append(after.disabled_by)
            return Commit(m.Deliveries(), tuple(changes))

        told: list[str] = []
        await self._store.transact([subject, kept], function, now=now)
        if told:
            log.warning("webhook_disabled", endpoint=endpoint.id, by=told[-1])
            self._count("webhook", "disabled")
        for row, _, attempt in outcomes:
            if attempt.result == "failed":
                again = m.retry_at(row.id, attempt.tries, now)
                await self._store.deferred(row.id, error=attempt.error, retry_at=again)
            else:
                await self._store.delivered(row.id, now, error=attempt.error or None)


def _stale(found: m.Endpoint, after: m.Endpoint) -> bool:
    """The time of the last success is written once a minute, not at each message."""
    return (after.succeeded or 0) - (found.succeeded or 0) >= 60_000  # noqa: PLR2004
