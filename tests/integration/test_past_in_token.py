# SPDX-License-Identifier: Apache-2.0
"""`replay` and `posture` read a store whose master key lies in a PKCS#11 token, also while it moves there."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from counterseal.gateways.packs import load_pack
from counterseal.settings import Settings
from counterseal.settings_keys import KmsSettings, OtherMasterKeySettings, Pkcs11Settings
from counterseal.wiring import replaying
from counterseal.wiring.fleet import state_of_store
from counterseal.wiring.past import Place, open_past
from counterseal.wiring.rewrapping import rewrap_store
from tests.support.history_seed import seed_history, settings_in
from tests.support.hsm import PIN, SoftToken

pytestmark = [pytest.mark.needs("softhsm"), pytest.mark.timeout(300)]
ACCOUNTS = 10
OKX = ("--policy", "okx-2024")


class Vaulted:
    """A store with a past, and the token that its keys are under."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        seed_history(folder, accounts=ACCOUNTS, days=1)
        self.file = settings_in(folder)
        self.token = SoftToken(folder / "hsm")
        self.site = self.token.make("counterseal", "master")
        pin = folder / "pin"
        pin.write_text(PIN + "\n")
        pin.chmod(0o600)
        place = Pkcs11Settings(module=Path(self.site.module), token="counterseal", label="master", pin_file=pin)
        self.kms = KmsSettings(pkcs11=place)
        old = OtherMasterKeySettings(file=self.file.master_key_file)
        self.between = self.file.model_copy(update={"kms": self.kms, "other_master_key": old})
        self.moved = self.file.model_copy(update={"kms": self.kms})

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A program of its own with the settings of `moved`."""
        token = self.kms.pkcs11
        lines = [
            f'database = "{self.file.database}"',
            f'master_key_file = "{self.folder / "nowhere.key"}"',
            'policy = "okx-2024"\nclock = "simulated"',
            f'[kms.pkcs11]\nmodule = "{token.module}"\ntoken = "counterseal"\nlabel = "master"',
            f'pin_file = "{token.pin_file}"',
        ]
        (self.folder / "counterseal.toml").write_text("\n".join(lines))
        program = Path(__file__).parents[2] / ".venv" / "bin" / "counterseal"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        return subprocess.run(
            [str(program), *words], cwd=self.folder, env=kept, capture_output=True, text=True, check=False
        )

    def answer(self, *words: str) -> Any:
        """The JSON that it prints."""
        done = self.command(*words, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


def test_a_record_under_a_token_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same report from the file's key, from both while the keys move, and from the token, on several processes
    too; the commands answer, and say what is wrong where the token does not open."""
    vaulted, policy = Vaulted(tmp_path), load_pack("hardened")
    expected = replaying.replay_store(vaulted.file, policy)
    account = next(iter(names(vaulted.file)))
    state = state_of_store(vaulted.file, account)
    assert replaying.replay_store(vaulted.between, policy) == expected
    asyncio.run(rewrap_store(vaulted.between, lambda *_: None))
    vaulted.file.master_key_file.rename(tmp_path / "old.key")

    assert replaying.replay_store(vaulted.moved, policy) == expected
    assert state_of_store(vaulted.moved, account) == state
    monkeypatch.setattr(replaying, "WORTH_IT", 1)
    monkeypatch.setattr(replaying, "CHUNK", 30)
    assert replaying.replay_store(vaulted.moved, policy, workers=2) == expected

    found = vaulted.answer("replay", *OKX)
    assert found["inputs"] == found["identical"] == expected.inputs > 0
    assert vaulted.answer("posture", "--fleet")["accounts"] == ACCOUNTS
    assert vaulted.answer("posture", account)["account"] == account
    vaulted.token.take_out()
    away = vaulted.command("replay", *OKX)
    assert (away.returncode, away.stdout, "Traceback" in away.stderr) == (2, "", False)
    assert "token" in away.stderr
    assert PIN not in away.stderr


def names(settings: Settings) -> list[str]:
    """The accounts of the store."""
    with open_past(Place(settings)) as reader:
        return [name for name, _ in reader.states()]
