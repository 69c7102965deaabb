# SPDX-License-Identifier: Apache-2.0
"""The part of a lock that is needed for the run time, or for one named package, with its hashes.

    needed.py requirements.lock            what the program itself needs
    needed.py requirements.lock hatchling  what this package needs, itself included

It follows the lock's own `# via` lines backwards: a package is there for whoever is named below it.
"""

# ruff: noqa: INP001 - a program
from __future__ import annotations

import re
import sys
from pathlib import Path

PROJECT = "counterseal (pyproject.toml)"
NAME = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==")


def entries(lock: str) -> dict[str, tuple[str, set[str]]]:
    """Name -> its lines without comments, and for whom it is there."""
    found: dict[str, tuple[str, set[str]]] = {}
    for part in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]:
        name = NAME.match(part)
        if name is None:
            raise SystemExit(f"not a pinned package: {part.splitlines()[0]}")
        lines = part.splitlines()
        comments = [line.strip().lstrip("#").strip() for line in lines if line.strip().startswith("#")]
        users = {line.removeprefix("via").strip() for line in comments} - {""}
        kept = "\n".join(line for line in lines if line.strip() and not line.strip().startswith("#"))
        found[name[1].lower()] = (kept, users)
    return found


def needed(lock: str, seed: str | None = None) -> str:
    """The text of the smaller lock."""
    packages = entries(lock)
    chosen = {name for name, (_, users) in packages.items() if (PROJECT in users if seed is None else name == seed)}
    if not chosen:
        raise SystemExit(f"nothing in the lock is there for {seed or PROJECT}")
    while more := {n for n, (_, users) in packages.items() if n not in chosen and users & chosen}:
        chosen |= more
    return "\n".join(packages[name][0] for name in sorted(chosen)) + "\n"


if __name__ == "__main__":
    lock, *seeds = sys.argv[1:]
    sys.stdout.write(needed(Path(lock).read_text("utf-8"), *seeds))
