# SPDX-License-Identifier: Apache-2.0
"""`make bench-growth`: what more accounts and a longer log cost. From 10^4 to 10^6 accounts, then to 10^7 entries.

Writes docs/bench/growth.json and prints it as tables. Takes an hour and some 55 GB below var/bench, given back at
the end. `--accounts` and `--events` choose other marks.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gc
import json
import multiprocessing
import random
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from counterseal.audit.service import LogService
from counterseal.wiring.application import Application
from tests.bench import console, machine, names, seed
from tests.bench.measure import percentile
from tests.bench.processes import ROOT

ACCOUNTS = (10_000, 100_000, 1_000_000)
EVENTS = (100_000, 1_000_000, 10_000_000)
EVENTS_ON = 100_000  # accounts of the store whose log grows
CALLS = 300
MOST_BESIDE = CALLS + 100
"""Entries that the measuring itself leaves."""
OUT = ROOT / "docs" / "bench" / "growth.json"
Timed = Callable[[int], Awaitable[object]]


class Place:
    """A store that grows, opened by one application at a time, so that each mark begins with empty caches."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.accounts = 0

    def opened(self) -> Application:
        """The application over what is there."""
        application = Application(seed.settings_in(self.folder, access_log="off"))
        application.clock.set(max(application.clock.now(), application.store.latest))  # type: ignore[union-attr] # simulated
        return application

    def bytes(self) -> int:
        """Of the database and its write-ahead log."""
        return sum(each.stat().st_size for each in self.folder.glob("counterseal.db*"))

    async def with_accounts(self, count: int, done: Callable[[int], None]) -> None:
        """Register until there are so many."""
        application = self.opened()
        try:
            await seed.add(application, range(self.accounts, count), done)
        finally:
            application.store.close()
        self.accounts = count

    async def with_events(self, count: int, done: Callable[[int], None]) -> None:
        """Decisions until the log has so many entries."""
        application = self.opened()
        try:
            size = await application.store.log.size()
            while size < count:
                size = min(count, size + 100_000)
                await console.fill(application, min(self.accounts, console.BUSY), size)
                done(size)
        finally:
            application.store.close()

    async def measured(self) -> dict[str, Any]:
        """Every figure of one mark."""
        application = self.opened()
        try:
            return await self._measured(application)
        finally:
            application.store.close()

    async def _measured(self, application: Application) -> dict[str, Any]:
        app, chance = await application.build(), random.Random(5)
        made = await application.access.create_token(
            name=f"growth-{self.accounts}", platform="bench", scopes=(*seed.SCOPES, *console.SCOPES),
            lifetime=30 * 86_400_000, by="bench",
        )  # fmt: skip
        headers = {"Authorization": f"Bearer {made.secret}"}
        log: LogService = app.state.services.area(LogService)
        size = await application.store.log.size()
        await log.sign_checkpoint(now=application.store.latest, epoch=application.store.epoch)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://bench.test", headers=headers) as client:

            async def get(path: str) -> None:
                response = await client.get(path)
                if response.status_code != 200:
                    raise RuntimeError(f"{path}: {response.text}")

            async def ask(number: int) -> None:
                given = chance.randrange(self.accounts)
                response = await client.post(
                    f"/v1/accounts/{names.name_of(given)}/actions",
                    headers={"Idempotency-Key": f"growth-{size}-{self.accounts}-{number}"},
                    json=_ask(given),
                )
                if response.status_code != 200:
                    raise RuntimeError(response.text)

            cases: dict[str, Timed] = {
                "ask": ask,
                "read_account": lambda _: get(f"/v1/accounts/{names.name_of(chance.randrange(self.accounts))}"),
                "decisions": lambda _: get("/v1/decisions?limit=100"),
                "inclusion_proof": lambda _: log.inclusion_proof(chance.randrange(size)),
                "consistency_proof": lambda _: log.consistency_proof(chance.randrange(1, size), size),
            }
            found = {name: await _timed(case) for name, case in cases.items()}
        return {"accounts": self.accounts, "entries": size, "bytes": self.bytes(), "rss_mb": _memory(), **found}


def _ask(number: int) -> dict[str, Any]:
    payment = {"asset": "USD", "amount": "100", "chain": "eth", "destination": names.address_of(number, 3)}
    return {
        "action": "withdraw",
        "objects": {"session": "s1", "device": "d1"},
        "payment": {**payment, "audience": "hot-wallet"},
        "source": f"source-{number}",
    }


async def _timed(case: Timed) -> dict[str, float]:
    """p50 and p99 in ms of calls one after the other, the first ten left out."""
    gc.collect()
    taken = []
    for number in range(CALLS + 10):
        start = time.perf_counter()
        await case(number)
        taken.append((time.perf_counter() - start) * 1000)
    measured = taken[10:]
    return {"p50_ms": round(percentile(measured, 50), 3), "p99_ms": round(percentile(measured, 99), 3)}


def _memory() -> float:
    """MB that this process has in memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError("the system tells nothing of memory")


def measure(folder: Path, accounts: int) -> dict[str, Any]:
    """One mark, in a process of its own: what was done before is not in its memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (folder, accounts))


def _measure(folder: Path, accounts: int) -> dict[str, Any]:
    place = Place(folder)
    place.accounts = accounts
    return asyncio.run(place.measured())


def grow(folder: Path, accounts: tuple[int, ...], events: tuple[int, ...], bar: Progress) -> dict[str, Any]:
    """Both series of marks."""
    series: dict[str, list[dict[str, Any]]] = {"accounts": [], "entries": []}
    place = Place(_fresh(folder / "growth-accounts"))
    task = bar.add_task("accounts", total=accounts[-1])
    for count in accounts:
        asyncio.run(place.with_accounts(count, lambda done: bar.update(task, completed=done)))
        series["accounts"].append(measure(place.folder, place.accounts))
    shutil.rmtree(place.folder)
    place = Place(_fresh(folder / "growth-entries"))
    asyncio.run(place.with_accounts(min(EVENTS_ON, accounts[-1]), lambda _done: None))
    task = bar.add_task("entries", total=events[-1])
    before = {"bytes": place.bytes(), "entries": place.accounts}
    for count in events:
        if count > place.accounts:
            asyncio.run(place.with_events(count, lambda done: bar.update(task, completed=done)))
        series["entries"].append({**measure(place.folder, place.accounts), "before": before})
    shutil.rmtree(place.folder)
    return series


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def table(name: str, marks: list[dict[str, Any]]) -> Table:
    """One series for people; ms as p50 and p99."""
    shown = Table("", *(f"{each[name]:,} {name}" for each in marks), title=f"More {name}")
    each = "account" if name == "accounts" else "entry"
    shown.add_row(f"bytes for each {each}", *_bytes(name, marks))
    shown.add_row("memory, MB", *(f"{mark['rss_mb']:.0f}" for mark in marks))
    for key in ("ask", "read_account", "decisions", "inclusion_proof", "consistency_proof"):
        values = (f"{mark[key]['p50_ms']:.2f}, {mark[key]['p99_ms']:.2f}" for mark in marks)
        shown.add_row(f"{key.replace('_', ' ')}, ms", *values)
    return shown


def _bytes(name: str, marks: list[dict[str, Any]]) -> list[str]:
    """Between each mark and the one before, so that what was there already counts for nothing."""
    before, found = marks[0].get("before", {"bytes": 0, name: 0}), []
    for mark in marks:
        more = mark[name] - before[name]
        found.append(f"{(mark['bytes'] - before['bytes']) / more:,.0f}" if more > MOST_BESIDE else "")
        before = mark
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument("--accounts", nargs="+", type=int, default=list(ACCOUNTS))
    parser.add_argument("--events", nargs="+", type=int, default=list(EVENTS))
    given = parser.parse_args()
    out = Console()
    columns = (TextColumn("{task.description:>9}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    start, load = time.perf_counter(), machine.load()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        series = grow(ROOT / "var" / "bench", tuple(given.accounts), tuple(given.events), bar)
    for name, marks in series.items():
        out.print(table(name, marks))
    written = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - start),
        "load": [load, machine.load()],
        "calls": CALLS,
        **series,
    }
    whole = given.accounts == list(ACCOUNTS) and given.events == list(EVENTS)
    to = OUT if whole else ROOT / "var" / "bench" / "growth.json"
    to.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    out.print(f"Written: {to}")


if __name__ == "__main__":
    main()
