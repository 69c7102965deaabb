# SPDX-License-Identifier: Apache-2.0
"""What the desk needs from outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from counterseal.core.errors import CountersealError
from counterseal.core.transaction import Store, StoredMessage
from counterseal.judicial.model import Answer, Checked, Context


class SandboxError(CountersealError):
    """There is no sandbox, or it is not closed: nothing may be opened."""

    code = "no_sandbox"


class Opener(Protocol):
    """Opens a document away from everything else."""

    def check(self, kind: str, data: bytes, context: Context) -> Checked:
        """Findings of the check of this kind. Blocks for up to some 25 s. Raises SandboxError."""
        ...


class InOrder(Protocol):
    """Works off claimed rows of the outbox; told to stop, it finishes the one in hand and gives the rest back."""

    async def __call__(
        self,
        store: Store,
        rows: Sequence[StoredMessage],
        handle: Callable[[StoredMessage], Awaitable[None]],
        now: Callable[[], int],
        /,
    ) -> int:
        """How many were handled."""
        ...


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Drawer(Protocol):
    """Draws pages for people."""

    def page(self, data: bytes, number: int, width: int) -> bytes | None:
        """A page (1-based) of a PDF as PNG, None where it cannot be drawn. Blocks. Raises SandboxError."""
        ...


class Trusted(Protocol):
    """What the desk trusts at this moment."""

    async def __call__(self, received: int) -> tuple[str, Context]:
        """Its digest (SHA-256, hex), and the context of a document that came in at `received` (ms)."""
        ...


class Unpacker(Protocol):
    """Takes the documents out of a mail or a PDF."""

    def unpack(self, kind: str, data: bytes) -> list[tuple[str, bytes]]:
        """Name and bytes of each file that can be a document. Blocks. Raises SandboxError."""
        ...


class Names(Protocol):
    """Looks up DNS TXT records."""

    def lookup(self, names: Iterable[str]) -> Mapping[str, Answer]:
        """An answer for each name; `unknown` where there was none in time. Blocks for some seconds."""
        ...
