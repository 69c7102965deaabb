# SPDX-License-Identifier: Apache-2.0
"""What is read for a request before a pure step decides: documents, registry, accounts, other requests."""

from __future__ import annotations

from typing import Final

import msgspec

from counterseal.core.errors import NotFoundError
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Store
from counterseal.judicial.packs.model import Pack
from counterseal.judicial.packs.ports import Packs
from counterseal.judicial.packs.scope import basis_fault
from counterseal.judicial.packs.verdicts import Fault
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.near import Seen, seen_of
from counterseal.judicial.requests import stored as s
from counterseal.judicial.requests.automatic import Facts
from counterseal.judicial.requests.decision import NotServedError
from counterseal.judicial.requests.model import ENDED, Identifier, JudicialRequest, State, subject_of
from counterseal.judicial.requests.ports import (
    Accounts,
    Approvals,
    Book,
    Examining,
    Keys,
    Kindred,
    Matches,
    Orders,
    People,
    Policies,
    PortalAccount,
    Portals,
)
from counterseal.judicial.requests.triage import ABOUT
from counterseal.judicial.stored import Document
from counterseal.judicial.stored import subject_of as subject_of_document

CHILDREN_WITHIN: Final = 60 * 60 * 1000  # ms; files of a mail become documents soon after it
MOST_CHILDREN: Final = 200
PORTAL: Final = "portal:"  # how `by` of a request begins that an account of the portal handed in
DEPTH: Final = 3  # a mail, its files
_LATEST: Final = 1 << 48


class Tools(msgspec.Struct, frozen=True):
    """The ports of the area, joined."""

    book: Book
    packs: Packs
    accounts: Accounts
    people: People
    approvals: Approvals
    orders: Orders
    policies: Policies
    keys: Keys
    documents: Examining
    portals: Portals | None = None
    kindred: Kindred | None = None


class Lookup:
    """Reads; nothing here writes."""

    def __init__(self, store: Store, tools: Tools) -> None:
        self._store, self.tools = store, tools

    async def request(self, name: str) -> JudicialRequest:
        """One. Raises NotFoundError."""
        held = await self._store.read(subject_of(name))
        if not isinstance(held, JudicialRequest):
            raise s.unknown()
        return held

    async def about(self, request: JudicialRequest) -> JudicialRequest | None:
        """The request that an amendment or withdrawal is about."""
        if request.type not in ABOUT or not request.about:
            return None
        return await self.request(request.about)

    def policy(self) -> Policy:
        """The policy in force. Raises NotServedError before there is one."""
        held = self.tools.policies.current
        if held is None:
            raise NotServedError("no policy is in force")
        return held

    def pack(self, request: JudicialRequest) -> Pack | None:
        """Its rule pack; None where there is none of this name."""
        return self.tools.packs.pack(request.pack) if request.pack else None

    async def authority(self, request: JudicialRequest) -> Authority | None:
        """Its authority with all that ever was; None where none is named or known."""
        if not request.authority:
            return None
        try:
            return await self.tools.book.authority(request.authority)
        except NotFoundError:
            return None

    async def counting(self, request: JudicialRequest, at: int) -> Authority | None:
        """Its authority as it counts for it at `at` (ms)."""
        if not request.authority:
            return None
        try:
            return await self.tools.book.counting(request.authority, request.received, at)
        except NotFoundError:
            return None

    async def documents(self, names: tuple[str, ...]) -> tuple[Document, ...]:
        """These documents, and the files of the mails among them, once each. Raises NotFoundError."""
        found: dict[str, Document] = {}
        for name in names:
            held = await self._store.read(subject_of_document(name))
            if not isinstance(held, Document):
                raise NotFoundError("there is no such document", code="document_unknown")
            found[name] = held
            if held.kind == "mail":
                found |= {each.id: each for each in await self._children(held)}
        return tuple(found.values())

    async def _examined(self, names: tuple[str, ...]) -> tuple[Document, ...]:
        """As `documents`, each with its report: what came by mail is examined by a worker, and may not be yet. The
        files of a mail are documents once it was examined itself."""
        for _ in range(DEPTH):
            waiting = [each.id for each in await self.documents(names) if each.report is None]
            for name in waiting:
                await self.tools.documents.examine(name, by="desk")
            if not waiting:
                break
        return await self.documents(names)

    async def _children(self, mail: Document) -> list[Document]:
        """The files that came with a mail: they were received soon after it, so they stand right before it."""
        start = subject_of_document(f"doc_{_LATEST - (mail.received + CHILDREN_WITHIN):012x}")
        names = await self._store.subjects("document", after=start, limit=MOST_CHILDREN)
        read = [await self._store.read(name) for name in names if name < subject_of_document(mail.id)]
        return [each for each in read if isinstance(each, Document) and each.parent == mail.id]

    def seen(self, request: JudicialRequest, documents: tuple[Document, ...]) -> Seen:
        """How the request says that it is reached, for the registry."""
        senders = tuple(each.sender for each in documents if each.sender)
        emails = tuple(each for each in (request.claim.email, *senders) if each)
        phones = (request.claim.phone,) if request.claim.phone else ()
        return seen_of(request.id, request.received, phones=phones, emails=emails)

    async def matches(self, identifiers: tuple[Identifier, ...]) -> tuple[Matches, ...]:
        """Whom each identifier means."""
        return tuple([await self.tools.accounts.meant(each) for each in identifiers])

    async def facts(self, request: JudicialRequest, now: int) -> Facts:
        """All that the automatic evidence rests on."""
        documents = await self._examined(request.documents)
        authority = await self.counting(request, now)
        owned = await self.tools.people.owned()
        staff = tuple(each for each in request.accounts if each in owned.values())
        reused, twins = await self._same_case(request)
        return Facts(
            authority=authority,
            documents=documents,
            alarms=await self.tools.book.alarms(self.seen(request, documents), request.authority),
            matches=await self.matches(request.identifiers),
            basis=self._basis(request, authority),
            reused=reused,
            twins=twins,
            copies=await self._copies(request, documents),
            employees=staff,
            others=await self._others(request),
            portal=await self.portal(request),
            kin=() if self.tools.kindred is None else await self.tools.kindred.forged_kin(request.id),
            at=now,
        )

    async def portal(self, request: JudicialRequest) -> PortalAccount | None:
        """The portal's account that it came from, if that counts now."""
        if not request.by.startswith(PORTAL) or self.tools.portals is None:
            return None
        return await self.tools.portals.account(request.by.removeprefix(PORTAL))

    def _basis(self, request: JudicialRequest, authority: Authority | None) -> Fault | None:
        pack = self.pack(request)
        if pack is None or authority is None or not request.legal_basis or request.type in ABOUT:
            return None
        return basis_fault(pack, request.legal_basis, request.type, authority.role, request.received)

    async def bearers(self, index: str) -> tuple[str, ...]:
        """The requests of one index."""
        held = await self._store.read(index)
        return held.requests if isinstance(held, s.Bearers) else ()

    async def _same_case(self, request: JudicialRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Other requests under the same case number of the same authority: those that name other people, and those
        that name the same."""
        if not request.case_number or not request.authority or request.type in ABOUT:
            return (), ()
        apart, same = list[str](), list[str]()
        for name in await self.bearers(s.case_of(request.authority, request.case_number)):
            other = await self._other(name, request)
            if other is not None and other.about != request.id and request.about != other.id:
                mine, theirs = set(request.accounts), set(other.accounts)
                if mine and theirs:
                    (same if mine & theirs else apart).append(other.reference)
        return tuple(apart), tuple(same)

    async def _copies(self, request: JudicialRequest, documents: tuple[Document, ...]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for document in documents:
            for name in await self.bearers(s.bytes_of(document.sha256)):
                if (other := await self._other(name, request)) is not None:
                    found[other.reference] = None
        return tuple(found)

    async def _others(self, request: JudicialRequest) -> tuple[str, ...]:
        """Open requests of other authorities about the same accounts: two orders may conflict."""
        mine = set(request.accounts)
        if not mine:
            return ()
        held = await self._store.read(s.INBOX)
        found = []
        for name in held.open if isinstance(held, s.Inbox) else ():
            other = await self._other(name, request)
            if other is not None and other.authority != request.authority and mine & set(other.accounts):
                found.append(other.reference)
        return tuple(found)

    async def _other(self, name: str, request: JudicialRequest) -> JudicialRequest | None:
        """Another request that still matters; what ended without effect does not."""
        if name == request.id:
            return None
        held = await self._store.read(subject_of(name))
        idle = ENDED - {State.CLOSED, State.CONFIRMED_FORGED}
        return held if isinstance(held, JudicialRequest) and held.state not in idle else None
