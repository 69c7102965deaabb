# SPDX-License-Identifier: Apache-2.0
"""Looks for everyone else who was reachable the same way: from the attacker's steps to a verdict on each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from counterseal.core.account import State as AccountState
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Store
from counterseal.incidents import impact as m
from counterseal.incidents.traces import Traced, Trait, TraitHead, head_of
from counterseal.incidents.tracing import Tracer
from counterseal.prover.posture import start_of_state
from counterseal.prover.reach import Reach, Reaches

MOST: Final = 20_000
"""Accounts looked at. Where more bear a lead, the answer says so."""
AT_ONCE: Final = 64
ORDER: Final = {m.State.HIT: 0, m.State.EXPOSED: 1, m.State.UNKNOWN: 2, m.State.SAFE: 3}


class Named(msgspec.Struct, frozen=True):
    """A request of an authority that named an account. `forged`: it, or one of the same hand, is taken for forged;
    `accounts`: all that it and those of its hand named."""

    request: str
    reference: str
    at: int
    forged: bool
    disclosed: bool
    accounts: tuple[str, ...]


class Desk(Protocol):
    """The judicial desk, as far as it named accounts."""

    async def naming(self, account: str) -> tuple[Named, ...]:
        """The requests that named this account."""
        ...


class Looks(Protocol):
    """Who of staff looked at accounts."""

    async def at(self, account: str) -> Sequence[tuple[str, int]]:
        """(staff, ms) of each look that was noted."""
        ...


class Impact(msgspec.Struct, frozen=True):
    """Everyone that the leads lead to. `verdicts`: hit, exposed, unknown, safe; within a state in id order.
    `counts`: by state. `common`: leads that were not followed. `indexed`: the log's position up to which the index
    is; `partial`: codes of what keeps this from being all: `most` (more accounts bear a lead than are looked at),
    `missed` (an account had more traits than are kept), `behind` (the index has not read the whole log)."""

    leads: tuple[m.Lead, ...]
    common: tuple[m.Lead, ...]
    verdicts: tuple[m.Verdict, ...]
    counts: dict[str, int]
    sets: tuple[tuple[str, ...], ...]
    policy: str
    window: int
    indexed: int
    partial: tuple[str, ...] = ()


class ImpactSearch:
    """Reads the index, the accounts' states and the desk. It writes nothing."""

    def __init__(self, store: Store, tracer: Tracer, desk: Desk, looks: Looks) -> None:
        self._store, self._tracer, self._desk, self._looks = store, tracer, desk, looks
        self._proving = asyncio.Semaphore(1)

    async def find(
        self,
        deeds: Sequence[m.Deed],
        stolen: Sequence[str],
        sets: Sequence[tuple[str, ...]],
        *,
        policy: Policy,
        window: int,
        now: int,
        size: int,
        done: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> Impact:
        """Everyone. `deeds`: the attacker's steps; `stolen`: accounts that value left by them; `sets`: sufficient
        capability sets (none = nothing is known of the cause, and no account is called safe); `window`: ms that
        owners need; `size`: of the log; `done(accounts, of)`: progress."""
        partial: set[str] = set()
        leads = await self._leads(deeds, partial)
        ties = await self._ties(leads, partial)
        for account in stolen:
            ties.setdefault(account, {})
        reaches = Reaches(policy, sets, window) if sets else None
        names = sorted(ties)
        verdicts: list[m.Verdict] = []
        for first in range(0, len(names), AT_ONCE):
            piece = names[first : first + AT_ONCE]
            found = await asyncio.gather(
                *(self._verdict(each, ties[each], reaches, policy, now, each in stolen) for each in piece)
            )
            verdicts += [each for each in found if each is not None]
            done(first + len(piece), len(names))
        indexed = await self._tracer.level()
        if indexed < size - 1:
            partial.add("behind")
        counted = Counter(each.state.value for each in verdicts)
        return Impact(
            tuple(each for each in leads if each.strong),
            tuple(each for each in leads if not each.strong),
            tuple(sorted(verdicts, key=lambda each: (ORDER[each.state], each.account))),
            {state.value: counted.get(state.value, 0) for state in m.State},
            () if reaches is None else reaches.sets,
            policy.digest,
            window,
            indexed,
            tuple(sorted(partial)),
        )

    # ------------------------------------------------------------ leads

    async def _leads(self, deeds: Sequence[m.Deed], partial: set[str]) -> tuple[m.Lead, ...]:
        starts = m.begun(deeds)
        digests = {trait: self._tracer.digest(trait) for trait in m.traits_left(deeds)}
        traced: dict[str, Traced] = {account: await self._tracer.traced(account) for account in starts}
        if any(each.missed for each in traced.values()):
            partial.add("missed")
        heads: dict[str, TraitHead] = {}
        for digest in digests.values():
            head = await self._store.read(head_of(digest))
            if isinstance(head, TraitHead):
                heads[digest] = head
        looks = {account: await self._looks.at(account) for account in starts}
        agents = [self._indexed(lead) for lead in m.agents_of(looks, starts)]
        return (*m.leads_of(deeds, digests, traced, heads), *agents, *await self._requests(starts))

    def _indexed(self, lead: m.Lead) -> m.Lead:
        """A lead of an agent under the digest by which the index knows him."""
        return msgspec.structs.replace(lead, ref=self._tracer.digest(Trait(lead.kind, lead.said)))

    async def _requests(self, starts: Mapping[str, int]) -> tuple[m.Lead, ...]:
        """Requests that named accounts before they were hit: strong where one is taken for forged, or where it
        named two of them."""
        found: dict[str, m.Lead] = {}
        count: Counter[str] = Counter()
        for account in sorted(starts):
            for each in await self._desk.naming(account):
                if each.at > starts[account]:
                    continue
                count[each.request] += 1
                strong = each.forged or count[each.request] > 1
                lead = m.Lead(
                    m.REQUEST, each.request, each.reference, account, "", each.at, strong, len(each.accounts)
                )
                first = found.get(each.request)
                found[each.request] = lead if first is None else msgspec.structs.replace(first, strong=strong)
        return tuple(found[name] for name in sorted(found))

    # ------------------------------------------------------------ accounts

    async def _ties(self, leads: Sequence[m.Lead], partial: set[str]) -> dict[str, dict[str, m.Lead]]:
        """Account -> the leads that may tie it, by ref. Weak leads bring nobody in; they are added where a strong
        one did."""
        found: dict[str, dict[str, m.Lead]] = {}
        for lead in leads:
            if not lead.strong:
                continue
            for account in await self._bearers(lead, partial):
                if account not in found and len(found) >= MOST:
                    partial.add("most")
                    break
                found.setdefault(account, {})[lead.ref] = lead
        weak = {lead.ref: lead for lead in leads if not lead.strong and lead.kind != m.REQUEST}
        for mine in found.values():
            for ref, lead in weak.items():
                mine.setdefault(ref, lead)
        return found

    async def _bearers(self, lead: m.Lead, partial: set[str]) -> Sequence[str]:
        if lead.kind == m.REQUEST:
            named = await self._desk.naming(lead.account)
            return next((each.accounts for each in named if each.request == lead.ref), ())
        found = await self._tracer.bearers(lead.ref, most=MOST + 1)
        if len(found) > MOST:
            partial.add("most")
        return found[:MOST]

    async def _verdict(
        self,
        account: str,
        leads: Mapping[str, m.Lead],
        reaches: Reaches | None,
        policy: Policy,
        now: int,
        stolen: bool,  # noqa: FBT001 - a fact of this account
    ) -> m.Verdict | None:
        traced = await self._tracer.traced(account)
        ties = []
        for ref, lead in leads.items():
            seen = traced.seen.get(ref)
            tie = m.tie_of(lead, seen) if seen is not None or lead.kind == m.REQUEST else None
            if tie is not None:
                ties.append(tie)
        reach = await self._reach(account, reaches, policy, now)
        return m.judge(account, ties, reach, stolen=stolen)

    async def _reach(self, account: str, reaches: Reaches | None, policy: Policy, now: int) -> Reach | None:
        if reaches is None or not reaches.sets:
            return None
        state = await self._store.read(f"account:{account}")
        if not isinstance(state, AccountState):
            return None
        start = start_of_state(policy, state, now)
        known = reaches.known(start)
        if known is not None:
            return known
        async with self._proving:  # one proof at a time, beside the loop; whoever waited finds it known
            return await asyncio.to_thread(reaches.of, start)
