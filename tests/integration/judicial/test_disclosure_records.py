# SPDX-License-Identifier: Apache-2.0
"""The example exchange's records as a process of their own, set up by its command, asked by the desk itself."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from counterseal.gateways.platform_data import HttpPlatformData
from counterseal.judicial.disclosure.ports import Got, Wanted
from counterseal.judicial.disclosure.stored import PlatformError
from counterseal.judicial.requests.model import Window
from examples.exchange import money, run
from examples.exchange.ledger import Entry, Ledger, customer, move, outside
from examples.exchange.parts import SHARED
from examples.exchange.setup import set_up
from tests.support.live_server import LiveServer, live_server
from tests.support.server_process import free_port

PROGRAM = [sys.executable, "-m", "examples.exchange"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[LiveServer, Path, int]]:
    """A guard, and an exchange that was set up before it."""
    port = free_port()
    (tmp_path / "guard").mkdir()
    with live_server(tmp_path / "guard") as server, server.client() as admin:
        set_up(admin, server.url, tmp_path / "home", {"auth": 1, "payer": 2, "web": 3, "records": port})
        yield server, tmp_path / "home", port


def test_the_desk_gets_fields_from_a_process_that_holds_the_secret(home: tuple[LiveServer, Path, int]) -> None:
    server, folder, port = home
    ledger = Ledger(folder / "payer" / "ledger.db")
    lines = move("USDT", money.units("USDT", Decimal(250)), outside("bank"), customer("alice"))
    ledger.post(Entry("deposit.1", "deposit", "alice", 5, lines))
    ledger.close()
    for field, value in (("name", "Alice Ng"), ("email", "alice@example.test")):
        command = [*PROGRAM, "record", "alice", field, value, "--home", str(folder)]
        subprocess.run(command, check=True, cwd=ROOT)
    serve = [*PROGRAM, "serve", "records", "--home", str(folder)]
    with run.process("records", serve, folder, None) as running:  # type: ignore[arg-type] # this environment
        url = f"http://127.0.0.1:{port}"
        run.wait_for(url, running, folder / "records.log")
        name, email, deposit = asyncio.run(asked(server, f"{url}/desk", (folder / "records" / SHARED).read_text()))
        assert (name.text, email.text) == ("Alice Ng", "alice@example.test")
        assert deposit.rows == (
            {"at": "5", "id": "deposit.1", "kind": "deposit", "asset": "USDT", "amount": "250"},
        )
        with pytest.raises(PlatformError):
            asyncio.run(asked(server, f"{url}/desk", "whsec_" + "A" * 44))


async def asked(server: LiveServer, url: str, secret: str) -> tuple[Got, ...]:
    """What the desk gets with this secret."""
    desk = HttpPlatformData(url, secret, server.application.clock, secrets.token_bytes)
    wanted = (Wanted("alice", "name"), Wanted("alice", "email"), Wanted("alice", "deposits", Window(0, 9)))
    try:
        return await desk.fetch((*wanted, Wanted("bob", "name")), request="CS-1", purpose="disclosure")
    finally:
        await desk.close()
