# SPDX-License-Identifier: Apache-2.0
"""`counterseal serve` as a process of its own, which a test may kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / ".venv" / "bin" / "counterseal"
START_SECONDS = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """A server on the files of `folder`. `settings`: names of settings and values, as variables."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._variables = {f"COUNTERSEAL_{name.upper()}": str(value) for name, value in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready; AssertionError with its output if it ends instead."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        output = self.folder / "server.log"
        with output.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "serve", "--port", str(self.port)],
                cwd=self.folder,
                env=mine | self._variables,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self._process.poll() is None, output.read_text()[-4000:]
            try:
                if httpx2.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"not ready in {START_SECONDS} s: {output.read_text()[-4000:]}")

    @property
    def pid(self) -> int:
        """Of the server that runs."""
        assert self._process is not None
        return self._process.pid

    def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and wait; the exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=30)

    def stop(self) -> None:
        """Make sure that it is gone."""
        if self._process is not None and self._process.poll() is None:
            self.end()
