# SPDX-License-Identifier: Apache-2.0
"""HTTP to places that somebody entered: a URL must not become a way into the operator's own network.

Against server-side request forgery (OWASP ASVS 5.0, 1.3.6): https only; the name is resolved here, every address
must be public or listed, and the connection goes to the address that was checked (a name that answers
differently a moment later changes nothing). No redirects, no proxy from the environment, no cookies; time and
size are bounded.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpcore2
import msgspec

from counterseal.core.errors import CountersealError, InputError

SECONDS: Final = 15.0  # for everything, from the look-up of the name to the last byte of the answer
CONNECT_SECONDS: Final = 5.0
MOST_BYTES: Final = 64 * 1024
MOST_URL: Final = 2_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IPv6 that carries an IPv4 address, or that a gateway turns into one: the inner address could be any.
CARRIERS: Final = tuple(
    map(
        ipaddress.IPv6Network,
        ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"),
    )
)
# Not for the public even where Python's registry of the day says so: RFC 7526, RFC 9602, RFC 9637, RFC 3879.
OTHERS: Final[tuple[Network, ...]] = (
    ipaddress.IPv4Network("192.88.99.0/24"),
    *map(ipaddress.IPv6Network, ("5f00::/16", "3fff::/20", "fec0::/10", "100::/64", "2001:db8::/32")),
)


class OutboundRefusedError(InputError):
    """We do not call this URL; another try changes nothing (HTTP 422)."""

    code = "url_refused"


class OutboundFailedError(CountersealError):
    """The call failed: no connection, no TLS, no answer in time, or one that is too large."""

    code = "outbound_failed"


class Resolver(Protocol):
    """Looks names up."""

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Addresses as text; raises OSError."""
        ...


class Rules(msgspec.Struct, frozen=True):
    """`networks`: not public, and allowed all the same. `plain`: http too, but only to loopback addresses."""

    networks: tuple[Network, ...] = ()
    plain: bool = False


class Answer(msgspec.Struct, frozen=True):
    """`body`: as far as it was read; `whole`: whether that is all. `ms`: how long it took."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool
    ms: int


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """What the system says. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def check_url(url: str, rules: Rules) -> None:
    """Raise OutboundRefusedError for a URL that no look-up could make right; names are looked up at the call."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise OutboundRefusedError("this is no URL") from None
    if len(url) > MOST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise OutboundRefusedError(f"a URL has at most {MOST_URL} visible ASCII characters")
    if parts.scheme not in ("https", "http") or not host or port == 0:
        raise OutboundRefusedError("a URL begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise OutboundRefusedError("a URL carries no user name and no password")
    if parts.fragment:
        raise OutboundRefusedError("a URL carries no fragment")
    if parts.scheme == "http" and not rules.plain:
        raise OutboundRefusedError("a URL begins with https://")
    literal = _address(host)
    if literal is not None:
        check_address(literal, rules, plain=parts.scheme == "http")


def check_address(address: Address, rules: Rules, *, plain: bool = False) -> None:
    """Raise OutboundRefusedError unless this address is public or listed; with `plain` it must be loopback."""
    if plain:
        if not (rules.plain and address.is_loopback):
            raise OutboundRefusedError("http goes to loopback addresses only", hint="Use https.")
        return
    if any(address.version == network.version and address in network for network in rules.networks):
        return
    carried = address.version == 6 and any(address in network for network in CARRIERS)  # noqa: PLR2004
    other = any(address.version == network.version and address in network for network in OTHERS)
    if carried or other or not address.is_global or address.is_multicast or address.is_reserved:
        raise OutboundRefusedError(
            "the host lies in a network that is not public", hint="List it in `webhook_networks` if you mean it."
        )


class Outbound:
    """Makes calls under `rules`. One per use; `close` ends its connections."""

    def __init__(
        self, rules: Rules, *, resolver: Resolver = system_resolver, context: ssl.SSLContext | None = None
    ) -> None:
        self.rules = rules
        self._secure = self._pool(resolver, context or ssl.create_default_context(), plain=False)
        self._plain = self._pool(resolver, None, plain=True)

    def _pool(
        self, resolver: Resolver, context: ssl.SSLContext | None, *, plain: bool
    ) -> httpcore2.AsyncConnectionPool:
        backend = Pinning(resolver, self.rules, plain=plain)
        return httpcore2.AsyncConnectionPool(
            ssl_context=context, max_connections=32, max_keepalive_connections=0, network_backend=backend
        )

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes = b"",
        seconds: float = SECONDS,
        most: int = MOST_BYTES,
        cut: bool = False,
    ) -> Answer:
        """One request, one answer, redirects as they are. Raises OutboundRefusedError or OutboundFailedError.

        `most`: bytes of the body that are read; a larger one fails, or is cut off there with `cut`.
        """
        check_url(url, self.rules)
        pool = self._secure if url.lower().startswith("https:") else self._plain
        begun = time.perf_counter()
        limits = dict.fromkeys(("read", "write", "pool"), seconds) | {"connect": min(seconds, CONNECT_SECONDS)}
        sent = [(b"host", urlsplit(url).netloc.encode()), *_raw(headers, content)]
        try:
            async with (
                asyncio.timeout(seconds),
                pool.stream(method, url, headers=sent, content=content, extensions={"timeout": limits}) as response,
            ):
                body, whole = await _read(response.aiter_stream(), most)
        except TimeoutError:
            raise OutboundFailedError("no answer in time", code="outbound_timeout") from None
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise OutboundFailedError(_reason(error)) from error
        if not (whole or cut):
            raise OutboundFailedError(f"the answer is larger than {most} bytes", code="outbound_too_large")
        told = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers)
        return Answer(response.status, told, body, whole, int((time.perf_counter() - begun) * 1000))

    async def close(self) -> None:
        """End all connections."""
        await self._secure.aclose()
        await self._plain.aclose()


class Pinning(httpcore2.AsyncNetworkBackend):
    """Connects to the very address that was checked. TLS still names, and verifies, the host of the URL."""

    def __init__(self, resolver: Resolver, rules: Rules, *, plain: bool) -> None:
        self._resolver, self._rules, self._plain = resolver, rules, plain
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the port of the library
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """See httpcore2. One address that is refused refuses all: honest names do not mix them."""
        addresses = [_address(found) for found in await self._resolver(host, port)]
        if not addresses:
            raise httpcore2.ConnectError("the name has no address")
        for address in addresses:
            if address is None:
                raise OutboundRefusedError("the host lies in a network that is not public")
            check_address(address, self._rules, plain=self._plain)
        failed: Exception | None = None
        for address in addresses[:4]:
            try:
                return await self._backend.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore2.ConnectError("no connection")

    async def connect_unix_socket(self, *_args: Any, **_options: Any) -> httpcore2.AsyncNetworkStream:
        """Never."""
        raise OutboundRefusedError("a socket of this machine is no URL")


def _address(text: str) -> Address | None:
    """An address, or None for a name. One with a zone (`fe80::1%eth0`) is link-local and stays so."""
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _raw(headers: Mapping[str, str], content: bytes) -> list[tuple[bytes, bytes]]:
    length = {"content-length": str(len(content))} if content else {}
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in ({**headers, **length}).items()]


async def _read(stream: Any, most: int) -> tuple[bytes, bool]:
    found = bytearray()
    async for part in stream:
        found += part
        if len(found) > most:
            return bytes(found[:most]), False
    return bytes(found), True


def _reason(error: Exception) -> str:
    """One sentence without anything that the other side wrote."""
    if isinstance(error, httpcore2.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpcore2.ConnectError | OSError):
        return "no connection" if "CERTIFICATE" not in str(error).upper() else "its certificate does not verify"
    return "the connection broke off or spoke no HTTP"
