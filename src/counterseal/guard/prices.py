# SPDX-License-Identifier: Apache-2.0
"""Prices that the platform's price service pushes: kept in the store, read from memory. Stale or none = hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from counterseal.core.errors import InputError
from counterseal.core.transaction import Change, Commit, Committed, Entry, Idempotency, Joined, Loaded, Store
from counterseal.guard.model import Done
from counterseal.guard.ports import Clock, Price
from counterseal.guard.requests import plain_amount

SUBJECT = "prices:board"
VERSION = b"\x01"
MOST = 10_000
AHEAD = 60_000  # ms that a price's time may run ahead of ours


class Board(msgspec.Struct, frozen=True):
    """The latest price of each asset."""

    prices: dict[str, Price] = {}


class PushedPrices:
    """The price port over what was pushed. `history`: what is written with each push, in its commit."""

    def __init__(
        self, store: Store, clock: Clock, history: Callable[[Sequence[Price], int], Joined] | None = None
    ) -> None:
        self._history = history
        self._store = store
        self._clock = clock
        self._board = Board()

    async def load(self) -> None:
        """Read what the store has. Called once before the first decision."""
        found = await self._store.read(SUBJECT)
        if isinstance(found, Board):
            self._board = found

    def price(self, asset: str) -> Price | None:
        """The latest price known; its age is the caller's to judge."""
        return self._board.prices.get(asset)

    async def push(self, prices: Sequence[Price], idempotency: Idempotency | None = None) -> Committed[Done]:
        """Take newer prices. An older one than is known changes nothing; one from the future is refused."""
        self._clock.trusted()  # notices a jump: a price that is dated by one would stay the latest for long
        now = self._clock.now()
        for price in prices:
            if not plain_amount(price.value) or not price.value:
                raise InputError(f"the price of `{price.asset}` is not positive and plain", code="price_invalid")
        merged = self._board
        kept = Joined((), lambda _loaded: ()) if self._history is None else self._history(prices, now)

        def function(loaded: Loaded) -> Commit[Done]:
            nonlocal merged
            at = max(now, loaded.latest)
            found = loaded.states.get(SUBJECT)
            board = dict(found.prices) if isinstance(found, Board) else {}
            for price in prices:
                if price.at > at + AHEAD:
                    raise InputError(f"the price of `{price.asset}` is from the future", code="price_time")
                before = board.get(price.asset)
                if before is None or before.at <= price.at:
                    board[price.asset] = price
            if len(board) > MOST:
                raise InputError(f"the board has room for {MOST} assets", code="too_many_prices")
            merged = Board(board)
            entry = Entry("prices_pushed", at, "", VERSION + msgspec.msgpack.encode(list(prices)))
            changes = (Change(SUBJECT, merged, entry), *kept.function(loaded))
            return Commit(Done("", at, loaded.position), changes)

        done = await self._store.transact([SUBJECT, *kept.keys], function, now=now, idempotency=idempotency)
        if not done.replayed:
            self._board = merged
        return done
