# SPDX-License-Identifier: Apache-2.0
"""One suite for every channel, each against the real thing: an SMTP server, an HTTP server, a folder."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
import ssl
import stat
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from counterseal.gateways.apprise_channel import AppriseChannel
from counterseal.gateways.mail import MailChannel, SmtpServer, parse_address
from counterseal.gateways.outbox_folder import OutboxFolder
from counterseal.notices.model import ChannelRefused, ChannelUnavailable, Rendered
from counterseal.notices.ports import Channel

NOW = 1_717_908_600_000
RENDERED = Rendered("一笔提币正在等待", "正文 body\nsecond line\n.\n", "<p>正文 body</p>", "short 短", "zh-Hans")


class Bench(ABC):
    """A channel, what it reached, and how to make it fail."""

    to: str
    channel: Channel
    now: int = NOW

    def clock(self) -> int:
        return self.now

    @abstractmethod
    def received(self) -> list[dict[str, str]]:
        """What arrived: to, subject, text (of one form or the other), id ("" where the service sees none)."""

    @abstractmethod
    def refuse(self) -> None:
        """From now on the other side refuses for ever."""

    @abstractmethod
    def fail(self) -> None:
        """From now on the other side is out of order."""

    def close(self) -> None:  # noqa: B027 - a folder has nothing to give back
        """Give everything back."""


class Mailbox:
    """aiosmtpd handler: keeps what it takes, answers as it is told."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.rcpt = self.data = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data:
            return self.data
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos[0], mail))
        return "250 OK"


class SmtpBench(Bench):
    def __init__(self, tmp_path: Path, security: str, **server: Any) -> None:
        self.to = "owner@example.org"
        self.mailbox = Mailbox()
        certificate, key = certificate_for(tmp_path)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        options = {
            "none": {},
            "starttls": {"tls_context": context, "require_starttls": True},
            "tls": {"ssl_context": context},
        }[security]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.controller = Controller(self.mailbox, hostname="127.0.0.1", port=self.port, **options, **server)
        self.controller.start()
        self.settings = SmtpServer(
            "127.0.0.1", self.port, "guard@example.com", security=security, platform="Example 交易所",
            timeout=5000, ca_file=str(certificate),
        )  # type: ignore[arg-type]  # fmt: skip
        self.channel = MailChannel(self.settings, self.clock)

    def received(self) -> list[dict[str, str]]:
        found = []
        for to, mail in self.mailbox.mails:
            part = mail.get_body(("plain",))
            assert part is not None
            found.append(
                {"to": to, "subject": mail["Subject"], "text": part.get_content(), "id": mail["Message-ID"]}
            )
        return found

    def refuse(self) -> None:
        self.mailbox.rcpt = "550 no such user"

    def fail(self) -> None:
        self.mailbox.rcpt = "451 later"

    def close(self) -> None:
        self.controller.stop()


def certificate_for(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, secret


class AppriseBench(Bench):
    def __init__(self, form: str = "full") -> None:
        self.to = "+15551234567"
        self.status = 200
        self.posts: list[tuple[str, dict[str, Any]]] = []
        bench = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if bench.status < 300:
                    bench.posts.append((self.path, body))
                self.send_response(bench.status)
                self.send_header("Content-Length", "0")
                if bench.status in {301, 302, 307}:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        url = f"json://127.0.0.1:{self.server.server_port}/send?:to={{to}}"
        self.channel = AppriseChannel((url,), self.clock, form=form)  # type: ignore[arg-type]

    def received(self) -> list[dict[str, str]]:
        return [
            {"to": body["to"], "subject": body["title"], "text": body["message"], "id": ""}
            for _, body in self.posts
        ]

    def refuse(self) -> None:
        self.status = 404

    def fail(self) -> None:
        self.status = 503

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class FolderBench(Bench):
    def __init__(self, folder: Path) -> None:
        self.to = "owner@example.org"
        self.path = folder / "outbox"
        self.folder = OutboxFolder(self.path)
        self.channel = self.folder.channel("email", self.clock)

    def received(self) -> list[dict[str, str]]:
        return [
            {"to": kept.to, "subject": kept.rendered.subject, "text": kept.rendered.text, "id": kept.message_id}
            for kept in reversed(self.folder.latest())
        ]

    def refuse(self) -> None:
        self.to = "two\nlines@example.org"  # a folder takes everything else

    def fail(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text("a file where the folder should be")


@pytest.fixture(params=["smtp", "smtp-starttls", "smtp-tls", "apprise", "folder"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made: Bench
    match request.param:
        case "apprise":
            made = AppriseBench()
        case "folder":
            made = FolderBench(tmp_path)
        case other:
            made = SmtpBench(tmp_path, other.partition("-")[2] or "none")
    yield made
    made.close()


def send(bench: Bench, rendered: Rendered = RENDERED, message_id: str = "act.pending.c1") -> Any:
    return asyncio.run(bench.channel.send(bench.to, rendered, message_id))


class TestEveryChannel:
    def test_a_message_arrives_whole_and_is_accepted_at_the_clocks_time(self, bench: Bench) -> None:
        accepted = send(bench)
        assert accepted.at == NOW
        assert accepted.reference
        (found,) = bench.received()
        assert found["to"] == bench.to
        assert found["subject"] == RENDERED.subject
        assert found["text"].replace("\r\n", "\n").strip() == RENDERED.text.strip()

    def test_a_repeat_after_a_crash_is_recognisable(self, bench: Bench) -> None:
        first = send(bench)
        bench.now = NOW + 60_000
        again = send(bench)
        other = send(bench, message_id="act.pending.c2")
        assert first.reference == again.reference != other.reference
        found = bench.received()
        assert len({message["id"] for message in found}) == (1 if isinstance(bench, AppriseBench) else 2)

    def test_a_refusal_is_for_ever(self, bench: Bench) -> None:
        bench.refuse()
        with pytest.raises(ChannelRefused) as caught:
            send(bench)
        assert RENDERED.short not in caught.value.sentence
        assert bench.received() == []

    def test_a_failure_passes(self, bench: Bench) -> None:
        bench.fail()
        with pytest.raises(ChannelUnavailable):
            send(bench)

    @pytest.mark.parametrize("to", ["", "a@b.c\r\nBcc: x@y.z", "a@b.c\nx", "a\x00@b.c", "\ud800@b.c"])
    def test_a_hostile_recipient_is_refused_before_anything_is_sent(self, bench: Bench, to: str) -> None:
        bench.to = to
        with pytest.raises(ChannelRefused):
            send(bench)
        assert bench.received() == []


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[SmtpBench]:
    made = SmtpBench(tmp_path, "none")
    yield made
    made.close()


class TestMail:
    def test_headers_and_parts(self, smtp: SmtpBench) -> None:
        send(smtp)
        _, mail = smtp.mailbox.mails[0]
        assert mail["From"] == "Example 交易所 <guard@example.com>"
        assert mail["Date"].datetime == datetime(2024, 6, 9, 4, 50, tzinfo=UTC)
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Content-Language"] == "zh-Hans"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert "List-Unsubscribe" not in mail
        assert mail["Message-ID"].endswith("@example.com>")
        assert sorted(set(mail.keys()) - {"X-Peer", "X-MailFrom", "X-RcptTo"}) == [
            "Auto-Submitted", "Content-Language", "Content-Type", "Date", "From", "MIME-Version", "Message-ID",
            "Subject", "To",
        ]  # fmt: skip

    def test_answers_go_where_the_settings_say(self, smtp: SmtpBench) -> None:
        settings = msgspec.structs.replace(smtp.settings, reply_to="desk@example.com")
        asyncio.run(MailChannel(settings, smtp.clock).send(smtp.to, RENDERED, "m-1"))
        (_, mail) = smtp.mailbox.mails[0]
        assert mail["Reply-To"] == "desk@example.com"

    @pytest.mark.parametrize("subject", ["a\r\nBcc: x@y.z", "a\nb", "a\rb", "a\x00", "a\u2028b"])
    def test_a_line_break_in_a_header_is_refused(self, smtp: SmtpBench, subject: str) -> None:
        with pytest.raises(ChannelRefused):
            send(smtp, Rendered(subject, "text", None, "short"))
        assert smtp.mailbox.mails == []

    @pytest.mark.parametrize(
        "to",
        ["a@b.c, x@y.z", "a@b.c x@y.z", "<a@b.c>", "A <a@b.c>", "a@", "@b", "a", "a@b@c", "a@b..c",
         "a@-b", "a@" + "b" * 60 + ".c" * 120, "a,b@c.d",
         "a@[127.0.0.1]", "a(x)@b.c", "a@b.c;x@y.z"],
    )  # fmt: skip
    def test_only_one_plain_address_is_taken(self, to: str) -> None:
        with pytest.raises(ChannelRefused):
            parse_address(to)

    def test_a_domain_in_other_letters_is_reached(self, smtp: SmtpBench) -> None:
        smtp.to = "owner@交易所.example"
        send(smtp)
        assert smtp.mailbox.mails[0][0] == "owner@xn--tlqx19b5xc.example"

    def test_a_local_part_in_other_letters_needs_smtputf8(self, smtp: SmtpBench, tmp_path: Path) -> None:
        smtp.to = "所有者@example.org"
        send(smtp)
        assert smtp.mailbox.mails[0][0] == smtp.to
        older = SmtpBench(tmp_path, "none", enable_SMTPUTF8=False)
        older.to = smtp.to
        with pytest.raises(ChannelRefused, match="SMTPUTF8"):
            send(older)
        older.close()
        assert older.mailbox.mails == []

    @pytest.mark.parametrize(
        ("data", "error"),
        [("554 spam", ChannelRefused), ("452 full", ChannelUnavailable), ("421 bye", ChannelUnavailable)],
    )  # fmt: skip
    def test_the_first_digit_of_the_reply_decides(self, smtp: SmtpBench, data: str, error: type[Exception]) -> None:
        smtp.mailbox.data = data
        with pytest.raises(error):
            send(smtp)

    def test_without_starttls_nothing_is_sent_in_the_open(self, smtp: SmtpBench) -> None:
        channel = MailChannel(SmtpServer("127.0.0.1", smtp.port, "g@example.com", timeout=3000), smtp.clock)
        with pytest.raises(ChannelUnavailable):
            asyncio.run(channel.send(smtp.to, RENDERED, "m"))
        assert smtp.mailbox.mails == []

    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_a_certificate_that_nobody_vouches_for_is_not_taken(self, tmp_path: Path, security: str) -> None:
        made = SmtpBench(tmp_path, security)
        stranger = SmtpServer("127.0.0.1", made.port, "g@example.com", security=security, timeout=3000)  # type: ignore[arg-type]
        with pytest.raises(ChannelUnavailable):
            asyncio.run(MailChannel(stranger, made.clock).send(made.to, RENDERED, "m"))
        made.close()
        assert made.mailbox.mails == []

    @pytest.mark.parametrize(("password", "taken"), [("right", True), ("wrong", False)])
    def test_logging_in(self, tmp_path: Path, password: str, taken: bool) -> None:
        def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
            assert isinstance(data, LoginPassword)
            return AuthResult(success=data.password == b"right", handled=False)

        made = SmtpBench(tmp_path, "starttls", authenticator=check, auth_required=True)
        server = SmtpServer(
            "127.0.0.1", made.port, "g@example.com", username="guard", password=password, timeout=5000,
            ca_file=made.settings.ca_file,
        )  # fmt: skip
        channel = MailChannel(server, made.clock)
        if taken:
            asyncio.run(channel.send(made.to, RENDERED, "m"))
        else:
            with pytest.raises(ChannelUnavailable) as caught:
                asyncio.run(channel.send(made.to, RENDERED, "m"))
            assert "wrong" not in caught.value.sentence
        made.close()
        assert len(made.mailbox.mails) == int(taken)

    def test_a_sender_of_two_lines_is_a_fault_of_the_settings(self) -> None:
        with pytest.raises(ValueError, match="one line"):
            MailChannel(
                SmtpServer("h", 25, "g@example.com", platform="a\nBcc: b@c.d", security="none"), lambda: NOW
            )


@pytest.fixture
def http_bench() -> Iterator[AppriseBench]:
    made = AppriseBench("short")
    yield made
    made.close()


class TestApprise:
    def test_the_short_form_goes_out_alone(self, http_bench: AppriseBench) -> None:
        send(http_bench)
        (found,) = http_bench.received()
        assert (found["subject"], found["text"]) == ("", RENDERED.short)

    @pytest.mark.parametrize(
        ("status", "error"),
        [(400, ChannelRefused), (410, ChannelRefused), (401, ChannelUnavailable), (429, ChannelUnavailable),
         (500, ChannelUnavailable), (302, ChannelUnavailable)],
    )  # fmt: skip
    def test_what_the_status_means(self, http_bench: AppriseBench, status: int, error: type[Exception]) -> None:
        http_bench.status = status
        with pytest.raises(error, match=str(status)):
            send(http_bench)
        assert http_bench.posts == []

    @pytest.mark.parametrize("to", ["+1555, +1666", "a b", "a;b", "x" * 600])
    def test_one_recipient_only(self, http_bench: AppriseBench, to: str) -> None:
        http_bench.to = to
        with pytest.raises(ChannelRefused):
            send(http_bench)

    def test_a_recipient_cannot_change_the_address_of_the_service(self, http_bench: AppriseBench) -> None:
        http_bench.to = "x&-evil=1?:message=#/../@host"
        send(http_bench)
        ((path, body),) = http_bench.posts
        assert path == "/send"
        assert body["to"] == http_bench.to
        assert body["message"] == RENDERED.short

    def test_the_second_service_stands_in(self, http_bench: AppriseBench) -> None:
        port = http_bench.server.server_port
        urls = ("json://127.0.0.1:9/?:to={to}", f"json://127.0.0.1:{port}/second?:to={{to}}")
        asyncio.run(AppriseChannel(urls, http_bench.clock, form="short").send("+1555", RENDERED, "m"))
        assert [path for path, _ in http_bench.posts] == ["/second"]

    def test_nothing_of_a_message_reaches_our_log(
        self, http_bench: AppriseBench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(0)
        http_bench.status = 500
        with pytest.raises(ChannelUnavailable):
            send(http_bench)
        assert RENDERED.short not in caplog.text
        assert http_bench.to not in caplog.text

    @pytest.mark.parametrize("url", ["json://localhost/", "nonsense://{to}", ""])
    def test_faults_of_the_settings_show_at_the_start_without_the_url(self, url: str) -> None:
        with pytest.raises(ValueError, match="Apprise") as caught:
            AppriseChannel((url,), lambda: NOW)
        assert "nonsense" not in str(caught.value)


class TestFolder:
    def test_newest_first_and_readable_by_nobody_else(self, tmp_path: Path) -> None:
        bench = FolderBench(tmp_path)
        for step in range(3):
            bench.now = NOW + step
            send(bench, message_id=f"m{step}")
        assert [kept.message_id for kept in bench.folder.latest()] == ["m2", "m1", "m0"]
        assert [kept.message_id for kept in bench.folder.latest(limit=1)] == ["m2"]
        assert bench.folder.count() == 3
        assert stat.S_IMODE(bench.path.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in bench.path.iterdir()} == {0o600}
        assert {file.suffix for file in bench.path.iterdir()} == {".json", ".eml"}

    def test_a_mail_is_kept_as_a_mail_program_opens_it(self, tmp_path: Path) -> None:
        bench = FolderBench(tmp_path)
        reference = send(bench).reference
        mail = email.message_from_bytes((bench.path / f"{reference}.eml").read_bytes(), policy=email.policy.default)
        assert mail["Subject"] == RENDERED.subject

    @pytest.mark.parametrize("name", ["", "../secret", "/etc/passwd", "x", "000001717908600-../../x", "\x00"])
    def test_only_its_own_names_are_looked_for(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "secret.json").write_text("{}")
        assert OutboxFolder(tmp_path / "outbox").read(name) is None

    def test_a_broken_file_is_left_out(self, tmp_path: Path) -> None:
        bench = FolderBench(tmp_path)
        send(bench)
        (bench.path / f"{NOW + 1:015d}-{'ab' * 12}.json").write_text("{")
        assert len(bench.folder.latest()) == 1

    def test_there_need_be_no_folder_yet(self, tmp_path: Path) -> None:
        assert OutboxFolder(tmp_path / "none").latest() == []
