# SPDX-License-Identifier: Apache-2.0
"""Playbooks and regulators' clocks from their documents, strictly: every fault with line and column. What a clock
says never does anything by itself: it stands in the case, and somebody meets it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from counterseal.core.policy.faults import Faults
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, Node
from counterseal.incidents.model import Deadline, Incident, Kind, Task

KINDS: Final = tuple(kind.value for kind in Kind)
ORIGIN: Final = ("source", "as_of", "confidence", "caveat")
CONFIDENCES: Final = ("high", "medium", "low")
MOMENTS: Final = ("aware", "classified", "opened")
_SLUG: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")


class ClockRule(msgspec.Struct, frozen=True):
    """What is due `within` ms of `start` (aware, classified, opened, or another rule that was met), and at the
    latest `latest` ms after `after`: the earlier one counts."""

    name: str
    title: str
    within: int
    start: str
    latest: int = 0
    after: str = ""


class ClockPack(msgspec.Struct, frozen=True):
    """The clocks of one rule-maker."""

    name: str
    title: str
    kinds: tuple[str, ...]
    rules: tuple[ClockRule, ...]
    source: str
    as_of: str
    confidence: str
    caveat: str


class PlaybookTask(msgspec.Struct, frozen=True):
    """Something to do. `within`: ms of the opening; 0 = no clock."""

    name: str
    title: str
    within: int


class Playbooks(msgspec.Struct, frozen=True):
    """Kind -> what is to be done."""

    name: str
    tasks: Mapping[str, tuple[PlaybookTask, ...]]


def load_clocks(node: Node) -> ClockPack:
    """Read a pack of clocks. Raises PolicyFaults with every fault."""
    faults = Faults()
    reader = Reader(faults)
    keys = ("counterseal", "clocks", "title", "kinds", "rules", *ORIGIN)
    top = reader.keys(node, "a pack of clocks", allowed=keys, required=keys)
    reader.version(top.get("counterseal"))
    entries = reader.entries(top["rules"].value if "rules" in top else None, "`rules`")
    names = [each.key.text for each in entries]
    rules = [_rule(reader, faults, each, names[:number]) for number, each in enumerate(entries)]
    pack = ClockPack(
        _slug(reader, faults, top.get("clocks")),
        reader.text(top.get("title"), "`title`"),
        texts(reader.names(top.get("kinds"), "`kinds`", KINDS)),
        tuple(rules),
        reader.text(top.get("source"), "`source`"),
        _day(reader, faults, top.get("as_of")),
        reader.choice(top.get("confidence"), "confidence", CONFIDENCES, default="low"),
        reader.text(top.get("caveat"), "`caveat`"),
    )
    faults.raise_if_any()
    return pack


def _rule(reader: Reader, faults: Faults, entry: Entry, earlier: Sequence[str]) -> ClockRule:
    needed = ("title", "within", "from")
    held = reader.keys(entry.value, "a clock", allowed=(*needed, "latest", "after"), required=needed)
    if not _SLUG.match(entry.key.text) or entry.key.text in MOMENTS:
        faults.add("name_invalid", entry.key.span, f"`{entry.key.text[:32]}` is no name of a clock")
    if ("latest" in held) != ("after" in held):
        faults.add("clock_half", entry.key.span, "`latest` and `after` go together")
    return ClockRule(
        entry.key.text,
        reader.text(held.get("title"), "`title`"),
        reader.duration(held["within"].value, "`within`") if "within" in held else 0,
        reader.choice(held.get("from"), "moment or earlier clock", (*MOMENTS, *earlier), default="aware"),
        reader.duration(held["latest"].value, "`latest`") if "latest" in held else 0,
        reader.choice(held.get("after"), "moment", MOMENTS, default="aware") if "after" in held else "",
    )


def load_playbooks(node: Node) -> Playbooks:
    """Read playbooks: every kind has one. Raises PolicyFaults with every fault."""
    faults = Faults()
    reader = Reader(faults)
    keys = ("counterseal", "playbooks", "title", *KINDS)
    top = reader.keys(node, "playbooks", allowed=keys, required=keys)
    reader.version(top.get("counterseal"))
    reader.text(top.get("title"), "`title`")
    found: dict[str, tuple[PlaybookTask, ...]] = {}
    for kind in KINDS:
        tasks = []
        for each in reader.entries(top[kind].value if kind in top else None, f"`{kind}`"):
            held = reader.keys(each.value, "a task", allowed=("title", "within"), required=("title",))
            if not _SLUG.match(each.key.text):
                faults.add("name_invalid", each.key.span, f"`{each.key.text[:32]}` is no name of a task")
            within = reader.duration(held["within"].value, "`within`") if "within" in held else 0
            tasks.append(PlaybookTask(each.key.text, reader.text(held.get("title"), "`title`"), within))
        found[kind] = tuple(tasks)
    made = Playbooks(_slug(reader, faults, top.get("playbooks")), found)
    faults.raise_if_any()
    return made


def _slug(reader: Reader, faults: Faults, entry: Entry | None) -> str:
    node = reader.scalar(entry.value, "a name") if entry else None
    if node is not None and not _SLUG.match(node.text):
        faults.add("name_invalid", node.span, f"`{node.text[:32]}` is no name", "Lower-case letters, digits, `_`.")
    return "" if node is None else node.text


def _day(reader: Reader, faults: Faults, entry: Entry | None) -> str:
    text = reader.text(entry, "`as_of`")
    try:
        dt.date.fromisoformat(text or "2026-01-01")
    except ValueError:
        if entry is not None:
            faults.add("date_invalid", entry.value.span, f"`{text[:32]}` is no day")
    return text


class PackSetting:
    """What a case begins with, and what runs as it goes on. See incidents.cases.Setting."""

    def __init__(self, playbooks: Playbooks, clocks: Sequence[ClockPack]) -> None:
        self.playbooks, self.clocks = playbooks, tuple(clocks)

    def tasks(self, case: Incident, at: int) -> Sequence[Task]:
        """The playbook of the case's kind."""
        return [
            Task(
                f"tk_{case.id.rpartition('_')[2]}_{each.name}",
                each.title,
                at + each.within if each.within else None,
                at,
                "playbook",
                rule=each.name,
            )
            for each in self.playbooks.tasks.get(case.kind.value, ())
        ]

    def deadlines(self, case: Incident, _at: int) -> Sequence[Deadline]:
        """Every clock whose beginning is known."""
        return [
            found
            for pack in self.clocks
            if case.kind.value in pack.kinds
            for rule in pack.rules
            if (found := _deadline(pack, rule, case)) is not None
        ]


def _deadline(pack: ClockPack, rule: ClockRule, case: Incident) -> Deadline | None:
    since = _moment(pack, rule.start, case)
    if since is None:
        return None
    due = since + rule.within
    other = _moment(pack, rule.after, case) if rule.after else None
    if other is not None:
        due = min(due, other + rule.latest)
    return Deadline(f"{pack.name}.{rule.name}", rule.title, since, due)


def _moment(pack: ClockPack, name: str, case: Incident) -> int | None:
    if name in MOMENTS:
        return {"aware": case.aware, "classified": case.classified, "opened": case.opened}[name]
    rule = f"{pack.name}.{name}"
    return next((each.met for each in case.deadlines if each.rule == rule), None)
