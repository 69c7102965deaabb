# SPDX-License-Identifier: Apache-2.0
"""The index of traits: a worker reads the log once, in order; its place and what it found are one commit.

So nothing is indexed twice and nothing left out, whoever dies in between and however many work: two that read the
same page meet at the cursor, and one of them writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from counterseal.core.errors import ConflictError
from counterseal.core.transaction import Change, Codec, Commit, Loaded, Store, StructCodec
from counterseal.incidents import traces as t

PAGE: Final = 500
LISTED: Final = 1_000

CODECS: Final[dict[str, Codec]] = {
    "trace_cursor": StructCodec(t.TraceCursor),
    "traced": StructCodec(t.Traced),
    "trace_head": StructCodec(t.TraitHead),
    "trace_link": StructCodec(t.TraceLink),
}


class Page(msgspec.Struct, frozen=True):
    """A piece of the log: everything up to `last` is in it, as far as it says anything of accounts."""

    last: int
    observed: tuple[t.Observed, ...]


class Records(Protocol):
    """The log, decoded."""

    async def after(self, position: int, limit: int) -> Page:
        """The entries behind this position; at the end of the log `last` is `position`."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class TraceOvertakenError(ConflictError):
    """Another worker took this page in."""

    code = "trace_overtaken"


class _Taken(msgspec.Struct, frozen=True):
    position: int


Sightings = dict[str, dict[str, list[t.Sighting]]]
"""account -> digest -> its sightings."""


class Tracer:
    """Keeps the index and answers from it. `key`: of the digests."""

    def __init__(self, store: Store, clock: Clock, records: Records, key: bytes) -> None:
        self._store, self._clock, self._records, self._key = store, clock, records, key

    def digest(self, trait: t.Trait) -> str:
        """The name of a trait in the index."""
        return t.digest_of(self._key, trait)

    # ------------------------------------------------------------ the worker

    async def turn(self) -> int:
        """Take in the next page; how many entries of it say something."""
        held = await self._store.read(t.CURSOR)
        position = held.position if isinstance(held, t.TraceCursor) else -1
        page = await self._records.after(position, PAGE)
        if page.last <= position:
            return 0
        found = self._sightings(page.observed)
        try:
            await self._take(position, page.last, found)
        except TraceOvertakenError:
            return 1
        return max(1, len(page.observed))

    async def level(self) -> int:
        """The position up to which the log is indexed; -1 = nothing is."""
        held = await self._store.read(t.CURSOR)
        return held.position if isinstance(held, t.TraceCursor) else -1

    def _sightings(self, observed: Sequence[t.Observed]) -> Sightings:
        found: Sightings = defaultdict(lambda: defaultdict(list))
        for each in observed:
            for trait, sighting in t.sightings_of(each):
                found[each.account][self.digest(trait)].append(sighting)
        return found

    async def _take(self, position: int, last: int, found: Sightings) -> None:
        """One commit. Only pairs that are new need their link: the cursor keeps others from making it meanwhile."""
        held = {account: await self._store.read(t.traced_of(account)) for account in found}
        fresh = {account: t.grown(held[account], found[account])[1] for account in found}
        links = [t.link_of(digest, account) for account, digests in fresh.items() for digest in digests]
        heads = dict.fromkeys(t.head_of(digest) for digests in fresh.values() for digest in digests)
        owners = [f"account:{account}" for account in found]
        traced = [t.traced_of(account) for account in found]

        def function(loaded: Loaded) -> Commit[_Taken]:
            cursor = loaded.states.get(t.CURSOR)
            if (cursor.position if isinstance(cursor, t.TraceCursor) else -1) != position:
                raise TraceOvertakenError("another worker has read this page of the log")
            return Commit(_Taken(last), (*_changes(loaded, found, fresh), _moved(last)))

        keys = [t.CURSOR, *owners, *traced, *heads, *links]
        await self._store.transact(keys, function, now=self._clock.now())

    # ------------------------------------------------------------ answers

    async def traced(self, account: str) -> t.Traced:
        """The traits of an account."""
        found = await self._store.read(t.traced_of(account))
        return found if isinstance(found, t.Traced) else t.Traced()

    async def bearing(self, digest: str) -> int:
        """How many accounts bear a trait."""
        found = await self._store.read(t.head_of(digest))
        return found.accounts if isinstance(found, t.TraitHead) else 0

    async def bearers(self, digest: str, *, most: int) -> tuple[str, ...]:
        """The accounts that bear a trait, in id order, at most so many."""
        prefix = t.link_of(digest, "")
        found: list[str] = []
        after = prefix
        while len(found) < most:
            names = await self._store.subjects("trace_link", after=after, limit=min(LISTED, most - len(found)))
            mine = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
            found += mine
            if not names or len(mine) < len(names):
                break
            after = names[-1]
        return tuple(found)

    async def forgotten(self, account: str) -> tuple[str, ...]:
        """Take an account that is to be erased out of every count; the subjects that are to be erased with it."""
        traced = await self.traced(account)
        heads = [t.head_of(digest) for digest in traced.seen]

        def function(loaded: Loaded) -> Commit[_Taken]:
            held = loaded.states.get(t.traced_of(account))
            if not isinstance(held, t.Traced):
                return Commit(_Taken(0))
            changes = [Change(t.traced_of(account), t.Traced(missed=held.missed))]
            for digest in held.seen:
                head = loaded.states.get(t.head_of(digest))
                if isinstance(head, t.TraitHead):
                    fewer = msgspec.structs.replace(head, accounts=max(0, head.accounts - 1))
                    changes.append(Change(t.head_of(digest), fewer))
            return Commit(_Taken(0), tuple(changes))

        if traced.seen:
            await self._store.transact([t.traced_of(account), *heads], function, now=self._clock.now())
        names = (t.traced_of(account), *(t.link_of(digest, account) for digest in traced.seen))
        return tuple([name for name in names if await self._store.read(name) is not None])


def _moved(last: int) -> Change:
    return Change(t.CURSOR, t.TraceCursor(last))


def _changes(loaded: Loaded, found: Sightings, fresh: dict[str, tuple[str, ...]]) -> list[Change]:
    changes: list[Change] = []
    heads: dict[str, t.TraitHead] = {}
    for account, sightings in found.items():
        if loaded.states.get(f"account:{account}") is None:  # erased meanwhile
            continue
        held = loaded.states.get(t.traced_of(account))
        before = held if isinstance(held, t.Traced) else None
        after, new = t.grown(before, sightings)
        if after != before:
            changes.append(Change(t.traced_of(account), after))
        if set(new) != set(fresh[account]):
            raise TraceOvertakenError("the account's traits changed meanwhile")
        for digest in new:
            seen = after.seen[digest]
            changes.append(Change(t.link_of(digest, account), t.TraceLink(seen.first)))
            head = heads.get(digest) or loaded.states.get(t.head_of(digest))
            known = head if isinstance(head, t.TraitHead) else t.TraitHead(seen.kind, 0, seen.first)
            heads[digest] = t.TraitHead(known.kind, known.accounts + 1, min(known.first, seen.first))
    return changes + [Change(t.head_of(digest), head) for digest, head in heads.items()]
