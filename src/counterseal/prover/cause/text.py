# SPDX-License-Identifier: Apache-2.0
"""A report in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from counterseal.prover.cause.model import CauseReport, Sufficient
from counterseal.prover.report.times import span


def explain(report: CauseReport) -> str:
    """The report, one finding a line, each part under its own heading: they are never one claim."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: CauseReport) -> Iterator[str]:
    yield "STEPS"
    begun = min((step.at for step in report.steps if step.who == "attacker"), default=0)
    for step in report.steps:
        moment = f"+{span(step.at - begun)}" if step.at >= begun else f"-{span(begun - step.at)}"
        why = "; ".join(step.why_who)
        yield f"  {step.n}. {moment} {step.account}: {step.did} [{step.who}, {step.sure}: {why}]"
    yield from _part("OTHER READINGS", [f"step {one.step}: {one.sentence}" for one in report.alternatives])
    yield from _part("GAPS", [one.sentence for one in report.gaps])
    yield from _part("WHAT WOULD HAVE SUFFICED", _sets(report.sufficient))
    yield from _part("IF EVERY UNKNOWN STEP WAS THE ATTACKER'S", _sets(report.otherwise))
    yield from _part("SEEN BEFORE", [one.sentence for one in report.precursors])
    yield from _part("WHAT WOULD DECIDE", [f"{one.capability}: {one.datum}" for one in report.would_decide])
    yield from _part("THE CONTROL THAT LET IT THROUGH", [one.sentence for one in report.failed_control])
    yield from _part("UNDER ANOTHER POLICY", [one.sentence for one in report.counterfactuals])
    yield from _part("SINGLE EDITS THAT WOULD HAVE STOPPED IT", [f"{x.what}: {x.how}" for x in report.edits])
    yield from _part("WHO ANSWERS FOR WHAT", [f"{one.kind}: {one.sentence}" for one in report.classes])
    yield from _part("THE PLATFORM ITSELF", [f"{report.integrity.verdict}: {report.integrity.sentence}"])
    yield from _part("NOT DECIDED", report.undecided)


def _part(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield heading
        yield from (f"  {line}" for line in lines)


def _sets(sets: Sequence[Sufficient]) -> list[str]:
    return [
        " + ".join("/".join((name, *one.instead.get(name, ()))) for name in one.capabilities) or "nothing at all"
        for one in sets
    ]
