# SPDX-License-Identifier: Apache-2.0
"""Keys of the platform's auth service: kept in the store, read by the verifiers at once when one comes or goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from counterseal.access import model as access_model
from counterseal.access.service import AccessService
from counterseal.core.transaction import Committed
from counterseal.factors.attestation import AttestationKey
from counterseal.sdk import jwk
from counterseal.wiring.verifiers import attestation_key


@dataclass(slots=True)
class AttestationKeys:
    """Registered keys by kid, read again when one is registered or revoked."""

    access: AccessService
    keys: dict[str, AttestationKey] = field(default_factory=dict)

    async def load(self) -> int:
        """Read them all from the store."""
        fresh: dict[str, AttestationKey] = {}
        after = ""
        while page := await self.access.keys(after=after):
            for key in page:
                public = jwk.raw_from_jwk(key.jwk)
                fresh[key.id] = attestation_key(key.id, key.platform, public, key.created, key.revoked)
            after = page[-1].id
        self.keys.update(fresh)  # first the new ones: the store's thread may be verifying
        for gone in set(self.keys) - set(fresh):
            del self.keys[gone]
        return 0


class WatchedAccess(AccessService):
    """Access that tells the verifiers at once when a key comes or goes (other processes: within 2 s)."""

    changed: Callable[[], Awaitable[int]] | None = None

    async def register_key(self, **given: Any) -> Committed[access_model.AttestationKey]:
        """See AccessService."""
        done = await super().register_key(**given)
        if self.changed is not None:
            await self.changed()
        return done

    async def revoke_key(self, key_id: str, **given: Any) -> Committed[access_model.AttestationKey]:
        """See AccessService."""
        done = await super().revoke_key(key_id, **given)
        if self.changed is not None:
            await self.changed()
        return done
