# SPDX-License-Identifier: Apache-2.0
"""What the store needs from outside: a master key. Adapters lie in gateways."""

from __future__ import annotations

from typing import Literal, Protocol

ClockKind = Literal["real", "simulated"]
"""Which clock feeds `now`. A store that ever saw one kind refuses the other."""


class MasterKey(Protocol):
    """Wraps the keys of subjects (a KMS, a key file, an environment variable)."""

    def wrap(self, data: bytes, context: bytes, /) -> bytes:
        """Encrypt `data` so that only the same `context` opens it."""
        ...

    def unwrap(self, data: bytes, context: bytes, /) -> bytes:
        """Undo `wrap`; raises when the key, the context or the bytes are not the same."""
        ...
