# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.soak`: mixed load on a real server for SOAK_MINUTES (20); memory, files and queues stay flat.

The server runs `hardened` on a simulated clock that moves on five minutes every two seconds, so that holds end,
timers fire and old actions are forgotten. Fails on errors, on growth after the warm-up, and on what was not
delivered at the end. Results: docs/bench/soak.json.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import msgspec
from rich.live import Live

from tests.bench import machine
from tests.faults.traffic import MINUTE, Client, Ledger, make_tokens
from tests.soak.watch import Sample, Watch, verdict
from tests.support import server_process
from tests.support.server import settings_in
from tests.support.server_process import ServerProcess

MINUTES = float(os.environ.get("SOAK_MINUTES", "20"))
CLIENTS = int(os.environ.get("SOAK_CLIENTS", "4"))
PAUSE = float(os.environ.get("SOAK_PAUSE", "0.05"))  # seconds between two journeys of a client
PEOPLE = 40
EVERY = 4.0  # not 5: after so long uvicorn ends an idle connection, perhaps under a request
OPTIONS = {"policy": "hardened", "checkpoint_interval_ms": 2_000, "test_scopes": True}
NAMED = {"database", "master_key_file", "root_key_file", "outbox_folder", "clock", "simulated_start_ms", *OPTIONS}
ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "docs" / "bench" / "soak.json"


async def person(client: Client, end: float) -> None:
    """One journey after another. A new account now and then takes the place of one that is old."""
    while time.monotonic() < end:
        people = client.ledger.people
        if len(people) < PEOPLE or client.chance.random() < 0.02:
            await client.journey(lambda: renew(client))
        await client.journey(client.any)
        client.journeys += 1
        await asyncio.sleep(PAUSE)


async def renew(client: Client) -> None:
    """A new account; sessions of `hardened` end after five days."""
    await client.register()
    del client.ledger.people[:-PEOPLE]


async def clock(client: Client, end: float) -> None:
    """Time goes on."""
    while time.monotonic() < end:
        await asyncio.sleep(2)
        await client.move(5 * MINUTE)
        client.ledger.sent.clear()  # an outsider of twenty minutes would grow without end
        for name in [name for name, at in client.ledger.waits.items() if at < client.now - 60 * 60 * MINUTE]:
            del client.ledger.waits[name]


async def watching(watch: Watch, client: Client, live: Live, end: float) -> None:
    """A sample every few seconds, shown."""
    while time.monotonic() < end:
        await asyncio.sleep(EVERY)
        live.update(watch.table(await watch.sample(client)))


async def run(server: ServerProcess, ledger: Ledger, seed: int) -> tuple[list[Sample], Client]:
    """All clients until the time is over, then a last sample at rest."""
    limits = httpx2.Limits(max_connections=4 * CLIENTS + 8)
    async with httpx2.AsyncClient(base_url=server.url, timeout=60, limits=limits) as http:
        client = Client(ledger, http, random.Random(seed), again=True)
        client.now = (await client.get("/v1/clock"))["now"]
        watch = Watch(server, MINUTES * 60)
        end = time.monotonic() + MINUTES * 60
        with Live(refresh_per_second=1) as live:
            tasks = [person(client, end) for _ in range(CLIENTS)]
            await asyncio.gather(clock(client, end), watching(watch, client, live, end), *tasks)
            await client.move(MINUTE)
            await asyncio.sleep(3)
            live.update(watch.table(await watch.sample(client)))
        return watch.samples, client


def main() -> int:
    """0: everything stayed flat."""
    seed = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().getrandbits(32)
    print(f"SOAK_SEED={seed}: {MINUTES:g} minutes, {CLIENTS} clients")
    with tempfile.TemporaryDirectory(prefix="counterseal-soak-") as name:
        folder = Path(name)
        ledger = Ledger(asyncio.run(make_tokens(folder, **OPTIONS)))
        files = settings_in(folder, **OPTIONS).model_dump(include=NAMED)
        server = ServerProcess(folder, files | {"access_log": "off", "log_level": "warning"})
        program = folder / "counterseal"
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH={ROOT}/src:{ROOT} exec {sys.executable} -m tests.soak.server "$@"\n'
        )
        program.chmod(0o755)
        server_process.PROGRAM = program
        try:
            server.start()
            samples, client = asyncio.run(run(server, ledger, seed))
            said = (folder / "server.log").read_text().splitlines()[-5:]
        finally:
            server.stop()
    found = verdict(samples, client)
    report = {
        "seed": seed,
        "minutes": MINUTES,
        "clients": CLIENTS,
        "machine": machine.describe(),
        "note": os.environ.get("SOAK_NOTE", ""),
        **found,
        "server_said": said,
        "samples": [msgspec.to_builtins(sample) for sample in samples[:: max(1, len(samples) // 60)]],
    }
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
