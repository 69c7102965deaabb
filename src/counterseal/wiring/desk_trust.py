# SPDX-License-Identifier: Apache-2.0
"""What a document is checked against: the folders of the machine, and the registry that officers keep."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec

from counterseal.judicial.model import Context
from counterseal.judicial.registry.service import Registry


class FoldersAndRegistry:
    """See judicial.ports.Trusted. Of the registry only what counts for a request received then."""

    def __init__(self, folders: Callable[[int], tuple[str, Context]], registry: Registry) -> None:
        self._folders, self._registry = folders, registry

    async def __call__(self, received: int) -> tuple[str, Context]:
        """The digest of both, and both."""
        digest, context = self._folders(received)
        kept, entries = await self._registry.registered(received)
        if not entries:
            return digest, context
        both = msgspec.structs.replace(context, registry=(*context.registry, *entries))
        return hashlib.sha256(f"{digest} {kept}".encode()).hexdigest(), both
