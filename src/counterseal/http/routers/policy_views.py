# SPDX-License-Identifier: Apache-2.0
"""Versions, verdicts and shadow runs as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from counterseal.http.routers import policy_bodies as b
from counterseal.http.staff_names import named
from counterseal.publishing.model import Run, Verdict, Version
from counterseal.publishing.shadow import lag_of


def verdict_view(verdict: Verdict, in_force: str) -> b.VerdictView:
    """A verdict as it is shown and signed."""

    def gains(found: tuple[object, ...]) -> list[b.GainView]:
        return [msgspec.convert(msgspec.to_builtins(each), b.GainView) for each in found]

    return b.VerdictView(
        digest=verdict.digest,
        against=verdict.against,
        current=verdict.against == in_force,
        at=verdict.at,
        took=verdict.took,
        weaker=verdict.is_weaker,
        failing=verdict.failing,
        properties=[msgspec.convert(msgspec.to_builtins(each), b.PropertyView) for each in verdict.properties],
        gained=gains(verdict.weaker),
        lost=gains(verdict.stronger),
        worse=list(dict.fromkeys(name for _, name in verdict.worse)),
        owner=[msgspec.convert(msgspec.to_builtins(each), b.LossView) for each in verdict.owner],
        rules=[b.RuleView(kind=kind, rule=rule, line=line) for kind, rule, line in verdict.rules],
        vocabulary=verdict.vocabulary,
        concerned=verdict.concerned,
        locked_out=verdict.locked_out,
        apart=list(verdict.apart),
    )


def row_of(
    found: Version, state: b.State, names: Mapping[str, str], *, approval: str = "", examining: bool, fault: str
) -> b.VersionRow:
    """A version in a list."""
    verdict = found.verdict
    return b.VersionRow(
        version=found.id,
        digest=found.digest,
        number=found.number,
        name=found.name,
        state=state,
        author=named(found.author, names),
        at=found.at,
        note=found.note,
        published=found.published[-1].at if found.published else None,
        approval=approval,
        verdict="" if verdict is None else verdict.digest,
        weaker=verdict is not None and verdict.is_weaker,
        failing=0 if verdict is None else verdict.failing,
        examining=examining,
        fault=fault,
    )


def version_view(row: b.VersionRow, found: Version, names: Mapping[str, str], in_force: str) -> b.VersionView:
    """A version with its documents."""
    return b.VersionView(
        **msgspec.structs.asdict(row),
        text=found.text,
        vocabulary=found.vocabulary,
        proof=None if found.verdict is None else verdict_view(found.verdict, in_force),
        publications=[
            b.PublicationView(
                at=each.at,
                by=[named(one, names) for one in each.by],
                replaced=each.replaced,
                verdict=each.verdict,
            )
            for each in found.published
        ],
        carried={rule: list(clocks) for rule, clocks in found.carried.items()},
    )


def shadow_view(run: Run, size: int, names: Mapping[str, str], *, accounts: bool) -> b.ShadowView:
    """The run; `accounts`: whether the caller may read which accounts the examples are of."""
    cells = [
        b.CellView(action=action, outflow=action in run.outflows, was=was, now=now, count=count)
        for action, rows in run.cells.items()
        for was, row in rows.items()
        for now, count in row.items()
    ]
    examples = [b.ExampleView(**msgspec.structs.asdict(each)) for each in run.examples]
    if not accounts:
        examples = [msgspec.structs.replace(each, account="") for each in examples]
    state: Literal["running", "stopped", "cleared"] = "running"
    if run.state != "running":
        state = "stopped" if run.state == "stopped" else "cleared"
    return b.ShadowView(
        version=run.version,
        digest=run.digest,
        name=run.name,
        state=state,
        by=named(run.by, names),
        started=run.started,
        ended=run.ended,
        lag=lag_of(run, size),
        accounts=run.accounts,
        inputs=run.inputs,
        mean=run.spent // run.inputs if run.inputs else 0,
        slowest=run.slowest,
        cells=sorted(cells, key=lambda each: (not each.outflow, each.action, each.was, each.now)),
        skipped=run.skipped,
        examples=examples,
    )
