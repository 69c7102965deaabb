# SPDX-License-Identifier: Apache-2.0
"""The events of many accounts in the order of the log, page by page; each page costs what it gives.

Few accounts are read each on its own and merged. Many are read off the log itself, which is in order already; a
page that looked at `BUDGET` entries and found little says where to go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from counterseal.core.feed import Feed
from counterseal.core.transaction import Store, StoredEntry

FEW: Final = 32
BUDGET: Final = 5_000
PIECE: Final = 500
ABOUT: Final = ("account", "account_view")
"""Kinds of subjects whose entries are about one account: what happened to it, and who of staff looked at it."""


class Stretch(msgspec.Struct, frozen=True):
    """A page in log order. `next`: go on behind this position; None = there is nothing behind it."""

    entries: tuple[StoredEntry, ...]
    next: int | None


async def stretch(
    store: Store,
    feed: Feed,
    accounts: Sequence[str],
    *,
    after: int = -1,
    since: int = 0,
    until: int | None = None,
    limit: int = 100,
) -> Stretch:
    """The entries about these accounts behind position `after`, from `since` to `until` (ms)."""
    if since:
        after = max(after, await feed.position_at(since) - 1)
    size = await feed.size()
    end = size if until is None else await feed.position_at(until + 1)
    subjects = [f"{kind}:{account}" for account in accounts for kind in ABOUT]
    if not subjects or after >= end - 1:
        return Stretch((), None)
    read = _merged if len(accounts) <= FEW else _scanned
    found, reached = await read(store, subjects, after, end, limit)
    return Stretch(tuple(found), None if reached >= end - 1 else reached)


async def _merged(
    store: Store, subjects: Sequence[str], after: int, end: int, limit: int
) -> tuple[list[StoredEntry], int]:
    """Each subject's next entries; what all of them are known up to counts."""
    piece = max(10, 2 * limit // len(subjects) + 1)
    pages = await asyncio.gather(*(store.entries(subject=each, after=after, limit=piece) for each in subjects))
    full = [page[-1].position for page in pages if len(page) == piece]
    known = min(full, default=end)
    found = sorted((each for page in pages for each in page), key=lambda each: each.position)
    kept = [each for each in found if each.position <= known and each.position < end]
    if len(kept) > limit:
        return kept[:limit], kept[limit - 1].position
    return kept, end - 1 if not full or known >= end else known


async def _scanned(
    store: Store, subjects: Sequence[str], after: int, end: int, limit: int
) -> tuple[list[StoredEntry], int]:
    wanted = frozenset(subjects)
    found: list[StoredEntry] = []
    looked = 0
    while after < end - 1 and looked < BUDGET:
        page = await store.entries(after=after, limit=min(PIECE, end - 1 - after))
        if not page:
            return found, end - 1
        for each in page:
            after = each.position
            if each.subject in wanted:
                found.append(each)
                if len(found) == limit:
                    return found, after
        looked += len(page)
    return found, after
