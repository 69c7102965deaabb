# SPDX-License-Identifier: Apache-2.0
"""SPIN as an oracle: one verifier per policy, which decides any number of (account, capability set) pairs.

The search is exhaustive: bit-state and hash-compact modes are off, there is no partial-order reduction, and a run
that hit a limit of depth or memory raises.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.prover.findings import Start
from tests.oracle.c_text import c_text, promela_text
from tests.oracle.words import Words, words_of

Case = tuple[Start, frozenset[str]]
Row = dict[str, int | str | None]
"""Outflow or disclosing rule -> None (never), "silent", or the window in ms."""

MEMORY = 1_500  # MB that one run may take
DEPTH = 2_000_000  # transitions on one path
SECONDS = 900
COMPILE = ("-w", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-DNOCLAIM", f"-DMEMLIM={MEMORY}")


class OracleError(RuntimeError):
    """SPIN, the C compiler or the verifier did not finish an exhaustive search."""


class Search(msgspec.Struct, frozen=True):
    """What one run answered and took; a row is None where the case was larger than the limit. `seconds`: CPU."""

    rows: list[Row | None]
    states: int
    transitions: int
    seconds: float


class Verifier:
    """The compiled verifier of one policy; a context manager, for its files.

    `starts`: those it will be asked about. `fast`: for large searches; it takes the compiler longer.
    `plain`: nothing is sliced away.
    """

    def __init__(self, policy: Policy, starts: Sequence[Start], *, fast: bool = False, plain: bool = False) -> None:
        self.policy = policy
        self.words = words_of(policy, starts)
        self.folder = tempfile.TemporaryDirectory(prefix="oracle-")
        self.path = Path(self.folder.name)
        self.seconds = 0.0
        if self.words.targets:
            (self.path / "game.h").write_text(c_text(policy, self.words))
            (self.path / "game.pml").write_text(promela_text(self.words))
            self._run("spin", "-a", "game.pml")
            more = ["-DPLAIN_GAME=1"] if plain else []
            self._run("cc", "-O2" if fast else "-O0", *more, *COMPILE, "-o", "pan", "pan.c")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.folder.cleanup()

    def search(self, cases: Sequence[Case], *, limit: int = 0) -> Search:
        """A row for each case; None for one that takes more than `limit` transitions (0 = any number).

        Raises OracleError if a search was cut short otherwise.
        """
        if not self.words.targets or not cases:
            return Search([{} for _ in cases], 0, 0, 0.0)
        lines = [
            f"{len(cases)} {limit}",
            *(" ".join(map(str, _numbers(self.policy, self.words, case))) for case in cases),
        ]
        (self.path / "cases").write_text("\n".join(lines))
        before = self.seconds
        text = self._run("./pan", f"-m{DEPTH}", "-w16", "-b", "-E", "-n", ORACLE_CASES=str(self.path / "cases"))
        _exhaustive(text)
        rows = [self._row(line.split()[1:]) for line in text.splitlines() if line.startswith("ROW")]
        if len(rows) != len(cases):
            raise OracleError(f"{len(rows)} rows for {len(cases)} cases:\n{text}")
        return Search(rows, _figure(text, "states, stored"), _figure(text, "transitions"), self.seconds - before)

    def _row(self, values: list[str]) -> Row | None:
        if "-3" in values:
            return None
        found: Row = {}
        for rule, value in zip(self.words.targets, map(int, values), strict=True):
            found[rule.name] = None if value == -2 else "silent" if value == -1 else value * self.words.unit
        return found

    def _run(self, *command: str, **environment: str) -> str:
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            command,
            cwd=self.path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.seconds += ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
        if done.returncode != 0:
            raise OracleError(
                f"{command[0]} failed ({done.returncode}):\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done.stdout


def table(policy: Policy, cases: Sequence[Case], *, fast: bool = False) -> list[Row]:
    """A row for each (account, capability set), in order. Raises OracleError, never a partial answer."""
    with Verifier(policy, [start for start, _ in cases], fast=fast) as verifier:
        return [row for row in verifier.search(cases).rows if row is not None]


def _exhaustive(text: str) -> None:
    """Raise unless this is the report of a whole search: SPIN says so by what it does not say."""
    for sign in ("max search depth too small", "out of memory", "MEMLIM", "Search not completed", "VECTORSZ"):
        if sign in text:
            raise OracleError(f"{sign}:\n{text[-2000:]}")
    found = re.search(r"errors: (\d+)", text)
    if found is None or found[1] != "0" or "Full statespace search" not in text:
        raise OracleError(f"no whole search:\n{text[-2000:]}")


def _figure(text: str, label: str) -> int:
    found = re.search(rf"^\s*([0-9.e+]+) {label}", text, re.MULTILINE)
    if found is None:
        raise OracleError(f"no figure `{label}`:\n{text[-2000:]}")
    return int(float(found[1]))


def _numbers(policy: Policy, words: Words, case: Case) -> list[int]:
    """One case as the verifier reads it (struct Case of c_text)."""
    start, capabilities = case
    specs = [policy.vocabulary.capabilities[name] for name in capabilities]
    muted = {name for spec in specs for name in spec.mutes}
    given = {name for spec in specs for name in spec.gives}
    free = given | {name for spec in specs for name in spec.gives_once}
    proves = words.bits((f for spec in specs for f in spec.proves), words.factors)
    ages = [
        cap if name in free else min(cap, start.facts.get(name, 0) // words.unit) for name, cap in words.age.items()
    ]
    since = [
        min(cap, start.since[name] // words.unit) if name in start.since else cap
        for name, cap in words.since.items()
    ]
    return [
        words.bits(start.enrolled, words.factors),
        words.bits(start.bound, words.factors),
        words.bits(start.channels - muted, words.channels),
        proves,
        words.bits(capabilities, words.once),
        words.bits(given, words.facts),
        words.bits(free | start.facts.keys(), words.facts),
        *since,
        *ages,
        *(0 if name in start.enrolled else start.fading.get(name, 0) // words.unit for name in words.fades),
    ]
