# SPDX-License-Identifier: Apache-2.0
"""The witnesses against a real file, a real SMTP server and a real HTTP server."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from aiosmtpd.smtp import SMTP

from counterseal.audit.model import WitnessUnavailableError
from counterseal.core.note import split_notes
from counterseal.gateways.witness_file import FileWitness
from counterseal.gateways.witness_http import HttpWitness
from counterseal.gateways.witness_mail import MailServer, MailWitness
from tests.support.memory_log import MemoryLog, make_log


@pytest.fixture(scope="module")
def notes() -> list[str]:
    log: MemoryLog = asyncio.run(make_log(30))
    return [log.signed[size].note for size in sorted(log.signed)]


def test_a_file_keeps_all_notes_in_order(notes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "witness.txt"
    witness = FileWitness(path)
    assert asyncio.run(witness.last()) is None

    for note in notes:
        asyncio.run(witness.push(note))
        assert asyncio.run(witness.last()) == note
    assert split_notes(path.read_text()) == notes


def test_a_write_cut_off_by_a_crash_is_dropped_at_the_next_one(notes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "witness.txt"
    witness = FileWitness(path)
    whole = (notes[0] + "\n").encode()
    later = (notes[1] + "\n").encode()
    for end in range(0, len(later), 3):
        path.write_bytes(whole + later[:end])
        expected = notes[0]
        assert asyncio.run(witness.last()) == expected
        asyncio.run(witness.push(notes[2]))
        assert split_notes(path.read_text()) == [notes[0], notes[2]]
        path.write_bytes(later[:end])
        asyncio.run(witness.push(notes[2]))
        assert split_notes(path.read_text()) == [notes[2]]


def test_the_last_note_of_a_long_file_is_found(notes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "witness.txt"
    path.write_text("".join(note + "\n" for note in notes) * 700)
    assert path.stat().st_size > 300_000

    assert asyncio.run(FileWitness(path).last()) == notes[-1]


def test_a_folder_in_place_of_the_file_is_unavailable(notes: list[str], tmp_path: Path) -> None:
    witness = FileWitness(tmp_path)

    with pytest.raises(WitnessUnavailableError):
        asyncio.run(witness.push(notes[0]))
    with pytest.raises(WitnessUnavailableError):
        asyncio.run(witness.last())


class Mailbox:
    """An SMTP handler that keeps what it accepts."""

    def __init__(self) -> None:
        self.messages: list[email.message.EmailMessage] = []
        self.refuse = False

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuse:
            return "452 mailbox full"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append(message)
        return "250 kept"


def send(handler: Mailbox, *notes: str, **options: str) -> MailWitness:
    """Push the notes to an SMTP server that runs for as long as that takes."""

    async def call() -> MailWitness:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            relay = MailServer("127.0.0.1", port, **{"security": "none", **options})
            witness = MailWitness(relay, sender="log@guard.example", recipient="witness@other.example")
            for note in notes:
                await witness.push(note)
        return witness

    return asyncio.run(call())


def test_a_mail_carries_the_exact_note(notes: list[str]) -> None:
    handler = Mailbox()
    witness = send(handler, notes[0], notes[0])

    message = handler.messages[0]
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "checkpoint.txt"
    assert attachment.get_content() == notes[0].encode()
    assert split_notes(message.get_body().get_content()) == [notes[0]]
    assert message["Subject"] == "Log checkpoint: log.example/counterseal, 10 entries"
    assert message["Date"].datetime.timestamp() == 1_717_891_210
    assert handler.messages[1]["Message-ID"] == message["Message-ID"]
    assert witness.name == "mail:witness@other.example"
    assert asyncio.run(witness.last()) is None


def test_a_mail_that_is_refused_is_unavailable(notes: list[str]) -> None:
    handler = Mailbox()
    handler.refuse = True

    with pytest.raises(WitnessUnavailableError, match="mailbox full"):
        send(handler, notes[0])


@pytest.mark.parametrize(
    "options", [{"security": "starttls"}, {"security": "tls"}, {"username": "guard", "password": "secret"}]
)
def test_no_note_goes_out_less_protected_than_configured(notes: list[str], options: dict[str, str]) -> None:
    """The server offers neither TLS nor a login: nothing is sent in the clear instead."""
    handler = Mailbox()

    with pytest.raises(WitnessUnavailableError):
        send(handler, notes[0], **options)
    assert handler.messages == []


def test_no_mail_server_is_unavailable(notes: list[str]) -> None:
    witness = MailWitness(MailServer("127.0.0.1", 1), sender="a@b.example", recipient="c@d.example")

    with pytest.raises(WitnessUnavailableError):
        asyncio.run(witness.push(notes[0]))


class Handler(BaseHTTPRequestHandler):
    """Keeps the last note in `server.kept`; answers `server.status` where that is set."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.status == 200:
            self.server.kept = body
        self.server.token = self.headers.get("authorization")
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(self.server.kept)

    def _answer(self, body: bytes | None) -> None:
        self.send_response(404 if body is None else self.server.status)
        self.send_header("content-length", str(len(body or b"")))
        if self.server.status == 307:
            self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Stay silent."""


@pytest.fixture
def http_server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.status, server.kept, server.token = 200, None, None
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def http(server: ThreadingHTTPServer, method: str, *arguments: str) -> str | None:
    async def call() -> str | None:
        async with httpx2.AsyncClient(timeout=5) as client:
            url = f"http://127.0.0.1:{server.server_port}/log"
            witness = HttpWitness(url, client, token="secret")
            return await getattr(witness, method)(*arguments)

    return asyncio.run(call())


def test_an_http_witness_keeps_and_returns_the_note(notes: list[str], http_server: ThreadingHTTPServer) -> None:
    assert http(http_server, "last") is None
    http(http_server, "push", notes[0])

    assert http_server.kept == notes[0].encode()
    assert http_server.token == "Bearer secret"
    assert http(http_server, "last") == notes[0]


@pytest.mark.parametrize("status", [307, 400, 409, 500])
def test_any_other_answer_is_unavailable(status: int, notes: list[str], http_server: ThreadingHTTPServer) -> None:
    http_server.status, http_server.kept = status, b"x"

    with pytest.raises(WitnessUnavailableError, match=str(status)):
        http(http_server, "push", notes[0])
    with pytest.raises(WitnessUnavailableError, match=str(status)):
        http(http_server, "last")


@pytest.mark.parametrize("body", [b"x" * 200_000, b"\xff"])
def test_a_hostile_answer_is_unavailable(body: bytes, http_server: ThreadingHTTPServer) -> None:
    http_server.kept = body

    with pytest.raises(WitnessUnavailableError):
        http(http_server, "last")


def test_no_http_server_is_unavailable(notes: list[str], http_server: ThreadingHTTPServer) -> None:
    async def push() -> None:
        async with httpx2.AsyncClient(timeout=5) as client:
            await HttpWitness("http://127.0.0.1:1/", client).push(notes[0])

    with pytest.raises(WitnessUnavailableError):
        asyncio.run(push())
