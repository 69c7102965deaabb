# SPDX-License-Identifier: Apache-2.0
"""Cases over a store: opened once for each cause, changed by pure functions, listed, never deleted."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from counterseal.core.errors import InputError, NotFoundError
from counterseal.core.transaction import Change, Commit, Committed, Idempotency, Loaded, Store
from counterseal.incidents import casework as w
from counterseal.incidents import model as m
from counterseal.incidents.members import Clock, Members, joined, keys_of
from counterseal.incidents.stored import Changed, Opened, entry

MOST_BYTES: Final = 50 * 1024 * 1024


class Setting(Protocol):
    """What a case begins with."""

    def tasks(self, case: m.Incident, at: int) -> Sequence[m.Task]:
        """The tasks of its kind's playbook."""
        ...

    def deadlines(self, case: m.Incident, at: int) -> Sequence[m.Deadline]:
        """The clocks that run for it now."""
        ...


class Opening(msgspec.Struct, frozen=True):
    """What a case is opened with. `source`: one source opens one case; `accounts`: members, whose case is not known
    yet; `begun`: since when the attack runs, `aware`: when we learnt of it (ms)."""

    kind: m.Kind
    title: str
    severity: int
    source: str
    accounts: tuple[m.Member, ...] = ()
    begun: int | None = None
    aware: int | None = None
    request: str = ""


Step = Callable[[m.Incident, int], m.Incident]


class Cases:
    """`random(n)`: n random bytes, for ids."""

    def __init__(self, store: Store, clock: Clock, random: Callable[[int], bytes], setting: Setting) -> None:
        self._store, self._clock, self._random, self._setting = store, clock, random, setting
        self.members = Members(store, clock)

    def new_id(self, prefix: str) -> str:
        """A fresh id."""
        return f"{prefix}_{self._random(9).hex()}"

    # ------------------------------------------------------------ opening

    async def open(self, opening: Opening, *, by: str, idempotency: Idempotency | None = None) -> Committed[Opened]:
        """Open a case, or find the one that this source opened, and add the accounts."""
        name, now = self.new_id("inc"), self._clock.now()
        said, rate = w.text_of(opening.title, "a title", 200), w.severe(opening.severity)
        index = m.source_of(hashlib.sha256(opening.source.encode()).hexdigest())
        accounts = opening.accounts

        def function(loaded: Loaded) -> Commit[Opened]:
            at = max(now, loaded.latest)
            held = loaded.states.get(index)
            if isinstance(held, m.Index):
                return Commit(Opened(held.incidents[0], "", known=True))
            numbers = loaded.states.get(m.NUMBERS)
            year, number, numbering = _numbered(numbers if isinstance(numbers, m.Numbering) else m.Numbering(), at)
            known = min(opening.aware or at, at)
            made = m.Incident(
                *(name, f"INC-{year}-{number:04d}", opening.kind, said, rate, m.Stage.OPEN, at),
                source=opening.source,
                aware=known,
                begun=opening.begun,
                request=opening.request,
                history=(m.Happened(at, by, "opened", opening.source),),
            )
            made = w.tasked(made, self._setting.tasks(made, at), at, "playbook")
            made = w.clocked(made, self._setting.deadlines(made, at), at)
            changes = [
                Change(
                    m.subject_of(name),
                    made,
                    entry("opened", name, at, by, about=opening.kind, source=opening.source),
                ),
                Change(m.NUMBERS, numbering),
                Change(index, m.Index((name,))),
                *joined(loaded, name, accounts, at),
            ]
            return Commit(Opened(name, made.number), tuple(changes))

        keys = [m.subject_of(name), m.NUMBERS, index, *keys_of(name, [each.account for each in accounts])]
        done = await self._store.transact(keys, function, now=now, idempotency=idempotency)
        if not done.result.known or not accounts:
            return done
        await self.members.add(done.result.incident, accounts, by=by)  # the same cause names more accounts
        return done

    # ------------------------------------------------------------ reading

    async def read(self, incident: str) -> m.Incident:
        """A case. Raises NotFoundError."""
        found = await self._store.read(m.subject_of(incident))
        if not isinstance(found, m.Incident):
            raise NotFoundError("there is no such incident", code="unknown_incident")
        return found

    async def listed(self, *, after: str = "", limit: int = 100) -> list[m.Incident]:
        """Cases by id, behind one."""
        start = m.subject_of(after) if after else ""
        names = await self._store.subjects("incident", after=start, limit=limit)
        found = [await self._store.read(name) for name in names]
        return [each for each in found if isinstance(each, m.Incident)]

    # ------------------------------------------------------------ changes

    async def change(
        self, incident: str, step: Step, *, by: str, idempotency: Idempotency | None = None, made: str = ""
    ) -> Committed[Changed]:
        """One step of people's work. Its last line of history is the log's line."""
        await self.read(incident)
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[Changed]:
            held = loaded.states[m.subject_of(incident)]
            if not isinstance(held, m.Incident):
                raise NotFoundError("there is no such incident", code="unknown_incident")
            at = max(now, loaded.latest)
            after = step(held, at)
            if after is held:
                return Commit(Changed(incident, at, made))
            last = after.history[-1]
            after = w.clocked(after, self._setting.deadlines(after, at), at)
            line = entry(last.what, incident, at, by, about=last.about)
            return Commit(Changed(incident, at, made), (Change(m.subject_of(incident), after, line),))

        return await self._store.transact([m.subject_of(incident)], function, now=now, idempotency=idempotency)

    async def collect(
        self,
        incident: str,
        name: str,
        data: bytes,
        *,
        source: str,
        why: str,
        by: str,
        account: str = "",
        idempotency: Idempotency | None = None,
    ) -> Committed[Changed]:
        """A piece of evidence, hashed and kept under the case's key."""
        await self.read(incident)
        if not 0 < len(data) <= MOST_BYTES:
            raise InputError(f"a piece of evidence has 1 to {MOST_BYTES:,} bytes", code="evidence_size")
        artefact, now = self.new_id("ev"), self._clock.now()
        label, reason = w.text_of(name, "a name", 200), w.text_of(why, "the reason", 500)
        digest = hashlib.sha256(data).hexdigest()

        def function(loaded: Loaded) -> Commit[Changed]:
            held = loaded.states[m.subject_of(incident)]
            if not isinstance(held, m.Incident):
                raise NotFoundError("there is no such incident", code="unknown_incident")
            at = max(now, loaded.latest)
            first = m.Custody(at, by, "collected", reason)
            made = m.Artefact(artefact, label, digest, len(data), source, (first,), account)
            after = w.collected(held, made, at, by)
            line = entry("evidence", incident, at, by, artefact=artefact, sha256=digest, size=len(data))
            changes = (
                Change(m.subject_of(incident), after, line),
                Change(m.blob_of(incident, artefact), m.Blob(data)),
            )
            return Commit(Changed(incident, at, artefact), changes)

        keys = [m.subject_of(incident), m.blob_of(incident, artefact)]
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)

    async def bytes_of(
        self,
        incident: str,
        artefact: str,
        *,
        by: str,
        what: str,
        why: str,
        idempotency: Idempotency | None = None,
    ) -> bytes:
        """A piece of evidence, handed out; that it was is in its custody first."""
        w.piece(await self.read(incident), artefact)

        def step(case: m.Incident, at: int) -> m.Incident:
            return w.handled(case, artefact, what, why, at, by)

        await self.change(incident, step, by=by, idempotency=idempotency)
        found = await self._store.read(m.blob_of(incident, artefact))
        if not isinstance(found, m.Blob):
            raise NotFoundError("the bytes of this piece are gone", code="unknown_evidence")
        return found.data


def _numbered(held: m.Numbering, at: int) -> tuple[int, int, m.Numbering]:
    year = dt.datetime.fromtimestamp(at / 1000, dt.UTC).year
    number = held.last.get(str(year), 0) + 1
    return year, number, m.Numbering({**held.last, str(year): number})
