# SPDX-License-Identifier: Apache-2.0
"""The programs around a measurement over HTTP: the server, an echo server, a mail server, the load generator."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tests.bench import machine

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0
SERVE = "from counterseal.cli import main; main()"


class Server(msgspec.Struct, frozen=True):
    """A running program that listens on the loopback."""

    process: int
    port: int

    def cpu(self) -> float | None:
        """CPU seconds so far."""
        return machine.cpu_of(self.process)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request outside any measurement; the JSON answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = None if body is None else msgspec.json.encode(body)
            connection.request(method, path, data, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()[:300]}")
        return msgspec.json.decode(text)


@contextlib.contextmanager
def counterseal(folder: Path, policy: str, smtp: int, program: str = SERVE) -> Iterator[Server]:
    """`counterseal serve` on the files in `folder`: default settings but for the simulated clock and the mail.
    `program`: Python that runs the command line."""
    port = free_port()
    config = folder / "counterseal.toml"
    config.write_text(
        f'database = "{folder / "counterseal.db"}"\nmaster_key_file = "{folder / "master.key"}"\n'
        f'root_key_file = "{folder / "root.key"}"\npolicy = "{policy}"\nclock = "simulated"\n'
        f'base_url = "http://127.0.0.1:{port}"\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {smtp}\nsecurity = "none"\nsender = "guard@example.test"\n',
        encoding="utf-8",
    )
    arguments = [sys.executable, "-c", program, "serve", "--config", str(config), "--port", str(port)]
    with running(arguments, port, folder / "server.log") as server:
        _until_healthy(server)
        yield server


@contextlib.contextmanager
def helper(name: str, folder: Path) -> Iterator[Server]:
    """`echo` (Starlette on uvicorn) or `mail` (an SMTP server that takes and forgets) in its own process."""
    port = free_port()
    arguments = [sys.executable, "-m", "tests.bench.helpers", name, str(port)]
    with running(arguments, port, folder / f"{name}.log") as server:
        yield server


def drive(plan: dict[str, Any]) -> dict[str, Any]:
    """Run the load generator in its own process; what it reports."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=msgspec.json.encode(plan),
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the load generator failed:\n{done.stderr.decode()[-2000:]}")
    report: dict[str, Any] = msgspec.json.decode(done.stdout)
    return report


@contextlib.contextmanager
def running(
    arguments: list[str], port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A program that listens on `port`; what it says goes to `log`."""
    with log.open("wb") as file:
        process = subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def signalled(server: Server, name: str, until: Path | None = None) -> None:
    """Send a signal; with `until` wait for this file."""
    os.kill(server.process, signal.Signals[name])
    end = time.monotonic() + READY_SECONDS
    while until is not None and not until.exists():
        if time.monotonic() > end:
            raise RuntimeError(f"nothing came of {name}")
        time.sleep(0.05)


def _until_healthy(server: Server) -> None:
    answer = server.call("GET", "/healthz")
    if answer["status"] != "ok":
        raise RuntimeError(f"the server is not healthy: {answer}")


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
