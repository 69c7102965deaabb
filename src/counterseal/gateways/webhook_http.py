# SPDX-License-Identifier: Apache-2.0
"""Webhooks over HTTP: the bytes that were signed, to addresses that were checked (gateways/outbound.py)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from counterseal.gateways.outbound import Outbound, OutboundFailedError, OutboundRefusedError, check_url
from counterseal.webhooks.ports import Sent

SECONDS: Final = 15.0  # Standard Webhooks recommends 15 to 30
MOST_BYTES: Final = 4 * 1024  # of an answer that says nothing to us but its status
AGENT: Final = "Counterseal-Webhooks/1"


class HttpPoster:
    """`webhooks.ports.Poster` over guarded calls."""

    def __init__(self, outbound: Outbound, *, seconds: float = SECONDS) -> None:
        self._outbound = outbound
        self._seconds = seconds

    def check(self, url: str) -> None:
        """See the port."""
        check_url(url, self._outbound.rules)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """See the port. A redirect is a failure: the URL that two people approved is the one that is called."""
        begun = time.perf_counter()
        sent = {"content-type": "application/json", "user-agent": AGENT, "accept": "*/*", **headers}
        try:
            answer = await self._outbound.send(
                "POST", url, headers=sent, content=body, seconds=self._seconds, most=MOST_BYTES, cut=True
            )
        except (OutboundRefusedError, OutboundFailedError) as error:
            return Sent(0, int((time.perf_counter() - begun) * 1000), error.sentence)
        error_text = "" if 200 <= answer.status < 300 else f"answered {answer.status}"  # noqa: PLR2004
        return Sent(answer.status, answer.ms, error_text)

    async def close(self) -> None:
        """End all connections."""
        await self._outbound.close()
