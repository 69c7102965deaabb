# SPDX-License-Identifier: Apache-2.0
"""`counterseal accounts import` as an operator runs it: dry run, review digest, import, each a process."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.bench import people
from tests.bench.measure import Figure, Pace, Sample, Tick, figure
from tests.bench.processes import ROOT, SERVE

ACCOUNTS, QUICK_ACCOUNTS = 3_000, 100


def _lines(accounts: int, now: int) -> bytes:
    """One account per line, as docs/guide-operations.md describes."""
    lines = []
    for number in range(accounts):
        given: dict[str, Any] = msgspec.to_builtins(people.given(number, now))
        for item in given["objects"]:
            spot = item["address"]
            item["address"] = None if spot is None else dict(zip(("chain", "address", "memo"), spot, strict=True))
        lines.append(msgspec.json.encode(given))
    return b"\n".join(lines)


def _command(place: Path, *arguments: str) -> tuple[dict[str, Any], float, float]:
    """Run it; its JSON, wall seconds and CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", SERVE, "accounts", "import", *arguments, "--json", "--config", "counterseal.toml"],
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"the import failed:\n{done.stderr.decode()[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return msgspec.json.decode(done.stdout), seconds, cpu


def units(_pace: Pace) -> int:
    """How often `measure` ticks."""
    return 2


def measure(pace: Pace, tick: Tick, folder: Path) -> list[Figure]:
    """Accounts a second of both commands, start of the process included."""
    accounts = QUICK_ACCOUNTS if pace.quick else ACCOUNTS
    now = int(time.time() * 1000) - 60_000
    with tempfile.TemporaryDirectory(dir=folder, prefix="import-") as name:
        place = Path(name)
        (place / "counterseal.toml").write_text(
            'database = "counterseal.db"\nmaster_key_file = "master.key"\nroot_key_file = "root.key"\n'
        )
        (place / "accounts.jsonl").write_bytes(_lines(accounts, now))
        report, checked, cpu = _command(place, "accounts.jsonl", "--dry-run")
        tick()
        dry = Sample(accounts, checked, cpu)
        report, seconds, cpu = _command(place, "accounts.jsonl", "--reviewed", report["digest"])
        tick()
    if report["imported"] != accounts:
        raise RuntimeError(f"{report['imported']} of {accounts} accounts were imported")
    note = f"{accounts:,} accounts of 20 objects, one run, start of the process included"
    return [
        figure("import.dry_run", "`accounts import --dry-run`", [dry], unit="accounts/s", note=note),
        figure(
            "import.accounts",
            "`accounts import`: checked and committed",
            [Sample(accounts, seconds, cpu)],
            unit="accounts/s",
            note="SQLite FULL",
        ),
    ]
