# SPDX-License-Identifier: Apache-2.0
"""`counterseal keys` as an operator types it: a token made, a store moved into it, keys listed and rotated."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.hsm import PIN, SoftToken
from tests.support.server_process import PROGRAM, ServerProcess

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
    """Types commands in a folder."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder, self.variables = folder, variables

    def settings(self, *parts: str, **given: str) -> None:
        text = "".join(part.format(folder=self.folder, **given) for part in parts)
        (self.folder / "counterseal.toml").write_text(text)

    def run(self, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        mine = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        done = subprocess.run(
            [PROGRAM, *words],
            cwd=self.folder,
            env=mine | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def listed(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.run("keys", "list", "--json").stdout)["keys"]
        return found


def started(folder: Path) -> None:
    """A store that a server has made."""
    given = {"database": folder / "counterseal.db", "outbox_folder": folder / "outbox"}
    keys = {"master_key_file": folder / "master.key", "root_key_file": folder / "root.key"}
    server = ServerProcess(folder, given | keys)
    server.start()
    server.stop()


def test_list_rotate_and_a_new_master_key(tmp_path: Path) -> None:
    """On a store that no server holds."""
    started(tmp_path)
    operator = Operator(tmp_path)
    operator.settings(SETTINGS)
    before = operator.listed()
    assert {each["purpose"] for each in before} >= {"seal", "log", "page", "owner-link", "code", "passkey"}
    assert {each["state"] for each in before} == {"current"}
    assert len({each["master"] for each in before}) == 1
    operator.run("keys", "rotate", "seal")
    assert [each["state"] for each in operator.listed() if each["purpose"] == "seal"] == ["current", "next"]
    refused = operator.run("keys", "rotate", "seal", status=2)
    assert "under way" in refused.stderr
    operator.run("keys", "rotate", "seal", "--compromised")
    states = [each["state"] for each in operator.listed() if each["purpose"] == "seal"]
    assert states[-1] == "current"
    (tmp_path / "root.key").rename(tmp_path / "root.off")
    assert "root key is not here" in operator.run("keys", "rotate", "log", status=2).stderr
    operator.run("keys", "make-master", str(tmp_path / "new.key"))
    operator.settings(SETTINGS.replace("/master.key", "/new.key"), OTHER)
    done = json.loads(operator.run("keys", "rewrap", "--json").stdout)
    assert done["renewed"] == done["rows"] > 0
    operator.settings(SETTINGS.replace("/master.key", "/new.key"))
    after = operator.listed()
    assert {each["master"] for each in after if each["master"]}.isdisjoint({each["master"] for each in before})
    operator.settings(SETTINGS)
    assert "does not open" in operator.run("keys", "list", status=2).stderr


@pytest.mark.needs("softhsm")
def test_a_store_moves_into_a_token(tmp_path: Path) -> None:
    """`init-hsm`, `rewrap`, and a server that starts on it; the PIN is in no output."""
    started(tmp_path)
    token = SoftToken(tmp_path / "hsm")
    site = token.make_token("counterseal")
    pin = tmp_path / "pin"
    pin.write_text(PIN + "\n")
    operator = Operator(tmp_path, **token.variables)
    operator.settings(SETTINGS, TOKEN, OTHER, module=site.module, token=site.token)
    assert "others may open the PIN file" in operator.run("keys", "init-hsm", status=2).stderr
    pin.chmod(0o600)
    made = operator.run("keys", "init-hsm")
    assert "has a key" in operator.run("keys", "init-hsm", status=2).stderr
    moved = operator.run("keys", "rewrap")
    operator.settings(SETTINGS, TOKEN, module=site.module, token=site.token)
    (tmp_path / "master.key").rename(tmp_path / "master.old")
    listed = operator.listed()
    [master] = {each["master"] for each in listed}
    assert master in made.stderr
    pin.write_text("0000-wrong\n")
    wrong = operator.run("keys", "list", status=2)
    assert "does not take the PIN" in wrong.stderr
    for shown in (made, moved, wrong):
        assert PIN not in shown.stdout + shown.stderr
        assert "0000-wrong" not in shown.stdout + shown.stderr
