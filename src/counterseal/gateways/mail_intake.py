# SPDX-License-Identifier: Apache-2.0
"""Mail for the desk over SMTP (RFC 5321): one mailbox, the bytes as they came, and "250" only when they are kept.

It relays nothing, knows no other recipient, and offers no login. While the desk cannot keep a mail it answers 4xx,
so that the sender's server keeps it and comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Received

from counterseal.core.errors import CountersealError, InputError
from counterseal.judicial.model import MOST_BYTES

SECONDS: Final = 60.0  # that a silent client keeps its connection
KEEP_SECONDS: Final = 60.0  # that the desk takes to keep a mail
MOST_CONNECTIONS: Final = 20
MOST_MAILS: Final = 4  # being kept at once: each may hold 25 MB
CALLS: Final = {"RCPT": 50, "MAIL": 50, "DATA": 50, "NOOP": 50, "RSET": 50, "VRFY": 5, "STARTTLS": 2, "*": 20}

_TAG: Final = re.compile(r"\+[a-z2-7]{12}@")
log = structlog.get_logger("counterseal.mail_intake")


class Envelope(msgspec.Struct, frozen=True):
    """What the connection said. Nothing of it is proved but `peer`, the address of whoever connected. `recipient`:
    the desk's address, with a tag where the sender had it from a package (judicial.disclosure.canaries)."""

    sender: str
    recipient: str
    peer: str
    tls: bool


class RefusedMailError(CountersealError):
    """The desk will never take this mail: the sender's server is told 5xx and does not come again."""

    code = "mail_refused"


class MailIntakeError(InputError):
    """The listener's settings cannot be used."""

    code = "mail_intake_invalid"


Receive = Callable[[Envelope, bytes], Awaitable[None]]


class MailIntake:
    """Listens for one address. `receive` returns once the mail is kept; what it raises is answered with 451, or
    550 for RefusedMailError."""

    def __init__(self, address: str, receive: Receive, *, hostname: str, tls: ssl.SSLContext | None = None) -> None:
        local, at, domain = address.lower().rpartition("@")
        if not (local and at and domain) or not address.isascii() or any(each.isspace() for each in address):
            raise MailIntakeError(f"`{address}` is no mail address")
        self._address, self._receive, self._hostname, self._tls = f"{local}@{domain}", receive, hostname, tls
        self._room = asyncio.Semaphore(MOST_MAILS)
        self._open: set[SMTP] = set()

    @contextlib.asynccontextmanager
    async def listening(self, host: str, port: int, *, most: int = MOST_BYTES) -> AsyncIterator[int]:
        """Listen while the context lasts; its value is the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: self._protocol(loop, most), host, port)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for protocol in list(self._open):
                if protocol.transport is not None:
                    protocol.transport.close()
            await asyncio.sleep(0)
            await server.wait_closed()

    def _protocol(self, loop: asyncio.AbstractEventLoop, most: int) -> asyncio.BaseProtocol:
        if len(self._open) >= MOST_CONNECTIONS:
            return _Busy(self._hostname)
        return _Connection(
            self,
            self._open,
            loop=loop,
            hostname=self._hostname,
            ident="mail for the desk",
            data_size_limit=most,
            tls_context=self._tls,
            timeout=SECONDS,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            command_call_limit=CALLS,
        )

    # ------------------------------------------------------------ aiosmtpd's hooks

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Received, address: str, options: list[str]
    ) -> str:
        """The desk's mailbox, in any case of letters, with or without the tag of a disclosure, and no other."""
        del server, session, options
        given = address.strip("<>").lower()
        if self._address not in {given, _TAG.sub("@", given)}:
            return "550 5.7.1 no such mailbox here, and nothing is relayed"
        if given not in envelope.rcpt_tos:
            envelope.rcpt_tos.append(given)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Received) -> str:  # noqa: N802 - as above
        """Hand over, then answer: whatever fails before leaves the mail with its sender."""
        del server
        data = envelope.original_content or b""
        peer: Any = session.peer  # (host, port, ...) whatever the annotation says
        tagged = max(envelope.rcpt_tos, key=len)  # a tag says more than the plain address beside it
        said = Envelope(
            str(envelope.mail_from or ""), tagged, str(peer[0] if peer else ""), session.ssl is not None
        )
        try:
            async with asyncio.timeout(KEEP_SECONDS), self._room:
                await self._receive(said, bytes(data))
        except RefusedMailError as error:
            return f"550 5.6.0 {_line(error.sentence)}"
        except Exception as error:  # noqa: BLE001 - whatever keeps the store away, the mail must not be lost
            log.warning("mail_not_kept", fault=type(error).__name__, size=len(data))
            return "451 4.3.0 the desk cannot keep it now, try again"
        return "250 2.0.0 kept"

    async def handle_exception(self, error: Exception) -> str:
        """What the library did not expect."""
        log.warning("mail_connection_failed", fault=type(error).__name__)
        return "451 4.3.0 something went wrong, try again"


class _Connection(SMTP):
    """Counts itself."""

    def __init__(self, handler: MailIntake, held: set[SMTP], **how: Any) -> None:
        super().__init__(handler, **how)
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._held.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._held.discard(self)
        super().connection_lost(error)


class _Busy(asyncio.Protocol):
    """Says so and ends."""

    def __init__(self, hostname: str) -> None:
        self._hostname = hostname

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_server makes no other
        transport.write(f"421 4.3.2 {self._hostname} is busy, try again\r\n".encode("ascii", "replace"))
        transport.close()


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """For STARTTLS, TLS 1.2 at least. Raises MailIntakeError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise MailIntakeError(f"`{certificate.name}` and `{key.name}` cannot be used: {error}") from None
    return context


def _line(text: str) -> str:
    return "".join(each if " " <= each <= "~" else "?" for each in text)[:400]
