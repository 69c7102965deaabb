# SPDX-License-Identifier: Apache-2.0
"""Joins the officers' portal to passkeys, the registry, requests, letters, packages and the mail server."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import msgspec

from counterseal.core.transaction import Store
from counterseal.factors import passkeys
from counterseal.factors.model import FactorSecretError
from counterseal.http.routers import desk_portal, portal_enrol, portal_pages, portal_requests, portal_sending
from counterseal.http.services import Clock
from counterseal.http.staff_session import console_url
from counterseal.judicial.letters.ports import Post
from counterseal.judicial.portal.enrolment import PortalEnrolment
from counterseal.judicial.portal.handing import Neighbours, PortalRequests
from counterseal.judicial.portal.office import PortalOffice
from counterseal.judicial.portal.ports import Asserted, Json, Parts, PasskeyFailed, Registered, Staff
from counterseal.judicial.portal.signin import PortalSignIn
from counterseal.settings import Settings
from counterseal.wiring.passkeys import load_trust
from counterseal.wiring.staff import console_party
from counterseal.workers.loop import one_by_one, running

PAGES: Final = (portal_pages.router, portal_enrol.router, portal_sending.router, portal_requests.router)
ROUTERS: Final = (desk_portal.router, *PAGES)
PAUSE: Final = 2.0  # seconds between looks for links to send
KIND: Final = "portal"  # in user handles: no account of the portal is taken for a member of staff


class PortalPasskeys:
    """`judicial.portal.ports.Passkeys` over the ceremonies of the factors area."""

    def __init__(
        self, party: passkeys.RelyingParty, challenges: passkeys.Challenges, trust: passkeys.Trust
    ) -> None:
        self._party, self._challenges, self._trust = party, challenges, trust

    def registration(self, account: str, name: str, label: str, purpose: str, content: Json, now: int) -> Json:
        """See the port."""
        challenge = self._challenges.make(purpose, passkeys.bound_digest(content), now)
        handle = self._challenges.user_handle(KIND, account)
        return passkeys.registration_options(
            self._party, handle, label, name, challenge, [], attestation=self._trust.conveyance
        )

    def assertion(self, purpose: str, content: Json, now: int) -> Json:
        """See the port."""
        challenge = self._challenges.make(purpose, passkeys.bound_digest(content), now)
        return passkeys.assertion_options(self._party, challenge, [])

    def register(
        self, account: str, given: Json, challenge: str, purpose: str, content: Json, name: str, now: int
    ) -> Registered:
        """See the port."""
        try:
            raw = passkeys.from_b64url(challenge)
            self._challenges.check(raw, purpose, passkeys.bound_digest(content), now)
            handle = self._challenges.user_handle(KIND, account)
            made = passkeys.verify_registration(
                self._party, given, raw, now=now, trust=self._trust, user_handle=handle, name=name
            )
        except passkeys.PasskeyRefused as error:
            raise PasskeyFailed(error.code) from error
        return Registered(made.id, passkeys.encode_credential(made))

    def check(self, secret: bytes, given: Json, challenge: str, purpose: str, content: Json, now: int) -> Asserted:
        """See the port."""
        try:
            raw = passkeys.from_b64url(challenge)
            nonce = self._challenges.check(raw, purpose, passkeys.bound_digest(content), now)
            credential = passkeys.decode_credential(secret)
            found = passkeys.verify_assertion(self._party, credential, given, raw, require_user_handle=True)
        except passkeys.PasskeyRefused as error:
            raise PasskeyFailed(error.code) from error
        except FactorSecretError as error:
            raise PasskeyFailed("passkey_unknown") from error
        after = msgspec.structs.replace(credential, sign_count=found.sign_count, backed_up=found.backed_up)
        return Asserted(passkeys.encode_credential(after), nonce.hex())

    def credential_of(self, given: Json) -> bytes:
        """See the port."""
        try:
            return passkeys.credential_id_of(given)
        except passkeys.PasskeyRefused as error:
            raise PasskeyFailed(error.code) from error


class DeskPortal:
    """The portal's services and the worker that sends links. `secret`: links, codes and challenges follow from it;
    `post`: the way out by mail, None = nobody can be invited."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        random: Callable[[int], bytes],
        secret: bytes,
        *,
        epoch: Callable[[], int],
        post: Post | None,
        staff: Staff,
    ) -> None:
        self._works = settings.workers
        own = hmac.digest(secret, b"counterseal portal", "sha256")
        challenges = passkeys.Challenges(hmac.digest(own, b"challenges", "sha256"), random)
        self.parts = Parts(
            store=store,
            clock=clock,
            random=random,
            secret=own,
            passkeys=PortalPasskeys(console_party(settings), challenges, load_trust(settings.attestation_roots)),
            epoch=epoch,
            url=console_url(settings),
            platform=settings.platform_name,
        )
        self.signin = PortalSignIn(self.parts)
        self.office = PortalOffice(self.parts, post, one_by_one, staff)
        self.areas: dict[type, Any] = {
            PortalSignIn: self.signin,
            PortalEnrolment: PortalEnrolment(self.parts),
            PortalOffice: self.office,
        }

    def join(self, desk: Neighbours) -> None:
        """Requests go through the services of the desk, which know the portal's accounts already."""
        self.areas[PortalRequests] = PortalRequests(self.parts, desk)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The worker."""
        async with contextlib.AsyncExitStack() as stack:
            if self._works:
                await stack.enter_async_context(running("portal", self.office.turn, PAUSE))
            yield
