# SPDX-License-Identifier: Apache-2.0
"""Joins disclosures to the platform's records, the keys' libraries, the owners' notices, and the other parts of the
desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from counterseal.core.account import State
from counterseal.core.effects import NOTICE_TOPIC, SendNotice
from counterseal.core.engine.consequences import link_freeze_channels, reachable
from counterseal.core.errors import UnavailableError
from counterseal.core.transaction import Change, Loaded, Message, Store
from counterseal.gateways.delivery_keys import DeliveryKeys
from counterseal.gateways.platform_data import HttpPlatformData, NoPlatform
from counterseal.guard.commands import subject_of
from counterseal.http.routers import desk_disclosures, disclosure_pages
from counterseal.http.services import Clock
from counterseal.judicial.disclosure.building import Parts
from counterseal.judicial.disclosure.model import Disclosure
from counterseal.judicial.disclosure.ports import Notice
from counterseal.judicial.disclosure.service import Disclosures
from counterseal.judicial.requests.model import JudicialRequest
from counterseal.judicial.requests.ports import Kin
from counterseal.settings import Settings
from counterseal.workers.loop import one_by_one

ROUTERS: Final = (desk_disclosures.router, disclosure_pages.router)
NOT_TOLD: Final = frozenset({"guardian"})  # guardians may freeze: whom the owner's data go to is none of theirs
_encode = msgspec.msgpack.Encoder().encode


class Owners:
    """`judicial.disclosure.ports.Owners`: rows of the outbox under the account, as the guard writes them."""

    def keys(self, account: str) -> tuple[str, ...]:
        """See the port."""
        return (subject_of(account),)

    def told(self, loaded: Loaded, account: str, notice: Notice, now: int) -> tuple[Change, ...]:
        """See the port: every contact of the account, replaced ones for seven days, but no guardian."""
        state = loaded.states.get(subject_of(account))
        if not isinstance(state, State):
            return ()
        channels = tuple(name for name in link_freeze_channels(state, now) if name not in NOT_TOLD)
        rows = tuple(_row(state, contact, notice, now) for contact in reachable(state, channels, now))
        return (Change(subject_of(account), state, messages=rows),) if rows else ()


def _row(state: State, name: str, notice: Notice, now: int) -> Message:
    contact = state.contacts[name]
    effect = SendNotice(
        id=f"{notice.id}.{name}",
        notice=notice.id,
        contact=name,
        channel=contact.channel,
        to=contact.value,
        template=notice.template,
        language=state.language,
        phrase=state.phrase,
        action="",
        facts=notice.facts,
        old=contact.replaced_at is not None and contact.replaced_at <= now,
    )
    return Message(effect.id, NOTICE_TOPIC, subject_of(state.id), _encode(effect))


class ReleaseCheck(Protocol):
    """The requests' service for what officers decide."""

    async def check_release(self, request: str) -> None:
        """See judicial.disclosure.ports.Releases."""
        ...


class Gate(Protocol):
    """The requests' service."""

    def gate(self, request: JudicialRequest, now: int) -> tuple[str, ...]:
        """See judicial.disclosure.ports.Releases."""
        ...

    def delivery_key(self, request: JudicialRequest, now: int) -> str:
        """See judicial.disclosure.ports.Releases."""
        ...

    def silence_limit(self, request: JudicialRequest, start: int) -> int | None:
        """See judicial.disclosure.ports.Releases."""
        ...


class Exposing(Protocol):
    """The follow-ups' service."""

    async def disclosed(self, disclosure: Disclosure) -> None:
        """See judicial.disclosure.ports.Exposures."""
        ...

    async def forged_kin(self, request: str) -> tuple[Kin, ...]:
        """See judicial.requests.ports.Kindred."""
        ...


class Joined:
    """The desk's other parts, set once they are made: until then nothing is released."""

    def __init__(self) -> None:
        self.decisions: ReleaseCheck | None = None
        self.requests: Gate | None = None
        self.followups: Exposing | None = None

    async def check_release(self, request: str) -> None:
        """See judicial.disclosure.ports.Releases."""
        if self.decisions is None:
            raise _nobody()
        await self.decisions.check_release(request)

    def gate(self, request: JudicialRequest, now: int) -> tuple[str, ...]:
        """See judicial.disclosure.ports.Releases."""
        if self.requests is None:
            raise _nobody()
        return self.requests.gate(request, now)

    def delivery_key(self, request: JudicialRequest, now: int) -> str:
        """See judicial.disclosure.ports.Releases."""
        if self.requests is None:
            raise _nobody()
        return self.requests.delivery_key(request, now)

    def silence_limit(self, request: JudicialRequest, start: int) -> int | None:
        """See judicial.disclosure.ports.Releases."""
        if self.requests is None:
            raise _nobody()
        return self.requests.silence_limit(request, start)

    async def disclosed(self, disclosure: Disclosure) -> None:
        """See judicial.disclosure.ports.Exposures."""
        if self.followups is None:
            raise UnavailableError("the desk does not follow up disclosures here")
        await self.followups.disclosed(disclosure)

    async def forged_kin(self, request: str) -> tuple[Kin, ...]:
        """See judicial.requests.ports.Kindred."""
        return () if self.followups is None else await self.followups.forged_kin(request)


def _nobody() -> UnavailableError:
    return UnavailableError("the desk does not decide requests here")


def platform_of(settings: Settings, clock: Clock, random: Callable[[int], bytes]) -> HttpPlatformData | NoPlatform:
    """The platform's records as the settings name them."""
    given = settings.desk.platform
    if given is None:
        return NoPlatform()
    secret = given.secret_file.read_text("ascii").strip()
    return HttpPlatformData(given.url, secret, clock, random)


def build_disclosures(
    settings: Settings,
    store: Store,
    clock: Clock,
    random: Callable[[int], bytes],
    *,
    secret: bytes,
    platform: HttpPlatformData | NoPlatform,
    joined: Joined,
) -> Disclosures:
    """The service."""
    mailbox = settings.desk.mailbox
    address = settings.desk.contact or ("" if mailbox is None else mailbox.address)
    return Disclosures(
        Parts(
            store=store,
            clock=clock,
            random=random,
            platform=platform,
            sealer=DeliveryKeys(),
            owners=Owners(),
            exposures=joined,
            releases=joined,
            work=one_by_one,
            secret=secret,
            address=address,
            url=settings.public_url,
        )
    )
