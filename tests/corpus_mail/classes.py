# SPDX-License-Identifier: Apache-2.0
"""Where forged classes register, with the verdicts that are right for them; never `verified`."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from counterseal.judicial.model import Verdict

Maker = Callable[[Random], bytes]
C = frozenset({Verdict.CONTRADICTS})
N = frozenset({Verdict.NEUTRAL})
U = frozenset({Verdict.CANNOT_VERIFY})
FORGED: dict[str, tuple[Maker, frozenset[Verdict]]] = {}


def forged(verdicts: frozenset[Verdict]) -> Callable[[Maker], Maker]:
    """Enter a class under its function's name."""

    def enter(function: Maker) -> Maker:
        assert function.__name__ not in FORGED, function.__name__
        FORGED[function.__name__] = (function, verdicts)
        return function

    return enter
