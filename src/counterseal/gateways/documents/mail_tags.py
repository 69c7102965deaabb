# SPDX-License-Identifier: Apache-2.0
"""Tag lists of DKIM signatures, DKIM keys, ARC and DMARC, by the grammar of RFC 6376 section 3.2 and nothing else.

A NUL, a quote or a bracket in `d=` or `s=` makes one program look up a key where another reads a different domain.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

import msgspec

MOST_TAGS: Final = 64
MOST_BYTES: Final = 16_384
MOST_FIELDS: Final = 200  # in h=
_BLANKS: Final = " " * 256  # the library's expressions take time with the square of such a run
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VALUE: Final = re.compile(r"[!-:<-~]*(?:[ \t]+[!-:<-~]+)*")
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_COUNT: Final = re.compile(r"[0-9]{1,12}")
_FIELDS: Final = re.compile(r"[!-9;-~]+(?::[!-9;-~]+)*")


class TagError(Exception):
    """No list of tags, or a tag's value is not what it must be; the message says which."""


class Signature(msgspec.Struct, frozen=True):
    """The tags of a DKIM signature (RFC 6376 section 3.5). `signed`, `expires`: ms since the epoch."""

    algorithm: str
    canonical: tuple[str, str]
    domain: str
    selector: str
    identity: str
    fields: tuple[str, ...]
    body_length: int | None
    signed: int | None
    expires: int | None
    tags: dict[str, str]

    @property
    def key_name(self) -> str:
        """Where its key is in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


class Key(msgspec.Struct, frozen=True):
    """A DKIM key record (RFC 6376 section 3.6.1). `public`: empty = revoked."""

    kind: str
    public: bytes
    flags: frozenset[str]
    hashes: frozenset[str] | None
    services: frozenset[str]


def tags(text: str) -> dict[str, str]:
    """Tag names and values of an unfolded list. Raises TagError."""
    if len(text) > MOST_BYTES or _BLANKS in text:
        raise TagError("it is too long")
    parts = text.split(";")
    if not parts[-1].strip(" \t"):
        parts.pop()
    if not 0 < len(parts) <= MOST_TAGS:
        raise TagError("it has no tags, or too many")
    found: dict[str, str] = {}
    for part in parts:
        name, equals, value = (each.strip(" \t") for each in part.partition("="))
        if not equals or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise TagError(f"`{part.strip()[:40]}` is no tag")
        if name in found:
            raise TagError(f"{name}= stands twice")
        found[name] = value
    return found


def signature(text: str) -> Signature:
    """A DKIM-Signature field's value. Raises TagError."""
    found = tags(text)
    missing = [name for name in ("v", "a", "b", "bh", "d", "h", "s") if not found.get(name)]
    if missing:
        raise TagError(f"{missing[0]}= is missing")
    if found["v"] != "1" or found.get("q", "dns/txt") != "dns/txt":
        raise TagError("it is of another version or kind")
    for name in ("b", "bh"):
        decoded(found[name], f"{name}=")
    domain, selector = host(found["d"], "d="), host(found["s"], "s=")
    fields = re.sub(r"[ \t]", "", found["h"]).lower()
    if not _FIELDS.fullmatch(fields) or fields.count(":") >= MOST_FIELDS:
        raise TagError("h= is no list of field names")
    if "from" not in fields.split(":"):
        raise TagError("h= does not name From")
    return Signature(
        algorithm=found["a"].lower(),
        canonical=_canonical(found.get("c", "simple/simple")),
        domain=domain,
        selector=selector,
        identity=_identity(found.get("i", f"@{domain}"), domain),
        fields=tuple(fields.split(":")),
        body_length=_count(found, "l"),
        signed=_time(found, "t"),
        expires=_time(found, "x"),
        tags=found,
    )


def key(text: str) -> Key:
    """A key record. Raises TagError."""
    found = tags(text)
    if found.get("v", "DKIM1") != "DKIM1" or ("v" in found and next(iter(found)) != "v"):
        raise TagError("it is no DKIM key")
    if "p" not in found:
        raise TagError("p= is missing")
    return Key(
        found.get("k", "rsa").lower(),
        decoded(found["p"], "p="),
        frozenset(_listed(found.get("t", ""))),
        frozenset(_listed(found["h"])) if "h" in found else None,
        frozenset(_listed(found.get("s", "*"))),
    )


def host(value: str, what: str) -> str:
    """A domain name or selector in lower case. Raises TagError."""
    if not _HOST.fullmatch(value):
        raise TagError(f"{what} is no domain name")
    return value.lower()


def decoded(value: str, what: str) -> bytes:
    """Base64 with blanks between. Raises TagError."""
    try:
        return base64.b64decode(re.sub(r"[ \t]", "", value), validate=True)
    except (binascii.Error, ValueError):
        raise TagError(f"{what} is no base64") from None


def _canonical(value: str) -> tuple[str, str]:
    header, _, body = value.lower().partition("/")
    body = body or "simple"
    if header not in {"simple", "relaxed"} or body not in {"simple", "relaxed"}:
        raise TagError("c= is unknown")
    return header, body


def _identity(value: str, domain: str) -> str:
    """RFC 6376 section 3.5: of the same domain or below it."""
    _, at, behind = value.rpartition("@")
    name = host(behind, "i=") if at else ""
    if name != domain and not name.endswith(f".{domain}"):
        raise TagError("i= is not within d=")
    return name


def _count(found: dict[str, str], name: str) -> int | None:
    if name not in found:
        return None
    if not _COUNT.fullmatch(found[name]):
        raise TagError(f"{name}= is no number")
    return int(found[name])


def _time(found: dict[str, str], name: str) -> int | None:
    seconds = _count(found, name)
    return None if seconds is None else seconds * 1000


def _listed(value: str) -> list[str]:
    return [each for part in value.split(":") if (each := part.strip(" \t").lower())]
