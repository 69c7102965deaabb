# SPDX-License-Identifier: Apache-2.0
"""The platform's records over HTTP: a signed question, a signed answer (sdk/platform_data.py).

To the one URL that the operator set; no redirect, no proxy of the environment, bounded in time and size. Fails
closed: without an answer that verifies nothing is built.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import httpx2

from counterseal.gateways.outbound_transport import BoundedTransport
from counterseal.judicial.disclosure.ports import Clock, File, Got, Wanted
from counterseal.judicial.disclosure.stored import NoPlatformError, PlatformError
from counterseal.sdk import platform_data as p

SECONDS: Final = 30.0
MOST_BYTES: Final = 40 * 1024 * 1024  # of an answer: pictures are base64
_AGENT: Final = "Counterseal-Desk/1"


class HttpPlatformData:
    """`judicial.disclosure.ports.PlatformData`. Raises ValueError for a URL or secret that cannot be used."""

    def __init__(self, url: str, secret: str, clock: Clock, random: Callable[[int], bytes]) -> None:
        self._url, self._secret, self._clock, self._random = url, secret, clock, random
        p.secret_bytes(secret)
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise ValueError("the platform's URL begins with https://; http goes to loopback only")
        transport = BoundedTransport(parts.hostname or "", MOST_BYTES)
        headers = {"user-agent": _AGENT}
        self._http = httpx2.AsyncClient(transport=transport, timeout=SECONDS, headers=headers, trust_env=False)

    async def fetch(self, wanted: tuple[Wanted, ...], *, request: str, purpose: str) -> tuple[Got, ...]:
        """See the port."""
        fields = tuple(_field(each) for each in wanted)
        answer = await self._ask(p.DataRequest(self._random(16).hex(), purpose, request, fields))
        return tuple(
            Got(
                *(each.account, each.name, each.text, each.rows),
                tuple(File(file.name, file.media_type, file.data) for file in each.files),
            )
            for each in answer.fields
        )

    async def meant(self, kind: str, value: str, *, request: str = "") -> tuple[str, ...]:
        """The accounts that an identifier of an order means. Raises PlatformError."""
        identifier = p.DataIdentifier(kind, value)
        asked = p.DataRequest(self._random(16).hex(), "lookup", request, identifier=identifier)
        return (await self._ask(asked)).accounts

    async def close(self) -> None:
        """End all connections."""
        await self._http.aclose()

    async def _ask(self, asked: p.DataRequest) -> p.DataAnswer:
        headers, body = p.write_request(asked, self._secret, now=self._clock.now() // 1000)
        try:
            answer = await self._http.post(self._url, content=body, headers=headers, follow_redirects=False)
        except (httpx2.HTTPError, OSError) as error:
            raise PlatformError("the platform does not answer") from error
        if answer.status_code != httpx2.codes.OK:
            raise PlatformError(f"the platform answered {answer.status_code}", code="platform_refused")
        try:
            return p.read_answer(answer.headers, answer.content, [self._secret], asked=asked)
        except p.PlatformDataError as error:
            sentence = f"the platform's answer does not count: {error}"
            raise PlatformError(sentence, code="platform_unproved") from error


class NoPlatform:
    """No platform is set up: nothing can be disclosed."""

    async def fetch(self, wanted: tuple[Wanted, ...], *, request: str, purpose: str) -> tuple[Got, ...]:
        """See the port; raises PlatformError."""
        del wanted, request, purpose
        raise _missing()

    async def meant(self, kind: str, value: str, *, request: str = "") -> tuple[str, ...]:
        """Raises NoPlatformError."""
        del kind, value, request
        raise _missing()

    async def close(self) -> None:
        """Nothing to end."""


def _field(wanted: Wanted) -> p.DataField:
    if wanted.window is None:
        return p.DataField(wanted.account, wanted.name)
    return p.DataField(wanted.account, wanted.name, wanted.window.start, wanted.window.end)


def _missing() -> NoPlatformError:
    return NoPlatformError("no platform is set up to ask for data", hint="Set `desk.platform`.")


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
