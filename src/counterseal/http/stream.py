# SPDX-License-Identifier: Apache-2.0
"""Server-sent events (WHATWG HTML, section 9.2). Every stream pulls for itself: a slow client delays nobody.

One task asks how long the log is, only while somebody listens; a stream reads (on the store's readers, never its
writer) when the log has grown, and waits for its client before it reads on.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from counterseal.core.errors import UnavailableError
from counterseal.core.feed import Feed, Wanted
from counterseal.core.transaction import Store
from counterseal.guard.feed import opened
from counterseal.http.body import ENCODER
from counterseal.http.routers.feed_bodies import decision_row

MOST_STREAMS: Final = 64
HEARTBEAT: Final = 15.0  # seconds; proxies cut what is silent for longer
LONGEST: Final = 300.0  # seconds; then the client comes back and is authenticated again
PAUSE: Final = 0.25  # seconds between two looks at the log
BATCH: Final = 100  # decisions in one read
FAR: Final = 2_000  # a client that is further behind reads pages
RETRY: Final = b"retry: 3000\n\n"
BEAT: Final = b": \n\n"


class StreamsFullError(UnavailableError):
    """As many streams are open as this server serves (HTTP 503)."""

    code = "streams_full"


class Gap(msgspec.Struct, frozen=True):
    """Decisions with `after` < position < `before` are not in the stream."""

    after: int
    before: int


class Tail:
    """Where the log ends, for all streams. `close` ends them."""

    def __init__(self, feed: Feed, *, most: int = MOST_STREAMS, pause: float = PAUSE) -> None:
        self.feed = feed
        self.size = 0
        self.closed = False
        self._most, self._pause = most, pause
        self._open = 0
        self._grown = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many streams are open."""
        return self._open

    @contextlib.asynccontextmanager
    async def seat(self) -> AsyncIterator[None]:
        """One stream. Raises StreamsFullError."""
        if self._open >= self._most or self.closed:
            raise StreamsFullError(
                f"{self._open} streams are open, as many as this server serves",
                hint="read `GET /v1/decisions` instead, or come back later",
            )
        self._open += 1
        try:
            if self._task is None:
                self.size = await self.feed.size()
                if self._task is None:  # another one came in meanwhile
                    self._task = asyncio.create_task(self._watch(), name="counterseal-tail")
            yield
        finally:
            self._open -= 1
            if not self._open and self._task is not None:
                self._task.cancel()
                self._task = None

    async def beyond(self, position: int, seconds: float) -> bool:
        """Wait until the log has an entry above `position`, at most so long; whether it has."""
        end = time.monotonic() + seconds
        while self.size <= position + 1 and not self.closed:
            left = end - time.monotonic()
            if left <= 0:
                return False
            grown = self._grown
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(grown.wait(), left)
        return not self.closed

    def close(self) -> None:
        """End every stream, at the next look at the log."""
        self.closed = True

    def _tell(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._pause)
            with contextlib.suppress(UnavailableError):  # a read that failed is tried again
                size = await self.feed.size()
                if size != self.size or self.closed:
                    self.size = size
                    self._tell()


class Decisions:
    """The events of one stream."""

    def __init__(self, tail: Tail, store: Store, wanted: Wanted) -> None:
        self._tail, self._store, self._wanted = tail, store, wanted

    async def follow(self, after: int | None) -> AsyncIterator[bytes]:
        """Events behind position `after` (None = from now on), until LONGEST is over."""
        tail, feed = self._tail, self._tail.feed
        end = time.monotonic() + LONGEST
        yield RETRY
        position = tail.size - 1 if after is None else after
        beat = time.monotonic() + HEARTBEAT
        while (now := time.monotonic()) < end and not tail.closed:
            if not await tail.beyond(position, min(beat, end) - now):
                if time.monotonic() >= beat:
                    yield BEAT
                    beat = time.monotonic() + HEARTBEAT
                continue
            size = tail.size
            if size - 1 - position > FAR:
                yield event("gap", Gap(position, size - BATCH), size - BATCH - 1)
                position = size - BATCH - 1
            found = await feed.decisions_after(self._wanted, after=position, limit=BATCH)
            for seen in await opened(feed, found):
                row = await decision_row(self._store, seen)
                if row is not None:
                    yield event("decision", row, row.position)
            position = found[-1].position if len(found) == BATCH else max(size - 1, *(e.position for e in found), 0)
            beat = time.monotonic() + HEARTBEAT if found else beat


class EventStream(Response):
    """The answer that carries events until they end or the client goes."""

    media_type = "text/event-stream"

    def __init__(self, tail: Tail, events: Callable[[], AsyncIterator[bytes]]) -> None:
        self._tail, self._events = tail, events
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Send events while listening for the end of the connection."""
        async with self._tail.seat():
            sending = asyncio.ensure_future(self._send(send))
            gone = asyncio.ensure_future(_gone(receive))
            try:
                await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (sending, gone):
                    task.cancel()
                results = await asyncio.gather(sending, gone, return_exceptions=True)
            if isinstance(results[0], Exception) and not isinstance(results[0], OSError):
                raise results[0]

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with contextlib.aclosing(self._events()) as events:  # type: ignore[type-var] # a generator
            async for chunk in events:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def event(name: str, data: msgspec.Struct, position: int) -> bytes:
    """One event; JSON has no line breaks of its own."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (position, name.encode(), ENCODER.encode(data))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
