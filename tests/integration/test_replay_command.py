# SPDX-License-Identifier: Apache-2.0
"""`counterseal replay` on databases that real servers wrote: the June 2024 attack, an honest day, and bad luck."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from counterseal.demo.attacks import load_attacks
from counterseal.demo.runner import play_case
from counterseal.demo.server import prepare, running_server
from counterseal.gateways.keyring import master_key_from_file
from counterseal.sdk import Counterseal
from counterseal.store.backup import backup, restore
from tests.support.exchange import HOUR, WITHDRAWAL, World, counterseal_server, play, ready
from tests.support.replay_command import ROOT, answer, run
from tests.support.server import DAY, Live, serving, settings_in

pytestmark = pytest.mark.timeout(300)
ATTACK = "i22-first-user"


@pytest.fixture(scope="module")
def robbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The store of a server under the rules of 2024 on which the attack of 9 June was played; it still runs."""
    folder = tmp_path_factory.mktemp("robbed")
    attack = next(each for each in load_attacks() if each.id == ATTACK)
    start = attack.begins - HOUR
    prepared = prepare(folder, start)
    server = running_server(prepared, folder / "server", policy="okx-2024", start=start)
    with server as url, Counterseal(url, prepared.token) as client:
        assert play_case(client, attack).outcome == "drained"
        yield folder / "server"


class TestTheAttackOfJune2024:
    def test_under_its_own_policy_everything_is_the_same(self, robbed: Path) -> None:
        found = answer(robbed, "--policy", "okx-2024", policy="okx-2024")
        assert found["inputs"] == found["identical"] > 20
        assert found["changed"] == []

    def test_hardened_rules_stop_it_at_a_step_that_is_named(self, robbed: Path, tmp_path: Path) -> None:
        stated = [{"name": "9 June", "account": victim(), "from": "2024-06-01"}]
        (tmp_path / "incidents.json").write_text(json.dumps(stated))
        found = answer(robbed, "--policy", "hardened", "--incidents", str(tmp_path / "incidents.json"))
        (incident,) = [one for one in found["incidents"] if one["name"] == "9 June"]
        assert incident["verdict"] == "stopped"
        assert incident["left"]
        assert "still" not in incident
        assert incident["step"]["now"] in ("challenged", "held", "denied")
        assert incident["step"]["rule"] in ("forgot_password", "login", "login_new_device")
        assert incident["step"]["line"] > 0
        assert found["honest"] == 0

    def test_it_is_told_in_sentences_and_tables_of_100_columns(self, robbed: Path, tmp_path: Path) -> None:
        (tmp_path / "incidents.yaml").write_text(f"- {{name: the night, account: {victim()}}}\n")
        done = run(robbed, "--policy", "hardened", "--incidents", str(tmp_path / "incidents.yaml"))
        assert done.returncode == 0, done.stderr
        assert max(map(len, done.stdout.splitlines())) <= 100
        assert "the night" in done.stdout
        assert "stopped" in done.stdout

    def test_the_database_is_as_before_and_the_server_goes_on(self, robbed: Path) -> None:
        def content() -> list[Any]:
            with sqlite3.connect(f"file:{robbed}/counterseal.db?mode=ro", uri=True) as connection:
                return connection.execute("SELECT count(*), max(position) FROM entry").fetchall() + (
                    connection.execute("SELECT * FROM meta").fetchall()
                )

        before, file = content(), (robbed / "counterseal.db").read_bytes()
        answer(robbed, "--policy", "hardened")
        assert content() == before
        assert (robbed / "counterseal.db").read_bytes() == file


def victim() -> str:
    attack = next(each for each in load_attacks() if each.id == ATTACK)
    assert attack.victim is not None
    return attack.victim.account


def test_an_honest_day_under_stricter_rules_is_held_and_challenged(tmp_path: Path) -> None:
    """The example exchange under `hardened`; then a longer delay, and a passkey for addresses."""
    home, guard = tmp_path / "home", tmp_path / "guard"
    home.mkdir()
    guard.mkdir()

    async def day(stage: World) -> None:
        ann = await ready(stage, "ann", USDT="10000")
        withdrawal = await ann.order("/withdrawals", WITHDRAWAL)
        await stage.simulation.wait(25 * HOUR)
        await stage.guarded.collect_all()
        assert (await ann.look(withdrawal["order"]))["state"] == "paid"
        await stage.simulation.wait(30 * HOUR)

    with counterseal_server(guard, ROOT / ".venv" / "bin" / "counterseal") as server:
        play(server, home, day)
    same = answer(guard, "--policy", "hardened")
    assert same["inputs"] == same["identical"] > 10
    text = (ROOT / "policies" / "hardened.yaml").read_text()
    longer = text.replace("    delay: 24h\n", "    delay: 48h\n")
    passkey = text.replace(
        "  add_address:\n    verb: bind\n    require: session and step",
        "  add_address:\n    verb: bind\n    require: session and step and passkey",
    )
    assert text not in (longer, passkey)
    (tmp_path / "longer.yaml").write_text(longer)
    (tmp_path / "passkey.yaml").write_text(passkey)
    rows = {row["action"]: row for row in answer(guard, "--policy", str(tmp_path / "longer.yaml"))["actions"]}
    assert (rows["withdraw"]["held"], rows["withdraw"]["share_held"]) == (1, 1.0)
    assert abs(rows["withdraw"]["median_hold"] - DAY) < 2 * HOUR
    assert rows["add_address"]["same"] == rows["add_address"]["asked"]
    found = answer(guard, "--policy", str(tmp_path / "passkey.yaml"))
    rows = {row["action"]: row for row in found["actions"]}
    assert rows["add_address"]["denied"] == rows["add_address"]["asked"]  # nobody has a passkey
    assert rows["withdraw"]["not_determined"] == rows["withdraw"]["asked"]


async def _owner(live: Live) -> str:
    person = await live.owner()
    paid = await person.sealed("10")
    await person.redeem(paid)
    return person.account


def test_erased_accounts_are_counted_and_left_out(tmp_path: Path) -> None:
    async def scene() -> tuple[str, str]:
        async with serving(tmp_path) as live:
            gone, kept = await _owner(live), await _owner(live)
            await live.officers(f"/v1/accounts/{gone}/erase")
            return gone, kept

    gone, kept = asyncio.run(scene())
    found = answer(tmp_path, "--policy", "hardened")
    assert (found["accounts"], found["erased"]) == (1, 1)
    assert answer(tmp_path, "--policy", "hardened", "--account", kept)["inputs"] == found["inputs"]
    assert answer(tmp_path, "--policy", "hardened", "--account", gone)["erased"] == 1


def test_after_a_restore_the_record_goes_on_in_the_new_epoch(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def scene(name: str | None = None) -> str:
        async with serving(tmp_path) as live:
            return await _owner(live) if name is None else str(await live.get(f"/v1/accounts/{name}"))

    account = asyncio.run(scene())
    backup(settings.database, tmp_path / "copy.db")
    settings.database.unlink()
    restore(tmp_path / "copy.db", settings.database, master_key_from_file(settings.master_key_file), now=0)
    asyncio.run(later(tmp_path, account))
    found = answer(tmp_path, "--policy", "hardened")
    assert found["inputs"] == found["identical"]
    assert found["actions"][0]["asked"] == 2


async def later(folder: Path, account: str) -> None:
    """One more withdrawal is asked for, after the restore."""
    async with serving(folder) as live:
        objects = {"session": "s1", "device": "d1"}
        pay = {
            "asset": "USD",
            "amount": "5",
            "chain": "eth",
            "destination": "0x" + "ab" * 20,
            "audience": "hot-wallet",
        }
        await live.post(
            f"/v1/accounts/{account}/actions", {"action": "withdraw_small", "objects": objects, "payment": pay}
        )
