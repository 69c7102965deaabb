# SPDX-License-Identifier: Apache-2.0
"""What a shadow run counts: action by live outcome by shadow outcome, and examples of what differs. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from counterseal.core.errors import CountersealError
from counterseal.core.policy.model import Policy
from counterseal.prover.history import NOT_DETERMINED, SAME, Fate, Past
from counterseal.prover.history_kept import Kept, Shadow
from counterseal.publishing.model import Example, Run

MOST_EXAMPLES = 100
MOST_ALIKE = 5
"""Examples kept of one action, live outcome and shadow outcome: the newest."""
PREFIX = "account:"


class Stepped(msgspec.Struct, frozen=True):
    """An account after some inputs. `before`, `after`: its fates; `positions`: action -> of its latest input here;
    `spent`, `slowest`: microseconds."""

    account: str
    kept: Kept
    inputs: int
    fresh: bool
    before: dict[str, Fate]
    after: dict[str, Fate]
    positions: dict[str, int]
    skipped: dict[str, int]
    spent: int
    slowest: int


def account_of(subject: str) -> str:
    """The account of a subject, "" for any other kind."""
    return subject.removeprefix(PREFIX) if subject.startswith(PREFIX) else ""


def step(
    policy: Policy, account: str, kept: Kept, pasts: Sequence[Past], *, fresh: bool, other_currency: bool
) -> Stepped:
    """Take these entries. What cannot be replayed at all is counted and stops nothing."""
    shadow = Shadow(policy, account, kept, other_currency=other_currency)
    before = shadow.fates()
    positions: dict[str, int] = {}
    failed: dict[str, int] = {}
    spent = slowest = 0
    for past in pasts:
        begun = time.perf_counter_ns()
        try:
            shadow.take(past)
        except CountersealError as error:
            failed[error.code] = failed.get(error.code, 0) + 1
        took = (time.perf_counter_ns() - begun) // 1000
        spent, slowest = spent + took, max(slowest, took)
        action = getattr(past.input, "action", None) or past.input.id
        positions[action] = past.position
    skipped = shadow.skipped
    for code, count in failed.items():
        skipped[code] = skipped.get(code, 0) + count
    return Stepped(
        *(account, shadow.keep(), len(pasts), fresh, before, shadow.fates(), positions, skipped, spent, slowest)
    )


def tallied(run: Run, stepped: Iterable[Stepped]) -> Run:
    """The run with what these accounts add. A fate that changed moves from one cell to another."""
    cells = {rule: {was: dict(row) for was, row in rows.items()} for rule, rows in run.cells.items()}
    examples, outflows, skipped = list(run.examples), set(run.outflows), dict(run.skipped)
    accounts, inputs, spent, slowest = run.accounts, run.inputs, run.spent, run.slowest
    for one in stepped:
        accounts, inputs = accounts + one.fresh, inputs + one.inputs
        spent, slowest = spent + one.spent, max(slowest, one.slowest)
        for code, count in one.skipped.items():
            skipped[code] = skipped.get(code, 0) + count
        for action, fate in one.after.items():
            earlier = one.before.get(action)
            if earlier is not None and earlier == fate:
                continue
            if earlier is not None:
                _add(cells, earlier, -1)
            _add(cells, fate, 1)
            if fate.outflow:
                outflows.add(fate.rule)
            examples = [each for each in examples if each.action != action]
            if fate.now not in (SAME, NOT_DETERMINED):
                position = one.positions.get(action, run.cursor)
                examples.append(_example(one.account, fate, position))
    return replace(
        run,
        accounts=accounts,
        inputs=inputs,
        cells={rule: rows for rule, rows in sorted(cells.items()) if rows},
        outflows=tuple(sorted(outflows)),
        skipped=skipped,
        examples=_few(examples),
        spent=spent,
        slowest=slowest,
    )


def forget(run: Run, account: str) -> Run:
    """The run without examples of an account that is erased. Counts name nobody and stay."""
    return replace(run, examples=tuple(each for each in run.examples if each.account != account))


def _example(account: str, fate: Fate, position: int) -> Example:
    return Example(
        *(account, fate.action, fate.rule, fate.was, fate.now, fate.at, position, fate.code, fate.text, fate.line)
    )


def _few(examples: Sequence[Example]) -> tuple[Example, ...]:
    """The newest of each sort, and no more than can be read."""
    kept: list[Example] = []
    alike: dict[tuple[str, str, str], int] = {}
    for each in sorted(examples, key=lambda one: -one.position):
        sort = (each.rule, each.was, each.now)
        alike[sort] = alike.get(sort, 0) + 1
        if alike[sort] <= MOST_ALIKE and len(kept) < MOST_EXAMPLES:
            kept.append(each)
    return tuple(kept)


def _add(cells: dict[str, dict[str, dict[str, int]]], fate: Fate, count: int) -> None:
    row = cells.setdefault(fate.rule, {}).setdefault(fate.was, {})
    row[fate.now] = row.get(fate.now, 0) + count
    if not row[fate.now]:
        del row[fate.now]
    if not row:
        del cells[fate.rule][fate.was]
