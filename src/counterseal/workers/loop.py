# SPDX-License-Identifier: Apache-2.0
"""One way to run a worker: again and again until told to stop; a failure is logged and tried again later.

Rows of the outbox that a worker has claimed are kept from others until its lease ends. So whoever is told to stop
finishes the row in hand and gives the others back, and nobody waits for a lease of a process that is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar

import structlog

from counterseal.core.transaction import Store, StoredMessage

log = structlog.get_logger("counterseal.worker")
LONGEST_PAUSE = 30.0
GIVING_BACK = 5.0
"""Seconds that a worker which ends gives a store that does not answer: then the lease has to end by itself."""
_cause: ContextVar[str | None] = ContextVar("counterseal_cause", default=None)
_stop: ContextVar[asyncio.Event | None] = ContextVar("counterseal_stop", default=None)


@contextlib.asynccontextmanager
async def running(name: str, turn: Callable[[], Awaitable[int]], pause: float) -> AsyncIterator[None]:
    """Run `turn` in the background; it says how much it did. Nothing done: wait `pause` seconds."""
    stop = asyncio.Event()
    task = asyncio.create_task(_run(name, turn, pause, stop), name=f"counterseal-{name}")
    try:
        yield
    finally:
        stop.set()
        await task


def ending() -> bool:
    """Whether the worker in whose turn this is asked has been told to stop."""
    stop = _stop.get()
    return stop is not None and stop.is_set()


def cause() -> str | None:
    """The `traceparent` of the request that caused what is being delivered ("" = nobody traced it); None while
    nothing is."""
    return _cause.get()


@contextlib.contextmanager
def caused_by(row: StoredMessage) -> Iterator[None]:
    """While this row is delivered `cause` tells its trace."""
    token = _cause.set(row.trace)
    try:
        yield
    finally:
        _cause.reset(token)


async def one_by_one(
    store: Store,
    rows: Sequence[StoredMessage],
    handle: Callable[[StoredMessage], Awaitable[None]],
    now: Callable[[], int],
) -> int:
    """Handle claimed rows in order; how many. Told to stop, or where one raises, those after it are given back."""
    for number, row in enumerate(rows):
        if ending():
            await give_back(store, (each.id for each in rows[number:]), now())
            return number
        try:
            with caused_by(row):
                await handle(row)
        except BaseException:  # this one waits for its lease: at once again it would keep the others
            await give_back(store, (each.id for each in rows[number + 1 :]), now())
            raise
    return len(rows)


async def give_back(store: Store, rows: Iterable[str], now: int) -> None:
    """Rows that were claimed and not tried are anybody's from `now` (ms) on."""
    try:
        async with asyncio.timeout(GIVING_BACK):
            await asyncio.gather(*(store.postponed(row, until=now) for row in rows))
    except Exception as error:  # noqa: BLE001 - the store is away: their lease ends by itself
        log.warning("rows_not_given_back", error=type(error).__name__)


async def _run(name: str, turn: Callable[[], Awaitable[int]], pause: float, stop: asyncio.Event) -> None:
    _stop.set(stop)
    wait = pause
    while not stop.is_set():
        try:
            done = await turn()
            wait = 0.0 if done else pause
        except Exception as error:  # noqa: BLE001 - a worker outlives every fault of its turn
            wait = min(max(wait, pause) * 2, LONGEST_PAUSE)
            log.warning("worker_failed", worker=name, error=type(error).__name__, retry_in=wait)
        if wait:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
        else:
            await asyncio.sleep(0)
