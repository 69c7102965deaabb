# SPDX-License-Identifier: Apache-2.0
"""The posture of a fleet of generated accounts: grouping by shape and proving every shape, on all cores."""

from __future__ import annotations

import gc
import os
import resource
import time

from counterseal.gateways.packs import load_pack
from counterseal.prover.fleet import FleetPosture
from counterseal.wiring.fleet import fleet_posture, shapes_of
from counterseal.wiring.replaying import rarely_collected
from tests.bench.measure import Figure, Pace, Sample, Tick, figure
from tests.support.fleet_seed import fleet_of_starts

ACCOUNTS, QUICK_ACCOUNTS = 1_000_000, 300
SHAPES = 5_000
SECONDS = 60.0
DAY = 86_400_000
CASES = (
    ("prover.fleet", "hardened", "posture of a fleet under `hardened`"),
    ("prover.fleet_okx", "okx-2024", "posture of a fleet under `okx-2024`"),
)


def units(_pace: Pace) -> int:
    """How often `measure` ticks."""
    return len(CASES)


def _once(pack: str, count: int) -> tuple[FleetPosture, Sample]:
    """One run. Making the accounts is not in the time; grouping them, and the start of the processes, are."""
    policy = load_pack(pack)
    with rarely_collected():
        accounts = fleet_of_starts(policy, count)
        gc.collect()
        before, cpu, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.process_time(), time.perf_counter()
        found = fleet_posture(policy, shapes_of(policy, accounts), DAY, workers=len(os.sched_getaffinity(0)))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found, Sample(count, seconds, cpu)


def measure(pace: Pace, tick: Tick) -> list[Figure]:
    """Accounts a second, one run for each pack."""
    made: list[Figure] = []
    for name, pack, what in CASES:
        found, sample = _once(pack, QUICK_ACCOUNTS if pace.quick else ACCOUNTS)
        if found.accounts != sample.operations:
            raise RuntimeError(f"{found.accounts} of {sample.operations} accounts have a posture")
        more: dict[str, object] = {}
        if not pace.quick and found.shapes >= SHAPES:
            more = {"target": f"{ACCOUNTS:,} in {SECONDS:.0f} s", "reached": sample.seconds < SECONDS}
        note = (
            f"{found.accounts:,} accounts of {found.shapes:,} shapes, {found.games:,} games, "
            f"{found.searched:,} searches in {sample.seconds:.1f} s, one run"
        )
        made.append(figure(name, what, [sample], unit="accounts/s", note=note, **more))
        tick()
    return made
