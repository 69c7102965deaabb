# SPDX-License-Identifier: Apache-2.0
"""The rows of one batch, as tuples in the order of their columns, and the few statements that write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from counterseal.core import leaf, merkle
from counterseal.core.transaction import Change, Entry, Standing, Timer
from counterseal.store import statements as sql
from counterseal.store.book import Book, Held, pack_edge
from counterseal.store.check import kind_of
from counterseal.store.engines import Driver, execute_many
from counterseal.store.forms import pack_message
from counterseal.store.vault import SubjectKeys

Value = TypeVar("Value")
Task = Callable[[sa.Connection, "Rows"], Value]
"""Something the writer does alone, in one transaction; the rows it adds are written at its end."""


class Rows:
    """Grows with each transaction that succeeds; `write` sends it, `publish` tells the book after the commit."""

    def __init__(self, book: Book, statements: sql.Statements = sql.SQLITE) -> None:
        self._book = book
        self._sql = statements
        self.latest = book.latest
        self.dirty = False
        self.version = 0  # of the rows written, where it is known
        self.states: dict[str, tuple[bytes | None, Held]] = {}  # None: the state is dropped
        self.standings: dict[str, Standing] = {}
        self.timers: dict[str, Timer | None] = {}
        self.alias_ids: set[str] = set()
        self.message_ids: set[str] = set()
        self.forgotten: list[str] = []  # subjects that leave the cache
        self._subjects: list[tuple[object, ...]] = []
        self._vault: list[tuple[str, bytes, bytes]] = []
        self._entries: list[tuple[object, ...]] = []
        self._hashes: list[bytes] = []
        self._aliases: list[tuple[str, str]] = []
        self._messages: list[tuple[object, ...]] = []
        self._replies: list[tuple[object, ...]] = []
        self._edge = book.edge

    @property
    def size(self) -> int:
        """Entries in the log once this batch is committed: the next entry's position."""
        return self._book.edge.size + len(self._entries)

    def positions(self, changes: Sequence[Change]) -> tuple[int, ...]:
        """Where the entries of `changes` will lie."""
        count = sum(change.entry is not None for change in changes)
        return tuple(range(self.size, self.size + count))

    def touch(self, now: int) -> None:
        """Something is written at `now`: the largest committed time never goes back."""
        self.dirty = True
        self.latest = max(self.latest, now)

    def add_subjects(self, wrapped: Sequence[tuple[str, bytes, bytes]], now: int) -> None:
        """New subjects with their wrapped key and salt."""
        self._vault += wrapped
        self._subjects += [(subject, kind_of(subject), now, None) for subject, _, _ in wrapped]

    def add_change(
        self, change: Change, keys_of: Callable[[str], SubjectKeys], now: int, *, replied: bool = False
    ) -> None:
        """Entry, timers, messages and aliases of one change, all checked before; `replied`: `add_reply` follows."""
        if change.entry is not None:
            reply = self._book.next_reply + len(self._replies) if replied else None
            self._add_entry(change.subject, change.entry, keys_of(change.subject), reply)
        if change.standing is not None:
            self.standings[change.subject] = change.standing
        for cleared in change.cleared:
            self.timers[cleared] = None
        for timer in change.timers:
            self.timers[timer.id] = timer
        for message in change.messages:
            sealed = keys_of(message.subject).seal(pack_message(message), "outbox", message.id)
            sequence = self._book.next_message + len(self._messages)
            head = (sequence, message.id, message.topic, message.subject)
            self._messages.append((*head, sealed, message.not_before, 0, now, None, None))
            self.message_ids.add(message.id)
        for alias in change.aliases:
            self._aliases.append((alias, change.subject))
            self.alias_ids.add(alias)

    def _add_entry(self, subject: str, entry: Entry, keys: SubjectKeys, reply: int | None) -> None:
        position = self.size
        commitment = leaf.commit(leaf.entry_salt(keys.salt, position), entry.payload)
        data = leaf.encode_leaf(
            leaf.LeafData(position, entry.at, keys.pseudonym, entry.kind, entry.policy, commitment)
        )
        sealed = keys.seal(entry.payload, "entry", position)
        digest = merkle.leaf_hash(data)
        head = (position, subject, entry.action, reply)
        self._entries.append((*head, sealed, data, digest, entry.rule, entry.outcome))
        self._hashes.append(digest)

    def add_reply(self, digest: str, subject: str, keys: SubjectKeys, body: bytes, packed: bytes, now: int) -> None:
        """The reply under its idempotency key."""
        number = self._book.next_reply + len(self._replies)
        sealed = keys.seal(packed, "idempotency", digest)
        self._replies.append((number, digest, subject, body, sealed, now))

    def write(self, driver: Driver) -> None:
        """One statement per table that changes, parents first."""
        self._edge, nodes = merkle.append(self._book.edge, self._hashes)
        states = [
            (subject, held.keys.seal(data, "state", subject), *self._standing(subject))
            for subject, (data, held) in self.states.items()
            if data is not None and held.keys is not None
        ]
        timers = [(timer.id, timer.subject, timer.due_at, timer.kind) for timer in self.timers.values() if timer]
        batches: tuple[tuple[sql.Statement, Sequence[tuple[object, ...]]], ...] = (
            (self._sql.new_subject, self._subjects),
            (self._sql.new_vault, self._vault),
            (self._sql.put_state, states),
            (self._sql.drop_state, [(subject,) for subject, (data, _) in self.states.items() if data is None]),
            (self._sql.new_entry, self._entries),
            (self._sql.new_node, nodes[len(self._hashes) :]),
            (self._sql.drop_timer, [(name,) for name, timer in self.timers.items() if timer is None]),
            (self._sql.put_timer, timers),
            (self._sql.new_alias, self._aliases),
            (self._sql.new_message, self._messages),
            (self._sql.new_seen, self._replies),
        )
        for statement, rows in batches:
            execute_many(driver, statement, rows)
        book, given = self._book, self._book.next_reply + len(self._replies) - 1
        if book.shared:
            sent = book.next_message + len(self._messages) - 1
            head = (self.latest, given, book.turn + 1, sent, pack_edge(self._edge))
            (self.version,) = driver.execute(self._sql.latest_shared.text, head).fetchone()
        elif self.latest != book.latest or self._replies:
            driver.execute(self._sql.latest.text, (self.latest, given, 0, None, None))

    def _standing(self, subject: str) -> tuple[int | None, int | None, int | None]:
        """The columns of a state in clear; None leaves what is there."""
        found = self.standings.get(subject)
        return (None, None, None) if found is None else (found.frozen, found.pending, found.disputed)

    def publish(self) -> None:
        """After the commit: the book learns the new edge, time and row numbers."""
        book = self._book
        book.edge = self._edge
        book.turn += 1
        book.latest = self.latest
        for subject in self.forgotten:
            book.cache.drop(subject)
        book.next_message += len(self._messages)
        book.next_reply += len(self._replies)
