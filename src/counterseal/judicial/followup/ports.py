# SPDX-License-Identifier: Apache-2.0
"""What the follow-up does outside the desk; joined in `wiring`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from counterseal.core.account import Suspicion
from counterseal.core.transaction import Joined
from counterseal.judicial.followup.model import Act


class Once(msgspec.Struct, frozen=True):
    """Makes a step count once: `key` names it, `joined` is committed with it or not at all."""

    key: str
    joined: Joined


class Shields(Protocol):
    """Accounts as the guard keeps them. Each call is one transaction with what `once` joins to it.

    All raise NotFoundError `unknown_account` for an account that does not exist (any more).
    """

    async def suspect(self, account: str, suspicion: Suspicion, once: Once) -> None:
        """Raise a suspicion. ConflictError `suspicion_exists` where it stands already."""
        ...

    async def clear(self, account: str, suspicion: str, officers: Sequence[str], once: Once) -> None:
        """Two officers withdraw one. NotFoundError `unknown_suspicion` where it is gone."""
        ...

    async def end_sessions(
        self, account: str, officers: Sequence[str], reason: str, identity: str, once: Once
    ) -> None:
        """Two officers end every session; the owner is told."""
        ...


class Owners(Protocol):
    """Who tells owners of a disclosure."""

    async def tell(self, disclosure: str, *, reason: str) -> object:
        """Tell each owner now, once, whatever the silence says."""
        ...


class Forgeries(Protocol):
    """Who works on incidents."""

    async def confirmed(self, act: Act, reference: str) -> None:
        """Two officers found a request forged: a case for it, once. `act`: what follows for which accounts."""
        ...


class Warned(Protocol):
    """Who works on requests."""

    async def warned(self, request: str) -> None:
        """A forgery that shares traits with this request was confirmed: look at it again. Once is enough."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...
