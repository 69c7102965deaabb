# SPDX-License-Identifier: Apache-2.0
"""The platform's ledger in an incident: rows from a file or asked of the platform, tried first, taken in whole.

A row is known by its hash: the same file handed in twice adds nothing. Rows are added and never changed; what was
wrong is said not to belong by a statement.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from counterseal.core.loss.model import KINDS, TRADE, Movement, row_hash
from counterseal.core.transaction import Change, Commit, Committed, Entry, Idempotency, Loaded, Store
from counterseal.incidents import loss_file as f
from counterseal.incidents.loss_table import Table, TableError, TableFault

COLUMNS: Final = (
    *("account", "at", "kind", "asset", "amount", "counter_asset", "counter_amount"),
    *("ref", "action", "session", "seal"),
)
REQUIRED: Final = ("account", "at", "kind", "asset", "amount")
LONGEST: Final = 128
LISTED: Final = 1_000
ASKED: Final = 500
"""Accounts that the platform is asked about at once."""


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Cases(Protocol):
    """The incidents."""

    async def known(self, incident: str) -> bool:
        """Whether there is such an incident."""
        ...

    async def accounts(self, incident: str) -> tuple[str, ...]:
        """The accounts of an incident that may have lost something, in id order."""
        ...

    async def harmed(self, incident: str, account: str) -> bool:
        """Whether this account is one of those."""
        ...

    async def released(self, account: str) -> tuple[str, ...]:
        """The incidents of an account that no legal hold keeps."""
        ...


class PlatformLedger(Protocol):
    """The platform's ledger, asked by us. It raises an UnavailableError when it does not answer as it should."""

    async def rows(
        self, accounts: Sequence[str], since: int, until: int, *, incident: str
    ) -> tuple[Mapping[str, str], ...]:
        """What moved in these accounts with `since` <= at < `until` (ms): columns as in a file."""
        ...


class RowsPlan(msgspec.Struct, frozen=True):
    """What an import would add. `known`: rows that stand already."""

    source: str
    rows: int
    new: int
    known: int
    accounts: int


class Movements:
    """Rows of incidents."""

    def __init__(self, store: Store, clock: Clock, cases: Cases, platform: PlatformLedger) -> None:
        self._store, self._clock, self._cases, self._platform = store, clock, cases, platform

    async def tried(self, incident: str, data: bytes) -> RowsPlan:
        """What a file would add; nothing is kept. Raises TableError, IncidentUnknownError."""
        movements = read_movements(data, await self._accounts(incident))
        subjects = {f.rows_of(incident, each.account) for each in movements}
        held = {subject: await self._store.read(subject) for subject in subjects}
        new = _new(incident, movements, held)
        source = f"csv:{hashlib.sha256(data).hexdigest()}"
        return RowsPlan(source, len(movements), len(new), len(movements) - len(new), len(subjects))

    async def taken(
        self, incident: str, data: bytes, *, by: str, source: str = "", idempotency: Idempotency | None = None
    ) -> Committed[f.RowsImport]:
        """Take a file in, whole or not at all. Raises TableError, IncidentUnknownError, LossError
        (`too_many_rows`)."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        movements = read_movements(data, await self._accounts(incident))
        source, now = source or f"csv:{hashlib.sha256(data).hexdigest()}", self._clock.now()
        subjects = sorted({f.rows_of(incident, each.account) for each in movements})
        file = f.file_of(incident)

        def function(loaded: Loaded) -> Commit[f.RowsImport]:
            new = _new(incident, movements, loaded.states)
            at = max(now, loaded.latest)
            made = f.RowsImport(source, at, by, len(movements), len(new), len(subjects), _digest(new))
            held = loaded.states.get(file)
            before = held if isinstance(held, f.LossFile) else f.LossFile()
            after = msgspec.structs.replace(before, imports=(*before.imports, made))
            entry = Entry("incident_movements_imported", at, "", msgspec.json.encode(made))
            rows = _grown(incident, new, loaded.states, made)
            return Commit(made, (Change(file, after, entry), *rows))

        return await self._store.transact([file, *subjects], function, now=now, idempotency=idempotency)

    async def fetched(
        self, incident: str, since: int, until: int, *, by: str, idempotency: Idempotency | None = None
    ) -> Committed[f.RowsImport]:
        """Ask the platform for the rows of all accounts of the incident and take them in. Raises as `taken`, and
        UnavailableError."""
        if idempotency is not None and (done := await self._store.replayed(idempotency)) is not None:
            return done
        accounts = sorted(await self._accounts(incident))
        rows: list[Mapping[str, str]] = []
        for start in range(0, len(accounts), ASKED):
            some = accounts[start : start + ASKED]
            rows += await self._platform.rows(some, since, until, incident=incident)
        data = as_csv(rows)
        source = f"platform:{hashlib.sha256(data).hexdigest()}"
        return await self.taken(incident, data, by=by, source=source, idempotency=idempotency)

    async def rows(self, incident: str, account: str) -> tuple[f.KeptRow, ...]:
        """The rows of an account, as they came in."""
        held = await self._store.read(f.rows_of(incident, account))
        return held.rows if isinstance(held, f.KeptRows) else ()

    async def with_rows(self, incident: str) -> frozenset[str]:
        """The accounts of an incident that have rows."""
        prefix = f.rows_of(incident, "")
        found: list[str] = []
        after = prefix
        while True:
            names = await self._store.subjects("incident_movements", after=after, limit=LISTED)
            found += (name.removeprefix(prefix) for name in names if name.startswith(prefix))
            if len(names) < LISTED or not names[-1].startswith(prefix):
                return frozenset(found)
            after = names[-1]

    async def forgotten(self, account: str) -> tuple[str, ...]:
        """The subjects that go with an account that is erased: its rows, but where a legal hold keeps them."""
        names = [f.rows_of(incident, account) for incident in await self._cases.released(account)]
        return tuple([name for name in names if await self._store.read(name) is not None])

    async def _accounts(self, incident: str) -> frozenset[str]:
        if not await self._cases.known(incident):
            raise f.IncidentUnknownError("there is no such incident")
        return frozenset(await self._cases.accounts(incident))


def read_movements(data: bytes, accounts: Collection[str]) -> tuple[Movement, ...]:
    """The rows of a CSV file, all of accounts of the incident. Raises TableError."""
    table = Table(data, COLUMNS, REQUIRED)
    found: dict[str, Movement] = {}
    for line, row in table.rows:
        movement = _movement(table, line, row)
        if movement.account not in accounts:
            table.fault(line, "account", "account_unknown", "this account is not one of the incident's")
        digest = row_hash(movement)
        if digest in found:
            table.fault(line, "ref", "row_twice", "the file has this row twice: tell the two apart by `ref`")
        found[digest] = movement
    table.raise_if_any()
    if not found:
        raise TableError((TableFault(1, 1, "", "empty", "there are no rows"),))
    return tuple(found.values())


def as_csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Rows of the platform's answer as a file; columns that no file has are left out."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _movement(table: Table, line: int, row: dict[str, str]) -> Movement:
    kind = table.word(line, row, "kind", KINDS)
    trade = kind == TRADE
    if not trade and (row.get("counter_asset") or row.get("counter_amount")):
        table.fault(line, "counter_asset", "counter_unwanted", "only a trade has a counter side")
    if trade and row.get("asset") == row.get("counter_asset"):
        table.fault(line, "counter_asset", "same_asset", "a trade is of two assets")
    return Movement(
        account=table.text(line, row, "account", longest=LONGEST, needed=True),
        at=table.moment(line, row, "at"),
        kind=kind,
        asset=table.asset(line, row, "asset"),
        amount=table.amount(line, row, "amount"),
        counter_asset=table.asset(line, row, "counter_asset", needed=trade),
        counter_amount=table.amount(line, row, "counter_amount", needed=trade),
        ref=table.text(line, row, "ref", longest=LONGEST),
        action=table.text(line, row, "action", longest=LONGEST),
        session=table.text(line, row, "session", longest=LONGEST),
        seal=table.text(line, row, "seal", longest=LONGEST),
    )


def _new(incident: str, movements: Iterable[Movement], held: Mapping[str, object]) -> dict[str, Movement]:
    """Those that do not stand yet, by hash."""
    found: dict[str, Movement] = {}
    known: dict[str, frozenset[str]] = {}
    for movement in movements:
        subject = f.rows_of(incident, movement.account)
        if subject not in known:
            rows = held.get(subject)
            known[subject] = (
                frozenset(each.hash for each in rows.rows) if isinstance(rows, f.KeptRows) else frozenset()
            )
        digest = row_hash(movement)
        if digest not in known[subject]:
            found[digest] = movement
    return found


def _digest(new: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(new)).encode()).hexdigest()


def _grown(
    incident: str, new: Mapping[str, Movement], held: Mapping[str, object], made: f.RowsImport
) -> list[Change]:
    fresh: dict[str, list[f.KeptRow]] = defaultdict(list)
    for digest, movement in new.items():
        row = f.KeptRow(digest, movement, made.source, made.at, made.by)
        fresh[f.rows_of(incident, movement.account)].append(row)
    changes = []
    for subject, rows in fresh.items():
        before = held.get(subject)
        kept = (*(before.rows if isinstance(before, f.KeptRows) else ()), *rows)
        if len(kept) > f.MOST_OF_ACCOUNT:
            sentence = f"an account has room for {f.MOST_OF_ACCOUNT} rows in an incident"
            raise f.LossError(sentence, code="too_many_rows")
        changes.append(Change(subject, f.KeptRows(kept)))
    return changes
