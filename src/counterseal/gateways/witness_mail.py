# SPDX-License-Identifier: Apache-2.0
"""A witness that is a mailbox: each checkpoint goes there as a message. It cannot be asked what it saw."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from hashlib import sha256
from typing import Literal

import msgspec

from counterseal.audit.model import WitnessUnavailableError
from counterseal.core.checkpoint import peek_checkpoint


class MailServer(msgspec.Struct, frozen=True):
    """An SMTP server. `security`: "tls" from the start, "starttls", or "none" (a local relay). `timeout` in ms."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    timeout: int = 10_000


class MailWitness:
    """Sends each note as text and as the attachment `checkpoint.txt`, whose bytes are the note's."""

    def __init__(self, server: MailServer, *, sender: str, recipient: str) -> None:
        self._server = server
        self._sender = sender
        self._recipient = recipient

    @property
    def name(self) -> str:
        """`mail:` and the recipient."""
        return f"mail:{self._recipient}"

    async def last(self) -> str | None:
        """Always None: a mailbox cannot be asked."""
        return None

    async def push(self, note: str) -> None:
        """Send the note; raises WitnessUnavailableError unless the server accepts it."""
        message = self._message(note)
        try:
            await asyncio.to_thread(self._send, message)
        except (OSError, smtplib.SMTPException) as error:
            raise WitnessUnavailableError(f"the mail witness did not take the checkpoint: {error}") from error

    def _message(self, note: str) -> EmailMessage:
        checkpoint = peek_checkpoint(note)
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = self._recipient
        message["Subject"] = f"Log checkpoint: {checkpoint.origin}, {checkpoint.size} entries"
        if checkpoint.time is not None:
            message["Date"] = formatdate(checkpoint.time / 1000)
        digest = sha256(note.encode()).hexdigest()[:32]  # a repeated push is recognised as the same message
        message["Message-ID"] = f"<{digest}@{self._sender.rpartition('@')[2]}>"
        message.set_content(note)
        message.add_attachment(
            note.encode(), maintype="application", subtype="octet-stream", filename="checkpoint.txt"
        )
        return message

    def _send(self, message: EmailMessage) -> None:
        server = self._server
        timeout = server.timeout / 1000
        context = ssl.create_default_context()
        client: smtplib.SMTP
        if server.security == "tls":
            client = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
        else:
            client = smtplib.SMTP(server.host, server.port, timeout=timeout)
        with client:
            if server.security == "starttls":
                client.starttls(context=context)
            if server.username:
                client.login(server.username, server.password)
            client.send_message(message)
