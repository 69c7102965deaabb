# SPDX-License-Identifier: Apache-2.0
"""Joins what follows a judicial request to the guard's accounts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from counterseal.core.account import Suspicion
from counterseal.core.transaction import Idempotency
from counterseal.guard.accounts import Accounts
from counterseal.guard.model import Done
from counterseal.judicial.followup.ports import Once

SCOPE: Final = "desk_followup"


class GuardShields:
    """See judicial.followup.ports.Shields."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def suspect(self, account: str, suspicion: Suspicion, once: Once) -> None:
        """See Shields."""
        await self._accounts.suspect_as(account, suspicion, _idempotency(once, account))

    async def clear(self, account: str, suspicion: str, officers: Sequence[str], once: Once) -> None:
        """See Shields."""
        await self._accounts.clear(account, suspicion, officers, _idempotency(once, account))

    async def end_sessions(
        self, account: str, officers: Sequence[str], reason: str, identity: str, once: Once
    ) -> None:
        """See Shields."""
        done = _idempotency(once, account)
        await self._accounts.end_sessions(account, officers, reason, done, identity=identity)


def _idempotency(once: Once, account: str) -> Idempotency:
    """Each step is one write under its own key; a repetition is answered from the first."""
    body = hashlib.sha256(f"{once.key}\n{account}".encode()).digest()
    return Idempotency(SCOPE, once.key, body, Done, once.joined)
