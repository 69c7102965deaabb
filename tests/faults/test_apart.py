# SPDX-License-Identifier: Apache-2.0
"""Servers without workers and workers without HTTP on one PostgreSQL, killed under load: nothing is lost, nothing
happens twice, and the log is one log."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import typer
from typer.testing import CliRunner

from counterseal.audit.export import write_export
from counterseal.audit.service import LogService
from counterseal.audit.verify import verify_export
from counterseal.cli import serve, work
from counterseal.core.note import parse_verifier_key
from counterseal.gateways.outbox_folder import OutboxFolder
from counterseal.settings import SettingsError
from tests.replay.test_kill_server import PAYMENT, SEED, Load, code_now, headers, new_token, watch
from tests.support.postgres import new_database
from tests.support.server import serving
from tests.support.server_process import PROGRAM, START_SECONDS, ServerProcess

OPTIONS = {"policy": "okx-2024", "checkpoint_interval_ms": 200}
READY = "works off what servers leave"


class WorkProcess:
    """`counterseal work` on the settings of `folder`."""

    def __init__(self, folder: Path, settings: dict[str, object], name: str) -> None:
        self._log = folder / f"{name}.log"
        self._variables = {f"COUNTERSEAL_{key.upper()}": str(value) for key, value in settings.items()}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it works."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        with self._log.open("ab") as log:
            environment = mine | self._variables
            self._process = subprocess.Popen([PROGRAM, "work"], cwd=self._folder, env=environment, stderr=log)
        until = time.monotonic() + START_SECONDS
        while READY not in self._log.read_text():
            assert self._process.poll() is None, self._log.read_text()[-4000:]
            assert time.monotonic() < until, self._log.read_text()[-4000:]
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and wait; the exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=30)

    def stop(self) -> None:
        """Make sure that it is gone."""
        if self._process is not None and self._process.poll() is None:
            self.end()


async def one_client(load: Load, client: httpx2.AsyncClient, name: str) -> None:
    """Register, ask, have a code sent, prove with TOTP, redeem, report; again and again with other accounts."""
    secret = base64.b32encode(SEED.secret).decode().rstrip("=")
    number = 0
    while True:
        number, load.accounts = number + 1, load.accounts + 1
        account = f"{name}-{number}"
        session = {"kind": "session", "id": "s", "facts": ["session"]}
        factors = [
            {"factor": "totp", "secret": secret},
            {"factor": "email", "contact": f"{account}@example.test"},
        ]
        body = {"account": account, "factors": factors, "objects": [session]}
        await load.write(client, "/v1/accounts", body, status=201)
        ask = {"action": "p2p_release", "objects": {"session": "s"}, "payment": PAYMENT}
        one = await load.write(client, f"/v1/accounts/{account}/actions", ask)
        await load.write(client, f"/v1/actions/{one['id']}/challenges", {"factor": "email"})
        answer = {"factor": "totp", "answer": code_now()}
        paid = await load.write(client, f"/v1/actions/{one['id']}/proofs", answer)
        assert paid["status"] == "sealed", paid
        seal = f"/v1/seals/{paid['seal']['id']}"
        await load.write(client, f"{seal}/redeem")
        await load.write(client, f"{seal}/broadcast", {"txid": account})


async def under_load(load: Load, servers: list[ServerProcess], worker: WorkProcess) -> None:
    """Clients of both servers; one server and one worker are killed in the middle, the others go on."""
    async with (
        httpx2.AsyncClient(base_url=servers[0].url, timeout=30) as doomed,
        httpx2.AsyncClient(base_url=servers[1].url, timeout=30) as standing,
    ):
        cut = [asyncio.create_task(one_client(load, doomed, f"a{n}")) for n in range(3)]
        rest = [asyncio.create_task(one_client(load, standing, f"b{n}")) for n in range(3)]
        rest.append(asyncio.create_task(watch(load, standing)))
        await asyncio.sleep(1.0)
        assert await asyncio.to_thread(servers[0].end, signal.SIGKILL) == -signal.SIGKILL
        for found in await asyncio.gather(*cut, return_exceptions=True):
            assert isinstance(found, httpx2.TransportError), found
        assert await asyncio.to_thread(worker.end, signal.SIGKILL) == -signal.SIGKILL
        before = load.accounts
        until = time.monotonic() + 30
        while load.accounts < before + 6 and time.monotonic() < until:  # noqa: ASYNC110 - the load has no event
            await asyncio.sleep(0.1)
        assert load.accounts >= before + 6, "the other server goes on"
        for task in rest:
            task.cancel()
        for found in await asyncio.gather(*rest, return_exceptions=True):
            assert isinstance(found, asyncio.CancelledError), found


def eventually(found: Callable[[], bool], what: str) -> None:
    """Wait until it is so."""
    until = time.monotonic() + 60
    while not found():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def test_servers_and_workers_that_are_killed_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    url, outbox = new_database(), tmp_path / "outbox"
    load = Load(asyncio.run(new_token(tmp_path, database_url=url, **OPTIONS)))
    settings = OPTIONS | {
        "database": tmp_path / "counterseal.db",
        "database_url": url,
        "master_key_file": tmp_path / "master.key",
        "root_key_file": tmp_path / "root.key",
        "outbox_folder": outbox,
        "access_log": "off",
    }
    servers = [ServerProcess(tmp_path, settings | {"workers": False}) for _ in range(2)]
    workers = [WorkProcess(tmp_path, settings, name) for name in ("first", "second")]
    try:
        for process in (*servers, *workers):
            process.start()
        asyncio.run(under_load(load, servers, workers[0]))
        with psycopg.connect(url, autocommit=True) as connection:
            # As if two minutes had passed: what the killed worker had claimed is free again.
            connection.execute("UPDATE outbox SET not_before = 0 WHERE delivered IS NULL")
            eventually(lambda: not _waiting(connection), "the worker that is left delivers everything")
        sent = sum(one.path.endswith("/challenges") and one.reply is not None for one in load.sent)
        kept = OutboxFolder(outbox).latest(10_000)
        twice = Counter(one.message_id for one in kept)
        assert sent > 0
        assert len(twice) >= sent
        assert len(kept) <= len(twice) + 1, "at most the one message that the killed worker had in hand"
        assert workers[1].end(signal.SIGTERM) == 0
    finally:
        for process in (*servers, *workers):
            process.stop()
    asyncio.run(check(tmp_path, url, load))


def _waiting(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM outbox WHERE delivered IS NULL AND topic IN ('notice', 'code')")
    return int((row.fetchone() or (0,))[0])


async def check(folder: Path, url: str, load: Load) -> None:
    """Every acknowledged write says the same again; one redemption for each account; one log for all notes."""
    async with serving(folder, clock_kind="real", database_url=url, **OPTIONS) as live:
        for one in load.sent:
            response = await live.client.request(
                one.method, one.path, json=one.body, headers=headers(load.token, one.key)
            )
            if one.reply is None:
                assert response.status_code in {200, 201, 409, 422}, response.text
            else:
                assert response.text == one.reply, one.path
        names = [one.body["account"] for one in load.sent if one.path == "/v1/accounts"]
        for name in names:
            response = await live.client.get(
                f"/v1/accounts/{name}/timeline?limit=500", headers=headers(load.token, "-")
            )
            events = Counter(event for entry in response.json()["entries"] for event in entry["events"])
            assert events["Registered"] == 1
            assert events["Redeemed"] <= events["Sealed"] <= 1
            assert events["Reported"] <= 1
        key = (await live.get("/v1/log/key", token=None))["key"]
        log, store = live.app.state.services.areas[LogService], live.application.store
        stored = await store.log.checkpoints(0, 10_000)
        times = [one.checkpoint.time or 0 for one in stored]
        assert times == sorted(times), "two that sign never contradict each other in time"
        await log.sign_checkpoint(now=live.now, epoch=0)
        await write_export(folder / "log.jsonl", store.log, key=parse_verifier_key(key), opened=True)
        assert load.checkpoints
        for note in {*load.checkpoints, *(one.note for one in stored)}:
            verdict = verify_export(folder / "log.jsonl", checkpoint=note, public_key=key, now=live.now)
            assert verdict, verdict.findings


@pytest.mark.parametrize(
    ("arguments", "variables", "sentence"),
    [
        (["work"], {}, "needs a store in PostgreSQL"),
        (["work"], {"database_url": "postgresql://x@127.0.0.1:1/x", "clock": "simulated"}, "simulated clock"),
        (["serve"], {"workers": "false"}, "`workers = false` needs `database_url`"),
        (["serve", "--no-workers"], {}, "`workers = false` needs `database_url`"),
    ],
)
def test_what_has_no_sense_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variables: dict[str, str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(f"COUNTERSEAL_{name.upper()}", value)
    app = typer.Typer()
    work.register(app)
    serve.register(app)
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, SettingsError)
    assert sentence in done.exception.sentence
    assert not list(tmp_path.iterdir())
