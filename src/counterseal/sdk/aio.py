# SPDX-License-Identifier: Apache-2.0
"""The asynchronous client: the methods of `Counterseal`, awaited.

async with AsyncCounterseal("https://guard.example", token) as guard:
    action = await guard.ask("alice", "withdraw", objects={"session": "s1"}, payment=Outflow(...))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from types import TracebackType
from typing import Self, TypeVar

import httpx2

from counterseal.sdk.breaker import Breaker
from counterseal.sdk.endpoints import AsyncSender, Operations
from counterseal.sdk.transport import DEFAULT_TIMEOUT, Call, Retry, Transport, UnsafePlainHttp

T = TypeVar("T")


class AsyncCounterseal(Operations, AsyncSender):
    """A client of one guard with one token, for one event loop. Arguments as for `Counterseal`."""

    def __init__(
        self,
        base_url: str,
        token: str = "",
        *,
        timeout: int = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
        unsafe: UnsafePlainHttp | None = None,
        breaker: Breaker | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._transport = Transport(base_url, token, retry=retry, unsafe=unsafe, breaker=breaker)
        self._http = httpx2.AsyncClient(timeout=timeout / 1000, follow_redirects=False, trust_env=False)
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"AsyncCounterseal({self._transport.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Send a call, again where that is safe and may help, and read the answer."""
        sent = self._transport.prepare(call)
        for attempt in count():
            try:
                response = await self._http.request(
                    sent.method, sent.url, headers=sent.headers, content=sent.content
                )
            except httpx2.TransportError as error:
                pause: int | None = self._transport.after_failure(attempt, error)
            else:
                pause = self._transport.pause_after(attempt, response)
                if pause is None:
                    return self._transport.read(call, response)
            await self._sleep((pause or 0) / 1000)
        raise AssertionError  # `count` has no end
