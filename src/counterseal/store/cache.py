# SPDX-License-Identifier: Apache-2.0
"""A bounded cache that forgets the least recently used."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Holds at most `entries` values and `weight` bytes. One thread writes; `peek` is safe from any thread."""

    def __init__(self, entries: int, weight: int) -> None:
        self._entries = entries
        self._weight = weight
        self._used = 0
        self.hits = 0  # of `get`
        self.misses = 0
        self._values: OrderedDict[str, tuple[Value, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def peek(self, key: str) -> Value | None:
        """The value, without marking it as used: one dictionary look-up, so no lock is needed."""
        found = self._values.get(key)
        return None if found is None else found[0]

    def get(self, key: str) -> Value | None:
        """The value, marked as used; for the writing thread."""
        found = self._values.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: str, value: Value, weight: int) -> None:
        """Keep `value`, which stands for `weight` bytes; the oldest make room."""
        self.drop(key)
        self._values[key] = (value, weight)
        self._used += weight
        while self._values and (len(self._values) > self._entries or self._used > self._weight):
            _, (_, freed) = self._values.popitem(last=False)
            self._used -= freed

    def drop(self, key: str) -> None:
        """Forget one value."""
        found = self._values.pop(key, None)
        if found is not None:
            self._used -= found[1]

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._used = 0
