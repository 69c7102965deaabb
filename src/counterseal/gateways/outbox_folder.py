# SPDX-License-Identifier: Apache-2.0
"""Development: messages become files in a folder instead of going out. The folder holds codes: mode 0700."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from collections.abc import Callable
from email.headerregistry import Address
from pathlib import Path
from typing import Final

import msgspec

from counterseal.gateways.mail import build_mail
from counterseal.notices.model import Accepted, ChannelRefused, ChannelUnavailable, Rendered

_NAME: Final = re.compile(r"\d{15}-[0-9a-f]{24}")
_SENDER: Final = Address(display_name="Counterseal", addr_spec="counterseal@localhost.localdomain")


class Kept(msgspec.Struct, frozen=True):
    """One message as it was kept. `name` finds it again; `at`: ms."""

    name: str
    at: int
    channel: str
    to: str
    message_id: str
    rendered: Rendered


class OutboxFolder:
    """The folder: NAME.json for every message, and NAME.eml beside it for mail, which a mail program opens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def channel(self, name: str, clock: Callable[[], int]) -> OutboxChannel:
        """The channel called `name` that keeps its messages here."""
        return OutboxChannel(self, name, clock)

    def latest(self, limit: int = 100) -> list[Kept]:
        """Messages, newest first; a file that cannot be read is left out."""
        found = (self.read(path.stem) for path in sorted(self._files(), reverse=True)[:limit])
        return [kept for kept in found if kept is not None]

    def count(self) -> int:
        """How many messages there are."""
        return len(self._files())

    def read(self, name: str) -> Kept | None:
        """One message, or None. `name` comes from an address: nothing but our own names is looked for."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return msgspec.json.decode((self._folder / f"{name}.json").read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self, channel: str, to: str, rendered: Rendered, message_id: str, at: int) -> Kept:
        """Write one message; the same `message_id` again changes nothing and returns what was kept."""
        digest = hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path in self._folder.glob(f"*-{digest}.json"):
                if (before := self.read(path.stem)) is not None:
                    return before
            kept = Kept(f"{at:015d}-{digest}", at, channel, to, message_id, rendered)
            if channel == "email":
                mail = build_mail(sender=_SENDER, to=to, rendered=rendered, message_id=message_id, at=at)
                self._write(f"{kept.name}.eml", mail.as_bytes())
            self._write(f"{kept.name}.json", msgspec.json.encode(kept))
        except (OSError, UnicodeError, msgspec.MsgspecError) as error:
            raise ChannelUnavailable(f"the outbox folder cannot be written ({type(error).__name__})") from error
        return kept

    def _files(self) -> list[Path]:
        return [path for path in self._folder.glob("*.json") if _NAME.fullmatch(path.stem)]

    def _write(self, name: str, data: bytes) -> None:
        """Whole or not at all, and for nobody else's eyes."""
        part = self._folder / f"{name}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        part.replace(self._folder / name)


class OutboxChannel:
    """Channel into an OutboxFolder. `clock` gives the time of acceptance (ms)."""

    def __init__(self, folder: OutboxFolder, name: str, clock: Callable[[], int]) -> None:
        self._folder = folder
        self._name = name
        self._clock = clock

    async def send(self, to: str, rendered: Rendered, message_id: str) -> Accepted:
        """Keep the message; a repeat is accepted at the time of the first."""
        if not to or any(sign < " " or sign == "\x7f" for sign in to):
            raise ChannelRefused("this recipient is not one line")
        kept = await asyncio.to_thread(self._folder.keep, self._name, to, rendered, message_id, self._clock())
        return Accepted(at=kept.at, reference=kept.name)
