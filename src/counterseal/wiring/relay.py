# SPDX-License-Identifier: Apache-2.0
"""Joins what outsiders hear: the fan-out, webhooks over guarded calls, and the bus if settings name one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from counterseal.core.transaction import Store
from counterseal.gateways.outbound import Outbound, Rules
from counterseal.gateways.webhook_http import HttpPoster
from counterseal.http.metrics import Metrics
from counterseal.http.routers import webhooks
from counterseal.http.services import Check, Clock
from counterseal.settings import Settings
from counterseal.webhooks.service import Webhooks
from counterseal.workers.loop import cause, running
from counterseal.workers.relay import FanOut, Relay, Subscription, Told
from counterseal.workers.webhooks import WebhookWorker

if TYPE_CHECKING:
    from counterseal.gateways.bus_nats import NatsBus

ROUTERS = (webhooks.router,)
BUS = "bus"

Turn = Callable[[], Awaitable[int]]
WORKERS = (("fan-out", "spread", 0.25), ("relay", "relay", 0.25), ("webhooks", "calls", 0.5))
"""Name, part, seconds to wait when there was nothing to do."""


class Relays:
    """The area's services and workers. `watches`: what is degraded while it does not answer."""

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, random: Callable[[int], bytes], metrics: Metrics
    ) -> None:
        self._works = settings.workers
        plain = settings.webhook_http or clock.simulated
        self._poster = HttpPoster(Outbound(Rules(settings.webhook_networks, plain)))
        self._bus = _bus(settings)
        subscriptions = () if self._bus is None else (Subscription(BUS, self._publish),)
        self.spread = FanOut(store, clock, subscriptions)
        self.relay = Relay(store, clock, subscriptions, count=metrics.relayed)
        self.calls = WebhookWorker(store, clock, self._poster, count=metrics.relayed)
        self.areas: dict[type, object] = {Webhooks: Webhooks(store, clock, random, self._poster)}
        self.watches: dict[str, Check] = {} if self._bus is None else {BUS: self._look}

    async def turn(self) -> int:
        """One of each, to the end: for a simulated clock."""
        return await self.spread.turn() + await self.relay.turn() + await self.calls.turn(whole=True)

    @contextlib.asynccontextmanager
    async def running(self, watched: Callable[[str, Turn], Turn]) -> AsyncIterator[None]:
        """Run all in the background. `watched`: the same turn, counted under a name."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                if self._works:
                    for name, part, pause in WORKERS:
                        turn = watched(name, self._turn_of(part))
                        await stack.enter_async_context(running(name, turn, pause))
                yield
        finally:
            await self.calls.close()
            await self._poster.close()
            if self._bus is not None:
                await self._bus.close()

    def _turn_of(self, name: str) -> Turn:
        """The turn of whatever stands there by then."""
        return lambda: getattr(self, name).turn()

    async def _publish(self, told: Told) -> None:
        if self._bus is not None:
            await self._bus.publish(told.type, told.account, told.id, told.body, trace=cause() or "")

    async def _look(self) -> str | None:
        return self.relay.faults.get(BUS)


def _bus(settings: Settings) -> NatsBus | None:
    if settings.bus_url is None:
        return None
    from counterseal.gateways.bus_nats import NatsBus  # noqa: PLC0415 - a large library that few need

    credentials = None if settings.bus_credentials is None else str(settings.bus_credentials)
    return NatsBus(settings.bus_url.get_secret_value(), credentials=credentials)
