# SPDX-License-Identifier: Apache-2.0
"""Loads `attacks/*.yaml`, strictly: every fault with line and column, names checked against the vocabulary."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from counterseal.core.errors import NotFoundError
from counterseal.core.policy.faults import Faults
from counterseal.core.policy.model import Vocabulary
from counterseal.core.policy.reading import Reader, texts
from counterseal.core.policy.source import Entry, MappingNode, Node, SequenceNode
from counterseal.demo.model import Attack, Enrolment, Expected, Known, Move, Payment, Step, Victim
from counterseal.gateways.packs import shipped_vocabulary
from counterseal.gateways.yaml_source import read_yaml

KEYS = (
    *("counterseal", "attack", "incident", "title", "date", "confidence", "sources", "told", "assumed"),
    *("capabilities", "begins", "precursor", "yields", "after", "patience", "victim", "steps", "expected"),
)
REQUIRED = ("counterseal", "attack", "incident", "title", "date", "confidence", "sources", "capabilities", "begins")
PLAYED = ("told", "patience", "victim", "steps", "expected")
VICTIM_KEYS = ("account", "language", "phrase", "factors", "channels", "objects", "reacts", "presses")
MOVE_KEYS = ("action", "objects", "address", "payment", "enrol", "proofs", "patience")
PAYMENT_KEYS = ("asset", "amount", "chain", "destination", "memo")
OUTCOMES = ("drained", "stopped", "disclosed", "refused")
BUTTONS = ("freeze", "cancel")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_PACKAGE = Path(__file__).resolve().parent.parent
_INSTALLED = _PACKAGE / "_attacks"  # in a wheel
_DEVELOPMENT = _PACKAGE.parent.parent / "attacks"  # in a checkout


def attacks_directory() -> Path:
    """Where the shipped attacks lie: beside the package once installed, at the root of a checkout otherwise."""
    return _INSTALLED if _INSTALLED.is_dir() else _DEVELOPMENT


def load_attacks(directory: Path | None = None, vocabulary: Vocabulary | None = None) -> tuple[Attack, ...]:
    """All attacks of a folder in order of time, precursors first. Raises PolicyFaults and NotFoundError."""
    folder = directory or attacks_directory()
    found = [load_attack(path, vocabulary) for path in sorted(folder.glob("*.yaml"))]
    if not found:
        raise NotFoundError(f"there are no attacks in `{folder}`", code="attacks_missing")
    by_id = {attack.id: attack for attack in found}
    if len(by_id) != len(found):
        raise NotFoundError("two attacks have one id", code="attack_repeated")
    for attack in found:
        before = by_id.get(attack.after or "")
        if attack.after is not None and (before is None or not before.precursor):
            sentence = f"`{attack.id}` comes after `{attack.after}`, which is no precursor"
            raise NotFoundError(sentence, code="attack_after")
        if before is not None and not set(before.yields) <= set(attack.capabilities):
            raise NotFoundError(f"`{attack.id}` does not hold what `{before.id}` yields", code="attack_after")
    return tuple(sorted(found, key=lambda attack: (not attack.precursor, attack.begins, attack.id)))


def load_attack(path: Path, vocabulary: Vocabulary | None = None) -> Attack:
    """One attack from its file. Raises PolicyFaults with every fault."""
    return attack_from(path.read_bytes(), vocabulary, file=path.name)


def attack_from(source: str | bytes, vocabulary: Vocabulary | None = None, *, file: str = "") -> Attack:
    """One attack from YAML text."""
    faults = Faults()
    attack = _Loader(Reader(faults), vocabulary or shipped_vocabulary()).load(read_yaml(source), file)
    faults.raise_if_any()
    return attack


class _Loader:
    def __init__(self, reader: Reader, vocabulary: Vocabulary) -> None:
        self.reader = reader
        self.vocabulary = vocabulary
        self.kinds = set(vocabulary.facts.values())

    def load(self, node: Node, file: str) -> Attack:
        reader = self.reader
        top = reader.keys(node, "an attack", allowed=KEYS, required=REQUIRED)
        reader.version(top.get("counterseal"))
        precursor = reader.truth(top.get("precursor"), "`precursor`")
        for key in () if precursor else PLAYED:
            if key not in top:
                reader.faults.add("key_missing", node.span, f"an attack that is played needs the key `{key}`")
        begins, zone = self._moment(top.get("begins"))
        return Attack(
            id=self._id(top.get("attack")),
            incident=reader.text(top.get("incident"), "`incident`"),
            title=reader.text(top.get("title"), "`title`"),
            date=reader.text(top.get("date"), "`date`"),
            confidence=reader.choice(top.get("confidence"), "confidence", ("high", "medium", "low"), default="low"),
            sources=self._texts(top.get("sources")),
            told=reader.text(top.get("told"), "`told`"),
            assumed=self._texts(top.get("assumed")),
            capabilities=self._capabilities(top.get("capabilities")),
            begins=begins,
            zone=zone,
            expected=self._expected(top.get("expected")),
            precursor=precursor,
            yields=self._capabilities(top.get("yields")),
            after=reader.text(top.get("after"), "`after`") or None,
            patience=self._duration(top.get("patience"), "`patience`"),
            victim=self._victim(top["victim"].value) if "victim" in top else None,
            steps=self._steps(top.get("steps")),
            file=file,
        )

    def _id(self, entry: Entry | None) -> str:
        text = self.reader.text(entry, "`attack`")
        if entry is not None and not _ID.match(text):
            self.reader.faults.add("attack_id", entry.key.span, "an attack's id has a-z, 0-9 and `-`")
        return text

    def _texts(self, entry: Entry | None) -> tuple[str, ...]:
        return tuple(node.text for node in self.reader.items(entry.value, "a list")) if entry else ()

    def _capabilities(self, entry: Entry | None) -> tuple[str, ...]:
        known = self.vocabulary.capabilities
        return texts(self.reader.names(entry, "`capabilities`", known, code="capability_unknown"))

    def _duration(self, entry: Entry | None, what: str) -> int:
        return self.reader.duration(entry.value, what) if entry is not None else 0

    def _moment(self, entry: Entry | None) -> tuple[int, int]:
        """Ms since the epoch, and minutes east of UTC."""
        text = self.reader.text(entry, "`begins`")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = datetime.min  # noqa: DTZ901 - without a zone, so that it is refused below
        offset = moment.utcoffset()
        if offset is None:
            if entry is not None:
                self.reader.faults.add("begins_invalid", entry.value.span, "`begins` is no moment with its zone")
            return 0, 0
        return int(moment.timestamp() * 1000), int(offset.total_seconds() // 60)

    def _expected(self, entry: Entry | None) -> dict[str, Expected]:
        found: dict[str, Expected] = {}
        for pack in self.reader.entries(entry.value, "`expected`") if entry else ():
            keys = self.reader.keys(
                pack.value, "an expectation", allowed=("outcome", "at", "told"), required=("outcome",)
            )
            outcome = self.reader.choice(keys.get("outcome"), "outcome", OUTCOMES, default="stopped")
            told = self.reader.choice(keys.get("told"), "`told`", ("silent", "told"), default="") or None
            found[pack.key.text] = Expected(outcome, self.reader.text(keys.get("at"), "`at`"), told)
        return found

    def _victim(self, node: Node) -> Victim:
        reader = self.reader
        keys = reader.keys(node, "a victim", allowed=VICTIM_KEYS, required=("account", "factors", "reacts"))
        channels = []
        for entry in reader.entries(keys["channels"].value, "`channels`") if "channels" in keys else ():
            if entry.key.text not in self.vocabulary.channels:
                reader.faults.add("channel_unknown", entry.key.span, f"`{entry.key.text}` is no channel")
            channels.append((entry.key.text, reader.text(entry, "a contact")))
        return Victim(
            account=reader.text(keys.get("account"), "`account`"),
            language=reader.choice(keys.get("language"), "language", ("en", "zh"), default="en"),
            phrase=reader.text(keys.get("phrase"), "`phrase`"),
            factors=self._enrolments(keys.get("factors")),
            channels=tuple(channels),
            objects=self._known(keys.get("objects")),
            reacts=self._duration(keys.get("reacts"), "`reacts`"),
            presses=texts(reader.names(keys.get("presses"), "`presses`", BUTTONS)),
        )

    def _enrolments(self, entry: Entry | None) -> tuple[Enrolment, ...]:
        """`factor: {contact, age}`, or `factor: {}`."""
        found = []
        for each in self.reader.entries(entry.value, "factors") if entry else ():
            name = each.key.text
            keys = self.reader.keys(each.value, f"the factor `{name}`", allowed=("contact", "age"))
            spec = self.vocabulary.factors.get(name)
            contact = self.reader.text(keys.get("contact"), "`contact`") or None
            if spec is None:
                self.reader.faults.add("factor_unknown", each.key.span, f"`{name[:64]}` is no factor")
            elif spec.contact != (contact is not None):
                says = "needs a contact" if spec.contact else "has no contact"
                self.reader.faults.add("factor_contact", each.key.span, f"`{name}` {says}")
            found.append(Enrolment(name, contact, self._duration(keys.get("age"), "`age`")))
        return tuple(found)

    def _known(self, entry: Entry | None) -> tuple[Known, ...]:
        reader = self.reader
        found = []
        for node in self._items(entry):
            keys = reader.keys(
                node, "an object", allowed=("kind", "id", "facts", "age"), required=("kind", "id", "facts")
            )
            kind = reader.choice(keys.get("kind"), "kind of object", self.kinds, default="session")
            facts = texts(reader.names(keys.get("facts"), "`facts`", self.vocabulary.facts, code="fact_unknown"))
            age = self._duration(keys.get("age"), "`age`")
            found.append(Known(kind, reader.text(keys.get("id"), "`id`"), facts, age))
        return tuple(found)

    def _items(self, entry: Entry | None) -> tuple[Node, ...]:
        if entry is None:
            return ()
        if isinstance(entry.value, SequenceNode):
            return entry.value.items
        self.reader.faults.add("value_type", entry.value.span, f"`{entry.key.text}` must be a list")
        return ()

    def _steps(self, entry: Entry | None) -> tuple[Step, ...]:
        reader = self.reader
        steps: list[Step] = []
        for node in self._items(entry):
            keys = reader.keys(
                node, "a step", allowed=("at", "aim", "ways", "optional"), required=("at", "aim", "ways")
            )
            at = self._duration(keys.get("at"), "`at`")
            if steps and at < steps[-1].at:
                reader.faults.add("step_order", node.span, "a step is earlier than the one before it")
            ways = tuple(self._way(way) for way in self._items(keys.get("ways")))
            optional = reader.truth(keys.get("optional"), "`optional`")
            steps.append(Step(at, reader.text(keys.get("aim"), "`aim`"), ways, optional))
        return tuple(steps)

    def _way(self, node: Node) -> tuple[Move, ...]:
        """One move, or a list of moves that follow each other."""
        return tuple(self._move(each) for each in (node.items if isinstance(node, SequenceNode) else (node,)))

    def _move(self, node: Node) -> Move:
        reader = self.reader
        keys = reader.keys(node, "a move", allowed=MOVE_KEYS, required=("action",))
        objects = []
        for entry in reader.entries(keys["objects"].value, "`objects`") if "objects" in keys else ():
            if entry.key.text not in self.kinds - {"address"}:
                reader.faults.add("kind_unknown", entry.key.span, f"`{entry.key.text}` is no kind of object")
            objects.append((entry.key.text, reader.text(entry, "an id")))
        return Move(
            action=reader.text(keys.get("action"), "`action`"),
            objects=tuple(objects),
            address=self._address(keys.get("address")),
            payment=self._payment(keys.get("payment")),
            enrol=self._enrolments(keys.get("enrol")),
            proofs=texts(
                reader.names(keys.get("proofs"), "`proofs`", self.vocabulary.factors, code="factor_unknown")
            ),
            patience=self._duration(keys.get("patience"), "`patience`") if "patience" in keys else None,
            span=node.span,
        )

    def _address(self, entry: Entry | None) -> tuple[str, str] | None:
        if entry is None:
            return None
        keys = self.reader.keys(
            entry.value, "an address", allowed=("chain", "address"), required=("chain", "address")
        )
        return self.reader.text(keys.get("chain"), "`chain`"), self.reader.text(keys.get("address"), "`address`")

    def _payment(self, entry: Entry | None) -> Payment | None:
        if entry is None:
            return None
        required = ("asset", "amount", "destination")
        keys = self.reader.keys(entry.value, "a payment", allowed=PAYMENT_KEYS, required=required)
        if not all(name in keys for name in required) or not isinstance(entry.value, MappingNode):
            return None
        return Payment(
            asset=self.reader.text(keys["asset"], "`asset`"),
            amount=self.reader.amount(keys["amount"].value, "`amount`"),
            destination=self.reader.text(keys["destination"], "`destination`"),
            chain=self.reader.text(keys.get("chain"), "`chain`"),
            memo=self.reader.text(keys.get("memo"), "`memo`"),
        )
