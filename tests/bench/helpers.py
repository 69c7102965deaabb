# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.helpers echo|mail PORT`: an echo server, and a mail server that takes and forgets."""

from __future__ import annotations

import asyncio
import sys

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HOST = "127.0.0.1"


def echo(port: int) -> None:
    """The floor of the framework: Starlette on uvicorn, JSON in, the same JSON out."""

    async def answer(request: Request) -> Response:
        value = msgspec.json.decode(await request.body())
        return Response(msgspec.json.encode(value), media_type="application/json")

    app = Starlette(routes=[Route("/echo", answer, methods=["POST"])])
    uvicorn.run(app, host=HOST, port=port, log_level="warning", access_log=False, server_header=False)


async def _session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One SMTP session (RFC 5321) without extensions."""
    writer.write(b"220 bench\r\n")
    inside = False
    while line := await reader.readline():
        if inside:
            if line == b".\r\n":
                inside = False
                writer.write(b"250 taken\r\n")
            continue
        verb = line[:4].upper()
        inside = verb == b"DATA"
        writer.write(b"354 go on\r\n" if inside else b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        if verb == b"QUIT":
            break
    writer.close()


async def mail(port: int) -> None:
    """Listen until stopped."""
    server = await asyncio.start_server(_session, HOST, port, limit=1 << 20)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        echo(int(sys.argv[2]))
    else:
        asyncio.run(mail(int(sys.argv[2])))
