# SPDX-License-Identifier: Apache-2.0
"""What happened to an account after its data were handed out, read from its own log."""

from __future__ import annotations

from typing import Final

from counterseal.core import inputs as i
from counterseal.core.transaction import Store, StoredEntry
from counterseal.guard.commands import subject_of
from counterseal.guard.model import decode_record

PAGE: Final = 500
KINDS: Final = frozenset({"suspect", "freeze_now"})
OWN: Final = "desk."  # ids of suspicions that the desk raised


class LogAttacks:
    """See judicial.report.ports.Attacks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def attacked(self, account: str, start: int, end: int) -> bool:
        """See Attacks."""
        after = -1
        while entries := await self._store.entries(subject=subject_of(account), after=after, limit=PAGE):
            if any(_attack(each) for each in entries if start <= each.at < end):
                return True
            if entries[-1].at >= end:
                return False
            after = entries[-1].position
        return False


def _attack(entry: StoredEntry) -> bool:
    if entry.kind not in KINDS or entry.payload is None:
        return False
    given = decode_record(entry.payload).input
    if isinstance(given, i.Suspect):
        return not given.suspicion.id.startswith(OWN)
    return isinstance(given, i.FreezeNow) and given.freeze.kind != "staff"
