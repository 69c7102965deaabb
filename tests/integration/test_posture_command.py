# SPDX-License-Identifier: Apache-2.0
"""`counterseal posture` as an operator starts it, on the database of a running server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from typing import Any

from tests.support.replay_command import ROOT
from tests.support.server import Live, served

WIDTH = 100


async def run(live: Live, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with the settings of this server."""
    settings = live.application.settings
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    ours = {
        "COUNTERSEAL_DATABASE": str(settings.database),
        "COUNTERSEAL_MASTER_KEY_FILE": str(settings.master_key_file),
        "COUNTERSEAL_POLICY": settings.policy,
        "COUNTERSEAL_CLOCK": "simulated",
        "COUNTERSEAL_SIMULATED_START_MS": str(settings.simulated_start_ms),
    }
    return await asyncio.to_thread(
        subprocess.run,
        [ROOT / ".venv" / "bin" / "counterseal", "posture", *arguments],
        cwd=settings.database.parent,
        env=kept | ours,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


async def answer(live: Live, *arguments: str) -> Any:
    done = await run(live, "--json", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@served(policy="okx-2024")
async def test_the_command_says_what_the_api_says(live: Live) -> None:
    """The same account from the database: the same outcomes and sentences, in lines that fit."""
    owner = await live.owner()
    told = await live.get(f"/v1/accounts/{owner.account}/posture")
    found = await answer(live, owner.account)
    for part in ("nothing", "singles", "pairs", "tally", "advice", "best", "recoveries"):
        assert found["posture"][part] == told["posture"][part], part
    assert found["sentences"] == told["sentences"]
    shown = await run(live, owner.account)
    assert shown.returncode == 0, shown.stderr
    assert "If your phone number is taken over (SIM swap): money can leave" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= WIDTH


@served(policy="okx-2024")
async def test_the_fleet_of_a_database(live: Live) -> None:
    """Two owners of one shape and one of another."""
    for factors in (("sms", "email", "password"), ("sms", "email", "password"), ("email", "totp", "password")):
        await live.owner(factors=factors)
    found = await answer(live, "--fleet")
    assert (found["accounts"], found["shapes"]) == (3, 2)
    assert [group["accounts"] for group in found["groups"]] == [2, 1]
    assert sorted(found["groups"][1]["shape"]["enrolled"]) == ["email", "password", "totp"]
    sim = next(total for total in found["totals"] if total["capabilities"] == ["sim_swap"])
    assert sim["windows"] == [[0, 2]]
    assert "2 of 3 accounts: a SIM swap 0 h after the first notice" in found["sentences"]
    shown = await run(live, "--fleet")
    assert "3 accounts of 2 shapes" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= WIDTH


@served(policy="okx-2024")
async def test_what_cannot_be_answered_is_said(live: Live) -> None:
    """One sentence each, exit code 2."""
    for arguments, words in (
        (("nobody",), "no such account"),
        ((), "name one account"),
        (("u-1", "--fleet"), "name one account"),
        (("u-1", "--window", "soon"), "is not a time"),
    ):
        done = await run(live, *arguments)
        assert done.returncode == 2, done.stdout + done.stderr
        assert words in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
