# SPDX-License-Identifier: Apache-2.0
"""Which accounts and capability sets the engines are compared on, and the comparison itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from random import Random

from counterseal.core.policy.model import CapabilitySpec, Policy
from counterseal.prover.findings import Start, start_of
from counterseal.prover.game import compile_game
from counterseal.prover.table import table
from tests.oracle.promela import Row, Search, Verifier
from tests.oracle.words import Words, words_of


def starts_of(policy: Policy) -> list[Start]:
    """The accounts of the profiles, one for each game: profiles that differ only in factors that no kept rule names
    and in channels on which no kept rule tells anybody play the same one."""
    starts = [start_of(profile) for profile in policy.vocabulary.profiles.values()]
    words = words_of(policy, starts)
    told = {channel for rule in words.rules for channel in rule.notify or ()}
    found = {(start.enrolled & set(words.factors), start.channels & told): start for start in reversed(starts)}
    return list(reversed(found.values()))


def useful(policy: Policy, words: Words) -> list[str]:
    """Capabilities that have anything to do with the rules."""
    named = {*words.factors, *words.facts}

    def counts(spec: CapabilitySpec) -> bool:
        return bool((spec.proves | spec.once | spec.gives | spec.gives_once) & named or spec.mutes)

    return [name for name, spec in policy.vocabulary.capabilities.items() if counts(spec)]


def every_set(names: Sequence[str]) -> list[frozenset[str]]:
    """All subsets, small ones first."""
    return [frozenset(c) for size in range(len(names) + 1) for c in combinations(names, size)]


def sampled_sets(names: Sequence[str], count: int, seed: int) -> list[frozenset[str]]:
    """None, each alone, then different sets of two to five, small ones more often."""
    found = dict.fromkeys([frozenset[str](), *(frozenset({name}) for name in names)])
    chance = Random(seed)
    most = min(count, 2 ** len(names))
    while len(found) < most:
        size = chance.choice((2, 2, 2, 3, 3, 4, 5))
        found.setdefault(frozenset(chance.sample(names, min(size, len(names)))))
    return list(found)[:count]


def exact_rows(policy: Policy, start: Start, sets: Iterable[Collection[str]], names: Collection[str]) -> list[Row]:
    """The exact search in the oracle's form; `names`: outflows and rules that disclose."""
    sets = list(sets)
    windows = table(compile_game(policy, start), sets)
    rows: list[Row] = []
    for one in sets:
        row: Row = dict.fromkeys(names)
        for name, window in windows[frozenset(one)].items():
            row[name] = "silent" if window is None else window
        rows.append(row)
    return rows


def differences(
    policy: Policy, verifier: Verifier, start: Start, sets: Sequence[frozenset[str]], *, limit: int = 0
) -> tuple[list[str], Search]:
    """Sentences about the sets on which SPIN and the exact search do not agree, and SPIN's answer."""
    search = verifier.search([(start, one) for one in sets], limit=limit)
    names = [rule.name for rule in verifier.words.targets]
    decided = [(one, row) for one, row in zip(sets, search.rows, strict=True) if row is not None]
    exact = exact_rows(policy, start, [one for one, _ in decided], names)
    return [
        f"{policy.name}, {sorted(start.enrolled)}, {sorted(start.channels)}, {sorted(one)}: {row}, exact {ours}"
        for (one, row), ours in zip(decided, exact, strict=True)
        if row != ours
    ], search


def minimal(rows: dict[frozenset[str], Row], outflow: str, window_ms: int | None) -> set[frozenset[str]]:
    """The minimal sets of a table with a silent way or one with a shorter window (None = any way)."""

    def works(value: int | str | None) -> bool:
        return value is not None and (value == "silent" or window_ms is None or int(value) < window_ms)

    able = [one for one, row in rows.items() if works(row[outflow])]
    return {one for one in able if not any(other < one for other in able)}
