# SPDX-License-Identifier: Apache-2.0
"""What `replay` says to a person: sentences and two tables of at most 100 columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import typer

from counterseal.cli.output import WIDTH, table
from counterseal.prover.history import HELD, NOT_DETERMINED, NOT_REPLAYED, Fate
from counterseal.prover.history_incidents import DELAYED, NOTHING_LEFT, Incident
from counterseal.prover.history_report import Report, Row

SHOWN = 20
HOUR, MINUTE = 3_600_000, 60_000
VERDICTS = {
    "stopped": "stopped",
    "delayed": "delayed",
    "not_stopped": "NOT stopped",
    "not_determined": "not determined",
    "nothing_left": "nothing had left",
}


def tell(report: Report, seconds: float) -> None:
    """Print the report."""
    end = when(report.until)
    begin = f"from {when(report.since)} to {end}" if report.since else f"up to {end}"
    erased = f", {report.erased} erased accounts left out" if report.erased else ""
    typer.echo(
        f"{report.inputs:,} inputs of {report.accounts:,} accounts {begin}{erased}.\n"
        f"Replayed under `{report.policy}` in {seconds:.1f} s; {report.identical:,} inputs led to the very same."
    )
    _incidents(report)
    _actions(report)
    _rest(report)


def _incidents(report: Report) -> None:
    typer.echo()
    if not report.incidents:
        typer.echo("No incidents: the record tells of none, and none was stated (--incidents).")
        return
    rows = [[one.name, VERDICTS[one.verdict], _step(one.step), _gain(one)] for one in report.incidents[:SHOWN]]
    table("Incidents", ["incident", "verdict", "parts from the record at", "because"], rows)
    if len(report.incidents) > SHOWN:
        typer.echo(f"... and {len(report.incidents) - SHOWN} more (--json shows all)")


def _step(step: Fate | None) -> str:
    if step is None:
        return "nowhere"
    line = f" (line {step.line})" if step.line else ""
    return f"{step.rule}{line}, {when(step.at)}: now {step.now}"


def _gain(one: Incident) -> str:
    if one.step is None:
        return one.why
    said = [one.why or one.step.text] if one.verdict != NOTHING_LEFT else [one.step.text]
    if one.step.lacks:
        said.append(f"lacks {ways(one.step.lacks)}")
    if one.more is not None and one.step.now == HELD:
        word = "only " if one.verdict == DELAYED else ""
        said.append(f"the owner had {word}{long(one.more)} more")
    return "; ".join(text for text in said if text)


def _actions(report: Report) -> None:
    typer.echo()
    if not report.actions:
        typer.echo("No action of honest owners lies in this time.")
        return
    rows = [_row(row) for row in report.actions]
    heads = ["action", "asked", "same", "challenged", "held", "longer", "denied", "allowed", "not known"]
    table("Actions in no incident: what would differ", heads, rows)
    typer.echo("Shares are of the actions that are determined; `longer`: median of the known extra waits.")
    for row in report.actions:
        if row.lacking:
            worst = sorted(row.lacking.items(), key=lambda item: (-item[1], item[0]))[:4]
            typer.echo(_cut(f"{row.action}: " + ", ".join(f"{count:,} without {name}" for name, count in worst)))


def _row(row: Row) -> list[str]:
    return [
        row.action,
        f"{row.asked:,}",
        f"{row.same:,}",
        _share(row.challenged, row.share_challenged),
        _share(row.held, row.share_held),
        "" if row.median_hold is None else long(row.median_hold),
        _share(row.denied, row.share_denied),
        f"{row.allowed:,}" if row.allowed else "",
        f"{row.not_determined + row.not_replayed:,}" if row.not_determined + row.not_replayed else "",
    ]


def _share(count: int, share: float | None) -> str:
    return "" if not count or share is None else f"{count:,} ({share:.1%})"


def _rest(report: Report) -> None:
    for line in _unknown(report):
        typer.echo(_cut(line))


def _unknown(report: Report) -> Iterator[str]:
    rests = sum(one.fate.now == NOT_DETERMINED for one in report.changed)
    if rests:
        yield f"Not determined: {rests:,} actions rest on an action that would have ended otherwise."
    cannot = sum(one.fate.now == NOT_REPLAYED for one in report.changed)
    if cannot:
        codes = ", ".join(f"{code} {count:,}" for code, count in report.not_replayed.items())
        yield f"Cannot be replayed: {cannot:,} actions ({codes})."
    if report.skipped:
        codes = ", ".join(f"{code} {count:,}" for code, count in report.skipped.items())
        yield f"Left out: {sum(report.skipped.values()):,} other inputs ({codes})."


def ways(lacks: tuple[tuple[str, ...], ...]) -> str:
    """`totp, or passkey and email`."""
    return ", or ".join(" and ".join(names) for names in lacks)


def when(ms: int) -> str:
    """UTC, to the minute."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M")


def long(ms: int) -> str:
    """A duration: minutes below two hours, hours below three days, else days."""
    if ms < 2 * HOUR:
        return f"{max(0, round(ms / MINUTE))} min"
    return f"{ms / HOUR:.0f} h" if ms < 72 * HOUR else f"{ms / (24 * HOUR):.1f} d"


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
