# SPDX-License-Identifier: Apache-2.0
"""What a disclosure needs from outside: the data, the encryption, and the owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from counterseal.core.transaction import Change, Loaded
from counterseal.judicial.disclosure.model import DeliveryKey, Disclosure
from counterseal.judicial.requests.model import JudicialRequest, Window


class Wanted(msgspec.Struct, frozen=True):
    """One field of one account, in a window where it has one."""

    account: str
    name: str
    window: Window | None = None


class File(msgspec.Struct, frozen=True):
    """A picture or a document of the platform."""

    name: str
    media_type: str
    data: bytes


Row = Mapping[str, str]
Value = str | tuple[Row, ...] | tuple[File, ...]


class Got(msgspec.Struct, frozen=True):
    """What the platform has of one field: text, rows (`at`: ms, where the field has a time), or files. Missing:
    it has none."""

    account: str
    name: str
    text: str = ""
    rows: tuple[dict[str, str], ...] = ()
    files: tuple[File, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing."""
        return not (self.text or self.rows or self.files)


class PlatformData(Protocol):
    """The platform's records. It authenticates us and we authenticate it."""

    async def fetch(self, wanted: tuple[Wanted, ...], *, request: str, purpose: str) -> tuple[Got, ...]:
        """What it has of these fields, and of no others. `purpose`: preview or disclosure; `request`: for its log.

        Raises PlatformError (503) when it does not answer, or not as it should.
        """
        ...


class Sealer(Protocol):
    """Encrypts to a recipient's key."""

    def key(self, text: str) -> DeliveryKey:
        """The key that this text is. Raises DeliveryKeyError."""
        ...

    def encrypt(self, data: bytes, key: DeliveryKey) -> bytes:
        """`data` for the holder of `key` alone. Raises DeliveryKeyError if the key cannot be used (any more)."""
        ...


class Notice(msgspec.Struct, frozen=True):
    """What owners are told. `template`: of the notices' catalogues."""

    id: str
    template: str
    facts: dict[str, str]


class Owners(Protocol):
    """The accounts' owners."""

    def keys(self, account: str) -> tuple[str, ...]:
        """What has to be loaded to tell this owner."""
        ...

    def told(self, loaded: Loaded, account: str, notice: Notice, now: int) -> tuple[Change, ...]:
        """The changes that tell this owner, once under the notice's id; none for an account that was erased."""
        ...


class Exposures(Protocol):
    """The guard's side of a disclosure."""

    async def disclosed(self, disclosure: Disclosure) -> None:
        """From now on these values prove nothing for their accounts. Idempotent by the disclosure's id."""
        ...


class Releases(Protocol):
    """The requests' side: whether the policy releases this one now."""

    async def check_release(self, request: str) -> None:
        """Raise ConflictError unless it does, on the evidence as it stands."""
        ...

    def gate(self, request: JudicialRequest, now: int) -> tuple[str, ...]:
        """Who approved it. Raises ConflictError unless the policy still releases this very request at `now` (ms).

        Pure over the request: it is called inside commits.
        """
        ...

    def delivery_key(self, request: JudicialRequest, now: int) -> str:
        """The key that the policy lets its data be encrypted to; empty = none yet. Raises ConflictError."""
        ...

    def silence_limit(self, request: JudicialRequest, start: int) -> int | None:
        """Until when at most (ms) its rule pack lets a silence last that begins then; None = not at all."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...
