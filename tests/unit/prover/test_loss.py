# SPDX-License-Identifier: Apache-2.0
"""What is lost before the owner stops it, by the formula of docs/prover-model.md."""

from __future__ import annotations

from decimal import Decimal

import pytest

from counterseal.prover.findings import Gift
from counterseal.prover.loss import loss_of
from tests.support.duel import DAY, HOUR, duel

POLICY = duel(
    "give_out: {verb: disclose, subject: request, require: letter, discloses: kba}",
    """
    withdraw: {require: password, limit: 1000.50/24h}
    p2p:      {require: password, limit: 10/1h}
    card:     {require: password}
    """,
)


@pytest.mark.parametrize(
    ("windows", "reacts", "amount"),
    [
        ({}, DAY, "0"),
        ({"withdraw": DAY}, DAY, "0"),
        ({"withdraw": 0}, 0, "0"),
        ({"withdraw": DAY - 1}, DAY, "1000.50"),
        ({"withdraw": 0}, DAY, "1000.50"),
        ({"withdraw": 0}, DAY + 1, "2001.00"),
        ({"withdraw": HOUR}, DAY + HOUR, "1000.50"),
        ({"p2p": 0}, DAY, "240"),
        ({"p2p": 30 * HOUR, "withdraw": 0}, DAY, "1000.50"),
        ({"p2p": 90 * 60_000, "withdraw": 0}, 2 * HOUR, "1010.50"),
        ({"withdraw": None}, DAY, None),
        ({"withdraw": None}, 0, None),
        ({"card": 0}, DAY, None),
        ({"card": DAY}, DAY, "0"),
        ({"give_out": None, "p2p": 0}, HOUR, "10"),
    ],
)
def test_loss(windows: dict[str, int | None], reacts: int, amount: str | None) -> None:
    assert loss_of(POLICY, windows, reacts) == (None if amount is None else Decimal(amount))


def test_without_limits_every_outflow_in_time_is_unlimited() -> None:
    gift = Gift(no_limits=True)
    assert loss_of(POLICY, {"p2p": 0}, HOUR, gift) is None
    assert loss_of(POLICY, {"p2p": HOUR}, HOUR, gift) == Decimal(0)
