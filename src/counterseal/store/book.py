# SPDX-License-Identifier: Apache-2.0
"""What the writer knows of the committed store without asking it. Valid while nobody else wrote: always where there
is one writer; where there are several, as long as `turn` is the one in the database, which each batch looks at."""

from __future__ import annotations

from typing import Any

import msgspec

from counterseal.core import merkle
from counterseal.core.errors import CountersealError
from counterseal.store.cache import Recent
from counterseal.store.vault import SubjectKeys

SYSTEM = "system:store"
"""The store's own subject: its key seals replies that belong to nobody, and shows the master key is right."""


class Held(msgspec.Struct, frozen=True):
    """A subject in memory. `keys` None = absent or erased; `weight`: bytes of its encoded state."""

    state: Any
    keys: SubjectKeys | None
    weight: int = 0
    erased: bool = False
    fault: CountersealError | None = None


ABSENT = Held(None, None)


class Book:
    """Committed facts: log size and edge, largest time, epoch, next row numbers, recent subjects.

    `shared`: other processes write too; `turn`: how many batches there were."""

    def __init__(self, entries: int, weight: int, *, shared: bool = False) -> None:
        self.shared = shared
        self.turn = 0
        self.cache: Recent[Held] = Recent(entries, weight)
        self.edge = merkle.CompactRange()
        self.latest = 0
        self.epoch = 0
        self.next_message = 1
        self.next_reply = 1
        self.system: SubjectKeys | None = None

    def refresh(
        self, turn: int, epoch: int, latest: int, replies: int, messages: int | None, edge: bytes | None
    ) -> None:
        """Another process wrote: what stands in the database now. The last two are None until somebody did."""
        self.turn, self.epoch, self.latest, self.next_reply = turn, epoch, latest, replies + 1
        if messages is not None and edge is not None:
            self.next_message, self.edge = messages + 1, unpack_edge(edge)
        self.cache.clear()


def pack_edge(edge: merkle.CompactRange) -> bytes:
    """The edge of a tree as it lies in the database: size (8 bytes, big-endian), then its hashes of 32 bytes."""
    return edge.size.to_bytes(8, "big") + b"".join(edge.hashes)


def unpack_edge(data: bytes) -> merkle.CompactRange:
    """Undo `pack_edge`."""
    hashes = tuple(data[at : at + 32] for at in range(8, len(data), 32))
    return merkle.CompactRange(int.from_bytes(data[:8], "big"), hashes)
