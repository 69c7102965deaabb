# SPDX-License-Identifier: Apache-2.0
"""A real server in a process of its own: a fresh SQLite file, a simulated clock, one policy pack."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time as wall
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec

from counterseal.demo.exchange import PLATFORM
from counterseal.demo.model import DemoError

SCOPES = (
    *("accounts:read", "accounts:write", "accounts:import", "accounts:freeze", "actions:read", "actions:write"),
    *("decisions:staff", "seals:redeem", "prices:write", "clock:write", "admin"),
)
PATH_SCOPES = (*SCOPES, "test:attest")
"""What playing a path of the prover needs besides."""
START_SECONDS = 60.0
STOP_SECONDS = 10.0


class Prepared(msgspec.Struct, frozen=True):
    """A store that holds nothing but one token: copied for each server, so that each starts fresh."""

    folder: Path
    token: str

    def __repr__(self) -> str:
        return f"Prepared({self.folder})"


def prepare(folder: Path, start: int) -> Prepared:
    """Make the template of all stores with `counterseal token create`. `start`: ms of the simulated clock."""
    template = folder / "template"
    template.mkdir(parents=True)
    scopes = [part for scope in PATH_SCOPES for part in ("--scope", scope)]
    command = ["token", "create", "--name", "demo", "--platform", PLATFORM, "--days", "366", "--json", *scopes]
    done = subprocess.run(  # noqa: S603 - our own program
        [*_program(), *command],
        env=_environment(template, start=start),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    try:
        made = msgspec.json.decode(done.stdout, type=dict[str, object])
        token = made["token"]
    except (msgspec.MsgspecError, KeyError) as error:
        raise DemoError(f"no token could be made: {_last_line(done.stderr)}", code="token_failed") from error
    return Prepared(template, str(token))


def invite(prepared: Prepared, name: str, role: str, start: int) -> str:
    """The link of an invitation of this person, with `counterseal staff invite` on the prepared store."""
    command = ["staff", "invite", name, "--email", f"{name}@exchange.example", "--role", role, "--json"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*_program(), *command],
        env=_environment(prepared.folder, start=start),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    try:
        return str(msgspec.json.decode(done.stdout, type=dict[str, object])["link"])
    except (msgspec.MsgspecError, KeyError) as error:
        raise DemoError(f"nobody could be invited: {_last_line(done.stderr)}", code="invite_failed") from error


@contextmanager
def running_server(
    prepared: Prepared, folder: Path, *, policy: str, start: int, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """A server over a copy of the prepared store; its base URL. It is stopped and waited for at the end.

    `settings`: more variables of the environment.
    """
    shutil.copytree(prepared.folder, folder)
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "server.log").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*_program(), "serve", "--port", str(port)],
            env=_environment(folder, start=start, policy=policy) | dict(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_ready(url, process, folder / "server.log")
            yield url
        finally:
            _stop(process)


def _program() -> list[str]:
    """This very program, also where it is not on the PATH."""
    return [sys.executable, "-c", "from counterseal.cli import main; main()"]


def _environment(folder: Path, *, start: int, policy: str | None = None) -> dict[str, str]:
    """Settings by variables only: nothing of the caller's own COUNTERSEAL_* set-up gets in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    ours = {
        "COUNTERSEAL_DATABASE": str(folder / "counterseal.db"),
        "COUNTERSEAL_MASTER_KEY_FILE": str(folder / "master.key"),
        "COUNTERSEAL_ROOT_KEY_FILE": str(folder / "root.key"),
        "COUNTERSEAL_CLOCK": "simulated",
        "COUNTERSEAL_TEST_SCOPES": "true",
        "COUNTERSEAL_SIMULATED_START_MS": str(start),
        "COUNTERSEAL_OUTBOX_FOLDER": str(folder / "outbox"),
        "COUNTERSEAL_LOG_LEVEL": "warning",
        "COUNTERSEAL_ACCESS_LOG": "failures",
    }
    if policy is not None:
        ours["COUNTERSEAL_POLICY"] = policy
    return kept | ours


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = wall.monotonic() + START_SECONDS
    with httpx2.Client(timeout=2.0, trust_env=False) as probe:
        while wall.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                if probe.get(f"{url}/readyz").status_code == httpx2.codes.OK:
                    return
            except httpx2.TransportError:
                pass
            wall.sleep(0.05)
    raise DemoError(
        f"the server did not start: {_last_line(log.read_text('utf-8', 'replace'))}", code="server_failed"
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
