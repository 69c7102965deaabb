# SPDX-License-Identifier: Apache-2.0
"""`counterseal keys` as an operator types it: a token made, a store moved into it, keys listed and rotated."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from counterseal.cli import register
from counterseal.core.errors import CountersealError
from tests.support.hsm import PIN, SoftToken, unload
from tests.support.server import serving

SETTINGS = """
database = "{folder}/counterseal.db"
master_key_file = "{folder}/master.key"
root_key_file = "{folder}/root.key"
outbox_folder = "{folder}/outbox"
"""
TOKEN = """
[kms.pkcs11]
module = "{module}"
token = "{token}"
pin_file = "{folder}/pin"
"""
OTHER = """
[other_master_key]
file = "{folder}/master.key"
"""


class Operator:
    """Types commands in a folder; in this process, which saves the start of a program for each."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.app = typer.Typer()
        register(self.app)
        patch.chdir(folder)
        for name in list(os.environ):
            if name.startswith("COUNTERSEAL_"):
                patch.delenv(name)

    def settings(self, *parts: str, **given: str) -> None:
        text = "".join(part.format(folder=self.folder, **given) for part in parts)
        (self.folder / "counterseal.toml").write_text(text)

    def run(self, *words: str) -> tuple[str, str]:
        """What it says on both outputs."""
        done = CliRunner().invoke(self.app, words)
        if done.exception is not None:
            raise done.exception
        return done.stdout, done.stderr

    def refused(self, *words: str) -> str:
        """The sentence of its error."""
        with pytest.raises(CountersealError) as error:
            self.run(*words)
        return error.value.diagnostics()

    def listed(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.run("keys", "list", "--json")[0])["keys"]
        return found


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """In the folder of a store that a server has made."""
    made = Operator(tmp_path, monkeypatch)

    async def start() -> None:
        async with serving(tmp_path, clock_kind="real"):
            pass

    asyncio.run(start())
    return made


def test_list_rotate_and_a_new_master_key(operator: Operator, tmp_path: Path) -> None:
    """On a store that no server holds."""
    operator.settings(SETTINGS)
    before = operator.listed()
    assert {each["purpose"] for each in before} >= {"seal", "log", "page", "owner-link", "code", "passkey"}
    assert {each["state"] for each in before} == {"current"}
    assert len({each["master"] for each in before}) == 1
    operator.run("keys", "rotate", "seal")
    assert [each["state"] for each in operator.listed() if each["purpose"] == "seal"] == ["current", "next"]
    assert "under way" in operator.refused("keys", "rotate", "seal")
    operator.run("keys", "rotate", "seal", "--compromised")
    states = [each["state"] for each in operator.listed() if each["purpose"] == "seal"]
    assert states[-1] == "current"
    (tmp_path / "root.key").rename(tmp_path / "root.off")
    assert "root key is not here" in operator.refused("keys", "rotate", "log")
    operator.run("keys", "make-master", str(tmp_path / "new.key"))
    operator.settings(SETTINGS.replace("/master.key", "/new.key"), OTHER)
    done = json.loads(operator.run("keys", "rewrap", "--json")[0])
    assert done["renewed"] == done["rows"] > 0
    operator.settings(SETTINGS.replace("/master.key", "/new.key"))
    after = operator.listed()
    assert {each["master"] for each in after if each["master"]}.isdisjoint({each["master"] for each in before})
    operator.settings(SETTINGS)
    assert "does not open" in operator.refused("keys", "list")


@pytest.mark.needs("softhsm")
def test_a_store_moves_into_a_token(operator: Operator, tmp_path: Path) -> None:
    """`init-hsm` and `rewrap`; the PIN is in no output."""
    token = SoftToken(tmp_path / "hsm")
    site = token.make_token("counterseal")
    pin = tmp_path / "pin"
    pin.write_text(PIN + "\n")
    operator.settings(SETTINGS, TOKEN, OTHER, module=site.module, token=site.token)
    assert "others may open the PIN file" in operator.refused("keys", "init-hsm")
    pin.chmod(0o600)
    made = operator.run("keys", "init-hsm")
    assert "has a key" in operator.refused("keys", "init-hsm")
    moved = operator.run("keys", "rewrap")
    operator.settings(SETTINGS, TOKEN, module=site.module, token=site.token)
    (tmp_path / "master.key").rename(tmp_path / "master.old")
    listed = operator.listed()
    [master] = {each["master"] for each in listed}
    assert master in made[1]
    pin.write_text("0000-wrong\n")
    unload()  # what is logged in already needs no PIN
    wrong = operator.refused("keys", "list")
    assert "does not take the PIN" in wrong
    for shown in (*made, *moved, wrong):
        assert PIN not in shown
        assert "0000-wrong" not in shown
