# SPDX-License-Identifier: Apache-2.0
"""`counterseal replay` on databases that real servers wrote: the June 2024 attack, an honest day, and bad luck."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from counterseal.demo.attacks import load_attacks
from counterseal.demo.runner import play_case
from counterseal.demo.server import prepare, running_server
from counterseal.gateways.keyring import create_master_key_file, master_key_from_file
from counterseal.gateways.packs import load_pack
from counterseal.sdk import Counterseal
from counterseal.store.backup import backup, restore
from counterseal.wiring import replaying
from tests.support.exchange import HOUR, WITHDRAWAL, World, counterseal_server, play, ready
from tests.support.history_seed import seed_history
from tests.support.history_seed import settings_in as seeded_settings
from tests.support.server import DAY, Live, serving, settings_in

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("replay")]
ROOT = Path(__file__).resolve().parents[2]
ATTACK = "i22-first-user"


def run(folder: Path, *arguments: str, policy: str = "hardened") -> subprocess.CompletedProcess[str]:
    """The command on the store in `folder`, whose server has this policy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    ours = {
        "COUNTERSEAL_DATABASE": str(folder / "counterseal.db"),
        "COUNTERSEAL_MASTER_KEY_FILE": str(folder / "master.key"),
        "COUNTERSEAL_POLICY": policy,
    }
    program = ROOT / ".venv" / "bin" / "counterseal"
    return subprocess.run(
        [program, "replay", *arguments],
        cwd=folder,
        env=kept | ours,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(folder: Path, *arguments: str, policy: str = "hardened") -> dict[str, Any]:
    done = run(folder, "--json", *arguments, policy=policy)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def fails(folder: Path, *arguments: str) -> str:
    """What it says when it cannot: one sentence, exit code 2, no traceback."""
    done = run(folder, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


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


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The past of ten accounts under the rules of 2024."""
    folder = tmp_path_factory.mktemp("small")
    seed_history(folder, accounts=10, days=1)
    return folder


class TestWhatCannotBeRead:
    @pytest.fixture
    def copy(self, store: Path, tmp_path: Path) -> Path:
        for name in ("counterseal.db", "master.key"):
            (tmp_path / name).write_bytes((store / name).read_bytes())
        (tmp_path / "master.key").chmod(0o600)
        return tmp_path

    def change(self, folder: Path, statement: str, *values: Any) -> None:
        connection = sqlite3.connect(folder / "counterseal.db")
        with connection:
            connection.execute(statement, values)
        connection.close()

    def test_workers_find_the_same(self, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        settings, policy = seeded_settings(store), load_pack("hardened")
        alone = replaying.replay_store(settings, policy)
        monkeypatch.setattr(replaying, "WORTH_IT", 1)
        monkeypatch.setattr(replaying, "CHUNK", 30)
        seen: list[tuple[int, int]] = []
        together = replaying.replay_store(
            settings, policy, workers=2, progress=lambda done, total: seen.append((done, total))
        )
        assert together == alone
        assert len(seen) > 2
        assert seen[-1][0] == seen[-1][1] == alone.inputs

    def test_since_leaves_out_what_was_before(self, store: Path) -> None:
        whole = answer(store, "--policy", "okx-2024", policy="okx-2024")
        part = answer(store, "--policy", "okx-2024", "--since", "2024-06-09T20:00:00Z", policy="okx-2024")
        assert 0 < part["inputs"] == part["identical"] < whole["inputs"] == whole["identical"]

    def test_a_payload_that_was_changed(self, copy: Path) -> None:
        self.change(copy, "UPDATE entry SET payload = zeroblob(64) WHERE position = 20")
        assert "entry 20 of the log cannot be read" in fails(copy, "--policy", "hardened")

    def test_a_leaf_that_was_changed(self, copy: Path) -> None:
        self.change(copy, "UPDATE entry SET leaf = CAST('{}' AS BLOB) WHERE position = 7")
        assert "entry 7 of the log cannot be read" in fails(copy, "--policy", "hardened")

    def test_an_entry_that_was_moved(self, copy: Path) -> None:
        self.change(
            copy, "UPDATE entry SET payload = (SELECT payload FROM entry WHERE position = 31) WHERE position = 30"
        )
        assert "entry 30 of the log cannot be read" in fails(copy, "--policy", "hardened")

    def test_a_beginning_that_is_missing(self, copy: Path) -> None:
        self.change(copy, "DELETE FROM entry WHERE position = 0")
        assert "no registration" in fails(copy, "--policy", "hardened")

    def test_another_master_key(self, copy: Path) -> None:
        (copy / "master.key").unlink()
        create_master_key_file(copy / "master.key")
        assert "master key does not open" in fails(copy, "--policy", "hardened")

    def test_no_master_key_and_none_is_made(self, copy: Path) -> None:
        (copy / "master.key").unlink()
        assert "master key" in fails(copy, "--policy", "hardened")
        assert not (copy / "master.key").exists()

    def test_no_database_and_none_is_made(self, tmp_path: Path) -> None:
        assert "there is no database" in fails(tmp_path, "--policy", "hardened")
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_no_database(self, copy: Path) -> None:
        (copy / "counterseal.db").write_bytes(b"not a database" * 1000)
        assert "cannot be read" in fails(copy, "--policy", "hardened")

    def test_a_database_of_something_else(self, copy: Path) -> None:
        (copy / "counterseal.db").unlink()
        self.change(copy, "CREATE TABLE other (x)")
        assert "cannot be read" in fails(copy, "--policy", "hardened")

    def test_a_newer_schema(self, copy: Path) -> None:
        self.change(copy, "UPDATE alembic_version SET version_num = '9999'")
        assert "9999" in fails(copy, "--policy", "hardened")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--policy", "no-such-pack"), "no pack"),
            (("--policy", "hardened", "--since", "yesterday"), "not a date"),
            (("--policy", "hardened", "--account", "nobody"), "no account"),
            (("--policy", "hardened", "--incidents", "missing.yaml"), "cannot be read"),
            (("--policy", "hardened", "--workers", "0"), "--workers"),
            ((), "--policy"),
        ],
    )
    def test_arguments_that_are_wrong(self, store: Path, arguments: tuple[str, ...], said: str) -> None:
        assert said in fails(store, *arguments)

    @pytest.mark.parametrize(
        "text",
        [
            "[{name: a}]",
            "[{name: a, account: b, colour: red}]",
            "{name: a}",
            "[{account: b}]",
            "[{name: [1], account: b}]",
        ],
    )
    def test_incidents_that_are_wrong(self, store: Path, tmp_path: Path, text: str) -> None:
        (tmp_path / "i.yaml").write_text(text)
        assert "incident" in fails(store, "--policy", "hardened", "--incidents", str(tmp_path / "i.yaml"))
