# SPDX-License-Identifier: Apache-2.0
"""The record of a store for `replay`: read on a connection that cannot write, beside a running server.

SQLite opens the file with `mode=ro`: such a connection neither writes nor checkpoints, whatever is asked of it.
The log only grows, so every reader that stops at the same position sees the same record.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from counterseal.core import leaf
from counterseal.core.account import State
from counterseal.core.errors import CountersealError, InputError, NotFoundError
from counterseal.core.transaction import StoreUnavailableError
from counterseal.gateways.keyring import KeyringError, MasterKey, master_key_from_environment, master_key_from_file
from counterseal.guard.model import StateCodec, decode_record
from counterseal.prover.history import Past
from counterseal.settings import Settings
from counterseal.store.errors import SchemaNewerError, StoreCorruptError
from counterseal.store.schema import KNOWN
from counterseal.store.vault import SubjectKeys, Vault

BUSY_SECONDS = 5.0
PREFIX = "account:"


class Extent(msgspec.Struct, frozen=True):
    """What there is: `last` position of the log (-1 = none), `until` the latest time (ms), accounts with their
    number of entries in id order, and how many accounts are erased."""

    last: int
    until: int
    accounts: tuple[tuple[str, int], ...]
    erased: int


class Place(msgspec.Struct, frozen=True):
    """Where a store lies, and its master key: in a variable of the environment, else in a file."""

    database: Path
    key_file: Path
    key_variable: str | None

    def master_key(self) -> MasterKey:
        """The master key. Unlike a server, a reader makes none: KeyringError where there is none."""
        if self.key_variable is not None:
            return master_key_from_environment(os.environ, variable=self.key_variable)
        if not self.key_file.exists():
            raise KeyringError(
                f"the master key file `{self.key_file}` is missing",
                hint="The record lies encrypted under it. Use the settings of the server.",
            )
        return master_key_from_file(self.key_file)


def place_of(settings: Settings) -> Place:
    """What a reader needs of the settings; it can be handed to another process. Raises InputError."""
    if settings.database_url is not None:
        raise InputError(
            "this reads a SQLite file, and the store lies in PostgreSQL",
            hint="Ask a server with --url, or read a file named with --database.",
        )
    return Place(settings.database, settings.master_key_file, settings.master_key_variable)


@contextmanager
def open_past(place: Place) -> Iterator[PastReader]:
    """A reader of this store. Raises NotFoundError, KeyringError, StoreUnavailableError or SchemaNewerError."""
    path = place.database
    if not path.is_file():
        raise NotFoundError(f"there is no database `{path}`", code="database_missing", hint="See --database.")
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"the database `{path}` cannot be opened: {error}") from error
    try:
        with _explained(path):
            connection.execute("PRAGMA query_only=ON")
            connection.execute("PRAGMA trusted_schema=OFF")
            _check_schema(connection)
            yield PastReader(connection, Vault(place.master_key()))
    finally:
        connection.close()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        hint = "Is it the database of Counterseal, and whole? `counterseal log verify` tells."
        raise StoreUnavailableError(f"the database `{path}` cannot be read: {error}", hint=hint) from error


def _check_schema(connection: sqlite3.Connection) -> None:
    (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    if found not in KNOWN:
        raise SchemaNewerError(
            f"the store has schema `{found}`, which this program does not know",
            hint="Use the newer Counterseal that wrote it.",
        )


class PastReader:
    """Accounts and their entries, opened under each account's own key."""

    def __init__(self, connection: sqlite3.Connection, vault: Vault) -> None:
        self._connection, self._vault = connection, vault

    def extent(self, account: str | None = None) -> Extent:
        """What there is to replay; NotFoundError (`unknown_account`) for one that never was."""
        run = self._connection.execute
        run("BEGIN")  # one committed state; not longer, so that the server's checkpoints wait for nobody
        (last,) = run("SELECT max(position) FROM entry").fetchone()
        (until,) = run("SELECT latest FROM meta").fetchone() or (0,)
        last = -1 if last is None else last
        found = run(
            "SELECT e.subject, count(*), s.erased IS NOT NULL FROM entry e JOIN subject s ON s.id = e.subject "
            "WHERE s.kind = 'account' AND e.position <= ? AND (? IS NULL OR e.subject = ?) "
            "GROUP BY e.subject ORDER BY e.subject",
            (last, *[None if account is None else PREFIX + account] * 2),
        ).fetchall()
        run("COMMIT")
        if account is not None and not found:
            raise NotFoundError(f"there is no account `{account[:64]}` in the log", code="unknown_account")
        kept = tuple((subject.removeprefix(PREFIX), count) for subject, count, erased in found if not erased)
        return Extent(last, until, kept, len(found) - len(kept))

    def accounts(self) -> int:
        """How many accounts there are that are not erased."""
        query = "SELECT count(*) FROM subject WHERE kind = 'account' AND erased IS NULL"
        return int(self._connection.execute(query).fetchone()[0])

    def latest(self) -> int:
        """The largest committed time (ms)."""
        (found,) = self._connection.execute("SELECT latest FROM meta").fetchone() or (0,)
        return int(found)

    def states(self, account: str | None = None) -> Iterator[tuple[str, State]]:
        """Every account (or this one) as last committed, in id order, but those that are erased.

        Raises StoreCorruptError with the account whose state cannot be read.
        """
        subject = None if account is None else PREFIX + account
        rows = self._connection.execute(
            "SELECT s.id, v.key, v.salt, t.data FROM subject s JOIN vault v ON v.subject = s.id "
            "JOIN state t ON t.subject = s.id WHERE s.kind = 'account' AND (? IS NULL OR s.id = ?) ORDER BY s.id",
            (subject, subject),
        )
        codec = StateCodec()
        for name, key, salt, data in rows:
            try:
                state = codec.decode(self._vault.unwrap(name, key, salt).open(data, "state", name))
            except (CountersealError, msgspec.MsgspecError) as error:
                raise StoreCorruptError(f"the state of `{name}` cannot be read: {error}") from error
            yield name.removeprefix(PREFIX), state

    def entries(self, account: str, last: int) -> list[Past]:
        """The entries of one account up to position `last`; none if it was erased meanwhile.

        Raises StoreCorruptError with the position of the entry that cannot be read.
        """
        subject = PREFIX + account
        run = self._connection.execute
        row = run("SELECT key, salt FROM vault WHERE subject = ?", (subject,)).fetchone()
        if row is None:
            return []
        keys = self._vault.unwrap(subject, *row)
        rows = run(
            "SELECT position, payload, leaf FROM entry WHERE subject = ? AND position <= ? ORDER BY position",
            (subject, last),
        )
        return [_past(keys, *row) for row in rows]


def _past(keys: SubjectKeys, position: int, payload: Any, stored: Any) -> Past:
    try:
        head = leaf.decode_leaf(stored)
        data = keys.open(payload, "entry", position)
        if head.seq != position:  # the payload itself is bound to its row and key by AES-GCM
            raise StoreCorruptError(f"its leaf is that of entry {head.seq}")
        record = decode_record(data)
    except (CountersealError, msgspec.MsgspecError, TypeError, ValueError) as error:
        raise StoreCorruptError(
            f"entry {position} of the log cannot be read: {error}",
            hint="`counterseal log verify` on an export finds every damaged entry; restore a backup.",
        ) from error
    return Past(position, head.at, record.input, record.decision, record.events)


def chunks(accounts: Sequence[tuple[str, int]], most: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Accounts in runs of about `most` entries: (accounts, entries)."""
    if most < 1:
        raise InputError("a chunk holds at least one entry")
    names: list[str] = []
    total = 0
    for account, count in accounts:
        names.append(account)
        total += count
        if total >= most:
            yield tuple(names), total
            names, total = [], 0
    if names:
        yield tuple(names), total
