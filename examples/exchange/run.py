# SPDX-License-Identifier: Apache-2.0
"""Everything on this machine, to click through: a guard on a simulated clock, the exchange with pages, its world.

The clock goes on with ours and jumps when somebody presses a button on a page: a wait of a day takes a moment.
Browsers give passkeys to `localhost` and not to 127.0.0.1. So the guard is `localhost` and the exchange is not: to
a browser they are two sites, as they would be.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import httpx2

from counterseal.sdk import Counterseal
from examples.exchange.errors import AwayError, PortError
from examples.exchange.parts import read_config
from examples.exchange.setup import set_up

PARTS: Final = ("auth", "payer", "world", "web")
HALF: Final = "exchange.new"  # the folder of the parts while it is made
PATIENCE: Final = 60.0  # s for a process to start
INNER: Final = {"auth": 1, "payer": 2, "world": 3}  # port of the pages + this


def check_ports(guard_port: int, pages_port: int) -> None:
    """PortError if something listens where we want to: another program, or this one, started before."""
    for port in (guard_port, pages_port, *(pages_port + step for step in INNER.values())):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was let go just now is free
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                asked = f"--guard-port {guard_port + 200} --port {pages_port + 200} --home var/other"
                sentence = (
                    f"port {port} is taken, perhaps by a `make run` that still runs: end that one (Ctrl-C), "
                    f'or take other ports and another folder: make run RUN="{asked}"'
                )
                raise PortError("port_taken", sentence) from error


def run(home: Path, guard_port: int, pages_port: int) -> int:
    """Start all, say where to click, and go on until Ctrl-C (0) or until a part ends by itself (1). PortError."""
    check_ports(guard_port, pages_port)
    home.mkdir(parents=True, exist_ok=True)
    guard, public = f"http://127.0.0.1:{guard_port}", f"http://localhost:{guard_port}"
    environment = _environment(home, guard_port, public, f"http://127.0.0.1:{pages_port}")
    ports = {name: pages_port + step for name, step in INNER.items()} | {"web": pages_port}
    signal.signal(signal.SIGTERM, _interrupt)
    with ExitStack() as stack:
        try:
            invitation = _invitation(environment)
            started = [stack.enter_context(process("guard", _guard(), home, environment))]
            wait_for(f"{guard}/readyz", started[-1], home / "guard.log")
            if not (home / "exchange").exists():
                shutil.rmtree(home / HALF, ignore_errors=True)  # of a start that was interrupted
                with Counterseal(guard, _token(home / "admin.token")) as admin:
                    set_up(admin, guard, home / HALF, ports, public=public)
                (home / HALF).rename(home / "exchange")
            check_folder(home, guard, pages_port)
            for name in PARTS:
                command = ["-m", "examples.exchange", "serve", name, "--home", str(home / "exchange")]
                started.append(stack.enter_context(process(name, [sys.executable, *command], home, environment)))
            for name, each in zip(PARTS, started[1:], strict=True):
                wait_for(f"http://127.0.0.1:{ports[name]}/", each, home / f"{name}.log")
            print(directions(public, guard, pages_port, invitation), flush=True)
            while all(each.poll() is None for each in started):
                time.sleep(0.3)
        except KeyboardInterrupt:
            print("\nStopping.", flush=True)
            return 0
    print(f"A part has ended by itself; the logs are in {home}.", file=sys.stderr)
    return 1


def check_folder(home: Path, guard: str, pages_port: int) -> None:
    """PortError if the folder was made for other ports: they stand in the configuration of every part."""
    made = read_config(home / "exchange" / "web")
    if (made.guard, made.port) != (guard, pages_port):
        sentence = (
            f"{home} was set up for {made.guard} and port {made.port}: take those, or another folder (--home)"
        )
        raise PortError("folder_of_others", sentence)


def directions(public: str, guard: str, pages_port: int, invitation: str) -> str:
    """Where to click."""
    first = (
        f"  First in  {invitation}\n"
        "            The first administrator's link. It works once and ends when the clock passes a day:\n"
        "            open it before you let time pass, or start again for another.\n"
        if invitation
        else ""
    )
    return (
        "\nEverything runs. Where to click:\n\n"
        f"  Customer  http://127.0.0.1:{pages_port}/\n"
        "            Register, add a passkey, withdraw, be attacked, freeze, recover.\n"
        f"  Staff     {public}/console/\n"
        "            The console: decisions as they happen, accounts, approvals, the log.\n"
        f"{first}"
        f"  Messages  {public}/outbox\n"
        "            Every code and notice that would have been sent.\n\n"
        f"  {guard}/console/ leads to the same by the name `localhost`: passkeys need a name.\n"
        "  The clock is simulated: seals are marked `test` and pay nothing. Ctrl-C ends all.\n"
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _environment(home: Path, port: int, public: str, pages: str) -> dict[str, str]:
    """Settings by variables only: nothing of the caller's own COUNTERSEAL_* set-up gets in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    return kept | {
        "COUNTERSEAL_DATABASE": str(home / "counterseal.db"),
        "COUNTERSEAL_MASTER_KEY_FILE": str(home / "master.key"),
        "COUNTERSEAL_ROOT_KEY_FILE": str(home / "root.key"),
        "COUNTERSEAL_OUTBOX_FOLDER": str(home / "outbox"),
        "COUNTERSEAL_CLOCK": "simulated",
        "COUNTERSEAL_SIMULATED_START_MS": str(time.time_ns() // 1_000_000),
        "COUNTERSEAL_PORT": str(port),
        "COUNTERSEAL_BASE_URL": public,
        "COUNTERSEAL_RETURN_ORIGINS": json.dumps([pages]),
        "COUNTERSEAL_LOG_LEVEL": "warning",
        "COUNTERSEAL_ACCESS_LOG": "failures",
    }


def _program(*arguments: str) -> list[str]:
    """`counterseal` of this very environment, also where it is not on the PATH."""
    return [sys.executable, "-c", "from counterseal.cli import main; main()", *arguments]


def _guard() -> list[str]:
    return _program("serve", "--development")


def _invitation(environment: dict[str, str]) -> str:
    """The link of the first administrator, while nobody is there; "" afterwards."""
    done = subprocess.run(  # noqa: S603 - our own program
        _program("staff", "first", "Administrator", "--email", "administrator@example.test"),
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    link = done.stdout.strip()
    return link if done.returncode == 0 and link.startswith("http") else ""


def _token(path: Path) -> str:
    """The token that `serve --development` makes once."""
    return path.read_text("ascii").strip()


@contextmanager
def process(
    name: str, command: list[str], home: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with its log in `home`. In a group of its own: Ctrl-C reaches us, and we end it in order."""
    with (home / f"{name}.log").open("ab") as log:
        running = subprocess.Popen(  # noqa: S603 - our own program
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield running
        finally:
            running.terminate()
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def wait_for(url: str, running: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something answers there; AwayError if the process ends first or takes too long."""
    until = time.monotonic() + PATIENCE
    with httpx2.Client(timeout=2.0, trust_env=False) as probe:
        while time.monotonic() < until and running.poll() is None:
            try:
                probe.get(url)
            except httpx2.TransportError:
                time.sleep(0.05)
            else:
                return
    raise AwayError("part_away", f"a part did not start; {log} says why")
