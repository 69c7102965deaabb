# SPDX-License-Identifier: Apache-2.0
"""The shadow run: each input of every account also under a candidate, with a state of its own. No seal, no notice,
no challenge, nothing consumed: nothing leaves but counts and examples.

One process at a time does it, by a lease in the run's own subject. Counts, cursor and the accounts' shadow states
are one commit, so a restart neither skips nor repeats an input.
"""

from __future__ import annotations

import asyncio

import msgspec

from counterseal.core.errors import ConflictError, NotFoundError
from counterseal.core.platform import PLATFORM, Platform
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, StoredEntry
from counterseal.prover.history import Past
from counterseal.prover.history_kept import Kept, forked
from counterseal.publishing.model import RUN, Run, Uploaded, Version, VersionError, entry, shadow_of, subject_of
from counterseal.publishing.ports import Parts
from counterseal.publishing.tally import Stepped, account_of, forget, step, tallied

BATCH = 100
"""Entries of the log in one turn: what is held in memory, and the size of one commit."""
LEASE = 15_000
"""ms for which a process that stopped keeps the others waiting."""
SHARE = 0.25
"""Of one core: after each turn it rests three times as long as it worked."""
LONGEST_REST = 2.0
PAGE = 500


class Mine(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account's shadow as stored. `run`: whose; another one's counts as none."""

    run: str = ""
    kept: Kept = Kept()


class _Taken(msgspec.Struct, frozen=True):
    entries: int


class _NotOursError(ConflictError):
    """Another process has the lease, or the run is over."""

    code = "shadow_taken"


class Shadows:
    """The one shadow run that there may be."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._me = parts.random(8).hex()

    async def current(self) -> Run | None:
        """The run as last committed."""
        found = await self._parts.store.read(RUN)
        return found if isinstance(found, Run) else None

    async def start(self, version: str, by: str, idempotency: Idempotency | None = None) -> Committed[Uploaded]:
        """From now on every input is stepped under this version too. Raises NotFoundError, VersionError."""
        now, run_id = self._parts.now(), self._parts.random(8).hex()
        subject = subject_of(version)

        def function(loaded: Loaded) -> Commit[Uploaded]:
            found, platform = loaded.states[subject], loaded.states[PLATFORM] or Platform()
            if not isinstance(found, Version):
                raise NotFoundError("there is no such version", code="unknown_version")
            if found.digest == platform.policy:
                raise VersionError("this version is in force", code="version_in_force")
            before = loaded.states[RUN]
            if isinstance(before, Run) and before.state == "running":
                raise VersionError("a shadow runs already", code="shadow_runs", hint="Stop it first.")
            at = max(now, loaded.latest)
            # The entry of the start is the first position that is not before the run.
            run = Run(
                *(run_id, version, found.digest, found.name, "running", by, at),
                loaded.position,
                loaded.position - 1,
            )
            noted = entry("policy_shadow_started", at, by, version=version, run=run_id)
            return Commit(Uploaded(version, at, loaded.position), (Change(RUN, run, noted),))

        keys = [RUN, subject, PLATFORM]
        return await self._parts.store.transact(keys, function, now=now, idempotency=idempotency)

    async def end(
        self, version: str, by: str, *, clear: bool, idempotency: Idempotency | None = None
    ) -> Committed[Uploaded]:
        """Stop it; `clear`: and remove what it found. Raises VersionError."""
        now, state = self._parts.now(), "cleared" if clear else "stopped"

        def function(loaded: Loaded) -> Commit[Uploaded]:
            run = loaded.states[RUN]
            if not isinstance(run, Run) or run.version != version or run.state == "cleared":
                raise VersionError("there is no shadow of this version", code="shadow_missing")
            if run.state == "stopped" and not clear:
                raise VersionError("this shadow is stopped", code="shadow_stopped")
            at = max(now, loaded.latest)
            after = msgspec.structs.replace(run, state=state, ended=run.ended or at, holder="", until=0)
            if clear:
                after = _bare(after)
            noted = entry(f"policy_shadow_{state}", at, by, version=version, run=run.id, inputs=run.inputs)
            return Commit(Uploaded(version, at, loaded.position), (Change(RUN, after, noted),))

        return await self._parts.store.transact([RUN], function, now=now, idempotency=idempotency)

    async def forgotten(self, account: str) -> tuple[str, ...]:
        """An account is erased: its examples go; the subjects to erase with it."""

        def function(loaded: Loaded) -> Commit[_Taken]:
            run = loaded.states[RUN]
            if not isinstance(run, Run) or all(each.account != account for each in run.examples):
                return Commit(_Taken(0))
            return Commit(_Taken(1), (Change(RUN, forget(run, account)),))

        run = await self.current()
        if run is not None and any(each.account == account for each in run.examples):
            await self._parts.store.transact([RUN], function, now=self._parts.now())
        return (shadow_of(account),)

    async def turn(self) -> int:
        """Take the next entries of the log; how many. 0 = there is nothing, or another process does it."""
        run = await self.current()
        if run is None or run.state == "stopped":
            return 0
        if run.state == "cleared":
            return await self._clear()
        now = self._parts.now()
        if (
            run.holder not in ("", self._me) and 0 < run.until - now <= LEASE
        ):  # one from after a jump counts for none
            return 0
        entries = await self._parts.store.entries(after=run.cursor, limit=BATCH)
        if not entries:
            return 0
        begun = self._parts.cpu()
        try:
            await self._take(run, entries, now)
        except _NotOursError:
            return 0
        worked = self._parts.cpu() - begun
        await asyncio.sleep(min(LONGEST_REST, worked * (1 / SHARE - 1)))
        return len(entries)

    async def release(self) -> None:
        """This process stops: another one need not wait for the lease to end."""

        def function(loaded: Loaded) -> Commit[_Taken]:
            run = loaded.states[RUN]
            if not isinstance(run, Run) or run.holder != self._me:
                return Commit(_Taken(0))
            return Commit(_Taken(1), (Change(RUN, msgspec.structs.replace(run, holder="", until=0)),))

        run = await self.current()
        if run is not None and run.holder == self._me:
            await self._parts.store.transact([RUN], function, now=self._parts.now())

    async def _take(self, run: Run, entries: list[StoredEntry], now: int) -> None:
        policy = await self._parts.loader.load(run.digest)
        live = await self._live_currency()
        grouped: dict[str, list[Past]] = {}
        for each in entries:
            past = self._parts.record(each)
            account = account_of(each.subject)
            if past is not None and account:
                grouped.setdefault(account, []).append(past)
        stepped = [await self._step(run, policy, account, pasts, live) for account, pasts in grouped.items()]
        await self._commit(run, stepped, entries[-1].position, now)

    async def _step(self, run: Run, policy: Policy, account: str, pasts: list[Past], live: str) -> Stepped:
        found = await self._parts.store.read(shadow_of(account))
        mine = found if isinstance(found, Mine) and found.run == run.id else None
        if mine is None:
            earlier = await self._before(account, pasts[0].position)
            kept = await asyncio.to_thread(forked, account, earlier)
        else:
            kept = mine.kept
        return await asyncio.to_thread(
            step, policy, account, kept, pasts, fresh=mine is None, other_currency=live != policy.currency
        )

    async def _before(self, account: str, position: int) -> list[Past]:
        """The account's inputs before this position, whose events are where its shadow begins."""
        found: list[Past] = []
        after = -1
        while True:
            page = await self._parts.store.entries(subject=f"account:{account}", after=after, limit=PAGE)
            for each in page:
                past = self._parts.record(each)
                if each.position >= position:
                    return found
                if past is not None:
                    found.append(past)
            if not page:
                return found
            after = page[-1].position

    async def _commit(self, run: Run, stepped: list[Stepped], cursor: int, now: int) -> None:
        def function(loaded: Loaded) -> Commit[_Taken]:
            before = loaded.states[RUN]
            if not isinstance(before, Run) or (before.id, before.state, before.cursor) != (
                run.id,
                "running",
                run.cursor,
            ):
                raise _NotOursError("the run went on without this process")
            # What was erased meanwhile is not kept again.
            there = [each for each in stepped if loaded.states[f"account:{each.account}"] is not None]
            after = msgspec.structs.replace(
                tallied(before, there), cursor=cursor, holder=self._me, until=now + LEASE
            )
            changes = [Change(shadow_of(each.account), Mine(run.id, each.kept)) for each in there]
            return Commit(_Taken(len(there)), (Change(RUN, after), *changes))

        keys = [RUN]
        for each in stepped:
            keys += [shadow_of(each.account), f"account:{each.account}"]
        await self._parts.store.transact(keys, function, now=now)

    async def _live_currency(self) -> str:
        found = await self._parts.store.read(PLATFORM)
        digest = found.policy if isinstance(found, Platform) else ""
        return (await self._parts.loader.load(digest)).currency

    async def _clear(self) -> int:
        """Empty the shadow states that are left of a run that was cleared, a page in each turn."""
        after = ""
        while True:
            page = await self._parts.store.subjects("shadow", after=after, limit=PAGE)
            left = [each for each in page if _is_full(await self._parts.store.read(each))]
            if left:
                return await self._empty(left)
            if not page:
                return 0
            after = page[-1]

    async def _empty(self, subjects: list[str]) -> int:
        def function(loaded: Loaded) -> Commit[_Taken]:
            run = loaded.states[RUN]
            if not isinstance(run, Run) or run.state != "cleared":
                return Commit(_Taken(0))
            full = [each for each in subjects if _is_full(loaded.states[each])]
            return Commit(_Taken(len(full)), tuple(Change(each, Mine()) for each in full))

        done = await self._parts.store.transact([RUN, *subjects], function, now=self._parts.now())
        return done.result.entries


def _is_full(state: object) -> bool:
    return isinstance(state, Mine) and bool(state.run)


def _bare(run: Run) -> Run:
    """A run without anything that it found."""
    return Run(
        *(run.id, run.version, run.digest, run.name, run.state, run.by, run.started, run.start, run.cursor),
        ended=run.ended,
    )


def lag_of(run: Run, size: int) -> int:
    """How many entries of a log of `size` the run has not taken yet."""
    return max(0, size - 1 - run.cursor) if run.state == "running" else 0
