# SPDX-License-Identifier: Apache-2.0
"""Many replayed accounts in numbers: per action how often it is the same, asks for more, waits, or is not known."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from counterseal.prover.history import (
    ALLOWED,
    CHALLENGED,
    CLASSES,
    DENIED,
    HELD,
    NOT_DETERMINED,
    NOT_REPLAYED,
    SAME,
    AccountHistory,
    Fate,
)
from counterseal.prover.history_incidents import Incident, Named, incidents_of


class Changed(msgspec.Struct, frozen=True):
    """An action whose fate is not the recorded one. `incident`: the name of the incident it belongs to."""

    account: str
    incident: str
    fate: Fate


class Part(msgspec.Struct, frozen=True):
    """Some accounts, as one worker found them. `counts`: action -> class -> how many honest ones; `holds`: action
    -> extra ms of each that is now held and whose end is known; `lacking`: action -> factor -> how many lack it;
    `codes`: why something cannot be replayed -> how many."""

    accounts: int
    inputs: int
    identical: int
    counts: dict[str, dict[str, int]]
    outflows: frozenset[str]
    holds: dict[str, list[int]]
    lacking: dict[str, dict[str, int]]
    changed: tuple[Changed, ...]
    incidents: tuple[Incident, ...]
    skipped: dict[str, int]
    codes: dict[str, int]


class Row(msgspec.Struct, frozen=True):
    """One action of honest owners. Shares are of those that are determined; None = none is.

    `median_hold`: ms that the held ones wait longer, where the end is known (`known_holds` of them).
    `lacking`: factor -> how many of the challenged and held do not have a proof of it, by any way left open.
    """

    action: str
    outflow: bool
    asked: int
    same: int
    challenged: int
    held: int
    denied: int
    allowed: int
    not_determined: int
    not_replayed: int
    share_challenged: float | None
    share_held: float | None
    share_denied: float | None
    median_hold: int | None
    known_holds: int
    lacking: Mapping[str, int]


class Report(msgspec.Struct, frozen=True):
    """The whole answer of `replay`. Times ms. `erased`: accounts whose data are gone; `honest`: actions that are
    in no incident; `changed`: every action whose fate differs, incidents' too."""

    policy: str
    digest: str
    since: int
    until: int
    accounts: int
    erased: int
    inputs: int
    identical: int
    honest: int
    actions: tuple[Row, ...]
    incidents: tuple[Incident, ...]
    changed: tuple[Changed, ...]
    not_replayed: Mapping[str, int]
    skipped: Mapping[str, int]


def part_of(histories: Iterable[AccountHistory], named: Sequence[Named]) -> Part:
    """Count a few accounts. What is in no incident counts as honest."""
    counts: dict[str, dict[str, int]] = {}
    holds: dict[str, list[int]] = {}
    lacking: dict[str, dict[str, int]] = {}
    skipped: dict[str, int] = {}
    codes: dict[str, int] = {}
    changed: list[Changed] = []
    incidents: list[Incident] = []
    outflows: set[str] = set()
    accounts = inputs = identical = 0
    for history in histories:
        accounts, inputs, identical = accounts + 1, inputs + history.inputs, identical + history.identical
        found = incidents_of(history, named)
        incidents += found
        belongs = {action: one.name for one in found for action in one.actions}
        _add(skipped, history.skipped)
        for fate in history.fates:
            incident = belongs.get(fate.action, "")
            if fate.outflow:
                outflows.add(fate.rule)
            if fate.now != SAME:
                changed.append(Changed(history.account, incident, fate))
            if fate.now == NOT_REPLAYED:
                codes[fate.code] = codes.get(fate.code, 0) + 1
            if not incident:
                _count(fate, counts.setdefault(fate.rule, dict.fromkeys(CLASSES, 0)), holds, lacking)
    return Part(
        accounts,
        inputs,
        identical,
        counts,
        frozenset(outflows),
        holds,
        lacking,
        tuple(changed),
        tuple(incidents),
        skipped,
        codes,
    )


def _count(
    fate: Fate, row: dict[str, int], holds: dict[str, list[int]], lacking: dict[str, dict[str, int]]
) -> None:
    row[fate.now] += 1
    if fate.now == HELD and fate.more is not None:
        holds.setdefault(fate.rule, []).append(fate.more)
    for factor in {name for way in fate.lacks for name in way}:
        mine = lacking.setdefault(fate.rule, {})
        mine[factor] = mine.get(factor, 0) + 1


def _add(to: dict[str, int], more: Mapping[str, int]) -> None:
    for key, value in more.items():
        to[key] = to.get(key, 0) + value


def report_of(
    parts: Sequence[Part], *, policy: str, digest: str, since: int, until: int, erased: int = 0
) -> Report:
    """Put the parts together. The order of the parts does not matter."""
    names = sorted({name for part in parts for name in part.counts})
    rows = [_row(name, parts) for name in names]
    skipped: dict[str, int] = {}
    codes: dict[str, int] = {}
    for part in parts:
        _add(skipped, part.skipped)
        _add(codes, part.codes)
    changed = sorted((x for part in parts for x in part.changed), key=lambda x: (x.fate.asked, x.fate.action))
    incidents = sorted((x for part in parts for x in part.incidents), key=lambda x: (x.name, x.account))
    return Report(
        policy,
        digest,
        since,
        until,
        accounts=sum(part.accounts for part in parts),
        erased=erased,
        inputs=sum(part.inputs for part in parts),
        identical=sum(part.identical for part in parts),
        honest=sum(row.asked for row in rows),
        actions=tuple(sorted(rows, key=lambda row: (not row.outflow, -row.asked, row.action))),
        incidents=tuple(incidents),
        changed=tuple(changed),
        not_replayed=dict(sorted(codes.items())),
        skipped=dict(sorted(skipped.items())),
    )


def _row(name: str, parts: Sequence[Part]) -> Row:
    total = dict.fromkeys(CLASSES, 0)
    lacking: dict[str, int] = {}
    holds: list[int] = []
    for part in parts:
        _add(total, part.counts.get(name, {}))
        _add(lacking, part.lacking.get(name, {}))
        holds += part.holds.get(name, [])
    determined = sum(total[key] for key in (SAME, CHALLENGED, HELD, DENIED, ALLOWED))

    def share(key: str) -> float | None:
        return None if not determined else round(total[key] / determined, 4)

    return Row(
        action=name,
        outflow=any(name in part.outflows for part in parts),
        asked=sum(total.values()),
        same=total[SAME],
        challenged=total[CHALLENGED],
        held=total[HELD],
        denied=total[DENIED],
        allowed=total[ALLOWED],
        not_determined=total[NOT_DETERMINED],
        not_replayed=total[NOT_REPLAYED],
        share_challenged=share(CHALLENGED),
        share_held=share(HELD),
        share_denied=share(DENIED),
        median_hold=None if not holds else int(statistics.median(holds)),
        known_holds=len(holds),
        lacking=dict(sorted(lacking.items())),
    )
