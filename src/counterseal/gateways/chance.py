# SPDX-License-Identifier: Apache-2.0
"""Random bytes of the operating system, asked for in blocks.

Each call of `os.urandom` lets the interpreter go and has to wait until the other thread (event loop or store's
writer) gives it back, up to several milliseconds under load: for an id or a nonce that is a thousand times its
price. Nonces and ids come from here; keys and secrets are asked for one by one, so that none lies in memory
before it is made.
"""

from __future__ import annotations

import os
import threading
from typing import Final

BLOCK: Final = 8_192
"""Bytes asked for at a time."""


class _Block(threading.local):
    """What one thread has left: never shared, so no two threads see the same bytes and no lock is needed."""

    data = b""
    at = 0


_left = _Block()


def draw(size: int) -> bytes:
    """`size` random bytes, given out once: fit for nonces and ids (`os.urandom` behind it)."""
    left = _left
    at = left.at
    end = at + size
    if end > len(left.data):
        if size > BLOCK:
            return os.urandom(size)
        left.data, at, end = os.urandom(BLOCK), 0, size
    left.at = end
    return left.data[at:end]


def _forget() -> None:
    """In a forked child: the parent gives out what is left, so the child must not."""
    global _left  # noqa: PLW0603 - one block of each thread, replaced whole
    _left = _Block()


os.register_at_fork(after_in_child=_forget)
