# SPDX-License-Identifier: Apache-2.0
"""The log of the store in memory (audit.ports.LogStore)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from counterseal.audit.model import LogEntry, LogInconsistentError, SignedCheckpoint
from counterseal.core import leaf, merkle
from counterseal.core.transaction import StoredEntry


class MemoryLog:
    """Leaves, tree nodes and checkpoints in lists and dictionaries."""

    def __init__(self) -> None:
        self.tree = merkle.CompactRange()
        self.stored: list[StoredEntry] = []
        self._log: list[LogEntry] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._checkpoints: dict[int, SignedCheckpoint] = {}

    def append(self, data: leaf.LeafData, salt: bytes, entry: StoredEntry) -> None:
        """Add one entry with its own salt."""
        digest = merkle.leaf_hash(leaf.encode_leaf(data))
        self.tree, nodes = merkle.append(self.tree, [digest])
        self._nodes.update(((level, index), value) for level, index, value in nodes)
        self._log.append(LogEntry(data, digest, entry.payload, salt))
        self.stored.append(entry)

    def forget(self, subject: str) -> None:
        """Drop payloads and salts of one subject; its leaves stay."""
        for position, entry in enumerate(self.stored):
            if entry.subject == subject:
                self.stored[position] = msgspec.structs.replace(entry, payload=None)
                self._log[position] = msgspec.structs.replace(self._log[position], payload=None, salt=None)

    async def size(self) -> int:
        """How many entries the log has."""
        return self.tree.size

    async def root(self) -> tuple[int, bytes]:
        """Size and Merkle root."""
        return self.tree.size, merkle.root(self.tree)

    async def nodes(self, ids: Sequence[tuple[int, int]], /) -> Mapping[tuple[int, int], bytes]:
        """Nodes (level, index) -> hash; raises LogInconsistentError when one is missing."""
        missing = [node for node in ids if node not in self._nodes]
        if missing:
            raise LogInconsistentError(f"the node {missing[0]} is missing")
        return {node: self._nodes[node] for node in ids}

    async def entries(self, first: int, limit: int, *, opened: bool) -> list[LogEntry]:
        """Up to `limit` entries from `first` on; `opened`: with payload and entry salt unless erased."""
        found = self._log[first : first + limit]
        return found if opened else [LogEntry(entry.leaf, entry.digest) for entry in found]

    async def leaves(self, first: int, limit: int) -> list[bytes]:
        """The bytes that the tree hashes, of up to `limit` entries from `first` on."""
        return [leaf.encode_leaf(entry.leaf) for entry in self._log[first : first + limit]]

    async def checkpoints(self, after: int, limit: int) -> list[SignedCheckpoint]:
        """Checkpoints with a size above `after`, by size."""
        return [self._checkpoints[size] for size in sorted(self._checkpoints) if size > after][:limit]

    async def latest_checkpoint(self) -> SignedCheckpoint | None:
        """The checkpoint of the largest size; None before the first."""
        return self._checkpoints[max(self._checkpoints)] if self._checkpoints else None

    async def add_checkpoint(
        self, checkpoint: SignedCheckpoint, /, *, after: SignedCheckpoint | None
    ) -> SignedCheckpoint:
        """See the port."""
        newest = await self.latest_checkpoint()
        if newest is not None and newest != after:
            return newest
        self._checkpoints[checkpoint.checkpoint.size] = checkpoint
        return checkpoint
