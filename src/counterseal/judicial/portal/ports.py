# SPDX-License-Identifier: Apache-2.0
"""What the officers' portal needs from outside, joined in `wiring`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from counterseal.core.transaction import Entry, Store

Json = Mapping[str, Any]


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Registered(msgspec.Struct, frozen=True):
    """A registration that verified, with the user's own verification: the credential's id, what is stored of it."""

    id: bytes
    secret: bytes


class Asserted(msgspec.Struct, frozen=True):
    """An assertion that verified, with the user's own verification: what is stored now, the challenge's nonce."""

    secret: bytes
    nonce: str


class PasskeyFailed(Exception):  # noqa: N818 - a verdict that crosses a port, not an error for callers
    """A ceremony did not pass; `code` says why, for the log only."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Passkeys(Protocol):
    """Ceremonies (W3C WebAuthn L3, sections 7.1 and 7.2). A challenge is bound to `purpose` and to `content`."""

    def registration(self, account: str, name: str, label: str, purpose: str, content: Json, now: int) -> Json:
        """PublicKeyCredentialCreationOptionsJSON: resident key, user verification."""
        ...

    def assertion(self, purpose: str, content: Json, now: int) -> Json:
        """PublicKeyCredentialRequestOptionsJSON with user verification, for any resident key."""
        ...

    def register(
        self, account: str, given: Json, challenge: str, purpose: str, content: Json, name: str, now: int
    ) -> Registered:
        """Verify a RegistrationResponseJSON; raises PasskeyFailed."""
        ...

    def check(self, secret: bytes, given: Json, challenge: str, purpose: str, content: Json, now: int) -> Asserted:
        """Verify an AuthenticationResponseJSON against a stored credential; raises PasskeyFailed."""
        ...

    def credential_of(self, given: Json) -> bytes:
        """The credential id that an assertion names; raises PasskeyFailed."""
        ...


class Staff(Protocol):
    """Our own people."""

    async def active(self, staff: str) -> bool:
        """Whether this person is a member of staff and not disabled."""
        ...


class Parts(msgspec.Struct, frozen=True):
    """What every service of the portal works with. `secret`: links and codes follow from it; `epoch`: the store's;
    `url`: where the portal is opened."""

    store: Store
    clock: Clock
    random: Callable[[int], bytes]
    secret: bytes
    passkeys: Passkeys
    epoch: Callable[[], int]
    url: str
    platform: str = ""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self.clock.now()


def entry(kind: str, at: int, by: str, **facts: str | int | Sequence[str]) -> Entry:
    """A log entry: who did what, never a secret."""
    return Entry(f"portal_{kind}", at, "", msgspec.json.encode({"by": by, **facts}, order="sorted"))
