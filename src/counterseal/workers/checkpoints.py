# SPDX-License-Identifier: Apache-2.0
"""Signs checkpoints and shows them to witnesses. A contradiction is loud: somebody changed the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog

from counterseal.audit.model import LogRangeError
from counterseal.audit.service import LogService
from counterseal.guard.ports import Clock

log = structlog.get_logger("counterseal.log")


class Gauges(Protocol):
    """Where the figures go."""

    def log_size(self, entries: int) -> None:
        """Entries in the log."""
        ...

    def checkpoint_age(self, milliseconds: int) -> None:
        """Age of the newest checkpoint."""
        ...

    def witness_age(self, witness: str, milliseconds: int) -> None:
        """Age of what a witness holds."""
        ...


class CheckpointWorker:
    """`sign` every 10 s, `witness` every 60 s (settings)."""

    def __init__(self, service: LogService, clock: Clock, metrics: Gauges, epoch: Callable[[], int]) -> None:
        self._service, self._clock, self._metrics, self._epoch = service, clock, metrics, epoch

    async def sign(self) -> int:
        """Sign the log as it stands. While the clock is not trusted nothing is signed."""
        if not self._clock.trusted():
            return 0
        signed = await self._service.sign_checkpoint(now=self._clock.now(), epoch=self._epoch())
        self._metrics.log_size(signed.checkpoint.size)
        self._metrics.checkpoint_age(0)
        return 0

    async def witness(self) -> int:
        """Push the latest checkpoint out."""
        try:
            reports = await self._service.push_witnesses()
        except LogRangeError:
            return 0  # nothing was signed yet
        for report in reports:
            if report.error:
                log.error("witness_failed", witness=report.witness, size=report.size, error=report.error)
            else:
                self._metrics.witness_age(report.witness, 0)
        return 0
