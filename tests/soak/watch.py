# SPDX-License-Identifier: Apache-2.0
"""Looks at a server from outside: memory, files, threads, the write-ahead log, what waits, how fast it answers."""

from __future__ import annotations

import contextlib
import sqlite3
import statistics
import time
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from tests.bench import machine
from tests.faults.traffic import Client
from tests.support.server_process import ServerProcess

WARM = 0.4  # of the time: until caches are full (tests/soak/server.py makes them small)
SLOPE = 1.0  # MiB a minute that memory may grow after that, by least squares over all samples
FILES, THREADS = 8, 2  # more than at the end of the warm-up: connections come and go
WAL = 64.0  # MiB: four times what the writer checkpoints at
WAITING = 50  # messages not delivered at the end
_QUERY = "SELECT count(*) FROM outbox WHERE delivered IS NULL"


class Sample(msgspec.Struct, frozen=True):
    """One look. Sizes in MiB, latencies in ms over the time since the last look, `cpu` in seconds so far."""

    at: float
    requests: float
    p50: float
    p99: float
    rss: float
    files: int
    threads: int
    cpu: float
    wal: float
    database: float
    outbox: int
    queue: int
    entries: int


class Watch:
    """Samples of one server over `seconds`."""

    def __init__(self, server: ServerProcess, seconds: float) -> None:
        assert server._process is not None
        self.pid, self.folder, self.seconds = server._process.pid, server.folder, seconds
        self.samples: list[Sample] = []
        self._begin = self._last = time.monotonic()

    async def sample(self, client: Client) -> Sample:
        """Look now, and begin a new span of latencies."""
        metrics = (await client.call("GET", "/metrics")).text
        now, latencies = time.monotonic(), sorted(client.latencies)
        client.latencies.clear()
        place = self.folder / "counterseal.db"
        made = Sample(
            at=round(now - self._begin, 1),
            requests=round(len(latencies) / (now - self._last), 1),
            p50=_part(latencies, 0.5),
            p99=_part(latencies, 0.99),
            rss=self._rss(),
            files=self._count("fd"),
            threads=self._count("task"),
            cpu=machine.cpu_of(self.pid) or 0.0,
            wal=_mib(place.with_name("counterseal.db-wal")),
            database=_mib(place),
            outbox=self._outbox(place),
            queue=int(_gauge(metrics, "counterseal_store_queue_transactions")),
            entries=int(_gauge(metrics, "counterseal_log_entries")),
        )
        self._last = now
        self.samples.append(made)
        return made

    def _rss(self) -> float:
        text = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(each for each in text.splitlines() if each.startswith("VmRSS"))
        return round(int(line.split()[1]) / 1024, 1)

    def _count(self, what: str) -> int:
        return len(list(Path(f"/proc/{self.pid}/{what}").iterdir()))

    def _outbox(self, place: Path) -> int:
        with contextlib.closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True, timeout=5)) as connection:
            return int(connection.execute(_QUERY).fetchone()[0])

    def table(self, one: Sample) -> Table:
        """What the console shows: the last look."""
        first = self.samples[0]
        made = Table(title=f"{one.at:.0f} of {self.seconds:.0f} s")
        rows: dict[str, tuple[Any, Any]] = {
            name: (getattr(one, name), getattr(first, name)) for name in Sample.__struct_fields__
        }
        for name in ("", "now", "first"):
            made.add_column(name, justify="left" if not name else "right")
        for name, (now, before) in rows.items():
            made.add_row(name, str(now), str(before))
        return made


def slope(samples: list[Sample]) -> float:
    """Growth of memory in MiB a minute (least squares)."""
    if len(samples) < 3:
        return 0.0
    times = [sample.at / 60 for sample in samples]
    return statistics.linear_regression(times, [sample.rss for sample in samples]).slope


def verdict(samples: list[Sample], client: Client) -> dict[str, Any]:
    """What is reported; `failures` names what did not stay flat."""
    warm = [sample for sample in samples if sample.at >= WARM * samples[-1].at]
    first, last = warm[0], samples[-1]
    grows = round(slope(warm[:-1]), 3)
    failures = [
        text
        for failed, text in (
            (grows > SLOPE, f"memory grows {grows} MiB a minute"),
            (last.files > first.files + FILES, f"open files: {first.files}, then {last.files}"),
            (last.threads > first.threads + THREADS, f"threads: {first.threads}, then {last.threads}"),
            (max(sample.wal for sample in samples) > WAL, "the write-ahead log grows"),
            (last.outbox > WAITING, f"{last.outbox} messages wait at the end"),
            (last.queue > 0, f"{last.queue} transactions wait at the end"),
            (bool(client.unexpected), f"{len(client.unexpected)} errors: {client.unexpected[:3]}"),
        )
        if failed
    ]
    spans = warm[:-1] or samples
    return {
        "failures": failures,
        "journeys": client.journeys,
        "requests": sum(client.outcomes.values()),
        "answers": dict(sorted(client.outcomes.items())),
        "requests_per_second": round(statistics.median(sample.requests for sample in spans), 1),
        "p50_ms": round(statistics.median(sample.p50 for sample in spans), 1),
        "p99_ms": round(statistics.median(sample.p99 for sample in spans), 1),
        "rss_mib": {
            "start": samples[0].rss,
            "warm": first.rss,
            "most": max(s.rss for s in samples),
            "end": last.rss,
        },
        "rss_slope_mib_per_minute": grows,
        "limits": {"slope": SLOPE, "warm": WARM, "files": FILES, "threads": THREADS, "wal_mib": WAL},
        "files": [first.files, last.files],
        "threads": [first.threads, last.threads],
        "wal_mib_most": max(sample.wal for sample in samples),
        "outbox_most": max(sample.outbox for sample in samples),
        "database_mib": last.database,
        "log_entries": last.entries,
        "server_cpu_seconds": last.cpu,
    }


def _part(values: list[float], part: float) -> float:
    return round(values[int(part * (len(values) - 1))] * 1000, 2) if values else 0.0


def _mib(path: Path) -> float:
    return round(path.stat().st_size / 2**20, 1) if path.exists() else 0.0


def _gauge(text: str, name: str) -> float:
    return next((float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} ")), 0.0)
