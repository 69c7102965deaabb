# SPDX-License-Identifier: Apache-2.0
"""What an account does with requests: hand in, read, answer, add to, withdraw, fetch. Only its authority's own.

Nothing here decides anything: a request of the portal takes the same way as one that came by mail.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from counterseal.core.errors import InputError, NotFoundError
from counterseal.core.transaction import Change, Commit, Idempotency, Loaded, Store
from counterseal.judicial.disclosure.model import Disclosure, Fetched
from counterseal.judicial.disclosure.service import Disclosures
from counterseal.judicial.letters.model import Letter
from counterseal.judicial.letters.service import Letters
from counterseal.judicial.portal import model as m
from counterseal.judicial.portal import rules, seen
from counterseal.judicial.portal.ports import Parts, entry
from counterseal.judicial.portal.signin import Opened
from counterseal.judicial.portal.work import PortalWork
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests.model import Claim, JudicialRequest
from counterseal.judicial.requests.model import subject_of as request_of
from counterseal.judicial.requests.service import Requests
from counterseal.judicial.requests.triage import ABOUT, Given
from counterseal.judicial.service import Desk
from counterseal.judicial.stored import Document

SOURCE: Final = "portal"
STATED: Final = "legal basis, as stated: {basis}"


class Shown(msgspec.Struct, frozen=True):
    """A request as its authority may read it. `handed`: its own words; `about`: the reference of the request that
    it changes; `documents`: those of the portal; `package`: what can be fetched now."""

    request: JudicialRequest
    handed: m.Handed
    about: str
    documents: tuple[Document, ...]
    letters: tuple[Letter, ...]
    package: Disclosure | None


class Neighbours(msgspec.Struct, frozen=True):
    """The services of the desk that the portal goes through."""

    requests: Requests
    work: PortalWork
    letters: Letters
    disclosures: Disclosures
    documents: Desk


class PortalRequests:
    """Requests of the portal's accounts. `once`: of the page, so that a button pressed twice is pressed once."""

    def __init__(self, parts: Parts, desk: Neighbours) -> None:
        self._parts, self._desk = parts, desk

    @property
    def _store(self) -> Store:
        return self._parts.store

    async def receive(self, opened: Opened, data: bytes, name: str) -> Document:
        """Keep a file for a request to come. Raises InputError, ThrottledError."""
        if not data:
            raise InputError("the file is empty", code="document_empty")
        await self._count(opened, len(data))
        made = await self._desk.documents.receive(data, name=name, by=opened.by, source=SOURCE)
        return await self._desk.documents.document(made.result.id)

    async def submit(self, opened: Opened, given: m.Submission, *, once: str) -> str:
        """Hand a request in; its id. Raises InputError, NotFoundError, ThrottledError, RequestRuleError."""
        again = _once(opened, once, "submit", given)
        if (done := await self._store.replayed(again)) is not None:
            return str(done.result.id)
        if given.about:
            about = (await self.request(opened, given.about)).request
            if given.type not in seen.changes(about):
                raise InputError("a request of this type is about no such request", code="about_invalid")
        elif given.type in ABOUT:
            raise InputError("name the request that it is about", code="about_missing")
        await self._own(opened, given.documents)
        await self._count(opened, 0)

        def also(loaded: Loaded, request: JudicialRequest) -> tuple[Change, ...]:
            index = loaded.states.get(m.handed_by(opened.account.authority)) or m.HandedBy()
            listed = m.HandedBy((*index.requests, request.id)[-m.MOST_REQUESTS :])
            handed = m.Handed(
                *(request.id, opened.account.authority, opened.account.id, self._parts.now()),
                legal_basis=given.legal_basis.strip(),
                note=given.note.strip(),
                documents=given.documents,
            )
            noted = entry("submitted", handed.at, opened.by, request=request.id, reference=request.reference)
            return (
                Change(m.handed_by(opened.account.authority), listed),
                Change(m.handed_of(request.id), handed, noted),
            )

        done = await self._desk.requests.open(
            _given(opened, given),
            by=opened.by,
            idempotency=again,
            keys=lambda name: (m.handed_by(opened.account.authority), m.handed_of(name)),
            also=also,
            twin_of=lambda held: held.by == opened.by,  # `duplicate` would say what others sent us
        )
        return done.result.id

    async def requests(self, opened: Opened, *, after: str = "", limit: int = 50) -> list[JudicialRequest]:
        """Those of its authority's accounts, the newest first, behind the one with the id `after`."""
        held = await self._store.read(m.handed_by(opened.account.authority))
        names = list(reversed(held.requests)) if isinstance(held, m.HandedBy) else []
        start = names.index(after) + 1 if after in names else 0
        read = [await self._store.read(request_of(name)) for name in names[start : start + limit]]
        return [each for each in read if isinstance(each, JudicialRequest)]

    async def request(self, opened: Opened, request: str) -> Shown:
        """One. Raises NotFoundError, for another authority's as for none."""
        handed = await self._handed(opened, request)
        held = await self._desk.requests.read(request)
        about = await self._store.read(m.handed_of(held.about)) if held.about else None
        named = ""
        if isinstance(about, m.Handed) and about.authority == opened.account.authority:
            named = (await self._desk.requests.read(held.about)).reference
        return Shown(
            held,
            handed,
            named,
            tuple([await self._desk.documents.document(name) for name in handed.documents]),
            tuple(await self._desk.letters.of_request(request, sent=True)),
            await self._package(held),
        )

    async def answer(
        self, opened: Opened, request: str, note: str, documents: tuple[str, ...], *, once: str
    ) -> None:
        """Answer what we asked. Raises NotFoundError, InputError, RequestRuleError."""
        await self._handed(opened, request)
        if documents:
            await self.attach(opened, request, documents, once=once)
        again = _once(opened, once, "answer", m.Named(f"{request}\n{note}"))
        await self._desk.work.answer(request, note, by=opened.by, idempotency=again)

    async def attach(self, opened: Opened, request: str, documents: tuple[str, ...], *, once: str) -> None:
        """Add documents. Raises NotFoundError, InputError, RequestRuleError."""
        await self._handed(opened, request)
        await self._own(opened, documents)
        again = _once(opened, once, "attach", m.Named(f"{request}\n{' '.join(documents)}"))
        await self._desk.work.attach(request, documents, by=opened.by, idempotency=again)

    async def withdraw(self, opened: Opened, request: str, reason: str, *, once: str) -> None:
        """Take it back. Raises NotFoundError, RequestRuleError."""
        await self._handed(opened, request)
        again = _once(opened, once, "withdraw", m.Named(f"{request}\n{reason}"))
        await self._desk.work.withdraw(request, reason, by=opened.by, idempotency=again)

    async def fetch(self, opened: Opened, request: str, *, address: str) -> Fetched:
        """The package, once. Raises NotFoundError, GoneError, RequestRuleError."""
        await self._handed(opened, request)
        return await self._desk.disclosures.fetch_for(request, by=opened.by, address=address)

    async def _handed(self, opened: Opened, request: str) -> m.Handed:
        held = await self._store.read(m.handed_of(request))
        if not isinstance(held, m.Handed) or held.authority != opened.account.authority:
            raise s.unknown()
        return held

    async def _own(self, opened: Opened, names: tuple[str, ...]) -> None:
        """Raise NotFoundError for a document that this account did not hand in: others' are as unknown as none."""
        if len(set(names)) > m.MOST_DOCUMENTS:
            raise InputError("a request takes ten documents at most", code="request_too_long")
        for name in names:
            held = await self._desk.documents.document(name)
            if held.by != opened.by:
                raise NotFoundError("there is no such document", code="document_unknown")

    async def _package(self, request: JudicialRequest) -> Disclosure | None:
        if not request.disclosures:
            return None
        held = await self._desk.disclosures.read(request.disclosures[-1])
        return None if held.ended or self._parts.now() >= held.expires else held

    async def _count(self, opened: Opened, size: int) -> None:
        """One more for the account's hour, committed before anything is taken. Raises ThrottledError."""
        now, subject = self._parts.now(), m.account_of(opened.account.id)

        def function(loaded: Loaded) -> Commit[m.Named]:
            held = loaded.states.get(subject)
            if not isinstance(held, m.Account):
                raise s.unknown()
            return Commit(m.Named(held.id), (Change(subject, rules.taken(held, size, now)),))

        await self._store.transact([subject], function, now=now)


def _given(opened: Opened, given: m.Submission) -> Given:
    """The request as it is taken in: who asks is what the account says, not what somebody typed."""
    said = [STATED.format(basis=given.legal_basis.strip()), given.note.strip()]
    return Given(
        type=given.type,
        documents=given.documents,
        claim=Claim(
            authority=opened.authority.name,
            officer=opened.account.officer,
            country=opened.authority.country.lower(),
            delivery_key=given.delivery_key.strip(),
        ),
        case_number=given.case_number,
        about=given.about,
        language=given.language,
        identifiers=given.identifiers,
        categories=given.categories,
        window=given.window,
        stated="\n".join(each for each in said if each),
    )


def _once(opened: Opened, once: str, what: str, body: msgspec.Struct) -> Idempotency:
    digest = sha256(msgspec.msgpack.encode(body)).digest()
    return Idempotency(opened.by, f"{what} {once}", digest, s.Opened)
