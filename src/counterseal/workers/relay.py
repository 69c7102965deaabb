# SPDX-License-Identifier: Apache-2.0
"""From a happening to whoever listens: one outbox row for each, so that none waits for another.

`FanOut` turns the row of a happening into rows of its listeners, in one commit under the happening's id; a crash
at any point repeats nothing and loses nothing. `Relay` hands rows to subscribers of this process, the bus among
them; workers/webhooks.py calls endpoints. Order is not promised: ids are stable, and consumers idempotent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from counterseal.core.effects import Publish
from counterseal.core.happenings import TYPES, body_of
from counterseal.core.transaction import Change, Commit, Idempotency, Loaded, Message, Store, StoredMessage
from counterseal.notices.service import retry_at
from counterseal.webhooks.model import BOARD, TOPIC, Board, Outgoing, subject_of
from counterseal.webhooks.ports import Clock
from counterseal.workers.loop import caused_by, ending, give_back

log = structlog.get_logger("counterseal.relay")
RELAY = "relay"
BATCH = 64
LEASE = 120_000
FIRST_RETRY = 1_000
LONGEST_RETRY = 60_000
_TOPICS = tuple(sorted(TYPES))
_encode = msgspec.msgpack.Encoder().encode


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a subscriber gets. `body`: the JSON, the same bytes for everybody and at each repetition."""

    id: str
    type: str
    account: str
    body: bytes


Deliver = Callable[[Told], Awaitable[None]]  # raises whatever it likes: the row is tried again
Count = Callable[[str, str], None]


class Subscription(msgspec.Struct, frozen=True):
    """Somebody in this process who hears everything. `name`: stands in row ids, so it stays; no dots."""

    name: str
    deliver: Deliver


class Spread(msgspec.Struct, frozen=True):
    """How many rows a happening became."""

    rows: int


class FanOut:
    """Turns happenings into rows of their listeners."""

    def __init__(self, store: Store, clock: Clock, subscriptions: Sequence[Subscription] = ()) -> None:
        self._store, self._clock = store, clock
        self._names = tuple(each.name for each in subscriptions)
        self._turn = asyncio.Lock()

    async def turn(self) -> int:
        """Spread what is ready; how many happenings."""
        async with self._turn:
            return await self._take()

    async def _take(self) -> int:
        found = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=_TOPICS)
        if not found:
            return 0
        board = await self._store.read(BOARD)
        endpoints = tuple(subject_of(line.id) for line in board.lines) if isinstance(board, Board) else ()
        await asyncio.gather(*(self._spread(message, endpoints) for message in found))
        return len(found)

    async def _spread(self, message: StoredMessage, endpoints: Sequence[str]) -> None:
        try:
            happened = msgspec.msgpack.decode(message.payload, type=Publish)
        except msgspec.MsgspecError:
            log.warning("happening_unreadable", message=message.id)
            await self._store.delivered(message.id, self._clock.now(), error="unreadable")
            return
        if endpoints or self._names:
            once = Idempotency(RELAY, message.id, b"", Spread)
            spread = _spreading(happened, self._names, message.trace)
            with caused_by(message):
                await self._store.transact([BOARD, *endpoints], spread, now=self._clock.now(), idempotency=once)
        await self._store.delivered(message.id, self._clock.now())


def _spreading(happened: Publish, names: Sequence[str], trace: str) -> Callable[[Loaded], Commit[Spread]]:
    """Rows for all who listen, and did when this turn began: who came later hears of what comes later.

    They lie under the keys of the board and of the endpoints: erasing an account keeps nobody from hearing what
    happened to it before.
    """
    body = body_of(happened)

    def function(loaded: Loaded) -> Commit[Spread]:
        board = loaded.states.get(BOARD)
        board = board if isinstance(board, Board) else Board()
        out = _encode(Outgoing(happened.id, happened.topic, body))
        told = _encode(Told(happened.id, happened.topic, happened.account, body))
        rows = [
            Message(f"{happened.id}.{line.id}", TOPIC, subject_of(line.id), out, trace=trace)
            for line in board.lines
            if line.wants(happened.topic) and loaded.states.get(subject_of(line.id)) is not None
        ]
        rows += [Message(f"{happened.id}.{name}", RELAY, BOARD, told, trace=trace) for name in names]
        return Commit(Spread(len(rows)), (Change(BOARD, board, messages=tuple(rows)),) if rows else ())

    return function


class Relay:
    """Hands rows to the subscribers of this process. `faults`: subscriber -> what is wrong now."""

    def __init__(self, store: Store, clock: Clock, subscriptions: Sequence[Subscription], *, count: Count) -> None:
        self._store, self._clock, self._count = store, clock, count
        self._deliver = {each.name: each.deliver for each in subscriptions}
        self.faults: dict[str, str] = {}
        self._turn = asyncio.Lock()

    async def turn(self) -> int:
        """Hand over what is ready; how many got through."""
        async with self._turn:
            found = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(RELAY,))
            by_name: dict[str, list[StoredMessage]] = {}
            for message in found:
                by_name.setdefault(message.id.rpartition(".")[2], []).append(message)
            return sum(await asyncio.gather(*(self._to(name, rows) for name, rows in by_name.items())))

    async def _to(self, name: str, rows: Sequence[StoredMessage]) -> int:
        """In order, until one fails: then the rest waits as well, for nobody is there."""
        deliver = self._deliver.get(name)
        for done, message in enumerate(rows):
            if ending():
                await give_back(self._store, (row.id for row in rows[done:]), self._clock.now())
                return done
            if deliver is None:
                await self._store.delivered(message.id, self._clock.now(), error="nobody of this name any more")
                continue
            try:
                with caused_by(message):
                    await deliver(msgspec.msgpack.decode(message.payload, type=Told))
            except Exception as error:  # noqa: BLE001 - whatever a subscriber raises, the row stays
                await self._failed(name, rows[done:], error)
                return done
            await self._store.delivered(message.id, self._clock.now())
            self.faults.pop(name, None)
            self._count(name, "delivered")
        return len(rows)

    async def _failed(self, name: str, rows: Sequence[StoredMessage], error: Exception) -> None:
        reason = str(error) or type(error).__name__
        log.warning("relay_failed", subscriber=name, waiting=len(rows), error=type(error).__name__)
        self.faults[name] = reason
        self._count(name, "failed")
        now, first = self._clock.now(), rows[0]
        again = retry_at(first.id, first.attempts, now, first=FIRST_RETRY, longest=LONGEST_RETRY)
        await asyncio.gather(*(self._store.deferred(row.id, error=reason, retry_at=again) for row in rows))
