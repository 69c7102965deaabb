# SPDX-License-Identifier: Apache-2.0
"""Random runs on a database and in memory side by side: both give the same answers and end in the same state.

On PostgreSQL two stores take turns on one database, so that what each remembers meets what the other wrote.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from counterseal.core import merkle
from counterseal.core.errors import CountersealError
from counterseal.core.transaction import Change, Commit, Committed, Loaded, Message, Store, Timer
from counterseal.store.memory import MemoryStore
from counterseal.store.postgres import PostgresStore
from counterseal.store.sql import SqlStore
from counterseal.store.sqlite import SqliteStore
from counterseal.store.tables import metadata
from tests.support.postgres import database_of
from tests.support.store import CODECS, NOW, Answer, Counter, PlainMasterKey, entry, key

SUBJECTS = ("account:a", "account:b", "request:a", "account:é")
subjects = st.sampled_from(SUBJECTS)
names = st.sampled_from(("1", "2", "3", "4"))
times = st.integers(NOW - 5, NOW + 20)


def one_change(subject: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "subject": st.just(subject),
            "amount": st.one_of(st.none(), st.integers(-5, 5)),  # None: the state is dropped
            "payload": st.one_of(st.none(), st.binary(max_size=20)),
            "timers": st.lists(st.tuples(names, subjects, times), max_size=2),
            "cleared": st.lists(names, max_size=1),
            "messages": st.lists(st.tuples(names, subjects, times), max_size=1),
            "aliases": st.lists(names, max_size=1),
        }
    )


plans = st.fixed_dictionaries(
    {
        "keys": st.lists(subjects, min_size=1, max_size=3, unique=True),
        "changes": st.lists(subjects.flatmap(one_change), max_size=3),
        "fails": st.integers(0, 9).map(lambda number: number == 0),
        "now": times,
        "key": st.one_of(st.none(), st.tuples(names, st.sampled_from((b"1" * 32, b"2" * 32)))),
        "timer": st.one_of(st.none(), names),
    }
)


def function_of(plan: dict[str, Any]) -> Callable[[Loaded], Commit[Answer]]:
    """The pure function that a plan stands for; its answer tells what it saw."""

    def function(loaded: Loaded) -> Commit[Answer]:
        seen = sum(state.value for state in loaded.states.values() if state is not None)
        if plan["fails"]:
            raise RuntimeError(f"saw {seen}")
        changes = []
        for one in plan["changes"]:
            before = loaded.states.get(one["subject"])
            state = (before or Counter(0)).value + one["amount"] if one["amount"] is not None else None
            changes.append(
                Change(
                    one["subject"],
                    None if state is None else Counter(state),
                    None if one["payload"] is None else entry(one["payload"], action="act"),
                    tuple(Timer(name, about, due, "kind") for name, about, due in one["timers"]),
                    tuple(one["cleared"]),
                    tuple(Message(name, "topic", about, b"text", due) for name, about, due in one["messages"]),
                    tuple(one["aliases"]),
                )
            )
        return Commit(Answer(seen * 1_000 + loaded.position * 10 + loaded.latest % 10), tuple(changes))

    return function


async def outcome(call: Awaitable[Any]) -> object:
    """What a call gives or raises, in a form that can be compared."""
    try:
        return await call
    except CountersealError as error:
        return type(error), error.code
    except RuntimeError as error:
        return type(error), str(error)


class OnSqlite(RuleBasedStateMachine):
    """Every rule does the same to both stores."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.memory = MemoryStore(CODECS)
        self.stores = self.opened()

    def opened(self) -> list[SqlStore]:
        # A tiny cache, so that states are read back and opened again and again.
        path = self.folder / "store.db"
        return [SqliteStore(path, CODECS, PlainMasterKey(), clock="simulated", cache_entries=2)]

    def closed(self) -> None:
        for store in self.stores:
            store.close()

    def teardown(self) -> None:
        self.closed()
        self.loop.close()
        shutil.rmtree(self.folder)

    def both(self, call: Callable[[Store], Awaitable[Any]]) -> object:
        expected = self.loop.run_until_complete(outcome(call(self.memory)))
        assert self.loop.run_until_complete(outcome(call(self.stores[0]))) == expected
        return expected

    @rule()
    def take_turns(self) -> None:
        """From now on the other process writes and is asked, where there are two."""
        self.stores.reverse()

    @rule(batch=st.lists(plans, min_size=1, max_size=6))
    def transact(self, batch: list[dict[str, Any]]) -> None:
        """A burst: the database may take it as one batch or several; the answers are those of one by one."""

        def start(store: Store, plan: dict[str, Any]) -> Awaitable[Committed[Answer]]:
            idempotency = None if plan["key"] is None else key(*plan["key"])
            return store.transact(
                plan["keys"], function_of(plan), now=plan["now"], idempotency=idempotency, timer=plan["timer"]
            )

        async def burst(store: Store) -> list[object]:
            return list(await asyncio.gather(*(outcome(start(store, plan)) for plan in batch)))

        self.both(burst)

    @rule(name=names, when=times, afresh=st.booleans())
    def postpone(self, name: str, when: int, afresh: bool) -> None:
        self.both(lambda store: store.postponed(name, until=when, afresh=afresh))

    @rule(name=names, when=times, delivered=st.booleans())
    def settle(self, name: str, when: int, delivered: bool) -> None:
        if delivered:
            self.both(lambda store: store.delivered(name, when))
        else:
            self.both(lambda store: store.deferred(name, error="no route", retry_at=when))

    @rule(subject=subjects, when=times)
    def erase(self, subject: str, when: int) -> None:
        self.both(lambda store: store.erase(subject, when))

    @rule(days=st.integers(6, 8))
    def sweep(self, days: int) -> None:
        self.both(lambda store: store.sweep(NOW + days * 86_400_000))

    @rule()
    def open_again(self) -> None:
        self.closed()
        self.stores = self.opened()

    @invariant()
    def reads_agree(self) -> None:
        for subject in SUBJECTS:
            self.both(lambda store, subject=subject: store.read(subject))
            self.both(lambda store, subject=subject: store.entries(subject=subject))
        for name in ("1", "2", "3", "4"):
            self.both(lambda store, name=name: store.resolve(name))
            self.both(lambda store, name=name: store.replayed(key(name, b"1" * 32)))
        for call in (
            lambda store: store.entries(),
            lambda store: store.entries(action="act", after=2, limit=3),
            lambda store: store.due(NOW + 10),
            lambda store: store.messages(NOW + 10),
            lambda store: store.subjects("account"),
        ):
            self.both(call)

    @invariant()
    def logs_agree(self) -> None:
        """Salts are random, so the roots differ; each must follow from its own leaves."""
        for store in (self.memory, self.stores[0]):
            leaves = self.loop.run_until_complete(store.log.leaves(0, 10_000))
            edge, _ = merkle.append(merkle.CompactRange(), [merkle.leaf_hash(leaf) for leaf in leaves])
            assert self.loop.run_until_complete(store.log.root()) == (len(leaves), merkle.root(edge))
        assert self.memory.latest == max(store.latest for store in self.stores)


class OnPostgres(OnSqlite):
    """Two stores on one database, one with room for two states and one with room for all."""

    def __init__(self) -> None:
        self.url = database_of("model")
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute("SELECT to_regclass('meta')").fetchone()
            if found != (None,):  # of the example before
                names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
                connection.execute(f"TRUNCATE {names}")
        super().__init__()

    def opened(self) -> list[SqlStore]:
        made = (
            PostgresStore(self.url, CODECS, PlainMasterKey(), clock="simulated", cache_entries=n) for n in (2, 9)
        )
        return list(made)


MORE = int(os.environ.get("COUNTERSEAL_TEST_MODEL", "1"))
"""So many times the examples."""
TestOnSqlite = OnSqlite.TestCase
TestOnSqlite.settings = settings(max_examples=25 * MORE, stateful_step_count=12, deadline=None)
TestOnPostgres = OnPostgres.TestCase
TestOnPostgres.settings = settings(max_examples=6 * MORE, stateful_step_count=12, deadline=None)
