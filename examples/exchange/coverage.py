# SPDX-License-Identifier: Apache-2.0
"""Coverage: does a redeemed seal stand behind everything that left? Run it every hour, and read what it prints.

It reads the postings, not what an entry says of itself, so a payment made by hand in the ledger is found. It is a
process of its own with a token that can only read (audit:read): the payer must not be its own auditor.
"""

from __future__ import annotations

from typing import Final

from counterseal.sdk import Counterseal
from counterseal.sdk.ask import Left
from counterseal.sdk.replies import Coverage, Uncovered
from examples.exchange.ledger import Ledger, Loss

BATCH: Final = 500


def compare(guard: Counterseal, ledger: Ledger, since: int, until: int) -> Coverage:
    """What left in [since, until) ms against what was redeemed."""
    losses = ledger.losses(since, until)
    examined = covered = 0
    uncovered: list[Uncovered] = []
    for first in range(0, len(losses), BATCH):
        # A fresh key each time: the answer to the same question may be another one now.
        found = guard.coverage([_left(loss) for loss in losses[first : first + BATCH]])
        examined, covered = examined + found.examined, covered + found.covered
        uncovered.extend(found.uncovered)
    return Coverage(examined, covered, tuple(uncovered))


def _left(loss: Loss) -> Left:
    return Left(
        reference=loss.entry,
        account=loss.account,
        asset=loss.asset,
        amount=loss.amount,
        at=loss.at,
        seal=loss.seal,
    )
