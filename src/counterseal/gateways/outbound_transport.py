# SPDX-License-Identifier: Apache-2.0
"""The rules of `outbound` under a library that brings an httpx2 client of its own.

The host that the operator configured may lie anywhere; any other, which only the other side named, must be public,
and the connection goes to the address that was checked. Answers are bounded and never unpacked.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore2
import httpx2

from counterseal.gateways.outbound import Pinning, Resolver, Rules, system_resolver


class OwnHost(Pinning):
    """Connects to `own` wherever it lies, and to other hosts as `Pinning` does."""

    def __init__(self, own: str, resolver: Resolver) -> None:
        super().__init__(resolver, Rules(), plain=False)
        self._own = own

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the port of the library
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """See httpcore2."""
        if host == self._own:
            return await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return await super().connect_tcp(host, port, timeout, local_address, socket_options)


class BoundedTransport(httpx2.AsyncHTTPTransport):
    """`own`: the host of the operator's setting. `most`: bytes of an answer. No proxy of the environment."""

    def __init__(self, own: str, most: int, *, resolver: Resolver = system_resolver) -> None:
        super().__init__(trust_env=False)
        self._most = most
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_keepalive_connections=0,
            network_backend=OwnHost(own, resolver),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx2. Raises ReadError for an answer that is packed although it was asked not to be."""
        request.headers["accept-encoding"] = "identity"
        answer = await super().handle_async_request(request)
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            await answer.aclose()
            raise httpx2.ReadError("the answer is packed", request=request)
        body = _Bounded(answer.stream, self._most, request)
        return httpx2.Response(
            answer.status_code, headers=answer.headers, stream=body, extensions=answer.extensions
        )


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any, most: int, request: httpx2.Request) -> None:
        self._stream, self._left, self._request = stream, most, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._left -= len(part)
            if self._left < 0:
                raise httpx2.ReadError("the answer is too large", request=self._request)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
