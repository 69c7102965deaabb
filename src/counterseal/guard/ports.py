# SPDX-License-Identifier: Apache-2.0
"""What the guard needs from outside: the policy in force, prices, verifiers of proofs, chance and time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from counterseal.core.account import Action, Instance, State
from counterseal.core.policy.model import Policy


class PolicySource(Protocol):
    """The policy in force, as this process knows it."""

    @property
    def current(self) -> Policy:
        """The policy that decides."""
        ...

    @property
    def switches(self) -> int:
        """How many switches there had been when it was loaded (`Platform.switches`)."""
        ...

    async def follow(self, digest: str, switches: int) -> None:
        """Another process put the version with this digest in force: load it. Raises where it cannot be read."""
        ...


class Clock(Protocol):
    """Time. `trusted` is False after a jump: outflows stop, nothing is shortened."""

    @property
    def simulated(self) -> bool:
        """Whether this clock is set by hand (seals are then marked `test`)."""
        ...

    def now(self) -> int:
        """Ms since the epoch."""
        ...

    def trusted(self) -> bool:
        """Whether the clock has moved as it should."""
        ...


class Price(msgspec.Struct, frozen=True):
    """What one unit of an asset is worth in the accounting currency, where from, and when."""

    asset: str
    value: Decimal
    at: int
    source: str


class Prices(Protocol):
    """The price port. None or a stale price means hold."""

    def price(self, asset: str) -> Price | None:
        """The latest price known."""
        ...


class Question(msgspec.Struct, frozen=True):
    """A proof to verify: for which action and which enrolled instances of `factor`."""

    state: State
    action: Action
    factor: str
    instances: tuple[Instance, ...]
    answer: str
    challenge: str | None
    now: int
    epoch: int


class Verified(msgspec.Struct, frozen=True):
    """The proof holds. `token` makes it single use; `step` / `used` is what its instance must remember."""

    instance: str
    token: str
    method: str
    step: int | None = None
    used: int | None = None


class Refused(msgspec.Struct, frozen=True):
    """The proof does not hold. `reason` is for staff only. `instance`: whose failure it counts as."""

    instance: str
    reason: str


class Sent(msgspec.Struct, frozen=True):
    """A new code: the code itself (for the message only) and the digest that is kept."""

    code: str
    digest: bytes
    expires: int


class Verifier(Protocol):
    """Verifies proofs of one factor class. Pure: it gets everything as arguments."""

    @property
    def sends_codes(self) -> bool:
        """Whether a challenge sends a code first."""
        ...

    def verify(self, question: Question) -> Verified | Refused:
        """Check an answer."""
        ...

    def issue(self, challenge: str, instance: Instance, now: int, epoch: int) -> Sent:
        """Make a code for a challenge."""
        ...


class Verifiers(Protocol):
    """The verifier for each factor class, or None where this platform has none."""

    def get(self, factor: str) -> Verifier | None:
        """The verifier of a factor class."""
        ...


class Throttle(Protocol):
    """Whether another answer, or another code, is admitted; raises ThrottledError."""

    def admit(self, state: State, instance: str, source: str, known: bool, now: int) -> None:  # noqa: FBT001
        """Per factor and per source, from the account's own failures."""
        ...

    def admit_code(self, sent: Sequence[int], known: bool, now: int) -> None:  # noqa: FBT001
        """Another code to one contact. `sent`: when earlier ones went out (ms), asked for by the same kind of
        device."""
        ...


Random = Callable[[int], bytes]
"""n random bytes."""
