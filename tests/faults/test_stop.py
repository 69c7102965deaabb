# SPDX-License-Identifier: Apache-2.0
"""Told to stop, a server finishes the message in hand; its successor has the others at once, on both engines."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from aiosmtpd.controller import Controller

from counterseal.access.model import Scope
from counterseal.sdk import Counterseal
from counterseal.sdk.ask import NewContact
from counterseal.wiring.application import Application
from tests.faults.test_apart import WorkProcess
from tests.support.postgres import new_database
from tests.support.server import DAY, settings_in
from tests.support.server_process import ServerProcess, free_port

OWNERS = 8
SLOW = 0.7  # s that the mail server takes for one
SOON = 30.0  # s, on a slow machine: a lease is 120 s
PATIENT = {"timeout_ms": 60_000}
OPTIONS = {"policy": "hardened", "outbox_folder": None}
FILES = {"database": "counterseal.db", "master_key_file": "master.key", "root_key_file": "root.key"}
NAMED = {"database", "master_key_file", "root_key_file", "clock", "simulated_start_ms", "policy"}


class SlowMail:
    """aiosmtpd handler. `pause`: s before it takes a message; while it is `held` it takes none; `begun`, `taken`:
    recipients."""

    def __init__(self) -> None:
        self.pause, self.held = SLOW, False
        self.begun: list[str] = []
        self.taken: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.begun.append(envelope.rcpt_tos[0])
        while self.held:  # noqa: ASYNC110 - it is let go from another thread
            await asyncio.sleep(0.02)
        await asyncio.sleep(self.pause)
        self.taken.append(envelope.rcpt_tos[0])
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[SlowMail, int]]:
    """It and its port."""
    handler, port = SlowMail(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, port
    finally:
        controller.stop()


def test_what_a_server_had_claimed_goes_out_from_the_next_one(tmp_path: Path) -> None:
    """SIGTERM amid a batch: the one in hand gets through, nobody is told twice, and nobody waits for the rest."""
    with mail_server() as (mail, port):
        smtp = {"host": "127.0.0.1", "port": port, "sender": "a@example.test", "security": "none", **PATIENT}
        token = asyncio.run(new_token(tmp_path, **OPTIONS, smtp=smtp))
        files = settings_in(tmp_path, **OPTIONS, smtp=smtp).model_dump(include=NAMED)
        server = ServerProcess(tmp_path, files | {"smtp": json.dumps(smtp), "access_log": "off"})
        try:
            server.start()
            mail.held = True  # until all messages are there: they make one batch, behind the first
            freeze_all(server.url, token)
            mail.held = False
            until(lambda: len(mail.begun) >= 2)
            assert server.end(signal.SIGTERM) == 0
            assert mail.begun == mail.taken, "the one in hand was cut"
            assert 2 <= len(mail.taken) < OWNERS, "it delivered the whole batch first"
            mail.pause = 0.0
            server.start()
            until(lambda: len(mail.taken) >= OWNERS)
            until(lambda: waiting(server.url) == 0)
            assert Counter(mail.taken) == Counter(f"o{number}@example.test" for number in range(OWNERS))
        finally:
            server.stop()


def test_what_a_worker_had_claimed_goes_out_from_the_next_one(tmp_path: Path) -> None:
    """`counterseal work` beside a server without workers, on the real clock and its leases."""
    shared: dict[str, object] = {"policy": "hardened", "database_url": new_database()}
    token = asyncio.run(new_token(tmp_path, clock="real", **shared))
    files = {name: tmp_path / path for name, path in FILES.items()}
    with mail_server() as (mail, port):
        smtp = {"host": "127.0.0.1", "port": port, "sender": "a@example.test", "security": "none", **PATIENT}
        settings = shared | files | {"smtp": json.dumps(smtp), "access_log": "off"}
        server = ServerProcess(tmp_path, settings | {"workers": "false"})
        first, second = (WorkProcess(tmp_path, settings, name) for name in ("first", "second"))
        try:
            server.start()
            freeze_all(server.url, token)
            first.start()
            until(lambda: len(mail.begun) >= 2)
            assert first.end(signal.SIGTERM) == 0
            assert mail.begun == mail.taken
            assert 2 <= len(mail.taken) < OWNERS
            mail.pause = 0.0
            second.start()
            until(lambda: len(mail.taken) >= OWNERS)
            assert Counter(mail.taken) == Counter(f"o{number}@example.test" for number in range(OWNERS))
        finally:
            for process in (first, second, server):
                process.stop()


async def new_token(folder: Path, **settings: Any) -> str:
    """A token made before the server starts."""
    application = Application(settings_in(folder, **settings))
    try:
        scopes = [Scope.ACCOUNTS_WRITE, Scope.ACCOUNTS_FREEZE]
        made = await application.access.create_token(
            name="stop", platform="exchange", scopes=scopes, lifetime=DAY, by="test"
        )
        return made.secret or ""
    finally:
        application.store.close()


def freeze_all(url: str, token: str) -> None:
    """Each owner is to be told by mail."""
    with Counterseal(url, token) as guard:
        for number in range(OWNERS):
            guard.register(f"o{number}", contacts=[NewContact(channel="email", value=f"o{number}@example.test")])
        for number in range(OWNERS):
            guard.freeze(f"o{number}")


def waiting(url: str) -> float:
    """Messages that wait, as the metrics say."""
    text = httpx2.get(f"{url}/metrics").text
    found = [line.split()[-1] for line in text.splitlines() if line.startswith("counterseal_outbox_lag_seconds")]
    return float(found[0])


def until(done: Any) -> None:
    """Wait for it, `SOON` at most."""
    end = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
