# SPDX-License-Identifier: Apache-2.0
"""The log as investigations read it: the guard's records, and who of staff looked at whom."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.account import Request
from counterseal.core.events import Redeemed, Reported
from counterseal.core.inputs import Ask
from counterseal.core.transaction import Store, StoredEntry
from counterseal.guard.model import decode_record
from counterseal.incidents.traces import Observed
from counterseal.incidents.tracing import Page
from counterseal.prover.history import Past

ACCOUNT: Final = "account:"
VIEWS: Final = "account_view:"
VIEWED: Final = "account_viewed"
LISTED: Final = 500


class _Viewed(msgspec.Struct, frozen=True):
    by: str = ""
    account: str = ""


class LogRecords:
    """See incidents.tracing.Records; and the whole past of one account."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def after(self, position: int, limit: int) -> Page:
        """See Records. What was erased says nothing any more."""
        entries = await self._store.entries(after=position, limit=limit)
        last = entries[-1].position if entries else position
        found = [each for each in map(observed, entries) if each is not None]
        return Page(last, tuple([await self._with_value(each) for each in found]))

    async def _with_value(self, seen: Observed) -> Observed:
        """With the request by which value left, or came back: it stands in the first entry of its action."""
        for event in () if seen.past is None else seen.past.events:
            if isinstance(event, Redeemed):
                seen = msgspec.structs.replace(seen, left=await self.request(event.action))
            elif isinstance(event, Reported) and event.spend is None:
                seen = msgspec.structs.replace(seen, back=await self.request(event.action))
        return seen

    async def request(self, action: str) -> Request | None:
        """What was asked for by an action; None once its account is erased."""
        for entry in await self._store.entries(action=action, limit=1):
            given = None if entry.payload is None else decode_record(entry.payload).input
            return given.request if isinstance(given, Ask) else None
        return None

    async def pasts(self, account: str, *, after: int = -1, most: int = 100_000) -> tuple[Past, ...]:
        """An account's entries in log order, behind position `after`, at most so many."""
        found: list[Past] = []
        while len(found) < most:
            page = await self._store.entries(subject=ACCOUNT + account, after=after, limit=LISTED)
            found += [past_of(each) for each in page if each.payload is not None and each.kind != "erased"]
            if len(page) < LISTED:
                break
            after = page[-1].position
        return tuple(found[:most])


def observed(entry: StoredEntry) -> Observed | None:
    """An entry as the index reads it; None = it says nothing of an account."""
    if entry.payload is None:
        return None
    if entry.subject.startswith(ACCOUNT) and entry.kind != "erased":
        account = entry.subject.removeprefix(ACCOUNT)
        return Observed(entry.position, entry.at, account, past_of(entry))
    if entry.kind == VIEWED and entry.subject.startswith(VIEWS):
        seen = msgspec.json.decode(entry.payload, type=_Viewed)
        return Observed(entry.position, entry.at, entry.subject.removeprefix(VIEWS), viewer=seen.by)
    return None


def past_of(entry: StoredEntry) -> Past:
    """An entry of an account. Raises StoredFormError for one from the future."""
    record = decode_record(entry.payload or b"")
    return Past(entry.position, entry.at, record.input, record.decision, record.events)
