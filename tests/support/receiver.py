# SPDX-License-Identifier: Apache-2.0
"""A real HTTP receiver on loopback that behaves as a test says, well or badly."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answer`: what goes back, byte by byte. `pause`: s before it; `trickle`: s between bytes after the head."""

    port: int = 0
    status: int = 204
    headers: tuple[str, ...] = ()
    content: bytes = b""
    pause: float = 0.0
    trickle: float = 0.0
    drop: bool = False
    got: list[Got] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [each.headers["webhook-id"] for each in self.got]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, path, _ = head[0].split(" ")
            self.got.append(Got(method, path, headers, body))
            await asyncio.sleep(self.pause)
            if self.drop:
                return
            lines = [f"HTTP/1.1 {self.status} X", f"content-length: {len(self.content)}", *self.headers]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            await writer.drain()
            if self.trickle:
                for sign in self.content:
                    writer.write(bytes([sign]))
                    await writer.drain()
                    await asyncio.sleep(self.trickle)
            else:
                writer.write(self.content)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(context: ssl.SSLContext | None = None, **behaviour: object) -> AsyncIterator[Receiver]:
    """A receiver that listens until the block ends."""
    made = Receiver(**behaviour)  # type: ignore[arg-type] # fields by name
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
