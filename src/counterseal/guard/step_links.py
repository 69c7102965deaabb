# SPDX-License-Identifier: Apache-2.0
"""One-time links to Counterseal's own pages, on which an owner proves or enrols.

The link is `<id>-<secret>`; only the secret's SHA-256 is stored. The first browser that presses a button on its
page keeps it: every later request must bring that browser's cookie. Times are ms.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from counterseal.core.errors import ConflictError, CountersealError, InputError, NotFoundError
from counterseal.core.transaction import Change, Commit, Entry, Loaded, Store
from counterseal.guard.ports import Clock, Random

KIND: Final = "link"
LIFETIME: Final = 15 * 60_000
SECRET_BYTES: Final = 32
MOST_URL: Final = 2048
VERSION: Final = b"\x01"
_TOKEN = re.compile(r"(?P<id>lnk_[0-9a-f]{24})-(?P<secret>[A-Za-z0-9_-]{43})\Z")

Enrols = Literal["", "passkey", "totp"]


class LinkRefusedError(CountersealError):
    """A link opens nothing. Codes: link_bad, link_expired, link_void, link_elsewhere."""

    code = "link_bad"


class StepLink(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a link is for. `enrol`: what its page enrols before it asks for `rule` with `objects`; `browser`:
    SHA-256 of the cookie of the browser that keeps it; `action`: what is being approved, once it was asked for."""

    id: str
    account: str
    digest: bytes
    return_url: str
    created: int
    epoch: int
    action: str = ""
    enrol: Enrols = ""
    rule: str = ""
    objects: dict[str, str] = {}
    language: str = ""
    browser: bytes = b""

    @property
    def expires(self) -> int:
        """When it opens nothing any more."""
        return self.created + LIFETIME


class LinkCodec:
    """`StepLink` as msgpack behind a version byte."""

    def encode(self, state: Any, /) -> bytes:
        """Version byte and msgpack."""
        return VERSION + msgspec.msgpack.encode(state)

    def decode(self, data: bytes, /) -> StepLink:
        """The link."""
        if data[:1] != VERSION:
            raise ValueError("a stored link has an unknown version")
        return msgspec.msgpack.decode(memoryview(data)[1:], type=StepLink)


class StepLinks:
    """Makes links, opens them, binds them to a browser. `origins`: where owners may be sent back to."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Random,
        *,
        base: str,
        origins: frozenset[str],
        epoch: Callable[[], int],
    ) -> None:
        self._store, self._clock, self._random = store, clock, random
        self.base, self._origins, self._epoch = base, origins, epoch

    async def make(self, link: StepLink) -> tuple[str, StepLink]:
        """The address of a new link, and the link as stored. Raises InputError for a foreign `return_url`."""
        self._check_return(link.return_url)
        now = self._clock.now()
        secret = base64.urlsafe_b64encode(self._random(SECRET_BYTES)).rstrip(b"=").decode()
        made = replace(
            link,
            id=f"lnk_{self._random(12).hex()}",
            digest=_hashed(secret),
            created=now,
            epoch=self._epoch(),
        )
        subject = f"{KIND}:{made.id}"
        commit = Commit(made, (Change(subject, made, _entry("link_made", made, now)),))
        await self._store.transact([subject], lambda _loaded: commit, now=now)
        return f"{self.base}/step/{made.id}-{secret}", made

    async def open(self, token: str, cookie: str) -> StepLink:
        """The link behind a token, for the browser with this cookie. Raises LinkRefusedError."""
        read = _TOKEN.match(token)
        found = await self._store.read(f"{KIND}:{read['id']}") if read else None
        if read is None or not isinstance(found, StepLink):
            raise LinkRefusedError("this link is not one of ours or was cut short")
        if not hmac.compare_digest(found.digest, _hashed(read["secret"])):
            raise LinkRefusedError("this link is not one of ours or was cut short")
        now = self._clock.now()
        if found.epoch != self._epoch():
            raise LinkRefusedError("this link was made before the service was restored", code="link_void")
        if not found.created <= now < found.expires:
            raise LinkRefusedError("this link has expired", code="link_expired")
        _check_browser(found, _hashed(cookie))
        return found

    async def bind(self, link: StepLink, cookie: str) -> StepLink:
        """From now on the link is this browser's. Raises LinkRefusedError when another one was first."""
        browser = _hashed(cookie)

        def change(current: StepLink) -> StepLink:
            _check_browser(current, browser)
            return replace(current, browser=browser)

        return link if link.browser else await self._change(link, change, "link_opened")

    async def asked(self, link: StepLink, action: str) -> StepLink:
        """The enrolment was asked for: the link goes on with that action, and with no other."""

        def change(current: StepLink) -> StepLink:
            if current.action and current.action != action:
                raise ConflictError("this link has asked already", code="link_used")
            return replace(current, action=action)

        return await self._change(link, change, "link_asked")

    def _check_return(self, url: str) -> None:
        origin = "/".join(url.split("/", 3)[:3])
        if len(url) > MOST_URL or not url.isprintable() or origin not in self._origins or "#" in url:
            raise InputError(
                "`return_url` does not lead to an address that is allowed",
                code="return_url_foreign",
                hint="name its origin in the setting `return_origins`",
            )

    async def _change(self, link: StepLink, change: Callable[[StepLink], StepLink], kind: str) -> StepLink:
        subject, now = f"{KIND}:{link.id}", self._clock.now()

        def function(loaded: Loaded) -> Commit[StepLink]:
            current = loaded.states[subject]
            if not isinstance(current, StepLink):
                raise NotFoundError("there is no such link", code="unknown_link")
            after = change(current)
            if after == current:
                return Commit(current)
            return Commit(after, (Change(subject, after, _entry(kind, after, now)),))

        return (await self._store.transact([subject], function, now=now)).result


def with_result(url: str, action: str, state: str) -> str:
    """The address to send the owner back to. Nothing secret is in it."""
    return f"{url}{'&' if '?' in url else '?'}counterseal={action}&state={state}"


def _entry(kind: str, link: StepLink, now: int) -> Entry:
    payload = msgspec.json.encode({"link": link.id, "account": link.account, "action": link.action})
    return Entry(kind, now, "", payload)


def _hashed(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _check_browser(link: StepLink, browser: bytes) -> None:
    if link.browser and not hmac.compare_digest(link.browser, browser):
        raise LinkRefusedError("this link was opened in another browser", code="link_elsewhere")
