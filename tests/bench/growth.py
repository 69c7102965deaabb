# SPDX-License-Identifier: Apache-2.0
"""`make bench-growth`: what more accounts and a longer log cost. From 10^4 to 10^6 accounts, then to 10^7 entries.

Writes docs/bench/growth.json and prints it as tables. Takes an hour and some 55 GB below var/bench, given back at
the end. `--accounts` and `--events` choose other marks.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import gc
import itertools
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
SMALL = 10_000  # accounts of the store beside it
EVENTS_ON = 100_000  # accounts of the store whose log grows
CALLS = 300
MOST_BESIDE = 3 * CALLS
"""Entries that the measuring itself leaves."""
OUT = ROOT / "docs" / "bench" / "growth.json"
Timed = Callable[[], Awaitable[object]]
Keep = Callable[[str, dict[str, Any]], None]


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


class Open:
    """A place opened for measuring: its application, its caller, what is timed."""

    def __init__(self, place: Place) -> None:
        self.place, self.application, self.chance = place, place.opened(), random.Random(5)
        self.size = 0
        self.count = itertools.count()

    async def begin(self, stack: contextlib.AsyncExitStack) -> None:
        """Build the API and give it a caller."""
        app = await self.application.build()
        made = await self.application.access.create_token(
            name=f"growth-{time.time_ns()}", platform="bench", scopes=(*seed.SCOPES, *console.SCOPES),
            lifetime=30 * 86_400_000, by="bench",
        )  # fmt: skip
        store = self.application.store
        self.log: LogService = app.state.services.area(LogService)
        self.size = await store.log.size()
        await self.log.sign_checkpoint(now=store.latest, epoch=store.epoch)
        headers = {"Authorization": f"Bearer {made.secret}"}
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://bench.test", headers=headers
        )
        self.client = await stack.enter_async_context(client)

    def name(self) -> str:
        """Any account."""
        return names.name_of(self.chance.randrange(self.place.accounts))

    async def ask(self) -> None:
        """An ask that ends in a challenge."""
        given = self.chance.randrange(self.place.accounts)
        response = await self.client.post(
            f"/v1/accounts/{names.name_of(given)}/actions",
            headers={"Idempotency-Key": f"growth-{time.time_ns()}-{next(self.count)}"},
            json=_ask(given),
        )
        if response.status_code != 200:
            raise RuntimeError(response.text)

    async def get(self, path: str) -> None:
        """A read."""
        response = await self.client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.text}")

    def cases(self) -> dict[str, Timed]:
        """What is timed, by name."""
        return {
            "ask": self.ask,
            "read_account": lambda: self.get(f"/v1/accounts/{self.name()}"),
            "decisions": lambda: self.get("/v1/decisions?limit=100"),
            "inclusion_proof": lambda: self.log.inclusion_proof(self.chance.randrange(self.size)),
            "consistency_proof": lambda: self.log.consistency_proof(self.chance.randrange(1, self.size), self.size),
        }


async def _beside(grown: Place, small: Place) -> dict[str, Any]:
    """Every figure of one mark, and its ratio to the small store, asked in turns: what else the machine does falls
    on both."""
    async with contextlib.AsyncExitStack() as stack:
        one = Open(grown)
        stack.callback(one.application.store.close)
        await one.begin(stack)
        for _ in range(CALLS):
            await one.ask()
        memory = _memory()  # before the other store is opened
        two = Open(small)
        stack.callback(two.application.store.close)
        await two.begin(stack)
        found: dict[str, Any] = {}
        for name, case in one.cases().items():
            mine, other = await _in_turns(case, two.cases()[name])
            found[name] = {
                "p50_ms": round(percentile(mine, 50), 3),
                "p99_ms": round(percentile(mine, 99), 3),
                "ratio": round(percentile(mine, 50) / percentile(other, 50), 2),
            }
        return {"accounts": grown.accounts, "entries": one.size, "bytes": grown.bytes(), "rss_mb": memory, **found}


async def _in_turns(one: Timed, two: Timed) -> tuple[list[float], list[float]]:
    """Milliseconds of each call, every second pair in the reverse order; the first ten left out."""
    gc.collect()
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(CALLS + 10):
        for which in (0, 1) if number % 2 else (1, 0):
            start = time.perf_counter()
            await (one, two)[which]()
            taken[which].append((time.perf_counter() - start) * 1000)
    return taken[0][10:], taken[1][10:]


def _ask(number: int) -> dict[str, Any]:
    payment = {"asset": "USD", "amount": "100", "chain": "eth", "destination": names.address_of(number, 3)}
    return {
        "action": "withdraw",
        "objects": {"session": "s1", "device": "d1"},
        "payment": {**payment, "audience": "hot-wallet"},
        "source": f"source-{number}",
    }


def _memory() -> float:
    """MB that this process has in memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError("the system tells nothing of memory")


def measure(grown: Place, small: Place) -> dict[str, Any]:
    """One mark, in a process of its own: what was done before is not in its memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (grown.folder, grown.accounts, small.folder, small.accounts))


def _measure(folder: Path, accounts: int, beside: Path, few: int) -> dict[str, Any]:
    grown, small = Place(folder), Place(beside)
    grown.accounts, small.accounts = accounts, few
    return asyncio.run(_beside(grown, small))


def grow(folder: Path, accounts: tuple[int, ...], events: tuple[int, ...], bar: Progress, keep: Keep) -> None:
    """Both series of marks; `keep` is called with each."""
    small = Place(_fresh(folder / "growth-small"))
    asyncio.run(small.with_accounts(min(SMALL, accounts[0]), lambda _done: None))
    place = Place(_fresh(folder / "growth-accounts"))
    task = bar.add_task("accounts", total=accounts[-1])
    for count in accounts:
        asyncio.run(place.with_accounts(count, lambda done: bar.update(task, completed=done)))
        keep("accounts", measure(place, small))
    shutil.rmtree(place.folder)
    place = Place(_fresh(folder / "growth-entries"))
    asyncio.run(place.with_accounts(min(EVENTS_ON, accounts[-1]), lambda _done: None))
    task = bar.add_task("entries", total=events[-1])
    before = {"bytes": place.bytes(), "entries": place.accounts}
    for count in events:
        if count > place.accounts:
            asyncio.run(place.with_events(count, lambda done: bar.update(task, completed=done)))
        keep("entries", {**measure(place, small), "before": before})
    shutil.rmtree(place.folder)
    shutil.rmtree(small.folder)


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def table(name: str, marks: list[dict[str, Any]]) -> Table:
    """One series for people; ms as p50 and p99, then the p50 against that of the small store."""
    shown = Table("", *(f"{each[name]:,} {name}" for each in marks), title=f"More {name}")
    each = "account" if name == "accounts" else "entry"
    shown.add_row(f"bytes for each {each}", *_bytes(name, marks))
    shown.add_row("memory, MB", *(f"{mark['rss_mb']:.0f}" for mark in marks))
    for key in ("ask", "read_account", "decisions", "inclusion_proof", "consistency_proof"):
        values = (f"{mark[key]['p50_ms']:.2f}, {mark[key]['p99_ms']:.2f}; {mark[key]['ratio']}x" for mark in marks)
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
    whole = given.accounts == list(ACCOUNTS) and given.events == list(EVENTS)
    to = OUT if whole else ROOT / "var" / "bench" / "growth.json"
    series: dict[str, list[dict[str, Any]]] = {"accounts": [], "entries": []}

    def keep(name: str, mark: dict[str, Any]) -> None:
        """Written after each mark: a run of hours may be ended."""
        series[name].append(mark)
        written = {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "seconds": round(time.perf_counter() - start),
            "load": [load, machine.load()],
            "calls": CALLS,
            "small": min(SMALL, given.accounts[0]),
            **series,
        }
        to.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")

    with Progress(*columns, console=Console(stderr=True)) as bar:
        grow(ROOT / "var" / "bench", tuple(given.accounts), tuple(given.events), bar, keep)
    for name, marks in series.items():
        out.print(table(name, marks))
    out.print(f"Written: {to}")


if __name__ == "__main__":
    main()
