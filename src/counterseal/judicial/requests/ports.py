# SPDX-License-Identifier: Apache-2.0
"""What the requests need from outside; joined in `wiring`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.judicial.disclosure.model import DeliveryKey
from counterseal.judicial.registry.alarms import Alarm
from counterseal.judicial.registry.model import Authority
from counterseal.judicial.registry.near import Seen
from counterseal.judicial.requests.model import Identifier


class Book(Protocol):
    """The registry of authorities."""

    async def authority(self, authority: str) -> Authority:
        """One, with all that ever was. Raises NotFoundError."""
        ...

    async def counting(self, authority: str, received: int | None, at: int | None = None) -> Authority:
        """As it counts for a request received then. Raises NotFoundError."""
        ...

    async def alarms(self, claimed: Seen, authority: str = "") -> tuple[Alarm, ...]:
        """What the numbers and domains that a request gives resemble in the registry."""
        ...


class Examining(Protocol):
    """The desk's intake of documents."""

    async def examine(self, name: str, *, by: str) -> object:
        """Have a document examined now, unless it was. Raises NotFoundError."""
        ...


class Matches(msgspec.Struct, frozen=True):
    """Accounts that an identifier means. `known`: whether whoever was asked could tell."""

    accounts: tuple[str, ...] = ()
    known: bool = True


class Accounts(Protocol):
    """Whose account an identifier means, and whether an account exists."""

    async def meant(self, identifier: Identifier) -> Matches:
        """The accounts of this identifier."""
        ...

    async def exists(self, account: str) -> bool:
        """Whether there is such an account."""
        ...


class People(Protocol):
    """Members of staff, as far as a request and a conflict of interest need them."""

    async def names(self) -> dict[str, str]:
        """Staff id -> name, of everybody who ever was."""
        ...

    async def owned(self) -> dict[str, str]:
        """Staff id -> the account that this person owns here."""
        ...

    async def active(self, staff: str) -> bool:
        """Whether this person is a member of staff and not disabled."""
        ...

    async def left(self, staff: str) -> bool:
        """Whether this person was a member of staff and is disabled."""
        ...


class Signed(msgspec.Struct, frozen=True):
    """An approval that waits for its second signature: what it is about, and who signed."""

    method: str
    path: str
    body: bytes
    signers: tuple[str, ...]
    open: bool


class Approvals(Protocol):
    """The staff's approvals."""

    async def signed(self, approval: str) -> Signed | None:
        """One as it is now, None where there is none."""
        ...


class PortalAccount(msgspec.Struct, frozen=True):
    """An account of an authority's person at our portal. `confirmed`: when a call-back confirmed it (ms)."""

    account: str
    authority: str
    confirmed: int
    officer: str = ""
    confirmed_by: tuple[str, ...] = ()


class Portals(Protocol):
    """The officer portal."""

    async def account(self, account: str) -> PortalAccount | None:
        """An account that is enrolled and not ended; None otherwise."""
        ...


class Kin(msgspec.Struct, frozen=True):
    """A request that was found to be forged (`reference`) and what another one shares with it: kinds of traits."""

    reference: str
    shares: tuple[str, ...]


class Kindred(Protocol):
    """Who knows what forgeries of one hand share."""

    async def forged_kin(self, request: str) -> tuple[Kin, ...]:
        """The confirmed forgeries that share traits with this request. Raises NotFoundError."""
        ...


class Orders(Protocol):
    """Carries out what an order asks besides data."""

    async def freeze(self, account: str, officers: Sequence[str], request: str) -> None:
        """Freeze an account's outflows by two officers; once for a request, however often this is called."""
        ...


class Policies(Protocol):
    """The policy in force."""

    @property
    def current(self) -> Policy | None:
        """None before one is loaded."""
        ...


class Keys(Protocol):
    """Recipients' keys."""

    def key(self, text: str) -> DeliveryKey:
        """The key that this text is, in its one spelling. Raises InputError for what is none."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...
