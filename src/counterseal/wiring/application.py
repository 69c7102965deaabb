# SPDX-License-Identifier: Apache-2.0
"""The only place that names concrete adapters: settings in, a running application out."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import msgspec
from fastapi import FastAPI

from counterseal.audit.ports import LogReader
from counterseal.audit.service import LogService
from counterseal.audit.witnessed import WitnessBoard
from counterseal.factors.throttle import FleetBudget
from counterseal.gateways.chance import draw
from counterseal.gateways.clock import SimulatedClock, SystemClock
from counterseal.gateways.packs import configured_pack
from counterseal.guard.accounts import Accounts
from counterseal.guard.brakes import Brakes
from counterseal.guard.posture import Postures
from counterseal.guard.prices import PushedPrices
from counterseal.guard.requests import Valuer
from counterseal.guard.sealing import Sealer
from counterseal.guard.service import Actions
from counterseal.guard.settlement import Settlement
from counterseal.guard.tools import Tools
from counterseal.http.app import create_app
from counterseal.http.edge import Guard
from counterseal.http.edge import KeySet as KeySetPort
from counterseal.http.metrics import Metrics
from counterseal.http.routers import (
    accounts,
    actions,
    brakes,
    home,
    log,
    pages,
    passkeys,
    posture,
    seals,
    system,
    testing,
)
from counterseal.http.routers.channels import router as channels_router
from counterseal.http.routers.keys import KeyRotation
from counterseal.http.routers.keys import router as keys_router
from counterseal.http.routing import Router
from counterseal.http.services import Services
from counterseal.notices.service import Sender
from counterseal.settings import Settings
from counterseal.wiring import console, investigating
from counterseal.wiring.attestations import AttestationKeys, WatchedAccess
from counterseal.wiring.channels import build_channels, build_witnesses, channel_areas
from counterseal.wiring.desk import ROUTERS as DESK_ROUTERS
from counterseal.wiring.desk import JudicialDesk
from counterseal.wiring.keys import BoardLogKeys, KeyBoard, SealSigners
from counterseal.wiring.losses import ROUTERS as LOSS_ROUTERS
from counterseal.wiring.losses import LossWork
from counterseal.wiring.observed import Observed
from counterseal.wiring.owner import ROUTERS as OWNER_ROUTERS
from counterseal.wiring.owner import build_owner
from counterseal.wiring.passkeys import ceremonies
from counterseal.wiring.policies import FollowingEnrollers, FollowingVerifiers, Policies
from counterseal.wiring.publishing import ROUTERS as PUBLISHING_ROUTERS
from counterseal.wiring.publishing import Publishing
from counterseal.wiring.relay import ROUTERS as RELAY_ROUTERS
from counterseal.wiring.relay import Relays
from counterseal.wiring.rotation import rotations
from counterseal.wiring.staff import ROUTERS as STAFF_ROUTERS
from counterseal.wiring.staff import build_staff
from counterseal.wiring.stores import master_key, open_clock, open_store
from counterseal.wiring.unverified import UnsafeBelievingVerifiers
from counterseal.wiring.verifiers import AccountThrottle, Enrollers, FleetThrottle, Verifiers
from counterseal.workers.checkpoints import CheckpointWorker
from counterseal.workers.loop import running
from counterseal.workers.outbox import OutboxWorker
from counterseal.workers.pulse import Pulse
from counterseal.workers.timers import TimerWorker

MOST_TURNS = 10_000
WORK = frozenset({"outbox", "timers", "checkpoints", "witnesses", "sweep"})  # with the relays: see settings.workers
ROUTERS = tuple(each.router for each in (accounts, posture, actions, passkeys, seals, log, system, pages, home))
ROUTERS = (*ROUTERS, brakes.router, channels_router, keys_router, *console.ROUTERS, *STAFF_ROUTERS, *OWNER_ROUTERS)
ROUTERS = (*ROUTERS, *RELAY_ROUTERS, *PUBLISHING_ROUTERS, *DESK_ROUTERS, *investigating.ROUTERS, *LOSS_ROUTERS)
TEST_ROUTERS = (testing.router,)  # only on a simulated clock, and only where `test_scopes` is set


class Application:
    """Everything that runs. `async with` opens it; `app` is the ASGI application (its lifespan opens it too)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.master = master_key(settings)
        self.store = open_store(settings, self.master)
        self.clock = open_clock(settings, self.store)
        self.metrics = Metrics()
        self.access = WatchedAccess(
            *(self.store, self.clock, os.urandom), test_scopes=self.clock.simulated, attest=settings.test_scopes
        )
        self.policies = Policies(configured_pack(settings.policy, settings.vocabulary), self.store)
        self.losses = LossWork(settings, self.store, self.clock, self.policies)
        self.publishing = Publishing(self.store, self.policies, self._now, os.urandom)
        self.observed = Observed(settings, self.metrics, self.store, self.policies)
        self.attestations = AttestationKeys(self.access)
        self.access.changed = self.attestations.load
        self.keys = KeyBoard(self.store, self.master, self._now)
        self.keys.gauges = self.metrics

    def _now(self) -> int:
        """The clock as it is now: a test may give this application another one."""
        return self.clock.now()

    async def compare_clocks(self) -> int:
        """Hold the machine's clock against the one that all processes share, where there is one."""
        if isinstance(self.clock, SystemClock) and (shared := await self.store.server_time()) is not None:
            self.clock.compare(shared)
        return 0

    async def build(self) -> FastAPI:
        """Make the keys, join the areas, and give the ASGI application."""
        settings, store, clock = self.settings, self.store, self.clock
        await self.compare_clocks()
        now = clock.now()
        guard = await self.guard()
        self.observed.guard(guard)
        await self.keys.publish(settings.root_key_file, now)
        await self.attestations.load()
        log_keys = BoardLogKeys(self.keys, settings.log_origin)
        self.log_service = log_service = LogService(store.log, log_keys, build_witnesses(settings))
        self.relays = Relays(settings, store, clock, os.urandom, self.metrics)
        secret = self.keys.secret("disclosure")
        around = (settings, store, clock, os.urandom, secret, lambda: store.epoch)
        self.desk = JudicialDesk(*around, policies=self.policies, guard=guard)
        trace, followups = self.keys.secret("trace"), self.desk.followup.followups
        mine = (store, store.feed, clock, os.urandom, settings.workers)
        self.investigating = investigating.Investigating(*mine, guard=guard, followups=followups, key=trace)
        workers, settle, board = self._workers(guard, log_service)
        self.console = console.Console(store, settings.database.parent, lambda: self.policies.current)
        areas: dict[type, object] = {
            Guard: guard,
            KeySetPort: self.keys,
            KeyRotation: rotations(settings, self.keys),
            LogService: log_service,
            WitnessBoard: board,
            LogReader: store.log,
            **self.console.areas,
            **self.relays.areas,
            **self.publishing.areas,
            **self.desk.areas,
            **self.investigating.areas,
            **self.losses.areas(self.desk.platform, self.investigating.records, self.investigating.causes),
            PushedPrices: guard.prices,
            Brakes: Brakes(guard.tools),
            passkeys.Ceremonies: self.passkeys,
            pages.OwnerPages: pages.OwnerPages(self.keys.secrets("page"), store.epoch, settings.platform_name),
        }
        areas |= build_owner(settings, guard.tools, self.keys.secrets("owner-link"), lambda: store.epoch)
        areas |= self.staff() | channel_areas(settings, self.policies.current.vocabulary.channels, clock.now)
        if isinstance(clock, SimulatedClock):
            areas[system.Simulation] = system.Simulation(clock, settle, store.due)
        if self.outbox is not None:
            areas[system.Outbox] = self.outbox
        routers: tuple[Router, ...] = ROUTERS
        if self.test_scopes:
            believing = msgspec.structs.replace(guard.tools, verifiers=UnsafeBelievingVerifiers(os.urandom))
            areas[testing.Unverified] = testing.Unverified(Actions(believing, guard.actions.valuer))
            routers = (*ROUTERS, *TEST_ROUTERS)
        services = Services(
            settings=settings,
            store=store,
            clock=clock,
            access=self.access,
            policy=self.policies,
            metrics=self.metrics,
            areas=areas,
            watches=self.relays.watches,
            workers=(
                *workers,
                self.console.open,
                self.publishing.worker,
                self.desk.running,
                self.investigating.running,
            ),
            checks={"writing": store.check},
            layers=self.observed.layers,
            pseudonym_key=self.keys.secret("pseudonym"),
        )
        return create_app(services, routers=routers)

    def staff(self) -> dict[type, object]:
        """The services of the staff area."""
        key, store = self.keys.secret("staff-passkey"), self.store
        return build_staff(self.settings, store, self.clock, os.urandom, key=key, epoch=lambda: store.epoch)

    @property
    def test_scopes(self) -> bool:
        """Whether factors may count as proved by a word: never on a store that saw a real clock."""
        return self.settings.test_scopes and self.clock.simulated

    async def guard(self) -> Guard:
        """The guard's services over this store."""
        await self.publishing.open()
        await self.keys.open()
        settings, clock = self.settings, self.clock
        self.passkeys = ceremonies(settings, self.keys.secret("passkey"), os.urandom, self.store, clock.now)
        prices = PushedPrices(self.store, self.clock, self.losses.kept)
        await prices.load()
        tools = Tools(
            store=self.store,
            policies=self.policies,
            clock=self.clock,
            random=draw,
            verifiers=FollowingVerifiers(
                self.policies,
                lambda words: Verifiers(
                    *(words, self.attestations.keys, self.keys.secret("code"), os.urandom, self.passkeys)
                ),
            ),
            throttle=AccountThrottle(),
        )
        return Guard(
            tools=tools,
            actions=Actions(tools, Valuer(prices, self.settings.price_staleness_ms)),
            accounts=Accounts(tools),
            postures=Postures(tools),
            settlement=Settlement(tools),
            sealer=Sealer(self.settings.log_origin, SealSigners(self.keys)),
            prices=prices,
            enroller=FollowingEnrollers(
                self.policies,
                lambda words: Enrollers(
                    *(words, os.urandom, self.settings.platform_name, self.passkeys), unverified=self.test_scopes
                ),
            ),
            fleet=FleetThrottle(FleetBudget()),
            max_price_age=self.settings.price_staleness_ms,
            counters=self.metrics,
        )

    def _workers(
        self, guard: Guard, log_service: LogService
    ) -> tuple[
        tuple[Callable[[], AbstractAsyncContextManager[None]], ...], Callable[[], Awaitable[None]], WitnessBoard
    ]:
        settings, clock = self.settings, self.clock
        names = self.policies.current.vocabulary.channels
        channels, self.outbox = build_channels(settings, names, clock.now)
        channels = self.observed.channels(channels)
        sender = Sender(settings.public_url, settings.platform_name, self.keys.secrets("page"), self.store.epoch)
        outbox = OutboxWorker(self.store, clock, guard.accounts, channels, sender, count=self.metrics.notice)
        timers = TimerWorker(self.store, clock, guard.accounts, lag=self.metrics.timers_lag)
        pause = settings.checkpoint_interval_ms if self.store.shared and not clock.simulated else 0
        points = CheckpointWorker(log_service, clock, self.metrics, lambda: self.store.epoch, pause=pause)

        async def settle() -> None:
            for _ in range(MOST_TURNS):
                if not await outbox.turn() + await timers.turn() + await self.relays.turn():
                    return

        async def sweep() -> int:
            if clock.trusted():  # a jump would remove replies that a repeated write still needs
                await self.store.sweep(clock.now())
            return 0

        drift = clock.drift if isinstance(clock, SystemClock) else lambda: 0
        pulse = Pulse(
            self.store, self.store.log, clock, self.metrics, drift=drift, waiting=lambda: self.store.waiting
        )

        turns = (
            ("pulse", pulse.turn, 1.0),
            ("outbox", outbox.turn, 0.1),
            ("timers", timers.turn, 0.25),
            ("checkpoints", points.sign, settings.checkpoint_interval_ms / 1000),
            ("witnesses", points.witness, settings.witness_interval_ms / 1000),
            ("attestation-keys", self.attestations.load, 2.0),
            ("keys", self.keys.load, 2.0),
            ("sweep", sweep, 3600.0),
            ("shared-clock", self.compare_clocks, 5.0),
        )
        made = tuple(
            lambda name=name, turn=turn, pause=pause: running(name, self.observed.turn(name, turn), pause)
            for name, turn, pause in turns
            if settings.workers or name not in WORK
        )
        relays = functools.partial(self.relays.running, self.observed.turn)
        return (self.observed.open, self._open, *made, relays), settle, points.board

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        self.store.announce(self.settings.public_url)
        try:
            yield
        finally:
            self.store.close()
