# SPDX-License-Identifier: Apache-2.0
"""Every look at an account by staff is an entry in the log, with its purpose; a second look soon after is not.

Following all decisions is noted once for the person who follows: naming each account would bury the looks that were
meant."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from counterseal.core.errors import ForbiddenError
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.staff.model import entry
from counterseal.staff.ports import Parts
from counterseal.staff.text import is_plain

ONE_LOOK: Final = 15 * 60_000  # ms
LONGEST: Final = 200
WATCH: Final = "live watch"
WORK: Final = "work on the request"
CASE: Final = "work on the case"


class Look(msgspec.Struct, frozen=True):
    """Who looked, why (SHA-256), when."""

    staff: str
    purpose: bytes
    at: int


class Looks(msgspec.Struct, frozen=True, omit_defaults=True):
    """The looks at one account that stand for those right after them, and the approvals about it."""

    recent: tuple[Look, ...] = ()
    approvals: tuple[str, ...] = ()


class _Seen(msgspec.Struct, frozen=True):
    noted: bool


def subject_of(account: str) -> str:
    """The store's name for the looks at an account."""
    return f"account_view:{account}"


def subject_of_request(request: str) -> str:
    """The store's name for the looks at a request of an authority."""
    return f"desk_view:{request}"


def subject_of_incident(incident: str) -> str:
    """The store's name for the looks at an incident."""
    return f"incident_view:{incident}"


def subject_of_watch(staff: str) -> str:
    """The store's name for what one person follows."""
    return f"staff_watch:{staff}"


def checked_purpose(text: str) -> str:
    """A purpose as it is noted: one line of 1 to 200 signs, with a letter or digit in it. Raises ForbiddenError."""
    purpose = text.strip()
    if not is_plain(purpose, LONGEST):
        raise ForbiddenError(
            "say why you look at this account",
            code="purpose_missing",
            hint="send the header `Purpose` with 1 to 200 characters on one line",
        )
    return purpose


class Views:
    """Looks at accounts, over a store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def looked(self, staff: str, account: str, purpose: str) -> None:
        """Note the look once per staff, account, purpose and 15 minutes. Raises ForbiddenError without a purpose.

        An account that does not exist is not looked at.
        """
        purpose, store = checked_purpose(purpose), self._parts.store
        if account and await store.read(f"account:{account}") is not None:
            facts = {"account": account, "purpose": purpose}
            await self._note(subject_of(account), staff, "account_viewed", purpose, facts)

    async def looked_at_request(self, staff: str, request: str, purpose: str) -> None:
        """Note the look at a request of an authority, once per staff, purpose and 15 minutes. Without a purpose it
        is work on it. One that does not exist is not looked at."""
        purpose, store = checked_purpose(purpose or WORK), self._parts.store
        if await store.read(f"judicial_request:{request}") is not None:
            facts = {"request": request, "purpose": purpose}
            await self._note(subject_of_request(request), staff, "judicial_request_viewed", purpose, facts)

    async def looked_at_incident(self, staff: str, incident: str, purpose: str) -> None:
        """The same of a case: whoever works on it sees the accounts of many."""
        purpose, store = checked_purpose(purpose or CASE), self._parts.store
        if await store.read(f"incident:{incident}") is not None:
            facts = {"incident": incident, "purpose": purpose}
            await self._note(subject_of_incident(incident), staff, "incident_viewed", purpose, facts)

    async def watched(self, staff: str, what: str, purpose: str) -> None:
        """Note that somebody follows what happens on all accounts (`what`: decisions | accounts), once in 15
        minutes. Without a purpose it is a look in passing."""
        purpose = checked_purpose(purpose or WATCH)
        facts = {"what": what, "purpose": purpose}
        await self._note(subject_of_watch(staff), staff, "staff_watched", f"{what}\n{purpose}", facts)

    async def about(self, account: str) -> tuple[str, ...]:
        """The subjects in which staff left something about an account: erased with it."""
        found = await self._parts.store.read(subject_of(account))
        if not isinstance(found, Looks):
            return ()
        return (*(f"approval:{each}" for each in found.approvals), subject_of(account))

    async def _note(self, subject: str, staff: str, kind: str, why: str, facts: dict[str, str]) -> None:
        now, store = self._parts.time(), self._parts.store
        digest = hashlib.sha256(why.encode()).digest()
        found = await store.read(subject)
        if isinstance(found, Looks) and _stands(found, staff, digest, now):
            return

        def function(loaded: Loaded) -> Commit[_Seen]:
            before = loaded.states[subject] or Looks()
            if _stands(before, staff, digest, now):
                return Commit(_Seen(noted=False))
            kept = tuple(each for each in before.recent if 0 <= now - each.at < ONE_LOOK)
            after = msgspec.structs.replace(before, recent=(*kept, Look(staff, digest, now)))
            noted = entry(kind, now, f"staff:{staff}", **facts)
            return Commit(_Seen(noted=True), (Change(subject, after, noted),))

        await store.transact([subject], function, now=now)


def _stands(looks: Looks, staff: str, purpose: bytes, now: int) -> bool:
    """Whether an earlier look covers this one; one of the future (a clock that went back) covers nothing."""
    return any(
        each.staff == staff and each.purpose == purpose and 0 <= now - each.at < ONE_LOOK for each in looks.recent
    )
