# SPDX-License-Identifier: Apache-2.0
"""Prices of the past from a service over HTTP: asked for one pair and window, answered in JSON. Off by default.

    GET URL?asset=BTC&currency=USD&since=MS&until=MS        Authorization: Bearer TOKEN
    {"prices": [{"at": 1717934400000, "value": "69300.5", "source": "kaiko"}, ...]}

To the one URL that the operator set; no redirect, no proxy of the environment, bounded in time and size. What comes
is read as a file would be: whole or not at all, and nothing outside of what was asked for.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

import httpx2
import msgspec

from counterseal.core.errors import ConflictError, UnavailableError
from counterseal.gateways.outbound_transport import BoundedTransport
from counterseal.gateways.platform_data import is_loopback
from counterseal.incidents.loss_prices import Quoted

SECONDS: Final = 20.0
MOST_BYTES: Final = 4 * 1024 * 1024
_AGENT: Final = "Counterseal-Prices/1"


class PriceSourceError(UnavailableError):
    """The price service does not answer, or not as it should."""

    code = "price_source_error"


class NoPriceSourceError(ConflictError):
    """No price service is set up."""

    code = "price_source_missing"


class _Answer(msgspec.Struct, frozen=True):
    prices: tuple[Quoted, ...]


class HttpPriceSource:
    """`incidents.loss_prices.PriceSource`. `token`: empty = none is sent. Raises ValueError for a URL that cannot
    be used."""

    def __init__(self, url: str, token: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise ValueError("the price service's URL begins with https://; http goes to loopback only")
        self._url, self._host = url, parts.hostname or ""
        self._headers = {"user-agent": _AGENT, "accept": "application/json"}
        self._headers |= {"authorization": f"Bearer {token}"} if token else {}

    async def quoted(self, asset: str, currency: str, since: int, until: int) -> tuple[Quoted, ...]:
        """See the port."""
        query = urlencode({"asset": asset, "currency": currency, "since": since, "until": until})
        joined = f"{self._url}{'&' if urlsplit(self._url).query else '?'}{query}"
        transport = BoundedTransport(self._host, MOST_BYTES)
        client = httpx2.AsyncClient(transport=transport, timeout=SECONDS, headers=self._headers, trust_env=False)
        try:
            async with client:
                answer = await client.get(joined, follow_redirects=False)
        except (httpx2.HTTPError, OSError) as error:
            raise PriceSourceError("the price service does not answer") from error
        if answer.status_code != httpx2.codes.OK:
            raise PriceSourceError(f"the price service answered {answer.status_code}")
        try:
            found = msgspec.json.decode(answer.content, type=_Answer).prices
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise PriceSourceError("the price service's answer is not as it should be") from None
        if any(not since <= each.at <= until for each in found):
            raise PriceSourceError("the price service answered with prices outside of what was asked for")
        return found


class NoPriceSource:
    """No price service is set up: prices are pushed, or come from files."""

    async def quoted(self, asset: str, currency: str, since: int, until: int) -> tuple[Quoted, ...]:
        """See the port; raises NoPriceSourceError."""
        del asset, currency, since, until
        raise NoPriceSourceError("no price service is set up", hint="Set `losses.prices`, or import a file.")
