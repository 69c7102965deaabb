# SPDX-License-Identifier: Apache-2.0
"""The real application on loopback in a thread of this process, for clients that speak HTTP and do not wait."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from counterseal.access.model import Scope
from counterseal.sdk import Counterseal
from counterseal.wiring.application import Application
from tests.support.server import DAY, PLATFORM, settings_in

START_SECONDS = 30.0


@dataclass
class LiveServer:
    """A running server. `outbox`: the folder of its messages, which a test may empty."""

    url: str
    token: str
    outbox: Path
    application: Application

    def client(self) -> Counterseal:
        """A client with every scope but an officer's."""
        return Counterseal(self.url, self.token, timeout=30_000)

    def forget_messages(self) -> None:
        """Empty the outbox: looking through it costs more with each message."""
        for path in self.outbox.glob("*"):
            path.unlink()


@contextmanager
def live_server(folder: Path, **settings: Any) -> Iterator[LiveServer]:
    """A server on a simulated clock with `test_scopes`, stopped at the end."""
    with socket.socket(proto=socket.IPPROTO_TCP) as held:  # named, so that asyncio turns Nagle off
        held.bind(("127.0.0.1", 0))
        held.listen(128)
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        chosen = {"test_scopes": True, "base_url": url} | settings
        running = _Running(Application(settings_in(folder, **chosen)), held)
        running.start()
        try:
            yield LiveServer(url, running.token, folder / "outbox", running.application)
        finally:
            running.stop()


class _Running:
    def __init__(self, application: Application, held: socket.socket) -> None:
        self.application, self._socket = application, held
        self.token = ""
        self._failed: BaseException | None = None
        self._ready = threading.Event()
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run, name="live-server")

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(START_SECONDS), "the server did not start"
        if self._failed is not None:
            raise self._failed

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - told to the test that waits
            self._failed = error
            self._ready.set()

    async def _serve(self) -> None:
        app = await self.application.build()
        scopes = [s for s in Scope if s is not Scope.STAFF_OFFICER]
        made = await self.application.access.create_token(
            name="live", platform=PLATFORM, scopes=scopes, lifetime=366 * DAY, by="test"
        )
        self.token = made.secret or ""
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        self._ready.set()
        await serving
