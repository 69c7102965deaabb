# SPDX-License-Identifier: Apache-2.0
"""Tells systemd how the service does (sd_notify(3)): READY=1, STOPPING=1 and the watchdog's sign of life.

The protocol is one datagram of lines to the socket that NOTIFY_SOCKET names; without that variable nothing is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Mapping


def notify(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send one state, such as `READY=1`; whether there was somebody to send it to. It never raises and never waits:
    a service does not fail because nobody listens."""
    address = environment.get("NOTIFY_SOCKET", "")
    if address[:1] not in {"/", "@"}:
        return False
    if address[0] == "@":  # the abstract namespace (unix(7))
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
            out.sendto(state.encode(), address)
    except OSError:
        return False
    return True


def watchdog_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """How often to give a sign of life: half of WATCHDOG_USEC (sd_watchdog_enabled(3)); None = nobody asks."""
    limit = environment.get("WATCHDOG_USEC", "")
    asked = environment.get("WATCHDOG_PID", "")
    if not limit.isdigit() or int(limit) == 0 or (asked and asked != str(os.getpid())):
        return None
    return int(limit) / 2_000_000


@contextlib.asynccontextmanager
async def supervised() -> AsyncIterator[None]:
    """READY=1 now, a sign of life from this event loop while it turns, STOPPING=1 at the end. A hanging loop gives
    none, and systemd starts the service anew."""
    notify("READY=1\nSTATUS=serving")
    beat = None
    if (pause := watchdog_seconds()) is not None:
        beat = asyncio.create_task(_beat(pause), name="counterseal-watchdog")
    try:
        yield
    finally:
        notify("STOPPING=1\nSTATUS=finishing what is under way")
        if beat is not None:
            beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beat


async def _beat(pause: float) -> None:
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(pause)
