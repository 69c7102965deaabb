# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy of our own between the server and its database: it delays, stops, drops, half-closes, refuses."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator

CHUNK = 1 << 16


class Proxy:
    """Forwards `port` to `target`. The attributes may be set at any time, from any thread."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.delay = 0.0  # seconds before each piece goes on
        self.hanging = False  # takes what comes and forwards nothing; connections stay open
        self.refusing = False  # closes new connections at once
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def open(self) -> int:
        """How many connections there are."""
        with self._lock:
            return len(self._pairs)

    def drop(self) -> None:
        """Cut every connection with a reset."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def half_close(self) -> None:
        """What the client writes still arrives; what the server answers does not."""
        with self._lock:
            pairs = list(self._pairs)
        for client, _ in pairs:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """The end."""
        self._closed = True
        self._listener.close()
        self.drop()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server), daemon=True).start()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        try:
            while True:
                ready, _, _ = select.select([client, server], [], [], 0.1)
                if self.hanging:
                    time.sleep(0.02)
                    continue
                for end in ready:
                    data = end.recv(CHUNK)
                    if not data:
                        return
                    if self.delay:
                        time.sleep(self.delay)
                    other[end].sendall(data)
        except (OSError, ValueError):
            return
        finally:
            client.close()
            server.close()
            with self._lock:
                self._pairs = [pair for pair in self._pairs if pair[0] is not client]


@contextlib.contextmanager
def proxy(target: int) -> Iterator[Proxy]:
    """In front of `target`."""
    made = Proxy(target)
    try:
        yield made
    finally:
        made.close()
