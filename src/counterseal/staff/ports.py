# SPDX-License-Identifier: Apache-2.0
"""What the staff area needs from outside, besides the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

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
    """Ceremonies (W3C WebAuthn L3, sections 7.1 and 7.2); `bound` is what the challenge stands for (32 bytes)."""

    def registration(
        self, user: bytes, email: str, name: str, purpose: str, bound: bytes, known: Sequence[bytes], now: int
    ) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptionsJSON: resident key, user verification; `known` are excluded."""
        ...

    def assertion(self, purpose: str, bound: bytes, allowed: Sequence[bytes], now: int) -> dict[str, Any]:
        """PublicKeyCredentialRequestOptionsJSON with user verification; none allowed = any resident key."""
        ...

    def register(self, given: Json, challenge: str, purpose: str, bound: bytes, now: int) -> Registered:
        """Verify a RegistrationResponseJSON; raises PasskeyFailed."""
        ...

    def check(
        self, secret: bytes, given: Json, challenge: str, purpose: str, bound: bytes, now: int
    ) -> Asserted:
        """Verify an AuthenticationResponseJSON against a stored credential; raises PasskeyFailed."""
        ...

    def credential_of(self, given: Json) -> bytes:
        """The credential id that a response names; raises PasskeyFailed."""
        ...

    def user_of(self, given: Json) -> bytes | None:
        """The user handle that a response carries; raises PasskeyFailed."""
        ...
