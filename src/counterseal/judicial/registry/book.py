# SPDX-License-Identifier: Apache-2.0
"""The whole registry as it was at one revision, held in memory; what changed is read again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec

from counterseal.core.errors import UnavailableError
from counterseal.core.transaction import Store
from counterseal.judicial.registry.index import Index
from counterseal.judicial.registry.model import Authority, subject_of
from counterseal.judicial.registry.stored import BOARD, Board

TRIES: Final = 8


class Snapshot(msgspec.Struct, frozen=True):
    """Every authority, by id, at one revision."""

    revision: int
    authorities: dict[str, Authority]

    @property
    def all(self) -> Iterable[Authority]:
        """In id order."""
        return self.authorities.values()


class Book:
    """Reads the registry. Several processes may write: the board says whose line moved on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[str, Authority] = {}
        self._last = Snapshot(0, {})
        self._index: tuple[int, Index] = (0, Index())

    async def index(self, snapshot: Snapshot | None = None) -> Index:
        """All contacts of the registry, as last committed unless a snapshot is given; nobody adds to it. Raises
        UnavailableError."""
        snapshot = await self.now() if snapshot is None else snapshot
        if self._index[0] != snapshot.revision:
            made = await asyncio.to_thread(Index, snapshot.all)  # a third of a second for 5,000 contacts
            self._index = (snapshot.revision, made)
            return made
        return self._index[1]

    async def now(self) -> Snapshot:
        """The registry as last committed; one read of the store where nothing changed. Raises UnavailableError."""
        for _ in range(TRIES):
            board = await self._board()
            if board.revision == self._last.revision:
                return self._last
            await self._catch_up(board)
            if (await self._board()).revision == board.revision:
                found = {line.id: self._held[line.id] for line in board.lines if line.id in self._held}
                self._last = Snapshot(board.revision, found)
                return self._last
        raise UnavailableError("the registry is being changed", hint="try again")

    async def _board(self) -> Board:
        held = await self._store.read(BOARD)
        return held if isinstance(held, Board) else Board()

    async def _catch_up(self, board: Board) -> None:
        for line in board.lines:
            held = self._held.get(line.id)
            if held is not None and held.revision == line.revision:
                continue
            read = await self._store.read(subject_of(line.id))
            if isinstance(read, Authority):
                self._held[line.id] = read
