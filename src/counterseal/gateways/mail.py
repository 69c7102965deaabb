# SPDX-License-Identifier: Apache-2.0
"""Mail over SMTP (RFC 5321): plain text and HTML, one recipient, no tracking, no way to add a header."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import smtplib
import ssl
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final, Literal

import msgspec

from counterseal.notices.model import Accepted, ChannelRefused, ChannelUnavailable, Rendered

MAX_ADDRESS: Final = 254  # RFC 5321, 4.5.3.1.3
MOST_NAMES: Final = 100  # of headers, all of them ours
_DOMAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.IGNORECASE)


class _Registry(HeaderRegistry):
    """The library's registry, which makes a new class for every header of every mail: half of what a mail costs.
    One class for each name does."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        key = name.lower()
        if key not in self._made and len(self._made) < MOST_NAMES:
            self._made[key] = super().__getitem__(name)
        return self._made.get(key) or super().__getitem__(name)


SMTP_POLICY: Final = SMTP.clone(header_factory=_Registry())


class SmtpServer(msgspec.Struct, frozen=True):
    """Where and how to hand mail over. `timeout`: ms, for each step.

    `security`: tls from the first byte (RFC 8314), starttls that never falls back to plain, or none for a
    relay on the same machine. `ca_file`: trust this authority instead of the system's. `reply_to`: where answers go
    if not to the sender.
    """

    host: str
    port: int
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: str | None = None
    platform: str = ""
    timeout: int = 10_000
    ca_file: str | None = None
    reply_to: str = ""


class MailChannel:
    """Channel over SMTP. `clock` gives the time of acceptance (ms)."""

    def __init__(self, server: SmtpServer, clock: Callable[[], int]) -> None:
        if _hidden(server.sender + server.platform + server.host):
            raise ValueError("sender, platform and host of the mail server are one line each")
        self._server = server
        self._clock = clock
        self._sender = parse_address(server.sender, server.platform)
        self._replies = parse_address(server.reply_to) if server.reply_to else None
        self._domain = self._sender.domain
        self._tls = None if server.security == "none" else ssl.create_default_context(cafile=server.ca_file)

    async def send(self, to: str, rendered: Rendered, message_id: str) -> Accepted:
        """Hand over one mail; its Message-ID derives from `message_id`, so that a repeat is recognisable."""
        message = build_mail(
            sender=self._sender,
            to=to,
            rendered=rendered,
            message_id=message_id,
            at=self._clock(),
        )
        if self._replies is not None:
            message["Reply-To"] = self._replies
        await asyncio.to_thread(self._hand_over, message)
        return Accepted(at=self._clock(), reference=str(message["Message-ID"]))

    def _hand_over(self, message: EmailMessage) -> None:
        try:
            connection = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            # No STARTTLS, a strange certificate, a refused login: the operator's to mend, so the message waits.
            # It is never sent in the open because somebody cut the offer of TLS out.
            raise ChannelUnavailable(f"the mail server cannot be used ({type(error).__name__})") from error
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            _raise_for(min(code for code, _ in error.recipients.values()), "recipient")
        except smtplib.SMTPDataError as error:
            _raise_for(error.smtp_code, "message")
        except smtplib.SMTPNotSupportedError as error:
            raise ChannelRefused("the mail server cannot take this address (no SMTPUTF8)") from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelUnavailable(f"the mail server did not answer for it ({type(error).__name__})") from error
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()  # taken is taken, however the server says goodbye
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        seconds = server.timeout / 1000
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=self._domain, timeout=seconds, context=self._tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, local_hostname=self._domain, timeout=seconds)
        try:
            if server.security == "starttls":
                connection.starttls(context=self._tls)
            if server.username is not None:
                connection.login(server.username, server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection


def parse_address(text: str, name: str = "") -> Address:
    """One address (addr-spec of RFC 5322, nothing around it) with a display name; raises ChannelRefused.

    A domain in other letters becomes its A-labels; a local part in other letters needs a server with SMTPUTF8.
    """
    local, at, domain = text.rpartition("@")
    if not at or len(text.encode("utf-8", "replace")) > MAX_ADDRESS or _hidden(text) or " " in text:
        raise ChannelRefused("this is not an email address")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        if not _DOMAIN.fullmatch(ascii_domain):
            raise ChannelRefused("this is not an email address")
        spelled = f"{local}@{ascii_domain}"
        if not local.isascii():
            return Address(display_name=name, username=local, domain=ascii_domain)
        address = Address(display_name=name, addr_spec=spelled)
        if address.addr_spec != spelled:  # a comment or a quoted part was taken out: not what was asked for
            raise ChannelRefused("this is not an email address")
        return address
    except (ValueError, IndexError, MessageError) as error:
        raise ChannelRefused("this is not an email address") from error


def build_mail(*, sender: Address, to: str, rendered: Rendered, message_id: str, at: int) -> EmailMessage:
    """The mail as it goes out. `at`: ms. A line break in any header value raises ChannelRefused."""
    if _hidden(rendered.subject) or _hidden(message_id):
        raise ChannelRefused("a header value has a line break or another hidden character")
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = parse_address(to)
    message["Subject"] = rendered.subject
    message["Date"] = datetime.fromtimestamp(at // 1000, UTC)
    message["Message-ID"] = stable_message_id(message_id, sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation replies
    message.set_content(rendered.text)
    if rendered.html is not None:
        message.add_alternative(rendered.html, subtype="html")
    message["Content-Language"] = rendered.language  # last: setting content takes Content-* headers away
    return message


def stable_message_id(message_id: str, domain: str) -> str:
    """The Message-ID of an outbox message: the same for every sending of it."""
    return f"<{hashlib.sha256(message_id.encode()).hexdigest()[:40]}@{domain}>"


def _hidden(text: str) -> bool:
    return any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in text)


def _raise_for(code: int, what: str) -> None:
    """5yz is for ever, everything else passes (RFC 5321, 4.2.1)."""
    if code >= 500:  # noqa: PLR2004 - the first digit of the reply
        raise ChannelRefused(f"the mail server refused the {what} ({code})")
    raise ChannelUnavailable(f"the mail server put the {what} off ({code})")
