# SPDX-License-Identifier: Apache-2.0
"""Requests: taken in, read, listed, decided; and the desk's own clock, which never releases anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Store
from counterseal.judicial.packs.clocks import silence_limit
from counterseal.judicial.registry.near import change_of, near_of
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests.acts import check_allowed
from counterseal.judicial.requests.binding import standing
from counterseal.judicial.requests.conflicts import Conflict, conflicts_of
from counterseal.judicial.requests.decision import Decided, decide
from counterseal.judicial.requests.inbox import Listed, Page, listed
from counterseal.judicial.requests.lookup import Tools
from counterseal.judicial.requests.machine import moved
from counterseal.judicial.requests.model import ENDED, JudicialRequest, State, subject_of
from counterseal.judicial.requests.ports import Clock
from counterseal.judicial.requests.record import keys_of, saved
from counterseal.judicial.requests.ticking import ticked
from counterseal.judicial.requests.triage import Given, made
from counterseal.judicial.requests.writing import Writing
from counterseal.judicial.stored import Document

ID_BYTES: Final = 6
BATCH: Final = 32
LEASE: Final = 60_000
RETRY: Final = 30_000
Also = Callable[[Loaded, JudicialRequest], tuple[Change, ...]]


class Requests(Writing):
    """The area's service for intake and reading. `Casework` and `Decisions` do the rest."""

    def __init__(self, store: Store, clock: Clock, random: Callable[[int], bytes], tools: Tools) -> None:
        super().__init__(store, clock, tools)
        self._random = random

    async def open(
        self,
        given: Given,
        *,
        by: str,
        idempotency: Idempotency | None = None,
        keys: Callable[[str], Sequence[str]] | None = None,
        also: Also | None = None,
        twin_of: Callable[[JudicialRequest], bool] = lambda _held: True,
    ) -> Committed[s.Opened]:
        """Take a request in. The same bytes under the same case number as one that has not ended are a duplicate of
        it, if `twin_of` says so of that one. `also`: changes of other subjects (`keys` of the request's id) in the
        same commit. Raises InputError, NotFoundError."""
        if (done := await self._again(idempotency)) is not None:
            return done
        now = self._clock.now()
        if given.about:
            await self.lookup.request(given.about)
        documents = await self.lookup.documents(given.documents)
        received = _received(given, documents, now)
        name = s.new_id(now, self._random(ID_BYTES))
        known = await self._same(given, documents, twin_of)
        marks = [s.bytes_of(each) for each in dict.fromkeys(document.sha256 for document in documents)]
        year = s.numbers_of(dt.datetime.fromtimestamp(now / 1000, dt.UTC).year)
        taken = {each: frozenset(await self.lookup.bearers(each)) for each in marks}

        def function(loaded: Loaded) -> Commit[s.Opened]:
            number = _next(loaded, year)
            named = msgspec.structs.replace(given, documents=tuple(each.id for each in documents))
            reference = f"CS-{year.partition(':')[2]}-{number:06d}"
            request = made(named, name, reference, received, now, by)
            twin = known or next((each for each in _joined(loaded, marks, taken) if each != name), "")
            if twin:
                held = msgspec.structs.replace(request, about=request.about or twin)
                request = moved(held, State.DUPLICATE, now, "desk", "duplicate", twin)
            seen = change_of(loaded, "", self.lookup.seen(request, documents))
            indexed = [Change(each, s.with_bearer(_bearers(loaded, each), name)) for each in marks]
            counted = Change(year, s.Numbers(number))
            changes = (*saved(loaded, None, request, "received", now), counted, seen, *indexed)
            return Commit(s.Opened(name), (*changes, *(() if also is None else also(loaded, request))))

        more = () if keys is None else keys(name)
        every = (*keys_of(name), year, near_of(""), *marks, *more)
        return await self._store.transact(every, function, now=now, idempotency=idempotency)

    async def read(self, request: str) -> JudicialRequest:
        """One. Raises NotFoundError."""
        return await self.lookup.request(request)

    async def listed(self, page: Page) -> Listed:
        """The inbox, or all that ever came in."""
        return await listed(self._store, self.lookup, page, self._clock.now())

    async def decision(self, request: JudicialRequest) -> Decided | None:
        """What the policy's rule says of it now; None where the policy does not serve its type."""
        try:
            return await self._decided(request, self._clock.now())
        except s.RequestRuleError:
            return None

    async def conflicts(self, request: JudicialRequest) -> tuple[Conflict, ...]:
        """Who may not approve it."""
        return conflicts_of(request, await self._tools.people.owned())

    async def names(self) -> dict[str, str]:
        """Staff id -> name: whoever reads a request reads who acted on it."""
        return await self._tools.people.names()

    def gate(self, request: JudicialRequest, now: int) -> tuple[str, ...]:
        """Who approved it, if the policy still releases this very request at `now` (ms). Raises NotReadyError.

        Pure over the request, for use inside a commit.
        """
        check_allowed(decide(self.lookup.policy(), request, self.lookup.pack(request), now))
        held = standing(request, now)
        return () if held is None else held.officers

    def delivery_key(self, request: JudicialRequest, now: int) -> str:
        """The key that its data may be encrypted to: the confirmed one. Only a policy that asks for no confirmed
        key (`okx-2024`, shown as broken) takes the one that the requester claims."""
        decided = decide(self.lookup.policy(), request, self.lookup.pack(request), now)
        rule = self.lookup.policy().rules[decided.rule]
        asks = "key_confirmed" in {getattr(atom, "name", "") for atom in rule.require.atoms}
        return request.key if asks else request.key or request.claim.delivery_key

    def silence_limit(self, request: JudicialRequest, start: int) -> int | None:
        """Until when at most (ms) its rule pack lets a silence last that begins then; None = not at all."""
        pack = self.lookup.pack(request)
        return None if pack is None else silence_limit(pack, request.legal_basis, start)

    async def turn(self) -> int:
        """Work off deadlines that have come; how many."""
        rows = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(s.TICKS, s.ORDERS))
        for row in rows:
            error = await (self._tick(row.payload) if row.topic == s.TICKS else self._order(row.payload))
            await self._store.delivered(row.id, self._clock.now(), error=error)
        return len(rows)

    async def _tick(self, payload: bytes) -> str | None:
        tick = msgspec.json.decode(payload, type=s.Tick)
        if isinstance(await self._store.read(subject_of(tick.request)), JudicialRequest):
            await self._write(tick.request, lambda request, now: ticked(request, tick, now), "clock")
        return None

    async def _order(self, payload: bytes) -> str | None:
        """Freeze an account, once; not where the order was withdrawn or found doubtful before."""
        order = msgspec.json.decode(payload, type=s.Order)
        held = await self._store.read(subject_of(order.request))
        if not isinstance(held, JudicialRequest) or held.state not in {State.EXECUTED, State.CLOSED}:
            return "the order does not stand any more"
        try:
            await self._tools.orders.freeze(order.account, order.officers, order.request)
        except InputError as error:
            return error.sentence
        return None

    async def _same(
        self, given: Given, documents: tuple[Document, ...], twin_of: Callable[[JudicialRequest], bool]
    ) -> str:
        """An open request with one of these documents' bytes, and the same type and case."""
        for document in documents:
            for name in await self.lookup.bearers(s.bytes_of(document.sha256)):
                held = await self._store.read(subject_of(name))
                if not isinstance(held, JudicialRequest) or held.state in ENDED:
                    continue
                if _alike(given, held) and twin_of(held):
                    return name
        return ""


def _alike(given: Given, held: JudicialRequest) -> bool:
    same = s.folded_case(given.case_number) == s.folded_case(held.case_number)
    return given.type is held.type and (same or not given.case_number)


def _received(given: Given, documents: tuple[Document, ...], now: int) -> int:
    """When the clocks begin: when its first document, or the paper that an officer speaks of, was here."""
    if given.received is not None and given.received > now:
        raise InputError("it cannot have been received later than now", code="received_invalid")
    times = [now, *(each.received for each in documents)]
    return min(times if given.received is None else [*times, given.received])


def _next(loaded: Loaded, year: str) -> int:
    held = loaded.states.get(year)
    return 1 + (held.last if isinstance(held, s.Numbers) else 0)


def _bearers(loaded: Loaded, mark: str) -> s.Bearers | None:
    held = loaded.states.get(mark)
    return held if isinstance(held, s.Bearers) else None


def _joined(loaded: Loaded, marks: list[str], taken: dict[str, frozenset[str]]) -> list[str]:
    """Requests with the same bytes that came in while this one was read."""
    held = [(mark, _bearers(loaded, mark)) for mark in marks]
    return [each for mark, index in held if index is not None for each in index.requests if each not in taken[mark]]
