# SPDX-License-Identifier: Apache-2.0
"""Reads attacks/incidents/*.yaml, strictly: an unknown key, name or form is a fault. See attacks/README.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from counterseal.core.policy.faults import Faults
from counterseal.core.policy.model import Vocabulary
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, MappingNode, Node
from counterseal.demo.attacks import attacks_directory
from counterseal.gateways.packs import shipped_vocabulary
from counterseal.gateways.yaml_source import read_yaml

STORY = (
    "incident",
    "title",
    "date",
    "platform",
    "confidence",
    "sources",
    "told",
    "window",
    "loss",
    "after",
    "modelled",
)
PLAYED = ("capabilities", "profile", "observed", "history", "expected")
KEYS = ("counterseal", *STORY, "why_not", *PLAYED, "assumed", "demo")
VERDICTS = ("matches", "differs", "unknown", "no_pack")


class Reached(msgspec.Struct, frozen=True):
    """An outflow that is reached. `silent`: nobody is told, and `time` is ms from the first step to the loss; else
    `time` is the window: ms from the first notice that reached the owner to the loss."""

    silent: bool
    time: int


class History(msgspec.Struct, frozen=True):
    """What really happened beside what the packs of that platform say."""

    packs: tuple[str, ...]
    verdict: str
    because: str


class Incident(msgspec.Struct, frozen=True):
    """One incident. `observed`: kinds of outflows seen; `before`: value had left within so many ms, None = unknown.
    `expected`: pack -> outflow or disclosing rule -> how it is reached."""

    id: str
    story: Mapping[str, str]
    sources: tuple[str, ...]
    confidence: str
    modelled: bool
    why_not: str
    capabilities: tuple[str, ...]
    profile: str
    assumed: tuple[str, ...]
    demo: tuple[str, ...]
    observed: tuple[str, ...]
    before: int | None
    history: History
    expected: Mapping[str, Mapping[str, Reached]]


def load_catalogue(directory: Path | None = None) -> tuple[Incident, ...]:
    """Every incident, by number. Raises PolicyFaults."""
    folder = directory or attacks_directory() / "incidents"
    return tuple(load_incident(path.read_bytes()) for path in sorted(folder.glob("*.yaml")))


def load_incident(source: str | bytes) -> Incident:
    """One incident from YAML. Raises PolicyFaults with every fault."""
    faults = Faults()
    found = _Loader(Reader(faults), shipped_vocabulary()).load(read_yaml(source))
    faults.raise_if_any()
    return found


class _Loader:
    def __init__(self, reader: Reader, vocabulary: Vocabulary) -> None:
        self.reader, self.words = reader, vocabulary
        self.kinds = {*vocabulary.outflow_kinds, "disclose_identity"}

    def load(self, node: Node) -> Incident:
        reader = self.reader
        top = reader.keys(node, "an incident", allowed=KEYS, required=("counterseal", *STORY))
        reader.version(top.get("counterseal"))
        modelled = reader.truth(top.get("modelled"), "`modelled`")
        for key in PLAYED if modelled else ("why_not",):
            if key not in top:
                reader.faults.add("key_missing", node.span, f"this incident needs the key `{key}`")
        for key in ("why_not",) if modelled else (*PLAYED, "assumed", "demo"):
            if key in top:
                reader.faults.add("key_misplaced", top[key].key.span, f"this incident cannot have `{key}`")
        observed, before = self.observed(top.get("observed"))
        capabilities = reader.names(top.get("capabilities"), "`capabilities`", self.words.capabilities)
        return Incident(
            id=reader.text(top.get("incident"), "`incident`"),
            story={key: reader.text(top.get(key), key) for key in STORY if key not in {"sources", "modelled"}},
            sources=self.list(top.get("sources")),
            confidence=reader.choice(top.get("confidence"), "confidence", ("high", "medium", "low"), default="low"),
            modelled=modelled,
            why_not=reader.text(top.get("why_not"), "`why_not`"),
            capabilities=texts(capabilities),
            profile=reader.choice(top.get("profile"), "profile", self.words.profiles, default=""),
            assumed=self.list(top.get("assumed")),
            demo=self.list(top.get("demo")),
            observed=observed,
            before=before,
            history=self.history(top.get("history")),
            expected=self.expected(top.get("expected")),
        )

    def list(self, entry: Entry | None) -> tuple[str, ...]:
        return tuple(node.text for node in self.reader.items(entry.value, "a list")) if entry else ()

    def observed(self, entry: Entry | None) -> tuple[tuple[str, ...], int | None]:
        if entry is None:
            return (), None
        keys = self.reader.keys(entry.value, "`observed`", allowed=("outflows", "before"), required=("outflows",))
        kinds = texts(self.reader.names(keys.get("outflows"), "`outflows`", self.kinds, code="outflow_unknown"))
        before = keys.get("before")
        return kinds, self.reader.duration(before.value, "`before`") if before else None

    def history(self, entry: Entry | None) -> History:
        if entry is None:
            return History((), "", "")
        required = ("verdict", "because")
        keys = self.reader.keys(entry.value, "`history`", allowed=("packs", *required), required=required)
        verdict = self.reader.choice(keys.get("verdict"), "verdict", VERDICTS, default="unknown")
        return History(self.list(keys.get("packs")), verdict, self.reader.text(keys.get("because"), "`because`"))

    def expected(self, entry: Entry | None) -> dict[str, dict[str, Reached]]:
        found: dict[str, dict[str, Reached]] = {}
        for pack in self.reader.entries(entry.value, "`expected`") if entry else ():
            if not isinstance(pack.value, MappingNode):
                self.reader.choice(pack, "expectation", ("never",), default="never")
                found[pack.key.text] = {}
                continue
            found[pack.key.text] = {each.key.text: self.reached(each) for each in pack.value.entries}
        return found

    def reached(self, entry: Entry) -> Reached:
        """`24h`, or `silent 24h`."""
        text = self.reader.text(entry, "a window")
        node = self.reader.scalar(entry.value, "a window")
        if node is None:
            return Reached(silent=False, time=0)
        time = msgspec.structs.replace(node, text=text.removeprefix("silent "))
        return Reached(silent=text.startswith("silent "), time=self.reader.duration(time, "a window"))
