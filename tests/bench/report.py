# SPDX-License-Identifier: Apache-2.0
"""The results as JSON with its schema, as a page of docs, and on the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tests.bench.machine import Machine
from tests.bench.measure import Figure

FORMAT = 1
WIDTH = 100
BUSY = 0.5  # load average above which the page says that its numbers are no good


class Results(msgspec.Struct, frozen=True):
    """docs/bench/results.json. `load`: average of the last minute, before and after; it should be near 0 before."""

    format: int
    date: str
    quick: bool
    seconds: float
    machine: Machine
    load: tuple[float | None, float | None]
    figures: tuple[Figure, ...]


PARTS = (
    ("policy", "Policy evaluation, equal inputs"),
    ("step", "Engine in process"),
    ("http", "Over HTTP"),
    ("peer", "Beside privacyIDEA"),
    ("console", "What the console reads"),
    ("page", "Pages of the console in a browser"),
    ("store", "Store"),
    ("log", "Log"),
    ("cost", "Single operations, one core"),
    ("import", "Import"),
    ("replay", "Replay of a recorded past"),
    ("prover", "Prover, and posture of a fleet"),
)

HOW_TO_READ = """\
# Benchmarks
This page and `bench/results.json` are written by `make bench`. The targets are those of the design; a row
that misses its target says so. Run it on an idle machine: everything else that runs falls on these numbers.

```
make bench                                # all, about 6 minutes; the first run seeds a database besides
.venv/bin/python -m tests.bench --quick   # about a minute: does everything work? Its numbers mean little
```

## How it is measured
- Each case runs once to warm up, then in several rounds. The cases of a group take turns, every second round
  in the reverse order. *Reached* is the median of the rounds, the span is from the slowest to the fastest.
- A ratio is against a baseline of the same run: the median of the ratios of the single rounds. Ratios carry
  over to other machines; absolute numbers do not.
- CPU is that of the measured process, all threads. The load generator is a process of its own, its CPU stands
  in its own column and is never part of the server's.
- The server is `counterseal serve` as shipped: one process, SQLite with synchronous=FULL, access log on. It
  runs on a simulated clock, so that a database seeded once stays good; the clock changes no code path but the
  mark `test` in seals. Each request carries a fresh Idempotency-Key and a token. An answer other than the
  expected one ends the run.
- The accounts have 20 objects each (a session, 3 devices, 16 addresses), four factors, three contacts. The
  database is copied before each run. Each account asks from a source of its own.
- Policy inputs are brought into each engine's own fastest form before the clock starts; all engines parse the
  rule once and must agree on every input.
"""

FIELDS = """\
## Fields of results.json
`results.schema.json` beside it is its JSON Schema.

| field of a figure | meaning |
|---|---|
| `id`, `what`, `unit` | stable name, words, what `median` counts |
| `median`, `low`, `high`, `rounds` | of the rounds, per second of wall time |
| `cpu_us` | CPU of the measured process for one operation, in microseconds; null = not known |
| `generator_cpu_us` | the same of the load generator |
| `p50_ms`, `p99_ms` | latency of one operation, median over the rounds |
| `baseline`, `ratio`, `ratio_low`, `ratio_high` | id of the baseline of the same run, and the ratio to it |
| `target`, `reached` | of the design, and whether this run reached it; null = no target |
| `note` | what else to know |
"""


def write(results: Results, data: Path, page: Path) -> None:
    """results.json with results.schema.json, and the page."""
    data.parent.mkdir(parents=True, exist_ok=True)
    page.parent.mkdir(parents=True, exist_ok=True)
    data.write_bytes(msgspec.json.format(msgspec.json.encode(_rounded(results)), indent=1) + b"\n")
    schema = msgspec.json.encode(msgspec.json.schema(Results))
    data.with_name("results.schema.json").write_bytes(msgspec.json.format(schema, indent=1) + b"\n")
    page.write_text("\n".join([HOW_TO_READ, *_found(results), "", FIELDS]), encoding="utf-8")


def lines(results: Results) -> Iterator[str]:
    """The tables, at most 100 columns wide."""
    for prefix, title in PARTS:
        chosen = [figure for figure in results.figures if figure.id.partition(".")[0] == prefix]
        if chosen:
            yield f"### {title}"
            yield from table(chosen)
            yield from _notes(chosen)
            yield ""


def table(figures: Sequence[Figure]) -> Iterator[str]:
    """What | target | reached | ratio | p50, p99 | CPU, as Markdown."""
    rows = [("what", "target", "reached", "ratio", "p50, p99 ms", "CPU us")]
    rows += [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    widths[0] = min(widths[0], WIDTH - sum(widths[1:]) - 3 * len(widths) - 1)
    for number, row in enumerate(rows):
        parts = textwrap.wrap(row[0], widths[0]) or [""]
        for line, part in enumerate(parts):
            cells = (part, *(row[1:] if line == 0 else [""] * (len(row) - 1)))
            yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
        if number == 0:
            yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"


def _row(figure: Figure) -> tuple[str, ...]:
    mark = {True: "", False: " **no**", None: ""}[figure.reached]
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2g}x" if figure.ratio < 10 else f"{figure.ratio:.0f}x"
    latency = "" if figure.p50_ms is None or figure.p99_ms is None else f"{figure.p50_ms:.3g}, {figure.p99_ms:.3g}"
    cpu = (
        ""
        if figure.cpu_us is None
        else f"{figure.cpu_us:,.3g}"
        if figure.cpu_us < 1000
        else f"{figure.cpu_us:,.0f}"
    )
    if figure.generator_cpu_us is not None:
        cpu += f" + {figure.generator_cpu_us:.0f}"
    target = figure.target.replace(", ", ", ")
    return figure.what, target, f"{_short(figure.median)}/s{mark}", ratio, latency, cpu


def _notes(figures: Sequence[Figure]) -> Iterator[str]:
    """What stands behind the numbers: spans, baselines, notes, and what was missed."""
    yield ""
    for figure in figures:
        said = []
        if figure.rounds > 1:
            said.append(f"{_short(figure.low)} to {_short(figure.high)} {figure.unit} in {figure.rounds} rounds")
        if figure.baseline is not None and figure.ratio_low is not None and figure.ratio_high is not None:
            said.append(f"{figure.ratio_low:.3g} to {figure.ratio_high:.3g} times `{figure.baseline}`")
        if figure.note:
            said.append(figure.note)
        if figure.reached is False:
            said.append(f"the target ({figure.target}) is NOT reached in this run")
        text = f"- `{figure.id}`: {'; '.join(said) or 'one run'}."
        yield from textwrap.wrap(
            text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )


def _found(results: Results) -> Iterator[str]:
    machine = results.machine
    memory = "" if machine.memory_gib is None else f", {machine.memory_gib:.0f} GiB"
    yield "## Results"
    if results.quick:
        yield "**These are of a quick run: they show that everything works, not how fast it is.**"
    if results.load[0] is not None and results.load[0] > BUSY:
        yield f"**The machine was busy (load {results.load[0]}): rates are too low and ratios uncertain.**"
        yield ""
    yield f"{results.date}, {results.seconds:.0f} s. {machine.cores} cores ({machine.processor}){memory};"
    yield f"{machine.system}, {machine.python}, SQLite {machine.sqlite}; load {results.load[0]} before the run."
    yield from textwrap.wrap(
        ", ".join(f"{name} {version}" for name, version in machine.packages.items()) + ".", WIDTH
    )
    yield ""
    yield "CPU: microseconds for one operation; `a + b`: a of the server, b of the load generator beside it."
    yield ""
    yield from lines(results)


def _rounded(results: Results) -> Results:
    """Four significant digits: the rest is noise."""
    figures = []
    for figure in results.figures:
        values = msgspec.structs.asdict(figure)
        figures.append(Figure(**{k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in values.items()}))
    return msgspec.structs.replace(results, figures=tuple(figures))


def _short(rate: float) -> str:
    """Three significant digits with thousands."""
    return f"{float(f'{rate:.3g}'):,.0f}" if rate >= 100 else f"{rate:.3g}"
