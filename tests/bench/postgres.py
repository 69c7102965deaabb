# SPDX-License-Identifier: Apache-2.0
"""The store on PostgreSQL beside a plain psycopg loop on the same server: one process, and two on one database."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from counterseal.core.account import State
from counterseal.core.transaction import StructCodec
from counterseal.gateways.keyring import LocalMasterKey
from counterseal.store.postgres import PostgresStore
from tests.bench import people
from tests.bench.measure import Figure, Pace, Sample, Tick, figure
from tests.bench.stores import ACCOUNTS, CALLERS, PAYLOAD, REPLY, TEXT, Workload
from tests.support.postgres import new_database

KEY = bytes(range(32))
ROUNDS = 3


def units(_pace: Pace) -> int:
    """How often `measure` ticks."""
    return 1 + 3 * ROUNDS


def measure(pace: Pace, tick: Tick) -> list[Figure]:
    """Transactions of one process, of two together, and of a plain loop, in turn."""
    seconds = max(pace.seconds, 0.2 if pace.quick else 2.0)
    url = new_database()
    one, two, plain = list[Sample](), list[Sample](), list[Sample]()
    accounts = 200 if pace.quick else ACCOUNTS
    with _process(url, "a", accounts) as first, _process(url, "b", accounts) as second:
        tick()
        loop = Plain(new_database())
        for _ in range(ROUNDS):
            plain.append(loop.run(seconds))
            tick()
            one.append(_together([first], seconds))
            tick()
            two.append(_together([first, second], seconds))
            tick()
        loop.connection.close()
    base = "psycopg loop on PostgreSQL: one commit after another"
    against = ("store.postgres.plain", plain)
    rows = "as on SQLite; PostgreSQL's own CPU is not in the figure"
    return [
        figure("store.postgres.plain", base, plain, unit="transactions/s", note="in the clear, no log tree"),
        figure(
            "store.postgres",
            f"PostgreSQL, {CALLERS} callers",
            one,
            unit="transactions/s",
            against=against,
            note=rows,
        ),
        figure(
            "store.postgres.two",
            "PostgreSQL, two processes",
            two,
            unit="transactions/s",
            against=against,
            note=rows,
        ),
    ]


class Plain:
    """The same rows in the clear."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.state, self.done = StructCodec(State).encode(people.state(people.pack("hardened"))), 0
        for text in (
            "CREATE TABLE state (subject TEXT PRIMARY KEY, data BYTEA)",
            "CREATE TABLE entry (position BIGINT PRIMARY KEY, subject TEXT, payload BYTEA)",
            "CREATE TABLE idempotency (number BIGINT PRIMARY KEY, digest TEXT UNIQUE, result TEXT)",
            "CREATE TABLE outbox (sequence BIGINT PRIMARY KEY, id TEXT UNIQUE, payload BYTEA)",
        ):
            self.connection.execute(text)

    def run(self, seconds: float) -> Sample:
        """One transaction after another for so long."""
        count, begin, cpu = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - begin < seconds:
            self.once()
            count += 1
        return Sample(count, time.perf_counter() - begin, time.process_time() - cpu)

    def once(self) -> None:
        """One transaction."""
        self.done += 1
        number, run = self.done, self.connection.execute
        subject = f"account:{number % ACCOUNTS}"
        with self.connection.transaction():
            run("SELECT data FROM state WHERE subject = %s FOR UPDATE", (subject,)).fetchall()
            run(
                "INSERT INTO state VALUES (%s, %s) ON CONFLICT (subject) DO UPDATE SET data = excluded.data",
                (subject, self.state),
            )
            run("INSERT INTO entry VALUES (%s, %s, %s)", (number, subject, PAYLOAD))
            run("INSERT INTO idempotency VALUES (%s, %s, %s)", (number, f"{number:064x}", REPLY))
            run("INSERT INTO outbox VALUES (%s, %s, %s)", (number, f"msg-{number}", TEXT))


@contextlib.contextmanager
def _process(url: str, name: str, accounts: int) -> Iterator[Connection]:
    """A process with a store and accounts of its own. It takes seconds, and gives back samples."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, url, name, accounts), daemon=True)
    process.start()
    assert here.recv() == "ready"
    try:
        yield here
    finally:
        here.send(None)
        process.join()


def _serve(pipe: Connection, url: str, name: str, accounts: int) -> None:
    store = PostgresStore(url, {"account": StructCodec(State)}, LocalMasterKey(KEY))
    load = Workload(store, accounts, name)
    with asyncio.Runner() as runner:
        runner.run(load.fill())
        pipe.send("ready")
        while (seconds := pipe.recv()) is not None:
            pipe.send(runner.run(load.callers(seconds)))
    store.close()


def _together(pipes: list[Any], seconds: float) -> Sample:
    """All at once; one sample of them all."""
    gc.collect()
    for pipe in pipes:
        pipe.send(seconds)
    each: list[Sample] = [pipe.recv() for pipe in pipes]
    latencies = [one for sample in each for one in sample.latencies]
    cpu = sum(sample.cpu or 0.0 for sample in each)
    return Sample(sum(one.operations for one in each), max(one.seconds for one in each), cpu, latencies)
