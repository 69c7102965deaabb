# SPDX-License-Identifier: Apache-2.0
"""`counterseal loss` and `counterseal prices` against a server that listens, and the same calls through the SDK."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.sdk.problems import ApiError
from tests.support.live_server import LiveServer, live_server
from tests.support.loss_cases import hit, opened
from tests.support.server import HOUR, START, serving

PRICES = f"asset,currency,at,value,source\nETH,USD,{START},2000,kaiko\n"
ROWS = "account,at,kind,asset,amount,ref\nu-1,{at},withdrawal,ETH,2,w-1\nu-1,{at},fee,ETH,0.01,w-1\n"


class Program:
    """The command with a token, in a folder that holds no store."""

    def __init__(self, program: Path, folder: Path, server: LiveServer) -> None:
        self._program, self.folder, self.server = program, folder, server

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        return subprocess.run(
            [str(self._program), *arguments, "--url", self.server.url],
            cwd=self.folder,
            env=kept | {TOKEN_VARIABLE: self.server.token},
            capture_output=True,
            text=True,
            check=False,
        )

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, "utf-8")
        return name


@pytest.fixture
def command(program: Path, tmp_path: Path) -> Iterator[Program]:
    """The command beside a server with one case of one account."""
    folder = tmp_path / "server"

    async def seed() -> None:
        async with serving(folder) as live:
            await opened(live, hit(await live.owner()))

    folder.mkdir()
    asyncio.run(seed())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with live_server(folder) as server:
        yield Program(program, elsewhere, server)


def test_a_loss_from_two_files_a_statement_and_a_recovery(command: Program) -> None:
    """Dry runs keep nothing; mistakes stand by line and column; then the sum, and the account line by line."""
    wrong = command.run("prices", "import", command.file("p.csv", PRICES.replace("2000", "-1")))
    assert wrong.returncode == 2
    assert "line 2, column 4 (`value`)" in wrong.stderr
    dry = command.run("prices", "import", command.file("p.csv", PRICES), "--dry-run")
    assert (dry.returncode, dry.stderr.strip()) == (0, "1 prices would be new, 0 put right, 0 known.")
    assert command.run("prices", "import", "p.csv").stderr.startswith("1 prices were new")
    listed = command.run("prices", "history", "ETH", "USD", "--since", str(START), "--until", str(START))
    assert "kaiko" in listed.stdout
    rows = command.file("m.csv", ROWS.format(at=START + HOUR // 2))
    assert "2 of 2 rows would be new" in command.run("loss", "import", "inc_1", rows, "--dry-run").stderr
    assert "2 of 2 rows were new, of 1 accounts." in command.run("loss", "import", "inc_1", rows).stderr
    with command.server.client() as client:
        found = client.list_movements("inc_1", "u-1")
    taken = next(row for row in found if row.kind == "withdrawal")
    said = ("u-1", f"row:{taken.hash}", "--why", "the owner was asleep")
    assert command.run("loss", "state", "inc_1", *said).returncode == 0
    noted = command.run("loss", "recover", "inc_1", "ETH", "0.5", "--frozen", "--why", "held at another exchange")
    assert "rec_0001" in noted.stderr
    shown = command.run("loss", "show", "inc_1")
    assert "Missing: 4020 USD (time-of-loss, 1 accounts)" in shown.stdout
    assert "held 1000" in shown.stdout
    lines = command.run("loss", "show", "inc_1", "--account", "u-1")
    assert "asleep" in lines.stdout
    whole = json.loads(command.run("loss", "show", "inc_1", "--json").stdout)
    assert (whole["total"]["outstanding"], whole["complete"]) == ("3020", True)
    missing = command.run("loss", "show", "inc_2")
    assert (missing.returncode, "there is no such incident" in missing.stderr) == (2, True)


def test_the_sdk_reads_and_states_the_same(command: Program) -> None:
    with command.server.client() as client:
        assert client.import_price_history(PRICES.encode(), dry_run=True).kept is False
        assert client.import_price_history(PRICES.encode()).new == 1
        assert [each.value for each in client.read_price_history("ETH", "USD", START, START)] == ["2000"]
        rows = ROWS.format(at=START + 1).encode()
        assert client.import_movements("inc_1", rows, dry_run=True).new == 2
        assert client.import_movements("inc_1", rows).accounts == 1
        taken = next(row for row in client.list_movements("inc_1", "u-1") if row.kind == "withdrawal")
        client.state_loss("inc_1", "u-1", f"row:{taken.hash}", belongs=True, why="w")
        made = client.note_recovery(
            "inc_1", {"asset": "ETH", "amount": "1", "state": "recovered", "why": "back", "account": "u-1"}
        ).made
        assert [each.id for each in client.list_recoveries("inc_1") if each.stands] == [made]
        assert [each.belongs for each in client.list_loss_statements("inc_1")] == [True]
        assert client.read_loss("inc_1").total.net == "2020"
        assert [each.account for each in client.list_account_losses("inc_1").items] == ["u-1"]
        own = client.read_account_loss("inc_1", "u-1", pack="mica-75-8", paid_at=START + 2)
        assert [line.why for line in own.lines] == ["reference", "row"]
        with pytest.raises(ApiError):
            client.fetch_movements("inc_1", 0, START)
