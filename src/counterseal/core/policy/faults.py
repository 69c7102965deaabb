# SPDX-License-Identifier: Apache-2.0
"""Faults of a document: collected, so that a person sees all of them at once.

PolicyError
└── PolicyFaults     every fault of one document, in the order of the text (`faults`)
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from counterseal.core.errors import PolicyError, Span

MAX_SHOWN = 50
"""Faults kept of one document: a hostile one must not produce a report larger than itself."""

_MAX_NAME = 64  # longer words are not compared: a typo is near a name, not near a paragraph


class Lint(msgspec.Struct, frozen=True):
    """A finding with a stable code, one sentence and what to do. `severity`: error | warning."""

    code: str
    sentence: str
    hint: str
    span: Span
    severity: str = "error"


class PolicyFaults(PolicyError):  # noqa: N818 - it holds errors, it is not one
    """All faults of one document; the first gives the message, `faults` has each with its span."""

    def __init__(self, faults: Iterable[PolicyError]) -> None:
        ordered = tuple(sorted(faults, key=lambda fault: (fault.span.line, fault.span.column)))
        first = ordered[0]
        super().__init__(first.sentence, span=first.span, code=first.code, hint=first.hint)
        self.faults = ordered

    def __str__(self) -> str:
        return "\n".join(f"{PolicyError.__str__(fault)} [{fault.code}]" for fault in self.faults)

    def diagnostics(self) -> str:
        """Each fault on its own line, with its hint."""
        return "\n".join(
            f"line {fault.span.line}, column {fault.span.column}: {fault.diagnostics()} [{fault.code}]"
            for fault in self.faults
        )


class Faults:
    """Collects faults while a document is read."""

    def __init__(self) -> None:
        self.found: list[PolicyError] = []

    def add(self, code: str, span: Span, sentence: str, hint: str = "") -> None:
        """Note a fault."""
        if len(self.found) < MAX_SHOWN:
            self.found.append(PolicyError(sentence, span=span, code=code, hint=hint))

    def raise_if_any(self) -> None:
        """Raise PolicyFaults when something was found."""
        if self.found:
            raise PolicyFaults(self.found)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean X?`, or the known words when none is near and they are few, or nothing."""
    names = sorted(set(known))
    near = [(distance, name) for name in names if (distance := _distance(word, name)) <= max(1, len(word) // 3)]
    if near:
        return f"Did you mean `{min(near)[1]}`?"
    return f"Known: {', '.join(names)}." if 0 < len(names) <= 40 else ""  # noqa: PLR2004 - a readable line


def _distance(left: str, right: str) -> int:
    """Levenshtein distance."""
    if max(len(left), len(right)) > _MAX_NAME:
        return _MAX_NAME
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
