# SPDX-License-Identifier: Apache-2.0
"""What the bound says about one goal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

BEFORE = -(1 << 62)
"""The time of what is had before the first notice, when every wait is free."""


class Reached(msgspec.Struct, frozen=True):
    """What is reached of one goal. `silent`: mask of sets. `windows`: (ms, mask of the sets that reach it by then),
    ascending; a later mask holds the earlier ones."""

    silent: int
    windows: tuple[tuple[int, int], ...]

    def within(self, window: int) -> int:
        """The sets that reach it silently or with a window shorter than this."""
        found = self.silent
        for time, mask in self.windows:
            if time < window:
                found |= mask
        return found

    @property
    def ever(self) -> int:
        """The sets that reach it at all."""
        return self.silent | (self.windows[-1][1] if self.windows else 0)

    def window(self, position: int) -> int | None:
        """The window of the set at a position: BEFORE = silent, None = never."""
        if self.silent >> position & 1:
            return BEFORE
        return next((time for time, mask in self.windows if mask >> position & 1), None)


def windows_at(
    reached: Mapping[str, Reached], position: int, goals: Iterable[str], horizon: int = -BEFORE
) -> dict[str, int | None]:
    """The windows of the set at a position that are shorter than `horizon` (ms); None = silent. Goals that it does
    not reach so soon are absent."""
    found: dict[str, int | None] = {}
    for goal in goals:
        one = reached.get(goal)
        window = None if one is None else one.window(position)
        if window is not None and window < horizon:
            found[goal] = None if window == BEFORE else window
    return found
