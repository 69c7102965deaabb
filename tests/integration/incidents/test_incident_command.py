# SPDX-License-Identifier: Apache-2.0
"""`counterseal incident` as an officer types it, against a server that listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.incidents.test_loss_command import Program
from tests.support.live_server import live_server
from tests.support.server import serving

WIDE = 100


@pytest.fixture
def command(program: Path, tmp_path: Path) -> Iterator[Program]:
    """The command beside a server with two accounts, of which one lost something."""
    folder = tmp_path / "server"

    async def seed() -> None:
        async with serving(folder) as live:
            first, second = [await live.owner() for _ in range(2)]
            await first.redeem(await first.sealed())
            await second.sealed()

    folder.mkdir()
    asyncio.run(seed())
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with live_server(folder) as server:
        yield Program(program, elsewhere, server)


def test_from_an_empty_list_to_everyone_who_was_reachable(command: Program) -> None:
    assert "No incident is open" in command.run("incident", "list").stdout
    words = ("incident", "open", "account_takeover", "One account drained", "--account", "u-1", "--begun", "0")
    made = json.loads(command.run(*words, "--source", "call 17", "--json").stdout)
    case = made["incident"]
    assert "was open already" in command.run(*words, "--source", "call 17").stdout
    command.run("incident", "note", case, "The owner called at nine.")
    shown = command.run("incident", "show", case)
    assert "One account drained" in shown.stdout
    assert "The owner called at nine." in shown.stdout
    for _ in range(50):
        sets = ("--set", "email_takeover,pw_leak,session_theft,sim_swap,totp_seed")
        found = json.loads(command.run("incident", "impact", case, *sets, "--json").stdout)
        if not found["partial"]:
            break
    assert {each["account"]: each["state"] for each in found["verdicts"]} == {"u-1": "hit", "u-2": "exposed"}
    table = command.run("incident", "impact", case)
    assert "destination" in table.stdout
    assert max(map(len, table.stdout.splitlines())) <= WIDE
    members = json.loads(command.run("incident", "members", case, "--json").stdout)["items"]
    assert [each["account"] for each in members] == ["u-1", "u-2"]
    assert "u-2" not in command.run("incident", "members", case, "--state", "hit").stdout
    timeline = command.run("incident", "timeline", case)
    assert "u-1" in timeline.stdout
    assert "u-2" not in timeline.stdout
    assert max(map(len, timeline.stdout.splitlines())) <= WIDE
    assert len(json.loads(command.run("incident", "list", "--json").stdout)["items"]) == 1


def test_what_is_not_there_is_said_in_a_sentence(command: Program) -> None:
    for words in (("show", "inc_9"), ("members", "inc_9"), ("timeline", "inc_9"), ("impact", "inc_9")):
        done = command.run("incident", *words)
        assert done.returncode == 2
        assert "there is no such incident" in done.stderr
    refused = command.run("incident", "open", "fire", "x")
    assert refused.returncode == 2
