# SPDX-License-Identifier: Apache-2.0
"""Every look at an account by staff is an entry in the log, with its purpose; a second look soon after is not."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import msgspec

from counterseal.core.errors import ForbiddenError
from counterseal.core.transaction import Change, Commit, Loaded
from counterseal.staff.model import entry
from counterseal.staff.ports import Parts

ONE_LOOK: Final = 15 * 60_000  # ms
_PURPOSE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,200}")


class Look(msgspec.Struct, frozen=True):
    """Who looked, why (SHA-256), when."""

    staff: str
    purpose: bytes
    at: int


class Looks(msgspec.Struct, frozen=True, omit_defaults=True):
    """The looks at one account that stand for those right after them."""

    recent: tuple[Look, ...] = ()


class _Seen(msgspec.Struct, frozen=True):
    noted: bool


def subject_of(account: str) -> str:
    """The store's name for the looks at an account."""
    return f"account_view:{account}"


class Views:
    """Looks at accounts, over a store."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def looked(self, staff: str, account: str, purpose: str) -> None:
        """Note the look once per staff, account, purpose and 15 minutes. Raises ForbiddenError without a purpose.

        An account that does not exist is not looked at.
        """
        purpose = purpose.strip()
        if not _PURPOSE.fullmatch(purpose):
            raise ForbiddenError(
                "say why you look at this account",
                code="purpose_missing",
                hint="send the header `Purpose` with 1 to 200 characters",
            )
        now, subject, store = self._parts.time(), subject_of(account), self._parts.store
        digest = hashlib.sha256(purpose.encode()).digest()
        found = await store.read(subject)
        if isinstance(found, Looks) and _stands(found, staff, digest, now):
            return
        if found is None and await store.read(f"account:{account}") is None:
            return

        def function(loaded: Loaded) -> Commit[_Seen]:
            before = loaded.states[subject] or Looks()
            if _stands(before, staff, digest, now):
                return Commit(_Seen(noted=False))
            kept = tuple(each for each in before.recent if 0 <= now - each.at < ONE_LOOK)
            after = Looks((*kept, Look(staff, digest, now)))
            noted = entry("account_viewed", now, f"staff:{staff}", account=account, purpose=purpose)
            return Commit(_Seen(noted=True), (Change(subject, after, noted),))

        await store.transact([subject], function, now=now)


def _stands(looks: Looks, staff: str, purpose: bytes, now: int) -> bool:
    """Whether an earlier look covers this one; one of the future (a clock that went back) covers nothing."""
    return any(
        each.staff == staff and each.purpose == purpose and 0 <= now - each.at < ONE_LOOK for each in looks.recent
    )
