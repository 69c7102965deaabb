# SPDX-License-Identifier: Apache-2.0
"""Joins the desk's rule packs, letters and rota to the files, the mail server and the roster."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from counterseal.core.transaction import Store
from counterseal.gateways.desk_packs import DeskPacks
from counterseal.http.routers import desk_letters, desk_packs, desk_rota
from counterseal.http.services import Clock
from counterseal.judicial.letters.ports import Outgoing, Packages, PostRefused, PostUnavailable
from counterseal.judicial.letters.sending import Sender
from counterseal.judicial.letters.service import Letters
from counterseal.judicial.packs.house import HousePacks
from counterseal.judicial.rota.service import RotaBook
from counterseal.notices.model import ChannelRefused, ChannelUnavailable, Rendered
from counterseal.notices.ports import Channel
from counterseal.settings import Settings
from counterseal.staff.model import ROSTER, Roster
from counterseal.staff.roles import INTAKE, scopes_of
from counterseal.wiring.channels import build_channels
from counterseal.workers.loop import one_by_one, running

ROUTERS: Final = (desk_packs.router, desk_letters.router, desk_rota.router)
MAIL: Final = "email"
PAUSE: Final = 2.0  # seconds between looks for letters to send
LOOK: Final = 30.0  # seconds between looks at the house's holidays


class MailPost:
    """The desk's letters through the platform's mail: `judicial.letters.ports.Post`."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def send(self, letter: Outgoing, message_id: str) -> str:
        """See Post."""
        words = Rendered(letter.subject, letter.text, None, letter.subject, letter.language)
        try:
            return (await self._channel.send(letter.to, words, message_id)).reference
        except ChannelRefused as error:
            raise PostRefused(error.sentence) from error
        except ChannelUnavailable as error:
            raise PostUnavailable(error.sentence) from error


class DeskStaff:
    """Who may work at the desk: `judicial.rota.ports.Colleagues`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def at_desk(self) -> frozenset[str]:
        """Members of staff who are not disabled and may write at the desk."""
        held = await self._store.read(ROSTER)
        members = held.members if isinstance(held, Roster) else ()
        return frozenset(each.id for each in members if not each.disabled and INTAKE in scopes_of(each.roles))


class DeskLetters:
    """Rule packs, letters and rota with their workers. `packages`: where delivery letters get their links."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        random: Callable[[int], bytes],
        packages: Packages | None = None,
    ) -> None:
        self._works = settings.workers
        mailbox = settings.desk.mailbox  # answers come in there, and are found again by their reference
        answers = "" if mailbox is None else mailbox.address
        channel = build_channels(settings, (MAIL, *settings.apprise), clock.now, reply_to=answers)[0].get(MAIL)
        self.post = post = None if channel is None else MailPost(channel)
        self.rota = RotaBook(store, clock, random, DeskStaff(store))
        self.packs = HousePacks(DeskPacks(settings.desk.packs), self.rota.known_holidays)
        platform = settings.platform_name
        self.letters = Letters(store, clock, random, mails=post is not None, platform=platform)
        self.sender = Sender(store, clock, post, packages, one_by_one)
        self.areas: dict[type, object] = {HousePacks: self.packs, Letters: self.letters, RotaBook: self.rota}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The workers."""
        async with contextlib.AsyncExitStack() as stack:
            if self._works:
                await stack.enter_async_context(running("letters", self.sender.turn, PAUSE))
            await stack.enter_async_context(running("rota", self.rota.turn, LOOK))
            yield
