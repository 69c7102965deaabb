# SPDX-License-Identifier: Apache-2.0
"""What given sets of capabilities can do to many accounts: the bound, once for each shape.

The bound never misses an attack, so no account that can be drained in this way is called safe; it may call one
exposed that the exact search would clear.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.prover.bound import bound
from counterseal.prover.case import Case
from counterseal.prover.exposure import Severity, severity
from counterseal.prover.findings import Start
from counterseal.prover.minimal import EVER
from counterseal.prover.reached import windows_at
from counterseal.prover.shapes import Shape, Shaper
from counterseal.prover.space import these

Names = tuple[str, ...]


class Reach(msgspec.Struct, frozen=True):
    """The worst that these sets can do. `window`: ms between the first notice and the value leaving, None = silent;
    `outflow` "" = value never leaves. `enough`: the owner has the time that owners need."""

    capabilities: Names
    outflow: str
    window: int | None
    enough: bool


class Reaches:
    """Sets of capabilities against accounts under one policy. `window`: ms that owners need."""

    def __init__(self, policy: Policy, sets: Sequence[Names], window: int) -> None:
        unknown = sorted({name for names in sets for name in names} - policy.vocabulary.capabilities.keys())
        self.unknown = tuple(unknown)
        self.policy, self.window = policy, window
        self.sets = tuple(sorted({tuple(sorted(names)) for names in sets if not set(names) & set(unknown)}))
        self.shapes = 0
        self._shaper = Shaper(policy)
        self._kept: dict[Shape, Reach] = {}

    def known(self, start: Start) -> Reach | None:
        """The same, where an account of this skeleton was asked about before."""
        return self._kept.get(self._shaper.shape(start).skeleton)

    def of(self, start: Start) -> Reach:
        """Of an account that stands like this. Windows do not depend on clocks, so one answer serves all accounts
        of a skeleton (docs/prover-model.md, The bound)."""
        skeleton = self._shaper.shape(start).skeleton
        found = self._kept.get(skeleton)
        if found is None:
            self.shapes += 1
            found = self._kept[skeleton] = self._proved(skeleton.start)
        return found

    def _proved(self, start: Start) -> Reach:
        case = Case(self.policy, start)
        reached = bound(case.game, these(case.classes, self.sets))
        worst = Reach((), "", None, enough=True)
        least: Severity = EVER
        for position, names in enumerate(self.sets):
            for goal, window in windows_at(reached, position, case.outflows).items():
                if severity(window) < least:
                    least = severity(window)
                    worst = Reach(names, goal, window, enough=least >= self.window)
        return worst
