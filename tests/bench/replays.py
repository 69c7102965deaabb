# SPDX-License-Identifier: Apache-2.0
"""`counterseal replay` as an operator runs it, on 100,000 inputs that the guard's own code recorded."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.bench import people
from tests.bench.measure import Figure, Pace, Sample, Tick, figure
from tests.bench.processes import ROOT, SERVE
from tests.support import history_seed

ACCOUNTS, DAYS = 1_000, 8
QUICK_ACCOUNTS, QUICK_DAYS = 20, 2
INPUTS = 100_000
SECONDS = 30.0
CASES = (
    ("replay.other_policy", "hardened", "`replay --policy hardened` of a past under okx-2024"),
    ("replay.same_policy", "okx-2024", "`replay` under the policy that was in force"),
)


def units(_pace: Pace) -> int:
    """How often `measure` ticks."""
    return len(CASES)


def seeded(root: Path, accounts: int, days: int, progress: Callable[[int], None]) -> Path:
    """The folder of a database with a past; made if there is none for this code and these policies."""
    folder = root / f"past-{accounts}-{days}-{_fingerprint()}"
    if (folder / "done").exists():
        return folder
    for old in root.glob(f"past-{accounts}-{days}-*"):
        shutil.rmtree(old)
    folder.mkdir(parents=True)
    history_seed.seed_history(folder, accounts, days, progress=progress)
    (folder / "counterseal.toml").write_text(
        'database = "counterseal.db"\nmaster_key_file = "master.key"\npolicy = "okx-2024"\n', encoding="utf-8"
    )
    (folder / "done").touch()
    return folder


def _fingerprint() -> str:
    digest = hashlib.sha256(people.pack("okx-2024").digest.encode())
    for path in (Path(people.__file__), Path(history_seed.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _command(folder: Path, policy: str) -> tuple[dict[str, Any], Sample]:
    """Run it; its JSON, and the sample."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", SERVE, "replay", "--policy", policy, "--json"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"the replay failed:\n{done.stderr.decode()[-2000:]}")
    found: dict[str, Any] = msgspec.json.decode(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found, Sample(found["inputs"], seconds, cpu)


def measure(
    pace: Pace, tick: Tick, work: Path, progress: Callable[[int], None] = lambda _done: None
) -> list[Figure]:
    """Inputs a second of the whole command, start of all processes included."""
    size = (QUICK_ACCOUNTS, QUICK_DAYS) if pace.quick else (ACCOUNTS, DAYS)
    folder = seeded(work, *size, progress)
    found = []
    for name, policy, what in CASES:
        report, sample = _command(folder, policy)
        if (policy == "okx-2024") != (report["identical"] == report["inputs"]):
            raise RuntimeError(f"{report['identical']} of {report['inputs']} inputs led to the same under {policy}")
        more: dict[str, object] = {}
        if not pace.quick:
            most = SECONDS * report["inputs"] / INPUTS
            more = {"target": f"{INPUTS:,} in {SECONDS:.0f} s", "reached": sample.seconds <= most}
        note = (
            f"{report['inputs']:,} inputs of {report['accounts']:,} accounts in {sample.seconds:.1f} s, one run, "
            "start of the processes included"
        )
        found.append(figure(name, what, [sample], unit="inputs/s", note=note, **more))
        tick()
    return found
