# SPDX-License-Identifier: Apache-2.0
"""Writes the mail corpus for `counterseal desk verify`.

    python -m tests.corpus_mail DIR [--each N] [--seed N]

DIR/genuine and DIR/forged (.eml), DIR/anchors, DIR/registry, DIR/names.json (the offline zone), DIR/labels.json
(file -> verdicts that are right).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random

import msgspec
from cryptography.hazmat.primitives import serialization

from counterseal.judicial.model import Verdict
from tests.corpus_mail import FORGED, GENUINE
from tests.corpus_mail.world import world


def write(folder: Path, each: int, seed: int) -> int:
    """How many mails were written."""
    labels: dict[str, list[str]] = {}
    known = {name: (make, frozenset({Verdict.VERIFIED})) for name, make in GENUINE.items()}
    for group, classes in (("genuine", known), ("forged", FORGED)):
        (folder / group).mkdir(parents=True, exist_ok=True)
        for name, (make, right) in classes.items():
            for number in range(each):
                path = folder / group / f"{name}-{number}.eml"
                path.write_bytes(make(Random(f"{seed}/{name}/{number}")))
                labels[f"{group}/{path.name}"] = sorted(right)
    _trust(folder)
    (folder / "labels.json").write_text(json.dumps(labels, indent=1, sort_keys=True) + "\n")
    return len(labels)


def _trust(folder: Path) -> None:
    """Last: the forged classes publish keys of their own."""
    for name in ("anchors", "registry"):
        (folder / name).mkdir(exist_ok=True)
    pem = world().root.certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "anchors" / "root.pem").write_bytes(pem)
    (folder / "anchors" / "root.crl").write_bytes(world().crl)
    (folder / "registry" / "registry.json").write_bytes(msgspec.json.encode(world().registry))
    texts = {
        name: None if answer.status == "unknown" else list(answer.texts) for name, answer in world().zone.items()
    }
    (folder / "names.json").write_bytes(msgspec.json.format(msgspec.json.encode(texts)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=1, help="mails of each class")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"{write(given.folder, given.each, given.seed)} mails in {given.folder}")


if __name__ == "__main__":
    main()
