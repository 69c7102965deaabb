# SPDX-License-Identifier: Apache-2.0
"""Joins the judicial desk to the store, the sandbox, DNS, and the folders of anchors and of the registry."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from counterseal.core.transaction import Store
from counterseal.gateways.dns_names import DnsNames, ZoneNames
from counterseal.gateways.documents.kinds import kind_of
from counterseal.gateways.documents.look_alike import imitated
from counterseal.gateways.documents.pictures import Drawer
from counterseal.gateways.documents.sandbox import shared
from counterseal.gateways.documents.trust import Trust, TrustError, read_trust
from counterseal.gateways.mail_intake import Envelope, MailIntake, Receive, tls_context
from counterseal.http.edge import Guard
from counterseal.http.routers import desk, desk_registry, desk_registry_imports
from counterseal.http.services import Clock, PolicyHolder
from counterseal.judicial.codecs import CODECS
from counterseal.judicial.disclosure.service import Disclosures
from counterseal.judicial.examination import Examiner
from counterseal.judicial.model import Context
from counterseal.judicial.portal.handing import Neighbours
from counterseal.judicial.portal.work import PortalWork
from counterseal.judicial.registry.imports import Imports
from counterseal.judicial.registry.service import Registry
from counterseal.judicial.service import Desk
from counterseal.settings import Settings
from counterseal.settings_desk import MailboxSettings
from counterseal.wiring.desk_followup import ROUTERS as FOLLOW_UPS
from counterseal.wiring.desk_followup import DeskFollowUp
from counterseal.wiring.desk_letters import ROUTERS as LETTERS
from counterseal.wiring.desk_letters import DeskLetters
from counterseal.wiring.desk_mail import MailRequests
from counterseal.wiring.desk_portal import ROUTERS as PORTAL
from counterseal.wiring.desk_portal import DeskPortal
from counterseal.wiring.desk_requests import ROUTERS as REQUESTS
from counterseal.wiring.desk_requests import DeskRequests, GuardOrders, StaffPeople
from counterseal.wiring.desk_trust import FoldersAndRegistry
from counterseal.wiring.disclosures import ROUTERS as DISCLOSURES
from counterseal.wiring.disclosures import Joined, build_disclosures, platform_of
from counterseal.workers.loop import one_by_one, running

__all__ = ["CODECS", "ROUTERS", "JudicialDesk"]

log = structlog.get_logger("counterseal.desk")
ROUTERS: Final = (
    desk.router,
    desk_registry.router,
    desk_registry_imports.router,
    *LETTERS,
    *DISCLOSURES,
    *REQUESTS,
    *FOLLOW_UPS,
    *PORTAL,
)
PAUSE: Final = 2.0  # seconds between looks for documents that nobody examined
CLOCK: Final = 60.0  # seconds between looks for what is to be checked again


class JudicialDesk:
    """The area's service, its worker and its sandbox."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        random: Callable[[int], bytes],
        secret: bytes,
        epoch: Callable[[], int],
        *,
        policies: PolicyHolder,
        guard: Guard,
    ) -> None:
        self._works = settings.workers
        sandbox = shared()
        names = DnsNames() if settings.desk.names is None else ZoneNames.read(settings.desk.names)
        examiner = Examiner(sandbox, names, kind_of)
        self.folders = Folders(settings.desk.anchors, settings.desk.registry)
        self.registry = Registry(store, clock, random, imitated, one_by_one)
        trusted = FoldersAndRegistry(self.folders, self.registry)
        self.desk = Desk(store, clock, random, examiner, Drawer(sandbox), sandbox, trusted, one_by_one)
        imports = Imports(store, clock, random, self.registry)
        self.areas: dict[type, object] = {Desk: self.desk, Registry: self.registry, Imports: imports}
        self.joined = Joined()
        self.platform = platform_of(settings, clock, random)
        self.disclosures = build_disclosures(
            settings, store, clock, random, secret=secret, platform=self.platform, joined=self.joined
        )
        self.areas[Disclosures] = self.disclosures
        self.letters = DeskLetters(settings, store, clock, random, self.disclosures)
        self.areas |= self.letters.areas
        self.portal = DeskPortal(
            settings, store, clock, random, secret, epoch=epoch, post=self.letters.post, staff=StaffPeople(store)
        )
        self.requests = DeskRequests(
            *(store, clock, random),
            policies=policies,
            registry=self.registry,
            packs=self.letters.packs,
            orders=GuardOrders(guard),
            platform=self.platform,
            documents=self.desk,
            portals=self.portal.signin,
            kindred=self.joined,
        )
        work = PortalWork(store, clock, self.requests.tools)
        own = (self.letters.letters, self.disclosures, self.desk)
        self.portal.join(Neighbours(self.requests.requests, work, *own))
        self.areas |= self.portal.areas
        self.desk.arrived = MailRequests(store, self.requests.requests).arrived
        self.areas |= self.requests.areas
        self.joined.decisions, self.joined.requests = self.requests.decisions, self.requests.requests
        self.followup = DeskFollowUp(store, clock, guard, self.disclosures)
        self.areas |= self.followup.areas
        self.joined.followups = self.followup.followups
        self.followup.followups.requests = self.requests.casework
        self._mailbox = settings.desk.mailbox
        self.mail_port = 0  # where it listens while it runs

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The worker."""
        async with contextlib.AsyncExitStack() as stack:
            if self._works:
                await stack.enter_async_context(running("desk", self.desk.turn, PAUSE))
                await stack.enter_async_context(running("registry", self.registry.turn, CLOCK))
                await stack.enter_async_context(running("disclosures", self.disclosures.turn, PAUSE))
                await stack.enter_async_context(self.requests.running())
                await stack.enter_async_context(self.followup.running())
            await stack.enter_async_context(self.portal.running())
            await stack.enter_async_context(self.letters.running())
            stack.push_async_callback(self.platform.close)
            if self._mailbox is not None:
                listening = _intake(self._mailbox, self._mail).listening(self._mailbox.host, self._mailbox.port)
                self.mail_port = await stack.enter_async_context(listening)
            yield

    async def _mail(self, envelope: Envelope, data: bytes) -> None:
        """Kept before the sender's server is told so; examined by the worker."""
        await self.desk.receive(
            data, name="mail.eml", by=f"smtp:{envelope.peer}", source="mail", sender=envelope.sender
        )
        if "+" in envelope.recipient:  # somebody writes to an address that stood in one package alone
            await self.disclosures.canaries_in(envelope.recipient.encode(), by=f"smtp:{envelope.peer}")


class Folders:
    """Anchors and the folder of signers as they lie on disk now. A file that cannot be used leaves what was read
    before: an empty folder trusts nobody, a broken one nobody new."""

    def __init__(self, anchors: Path | None, registry: Path | None) -> None:
        self.set(anchors, registry)
        self._state: tuple[tuple[str, int, int], ...] | None = None
        self._held: tuple[str, Trust] = _digested(Trust())

    def __call__(self, received: int) -> tuple[str, Context]:
        """Its digest (SHA-256, hex), and the context of a document received then (ms)."""
        state = self._look()
        if state != self._state:
            try:
                self._held = _digested(read_trust(*self._folders))
            except TrustError as error:
                log.warning("desk_trust_invalid", fault=error.diagnostics())
            self._state = state
        digest, trust = self._held
        return digest, Context(received, anchors=trust.anchors, crls=trust.crls, registry=trust.registry)

    def set(self, anchors: Path | None, registry: Path | None) -> None:
        """Read from these from now on."""
        self._folders = (anchors, registry)

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        found = []
        for folder in self._folders:
            for path in sorted(folder.rglob("*")) if folder is not None and folder.is_dir() else ():
                with contextlib.suppress(OSError):
                    stat = path.stat()
                    found.append((str(path), stat.st_mtime_ns, stat.st_size))
        return tuple(found)


def _intake(given: MailboxSettings, receive: Receive) -> MailIntake:
    tls = None
    if given.certificate is not None and given.key is not None:
        tls = tls_context(given.certificate, given.key)
    return MailIntake(given.address, receive, hostname=given.hostname, tls=tls)


def _digested(trust: Trust) -> tuple[str, Trust]:
    return hashlib.sha256(msgspec.msgpack.encode(trust)).hexdigest(), trust
