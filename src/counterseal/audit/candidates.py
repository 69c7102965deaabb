# SPDX-License-Identifier: Apache-2.0
"""The tree rebuilt while an export is read, with at most one alternative reading of a doubtful line.

The main tree takes each line's recorded leaf hash. When a line contradicts itself (its content has another
hash) or repeats a number, the alternative tree takes the other reading; the next signed root tells which
one is true, or that neither is.
"""

from __future__ import annotations

from enum import Enum

from counterseal.core.merkle import CompactRange, append, root

_BATCH = 256  # leaves hashed at a time


class Reading(Enum):
    """Which tree reproduced a signed root."""

    MAIN = "main"
    ALTERNATIVE = "alternative"
    NEITHER = "neither"


class _Tree:
    def __init__(self, compact: CompactRange, pending: list[bytes]) -> None:
        self._compact = compact
        self._pending = pending

    def add(self, digest: bytes) -> None:
        self._pending.append(digest)
        if len(self._pending) > _BATCH:
            self._flush(keep=1)  # the newest stays replaceable

    def copy_with_last(self, digest: bytes) -> _Tree:
        return _Tree(self._compact, [*self._pending[:-1], digest])

    def root(self) -> bytes:
        return root(append(self._compact, self._pending)[0])

    def _flush(self, keep: int) -> None:
        self._compact, _ = append(self._compact, self._pending[:-keep])
        self._pending = self._pending[-keep:]


class Candidates:
    """The main tree and the alternative. Memory is logarithmic in the number of leaves."""

    def __init__(self) -> None:
        self._main = _Tree(CompactRange(), [])
        self._alternative: _Tree | None = None

    def add(self, recorded: bytes, content: bytes) -> None:
        """Take the next leaf as recorded; where its content has another hash, the alternative takes that."""
        self._main.add(recorded)
        if self._alternative is not None:
            self._alternative.add(content)
        elif content != recorded:
            self._alternative = self._main.copy_with_last(content)

    def replace_last(self, digest: bytes) -> None:
        """A second line claims the number of the last leaf: the alternative takes that one instead."""
        if self._alternative is None:
            self._alternative = self._main.copy_with_last(digest)

    def settle(self, signed: bytes) -> Reading:
        """Compare with a signed root; the tree that reproduces it goes on as the only one."""
        if self._main.root() == signed:
            self._alternative = None
            return Reading.MAIN
        if self._alternative is not None and self._alternative.root() == signed:
            self._main, self._alternative = self._alternative, None
            return Reading.ALTERNATIVE
        return Reading.NEITHER

    def peek(self, signed: bytes) -> Reading:
        """Compare with a root without settling on a reading."""
        if self._main.root() == signed:
            return Reading.MAIN
        if self._alternative is not None and self._alternative.root() == signed:
            return Reading.ALTERNATIVE
        return Reading.NEITHER
