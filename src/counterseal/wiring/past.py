# SPDX-License-Identifier: Apache-2.0
"""The record of a store for `replay`: read on a connection that cannot write, beside running servers.

The log only grows, so every reader that stops at the same position sees the same record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from counterseal.core import leaf
from counterseal.core.account import State
from counterseal.core.errors import CountersealError, InputError, NotFoundError
from counterseal.core.transaction import StructCodec
from counterseal.guard.model import decode_record
from counterseal.prover.history import Past
from counterseal.settings import Settings
from counterseal.store.errors import StoreCorruptError
from counterseal.store.vault import SubjectKeys, Vault
from counterseal.wiring.masters import reading_master_key
from counterseal.wiring.past_source import Source, check_schema, reading_file, reading_server

PREFIX = "account:"


class Extent(msgspec.Struct, frozen=True):
    """What there is: `last` position of the log (-1 = none), `until` the latest time (ms), accounts with their
    number of entries in id order, and how many accounts are erased."""

    last: int
    until: int
    accounts: tuple[tuple[str, int], ...]
    erased: int


class Place(msgspec.Struct, frozen=True):
    """Where a store lies, and its master key. It can be handed to another process."""

    settings: Settings

    def __repr__(self) -> str:
        """Without the settings, which hold passwords."""
        return f"Place({str(self)!r})"

    def __str__(self) -> str:
        """For messages."""
        return str(self.settings.database) if self.url is None else "PostgreSQL"

    @property
    def url(self) -> str | None:
        """Of PostgreSQL; None = it is a file."""
        found = self.settings.database_url
        return None if found is None else found.get_secret_value()


@contextmanager
def open_past(place: Place) -> Iterator[PastReader]:
    """A reader of this store. Raises NotFoundError, KeyringError, StoreUnavailableError or SchemaNewerError."""
    opened = reading_file(place.settings.database) if place.url is None else reading_server(place.url)
    with opened as source:
        check_schema(source)
        yield PastReader(source, Vault(reading_master_key(place.settings)))


class PastReader:
    """Accounts and their entries, opened under each account's own key."""

    def __init__(self, source: Source, vault: Vault) -> None:
        self._source, self._vault = source, vault

    def extent(self, account: str | None = None) -> Extent:
        """What there is to replay; NotFoundError (`unknown_account`) for one that never was."""
        subject = None if account is None else PREFIX + account
        with self._source.moment() as run:
            ((last,),) = run("SELECT max(position) FROM entry")
            ((until,),) = run("SELECT coalesce(max(latest), 0) FROM meta")
            last = -1 if last is None else last
            found = list(
                run(
                    "SELECT e.subject, count(*), max(s.erased) FROM entry e JOIN subject s ON s.id = e.subject "
                    "WHERE s.kind = 'account' AND e.position <= ? AND (CAST(? AS TEXT) IS NULL OR e.subject = ?) "
                    "GROUP BY e.subject ORDER BY e.subject",
                    (last, subject, subject),
                )
            )
        if account is not None and not found:
            raise NotFoundError(f"there is no account `{account[:64]}` in the log", code="unknown_account")
        kept = tuple((name.removeprefix(PREFIX), count) for name, count, erased in found if erased is None)
        return Extent(last, until, kept, len(found) - len(kept))

    def accounts(self) -> int:
        """How many accounts there are that are not erased."""
        query = "SELECT count(*) FROM subject WHERE kind = 'account' AND erased IS NULL"
        with self._source.moment() as run:
            ((found,),) = run(query)
        return int(found)

    def latest(self) -> int:
        """The largest committed time (ms)."""
        with self._source.moment() as run:
            ((found,),) = run("SELECT coalesce(max(latest), 0) FROM meta")
        return int(found)

    def states(self, account: str | None = None) -> Iterator[tuple[str, State]]:
        """Every account (or this one) as last committed, in id order, but those that are erased.

        Raises StoreCorruptError with the account whose state cannot be read.
        """
        subject = None if account is None else PREFIX + account
        query = (
            "SELECT s.id, v.key, v.salt, t.data FROM subject s JOIN vault v ON v.subject = s.id "
            "JOIN state t ON t.subject = s.id "
            "WHERE s.kind = 'account' AND (CAST(? AS TEXT) IS NULL OR s.id = ?) ORDER BY s.id"
        )
        codec = StructCodec(State)
        with self._source.moment() as run:
            for name, key, salt, data in run(query, (subject, subject)):
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
        with self._source.moment() as run:
            wrapped = list(run("SELECT key, salt FROM vault WHERE subject = ?", (subject,)))
            if not wrapped:
                return []
            keys = self._vault.unwrap(subject, *wrapped[0])
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
