# SPDX-License-Identifier: Apache-2.0
"""What the desk's services need of the rule packs."""

from __future__ import annotations

from typing import Protocol

from counterseal.judicial.packs.model import Pack


class Packs(Protocol):
    """The rule packs of this server."""

    def pack(self, name: str) -> Pack | None:
        """One by name; None where there is none."""
        ...

    def names(self) -> tuple[str, ...]:
        """All of them, in order."""
        ...
