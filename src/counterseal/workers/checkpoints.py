# SPDX-License-Identifier: Apache-2.0
"""Signs checkpoints and shows them to witnesses. A contradiction is loud: somebody changed the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from counterseal.audit.model import LogRangeError
from counterseal.audit.service import LogService
from counterseal.audit.witnessed import WitnessBoard
from counterseal.guard.ports import Clock

log = structlog.get_logger("counterseal.log")


class Gauges(Protocol):
    """Where the figures go."""

    def witness_age(self, witness: str, milliseconds: int) -> None:
        """Age of what a witness holds."""
        ...


class CheckpointWorker:
    """`sign` every 10 s, `witness` every 60 s (settings). `pause` (ms): where several processes sign, one that
    finds a checkpoint younger than most of it leaves it at that."""

    def __init__(
        self, service: LogService, clock: Clock, metrics: Gauges, epoch: Callable[[], int], *, pause: int = 0
    ) -> None:
        self._service, self._clock, self._metrics, self._epoch = service, clock, metrics, epoch
        self._pause = pause * 9 // 10
        self._began = clock.now()
        self._taken: dict[str, int] = {}  # witness -> when it took one last
        self.board = WitnessBoard(service.witness_names)

    async def sign(self) -> int:
        """Sign the log as it stands. While the clock is not trusted nothing is signed."""
        if not self._clock.trusted():
            return 0
        now, epoch = self._clock.now(), self._epoch()
        if not await self._signed_lately(now, epoch):
            await self._service.sign_checkpoint(now=now, epoch=epoch)
        return 0

    async def _signed_lately(self, now: int, epoch: int) -> bool:
        try:
            newest = (await self._service.latest_checkpoint()).checkpoint
        except LogRangeError:
            return False
        return newest.epoch == epoch and 0 <= now - (newest.time or 0) < self._pause

    async def witness(self) -> int:
        """Push the latest checkpoint out. A witness that takes none grows older from the start of this process."""
        now = self._clock.now()
        try:
            reports = await self._service.push_witnesses()
        except LogRangeError:
            return 0  # nothing was signed yet
        for report in reports:
            self.board.note(report, now)
            if report.error:
                log.error("witness_failed", witness=report.witness, size=report.size, error=report.error)
            else:
                self._taken[report.witness] = now
            self._metrics.witness_age(report.witness, now - self._taken.setdefault(report.witness, self._began))
        return 0
