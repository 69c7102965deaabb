# SPDX-License-Identifier: Apache-2.0
"""The corpus as a list of documents with what they are, and as a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec

from counterseal.judicial.model import Verdict
from tests.corpus.classes import FORGED
from tests.corpus.genuine import Maker
from tests.corpus.genuine_tools import GENUINE, TO_CONVERT
from tests.corpus.pki import pki


@dataclass(frozen=True)
class Document:
    """One file. `group`: genuine, to_convert (genuine, but not opened), or the forged class's area;
    `verdicts`: any of these is right."""

    name: str
    group: str
    number: int
    verdicts: frozenset[Verdict]
    maker: Maker
    seed: int

    def data(self) -> bytes:
        """The bytes, the same for the same seed."""
        seed = hashlib.sha256(f"{self.seed} {self.name} {self.number}".encode()).digest()
        return self.maker(Random(seed))


def documents(seed: int = 1, each: int = 1, *, genuine_each: int | None = None) -> Iterator[Document]:
    """All classes, `each` documents of each."""
    for name, (maker, verdicts) in GENUINE.items():
        group = "to_convert" if verdicts == TO_CONVERT else "genuine"
        for number in range(genuine_each or each):
            yield Document(name, group, number, verdicts, maker, seed)
    for name, (group, maker, verdicts) in FORGED.items():
        for number in range(each):
            yield Document(name, group, number, verdicts, maker, seed)


def write(folder: Path, seed: int, each: int) -> int:
    """Write everything; how many documents."""
    labels = []
    for document in documents(seed, each):
        path = folder / document.group / f"{document.name}-{document.number}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = document.data()
        path.write_bytes(data)
        labels.append(
            {
                "file": str(path.relative_to(folder)),
                "class": document.name,
                "group": document.group,
                "verdicts": sorted(document.verdicts),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    (folder / "labels.json").write_bytes(msgspec.json.format(msgspec.json.encode(labels)))
    _trust(folder)
    return len(labels)


def _trust(folder: Path) -> None:
    """Pinned anchors and CRLs, and the registry, as `counterseal desk verify` reads them."""
    people = pki()
    for part in ("anchors", "registry"):
        (folder / part).mkdir(exist_ok=True)
    for name in ("root_a", "root_b"):
        (folder / "anchors" / f"{name}.cer").write_bytes(people[name].der)
    for number, crl in enumerate(people.crls):
        (folder / "anchors" / f"{number}.crl").write_bytes(crl)
    (folder / "registry" / "registry.json").write_bytes(msgspec.json.format(msgspec.json.encode(people.registry)))
