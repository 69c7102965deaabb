# SPDX-License-Identifier: Apache-2.0
"""DNS TXT records: from the machine's resolver, from a file, or not at all.

Nothing that is looked up here is trusted by itself: a key or a policy found in DNS counts as much as DNS does.
A time-out or a failing server is `unknown`, never "there is none" (RFC 6376 section 6.1.2, RFC 7489 section 6.6.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import msgspec

from counterseal.core.errors import InputError
from counterseal.judicial.model import Answer

SECONDS: Final = 4.0  # for one name, every retry included
MOST_TEXT: Final = 16_384
AT_ONCE: Final = 8
UNKNOWN: Final = Answer("unknown")
NONE: Final = Answer("none")
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]\.?", re.IGNORECASE
)


class DnsNames:
    """Asks the resolver of this machine, or `servers`. Answers are not kept: each document asks anew."""

    def __init__(self, servers: tuple[str, ...] = (), *, port: int = 53, seconds: float = SECONDS) -> None:
        self._servers, self._port, self._seconds = servers, port, seconds

    def lookup(self, names: Iterable[str]) -> Mapping[str, Answer]:
        """See judicial.ports.Names. Names are asked side by side."""
        asked = list(dict.fromkeys(names))
        if not asked:
            return {}
        try:
            resolver = self._resolver()
        except (dns.exception.DNSException, OSError):
            return dict.fromkeys(asked, UNKNOWN)
        with ThreadPoolExecutor(min(AT_ONCE, len(asked))) as pool:
            return dict(zip(asked, pool.map(lambda name: self._one(resolver, name), asked), strict=True))

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers = list(self._servers)
            resolver.port = self._port
        resolver.lifetime = self._seconds
        resolver.timeout = self._seconds / 2
        return resolver

    def _one(self, resolver: dns.resolver.Resolver, name: str) -> Answer:
        if not _NAME.fullmatch(name):
            return NONE  # no such name can be in DNS
        try:
            found = resolver.resolve(dns.name.from_text(name), dns.rdatatype.TXT, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return NONE
        except (dns.exception.DNSException, OSError, ValueError, UnicodeError):
            return UNKNOWN
        texts = tuple(b"".join(record.strings).decode("utf-8", "replace") for record in found)
        return Answer("found", texts) if sum(map(len, texts)) <= MOST_TEXT else UNKNOWN


class ZoneNames:
    """Answers from a file, nothing is asked: JSON, name -> a text, a list of texts, or null for "does not answer".

    A name that is not in the file does not exist.
    """

    def __init__(self, zone: Mapping[str, Answer]) -> None:
        self._zone = {name.lower().rstrip("."): answer for name, answer in zone.items()}

    @classmethod
    def read(cls, path: Path) -> ZoneNames:
        """The zone in this file. Raises InputError."""
        try:
            given = msgspec.json.decode(path.read_bytes(), type=dict[str, str | list[str] | None])
        except OSError as error:
            raise InputError(f"`{path.name}` cannot be read: {error.strerror}", code="names_invalid") from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise InputError(
                f"`{path.name}` is no table of names",
                code="names_invalid",
                hint='write {"name": "text", ...} in JSON',
            ) from None
        return cls({name: _answer(value) for name, value in given.items()})

    def lookup(self, names: Iterable[str]) -> Mapping[str, Answer]:
        """See judicial.ports.Names."""
        return {name: self._zone.get(name.lower().rstrip("."), NONE) for name in names}


class NoNames:
    """Answers nothing."""

    def lookup(self, names: Iterable[str]) -> Mapping[str, Answer]:
        """See judicial.ports.Names."""
        return dict.fromkeys(names, UNKNOWN)


def _answer(value: str | list[str] | None) -> Answer:
    if value is None:
        return UNKNOWN
    texts = (value,) if isinstance(value, str) else tuple(value)
    return Answer("found", texts) if texts else NONE
