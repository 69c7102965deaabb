# SPDX-License-Identifier: Apache-2.0
"""`counterseal replay` reads what can be read, on any number of processes, and says clearly what cannot."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from counterseal.gateways.keyring import create_master_key_file
from counterseal.gateways.packs import load_pack
from counterseal.wiring import replaying
from tests.support.history_seed import seed_history
from tests.support.history_seed import settings_in as seeded_settings
from tests.support.replay_command import answer, fails

pytestmark = pytest.mark.timeout(300)


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
