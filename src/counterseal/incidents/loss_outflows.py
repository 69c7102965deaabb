# SPDX-License-Identifier: Apache-2.0
"""What left an account by redeemed seals, from its own events. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from counterseal.core import events as e
from counterseal.core.account import Request
from counterseal.core.loss.model import Outflow
from counterseal.prover.history import Past

TRADES: Final = frozenset({"offmarket_trade"})
"""Outflows for which something comes in."""


class Leaving(msgspec.Struct):
    """What was read of an account so far, up to `position`: requests with a value, and outflows by action."""

    account: str
    position: int = -1
    asked: dict[str, Request] = {}
    left: dict[str, Outflow] = {}

    def read(self, pasts: Iterable[Past]) -> None:
        """Take in further entries, in log order."""
        for past in pasts:
            self.position = past.position
            for event in past.events:
                self._take(past, event)

    def _take(self, past: Past, event: e.Event) -> None:
        if isinstance(event, e.Asked) and event.request.payment is not None:
            self.asked[event.action] = event.request
        elif isinstance(event, e.Redeemed) and (request := self.asked.get(event.action)) is not None:
            self.left[event.action] = _outflow(self.account, past, event, request)
        elif isinstance(event, e.Reported) and event.spend is None and event.action in self.left:
            self.left[event.action] = msgspec.structs.replace(self.left[event.action], returned=True)


def outflows_of(account: str, pasts: Iterable[Past]) -> tuple[Outflow, ...]:
    """The outflows of an account, in log order: each redeemed seal once, those abandoned marked `returned`."""
    found = Leaving(account)
    found.read(pasts)
    return tuple(found.left.values())


def _outflow(account: str, past: Past, event: e.Redeemed, request: Request) -> Outflow:
    payment = request.payment
    assert payment is not None  # noqa: S101 - only such requests are kept
    return Outflow(
        account=account,
        at=event.at,
        position=past.position,
        action=event.action,
        rule=request.rule,
        asset=payment.asset,
        amount=payment.amount,
        destination=payment.destination,
        session=request.objects.get("session", ""),
        seal=event.seal.id,
        trade=request.rule in TRADES,
    )
