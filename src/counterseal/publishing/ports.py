# SPDX-License-Identifier: Apache-2.0
"""What publishing needs from outside: time, chance, policies as they decide, the prover, the guard's record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Store, StoredEntry
from counterseal.prover.history import Past
from counterseal.publishing.model import Verdict, Version

Read = Callable[[str, str | None], tuple[Policy, str]]
"""Policy text and vocabulary text (None = the shipped one) -> the policy, and the vocabulary's text. Raises
PolicyError with spans."""

Examine = Callable[[Version, Version], Awaitable[Verdict]]
"""The verdict on the second version, against the first one, which is in force. Raises UnavailableError."""

ReadRecord = Callable[[StoredEntry], Past | None]
"""What an entry says of an account's input; None = it is none, or it is erased."""


class Loader(Protocol):
    """Versions as policies that decide."""

    async def load(self, digest: str) -> Policy:
        """The policy of a version, with what it carries; raises NotFoundError."""
        ...


class Parts(msgspec.Struct, frozen=True):
    """What every service of the area works with. `now`: ms; `random`: n bytes; `cpu`: seconds that were worked."""

    store: Store
    now: Callable[[], int]
    random: Callable[[int], bytes]
    read: Read
    loader: Loader
    examine: Examine
    record: ReadRecord
    cpu: Callable[[], float]
