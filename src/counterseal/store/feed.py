# SPDX-License-Identifier: Apache-2.0
"""core.feed.Feed on SQL: every query walks an index in the order of its answer and stops at the limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from counterseal.core.feed import Listed, Posted, Queues, Wanted
from counterseal.core.transaction import StoredEntry
from counterseal.store import log
from counterseal.store import tables as t
from counterseal.store.book import SYSTEM
from counterseal.store.check import check_number, check_subject, check_text
from counterseal.store.reader import Reader, open_leaf

OUTCOMES = ("allow", "challenge", "deny", "hold")
DECIDED = sa.text("outcome <> ''")  # the indexes' own condition, word for word, else SQLite does not use them
LAST = "\U0010ffff"


class SqlFeed:
    """The console's reads of one store."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def size(self) -> int:
        """See the port."""
        return await self._reader.run(log.read_size)

    async def decisions(self, wanted: Wanted, *, before: int | None = None, limit: int = 100) -> list[StoredEntry]:
        """See the port."""
        _check(wanted)
        return await self._reader.run(lambda c: self._decisions(c, wanted, before, limit, newest=True))

    async def decisions_after(self, wanted: Wanted, *, after: int, limit: int = 100) -> list[StoredEntry]:
        """See the port."""
        _check(wanted)
        return await self._reader.run(lambda c: self._decisions(c, wanted, after, limit, newest=False))

    async def past(self, subject: str, *, before: int | None = None, limit: int = 100) -> list[StoredEntry]:
        """See the port."""
        where = [t.entry.c.subject == check_subject(subject)]
        if before is not None:
            where.append(t.entry.c.position < check_number(before, "a position"))
        query = sa.select(t.entry.c.position).where(*where).order_by(t.entry.c.position.desc()).limit(limit)
        return await self._reader.run(lambda c: self._open(c, list(c.execute(query).scalars())))

    async def beginnings(self, actions: Sequence[str]) -> Mapping[str, StoredEntry]:
        """See the port."""
        query = sa.select(sa.func.min(t.entry.c.position)).where(t.entry.c.action.in_(actions))
        query = query.group_by(t.entry.c.action)

        def read(connection: sa.Connection) -> dict[str, StoredEntry]:
            found = self._open(connection, list(connection.execute(query).scalars()))
            return {entry.action: entry for entry in found if entry.action is not None}

        return await self._reader.run(read) if actions else {}

    async def position_at(self, at: int) -> int:
        """See the port. The times of entries do not fall, so twenty reads find one among a million."""

        def read(connection: sa.Connection) -> int:
            low, high = 0, log.read_size(connection)
            while low < high:
                middle = (low + high) // 2
                query = sa.select(t.entry.c.leaf).where(t.entry.c.position == middle)
                if open_leaf(connection.execute(query).scalar_one(), middle).at < at:
                    low = middle + 1
                else:
                    high = middle
            return low

        return await self._reader.run(read)

    async def tally(self, since: int) -> Mapping[str, int]:
        """See the port."""
        query = sa.select(t.entry.c.outcome, sa.func.count()).where(
            t.entry.c.outcome.in_(OUTCOMES), t.entry.c.position >= since, DECIDED
        )
        query = query.group_by(t.entry.c.outcome)

        def read(connection: sa.Connection) -> dict[str, int]:
            return dict.fromkeys(OUTCOMES, 0) | {row[0]: row[1] for row in connection.execute(query)}

        return await self._reader.run(read)

    async def listed(
        self, kind: str, *, prefix: str = "", after: str = "", standing: str = "", now: int = 0, limit: int = 100
    ) -> list[Listed]:
        """See the port."""
        begin = f"{check_text(kind, 'a kind')}:{prefix}"
        subject, state = t.subject.c, t.state.c
        query = sa.select(subject.id, subject.created, state.frozen, state.pending, state.disputed)
        query = query.select_from(t.subject.outerjoin(t.state, state.subject == subject.id))
        query = query.where(
            subject.kind == kind, subject.id >= begin, subject.id < begin + LAST, subject.id != SYSTEM
        )
        query = query.where(subject.erased.is_(None))
        if after:
            query = query.where(subject.id > f"{kind}:{after}")
        if standing:
            query = query.where(subject.id.in_(_standing(standing, now)))
        query = query.order_by(subject.id).limit(limit)

        def read(connection: sa.Connection) -> list[Listed]:
            return [Listed(row[0], row[1], *(each or 0 for each in row[2:])) for row in connection.execute(query)]

        return await self._reader.run(read)

    async def queues(self, now: int) -> Queues:
        """See the port."""
        check_number(now, "now")
        count = sa.func.count

        def read(connection: sa.Connection) -> Queues:
            frozen = sa.select(count()).select_from(t.state).where(t.state.c.frozen > now, sa.text("frozen > 0"))
            found = [connection.execute(frozen).scalar_one()]
            for name in ("pending", "disputed"):
                query = sa.select(sa.func.coalesce(sa.func.sum(t.state.c[name]), 0), count()).where(
                    sa.text(f"{name} > 0")
                )
                found += [int(value) for value in connection.execute(query).one()]
            return Queues(*found)

        return await self._reader.run(read)

    async def posted(self, messages: Sequence[str]) -> Mapping[str, Posted]:
        """See the port."""
        column = t.outbox.c
        query = sa.select(column.id, column.attempts, column.not_before, column.delivered, column.error)
        query = query.where(column.id.in_(messages))

        def read(connection: sa.Connection) -> dict[str, Posted]:
            return {row[0]: Posted(*row[:4], row[4] or "") for row in connection.execute(query)}

        return await self._reader.run(read) if messages else {}

    def _decisions(
        self, connection: sa.Connection, wanted: Wanted, edge: int | None, limit: int, *, newest: bool
    ) -> list[StoredEntry]:
        """One walk for each outcome, each in order and no longer than the answer, then the best of them."""
        position = t.entry.c.position
        where: list[sa.ColumnElement[bool] | sa.TextClause] = [DECIDED]
        if edge is not None:
            where.append(position < edge if newest else position > edge)
        if wanted.subject is not None:
            where.append(t.entry.c.subject == wanted.subject)
        if wanted.rule is not None:
            where.append(t.entry.c.rule == wanted.rule)
        order = position.desc() if newest else position.asc()
        outcomes = OUTCOMES if wanted.outcome is None else (wanted.outcome,)
        found: list[int] = []
        if wanted.subject is not None:  # an account's own entries are few: one walk along them
            query = sa.select(position).where(*where, t.entry.c.outcome.in_(outcomes)).order_by(order).limit(limit)
            found = list(connection.execute(query).scalars())
        else:
            for outcome in outcomes:
                query = sa.select(position).where(*where, t.entry.c.outcome == outcome).order_by(order).limit(limit)
                found += connection.execute(query).scalars()
        return self._open(connection, sorted(found, reverse=newest)[:limit])

    def _open(self, connection: sa.Connection, positions: Sequence[int]) -> list[StoredEntry]:
        """The entries at these positions, in their order."""
        if not positions:
            return []
        columns = (t.entry.c[name] for name in ("position", "subject", "action", "payload", "leaf"))
        query = sa.select(*columns, t.vault.c.key, t.vault.c.salt).outerjoin(
            t.vault, t.vault.c.subject == t.entry.c.subject
        )
        query = query.where(t.entry.c.position.in_(positions))
        rows: dict[int, Any] = {row.position: row for row in connection.execute(query)}
        return [self._reader.entry(rows[position]) for position in positions]


def _standing(standing: str, now: int) -> sa.Select[Any]:
    """The subjects of one queue, by its index."""
    column = t.state.c[standing]
    query = sa.select(t.state.c.subject).where(sa.text(f"{standing} > 0"))
    return query.where(column > now) if standing == "frozen" else query


def _check(wanted: Wanted) -> None:
    if wanted.subject is not None:
        check_subject(wanted.subject)
    if wanted.rule is not None:
        check_text(wanted.rule, "a rule")
    if wanted.outcome is not None:
        check_text(wanted.outcome, "an outcome")
