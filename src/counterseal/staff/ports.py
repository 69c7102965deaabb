# SPDX-License-Identifier: Apache-2.0
"""What the staff area needs from outside, besides the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from counterseal.core.transaction import Store

Random = Callable[[int], bytes]  # that many bytes nobody can guess: `secrets.token_bytes`
Json = Mapping[str, Any]


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...

    def trusted(self) -> bool:
        """Whether the clock has moved as it should; to look is to notice a jump."""
        ...


class Registered(msgspec.Struct, frozen=True):
    """A registration that verified: the credential's id, what is stored of it, the challenge's nonce."""

    id: bytes
    secret: bytes
    nonce: str


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

    def registration(
        self, staff: str, email: str, name: str, purpose: str, content: Json, known: Sequence[bytes], now: int
    ) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptionsJSON: resident key, user verification; stored `known` are excluded."""
        ...

    def assertion(self, purpose: str, content: Json, allowed: Sequence[bytes], now: int) -> dict[str, Any]:
        """PublicKeyCredentialRequestOptionsJSON with user verification; none allowed = any resident key."""
        ...

    def register(
        self, staff: str, given: Json, challenge: str, purpose: str, content: Json, name: str, now: int
    ) -> Registered:
        """Verify a RegistrationResponseJSON; raises PasskeyFailed."""
        ...

    def check(
        self,
        secret: bytes,
        given: Json,
        challenge: str,
        purpose: str,
        content: Json,
        now: int,
        *,
        named: bool = True,
    ) -> Asserted:
        """Verify an AuthenticationResponseJSON against a stored credential; raises PasskeyFailed. `named`: the user
        was known before; else the answer has to say who."""
        ...

    def credential_of(self, given: Json) -> bytes:
        """The credential id that an assertion names; raises PasskeyFailed."""
        ...


class Parts(msgspec.Struct, frozen=True):
    """The parts that every service of this area works with. `epoch`: the store's, asked anew each time."""

    store: Store
    clock: Clock
    random: Random
    passkeys: Passkeys
    longest: int
    idle: int
    epoch: Callable[[], int]

    def time(self) -> int:
        """The time. First the look at the clock, which notices a jump: that must decide nothing."""
        self.clock.trusted()
        return self.clock.now()


class IdentityFailed(Exception):  # noqa: N818 - a verdict that crosses a port, not an error for callers
    """An identity provider did not name anybody; `code` says why, for the log only."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class IdentityProvider(Protocol):
    """Single sign-on (OpenID Connect Core, code flow with PKCE)."""

    async def start(self, state: str, nonce: str, verifier: str, now: int) -> str:
        """Where to send the browser. Raises IdentityFailed."""
        ...

    async def identify(self, code: str, issuer: str, nonce: str, verifier: str, now: int) -> str:
        """The e-mail address of whoever comes back with this code. Raises IdentityFailed."""
        ...
