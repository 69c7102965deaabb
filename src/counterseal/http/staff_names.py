# SPDX-License-Identifier: Apache-2.0
"""Names of members of staff beside their ids. Who may read a page may read who acted on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from counterseal.staff.service import StaffService

STAFF: Final = "staff:"


class Names:
    """Reads the roster: one row of the store, however long the page is."""

    def __init__(self, people: StaffService) -> None:
        self._people = people

    async def of(self, callers: Iterable[str]) -> dict[str, str]:
        """Name by id of those among `callers` (ids, with or without "staff:") who are staff; the rest are left out:
        officers of tokens have no id."""
        asked = {caller.removeprefix(STAFF) for caller in callers if caller}
        if not asked:
            return {}
        return {each.id: each.name for each in (await self._people.roster()).members if each.id in asked}


def named(caller: str, names: Mapping[str, str]) -> str:
    """A caller as people read it: "Ines (st_0a1b)", else what it is called."""
    identity = caller.removeprefix(STAFF)
    return f"{names[identity]} ({identity})" if identity in names else identity
