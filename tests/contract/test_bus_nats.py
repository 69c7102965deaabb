# SPDX-License-Identifier: Apache-2.0
"""The bus over a real NATS server: what is acknowledged is on its disk, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.js.api import ConsumerConfig, DeliverPolicy

from counterseal.gateways.bus_nats import STREAM, BusUnavailableError, NatsBus, subject_of
from tests.support.nats import NatsServer

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    made = NatsServer(tmp_path)
    made.start()
    yield made
    made.stop(kill=True)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[NatsBus]:
    bus = NatsBus(url)
    try:
        yield bus
    finally:
        await bus.close()


async def until_taken(bus: NatsBus, identity: str) -> None:
    """As the outbox does: again until the bus has it."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await bus.publish("account.frozen", "u-1", identity, b'{"n": 2}')
            except BusUnavailableError:
                await asyncio.sleep(0.2)


async def stored(server: NatsServer, subject: str = "counterseal.>") -> list[tuple[str, str, bytes]]:
    """(subject, id, body) of everything that the stream has."""
    client = await nats.connect(server.url)
    try:
        stream = client.jetstream()
        config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, filter_subject=subject)
        reader = await stream.pull_subscribe(subject, durable=None, stream=STREAM, config=config)
        found: list[tuple[str, str, bytes]] = []
        try:
            while True:
                for one in await reader.fetch(100, timeout=0.5):
                    found.append((one.subject, (one.headers or {})["Nats-Msg-Id"], one.data))
                    await one.ack()
        except TimeoutError:  # the one of nats is one, too
            return found
    finally:
        await client.close()


async def test_what_was_taken_outlives_a_killed_server(server: NatsServer) -> None:
    async with opened(server.url) as bus:
        await bus.publish("account.frozen", "u-1", "ev_1", b'{"n": 1}')
        server.stop(kill=True)
        with pytest.raises(BusUnavailableError):
            await bus.publish("account.frozen", "u-1", "ev_2", b'{"n": 2}')
        server.start()
        await until_taken(bus, "ev_2")
    assert await stored(server) == [
        (subject_of("account.frozen", "u-1"), "ev_1", b'{"n": 1}'),
        (subject_of("account.frozen", "u-1"), "ev_2", b'{"n": 2}'),
    ]


async def test_the_trace_goes_along_as_a_header(server: NatsServer) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with opened(server.url) as bus:
        await bus.publish("seal.redeemed", "u-1", "ev_1", b"{}", trace=trace)
        await bus.publish("seal.redeemed", "u-1", "ev_2", b"{}")
    client = await nats.connect(server.url)
    try:
        stream = client.jetstream()
        headers = [(await stream.get_msg(STREAM, number)).headers or {} for number in (1, 2)]
    finally:
        await client.close()
    assert [each.get("traceparent") for each in headers] == [trace, None]


async def test_a_repetition_is_stored_once(server: NatsServer) -> None:
    async with opened(server.url) as bus, opened(server.url) as other:
        for _ in range(3):
            await bus.publish("seal.redeemed", "u-1", "ev_1", b"{}")
            await other.publish("seal.redeemed", "u-1", "ev_1", b"{}")
    assert [identity for _, identity, _ in await stored(server)] == ["ev_1"]


async def test_consumers_pick_by_type_and_account(server: NatsServer) -> None:
    async with opened(server.url) as bus:
        await bus.publish("seal.redeemed", "u-1", "ev_1", b"{}")
        await bus.publish("seal.redeemed", "u.2 *>", "ev_2", b"{}")
        await bus.publish("account.frozen", "u-1", "ev_3", b"{}")
    assert [one[1] for one in await stored(server, "counterseal.seal.*.*")] == ["ev_1", "ev_2"]
    assert [one[1] for one in await stored(server, subject_of("account.frozen", "u-1"))] == ["ev_3"]


async def test_a_bus_that_is_away_is_an_error_and_comes_back(tmp_path: Path) -> None:
    server = NatsServer(tmp_path)
    async with opened(server.url) as bus:
        with pytest.raises(BusUnavailableError):
            await bus.publish("account.frozen", "u-1", "ev_1", b"{}")
        server.start()
        try:
            await until_taken(bus, "ev_1")
            assert [one[1] for one in await stored(server)] == ["ev_1"]
        finally:
            await bus.close()
            server.stop(kill=True)


async def test_a_stream_that_the_operator_made_stays_as_it_is(server: NatsServer) -> None:
    client = await nats.connect(server.url)
    await client.jetstream().add_stream(name=STREAM, subjects=["counterseal.>"], max_msgs=7)
    async with opened(server.url) as bus:
        await bus.publish("account.frozen", "u-1", "ev_1", b"{}")
    info = await client.jetstream().stream_info(STREAM)
    await client.close()
    assert (info.config.max_msgs, info.state.messages) == (7, 1)
