# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench [--quick] [--only PART ...] [--out FOLDER]`: measure, write JSON and a page of docs."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tests.bench import console as console_reads
from tests.bench import (
    crypto,
    engines,
    fleets,
    imports,
    machine,
    peer,
    postgres,
    provers,
    replays,
    report,
    steps,
    stores,
    web,
)
from tests.bench.measure import FULL, QUICK, Figure, Pace, Tick
from tests.bench.processes import ROOT

PARTS = (
    "policy",
    "step",
    "cost",
    "store",
    "postgres",
    "import",
    "replay",
    "prover",
    "fleet",
    "http",
    "peer",
    "console",
)
UNITS: dict[str, Callable[[Pace], int]] = {
    "policy": engines.units,
    "step": steps.units,
    "cost": crypto.units,
    "store": stores.units,
    "postgres": postgres.units,
    "import": imports.units,
    "replay": replays.units,
    "prover": provers.units,
    "fleet": fleets.units,
    "http": web.units,
    "peer": peer.units,
    "console": console_reads.units,
}


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the guard.")
    parser.add_argument("--quick", action="store_true", help="under a minute: shows that everything works")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS)
    )
    parser.add_argument(
        "--out", type=Path, help="folder for bench.md and bench/results.json (default: docs, or var/bench)"
    )
    return parser.parse_args()


def measure(only: list[str], pace: Pace, work: Path, bar: Progress) -> list[Figure]:
    """The parts in their order, each with its own bar."""
    tasks = {part: bar.add_task(part, total=UNITS[part](pace)) for part in PARTS if part in only}
    found: list[Figure] = []
    for part, task in tasks.items():
        found += _part(part, pace, work, bar, _ticking(bar, task))
        bar.update(task, completed=UNITS[part](pace))
    return found


def _part(part: str, pace: Pace, work: Path, bar: Progress, tick: Tick) -> list[Figure]:
    match part:
        case "policy":
            return engines.measure(pace, tick)
        case "step":
            return steps.measure(pace, tick)
        case "cost":
            return crypto.measure(pace, tick)
        case "store" | "import" | "peer":
            return {"store": stores, "import": imports, "peer": peer}[part].measure(pace, tick, work)
        case "prover" | "fleet" | "postgres":
            return {"prover": provers, "fleet": fleets, "postgres": postgres}[part].measure(pace, tick)
        case "replay":
            past = bar.add_task("past", total=None)
            return replays.measure(pace, tick, work, lambda done: bar.update(past, completed=done))
        case _:
            measured = web if part == "http" else console_reads
            seeding = bar.add_task("seed", total=measured.QUICK_ACCOUNTS if pace.quick else measured.ACCOUNTS)
            return measured.measure(pace, tick, work, lambda done: bar.update(seeding, completed=done))


def _ticking(bar: Progress, task: TaskID) -> Tick:
    return lambda: bar.advance(task)


def main() -> None:
    """Measure and write. Results of a quick or partial run stay in var/bench unless `--out` says otherwise."""
    given = arguments()
    pace = QUICK if given.quick else FULL
    work = ROOT / "var" / "bench"
    work.mkdir(parents=True, exist_ok=True)
    whole = set(given.only) == set(PARTS) and not given.quick
    out = given.out or (ROOT / "docs" if whole else work)
    start, before = time.perf_counter(), machine.load()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        figures = measure(given.only, pace, work, bar)
    results = report.Results(
        format=report.FORMAT,
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        quick=pace.quick,
        seconds=round(time.perf_counter() - start, 1),
        machine=machine.describe(),
        load=(before, machine.load()),
        figures=tuple(figures),
    )
    report.write(results, out / "bench" / "results.json", out / "bench.md")
    print("\n".join(report.lines(results)))
    print(f"{results.seconds:.0f} s. Written: {out / 'bench.md'}", file=sys.stderr)


if __name__ == "__main__":
    main()
