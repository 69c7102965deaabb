# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as uvicorn reads it, with bounds on what a stranger may keep busy before a request is whole.

uvicorn bounds neither the size of a head nor the time until a request has come; behind a reverse proxy that is the
proxy's part, but nobody may need one for that (CWE-400, slowloris). A request in one piece costs nothing more.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD: Final = 32 * 1024  # bytes of request line and fields
MOST_FIELDS: Final = 100
SECONDS: Final = 10.0  # from the first byte of a request, or from the connection, to the last


class HeadTooLargeError(Exception):
    """Ends the parsing of this connection: uvicorn answers 400 and closes it."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection whose requests must come in time and in measure."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._fed = 0  # bytes given to the parser since the last request was whole
        self._size = 0  # bytes of the head that the parser told
        self._in_head = True
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio: the first request has SECONDS to come."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio. What is whole after this piece needs no timer."""
        self._fed += len(data)
        super().data_received(data)
        if self._in_head and self._fed > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")
        if self._in_head and self._fed == 0:
            self._stop()
        elif self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(SECONDS, self._too_slow)

    def on_url(self, url: bytes) -> None:
        """See httptools."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """See httptools."""
        self._count(len(name) + len(value) + 4)
        if len(self.headers) >= MOST_FIELDS:
            raise HeadTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._in_head, self._size = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """See httptools: from here on it is the next request."""
        self._in_head, self._fed = True, 0
        super().on_message_complete()

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > MOST_HEAD:
            raise HeadTooLargeError

    def _too_slow(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.abort()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
