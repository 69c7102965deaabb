# SPDX-License-Identifier: Apache-2.0
"""What the writer knows of the committed store without asking it. Valid while nobody else wrote: always where there
is one writer; where there are several, as long as `turn` is the one in the database, which each batch looks at.
Once another wrote, each remembered state must show again that its row is the one that was read: by its version."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from counterseal.core import merkle
from counterseal.core.errors import CountersealError
from counterseal.store.cache import Recent
from counterseal.store.vault import SubjectKeys

FORGET = 300.0
"""Seconds after which a process that is not alone forgets all states: so long the key of a subject that another
process erased may stay in its memory, and no number of a PostgreSQL transaction (32 bits) comes again in them."""
SYSTEM = "system:store"
"""The store's own subject: its key seals replies that belong to nobody, and shows the master key is right."""


class Held(msgspec.Struct, frozen=True):
    """A subject in memory. `keys` None = absent or erased; `weight`: bytes of its encoded state; `version` of its
    row (0 = unknown), which held at `generation` of the book."""

    state: Any
    keys: SubjectKeys | None
    weight: int = 0
    erased: bool = False
    fault: CountersealError | None = None
    version: int = 0
    generation: int = 0


ABSENT = Held(None, None)
Head = tuple[int, int, int, int, int | None, bytes | None]
"""turn, epoch, latest time, last number of a reply, of a message, edge of the log; the last two None until somebody
wrote."""


class Book:
    """Committed facts: log size and edge, largest time, epoch, next row numbers, recent subjects.

    `shared`: other processes write too; `turn`: how many batches there were; `generation`: how often another
    process was found to have written. A state of an earlier generation is not sure."""

    def __init__(self, entries: int, weight: int, *, shared: bool = False) -> None:
        self.shared = shared
        self.turn = 0
        self.generation = 0
        self.forgot = time.monotonic()  # when (s) the cache was emptied last
        self.cache: Recent[Held] = Recent(entries, weight)
        self.edge = merkle.CompactRange()
        self.latest = 0
        self.epoch = 0
        self.next_message = 1
        self.next_reply = 1
        self.system: SubjectKeys | None = None

    def refresh(self, head: Head, at: float) -> None:
        """Another process wrote: what stands in the database now. `at`: monotonic s. In a new epoch nothing that
        was remembered counts."""
        turn, epoch, latest, replies, messages, edge = head
        if epoch != self.epoch or at - self.forgot > FORGET:
            self.forgot = at
            self.cache.clear()
        self.generation += 1
        self.turn, self.epoch, self.latest, self.next_reply = turn, epoch, latest, replies + 1
        if messages is not None and edge is not None:
            self.next_message, self.edge = messages + 1, unpack_edge(edge)


def pack_edge(edge: merkle.CompactRange) -> bytes:
    """The edge of a tree as it lies in the database: size (8 bytes, big-endian), then its hashes of 32 bytes."""
    return edge.size.to_bytes(8, "big") + b"".join(edge.hashes)


def unpack_edge(data: bytes) -> merkle.CompactRange:
    """Undo `pack_edge`."""
    hashes = tuple(data[at : at + 32] for at in range(8, len(data), 32))
    return merkle.CompactRange(int.from_bytes(data[:8], "big"), hashes)
