# SPDX-License-Identifier: Apache-2.0
"""The synchronous client.

    with Counterseal("https://guard.example", token) as guard:
        action = guard.ask("alice", "withdraw", objects={"session": "s1"}, payment=Outflow(...))

Errors are in `counterseal.sdk.problems`. One client may be used by many threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from types import TracebackType
from typing import Self, TypeVar

import httpx2

from counterseal.sdk.breaker import Breaker
from counterseal.sdk.endpoints import Operations, Sender
from counterseal.sdk.transport import DEFAULT_TIMEOUT, Call, Retry, Transport, UnsafePlainHttp

T = TypeVar("T")


class Counterseal(Operations, Sender):
    """A client of one guard with one token. `timeout`: ms for each phase of a try.

    Proxies of the environment are not used: a guard stands inside the platform's network.
    """

    def __init__(
        self,
        base_url: str,
        token: str = "",
        *,
        timeout: int = DEFAULT_TIMEOUT,
        retry: Retry | None = None,
        unsafe: UnsafePlainHttp | None = None,
        breaker: Breaker | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(base_url, token, retry=retry, unsafe=unsafe, breaker=breaker)
        self._http = httpx2.Client(timeout=timeout / 1000, follow_redirects=False, trust_env=False)
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"Counterseal({self._transport.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Send a call, again where that is safe and may help, and read the answer."""
        sent = self._transport.prepare(call)
        for attempt in count():
            try:
                response = self._http.request(sent.method, sent.url, headers=sent.headers, content=sent.content)
            except httpx2.TransportError as error:
                pause: int | None = self._transport.after_failure(attempt, error)
            else:
                pause = self._transport.pause_after(attempt, response)
                if pause is None:
                    return self._transport.read(call, response)
            self._sleep((pause or 0) / 1000)
        raise AssertionError  # `count` has no end
