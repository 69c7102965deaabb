# SPDX-License-Identifier: Apache-2.0
"""Reading the log for the console: what was decided on which request, who did it, and how long the owner had."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from counterseal.core import inputs as i
from counterseal.core.account import Request, State
from counterseal.core.decision import Decision, Outcome, for_staff
from counterseal.core.events import Accepted, Applied, BecameReady, Proved, Sealed
from counterseal.core.feed import Feed, Wanted
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Store, StoredEntry
from counterseal.guard.commands import subject_of
from counterseal.guard.model import Record, decode_record

RECORDED = frozenset(
    {
        *("register", "ask", "decide", "prove", "proof_failed", "challenged", "due", "cancel", "freeze_now"),
        *("lift_freeze", "suspect", "clear_suspicion", "notice_accepted", "confirm_notice", "resolve_dispute"),
        *("redeem", "report", "open_glass", "close_glass", "end_sessions"),
    }
)
"""Kinds of entries whose payload is a Record: one for each input."""
_STAFF = (
    i.LiftFreeze,
    i.ClearSuspicion,
    i.ConfirmNotice,
    i.ResolveDispute,
    i.OpenGlass,
    i.CloseGlass,
    i.EndSessions,
)
_REQUESTER = (i.Ask, i.Prove, i.ProofFailed, i.Challenged, i.Decide)
_DOUBTED = frozenset({"suspected", "doubtful"})


class Seen(msgspec.Struct, frozen=True):
    """One entry opened. `request`: what its action asked for. `record`: None = erased, or no input of the guard."""

    entry: StoredEntry
    record: Record | None
    request: Request | None

    @property
    def decision(self) -> Decision | None:
        """What was decided, as staff may see it."""
        found = None if self.record is None else self.record.decision
        return None if found is None else for_staff(found)


class Page(msgspec.Struct, frozen=True):
    """Entries newest first. `next`: go on below this position; None = there is no more."""

    entries: tuple[Seen, ...]
    next: int | None


async def opened(feed: Feed, entries: Sequence[StoredEntry]) -> tuple[Seen, ...]:
    """Entries with their records, and the requests of their actions (one more read for the whole page)."""
    records = [_record(entry) for entry in entries]
    missing = {
        entry.action
        for entry, record in zip(entries, records, strict=True)
        if entry.action is not None and record is not None and not isinstance(record.input, i.Ask)
    }
    begun = await feed.beginnings(sorted(missing))
    return tuple(
        Seen(entry, record, _request(record) or _request(_record(begun.get(entry.action or ""))))
        for entry, record in zip(entries, records, strict=True)
    )


async def decisions(feed: Feed, wanted: Wanted, *, before: int | None, since: int, limit: int) -> Page:
    """Decisions newest first, down to the moment `since` (ms)."""
    found = await feed.decisions(wanted, before=before, limit=limit)
    kept = [entry for entry in found if entry.at >= since]
    more = len(kept) == len(found) == limit
    return Page(await opened(feed, kept), kept[-1].position if more else None)


async def past(
    feed: Feed, policy: Policy, account: str, *, before: int | None, limit: int, also: Sequence[str] = ()
) -> Page:
    """The account's entries, newest first, without those that say that a sealed capability is suspected.

    `also`: other subjects whose entries are about it.
    """
    found: list[StoredEntry] = []
    for subject in (subject_of(account), *also):
        found += await feed.past(subject, before=before, limit=limit)
    found = sorted(found, key=lambda entry: -entry.position)[:limit]
    hidden = await _sealed(feed, policy, account, found)
    seen = await opened(feed, [entry for entry in found if entry.position not in hidden])
    return Page(seen, found[-1].position if len(found) == limit else None)


def actor(seen: Seen) -> str:
    """Who did it: `owner` (who proved to be), `platform`, `staff`, or `unknown`: no proof, or one on doubt."""
    given = None if seen.record is None else seen.record.input
    if isinstance(given, i.FreezeNow):
        return "staff" if given.freeze.kind == "staff" else "owner"
    if isinstance(given, i.Cancel):
        return {"link": "owner", "staff": "staff"}.get(given.by, "platform")
    if isinstance(given, _STAFF) or seen.entry.kind in {"erased", "account_viewed"}:
        return "staff"
    if not isinstance(given, _REQUESTER):
        return "platform"
    decision = seen.decision
    if isinstance(given, i.ProofFailed | i.Challenged) or decision is None:
        return "unknown"
    if any(reason.code in _DOUBTED for reason in decision.reasons):
        return "unknown"
    proved = decision.proved or decision.outcome is Outcome.ALLOW or _has(seen, Proved)
    return "owner" if proved else "unknown"


async def window_of(store: Store, seen: Seen) -> int | None:
    """Ms from the first notice that counted to the moment the action took effect or may; None = it did not wait, or
    the account's state has forgotten the action."""
    action = seen.entry.action
    if action is None or not _has(seen, Applied, BecameReady, Sealed, Accepted):
        return None
    state = await store.read(seen.entry.subject)
    if not isinstance(state, State) or (found := state.actions.get(action)) is None or not found.delay:
        return None
    notice = state.notices.get(found.notice or "")
    if notice is None or notice.started is None:
        return None
    if _has(seen, Accepted):
        return None if found.due is None else found.due - notice.started
    return max(0, seen.entry.at - notice.started)


def _has(seen: Seen, *kinds: type) -> bool:
    return seen.record is not None and any(isinstance(event, kinds) for event in seen.record.events)


def _record(entry: StoredEntry | None) -> Record | None:
    if entry is None or entry.payload is None or entry.kind not in RECORDED:
        return None
    return decode_record(entry.payload)


def _request(record: Record | None) -> Request | None:
    return record.input.request if record is not None and isinstance(record.input, i.Ask) else None


async def sealed(feed: Feed, policy: Policy, entries: Sequence[StoredEntry]) -> set[int]:
    """Positions among these entries, of whatever accounts, that say that a sealed capability is suspected."""
    by_account: dict[str, list[StoredEntry]] = {}
    for entry in entries:
        kind, _, account = entry.subject.partition(":")
        if kind == "account":
            by_account.setdefault(account, []).append(entry)
    hidden: set[int] = set()
    for account, found in by_account.items():
        hidden |= await _sealed(feed, policy, account, found)
    return hidden


async def _sealed(feed: Feed, policy: Policy, account: str, found: Sequence[StoredEntry]) -> set[int]:
    """Positions of entries about a suspicion of a sealed capability: its report, and its end."""
    hidden: set[int] = set()
    ended: dict[str, int] = {}
    for entry in found:
        given = None if (record := _record(entry)) is None else record.input
        if isinstance(given, i.Suspect) and _is_sealed(policy, given):
            hidden.add(entry.position)
        elif isinstance(given, i.ClearSuspicion):
            ended[given.suspicion] = entry.position
    before = max(ended.values(), default=0)
    while ended:  # its report lies further back: look for it, since the end names only its id
        page = await feed.past(subject_of(account), before=before, limit=500)
        for entry in page:
            given = None if entry.kind != "suspect" or (record := _record(entry)) is None else record.input
            if isinstance(given, i.Suspect) and (at := ended.pop(given.suspicion.id, None)) is not None:
                hidden |= {at} if _is_sealed(policy, given) else set()
        if not page:
            break
        before = page[-1].position
    return hidden


def _is_sealed(policy: Policy, given: i.Suspect) -> bool:
    capability = policy.vocabulary.capabilities.get(given.suspicion.capability)
    return capability is not None and capability.tell == "sealed"
