# SPDX-License-Identifier: Apache-2.0
"""What the log's service needs from outside: the stored log, and witnesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from counterseal.audit.model import LogEntry, SignedCheckpoint


class LogReader(Protocol):
    """The stored log. Every method raises UnavailableError when the store is away."""

    async def size(self) -> int:
        """How many entries are integrated: every node below this size can be read."""
        ...

    async def nodes(self, ids: Sequence[tuple[int, int]], /) -> Mapping[tuple[int, int], bytes]:
        """The stored perfect-subtree nodes (level, index) -> hash; all of them, or LogInconsistentError."""
        ...

    async def entries(self, first: int, limit: int, *, opened: bool) -> Sequence[LogEntry]:
        """Up to `limit` entries from number `first` on, in order.

        `opened`: with payload and entry salt, except those of erased subjects.
        """
        ...

    async def checkpoints(self, after: int, limit: int) -> Sequence[SignedCheckpoint]:
        """Stored checkpoints with a size above `after`, by size: the latest of each size."""
        ...

    async def latest_checkpoint(self) -> SignedCheckpoint | None:
        """The newest checkpoint; None before the first one."""
        ...


class LogStore(LogReader, Protocol):
    """The stored log with the one thing that the service writes."""

    async def add_checkpoint(
        self, checkpoint: SignedCheckpoint, /, *, after: SignedCheckpoint | None
    ) -> SignedCheckpoint:
        """Keep a checkpoint, in the place of an older one of its size, if `after` is still the newest one; give the
        one that is the newest now: where another process signed meanwhile, that one's, and this one is nobody's."""
        ...


class Witness(Protocol):
    """An outside party that remembers checkpoints, so that the log cannot go back behind them."""

    @property
    def name(self) -> str:
        """A short name for reports and metrics."""
        ...

    async def last(self) -> str | None:
        """The note it saw last; None if it saw none or cannot be asked. Raises WitnessUnavailableError."""
        ...

    async def push(self, note: str) -> None:
        """Hand a signed checkpoint over; returns once the witness keeps it. Raises WitnessUnavailableError."""
        ...
