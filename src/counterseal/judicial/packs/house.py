# SPDX-License-Identifier: Apache-2.0
"""The rule packs with the days on which the house is closed: they are no business days of any pack."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

import msgspec

from counterseal.judicial.packs.model import Pack
from counterseal.judicial.packs.ports import Packs


class HousePacks:
    """See ports.Packs. `closed`: the house's holidays as they stand now."""

    def __init__(self, packs: Packs, closed: Callable[[], Collection[dt.date]]) -> None:
        self._packs, self._closed = packs, closed

    def pack(self, name: str) -> Pack | None:
        """One by name; its digest is that of the document."""
        held, closed = self._packs.pack(name), frozenset(self._closed())
        if held is None or closed <= held.holidays:
            return held
        return msgspec.structs.replace(held, holidays=held.holidays | closed)

    def names(self) -> tuple[str, ...]:
        """All of them, in order."""
        return self._packs.names()
