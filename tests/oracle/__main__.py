# SPDX-License-Identifier: Apache-2.0
"""`make bench-oracle`: whole tables and 1,000 random policies in every engine, timed side by side.

Writes docs/bench/oracle.json and prints it as a table. Exit code 1 when two engines disagree anywhere.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from counterseal.core.policy.model import Policy
from counterseal.gateways.packs import load_pack
from counterseal.prover.findings import Start, start_of
from tests.oracle.promela import Row, Verifier
from tests.oracle.sample import every_set, exact_rows, minimal, sampled_sets, useful
from tests.oracle.solver import Schedule
from tests.support.prover_policies import random_policy

TABLES = (("okx-2024", "totp_user_push"), ("hardened", "totp_user_push"))
CAPABILITIES = 12
BATCH = 32  # sets per run of a verifier
LIMIT = 300_000  # transitions per set of a pack; a larger one is counted as not decided
RANDOM_LIMIT = 150_000
DAY = 86_400_000
OUT = Path(__file__).resolve().parent.parent.parent / "docs" / "bench" / "oracle.json"


class Tally:
    """Figures of one part of the run. `wrong`: sentences about sets on which engines disagree."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = dict.fromkeys(
            ("sets", "not_decided", "states", "transitions", "spin_seconds", "z3_seconds", "exact_seconds"), 0
        )
        self.figures["z3_questions"] = 0
        self.wrong: list[str] = []

    def add(self, **figures: float) -> None:
        """Add to the figures of these names."""
        for name, figure in figures.items():
            self.figures[name] += figure

    def spin(
        self, verifier: Verifier, start: Start, sets: list[frozenset[str]], limit: int
    ) -> dict[frozenset[str], Row]:
        """The rows that SPIN decided."""
        search = verifier.search([(start, one) for one in sets], limit=limit)
        decided = {one: row for one, row in zip(sets, search.rows, strict=True) if row is not None}
        self.add(
            sets=len(sets),
            not_decided=len(sets) - len(decided),
            states=search.states,
            transitions=search.transitions,
            spin_seconds=search.seconds,
        )
        return decided

    def exact(self, policy: Policy, start: Start, decided: dict[frozenset[str], Row]) -> None:
        """Compare the exact search with these rows."""
        names = next(iter(decided.values()), {})
        began = time.process_time()
        ours = exact_rows(policy, start, list(decided), names)
        self.add(exact_seconds=time.process_time() - began)
        for (one, row), mine in zip(decided.items(), ours, strict=True):
            if row != mine:
                self.wrong.append(f"{policy.name} {sorted(one)}: SPIN {row}, exact {mine}")

    def scheduled(self, policy: Policy, start: Start, rows: dict[frozenset[str], Row]) -> None:
        """Z3's minimal sets against those of a whole table."""
        for rule in policy.rules.values():
            if rule.outflow:
                for window in (0, DAY):
                    schedule = Schedule(policy, start, rule.name, window)
                    found = schedule.minimal_sets()
                    self.add(z3_questions=1, z3_seconds=schedule.seconds)
                    if found != minimal(rows, rule.name, window):
                        self.wrong.append(
                            f"{policy.digest} {rule.name} below {window}: Z3 {sorted(map(sorted, found))}"
                        )


def whole_table(name: str, profile: str, progress: Progress) -> Tally:
    """All subsets of twelve capabilities that matter to this pack, those that reach most alone first."""
    policy, tally = load_pack(name), Tally()
    start = start_of(policy.vocabulary.profiles[profile])
    decided: dict[frozenset[str], Row] = {}
    with Verifier(policy, [start], fast=True) as verifier:
        sets = every_set(_most_telling(policy, verifier, start))
        tally.add(spin_seconds=verifier.seconds)
        task = progress.add_task(f"{name}, {profile}", total=len(sets))
        for first in range(0, len(sets), BATCH):
            batch = sets[first : first + BATCH]
            decided |= tally.spin(verifier, start, batch, LIMIT)
            progress.advance(task, len(batch))
    tally.exact(policy, start, decided)
    return tally


def _most_telling(policy: Policy, verifier: Verifier, start: Start) -> list[str]:
    """The twelve capabilities that occur most often in sets of two and three that reach something."""
    names = useful(policy, verifier.words)
    targets = [rule.name for rule in verifier.words.targets]
    sets = sampled_sets(names, 600, seed=3)
    score = dict.fromkeys(names, 0)
    for one, row in zip(sets, exact_rows(policy, start, sets, targets), strict=True):
        for name in one:
            score[name] += sum(1 for value in row.values() if value is not None)
    return sorted(sorted(names, key=lambda name: (-score[name], name))[:CAPABILITIES])


def random_policies(first: int, count: int, scheduled: int, progress: Progress) -> Tally:
    """Every set of six capabilities of so many random policies from this seed on; Z3 on the first ones."""
    tally = Tally()
    task = progress.add_task(f"{count} random policies", total=count)
    for seed in range(first, first + count):
        policy = random_policy(seed)
        start = start_of(policy.vocabulary.profiles["poor" if seed % 3 == 0 else "rich"])
        sets = every_set(list(policy.vocabulary.capabilities))
        with Verifier(policy, [start]) as verifier:
            tally.add(spin_seconds=verifier.seconds)
            before = len(tally.wrong)
            rows = tally.spin(verifier, start, sets, RANDOM_LIMIT)
            tally.exact(policy, start, rows)
            if seed < first + scheduled and len(rows) == len(sets):
                tally.scheduled(policy, start, rows)
            tally.wrong[before:] = [f"seed {seed}: {sentence}" for sentence in tally.wrong[before:]]
        progress.advance(task)
    return tally


def main() -> int:
    """Run, print, write; 1 when anything disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policies", type=int, default=1000, help="random policies for SPIN and the exact search")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first of them")
    parser.add_argument("--scheduled", type=int, default=100, help="of these, for Z3 too")
    parser.add_argument("--no-tables", action="store_true", help="leave the shipped packs out")
    asked = parser.parse_args()
    console, found = Console(), dict[str, Tally]()
    with Progress(console=console) as progress:
        for name, profile in () if asked.no_tables else TABLES:
            found[f"{name}/{profile}"] = whole_table(name, profile, progress)
        found["random"] = random_policies(asked.first, asked.policies, asked.scheduled, progress)
    written: dict[str, Any] = {
        "cpus": os.cpu_count(),
        "capabilities": CAPABILITIES,
        "first": asked.first,
        "policies": asked.policies,
        "parts": {
            name: {**{k: round(v, 2) for k, v in tally.figures.items()}, "disagreements": len(tally.wrong)}
            for name, tally in found.items()
        },
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(written, indent=2) + "\n")
    _print(console, written["parts"])
    for sentence in [sentence for tally in found.values() for sentence in tally.wrong]:
        console.print(sentence)
    return int(any(tally.wrong for tally in found.values()))


def _print(console: Console, parts: dict[str, dict[str, float]]) -> None:
    made = Table("figure", *parts)
    for figure in next(iter(parts.values())):
        made.add_row(figure, *(f"{part[figure]:,}" for part in parts.values()))
    console.print(made)


if __name__ == "__main__":
    raise SystemExit(main())
