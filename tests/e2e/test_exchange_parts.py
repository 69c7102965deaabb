# SPDX-License-Identifier: Apache-2.0
"""The example exchange: its demonstration, what its logs and files hold, and what its auth service attests."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterseal.sdk import AsyncCounterseal
from examples.exchange.errors import RequestError, SignInError, TooManyError
from tests.support.exchange import HOUR, PASSWORD, ROOT, WITHDRAWAL, Server, World, counterseal_server, play, ready

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("exchange")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    program = ROOT / ".venv" / "bin" / "counterseal"
    with counterseal_server(tmp_path_factory.mktemp("guard"), program) as running:
        yield running


def test_the_demonstration_ends_as_it_should(server: Server, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(server.admin_token)
    arguments = ["--counterseal", server.url, "--admin-token-file", str(tmp_path / "token"), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "examples.exchange", "demo", *arguments], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["well"]
    assert told["balanced"]
    assert [step["what"] for step in told["steps"] if not step["fits"]] == []
    assert [item["reference"] for item in told["uncovered"]] == ["paid-by-hand"]
    assert server.admin_token.encode() not in done.stdout + done.stderr


def test_secrets_stay_out_of_the_logs(server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(stage: World) -> None:
        lou = await ready(stage, "lou", USDT="1000")
        asked = await lou.order("/withdrawals", WITHDRAWAL, prove=False)
        wrong = await lou.call("POST", f"/orders/{asked['order']}/proofs", {"factor": "totp", "answer": "918273"})
        assert wrong.status_code == 422
        await lou.prove(asked)
        await stage.simulation.wait(25 * HOUR)
        assert (await lou.look(asked["order"]))["state"] == "paid"
        logged = caplog.text + "".join(record.getMessage() for record in caplog.records)
        for secret in ("918273", lou.token, lou.password, lou.seed, lou.device.partition(".")[2], "eyJ"):
            assert secret not in logged
        assert "cs_" not in logged
        stored = (stage.home / "web" / "web.db").read_bytes() + (stage.home / "auth" / "auth.db").read_bytes()
        for secret in (lou.token, lou.password, lou.seed, lou.device.partition(".")[2]):
            assert secret.encode() not in stored

    caplog.set_level(logging.DEBUG)
    play(server, tmp_path, scene)


def test_the_auth_service_attests_only_what_it_saw(server: Server, tmp_path: Path) -> None:
    async def scene(stage: World) -> None:
        mia = await stage.customer("mia")
        ned = await stage.customer("ned")
        await ned.sign_in()
        for password in ("wrong", "", PASSWORD.upper()):
            with pytest.raises(SignInError, match="name or password"):
                await stage.auth.call("POST", "/sessions", {"account": "mia", "password": password})
        with pytest.raises(SignInError, match="name or password"):
            await stage.auth.call("POST", "/sessions", {"account": "nobody", "password": PASSWORD})

        # A log-in that is not finished opens nothing, and its password counts for its own log-in alone.
        begun = await stage.auth.call("POST", "/sessions", {"account": "mia", "password": PASSWORD})
        mia.token = begun["secret"]
        assert (await mia.call("GET", "/balances")).json()["code"] == "session_not_granted"
        async with AsyncCounterseal(server.url, stage.configs["web"].token) as web:
            other = await web.ask("mia", "change_password", objects={"session": begun["session"]["id"]})
            foreign = await web.ask("ned", "login_new_device", objects={"session": "s-x", "device": "d-x"})
        for action in (other.id, foreign.id):
            with pytest.raises(SignInError, match="typed again"):
                await stage.auth.call("POST", "/attestations", {"secret": mia.token, "action": action})

        # The name is taken, whoever asks again: no second seed is shown.
        body = {
            "account": "mia",
            "password": "another password",
            "email": "mia@example.test",
            "phone": "+85251234567",
        }
        for password in ("another password", PASSWORD):
            with pytest.raises(RequestError, match="taken"):
                await stage.auth.call("POST", "/customers", body | {"password": password})

        # Guessing on a new device does not lock the device that the owner has.
        for _ in range(10):
            with pytest.raises((SignInError, TooManyError)):
                await stage.auth.call("POST", "/sessions", {"account": "ned", "password": "guess"})
        with pytest.raises(TooManyError):
            await stage.auth.call("POST", "/sessions", {"account": "ned", "password": PASSWORD})
        assert (await ned.sign_in())["state"] == "done"

    play(server, tmp_path, scene)
