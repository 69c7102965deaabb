# SPDX-License-Identifier: Apache-2.0
"""What the witnesses of this installation took, as this process saw it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from counterseal.audit.model import WitnessReport


class Witnessed(msgspec.Struct, frozen=True):
    """One witness. `size` and `taken` (ms): of the checkpoint that it took last, None = none since the start;
    `tried` (ms): the last push, None = none yet; `error`: of that push, "" = it was taken."""

    name: str
    size: int | None = None
    taken: int | None = None
    tried: int | None = None
    error: str = ""


class WitnessBoard:
    """Keeps the last report of each. `names`: of the settings, in their order."""

    def __init__(self, names: Iterable[str]) -> None:
        self._rows = {name: Witnessed(name) for name in names}

    def note(self, report: WitnessReport, now: int) -> None:
        """What came of a push at `now` (ms)."""
        before = self._rows.get(report.witness, Witnessed(report.witness))
        taken = {} if report.error else {"size": report.size, "taken": now}
        self._rows[report.witness] = msgspec.structs.replace(before, tried=now, error=report.error, **taken)

    def rows(self) -> list[Witnessed]:
        """Every witness."""
        return list(self._rows.values())
