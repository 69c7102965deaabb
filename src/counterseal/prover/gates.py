# SPDX-License-Identifier: Apache-2.0
"""What of the clocks matters: not when each was restarted last, only when each conjunction of waits is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from counterseal.prover.game import Cube, Waits


def gates_of(cubes: Iterable[Cube]) -> tuple[Waits, ...]:
    """The conjunctions that cubes ask for, or, where that is fewer, each wait for a clock alone."""
    whole = dict.fromkeys(cube.since for cube in cubes if cube.since)
    apart = dict.fromkeys((wait,) for gate in whole for wait in gate)
    return tuple(sorted(whole if len(whole) <= len(apart) else apart))


def parts_of(since: Waits, gates: Collection[Waits]) -> tuple[Waits, ...]:
    """The gates that are open when these waits are over, and only then."""
    if not since:
        return ()
    return (since,) if since in gates else tuple((wait,) for wait in since)
