# SPDX-License-Identifier: Apache-2.0
"""The figures that alarms stand on say what is: they were once declared and never fed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from tests.support.server import Live, served

HOUR = 3_600_000


async def comes(live: Live, name: str, wanted: Callable[[float], bool]) -> bool:
    """Whether a metric without labels gets a wanted value within the pulse's next turns."""
    for _ in range(100):
        text = (await live.client.get("/metrics")).text
        found = re.search(rf"^counterseal_{name} (\S+)$", text, re.MULTILINE)
        assert found, name
        if wanted(float(found[1])):
            return True
        await asyncio.sleep(0.1)
    return False


@served()
async def test_the_gauges_say_what_is(live: Live) -> None:
    """A trusted clock is 1, and the log, its checkpoint and the batches are counted."""
    await live.owner()
    assert await comes(live, "clock_trusted", lambda value: value == 1)
    log = live.application.store.log
    size = await log.size()
    assert await comes(live, "log_entries", lambda value: value >= size > 0)
    assert await comes(live, "store_batch_transactions_count", lambda value: value > 0)
    before = await log.latest_checkpoint()
    assert before is not None
    live.application.clock.set(live.now + HOUR)  # no checkpoint is signed until its own interval is over
    age = (live.now - (before.checkpoint.time or 0)) / 1000
    assert age >= HOUR / 1000
    assert await comes(live, "checkpoint_age_seconds", lambda value: value == age)


@served(smtp={"host": "127.0.0.1", "port": 9, "sender": "a@example.test", "security": "none"}, outbox_folder=None)
async def test_an_undelivered_message_makes_the_outbox_lag(live: Live) -> None:
    """A mail server that is away shows in the lag, also while messages wait for their next try."""
    person = await live.owner(settled=False)
    action = await person.ask("withdraw_small", amount="10")
    await live.call("POST", f"/v1/actions/{action['id']}/challenges", {"factor": "email"})
    live.application.clock.set(live.now + 5_000)
    assert await comes(live, "outbox_lag_seconds", lambda value: value >= 5)
