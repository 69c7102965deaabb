# SPDX-License-Identifier: Apache-2.0
"""The policy in force in this process, and the subject that tells all processes which one that is."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from counterseal.core.errors import UnavailableError
from counterseal.core.platform import PLATFORM, Platform
from counterseal.core.policy.model import Policy
from counterseal.core.transaction import Change, Commit, Loaded, Store


@dataclass(slots=True)
class Policies:
    """The policy in force."""

    current: Policy

    async def follow(self, digest: str) -> None:
        """Load the version that another process put in force; UnavailableError where this one cannot."""
        raise UnavailableError(
            f"the policy {digest[:12]} is in force and this process does not have it",
            code="policy_missing",
            hint="Start it again with the settings of the others.",
        )


class _Made(msgspec.Struct, frozen=True):
    """Nothing to say."""


async def open_platform(store: Store, now: int) -> None:
    """Make the platform's subject at the first start: what is there is found in memory, what is not is looked for
    in the database by every transaction."""
    if await store.read(PLATFORM) is not None:
        return

    def function(loaded: Loaded) -> Commit[_Made]:
        there = loaded.states.get(PLATFORM) is not None
        return Commit(_Made(), () if there else (Change(PLATFORM, Platform()),))

    await store.transact([PLATFORM], function, now=now)
