# SPDX-License-Identifier: Apache-2.0
"""A log in memory behind the audit ports, and a builder that fills it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from counterseal.audit.keys import Ed25519Signer
from counterseal.audit.model import LogEntry, LogInconsistentError, SignedCheckpoint
from counterseal.audit.service import LogService
from counterseal.core.leaf import LeafData, commit, encode_leaf, entry_salt, pseudonym
from counterseal.core.merkle import CompactRange, append, leaf_hash

START = 1_717_891_200_000  # 2024-06-09 00:00 UTC
STEP = 1_000  # ms between two entries
ORIGIN = "log.example/counterseal"
SIGNER = Ed25519Signer.from_seed(ORIGIN, hashlib.sha256(b"log key").digest())
OTHER_SIGNER = Ed25519Signer.from_seed(ORIGIN, hashlib.sha256(b"another key").digest())


class MemoryLog:
    """Entries, tree nodes and checkpoints in lists and dicts; the port of a store, without one."""

    def __init__(self) -> None:
        self.log: list[LogEntry] = []
        self.tree = CompactRange()
        self.node: dict[tuple[int, int], bytes] = {}
        self.signed: dict[int, SignedCheckpoint] = {}
        self.newest: SignedCheckpoint | None = None

    def add(self, entries: Sequence[LogEntry]) -> None:
        self.log += entries
        self.tree, nodes = append(self.tree, [entry.digest for entry in entries])
        self.node.update({(level, index): digest for level, index, digest in nodes})

    async def size(self) -> int:
        return self.tree.size

    async def nodes(self, ids: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
        try:
            return {node: self.node[node] for node in ids}
        except KeyError as error:
            raise LogInconsistentError(f"the node {error} is missing") from error

    async def entries(self, first: int, limit: int, *, opened: bool) -> Sequence[LogEntry]:
        found = [entry for entry in self.log if entry.leaf.seq >= first][:limit]
        return found if opened else [LogEntry(entry.leaf, entry.digest) for entry in found]

    async def checkpoints(self, after: int, limit: int) -> Sequence[SignedCheckpoint]:
        return [self.signed[size] for size in sorted(self.signed) if size > after][:limit]

    async def latest_checkpoint(self) -> SignedCheckpoint | None:
        return self.newest

    async def add_checkpoint(
        self, checkpoint: SignedCheckpoint, *, after: SignedCheckpoint | None
    ) -> SignedCheckpoint:
        if self.newest in {None, after}:
            self.signed[checkpoint.checkpoint.size] = self.newest = checkpoint
        assert self.newest is not None
        return self.newest


def make_entry(seq: int, *, kind: str = "", erased: bool = False) -> LogEntry:
    """Entry `seq` of one of five subjects; every third one in Chinese."""
    salt = hashlib.sha256(b"salt %d" % (seq % 5)).digest()
    payload = f'{{"账户":"u{seq % 5}","amount":"{seq}.5"}}'.encode()
    own = entry_salt(salt, seq)
    kind = kind or ("提款" if seq % 3 == 0 else "withdraw.asked")
    leaf = LeafData(seq, START + seq * STEP, pseudonym(salt), kind, "sha256:" + "ab" * 32, commit(own, payload))
    digest = leaf_hash(encode_leaf(leaf))
    return LogEntry(leaf, digest) if erased else LogEntry(leaf, digest, payload, own)


async def make_log(
    size: int,
    *,
    every: int = 10,
    epoch: int = 1,
    erased: frozenset[int] = frozenset(),
    signer: Ed25519Signer = SIGNER,
) -> MemoryLog:
    """A log of `size` entries with a checkpoint after each `every` entries and at the end."""
    log = MemoryLog()
    service = LogService(log, signer)
    for first in range(0, size, every):
        await grow(log, first, min(first + every, size), service=service, epoch=epoch, erased=erased)
    return log


async def grow(
    log: MemoryLog,
    first: int,
    last: int,
    *,
    service: LogService | None = None,
    epoch: int = 1,
    erased: frozenset[int] = frozenset(),
    kind: str = "",
) -> SignedCheckpoint:
    """Add the entries first..last-1 and sign a checkpoint at the time of the last one."""
    log.add([make_entry(seq, kind=kind, erased=seq in erased) for seq in range(first, last)])
    service = service or LogService(log, SIGNER)
    return await service.sign_checkpoint(now=START + last * STEP, epoch=epoch)
