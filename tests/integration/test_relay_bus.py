# SPDX-License-Identifier: Apache-2.0
"""A whole server and a real NATS: nothing is lost while the bus is away, and consumers take each message once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest

from counterseal.gateways.bus_nats import STREAM, NatsBus
from counterseal.workers.relay import FanOut, Relay, Subscription, Told
from examples.listener.bus import Act, listener, remember
from tests.support.nats import NatsServer
from tests.support.server import Live, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Only asyncio."""
    return "asyncio"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    folder = tmp_path / "nats"
    folder.mkdir()
    made = NatsServer(folder)
    yield made
    made.stop(kill=True)


async def frozen(live: Live) -> str:
    owner = await live.owner()
    await live.post(f"/v1/accounts/{owner.account}/freeze", {"kind": "owner"})
    return owner.account


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what happens in another process."""
    async with asyncio.timeout(30):
        while not await ready():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.1)


async def consumed(server: NatsServer, path: Path, wanted: int, act: Act = remember) -> list[tuple[str, str]]:
    """What the example's consumer did: (account, type), until it did `wanted` things."""
    with contextlib.closing(sqlite3.connect(path)) as reader:

        def rows() -> list[tuple[str, str]]:
            return reader.execute("SELECT account, type FROM happened ORDER BY account").fetchall()

        async def enough() -> bool:
            return len(rows()) >= wanted

        async with listener(server.url, str(path), act) as broker:
            await broker.start()
            await until(enough)
            await asyncio.sleep(0.5)
        return rows()


async def test_nothing_is_lost_while_the_bus_is_away(tmp_path: Path, server: NatsServer) -> None:
    async with serving(tmp_path, bus_url=server.url) as live:
        accounts = [await frozen(live) for _ in range(3)]

        async def away() -> bool:
            return "bus" in live.application.relays.relay.faults

        await until(away)
        ready = await live.client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert await live.owner()  # and it decides as ever
        server.start()
        await live.advance(120_000)
        path = tmp_path / "seen.db"
        assert await consumed(server, path, 3) == [(name, "account.frozen") for name in sorted(accounts)]
        assert (await live.client.get("/readyz")).json()["status"] == "ready"


async def test_killed_between_publishing_and_the_mark(tmp_path: Path, server: NatsServer) -> None:
    server.start()
    async with serving(tmp_path, bus_url=server.url) as live:
        store = live.application.store
        kept = store.delivered

        async def dies(message: str, now: int, *, error: str | None = None) -> None:
            if message.endswith(".bus"):
                raise ConnectionError("the process is gone")
            await kept(message, now, error=error)

        store.delivered = dies  # type: ignore[method-assign]
        await frozen(live)
        await until(lambda: _any(server))
    async with serving(tmp_path, bus_url=server.url) as live:
        await live.advance(600_000)  # past the dead worker's lease
        assert not [each for each in await live.application.store.messages(live.now + 10**9) if "bus" in each.id]
    assert await _stored(server) == 1  # the stream dropped the repetition by its id


async def test_a_consumer_acts_once_on_what_comes_twice(tmp_path: Path, server: NatsServer) -> None:
    """It dies after acting and before its word, and the stream has repetitions that its window let through."""
    server.start()
    body = b'{"id":"ev_1","type":"account.frozen","timestamp":"2024-06-09T00:00:00.000Z","account":"u-1","data":{}}'
    bus = NatsBus(server.url)
    for name in ("ev_1", "late-repetition"):
        await bus.publish("account.frozen", "u-1", name, body)
    await bus.close()
    failures = iter([True, False])

    def fails_once(database: sqlite3.Connection, happened: dict[str, Any]) -> None:
        remember(database, happened)
        if next(failures, False):
            raise RuntimeError("died in the middle")

    assert await consumed(server, tmp_path / "seen.db", 1, fails_once) == [("u-1", "account.frozen")]
    assert await _stored(server) == 2


async def test_a_failing_subscriber_stops_neither_another_nor_its_own_later_messages(tmp_path: Path) -> None:
    got: list[Told] = []
    broken = True

    async def fails(told: Told) -> None:
        if broken:
            raise ConnectionError("away")
        got.append(told)

    fine: list[Told] = []

    async def takes(told: Told) -> None:
        fine.append(told)

    async with serving(tmp_path) as live:
        both = (Subscription("one", fails), Subscription("two", takes))
        store, clock = live.application.store, live.application.clock
        relays = live.application.relays
        relays.spread, relays.relay = (
            FanOut(store, clock, both),
            Relay(store, clock, both, count=live.application.metrics.relayed),
        )
        live.application.relays.calls.turn = _nothing  # type: ignore[method-assign]
        for _ in range(3):
            await frozen(live)
        await _until_quiet(live)
        assert (len(fine), len(got), list(relays.relay.faults)) == (3, 0, ["one"])
        broken = False
        await live.advance(120_000)
        await _until_quiet(live)
        assert sorted(each.id for each in got) == sorted(each.id for each in fine)
        assert json.loads(got[0].body)["type"] == got[0].type
        assert relays.relay.faults == {}


async def _until_quiet(live: Live) -> None:
    relays = live.application.relays
    while await relays.spread.turn() + await relays.relay.turn():
        pass


async def _nothing(**_options: Any) -> int:
    return 0


async def _any(server: NatsServer) -> bool:
    return await _stored(server) > 0


async def _stored(server: NatsServer) -> int:
    client = await nats.connect(server.url)
    try:
        return (await client.jetstream().stream_info(STREAM)).state.messages
    except nats.js.errors.NotFoundError:
        return 0
    finally:
        await client.close()
