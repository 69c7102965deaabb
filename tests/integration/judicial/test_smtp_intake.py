# SPDX-License-Identifier: Apache-2.0
"""The desk's SMTP listener with the clients of the standard library over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from counterseal.gateways import mail_intake
from counterseal.gateways.mail_intake import Envelope, MailIntake, MailIntakeError, Receive, RefusedMailError
from tests.corpus_mail import GENUINE

DESK = "desk@exchange.example"
Client = Callable[[smtplib.SMTP], object]


class Kept:
    """A store of mails that can be away."""

    def __init__(self) -> None:
        self.mails: list[tuple[Envelope, bytes]] = []
        self.fault: Exception | None = None

    async def __call__(self, envelope: Envelope, data: bytes) -> None:
        if self.fault is not None:
            raise self.fault
        self.mails.append((envelope, data))


def run(body: Coroutine[Any, Any, None]) -> None:
    asyncio.run(body)


@contextlib.asynccontextmanager
async def listening(receive: Receive, **how: Any) -> AsyncIterator[int]:
    most = how.pop("most", mail_intake.MOST_BYTES)
    intake = MailIntake(DESK, receive, hostname="mx.exchange.example", **how)
    async with intake.listening("127.0.0.1", 0, most=most) as port:
        yield port


async def talk(port: int, client: Client) -> object:
    """What `client` does over a connection, off the loop."""

    def blocking() -> object:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="mta.court.gov.example", timeout=20) as connection:
            return client(connection)

    return await asyncio.to_thread(blocking)


def give(data: bytes, to: str = DESK) -> Client:
    return lambda connection: connection.sendmail("judge.lin@court.gov.example", [to], data)


def test_a_mail_arrives_byte_for_byte() -> None:
    async def body() -> None:
        kept = Kept()
        mails = [make(Random(1)) for name, make in GENUINE.items() if b"\r\n" in make(Random(1))][:12]
        mails.append(mails[0] + b"..two dots\r\n.one dot\r\n..\r\n")
        async with listening(kept) as port:
            for data in mails:
                await talk(port, give(data))
        assert [data for _, data in kept.mails] == [
            data if data.endswith(b"\r\n") else data + b"\r\n" for data in mails
        ]
        assert kept.mails[0][0] == Envelope("judge.lin@court.gov.example", DESK, "127.0.0.1", tls=False)

    run(body())


@pytest.mark.parametrize("to", ["other@exchange.example", "x@evil.example", "desk@exchange.example@evil.example"])
def test_it_is_no_relay(to: str) -> None:
    async def body() -> None:
        kept = Kept()
        async with listening(kept) as port:
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                await talk(port, give(b"Subject: x\r\n\r\nx\r\n", to))
            assert all(code in {550, 553} for code, _ in refused.value.recipients.values())
        assert kept.mails == []

    run(body())


def test_the_mailbox_is_known_in_any_case_of_letters() -> None:
    async def body() -> None:
        kept = Kept()
        async with listening(kept) as port:
            await talk(port, give(b"Subject: x\r\n\r\nx\r\n", "Desk@Exchange.Example"))
        assert len(kept.mails) == 1

    run(body())


@pytest.mark.parametrize(
    ("fault", "code"),
    [(OSError("away"), 451), (RuntimeError("full"), 451), (RefusedMailError("never\r\n250 ok"), 550)],
)
def test_what_is_not_kept_is_not_taken(fault: Exception, code: int) -> None:
    """451: the sender's server has it still and comes again."""

    async def body() -> None:
        kept = Kept()
        kept.fault = fault
        async with listening(kept) as port:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                await talk(port, give(b"Subject: x\r\n\r\nx\r\n"))
            assert refused.value.smtp_code == code
            kept.fault = None
            await talk(port, give(b"Subject: x\r\n\r\nx\r\n"))
        assert len(kept.mails) == 1

    run(body())


def test_a_store_that_does_not_answer_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async def forever(envelope: Envelope, data: bytes) -> None:
            await asyncio.sleep(3600)

        monkeypatch.setattr(mail_intake, "KEEP_SECONDS", 0.2)
        async with listening(forever) as port:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                await talk(port, give(b"Subject: x\r\n\r\nx\r\n"))
            assert refused.value.smtp_code == 451

    run(body())


def test_the_limit_of_size_is_told_and_kept() -> None:
    async def body() -> None:
        kept = Kept()
        async with listening(kept, most=5_000) as port:
            told = await talk(port, lambda connection: (connection.ehlo(), connection.esmtp_features["size"])[1])
            assert told == "5000"
            with pytest.raises(smtplib.SMTPSenderRefused) as refused:
                await talk(port, give(b"Subject: x\r\n\r\n" + b"x\r\n" * 3_000))
            assert refused.value.smtp_code == 552
            assert await talk(port, _without_size) == 552
        assert kept.mails == []

    run(body())


def _without_size(connection: smtplib.SMTP) -> int:
    """A client that does not say how much it sends."""
    connection.ehlo()
    connection.mail("x@court.gov.example")
    connection.rcpt(DESK)
    return connection.data(b"Subject: x\r\n\r\n" + b"x\r\n" * 3_000)[0]


def test_no_login_is_offered() -> None:
    async def body() -> None:
        async with listening(Kept()) as port:
            features = await talk(port, lambda connection: (connection.ehlo(), connection.esmtp_features)[1])
        assert isinstance(features, dict)
        assert "auth" not in features
        assert "starttls" not in features

    run(body())


def _ready(raw: socket.socket) -> BinaryIO:
    """A connection up to DATA; the replies that follow."""
    replies = raw.makefile("rb")
    assert _reply(replies) == b"220"
    for line in ("EHLO x", "MAIL FROM:<x@y.example>", f"RCPT TO:<{DESK}>"):
        raw.sendall(f"{line}\r\n".encode())
        assert _reply(replies) == b"250"
    raw.sendall(b"DATA\r\n")
    assert _reply(replies) == b"354"
    return replies


def _reply(replies: BinaryIO) -> bytes:
    """The code of the next reply, however many lines and packets it takes."""
    while (line := replies.readline())[3:4] == b"-":
        pass
    return line[:3]


def test_a_mail_that_breaks_off_is_not_kept() -> None:
    async def body() -> None:
        kept = Kept()
        async with listening(kept) as port:

            def broken() -> None:
                with socket.create_connection(("127.0.0.1", port), 20) as raw:
                    _ready(raw)
                    raw.sendall(b"Subject: half\r\n\r\nhalf of")

            await asyncio.to_thread(broken)
            await talk(port, give(b"Subject: whole\r\n\r\nx\r\n"))
        assert [data[:14] for _, data in kept.mails] == [b"Subject: whole"]

    run(body())


def test_a_second_mail_cannot_be_smuggled_behind_a_bare_line_feed() -> None:
    """As in CVE-2023-51764: a dot behind a bare line feed ends no mail."""

    async def body() -> None:
        kept = Kept()
        data = b"Subject: x\r\n\r\none\n.\r\nMAIL FROM:<x@y>\r\nRCPT TO:<desk@exchange.example>\r\nDATA\r\nA: two"
        async with listening(kept) as port:

            def smuggle() -> None:
                with socket.create_connection(("127.0.0.1", port), 20) as raw:
                    replies = _ready(raw)
                    raw.sendall(data + b"\r\n.\r\n")
                    assert _reply(replies) == b"250"

            await asyncio.to_thread(smuggle)
        assert [mail for _, mail in kept.mails] == [data + b"\r\n"]

    run(body())


def test_more_connections_than_there_is_room_for_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        monkeypatch.setattr(mail_intake, "MOST_CONNECTIONS", 2)
        kept = Kept()
        async with listening(kept) as port:

            def many() -> bytes:
                with contextlib.ExitStack() as stack:
                    there = ("127.0.0.1", port)
                    held = [stack.enter_context(socket.create_connection(there, 20)) for _ in range(2)]
                    assert all(each.recv(100).startswith(b"220") for each in held)
                    with socket.create_connection(("127.0.0.1", port), 20) as third:
                        return third.recv(100)

            assert (await asyncio.to_thread(many)).startswith(b"421")
            await asyncio.sleep(0.5)  # the two connections end
            await talk(port, give(b"Subject: x\r\n\r\nx\r\n"))
        assert len(kept.mails) == 1

    run(body())


def test_tls_is_offered_where_there_is_a_certificate(tmp_path: Path) -> None:
    async def body() -> None:
        kept = Kept()
        certificate, key = _certificate(tmp_path)
        trusted = ssl.create_default_context(cafile=str(certificate))

        def over_tls(connection: smtplib.SMTP) -> object:
            connection._host = "127.0.0.1"  # type: ignore[attr-defined] # the name that the certificate is for
            connection.starttls(context=trusted)
            return connection.sendmail("judge@court.gov.example", [DESK], b"Subject: x\r\n\r\nx\r\n")

        async with listening(kept, tls=mail_intake.tls_context(certificate, key)) as port:
            await talk(port, over_tls)
        assert [envelope.tls for envelope, _ in kept.mails] == [True]

    run(body())


def test_settings_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    for address in ("desk", "@exchange.example", "desk@", "de sk@exchange.example", "dèsk@exchange.example"):
        with pytest.raises(MailIntakeError):
            MailIntake(address, Kept(), hostname="mx")
    (tmp_path / "c.pem").write_text("nothing")
    with pytest.raises(MailIntakeError, match=r"c\.pem"):
        mail_intake.tls_context(tmp_path / "c.pem", tmp_path / "c.pem")


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.exchange.example")])
    now = dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = serialization.Encoding.PEM
    (folder / "c.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "k.pem").write_bytes(key.private_bytes(pem, form, plain))
    return folder / "c.pem", folder / "k.pem"
