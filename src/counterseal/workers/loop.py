# SPDX-License-Identifier: Apache-2.0
"""One way to run a worker: again and again until told to stop; a failure is logged and tried again later."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog

log = structlog.get_logger("counterseal.worker")
LONGEST_PAUSE = 30.0


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


async def _run(name: str, turn: Callable[[], Awaitable[int]], pause: float, stop: asyncio.Event) -> None:
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
