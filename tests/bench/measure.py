# SPDX-License-Identifier: Apache-2.0
"""How everything here is measured: warm-up, alternating rounds, median and spread, CPU beside wall time."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

Case = Callable[[], "Sample"]
Tick = Callable[[], None]


class Sample(msgspec.Struct, frozen=True):
    """One round of one case. Seconds of wall and CPU time of what is measured; `latencies` in microseconds."""

    operations: int
    seconds: float
    cpu: float | None
    latencies: Sequence[float] = ()
    generator_cpu: float | None = None  # of the load generator, never part of `cpu`

    @property
    def rate(self) -> float:
        """Operations per second of wall time."""
        return self.operations / self.seconds


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number: the median of its rounds. See docs/bench.md for every field."""

    id: str
    what: str
    unit: str
    median: float
    low: float
    high: float
    rounds: int
    cpu_us: float | None = None
    generator_cpu_us: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    baseline: str | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    target: str = ""
    reached: bool | None = None
    note: str = ""


class Pace(msgspec.Struct, frozen=True):
    """How long to measure: `rounds` of each case, each of at least `seconds`."""

    rounds: int
    seconds: float
    quick: bool


FULL = Pace(rounds=5, seconds=0.4, quick=False)
QUICK = Pace(rounds=1, seconds=0.03, quick=True)


def repeat(once: Callable[[], int], pace: Pace) -> Case:
    """A case that calls `once` (which returns how many operations it did) until the round is long enough."""

    def case() -> Sample:
        gc.collect()
        operations = 0
        cpu, start = time.process_time(), time.perf_counter()
        while True:
            operations += once()
            end = time.perf_counter()
            if end - start >= pace.seconds:
                return Sample(operations, end - start, time.process_time() - cpu)

    return case


def each(calls: Iterable[Callable[[], object]]) -> Case:
    """A case that times every call by itself, for percentiles; the reading of the clock is part of the time."""
    listed = list(calls)

    def case() -> Sample:
        gc.collect()
        clock = time.perf_counter_ns
        taken = []
        cpu, begin = time.process_time(), clock()
        for call in listed:
            start = clock()
            call()
            taken.append((clock() - start) / 1000)
        return Sample(len(listed), (clock() - begin) / 1e9, time.process_time() - cpu, taken)

    return case


def alternate(cases: Mapping[str, Case], rounds: int, tick: Tick = lambda: None) -> dict[str, list[Sample]]:
    """Each case once to warm up, then `rounds` rounds of all cases, every second one in the reverse order, so
    that what else the machine does falls on all of them alike."""
    for case in cases.values():
        case()
        tick()
    found: dict[str, list[Sample]] = {name: [] for name in cases}
    for number in range(rounds):
        names = list(cases) if number % 2 == 0 else list(reversed(cases))
        for name in names:
            found[name].append(cases[name]())
            tick()
    return found


def ticks(cases: int, rounds: int) -> int:
    """How often `alternate` calls `tick`."""
    return cases * (rounds + 1)


def figure(
    name: str,
    what: str,
    samples: Sequence[Sample],
    *,
    unit: str = "/s",
    against: tuple[str, Sequence[Sample]] | None = None,
    **more: object,
) -> Figure:
    """The figure of one case. `against`: id and samples of its baseline; the ratio is the median over rounds."""
    rates = [sample.rate for sample in samples]
    fields: dict[str, object] = {"median": statistics.median(rates), "low": min(rates), "high": max(rates)}
    used = [sample.cpu / sample.operations * 1e6 for sample in samples if sample.cpu is not None]
    if used:
        fields["cpu_us"] = statistics.median(used)
    driven = [x.generator_cpu / x.operations * 1e6 for x in samples if x.generator_cpu is not None]
    if driven:
        fields["generator_cpu_us"] = statistics.median(driven)
    if any(sample.latencies for sample in samples):
        fields["p50_ms"] = statistics.median(percentile(x.latencies, 50) for x in samples) / 1000
        fields["p99_ms"] = statistics.median(percentile(x.latencies, 99) for x in samples) / 1000
    if against is not None:
        ratios = [mine / other.rate for mine, other in zip(rates, against[1], strict=True)]
        fields |= {"baseline": against[0], "ratio": statistics.median(ratios)}
        fields |= {"ratio_low": min(ratios), "ratio_high": max(ratios)}
    return msgspec.convert({"id": name, "what": what, "unit": unit, "rounds": len(rates), **fields, **more}, Figure)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of at least one value."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
