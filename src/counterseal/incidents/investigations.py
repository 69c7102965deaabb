# SPDX-License-Identifier: Apache-2.0
"""What an investigation does with a case: the attacker's steps, everyone else, and one action to protect them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from msgspec.structs import replace

from counterseal.core.errors import NotFoundError
from counterseal.core.feed import Feed
from counterseal.core.inputs import Ask
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Committed, Idempotency, Store
from counterseal.incidents import casework as w
from counterseal.incidents import impact as p
from counterseal.incidents import model as m
from counterseal.incidents.cases import Cases
from counterseal.incidents.causes import Causes
from counterseal.incidents.impact_search import Impact, ImpactSearch
from counterseal.incidents.members import Clock
from counterseal.incidents.protecting import Planned, Protection
from counterseal.incidents.protection import Wish, planned
from counterseal.incidents.timeline import Stretch, stretch
from counterseal.prover.history import Past

HARMED: Final = frozenset({m.MemberState.HIT, m.MemberState.OWNER_SAYS})
STATE: Final = {
    p.State.HIT: m.MemberState.HIT,
    p.State.EXPOSED: m.MemberState.EXPOSED,
    p.State.SAFE: m.MemberState.SAFE,
    p.State.UNKNOWN: m.MemberState.UNKNOWN,
}
FOUND: Final = "impact"
Sets = Sequence[tuple[str, ...]]


class Pasts(Protocol):
    """The accounts' own entries."""

    async def pasts(self, account: str, *, after: int = -1) -> tuple[Past, ...]:
        """Those behind this position, in log order."""
        ...


class Investigations:
    """`policy()`: the one in force."""

    def __init__(  # noqa: PLR0913 - its neighbours
        self,
        store: Store,
        feed: Feed,
        clock: Clock,
        *,
        cases: Cases,
        search: ImpactSearch,
        protection: Protection,
        pasts: Pasts,
        causes: Causes,
        policy: Callable[[], Policy],
    ) -> None:
        self._causes = causes
        self._store, self._feed, self._clock, self._policy = store, feed, clock, policy
        self._cases, self._search, self._protection, self._pasts = cases, search, protection, pasts
        protection.finished = self._protected

    # ------------------------------------------------------------ steps

    async def deeds(self, incident: str) -> tuple[list[p.Deed], list[str]]:
        """The attacker's steps as far as they are known, and the accounts that lost value by them. What its owner
        named counts; where nothing was named, all that was asked of a harmed account since the attack is taken to
        have begun, except what the owner stands by."""
        case = await self._cases.read(incident)
        deeds: list[p.Deed] = []
        stolen: list[str] = []
        for member in await self._cases.members.every(incident):
            if member.state not in HARMED:
                continue
            if member.state is m.MemberState.HIT:
                stolen.append(member.account)
            deeds += await self._deeds_of(case, member)
        return deeds, stolen

    async def _deeds_of(self, case: m.Incident, member: m.Member) -> list[p.Deed]:
        named = frozenset(member.actions)
        if not named and case.begun is None:
            return []
        until = self._clock.now() if case.contained is None else case.contained
        found = []
        for past in await self._pasts.pasts(member.account):
            if not isinstance(past.input, Ask) or past.input.id in member.theirs:
                continue
            within = case.begun is not None and case.begun <= past.at <= until
            if past.input.id in named or (not named and within):
                found.append(p.Deed(member.account, past.input.id, past.at, past.input.request))
        return found

    # ------------------------------------------------------------ impact

    async def look(self, incident: str, sets: Sets, window: int, *, by: str) -> Impact:
        """Everyone else, written into the case. `sets`: what suffices for the steps, the cause's unless they are
        given; `window`: ms that owners need."""
        found = await self._find(incident, sets, window)
        members = [_member(each, by) for each in found.verdicts]
        await self._cases.members.add(incident, members, by=by)
        return found

    async def _find(self, incident: str, sets: Sets, window: int) -> Impact:
        deeds, stolen = await self.deeds(incident)
        cause, mine = await self._causes.deeds(incident)
        if mine:  # what the investigation says of an account stands in the place of "everything since"
            told = {each.account for each in mine}
            deeds = [*mine, *(each for each in deeds if each.account not in told)]
        sets = sets or [each.capabilities for each in cause.report.sufficient]
        size, now = await self._feed.size(), self._clock.now()
        return await self._search.find(
            deeds, stolen, sets, policy=self._policy(), window=window, now=now, size=size
        )

    async def protect(
        self,
        incident: str,
        wish: Wish,
        sets: Sets,
        *,
        window: int,
        officers: Sequence[str],
        why: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[Planned]:
        """One action for everyone, by two officers. What is found now counts, and officers' own words on accounts
        stand above it. Raises InputError where nothing would be done, or too much at once."""
        names = "+".join(officers)
        earlier = None if idempotency is None else await self._store.replayed(idempotency)
        done = earlier or await self._planned(incident, wish, sets, window, officers, why, idempotency)
        act = done.result.act

        def step(held: m.Incident, at: int) -> m.Incident:
            if act in held.protections:  # a repeated request: the first died between the plan and this
                return held
            after = replace(held, protections=(*held.protections, act))
            return w.happened(after, at, names, "protection", act)

        await self._cases.change(incident, step, by=names)
        return done

    async def _planned(
        self,
        incident: str,
        wish: Wish,
        sets: Sets,
        window: int,
        officers: Sequence[str],
        why: str,
        idempotency: Idempotency | None,
    ) -> Committed[Planned]:
        found = await self.look(incident, sets, window, by="+".join(officers))
        said = {each.account: each for each in await self._cases.members.every(incident)}
        verdicts = [_as_said(each, said.get(each.account)) for each in found.verdicts]
        accounts = planned(verdicts, wish, found.sets, self._policy().vocabulary.capabilities)
        act = self._cases.new_id("pa")
        case = await self._cases.read(incident)
        since = min((each.since for each in found.leads), default=case.opened)
        return await self._protection.plan(
            act,
            incident,
            accounts,
            officers=officers,
            why=why,
            since=case.begun or since,
            lasts=wish.lasts,
            idempotency=idempotency,
        )

    async def _protected(self, incident: str, accounts: Sequence[str], by: str) -> None:
        for account in accounts:
            with contextlib.suppress(NotFoundError):  # a plan may name more than the case's members
                await self._cases.members.marked(incident, account, by=by, protected=True, informed=False)

    # ------------------------------------------------------------ timeline

    async def timeline(
        self,
        incident: str,
        *,
        account: str = "",
        after: int = -1,
        since: int = 0,
        until: int | None = None,
        limit: int,
    ) -> Stretch:
        """The events of one account of the case, or of all that were harmed; of no other account."""
        await self._cases.read(incident)
        if account:
            await self._cases.members.read(incident, account)
            names = [account]
        else:
            names = [each.account for each in await self._cases.members.every(incident) if each.state in HARMED]
        return await stretch(self._store, self._feed, names, after=after, since=since, until=until, limit=limit)


def _member(verdict: p.Verdict, by: str) -> m.Member:
    reasons = tuple(m.Reason(tie.kind, tie.at, tie.ref, left=tie.left) for tie in verdict.ties)
    reasons += (m.Reason(FOUND, 0, verdict.why),)
    return m.Member("", verdict.account, STATE[verdict.state], 0, by, reasons)


def _as_said(verdict: p.Verdict, member: m.Member | None) -> p.Verdict:
    """An officer who said that an account is safe is not overruled by the search."""
    if member is None:
        return verdict
    state = next((each for each, other in STATE.items() if other is member.state), verdict.state)
    return (
        verdict
        if state is verdict.state
        else p.Verdict(verdict.account, state, "officer", verdict.ties, verdict.reach)
    )
