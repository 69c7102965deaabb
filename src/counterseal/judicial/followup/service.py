# SPDX-License-Identifier: Apache-2.0
"""The follow-up: each move of a request leads to one act for the accounts that it names, done once.

A request's commit leaves a message for each of its moves. A worker takes it, indexes what the request names and
bears, writes the act with all its steps, and carries them out; a worker that dies in between is followed by another
that goes on at the first step that is not done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from counterseal.core.errors import CountersealError, NotFoundError
from counterseal.core.transaction import Commit, Loaded, Store, StoredMessage
from counterseal.judicial import stored as documents
from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.disclosure.model import subject_of as disclosure_subject
from counterseal.judicial.followup import rules
from counterseal.judicial.followup.carrying import Carrier
from counterseal.judicial.followup.model import (
    Act,
    Event,
    FollowUp,
    Head,
    Progress,
    Sibling,
    Trait,
    act_of,
    progress_of,
    subject_of,
    trait_of,
)
from counterseal.judicial.followup.planning import index_keys, indexed, planned
from counterseal.judicial.followup.ports import Clock, Forgeries, Owners, Shields, Warned
from counterseal.judicial.followup.traits import siblings_of, traits_of
from counterseal.judicial.model import Report
from counterseal.judicial.ports import InOrder
from counterseal.judicial.requests.model import JudicialRequest
from counterseal.judicial.requests.model import subject_of as request_subject
from counterseal.judicial.requests.ports import Kin
from counterseal.judicial.requests.stored import FOLLOW, Bearers, Moved, unknown

BATCH: Final = 16
LEASE: Final = 120_000
FIRST_RETRY: Final = 5_000
LONGEST_RETRY: Final = 600_000
MOST_SIBLING_ACCOUNTS: Final = 2_000
CONFIRMING: Final = frozenset({Event.CONFIRMED, Event.CONFIRMED_LATE})


class Shown(msgspec.Struct, frozen=True):
    """An act for people: with its head, and what came of each step."""

    act: Act
    head: Head
    results: tuple[str, ...]


class FollowUps:
    """The area's service."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        shields: Shields,
        owners: Owners,
        in_order: InOrder,
    ) -> None:
        self._store, self._clock, self._in_order = store, clock, in_order
        self._carrier = Carrier(store, clock, shields, owners)
        self.forgeries: Forgeries | None = None
        self.requests: Warned | None = None

    async def turn(self) -> int:
        """Follow moves of requests; how many. Told to stop, it gives the rest back."""
        rows = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(FOLLOW,))
        return await self._in_order(self._store, rows, self._turned, self._clock.now)

    async def disclosed(self, disclosure: Disclosure) -> None:
        """A package was fetched: its values stop being proof for the accounts in it. Once, however often it is
        called; raises what kept an account from it, and is then to be called again."""
        request = await self._request(disclosure.request)
        steps = rules.exposure_steps(disclosure)
        if disclosure.fetched is None or not steps:
            return
        name = f"{request.id}.disclosed.{disclosure.id}"
        act = Act(name, request.id, Event.DISCLOSED, disclosure.fetched, (), steps)
        await self._index(request, tuple(step.account for step in steps), ())
        await self._act(request, act, len(request.history))

    async def siblings(self, request: str) -> tuple[Sibling, ...]:
        """The requests that share traits with this one, those that share most first. Raises NotFoundError."""
        held = await self._request(request)
        return await self._siblings(held, await self._traits(held))

    async def siblings_shown(self, request: str) -> tuple[tuple[Sibling, JudicialRequest], ...]:
        """The same with the requests themselves."""
        found = await self.siblings(request)
        return tuple([(each, await self._request(each.request)) for each in found])

    async def forged_kin(self, request: str) -> tuple[Kin, ...]:
        """The confirmed forgeries that share traits with this request. Raises NotFoundError."""
        found = await self.siblings_shown(request)
        return tuple(Kin(other.reference, each.traits) for each, other in found if each.confirmed)

    async def follow_up(self, request: str) -> tuple[FollowUp, tuple[Shown, ...]]:
        """Everything that followed a request, the oldest act first. Raises NotFoundError."""
        await self._request(request)
        held = await self._held(request)
        shown = []
        for head in held.acts:
            act, progress = await self._store.read(act_of(head.id)), await self._store.read(progress_of(head.id))
            if isinstance(act, Act) and isinstance(progress, Progress):
                shown.append(Shown(act, head, progress.results))
        return held, tuple(shown)

    # ------------------------------------------------------------ one message

    async def _turned(self, row: StoredMessage) -> None:
        try:
            await self._follow(row)
        except Exception as error:  # noqa: BLE001 - a fault of one request keeps no other's accounts unprotected
            wait = min(FIRST_RETRY << min(row.attempts, 10), LONGEST_RETRY)
            code = error.code if isinstance(error, CountersealError) else type(error).__name__
            await self._store.deferred(row.id, error=code, retry_at=self._clock.now() + wait)
            return
        await self._store.delivered(row.id, self._clock.now())

    async def _follow(self, row: StoredMessage) -> None:
        moved = msgspec.json.decode(row.payload, type=Moved)
        order = int(row.id.split("/")[1])
        try:
            request = await self._request(moved.request)
        except NotFoundError:
            return  # erased
        traits = await self._traits(request)
        accounts = rules.named_by(request, await self._disclosed_to(request))
        await self._index(request, accounts, traits)
        named = (await self._held(request.id)).named
        event = rules.event_of(moved.before, moved.after, request)
        siblings = await self._siblings(request, traits)
        if event is Event.NAMED:
            await self._join_forgeries(request, named, siblings, order)
            return
        others = await self._accounts_of(siblings, named) if event in CONFIRMING else {}
        by = rules.officers_of(moved.by)
        earlier = await self._earlier(request.id, order)
        now = self._clock.now()
        steps, faults = rules.steps_for(event, request, named, now, by=by, siblings=others, earlier=earlier)
        await self._act(
            request, Act(f"{request.id}.{order}", request.id, event, moved.at, by, steps, faults), order
        )
        if event in CONFIRMING and self.requests is not None:
            for sibling in siblings:
                await self.requests.warned(sibling.request)

    async def _join_forgeries(
        self, request: JudicialRequest, named: Sequence[str], siblings: Iterable[Sibling], order: int
    ) -> None:
        """A request that came in after a forgery of the same hand was confirmed: its accounts are shielded too."""
        for sibling in siblings:
            if sibling.confirmed and named:
                steps, _ = rules.steps_for(Event.SIBLING, request, named, self._clock.now(), origin=sibling.request)
                name = f"{request.id}.sibling.{sibling.request}.{len(named)}"
                act = Act(name, request.id, Event.SIBLING, self._clock.now(), (), steps)
                await self._act(request, act, order)

    async def _act(self, request: JudicialRequest, act: Act, order: int) -> None:
        """Write the act unless it is written, then carry out what of it is not done."""
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Head]:
            at = max(now, loaded.latest)
            return Commit(Head(act.id, act.event, at), planned(loaded, act, order, request.type, at))

        held = await self._store.read(act_of(act.id))
        if held is None:
            keys = (subject_of(request.id), act_of(act.id), progress_of(act.id))
            await self._store.transact(keys, function, now=now)
            held = await self._store.read(act_of(act.id))
        if isinstance(held, Act):
            try:
                await self._carrier.carry_out(held, request.reference)
            finally:  # an account that cannot be reached keeps no case from being opened
                if self.forgeries is not None and held.event in CONFIRMING:
                    await self.forgeries.confirmed(held, request.reference)

    # ------------------------------------------------------------ what is read

    async def _request(self, request: str) -> JudicialRequest:
        held = await self._store.read(request_subject(request))
        if not isinstance(held, JudicialRequest):
            raise unknown()
        return held

    async def _held(self, request: str) -> FollowUp:
        held = await self._store.read(subject_of(request))
        return held if isinstance(held, FollowUp) else FollowUp(request)

    async def _earlier(self, request: str, order: int) -> list[Act]:
        heads = (await self._held(request)).acts
        found = [await self._store.read(act_of(each.id)) for each in heads if each.order <= order]
        return [each for each in found if isinstance(each, Act)]

    async def _disclosed_to(self, request: JudicialRequest) -> tuple[str, ...]:
        held = [await self._store.read(disclosure_subject(each)) for each in request.disclosures]
        return tuple(account for each in held if isinstance(each, Disclosure) for account in each.accounts)

    async def _traits(self, request: JudicialRequest) -> tuple[Trait, ...]:
        reports: list[Report] = []
        senders: list[str] = []
        for name in request.documents:
            held = await self._store.read(documents.subject_of(name))
            if isinstance(held, documents.Document):
                senders += [held.sender] if held.sender else []
                reports += [held.report] if held.report is not None else []
        return traits_of(request, reports, senders)

    async def _siblings(self, request: JudicialRequest, traits: Sequence[Trait]) -> tuple[Sibling, ...]:
        held: dict[str, JudicialRequest] = {}
        bearers: dict[str, list[JudicialRequest]] = {}
        for trait in traits:
            borne = await self._store.read(trait_of(trait.digest))
            for name in borne.requests if isinstance(borne, Bearers) else ():
                if name not in held and name != request.id:
                    other = await self._store.read(request_subject(name))
                    if isinstance(other, JudicialRequest):
                        held[name] = other
                if name in held:
                    bearers.setdefault(trait.digest, []).append(held[name])
        return siblings_of(request, traits, bearers)

    async def _accounts_of(self, siblings: Iterable[Sibling], own: Sequence[str]) -> dict[str, str]:
        """Account -> the sibling request that names it; without the forgery's own."""
        found: dict[str, str] = {}
        for sibling in siblings:
            for account in (await self._held(sibling.request)).named:
                if account not in own and len(found) < MOST_SIBLING_ACCOUNTS:
                    found.setdefault(account, sibling.request)
        return found

    async def _index(self, request: JudicialRequest, accounts: tuple[str, ...], traits: tuple[Trait, ...]) -> None:
        def function(loaded: Loaded) -> Commit[Head]:
            return Commit(Head(request.id, Event.NAMED, 0), indexed(loaded, request.id, accounts, traits))

        await self._store.transact(index_keys(request.id, accounts, traits), function, now=self._clock.now())
