# SPDX-License-Identifier: Apache-2.0
"""Writes a plan of protection and carries it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import msgspec

from counterseal.core.account import Suspicion
from counterseal.core.errors import CountersealError, InputError, NotFoundError
from counterseal.core.transaction import (
    Change,
    Codec,
    Commit,
    Committed,
    Entry,
    Idempotency,
    Loaded,
    Message,
    Store,
    StoredMessage,
    StructCodec,
)
from counterseal.incidents import protection as p

TOPIC: Final = "incident_protect"
BATCH: Final = 4
LEASE: Final = 300_000
FIRST_RETRY: Final = 5_000
LONGEST_RETRY: Final = 600_000
CODECS: Final[dict[str, Codec]] = {
    "incident_act": StructCodec(p.ProtectionAct),
    "incident_act_part": StructCodec(p.Part),
}


class Shields(Protocol):
    """Accounts as the guard keeps them. Each call is one transaction under `key`; repeated, it changes nothing."""

    async def shield(self, account: str, suspicion: Suspicion, key: str) -> None:
        """Raise a suspicion."""
        ...

    async def end_sessions(self, account: str, officers: Sequence[str], reason: str, key: str) -> None:
        """Two officers end every session; the owner is told."""
        ...

    async def freeze(self, account: str, officers: Sequence[str], key: str) -> None:
        """Two officers stop the outflows; the owner is told."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


InOrder = Callable[
    [Store, Sequence[StoredMessage], Callable[[StoredMessage], Awaitable[None]], Callable[[], int]],
    Awaitable[int],
]


class _Row(msgspec.Struct, frozen=True):
    act: str
    number: int


class Planned(msgspec.Struct, frozen=True):
    """The answer to whoever planned it."""

    act: str
    accounts: int


class Protection:
    """Plans, and the worker that carries them out. `finished(incident, accounts, officers)`: called with those of a
    part that are protected, before the part counts as carried out."""

    def __init__(self, store: Store, clock: Clock, shields: Shields, in_order: InOrder) -> None:
        self._store, self._clock, self._shields, self._in_order = store, clock, shields, in_order
        self.finished: Callable[[str, Sequence[str], str], Awaitable[None]] | None = None

    async def plan(
        self,
        act: str,
        incident: str,
        accounts: Sequence[p.Guarded],
        *,
        officers: Sequence[str],
        why: str,
        since: int,
        lasts: int,
        idempotency: Idempotency | None = None,
    ) -> Committed[Planned]:
        """Write a plan; the worker begins at once. `since` (ms): what was granted from then on, on what may be in
        the attacker's hands, is doubtful. Raises InputError without two officers."""
        if len(set(officers)) < p.TWO:
            raise InputError("two officers decide on this", code="two_officers")
        parts = p.parts_of(act, accounts)
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Planned]:
            at = max(now, loaded.latest)
            made = p.ProtectionAct(
                *(act, incident, at, tuple(officers), why, min(since, at), at + lasts, len(parts), len(accounts)),
                counts=p.counted(accounts),
            )
            messages = tuple(
                Message(f"{act}/{part.number}", TOPIC, p.act_of(act), msgspec.json.encode(_Row(act, part.number)))
                for part in parts
            )
            changes = [Change(p.act_of(act), made, _entry(made, at, "planned"), messages=messages)]
            changes += [Change(p.part_of(act, part.number), part) for part in parts]
            return Commit(Planned(act, len(accounts)), tuple(changes))

        keys = [p.act_of(act), *(p.part_of(act, part.number) for part in parts)]
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)

    async def read(self, act: str) -> tuple[p.ProtectionAct, tuple[p.Part, ...]]:
        """A plan with its parts. Raises NotFoundError."""
        held = await self._store.read(p.act_of(act))
        if not isinstance(held, p.ProtectionAct):
            raise NotFoundError("there is no such action", code="unknown_action_id")
        found = [await self._store.read(p.part_of(act, number)) for number in range(held.parts)]
        return held, tuple(each for each in found if isinstance(each, p.Part))

    # ------------------------------------------------------------ the worker

    async def turn(self) -> int:
        """Carry out parts; how many. Told to stop, it gives the rest back."""
        rows = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(TOPIC,))
        return await self._in_order(self._store, rows, self._turned, self._clock.now)

    async def _turned(self, row: StoredMessage) -> None:
        try:
            await self._carry_out(msgspec.json.decode(row.payload, type=_Row))
        except Exception as error:  # noqa: BLE001 - what keeps one part keeps no other
            wait = min(FIRST_RETRY << min(row.attempts, 10), LONGEST_RETRY)
            code = error.code if isinstance(error, CountersealError) else type(error).__name__
            await self._store.deferred(row.id, error=code, retry_at=self._clock.now() + wait)
            return
        await self._store.delivered(row.id, self._clock.now())

    async def _carry_out(self, row: _Row) -> None:
        """Every account of a part that is not done. What an outside fault keeps from being done is raised after the
        others were tried: one account that cannot be reached leaves no other unprotected."""
        act, part = (
            await self._store.read(p.act_of(row.act)),
            await self._store.read(p.part_of(row.act, row.number)),
        )
        if not isinstance(act, p.ProtectionAct) or not isinstance(part, p.Part) or part.finished:
            return
        fault: CountersealError | None = None
        results = list(part.results or ("",) * len(part.accounts))
        for number, one in enumerate(part.accounts):
            if not results[number]:
                try:
                    results[number] = await self._guarded(act, one)
                except CountersealError as error:
                    fault = fault or error
        if self.finished is not None:
            done = [one.account for one, said in zip(part.accounts, results, strict=True) if said == p.DONE]
            await self.finished(act.incident, done, "+".join(act.officers))
        await self._note(act.id, part.number, tuple(results))
        if fault is not None:
            raise fault

    async def _note(self, act: str, number: int, results: tuple[str, ...]) -> None:
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Planned]:
            held, mine = loaded.states[p.act_of(act)], loaded.states[p.part_of(act, number)]
            if not isinstance(held, p.ProtectionAct) or not isinstance(mine, p.Part) or mine.finished:
                return Commit(Planned(act, 0))
            done = msgspec.structs.replace(mine, results=results)
            changes = [Change(p.part_of(act, number), done)]
            if done.finished:
                at, count = max(now, loaded.latest), held.done + 1
                after = msgspec.structs.replace(held, done=count, ended=at if count == held.parts else None)
                entry = _entry(after, at, "carried_out") if after.ended is not None else None
                changes.append(Change(p.act_of(act), after, entry))
            return Commit(Planned(act, len(results)), tuple(changes))

        await self._store.transact([p.act_of(act), p.part_of(act, number)], function, now=now)

    async def _guarded(self, act: p.ProtectionAct, one: p.Guarded) -> str:
        """Everything for one account. Raises what an outside fault keeps from being done."""
        name = f"{act.id}/{one.account}"
        reason = f"incident {act.incident}: {act.why}"
        try:
            for capability in one.capabilities:
                given = Suspicion(
                    id=p.shield_id(act.incident, capability),
                    capability=capability,
                    since=act.since,
                    until=act.until,
                    evidence=reason,
                )
                await self._once(self._shields.shield(one.account, given, f"{name}/{capability}"))
            if one.end_sessions:
                await self._shields.end_sessions(one.account, act.officers, reason, f"{name}/sessions")
            if one.freeze:
                await self._shields.freeze(one.account, act.officers, f"{name}/freeze")
        except InputError as error:  # the account is gone, or the policy knows no such word: said, not tried again
            return error.code
        return p.DONE

    async def _once(self, shielding: Awaitable[None]) -> None:
        try:
            await shielding
        except InputError as error:
            if error.code != "suspicion_exists":  # it stands already: of an earlier action for this incident
                raise


def _entry(act: p.ProtectionAct, at: int, what: str) -> Entry:
    """The log's line: what is done to how many, by whose decision."""
    facts = {
        "act": act.id,
        "accounts": act.accounts,
        "counts": act.counts,
        "incident": act.incident,
        "officers": list(act.officers),
        "until": act.until,
        "why": act.why,
    }
    return Entry(f"incident_protection_{what}", at, "", msgspec.json.encode(facts, order="sorted"))
