# SPDX-License-Identifier: Apache-2.0
"""What the writer knows of the committed store without asking it. Valid because there is one writer."""

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
    """Committed facts: log size and edge, largest time, epoch, next row numbers, recent subjects."""

    def __init__(self, entries: int, weight: int) -> None:
        self.cache: Recent[Held] = Recent(entries, weight)
        self.edge = merkle.CompactRange()
        self.latest = 0
        self.epoch = 0
        self.next_message = 1
        self.next_reply = 1
        self.system: SubjectKeys | None = None
