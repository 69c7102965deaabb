# SPDX-License-Identifier: Apache-2.0
"""Which channel goes out through what: SMTP, Apprise, or the development outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from counterseal.audit.ports import Witness
from counterseal.gateways.apprise_channel import AppriseChannel
from counterseal.gateways.mail import MailChannel, SmtpServer
from counterseal.gateways.outbox_folder import OutboxFolder
from counterseal.gateways.witness_file import FileWitness
from counterseal.gateways.witness_http import HttpWitness
from counterseal.gateways.witness_mail import MailServer, MailWitness
from counterseal.http.routers.channels import ChannelTests
from counterseal.notices.ports import Channel
from counterseal.settings import Settings, SettingsError


class DevelopmentOutbox:
    """The outbox folder as the API shows it."""

    def __init__(self, folder: OutboxFolder) -> None:
        self._folder = folder

    def recent(self, limit: int) -> list[dict[str, Any]]:
        """Newest first."""
        return [
            {
                "id": kept.name,
                "channel": kept.channel,
                "to": kept.to,
                "subject": kept.rendered.subject,
                "text": kept.rendered.text,
                "short": kept.rendered.short,
                "at": kept.at,
            }
            for kept in self._folder.latest(limit)
        ]


def build_channels(
    settings: Settings, names: tuple[str, ...], now: Callable[[], int], *, reply_to: str = ""
) -> tuple[Mapping[str, Channel], DevelopmentOutbox | None]:
    """An adapter for each channel of the vocabulary; with an outbox folder every channel ends there. `reply_to`:
    where answers to mails go."""
    if settings.outbox_folder is not None:
        folder = OutboxFolder(settings.outbox_folder)
        return {name: folder.channel(name, now) for name in names}, DevelopmentOutbox(folder)
    channels: dict[str, Channel] = {}
    smtp = settings.smtp
    if smtp is not None:
        password = None if smtp.password is None else smtp.password.get_secret_value()
        server = SmtpServer(
            host=smtp.host,
            port=smtp.port,
            sender=smtp.sender,
            security=smtp.security,
            username=smtp.username,
            password=password,
            platform=settings.platform_name,
            timeout=smtp.timeout_ms,
            reply_to=reply_to,
        )
        channels["email"] = MailChannel(server, now)
        if "guardian" in names:  # a guardian is reached by mail unless `apprise.guardian` says otherwise
            channels["guardian"] = MailChannel(server, now)
    for name, urls in settings.apprise.items():
        if name not in names:
            raise SettingsError(f"`apprise.{name}` is not a channel of the vocabulary")
        secrets = tuple(url.get_secret_value() for url in urls)
        channels[name] = AppriseChannel(secrets, now, form="short" if name == "sms" else "full")
    return channels, None


def channel_areas(settings: Settings, names: tuple[str, ...], now: Callable[[], int]) -> dict[type, object]:
    """What the routes about channels use; adapters keep nothing, so these stand beside the worker's own."""
    found, outbox = build_channels(settings, names, now)
    return {ChannelTests: ChannelTests(names, found, outbox=outbox is not None)}


def build_witnesses(settings: Settings) -> list[Witness]:
    """The outside parties that remember checkpoints."""
    found: list[Witness] = []
    for item in settings.witnesses:
        if item.file is not None:
            found.append(FileWitness(item.file))
        elif item.url is not None:
            found.append(HttpWitness(str(item.url), httpx2.AsyncClient(timeout=10.0)))
        elif item.mail is not None and settings.smtp is not None:
            smtp = settings.smtp
            password = "" if smtp.password is None else smtp.password.get_secret_value()
            server = MailServer(
                host=smtp.host,
                port=smtp.port,
                security=smtp.security,
                username=smtp.username or "",
                password=password,
                timeout=smtp.timeout_ms,
            )
            found.append(MailWitness(server, sender=smtp.sender, recipient=item.mail))
        else:
            raise SettingsError(f"the witness `{item.name}` needs `smtp`")
    return found
