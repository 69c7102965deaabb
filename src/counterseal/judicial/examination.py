# SPDX-License-Identifier: Apache-2.0
"""One document from its bytes to its report: its kind, the check in the sandbox, names it needs, the verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from counterseal.judicial.findings import found
from counterseal.judicial.model import (
    MOST_BYTES,
    Answer,
    Checked,
    Context,
    Finding,
    Report,
    verdict_of,
)
from counterseal.judicial.ports import Names, Opener, SandboxError

MOST_ROUNDS: Final = 4  # a signature's key, then a policy, then its parent domain's
MOST_NAMES: Final = 64
REFUSED: Final = {"office": "office_file", "archive": "archive", "image": "image_only", "other": "kind_unknown"}
"""Kinds that are not opened, and the finding that says what to ask the sender for."""


class Examiner:
    """`kind_of` tells what bytes are without parsing them."""

    def __init__(self, opener: Opener, names: Names, kind_of: Callable[[bytes], str]) -> None:
        self._opener, self._names, self.kind_of = opener, names, kind_of

    def examine(self, data: bytes, context: Context) -> Report:
        """The report on these bytes. Blocks for up to some 25 s; raises nothing of the document's making."""
        kind = self.kind_of(data)
        refused = _refused(kind, data)
        if refused is not None:
            return report_of(data, Checked(kind, (refused,)))
        try:
            return report_of(data, self._checked(kind, data, context))
        except SandboxError as error:
            return report_of(data, Checked(kind, (found("no_sandbox", reason=error.sentence),)))

    def _checked(self, kind: str, data: bytes, context: Context) -> Checked:
        answers: dict[str, Answer] = dict(context.names)
        checked = self._opener.check(kind, data, context)
        for _ in range(MOST_ROUNDS):
            missing = [name for name in checked.needs if name not in answers][:MOST_NAMES]
            if not missing:
                break
            answers |= _all(missing, self._names.lookup(missing))
            checked = self._opener.check(kind, data, msgspec.structs.replace(context, names=answers))
        return checked


def report_of(data: bytes, checked: Checked) -> Report:
    """The report that follows from a check."""
    return Report(
        kind=checked.kind,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        verdict=verdict_of(checked.findings),
        findings=checked.findings,
        signer=checked.signer,
        covered=checked.covered,
        pages=checked.pages,
    )


def _refused(kind: str, data: bytes) -> Finding | None:
    if not data:
        return found("empty")
    if len(data) > MOST_BYTES:
        return found("too_large", size=len(data), most=MOST_BYTES)
    return found(REFUSED[kind]) if kind in REFUSED else None


def _all(asked: list[str], given: Mapping[str, Answer]) -> dict[str, Answer]:
    """An answer for each, so that the next round cannot ask for the same again."""
    return {name: given.get(name, Answer("unknown")) for name in asked}
