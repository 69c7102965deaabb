# SPDX-License-Identifier: Apache-2.0
"""The port by which the console reads: decisions newest first, accounts by the beginning of their id, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from counterseal.core.transaction import StoredEntry


class Wanted(msgspec.Struct, frozen=True):
    """Which decisions; None = any. `subject` is "kind:id"."""

    subject: str | None = None
    rule: str | None = None
    outcome: str | None = None


class Listed(msgspec.Struct, frozen=True):
    """A subject in a list. `created`: ms; `frozen`: until when (ms), 0 = not."""

    subject: str
    created: int
    frozen: int
    pending: int
    disputed: int


class Queues(msgspec.Struct, frozen=True):
    """How many subjects are frozen, and how many changes wait or are in dispute on how many subjects."""

    frozen: int
    pending: int
    pending_on: int
    disputed: int
    disputed_on: int


class Posted(msgspec.Struct, frozen=True):
    """An outbox message: `attempts` that failed, when it is tried next (`not_before`, ms), when it was `closed`
    (ms; None = still to go out), and the last `error`: of a closed one, why it was given up; "" = handed over."""

    id: str
    attempts: int
    not_before: int
    closed: int | None
    error: str


class Feed(Protocol):
    """Reads of the last committed state. Each costs what it gives, however long the log is."""

    async def size(self) -> int:
        """How many entries the log has."""
        ...

    async def decisions(self, wanted: Wanted, *, before: int | None = None, limit: int = 100) -> list[StoredEntry]:
        """Decisions below position `before` (None = from the newest), newest first."""
        ...

    async def decisions_after(self, wanted: Wanted, *, after: int, limit: int = 100) -> list[StoredEntry]:
        """Decisions above position `after`, oldest first."""
        ...

    async def past(self, subject: str, *, before: int | None = None, limit: int = 100) -> list[StoredEntry]:
        """Entries of one subject below position `before`, newest first."""
        ...

    async def beginnings(self, actions: Sequence[str]) -> Mapping[str, StoredEntry]:
        """The first entry of each of these actions."""
        ...

    async def position_at(self, at: int) -> int:
        """The first position whose entry is of `at` (ms) or later; the log's size if there is none."""
        ...

    async def tally(self, since: int) -> Mapping[str, int]:
        """How many decisions had each outcome, from position `since` on."""
        ...

    async def listed(
        self, kind: str, *, prefix: str = "", after: str = "", standing: str = "", now: int = 0, limit: int = 100
    ) -> list[Listed]:
        """Subjects of a kind whose id begins with `prefix`, in id order behind the id `after`.

        `standing`: "" all, or those that are frozen (at `now`), pending or disputed.
        """
        ...

    async def queues(self, now: int) -> Queues:
        """What waits, at `now` (ms)."""
        ...

    async def posted(self, messages: Sequence[str]) -> Mapping[str, Posted]:
        """What became of outbox messages, by id; without those that the outbox has forgotten."""
        ...
