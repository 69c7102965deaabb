# SPDX-License-Identifier: Apache-2.0
"""The stream of decisions over a real socket: order, resume, filters, the cap, and an end when the client goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from counterseal.core.feed import Wanted
from counterseal.http import stream
from counterseal.http.stream import Decisions, Tail
from tests.support.live_server import LiveServer, live_server
from tests.support.server import Live, served

SECONDS = 20.0


class Reader:
    """Server-sent events as they come."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> dict[str, str]:
        """The next event, by field; comments are passed over."""
        found: dict[str, str] = {}
        async with asyncio.timeout(SECONDS):
            async for line in self._lines:
                if not line and "data" in found:
                    return found
                name, colon, value = line.partition(": ")
                if colon and name:
                    found[name] = value
        raise AssertionError("the stream ended")

    async def decision(self) -> Any:
        """The next decision."""
        found = await self.next()
        assert found["event"] == "decision", found
        row = msgspec.json.decode(found["data"])
        assert found["id"] == str(row["position"])
        return row


class Caller:
    """A client of the live server in this loop."""

    def __init__(self, live: LiveServer) -> None:
        headers = {"Authorization": f"Bearer {live.token}"}
        self.http = httpx2.AsyncClient(base_url=live.url, headers=headers, timeout=SECONDS)
        self.live = live
        self.made = 0

    async def post(self, path: str, body: Any) -> Any:
        self.made += 1
        key = {"Idempotency-Key": f"stream-{id(self)}-{self.made}"}
        response = await self.http.post(path, json=body, headers=key)
        assert response.is_success, response.text
        return response.json()

    async def account(self, name: str) -> None:
        await self.post("/v1/accounts", {"account": name, "factors": [{"factor": "password"}]})

    async def ask(self, account: str, action: str = "login") -> Any:
        """A decision."""
        return await self.post(f"/v1/accounts/{account}/actions", {"action": action, "objects": {"session": "s1"}})

    @asynccontextmanager
    async def follow(self, query: str = "", **headers: str) -> AsyncIterator[Reader]:
        async with self.http.stream("GET", f"/v1/decisions/stream{query}", headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["cache-control"] == "no-store"
            yield Reader(response.aiter_lines())

    async def seats(self, count: int) -> None:
        """Wait until so many streams are open."""
        tail = self.live.application.console.tail
        async with asyncio.timeout(SECONDS):
            while tail.open != count:  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("stream")) as live:
        yield live


def test_decisions_arrive_as_they_are_made_and_after_a_break(server: LiveServer) -> None:
    """Nothing of before; then each one once, in order; coming back with the last id misses none."""

    async def run() -> None:
        caller = Caller(server)
        await caller.account("a-1")
        await caller.ask("a-1")
        async with caller.follow() as reader:
            await caller.seats(1)
            asked = [(await caller.ask("a-1"))["id"] for _ in range(3)]
            rows = [await reader.decision() for _ in asked]
            assert [row["action"] for row in rows] == asked
            last = rows[-1]["position"]
        await caller.seats(0)
        missed = [(await caller.ask("a-1"))["id"] for _ in range(2)]
        async with caller.follow(**{"Last-Event-ID": str(last)}) as reader:
            assert [(await reader.decision())["action"] for _ in missed] == missed
            more = (await caller.ask("a-1"))["id"]
            assert (await reader.decision())["action"] == more
        async with caller.follow(f"?after={rows[0]['position']}") as reader:
            found = [(await reader.decision())["action"] for _ in range(5)]
            assert found == [*asked[1:], *missed, more]
        page = (await caller.http.get("/v1/decisions?limit=1&account=a-1")).json()
        assert page["decisions"][0]["action"] == more
        await caller.http.aclose()

    asyncio.run(run())


def test_filters_hold_for_the_stream(server: LiveServer) -> None:
    """Only the account asked for; the others pass by, and the ids go on."""

    async def run() -> None:
        caller = Caller(server)
        await caller.account("b-1")
        await caller.account("b-2")
        async with caller.follow("?account=b-2&action=login") as reader:
            await caller.seats(1)
            await caller.ask("b-1")
            wanted = (await caller.ask("b-2"))["id"]
            await caller.ask("b-1")
            again = (await caller.ask("b-2"))["id"]
            rows = [await reader.decision() for _ in range(2)]
            assert [row["action"] for row in rows] == [wanted, again]
        await caller.http.aclose()

    asyncio.run(run())


def test_a_full_house_is_refused_and_a_client_that_goes_makes_room(server: LiveServer) -> None:
    """The 65th is told to come later; when one hangs up, its place is free and nothing of it runs on."""

    async def run() -> None:
        caller = Caller(server)
        limits = httpx2.Limits(max_connections=100)
        headers = {"Authorization": f"Bearer {server.token}"}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers, limits=limits, timeout=SECONDS) as many:
            open_ones = []
            for _ in range(stream.MOST_STREAMS):
                one = many.stream("GET", "/v1/decisions/stream")
                response = await one.__aenter__()
                assert response.status_code == 200
                open_ones.append(one)
            await caller.seats(stream.MOST_STREAMS)
            refused = await caller.http.get("/v1/decisions/stream")
            assert (refused.status_code, refused.json()["code"]) == (503, "streams_full")
            assert int(refused.headers["retry-after"]) >= 1
            assert (await caller.http.get("/v1/decisions")).status_code == 200
            await open_ones.pop().__aexit__(None, None, None)
            await caller.seats(stream.MOST_STREAMS - 1)
            async with caller.follow():
                await caller.seats(stream.MOST_STREAMS)
            for one in open_ones:
                await one.__aexit__(None, None, None)
        await caller.seats(0)
        assert server.application.console.tail._task is None
        await caller.http.aclose()

    asyncio.run(run())


def test_a_client_that_does_not_read_delays_nobody(server: LiveServer) -> None:
    """One never reads; decisions go on at once and another stream has them all."""

    async def run() -> None:
        caller = Caller(server)
        await caller.account("c-1")
        async with caller.follow() as _deaf, caller.follow("?account=c-1") as reader:
            await caller.seats(2)
            started = time.monotonic()
            asked = [(await caller.ask("c-1"))["id"] for _ in range(60)]
            assert time.monotonic() - started < SECONDS
            assert [(await reader.decision())["action"] for _ in asked] == asked
        await caller.seats(0)
        await caller.http.aclose()

    asyncio.run(run())


def test_a_server_that_stops_ends_its_streams(tmp_path: Path) -> None:
    """Stopping does not wait for clients that would listen for ever."""

    async def run() -> float:
        with live_server(tmp_path) as live:
            caller = Caller(live)
            async with caller.follow():
                await caller.seats(1)
                live.application.console.hang_up()
                await caller.seats(0)
            await caller.http.aclose()
            return time.monotonic()

    started = asyncio.run(run())
    assert time.monotonic() - started < SECONDS


@served()
async def test_a_client_far_behind_is_told_of_the_gap(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all of a night is sent again: where the gap begins and ends, then what follows it."""
    monkeypatch.setattr(stream, "FAR", 10)
    monkeypatch.setattr(stream, "BATCH", 4)
    owner = await live.owner()
    for _ in range(20):
        await owner.ask("withdraw_small", amount="1")
    tail = Tail(live.application.store.feed)
    async with tail.seat():
        events = Decisions(tail, live.application.store, Wanted()).follow(0)
        assert await anext(events) == stream.RETRY
        gap = (await anext(events)).decode()
        name, _, rest = gap.partition("\nevent: gap\ndata: ")
        found = msgspec.json.decode(rest)
        assert found["after"] == 0
        assert name == f"id: {found['before'] - 1}"
        first = msgspec.json.decode((await anext(events)).partition(b"data: ")[2])
        assert first["position"] >= found["before"]
        await events.aclose()


@served()
async def test_a_silent_stream_beats_and_ends(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment while nothing happens, and an end so that the caller is authenticated again."""
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    monkeypatch.setattr(stream, "LONGEST", 0.3)
    tail = Tail(live.application.store.feed, pause=0.01)
    async with tail.seat(), asyncio.timeout(SECONDS):
        chunks = [chunk async for chunk in Decisions(tail, live.application.store, Wanted()).follow(None)]
    assert chunks[0] == stream.RETRY
    assert set(chunks[1:]) == {stream.BEAT}
    assert 3 <= len(chunks) <= 8
