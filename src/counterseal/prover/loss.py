# SPDX-License-Identifier: Apache-2.0
"""What can be lost before the owner stops it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from counterseal.core.policy.model import Policy
from counterseal.prover.findings import Gift
from counterseal.prover.replay import NO_GIFT


def loss_of(policy: Policy, windows: Mapping[str, int | None], reacts: int, gift: Gift = NO_GIFT) -> Decimal | None:
    """The loss in the accounting currency if the owner needs `reacts` ms; None = without limit.

    `windows`: outflows that can be reached -> ms from the first notice, None = silent (docs/prover-model.md, Loss).
    Rules that only disclose lose no value.
    """
    total = Decimal(0)
    for name, window in windows.items():
        rule = policy.rules[name]
        if not rule.outflow or (window is not None and window >= reacts):
            continue
        if window is None or rule.limit is None or gift.no_limits:
            return None
        periods = -((window - reacts) // rule.limit.period)  # rounded up
        total += rule.limit.amount * periods
    return total
