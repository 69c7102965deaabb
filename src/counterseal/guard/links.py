# SPDX-License-Identifier: Apache-2.0
"""One-time links by which the platform sends an owner to Counterseal's own pages, as pure functions.

A token names its account and its link and carries a tag under a key of its own, so that neither the store nor a
guess gives one away. The first browser that acts has the link to itself. Times are ms since the epoch.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec.structs import replace

from counterseal.core.errors import InputError

MINUTE: Final = 60_000
FIRST_USE: Final = 10 * MINUTE
"""A link that no browser has acted on lives this long."""
WHOLE_LIFE: Final = 30 * MINUTE
"""From its making, once a browser has it: as long as an open action."""
MOST: Final = 16
"""Links kept for one account; a new one takes the place of the oldest."""
MOST_URL: Final = 2048
MOST_TOKEN: Final = 512
KEY_BYTES: Final = 32
_TAG_BYTES: Final = 16
_VERSION: Final = 1
_LABEL: Final = b"counterseal owner link v1\x00"
_BACK: Final = ("counterseal", "state")


class LinkClosedError(InputError):
    """A link that opens nothing: link_bad, link_expired, link_elsewhere (another browser has it) or link_void."""

    code = "link_bad"


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """One link. `action`: what is approved; for an enrolment it is there once it was asked for.

    `factor`, `ask`: what is enrolled, and the request (JSON of RequestGiven) that will bind it. `browser`: SHA-256
    of the cookie of the browser that acted first. `closed`: the owner turned back before there was an action.
    """

    id: str
    return_url: str
    created: int
    epoch: int
    language: str = ""
    action: str = ""
    factor: str = ""
    ask: bytes = b""
    browser: bytes = b""
    closed: bool = False

    @property
    def expires(self) -> int:
        """When it opens nothing any more (ms)."""
        return self.created + (WHOLE_LIFE if self.browser else FIRST_USE)


class Links(msgspec.Struct, frozen=True):
    """The links of one account, oldest first."""

    items: tuple[Link, ...] = ()

    def find(self, identity: str) -> Link | None:
        """The link with this id."""
        return next((each for each in self.items if each.id == identity), None)

    def with_link(self, link: Link, now: int) -> Links:
        """With this link put in (or in its old place), without those that have expired; at most MOST."""
        if self.find(link.id) is not None:
            return Links(tuple(link if each.id == link.id else each for each in self.items))
        live = [each for each in self.items if now < each.expires]
        return Links((*live[-(MOST - 1) :], link))


def subject_of_links(account: str) -> str:
    """The store's subject of an account's links."""
    return f"link:{account}"


def browser_of(cookie: str) -> bytes:
    """What is kept of a browser's cookie: its SHA-256."""
    return hashlib.sha256(cookie.encode()).digest()


def check_open(link: Link | None, browser: bytes, now: int, epoch: int) -> Link:
    """The link, if this browser may look at it. Raises LinkClosedError."""
    if link is None:
        raise LinkClosedError("this link is not one of ours or is long over")
    if link.epoch != epoch:
        raise LinkClosedError("this link was made before the service was restored", code="link_void")
    if link.browser and not hmac.compare_digest(link.browser, browser):
        raise LinkClosedError("this link was opened in another browser", code="link_elsewhere")
    if now >= link.expires:
        raise LinkClosedError("this link has expired", code="link_expired")
    return link


def bound_to(browser: bytes) -> Callable[[Link], Link]:
    """The change by which the first browser that acts has the link to itself."""
    return lambda link: link if link.browser else replace(link, browser=browser)


def make_token(account: str, identity: str, key: bytes) -> str:
    """The end of a link's address. `key`: 32 bytes or more, used for nothing else (ValueError)."""
    body = msgspec.msgpack.encode((_VERSION, account, identity))
    return _spelled(body + _tag(body, key))


def read_token(token: str, *keys: bytes) -> tuple[str, str]:
    """(account, link id) of a token with a true tag under one of `keys`, in the one spelling that `make_token`
    writes."""
    bad = LinkClosedError("this link is not one of ours or was cut short")
    if len(token) > MOST_TOKEN or not token.isascii():
        raise bad
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise bad from None
    body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    held = [hmac.compare_digest(tag, _tag(body, key)) for key in keys]  # each: no early end
    if not any(held) or _spelled(raw) != token:
        raise bad
    version, account, identity = msgspec.msgpack.decode(body, type=tuple[int, str, str])
    if version != _VERSION:
        raise bad
    return account, identity


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _tag(body: bytes, key: bytes) -> bytes:
    if len(key) < KEY_BYTES:
        raise ValueError(f"the link key has {len(key)} bytes; it needs {KEY_BYTES} or more")
    return hmac.digest(key, _LABEL + body, hashlib.sha256)[:_TAG_BYTES]


def check_return(url: str, origins: frozenset[str]) -> str:
    """An address to which an owner may be sent back: of one of these origins, whole. Raises InputError."""
    if len(url) > MOST_URL or not url.isascii() or any(sign <= " " or sign in "\\\x7f" for sign in url):
        raise InputError(
            "the return address is not a plain URL of at most 2048 characters", code="return_url_foreign"
        )
    try:
        parts = urlsplit(url)
        found = origin_of(url)
    except ValueError:
        raise InputError("the return address is not a URL", code="return_url_foreign") from None
    if found not in origins:
        hint = "Name its origin in the setting `return_origins`."
        raise InputError("owners may not be sent back to this origin", code="return_url_foreign", hint=hint)
    names = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if parts.fragment or parts.username is not None or names & set(_BACK):
        raise InputError("the return address has a fragment, a user or one of our names", code="return_url_foreign")
    return url


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL without a default port (RFC 6454, section 4); ValueError if it has none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("no origin")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" if parts.port in {None, usual} else f"{parts.scheme}://{host}:{parts.port}"


def way_back(link: Link, state: str) -> str:
    """The return address with the result; nothing secret is in it."""
    parts = urlsplit(link.return_url)
    given = ({"counterseal": link.action} if link.action else {}) | {"state": state}
    query = "&".join(part for part in (parts.query, urlencode(given)) if part)
    return urlunsplit(parts._replace(query=query))
