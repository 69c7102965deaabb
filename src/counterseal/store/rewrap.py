# SPDX-License-Identifier: Apache-2.0
"""A change of the master key: every wrapped key and salt in `vault` goes from one key to another.

Each blob names the key that wrapped it, so the work goes on wherever it ended, and a row that changed or was erased
meanwhile is left alone. The store's own key goes first and its own salt last: as long as the work is not finished
and verified, the store opens with neither key alone, only with both; afterwards only with the new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from counterseal.store import tables as t
from counterseal.store.book import SYSTEM
from counterseal.store.errors import MasterKeyError
from counterseal.store.reader import Reader
from counterseal.store.rows import Rows
from counterseal.store.sql import SqlStore
from counterseal.store.vault import context_of
from counterseal.store.writer import Writer

PAGE = 500
TRIES = 5
"""Rounds until no row is left under the old key: a server that still wraps under it adds some each time."""
Progress = Callable[[str, int, int], None]
KeyOf = Callable[[bytes], bytes]


class NamedMasterKey(Protocol):
    """A master key whose wrappings name it; see gateways.keyring.MasterKey."""

    @property
    def key_id(self) -> bytes:
        """What its wrappings are named by."""
        ...

    def wrap(self, data: bytes, context: bytes, /) -> bytes:
        """Encrypt."""
        ...

    def unwrap(self, blob: bytes, context: bytes, /) -> bytes:
        """Decrypt."""
        ...


class Masters(msgspec.Struct, frozen=True):
    """`new` wraps; `both` opens what either wrapped; `key_of` tells by which key a blob was wrapped."""

    new: NamedMasterKey
    both: NamedMasterKey
    key_of: KeyOf

    def done(self, blob: bytes) -> bool:
        """Whether it is under the new key."""
        return self.key_of(blob) == self.new.key_id

    def renewed(self, blob: bytes, part: str, subject: str) -> bytes:
        """Under the new key. Raises MasterKeyError."""
        if self.done(blob):
            return blob
        context = context_of(part, subject)
        try:
            return self.new.wrap(self.both.unwrap(blob, context), context)
        except Exception as error:
            raise _closed(subject) from error

    def check(self, blob: bytes, part: str, subject: str) -> None:
        """Raise MasterKeyError unless the new key alone opens it."""
        try:
            self.new.unwrap(blob, context_of(part, subject))
        except Exception as error:
            raise _closed(subject) from error


class Rewrapped(msgspec.Struct, frozen=True):
    """How many rows there are, and how many of them were wrapped anew this time."""

    rows: int
    renewed: int


Row = tuple[str, bytes, bytes]


async def rewrap(
    store: SqlStore, masters: Masters, told: Progress, rest: Callable[[], Awaitable[None]]
) -> Rewrapped:
    """Do it. `rest`: what else is wrapped under the master key. Raises MasterKeyError; then it can be run again."""
    reader, writer = store._reader, store._writer  # noqa: SLF001 - of this package
    renewed = await _system(reader, writer, masters, key=True)
    for _ in range(TRIES):
        changed = await _walk(reader, writer, masters, told)
        renewed += changed
        if not changed:
            break
    else:
        raise MasterKeyError(
            "rows are still being wrapped under the old key",
            hint="Give every server the new key as its own (`other_master_key` is the old one), then run it again.",
        )
    await rest()
    rows = await _verify(reader, masters, told)
    renewed += await _system(reader, writer, masters, key=False)
    await writer.perform(lambda *_: None, checkpoint=True)  # let go of what was overwritten
    return Rewrapped(rows, renewed)


async def _walk(reader: Reader, writer: Writer, masters: Masters, told: Progress) -> int:
    """One pass over all rows but the store's own; how many were renewed."""
    total, done, renewed, after = await reader.run(_count), 0, 0, ""
    while page := await reader.run(_pages(after)):
        after = page[-1][0]
        old = [row for row in page if row[0] != SYSTEM and not (masters.done(row[1]) and masters.done(row[2]))]
        if old:
            new = await asyncio.to_thread(_renewed, masters, old)
            await writer.perform(_swap(old, new))
            renewed += len(old)
        done += len(page)
        told("wrapped", done, total)
    return renewed


async def _verify(reader: Reader, masters: Masters, told: Progress) -> int:
    total, done, after = await reader.run(_count), 0, ""
    while page := await reader.run(_pages(after)):
        after = page[-1][0]
        await asyncio.to_thread(_check, masters, [row for row in page if row[0] != SYSTEM])
        done += len(page)
        told("verified", done, total)
    return done


async def _system(reader: Reader, writer: Writer, masters: Masters, *, key: bool) -> int:
    """The store's own row: its key, or (at the end) its salt."""
    row = await reader.run(lambda connection: _page(connection, "", only=SYSTEM)[0])
    new = (
        row[0],
        masters.renewed(row[1], "key", SYSTEM) if key else row[1],
        row[2] if key else masters.renewed(row[2], "salt", SYSTEM),
    )
    if new == row:
        return 0
    await writer.perform(_swap([row], [new]))
    return 0 if key else 1


def _renewed(masters: Masters, rows: Sequence[Row]) -> list[Row]:
    return [
        (subject, masters.renewed(key, "key", subject), masters.renewed(salt, "salt", subject))
        for subject, key, salt in rows
    ]


def _check(masters: Masters, rows: Sequence[Row]) -> None:
    for subject, key, salt in rows:
        masters.check(key, "key", subject)
        masters.check(salt, "salt", subject)


def _swap(old: Sequence[Row], new: Sequence[Row]) -> Callable[[sa.Connection, Rows], None]:
    """The task that puts the new in the old one's place where that is still there: what was erased stays so."""
    named: Any = sa.bindparam
    vault = t.vault.c
    statement = (
        t.vault.update()
        .where(vault.subject == named("of"), vault.key == named("old_key"), vault.salt == named("old_salt"))
        .values(key=named("new_key"), salt=named("new_salt"))
    )
    values = [
        {"of": was[0], "old_key": was[1], "old_salt": was[2], "new_key": now[1], "new_salt": now[2]}
        for was, now in zip(old, new, strict=True)
    ]

    def task(connection: sa.Connection, _rows: Rows) -> None:
        connection.execute(statement, values)

    return task


def _count(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(t.vault)).scalar_one())


def _pages(after: str) -> Callable[[sa.Connection], list[Row]]:
    return lambda connection: _page(connection, after)


def _page(connection: sa.Connection, after: str, only: str | None = None) -> list[Row]:
    query = sa.select(t.vault.c.subject, t.vault.c.key, t.vault.c.salt).order_by(t.vault.c.subject).limit(PAGE)
    where = t.vault.c.subject > after if only is None else t.vault.c.subject == only
    return [(row.subject, row.key, row.salt) for row in connection.execute(query.where(where))]


def _closed(subject: str) -> MasterKeyError:
    kind = subject.partition(":")[0]
    hint = "Are these the two keys? The row keeps what it has; everything before it is done."
    return MasterKeyError(f"the wrapped key of a subject of kind `{kind}` does not open", hint=hint)
