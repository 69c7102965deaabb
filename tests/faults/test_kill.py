# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under random load, again and again: the server, PostgreSQL, or both.

`make faults` does many rounds; COUNTERSEAL_TEST_FAULTS sets how many, COUNTERSEAL_TEST_SEED repeats a run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.faults.checks import check_accounts, check_answers, check_log
from tests.faults.database import Database, database
from tests.faults.traffic import HOUR, MINUTE, Away, Client, Ledger, make_tokens
from tests.support.server import settings_in
from tests.support.server_process import ServerProcess

ROUNDS = int(os.environ.get("COUNTERSEAL_TEST_FAULTS", "1"))
SEED = int(os.environ.get("COUNTERSEAL_TEST_SEED", "0")) or secrets.randbits(32)
CLIENTS = 5
OPTIONS = {"policy": "hardened", "checkpoint_interval_ms": 200, "test_scopes": True}
NAMED = {"database", "master_key_file", "root_key_file", "outbox_folder", "clock", "simulated_start_ms", *OPTIONS}


class Trial:
    """A server process, the database behind it where there is one, and its clients over all rounds."""

    def __init__(self, folder: Path, data: Database | None, chance: random.Random) -> None:
        self.folder, self.data, self.chance = folder, data, chance
        self.options: dict[str, Any] = OPTIONS | ({} if data is None else {"database_url": data.url()})
        self.ledger = Ledger(asyncio.run(make_tokens(folder, **self.options)))
        files = settings_in(folder, **OPTIONS).model_dump(include=NAMED)
        url = {} if data is None else {"database_url": data.url()}
        self.seen: Counter[str] = Counter()
        self.server = ServerProcess(folder, files | url | {"access_log": "off"})

    def rounds(self, count: int) -> None:
        """Load, a fault, checks; `count` times. Then the log."""
        answered = []
        try:
            self.server.start()
            for _ in range(count):
                asyncio.run(self._round())
                answered.append(len(self.ledger.acknowledged))
        finally:
            self.server.stop()
        assert answered[0] > 5
        assert answered == sorted(set(answered)), "each round got something done"
        assert asyncio.run(check_log(self.folder, self.ledger, **self.options)) > 0
        print(f"{len(self.ledger.sent)} writes, {len(self.ledger.checkpoints)} checkpoints, {dict(self.seen)}")
        assert self.seen["Proved"] > 0

    async def _round(self) -> None:
        limits = httpx2.Limits(max_connections=2 * CLIENTS + 4)
        async with httpx2.AsyncClient(base_url=self.server.url, timeout=30, limits=limits) as http:
            client = Client(self.ledger, http, self.chance)
            client.now = (await client.get("/v1/clock"))["now"]
            before = len(self.ledger.sent)
            tasks = [asyncio.create_task(self._person(client)) for _ in range(CLIENTS)]
            tasks += [asyncio.create_task(self._time(client)), asyncio.create_task(self._outsider(client))]
            await asyncio.sleep(self.chance.uniform(0.5, 1.6))
            await asyncio.to_thread(self._fault)
            done, late = await asyncio.wait(
                tasks, timeout=1.0
            )  # what began before ends in Away; the rest is stopped
            for task in late:
                task.cancel()
            await asyncio.wait(tasks)
            for task in done:
                if not task.cancelled() and task.exception() is not None:
                    assert isinstance(task.exception(), Away), repr(task.exception())
            assert not client.unexpected, client.unexpected
        async with httpx2.AsyncClient(base_url=self.server.url, timeout=30) as http:
            client = Client(self.ledger, http, self.chance)
            await self._back(client)
            client.now = (await client.get("/v1/clock"))["now"]
            await check_answers(client, since=before)
            self.seen = await check_accounts(client)
            assert not client.unexpected, client.unexpected

    def _fault(self) -> None:
        kinds = ("server",) if self.data is None else ("server", "database", "both")
        kind = self.chance.choice(kinds)
        if kind in {"server", "both"}:
            assert self.server.end(signal.SIGKILL) == -signal.SIGKILL
        if self.data is not None and kind in {"database", "both"}:
            self.data.kill()
            self.data.start()
        if kind in {"server", "both"}:
            self.server.start()

    async def _back(self, client: Client) -> None:
        """Where only the database was killed the server comes back by itself."""
        for _ in range(200):
            with contextlib.suppress(Away):
                if (await client.call("GET", "/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
        raise AssertionError("the server did not come back without a restart")

    async def _person(self, client: Client) -> None:
        while True:
            if len(self.ledger.people) < 4 or self.chance.random() < 0.1:
                await client.register()
            await client.journey(client.any)

    async def _time(self, client: Client) -> None:
        while True:
            await asyncio.sleep(0.15)
            await client.move(self.chance.choice((31_000, 31_000, 10 * MINUTE, 25 * HOUR)))

    async def _outsider(self, client: Client) -> None:
        while True:
            response = await client.call("GET", "/v1/log/checkpoint")
            if response.status_code == 200 and response.text not in self.ledger.checkpoints[-1:]:
                self.ledger.checkpoints.append(response.text)
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Database]:
    with database() as made:
        yield made


# tests/replay/test_kill_server.py kills a server on SQLite in every `make test`; here it is one of the long ones.
ENGINES = ("postgres", "sqlite") if "COUNTERSEAL_TEST_FAULTS" in os.environ else ("postgres",)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("engine", ENGINES)
def test_kills_at_random_lose_nothing_and_double_nothing(tmp_path: Path, postgres: Database, engine: str) -> None:
    print(f"COUNTERSEAL_TEST_SEED={SEED}")
    Trial(tmp_path, postgres if engine == "postgres" else None, random.Random(SEED)).rounds(ROUNDS)
