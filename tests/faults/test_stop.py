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
import pytest
from aiosmtpd.controller import Controller

from counterseal.sdk import Counterseal
from counterseal.sdk.ask import NewContact
from tests.faults.traffic import make_tokens
from tests.support.postgres import new_database
from tests.support.server import settings_in
from tests.support.server_process import ServerProcess, free_port

OWNERS = 8
SLOW = 0.7  # s that the mail server takes for one
SOON = 15.0  # s, on a slow machine: a lease is 120 s, and on this clock it never ends
OPTIONS = {"policy": "hardened", "outbox_folder": None, "test_scopes": True}
NAMED = {"database", "master_key_file", "root_key_file", "clock", "simulated_start_ms", "policy", "test_scopes"}


class SlowMail:
    """aiosmtpd handler. `pause`: s before it takes a message; `begun`, `taken`: recipients."""

    def __init__(self) -> None:
        self.pause = SLOW
        self.begun: list[str] = []
        self.taken: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.begun.append(envelope.rcpt_tos[0])
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


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_a_server_had_claimed_goes_out_from_the_next_one(tmp_path: Path, engine: str) -> None:
    """SIGTERM amid a batch: the one in hand gets through, nobody is told twice, nobody waits for a lease."""
    url = {"database_url": new_database()} if engine == "postgres" else {"database_url": None}
    with mail_server() as (mail, port):
        smtp = {"host": "127.0.0.1", "port": port, "sender": "a@example.test", "security": "none"}
        given = OPTIONS | {key: value for key, value in url.items() if value}
        token = asyncio.run(make_tokens(tmp_path, **given, smtp=smtp))["platform"]
        files = settings_in(tmp_path, **given, smtp=smtp).model_dump(include=NAMED)
        variables = files | {"smtp": json.dumps(smtp), "access_log": "off"}
        server = ServerProcess(tmp_path, variables | {key: value for key, value in url.items() if value})
        try:
            server.start()
            freeze_all(server.url, token)
            until(lambda: len(mail.begun) >= 2)
            began = time.monotonic()
            assert server.end(signal.SIGTERM) == 0
            assert time.monotonic() - began < OWNERS * SLOW, "it delivered the whole batch first"
            assert mail.begun == mail.taken, "the one in hand was cut"
            assert 2 <= len(mail.taken) < OWNERS
            mail.pause = 0.0
            server.start()
            until(lambda: len(mail.taken) >= OWNERS)
            until(lambda: waiting(server.url) == 0)
            assert Counter(mail.taken) == Counter(f"o{number}@example.test" for number in range(OWNERS))
        finally:
            server.stop()


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
