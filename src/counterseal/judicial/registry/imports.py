# SPDX-License-Identifier: Apache-2.0
"""Importing the registry from a CSV file: tried, handed in, signed by two officers, entered in one commit."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Store
from counterseal.judicial.registry import stored as s
from counterseal.judicial.registry.csv_rows import CsvFault, decoded, read_rows
from counterseal.judicial.registry.importing import Ids, Plan, plan_of
from counterseal.judicial.registry.orders import Outcome
from counterseal.judicial.registry.ports import Clock
from counterseal.judicial.registry.service import ID_BYTES, Also, Registry

TRIAL = "trial"


class CsvError(InputError):
    """The file has mistakes; nothing of it was entered."""

    code = "csv_invalid"

    def __init__(self, faults: tuple[CsvFault, ...]) -> None:
        many = f"{len(faults)} mistakes" if len(faults) > 1 else "a mistake"
        super().__init__(f"the file has {many}; nothing was entered")
        self.faults = faults


class Imports:
    """Drafts of the registry."""

    def __init__(self, store: Store, clock: Clock, random: Callable[[int], bytes], registry: Registry) -> None:
        self._store, self._clock, self._random, self._registry = store, clock, random, registry

    async def tried(self, data: bytes) -> Plan:
        """What the file would enter; nothing is kept. Raises CsvError."""
        return await self._planned(_text(data), TRIAL)

    async def hand_in(self, data: bytes, *, by: str, idempotency: Idempotency | None = None) -> Committed[s.Done]:
        """Keep a file without mistakes for two officers. Raises CsvError."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        text, now = _text(data), self._clock.now()
        identity = s.new_import(now, self._random(ID_BYTES))
        plan = await self._planned(text, identity)
        sha256 = hashlib.sha256(data).hexdigest()
        draft = s.Draft(identity, now, by, text, sha256, plan.digest)
        facts: dict[str, object] = {"import": identity, "sha256": sha256, "digest": plan.digest}
        noted = s.entry("registry_handed_in", now, (by,), "", facts)

        def function(_loaded: Loaded) -> Commit[s.Done]:
            return Commit(s.Done("", identity), (Change(s.import_of(identity), draft, noted),))

        return await self._store.transact([s.import_of(identity)], function, now=now, idempotency=idempotency)

    async def read(self, draft: str) -> tuple[s.Draft, Plan | None]:
        """A draft, and what it would enter now; None once it was entered. Raises NotFoundError. Mistakes that came
        up since stand in the plan."""
        held = await self._draft(draft)
        if held.applied is not None:
            return held, None
        return held, await self._plan(held.text, held.id)

    async def drafts(self, *, after: str = "", limit: int = 50) -> list[s.Draft]:
        """The newest first, behind the one with the id `after`."""
        subjects = await self._store.subjects(
            "authority_import", after=s.import_of(after) if after else "", limit=limit
        )
        read = [await self._store.read(subject) for subject in subjects]
        return [each for each in read if isinstance(each, s.Draft)]

    async def apply(
        self,
        draft: str,
        digest: str,
        accepts: tuple[str, ...],
        officers: tuple[str, ...],
        *,
        since: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Committed[s.Done]:
        """Enter all of it in one commit, if it is what was signed (`digest`). Raises NotFoundError, ConflictError
        (`import_applied`, `import_moved_on`, `alarms_unnamed`)."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        held = await self._draft(draft)
        plan = await self._plan(held.text, held.id)
        _check_open(held)
        if plan.faults or not hmac.compare_digest(plan.digest, digest):
            raise s.RegistryRuleError(
                "the registry changed since: this is not what was signed",
                code="import_moved_on",
                hint="read it again",
            )
        if not plan.orders:
            raise s.RegistryRuleError("all of it stands already", code="nothing_changed")

        return await self._registry.sign(
            plan.orders,
            officers,
            accepts=accepts,
            since=since,
            idempotency=idempotency,
            also=_using(draft, plan, officers),
        )

    async def _planned(self, text: str, draft: str) -> Plan:
        plan = await self._plan(text, draft)
        if plan.faults:
            raise CsvError(plan.faults)
        return plan

    async def _plan(self, text: str, draft: str) -> Plan:
        sheet = await asyncio.to_thread(read_rows, text)
        world = await self._registry.world(dict.fromkeys(row.of("authority") for row in sheet.rows))
        return await asyncio.to_thread(plan_of, text, draft, world, self._clock.now())

    async def _draft(self, draft: str) -> s.Draft:
        held = await self._store.read(s.import_of(draft))
        if not isinstance(held, s.Draft):
            raise s.unknown("import")
        return held


def _text(data: bytes) -> str:
    text, faults = decoded(data)
    if faults:
        raise CsvError(faults)
    return text


def _check_open(draft: s.Draft) -> None:
    if draft.applied is not None:
        raise s.RegistryRuleError("this import was entered already", code="import_applied")


def _using(draft: str, plan: Plan, officers: tuple[str, ...]) -> Also:
    """The draft is used up in the commit of what it enters."""

    def used(loaded: Loaded, _outcome: Outcome, at: int) -> tuple[Change, ...]:
        now = loaded.states.get(s.import_of(draft))
        if not isinstance(now, s.Draft):
            raise s.unknown("import")
        _check_open(now)
        facts: dict[str, object] = {"import": draft, "digest": plan.digest, "entered": len(plan.orders)}
        noted = s.entry("registry_imported", at, officers, "", facts)
        kept = msgspec.structs.replace(now, applied=at, applied_by=officers)
        return (Change(s.import_of(draft), kept, noted),)

    return Also((s.import_of(draft),), used, lambda: Ids(draft))
