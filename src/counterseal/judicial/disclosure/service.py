# SPDX-License-Identifier: Apache-2.0
"""Disclosures: look at what would go out, build it for one recipient, hand it out once, and tell the owners.

The commit is the log entry. A process that dies before it leaves nothing behind. If it dies after it, or the line
breaks: that package is spent, and the next one takes the desk's word again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac

import msgspec

from counterseal.core.errors import ConflictError
from counterseal.core.transaction import Commit, Committed, Idempotency, Loaded, StoredMessage
from counterseal.judicial.disclosure import canaries, changes, fields
from counterseal.judicial.disclosure import model as m
from counterseal.judicial.disclosure import stored as s
from counterseal.judicial.disclosure.building import Parts, made, token_of
from counterseal.judicial.disclosure.ports import Got, Wanted
from counterseal.judicial.disclosure.telling import Telling
from counterseal.judicial.requests import handover, record
from counterseal.judicial.requests import stored as requests
from counterseal.judicial.requests.model import JudicialRequest
from counterseal.judicial.requests.model import subject_of as request_subject

BATCH = 16
LEASE = 120_000


class Disclosures:
    """The area's service."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._store, self._clock = parts, parts.store, parts.clock
        self._telling = Telling(parts.store, parts.clock, parts.owners, parts.exposures)

    async def read(self, disclosure: str) -> m.Disclosure:
        """One. Raises NotFoundError."""
        held = await self._store.read(m.subject_of(disclosure))
        if not isinstance(held, m.Disclosure):
            raise s.unknown()
        return held

    async def disclosures(self, *, request: str = "", after: str = "", limit: int = 50) -> list[m.Disclosure]:
        """The newest first, behind the one with the id `after`; of one request where it is named."""
        if request:
            names = list((await self._request(request)).disclosures)[::-1]
            subjects = [m.subject_of(name) for name in names]
        else:
            start = m.subject_of(after) if after else ""
            subjects = await self._store.subjects("disclosure", after=start, limit=limit)
        read = [await self._store.read(subject) for subject in subjects]
        return [each for each in read if isinstance(each, m.Disclosure)]

    async def preview(self, request: str, *, by: str, purpose: str = "request") -> m.Preview:
        """What a package would hold now, field by field; values are masked. That somebody looked is logged."""
        held, now = await self._request(request), self._clock.now()
        refusals = [fields.fault_of(field, held.accounts) for field in held.fields]
        wanted = tuple(
            Wanted(field.account, field.name, field.window)
            for field, fault in zip(held.fields, refusals, strict=True)
            if not fault
        )
        got, outside = fields.kept(wanted, await self._asked(wanted, held, "preview"))
        found = {(each.account, each.name): each for each in got}
        shown = tuple(
            fields.shown(
                field,
                found.get((field.account, field.name), Got(field.account, field.name)),
                outside.get((field.account, field.name), 0),
                fault,
            )
            for field, fault in zip(held.fields, refusals, strict=True)
        )
        await self._looked(held, by, purpose)
        fault = "" if held.fields else "fields_none"
        fault = next((each for each in refusals if each), fault) or handover.release_fault(held, now)
        key = None
        try:
            text = self._parts.releases.delivery_key(held, now)
            key = self._parts.sealer.key(text) if text else None
        except (s.DeliveryKeyError, ConflictError) as error:  # or the policy does not serve it
            fault = error.code
        return m.Preview(held.id, shown, fault, key, changes.silence_of(held, now)[1])

    async def build(self, request: str, *, by: str, idempotency: Idempotency | None = None) -> Committed[m.Made]:
        """A package for the request as it was approved. Raises DisclosureError, FieldRefusedError,
        DeliveryKeyError, PlatformError; nothing is there then."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        held = await self._request(request)
        changes.check_release(held, self._clock.now())
        wanted = fields.checked(held)
        text = self._parts.releases.delivery_key(held, self._clock.now())
        if not text:
            raise s.DisclosureError("no delivery key was confirmed on a call-back", code="key_unconfirmed")
        key = self._parts.sealer.key(text)
        await self._parts.releases.check_release(request)
        got, _ = fields.kept(wanted, await self._asked(wanted, held, "disclosure"))
        now = self._clock.now()
        facts, sealed = await made(self._parts, held, got, key, now)

        def function(loaded: Loaded) -> Commit[m.Made]:
            at = max(now, loaded.latest)
            final = msgspec.structs.replace(facts, built=at, expires=at + m.FETCH_WITHIN, built_by=by)
            gate = self._parts.releases.gate
            return Commit(m.Made(facts.id), changes.built(loaded, final, sealed, by, gate))

        keys = (*changes.keys_of(facts), *(m.marked_as(mark.tag) for mark in facts.canaries))
        return await self._store.transact(keys, function, now=now, idempotency=idempotency)

    def token(self, disclosure: str) -> str:
        """The download token of a package: `token_of`."""
        return token_of(self._parts.secret, disclosure)

    async def link(self, disclosure: str) -> str | None:
        """The public page of a package that can be fetched now; None of any other. Raises NotFoundError."""
        held = await self.read(disclosure)
        if held.ended or self._clock.now() >= held.expires:
            return None
        return f"{self._parts.url.rstrip('/')}/disclosure/{disclosure}/{self.token(disclosure)}"

    async def package_link(self, request: str) -> str | None:
        """The link of the request's newest package, if it can be fetched."""
        names = (await self._request(request)).disclosures
        return await self.link(names[-1]) if names else None

    async def opened(self, disclosure: str, token: str) -> m.Disclosure:
        """The facts behind a link, without taking anything. Raises NotFoundError for another token, GoneError."""
        held = await self.read(disclosure)
        self._check_token(held, token)
        if held.ended or self._clock.now() >= held.expires:
            raise s.gone(held if held.ended else msgspec.structs.replace(held, ended="expired"))
        return held

    async def fetch(self, disclosure: str, token: str, *, address: str, by: str = "link") -> m.Fetched:
        """The package, once: it is marked fetched in the commit without which nobody gets the bytes. Raises
        NotFoundError for another token, GoneError (410)."""
        held = await self.read(disclosure)
        self._check_token(held, token)
        if not held.ended:
            with contextlib.suppress(ConflictError):  # what ended is void now: the commit says what follows
                await self._parts.releases.check_release(held.request)
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Fetched]:
            current = changes.loaded_disclosure(loaded, disclosure)
            at = max(now, loaded.latest)
            gate = self._parts.releases.gate
            data, spent = changes.fetched(loaded, current, at, by, address[:64], gate)
            return Commit(m.Fetched(data, _file_name(current)), spent)

        return (await self._store.transact(changes.keys_of(held), function, now=now)).result

    async def fetch_for(self, request: str, *, by: str, address: str) -> m.Fetched:
        """The same for somebody whom the officer portal knows (`by`: portal:ACCOUNT); the portal says who may."""
        names = (await self._request(request)).disclosures
        if not names:
            raise s.unknown()
        return await self.fetch(names[-1], self.token(names[-1]), address=address, by=by)

    async def revoke(
        self, disclosure: str, *, by: str, reason: str, idempotency: Idempotency | None = None
    ) -> Committed[m.Made]:
        """Destroy a package that nobody fetched. Raises DisclosureError for one that has ended."""
        held, now = await self.read(disclosure), self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Made]:
            current = changes.loaded_disclosure(loaded, disclosure)
            if current.ended:
                raise s.DisclosureError(f"the package was {current.ended}", code=f"package_{current.ended}")
            ended = changes.ended(loaded, current, "revoked", max(now, loaded.latest), by, reason)
            return Commit(m.Made(disclosure), ended)

        return await self._store.transact(changes.keys_of(held), function, now=now, idempotency=idempotency)

    async def silence(
        self,
        disclosure: str,
        basis: str,
        until: int,
        *,
        officers: tuple[str, ...],
        digest: str,
        idempotency: Idempotency | None = None,
    ) -> Committed[m.Made]:
        """Two officers let the owner be told later: at most 90 days from now, and no longer than the rule pack of
        the request lets a silence last on its basis. Raises DisclosureError, InputError."""
        held, now = await self.read(disclosure), self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Made]:
            current, at = changes.loaded_disclosure(loaded, disclosure), max(now, loaded.latest)
            limit = self._parts.releases.silence_limit(record.loaded_request(loaded, current.request), at)
            change = changes.silenced(current, basis, until, officers, digest, at, limit)
            return Commit(m.Made(disclosure), (change,))

        return await self._store.transact(changes.keys_of(held), function, now=now, idempotency=idempotency)

    async def expire(self, disclosure: str) -> None:
        """Destroy a package that was not fetched in time; nothing before that, and nothing twice."""
        held, now = await self.read(disclosure), self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Made]:
            current, at = changes.loaded_disclosure(loaded, disclosure), max(now, loaded.latest)
            if at < current.expires:
                return Commit(m.Made(disclosure))
            ended = changes.ended(loaded, current, "expired", at, "desk", "not fetched in time")
            return Commit(m.Made(disclosure), ended)

        await self._store.transact(changes.keys_of(held), function, now=now)

    async def tell(self, disclosure: str, *, reason: str = "") -> int:
        """Tell the owners now, whatever silence was asked for (a forged gag binds nobody); how many were told just
        now. A `reason` that says `forged`: they learn that the order was none, also those who know of the rest."""
        return await self._telling.tell(await self.read(disclosure), forged="forged" in reason, now=True)

    async def canaries_in(self, data: bytes, *, by: str) -> tuple[m.Hit, ...]:
        """Which disclosures a copy (or a tag) came from. That a canary was found is logged."""
        hits = []
        for tag in canaries.tags_in(data):
            mark = await self._store.read(m.marked_as(tag))
            if isinstance(mark, m.Marked):
                hits.append(await self._hit(tag, mark, by))
        return tuple(hits)

    async def turn(self) -> int:
        """What became due: packages that expire, owners that are told, values that stop proving; how many."""
        rows = await self._store.claim(self._clock.now(), lease=LEASE, limit=BATCH, topics=(s.TOPIC,))
        return await self._parts.work(self._store, rows, self._due, self._clock.now)

    async def _due(self, row: StoredMessage) -> None:
        name, what = row.subject.partition(":")[2], row.payload.decode()
        held = await self._store.read(row.subject)
        if not isinstance(held, m.Disclosure):  # erased in the meantime: nothing is due any more
            await self._store.delivered(row.id, self._clock.now())
            return
        if what == "expire":
            await self.expire(name)
        elif what == "expose":
            await self._telling.expose(held)
        elif what == "remind":
            await self._telling.remind(held)
        else:
            await self._telling.tell(held)
        await self._store.delivered(row.id, self._clock.now())

    async def _hit(self, tag: str, mark: m.Marked, by: str) -> m.Hit:
        held = await self.read(mark.disclosure)
        await self._telling.note(held, "disclosure_canary_found", by, tag=tag, mark=mark.kind)
        facts = (held.id, held.request, held.authority, held.built, held.fetched, held.accounts)
        return m.Hit(tag, mark.kind, *facts)

    async def _asked(self, wanted: tuple[Wanted, ...], held: JudicialRequest, purpose: str) -> tuple[Got, ...]:
        if not wanted:
            return ()
        return await self._parts.platform.fetch(wanted, request=held.reference, purpose=purpose)

    def _check_token(self, held: m.Disclosure, token: str) -> None:
        given = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
        if not hmac.compare_digest(given, held.token):
            raise s.unknown()

    async def _request(self, request: str) -> JudicialRequest:
        held = await self._store.read(request_subject(request))
        if not isinstance(held, JudicialRequest):
            raise requests.unknown()
        return held

    async def _looked(self, held: JudicialRequest, by: str, purpose: str) -> None:
        now = self._clock.now()

        def function(loaded: Loaded) -> Commit[m.Made]:
            current, at = record.loaded_request(loaded, held.id), max(now, loaded.latest)
            return Commit(m.Made(held.id), (s.viewed(current, by, purpose, at),))

        await self._store.transact(record.keys_of(held.id), function, now=now)


def _file_name(held: m.Disclosure) -> str:
    ending = "age" if held.key_kind == "age" else "pgp"
    return f"{held.reference or held.id}.zip.{ending}"
