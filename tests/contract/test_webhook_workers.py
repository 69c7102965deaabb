# SPDX-License-Identifier: Apache-2.0
"""Several workers on one PostgreSQL: each message goes out once, by lease; what dies with one comes again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from counterseal.gateways.clock import SimulatedClock
from counterseal.store.postgres import PostgresStore
from counterseal.webhooks.model import CODECS
from counterseal.webhooks.ports import Sent
from counterseal.webhooks.service import Webhooks
from counterseal.workers.webhooks import LEASE, WebhookWorker
from tests.support.postgres import new_database
from tests.support.store import NOW, PlainMasterKey

pytestmark = pytest.mark.anyio


class Calls:
    """`webhooks.ports.Poster` that keeps what it was given; `dies`: the process ends before the answer is seen."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.dies = False
        self.hangs = False

    def check(self, url: str) -> None:
        """Any."""

    async def post(self, _url: str, headers: Mapping[str, str], _body: bytes) -> Sent:
        self.ids.append(headers["webhook-id"])
        if self.hangs:
            await asyncio.sleep(60)
        if self.dies:
            raise asyncio.CancelledError
        await asyncio.sleep(0.05)
        return Sent(200, 1)


@asynccontextmanager
async def workers(calls: Calls, clock: SimulatedClock) -> AsyncIterator[tuple[Webhooks, list[WebhookWorker]]]:
    url = new_database()
    stores = [PostgresStore(url, CODECS, PlainMasterKey()) for _ in range(3)]
    hooks = Webhooks(stores[0], clock, os.urandom, calls)
    try:
        yield hooks, [WebhookWorker(store, clock, calls, count=lambda *_: None) for store in stores]
    finally:
        for store in stores:
            store.close()


async def test_three_workers_call_once_each() -> None:
    calls, clock = Calls(), SimulatedClock(NOW)
    async with workers(calls, clock) as (hooks, found):
        made = await hooks.create("https://a.example.test/", (), "", by="t", officers=("a", "b"))
        sent = [(await hooks.test(made.endpoint.id, by="t")).result.message for _ in range(40)]
        for _ in range(4):
            await asyncio.gather(*(worker.turn(whole=True) for worker in found))
        assert sorted(calls.ids) == sorted(sent)
        assert len(await hooks.deliveries(made.endpoint.id)) == 40


async def test_a_worker_that_died_with_a_message_in_its_hands() -> None:
    calls, clock = Calls(), SimulatedClock(NOW)
    async with workers(calls, clock) as (hooks, found):
        made = await hooks.create("https://a.example.test/", (), "", by="t", officers=("a", "b"))
        message = (await hooks.test(made.endpoint.id, by="t")).result.message
        calls.dies = True
        await found[0].turn(whole=True)
        calls.dies = False
        await found[1].turn(whole=True)
        assert calls.ids == [message]  # it is the dead one's until its lease is over
        clock.set(NOW + LEASE)
        await found[1].turn(whole=True)
        await found[2].turn(whole=True)
        assert calls.ids == [message, message]
        assert [each.result for each in await hooks.deliveries(made.endpoint.id)] == ["delivered"]


async def test_a_worker_that_is_told_to_stop_gives_back_what_it_holds() -> None:
    """Those that it calls and those that wait behind them go out from another at once, and count as no failure."""
    calls, clock = Calls(), SimulatedClock(NOW)
    async with workers(calls, clock) as (hooks, found):
        made = await hooks.create("https://a.example.test/", (), "", by="t", officers=("a", "b"))
        sent = [(await hooks.test(made.endpoint.id, by="t")).result.message for _ in range(20)]
        calls.hangs = True
        await found[0].turn()
        assert 0 < len(calls.ids) < len(sent)
        await found[0].close()
        calls.hangs, calls.ids = False, []
        for _ in range(2):
            await found[1].turn(whole=True)
        assert sorted(calls.ids) == sorted(sent)
        assert {(each.result, each.tries) for each in await hooks.deliveries(made.endpoint.id)} == {
            ("delivered", 1)
        }
