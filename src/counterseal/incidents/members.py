# SPDX-License-Identifier: Apache-2.0
"""The accounts of cases over a store: their counts are written with every change of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from msgspec.structs import replace

from counterseal.core.errors import NotFoundError
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Store
from counterseal.incidents import casework as w
from counterseal.incidents import model as m
from counterseal.incidents.membership import corrected, merged, recounted, without
from counterseal.incidents.stored import Changed, entry, with_incident

PAGE: Final = 500
AT_ONCE: Final = 100


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Members:
    """Accounts in cases."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def counts(self, incident: str) -> m.Counts:
        """How many members are in each state."""
        found = await self._store.read(m.counts_of(incident))
        return found if isinstance(found, m.Counts) else m.Counts()

    async def page(self, incident: str, *, after: str = "", limit: int = PAGE) -> list[m.Member]:
        """Members by account, behind one."""
        prefix = m.member_of(incident, "")
        names = await self._store.subjects("incident_member", after=prefix + after, limit=limit)
        found = [await self._store.read(name) for name in names if name.startswith(prefix)]
        return [each for each in found if isinstance(each, m.Member)]

    async def every(self, incident: str) -> list[m.Member]:
        """All of them, in the order of accounts."""
        found: list[m.Member] = []
        while True:
            page = await self.page(incident, after=found[-1].account if found else "")
            found += page
            if len(page) < PAGE:
                return found

    async def read(self, incident: str, account: str) -> m.Member:
        """One. Raises NotFoundError."""
        found = await self._store.read(m.member_of(incident, account))
        if not isinstance(found, m.Member):
            raise NotFoundError("this account is not in this case", code="unknown_member")
        return found

    async def of(self, account: str) -> tuple[str, ...]:
        """The cases that an account is in."""
        found = await self._store.read(m.account_of(account))
        return found.incidents if isinstance(found, m.Index) else ()

    async def add(self, incident: str, found: Sequence[m.Member], *, by: str) -> int:
        """Members, or what was found of them, in commits of a hundred; how many changed."""
        await self._there(incident)
        changed = 0
        for first in range(0, len(found), AT_ONCE):
            piece = found[first : first + AT_ONCE]
            now = self._clock.now()

            def function(loaded: Loaded, piece: Sequence[m.Member] = piece, now: int = now) -> Commit[Changed]:
                at = max(now, loaded.latest)
                changes = joined(loaded, incident, piece, at)
                count = sum(each.subject.startswith("incident_member:") for each in changes)
                if changes:
                    case = loaded.states[m.subject_of(incident)]
                    line = entry("members", incident, at, by, accounts=[each.account for each in piece])
                    changes.append(Change(m.subject_of(incident), case, line))
                return Commit(Changed(incident, at, str(count)), tuple(changes))

            keys = [m.subject_of(incident), *keys_of(incident, [each.account for each in piece])]
            done = await self._store.transact(keys, function, now=now)
            changed += int(done.result.made)
        return changed

    async def correct(
        self,
        incident: str,
        account: str,
        state: m.MemberState,
        why: str,
        *,
        by: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[Changed]:
        """An officer's own word on an account."""
        said = w.text_of(why, "the reason", 2_000)
        return await self._member(
            incident,
            account,
            lambda each, at: corrected(each, state, said, at, by),
            by,
            "member_state",
            idempotency,
        )

    async def marked(self, incident: str, account: str, *, by: str, protected: bool, informed: bool) -> None:
        """An account was protected, or its owner informed: the first time counts."""

        def step(each: m.Member, at: int) -> m.Member:
            first = each.protected or (at if protected else None)
            told = each.informed or (at if informed else None)
            return replace(each, protected=first, informed=told)

        await self._member(
            incident, account, step, by, "member_protected" if protected else "member_informed", None
        )

    async def _member(
        self,
        incident: str,
        account: str,
        step: Callable[[m.Member, int], m.Member],
        by: str,
        what: str,
        idempotency: Idempotency | None,
    ) -> Committed[Changed]:
        await self.read(incident, account)
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Changed]:
            at = max(now, loaded.latest)
            before, counts = loaded.states[m.member_of(incident, account)], loaded.states[m.counts_of(incident)]
            if not isinstance(before, m.Member):
                raise NotFoundError("this account is not in this case", code="unknown_member")
            after = step(before, at)
            if after == before:
                return Commit(Changed(incident, at, account))
            known = counts if isinstance(counts, m.Counts) else m.Counts()
            line = entry(what, incident, at, by, account=account, state=after.state)
            changes = (
                Change(m.member_of(incident, account), after, line),
                Change(m.counts_of(incident), recounted(known, before, after)),
            )
            return Commit(Changed(incident, at, account), changes)

        keys = [m.member_of(incident, account), m.counts_of(incident)]
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)

    async def forgotten(self, account: str) -> tuple[str, ...]:
        """Take an account that is to be erased out of its cases and their counts, but those that a legal hold
        keeps; the subjects that are to be erased with it."""
        index = await self._store.read(m.account_of(account))
        named = index.incidents if isinstance(index, m.Index) else ()
        gone = []
        for incident in named:
            case = await self._store.read(m.subject_of(incident))
            if not isinstance(case, m.Incident) or not w.held(case):
                gone.append(incident)
        if not gone:
            return ()
        kept = tuple(each for each in named if each not in gone)
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Changed]:
            at, changes = max(now, loaded.latest), [Change(m.account_of(account), m.Index(kept))]
            for incident in gone:
                member = loaded.states.get(m.member_of(incident, account))
                counts = loaded.states.get(m.counts_of(incident))
                if isinstance(member, m.Member) and isinstance(counts, m.Counts):
                    changes.append(Change(m.counts_of(incident), without(counts, member)))
            return Commit(Changed("", at, account), tuple(changes))

        counted = [m.counts_of(each) for each in gone]
        members = [m.member_of(each, account) for each in gone]
        await self._store.transact([m.account_of(account), *counted, *members], function, now=now)
        return (*members, *(() if kept else (m.account_of(account),)))

    async def _there(self, incident: str) -> None:
        if not isinstance(await self._store.read(m.subject_of(incident)), m.Incident):
            raise NotFoundError("there is no such incident", code="unknown_incident")


def keys_of(incident: str, accounts: Sequence[str]) -> list[str]:
    """What `joined` reads and changes."""
    members = [m.member_of(incident, each) for each in accounts]
    return [m.counts_of(incident), *members, *(m.account_of(each) for each in accounts)]


def joined(loaded: Loaded, incident: str, found: Sequence[m.Member], at: int) -> list[Change]:
    """The members with what was found, their counts, and the index of each new one."""
    held = loaded.states.get(m.counts_of(incident))
    counts = held if isinstance(held, m.Counts) else m.Counts()
    changes: list[Change] = []
    for each in {one.account: one for one in found}.values():
        before = loaded.states.get(m.member_of(incident, each.account))
        known = before if isinstance(before, m.Member) else None
        after = merged(known, replace(each, incident=incident, added=each.added or at), at)
        if after == known:
            continue
        counts = recounted(counts, known, after)
        changes.append(Change(m.member_of(incident, each.account), after))
        index = loaded.states.get(m.account_of(each.account))
        grown = with_incident(index if isinstance(index, m.Index) else None, incident)
        if grown != index:
            changes.append(Change(m.account_of(each.account), grown))
    return [*changes, Change(m.counts_of(incident), counts)] if changes else []
