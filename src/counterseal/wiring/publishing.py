# SPDX-License-Identifier: Apache-2.0
"""Joins publishing to the store, the prover and the guard's record; the first start; the worker of the shadow."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import structlog

from counterseal.core.errors import CountersealError
from counterseal.core.transaction import Codec, StoredEntry, StructCodec
from counterseal.guard.feed import RECORDED
from counterseal.guard.model import decode_record
from counterseal.http.routers import policies, policy_trial
from counterseal.http.routers.policy_trial import Sources
from counterseal.prover.history import Past
from counterseal.publishing.model import Board, Run, Version
from counterseal.publishing.ports import Parts
from counterseal.publishing.service import Versions
from counterseal.publishing.shadow import Mine, Shadows
from counterseal.store.sql import SqlStore
from counterseal.wiring.examining import Examiner
from counterseal.wiring.policies import Policies, open_platform, read
from counterseal.workers.loop import running

log = structlog.get_logger("counterseal.policies")
CODECS: Final[dict[str, Codec]] = {
    "policy_version": StructCodec(Version),
    "policy_board": StructCodec(Board),
    "shadow_run": StructCodec(Run),
    "shadow": StructCodec(Mine),
}
ROUTERS = (policies.router, policy_trial.router)
FOLLOWED = 2.0  # seconds: a process that decides nothing hears of a switch so late at most
SHADOWED = 0.5


class Publishing:
    """The area's services over one store."""

    def __init__(
        self, store: SqlStore, policies: Policies, now: Callable[[], int], random: Callable[[int], bytes]
    ) -> None:
        self._store, self._policies, self._now = store, policies, now
        self.examiner = Examiner()
        parts = Parts(store, now, random, read, policies, self.examiner, past_of, time.thread_time)
        self.versions, self.shadows = Versions(parts), Shadows(parts)
        self.areas: dict[type, Any] = {Versions: self.versions, Shadows: self.shadows, Sources: policies}

    async def open(self) -> None:
        """At a start, before anything is decided: the settings' policy comes into force where none is; else the one
        that is in force is loaded."""
        await open_platform(self._store, self._now())
        await self.versions.begin(self._policies.configured, "the settings at the first start")
        await self._policies.refresh()
        if self._policies.note:
            log.warning("policy_settings_differ", note=self._policies.note)

    @contextlib.asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Follow switches, and take turns at the shadow."""
        try:
            async with (
                running("policy", self._policies.refresh, FOLLOWED),
                running("shadow", self.shadows.turn, SHADOWED),
            ):
                yield
        finally:
            await self.versions.close()
            await self.examiner.close()
            try:
                await self.shadows.release()
            except CountersealError as error:  # the store is away or closed: the lease ends by itself
                log.info("shadow_lease_left", error=error.code)


def past_of(entry: StoredEntry) -> Past | None:
    """`publishing.ports.ReadRecord`."""
    if entry.payload is None or entry.kind not in RECORDED or not entry.subject.startswith("account:"):
        return None
    record = decode_record(entry.payload)
    return Past(entry.position, entry.at, record.input, record.decision, record.events)
