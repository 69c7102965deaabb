# SPDX-License-Identifier: Apache-2.0
"""The store beside a plain SQLite loop on the same disk, then the log that it left: export and verification."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from counterseal.audit.export import write_export
from counterseal.audit.keys import Ed25519Signer
from counterseal.audit.service import LogService
from counterseal.audit.verify import verify_export
from counterseal.core import merkle
from counterseal.core.account import State
from counterseal.core.transaction import Change, Commit, Entry, Idempotency, Loaded, Message, StructCodec
from counterseal.gateways.keyring import LocalMasterKey
from counterseal.guard.model import Done
from counterseal.store.sql import SqlStore
from counterseal.store.sqlite import SqliteStore
from tests.bench import people
from tests.bench.measure import Figure, Pace, Sample, Tick, alternate, figure, repeat, ticks

CALLERS = 32
PAYLOAD, REPLY, TEXT = os.urandom(1_000), "x" * 300, os.urandom(400)
ACCOUNTS = 2_000
POLICY = "sha256:" + "0" * 64


class Workload:
    """A store with accounts of 20 objects, and transactions that each write state, log entry, idempotency row
    and outbox row."""

    def __init__(self, store: SqlStore, accounts: int, name: str = "") -> None:
        self.store, self.name = store, name
        self.state = people.state(people.pack("hardened"))
        self.accounts = accounts
        self.done = 0

    async def fill(self) -> None:
        """The accounts."""
        for start in range(0, self.accounts, 250):
            names = [f"account:{self.name}{number}" for number in range(start, min(start + 250, self.accounts))]
            changes = tuple(
                Change(name, self.state, Entry("register", people.NOW, POLICY, PAYLOAD)) for name in names
            )
            await self.store.transact(
                names, lambda _loaded, all_=changes: Commit(Done("", 0), all_), now=people.NOW
            )

    async def one(self) -> None:
        """One transaction on the next account."""
        self.done += 1
        number = self.done
        subject = f"account:{self.name}{number % self.accounts}"
        action = f"act-{self.name}{number}"

        def function(loaded: Loaded) -> Commit[Done]:
            before: State = loaded.states[subject]
            after = msgspec.structs.replace(before, sequence=before.sequence + 1)
            change = Change(
                subject,
                after,
                Entry("ask", people.NOW, POLICY, PAYLOAD, action),
                messages=(Message(f"msg-{action}", "notice", subject, TEXT),),
                aliases=(f"action:{action}",),
            )
            return Commit(Done(subject, people.NOW, note=REPLY), (change,))

        key = Idempotency("platform", f"key-{action}", b"b" * 32, Done)
        await self.store.transact([subject], function, now=people.NOW, idempotency=key)

    async def callers(self, seconds: float) -> Sample:
        """32 callers, each waiting for its commit before the next one."""
        gc.collect()
        latencies: list[float] = []
        clock = time.perf_counter
        cpu, begin = time.process_time(), clock()

        async def caller() -> None:
            while (start := clock()) - begin < seconds:
                await self.one()
                latencies.append((clock() - start) * 1e6)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        return Sample(len(latencies), clock() - begin, time.process_time() - cpu, latencies)


class Plain:
    """The standard library's sqlite3: the same rows in the clear, one transaction and one fsync after another."""

    def __init__(self, path: Path, state: bytes) -> None:
        self.state, self.done = state, 0
        self.connection = sqlite3.connect(path, isolation_level=None)
        for text in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE state (subject TEXT PRIMARY KEY, data BLOB)",
            "CREATE TABLE entry (position INTEGER PRIMARY KEY, subject TEXT, payload BLOB)",
            "CREATE TABLE idempotency (number INTEGER PRIMARY KEY, digest TEXT UNIQUE, result TEXT)",
            "CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, payload BLOB)",
        ):
            self.connection.execute(text)

    def once(self) -> int:
        """One transaction."""
        self.done += 1
        number, run = self.done, self.connection.execute
        subject = f"account:{number % ACCOUNTS}"
        run("BEGIN IMMEDIATE")
        run("SELECT data FROM state WHERE subject = ?", (subject,)).fetchall()
        run("INSERT OR REPLACE INTO state VALUES (?, ?)", (subject, self.state))
        run("INSERT INTO entry VALUES (?, ?, ?)", (number, subject, PAYLOAD))
        run("INSERT INTO idempotency VALUES (?, ?, ?)", (number, f"{number:064x}", REPLY))
        run("INSERT INTO outbox VALUES (?, ?, ?)", (number, f"msg-{number}", TEXT))
        run("COMMIT")
        return 1


def units(pace: Pace) -> int:
    """How often `measure` ticks."""
    return ticks(2, pace.rounds) + 4


def measure(pace: Pace, tick: Tick, folder: Path) -> list[Figure]:
    """Transactions of the store and of the plain loop; Merkle append, export and verification."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="store-") as name, asyncio.Runner() as runner:
        place = Path(name)
        store = SqliteStore(place / "store.db", {"account": StructCodec(State)}, LocalMasterKey(os.urandom(32)))
        load = Workload(store, 200 if pace.quick else ACCOUNTS)
        try:
            runner.run(load.fill())
            tick()
            size = len(StructCodec(State).encode(load.state))
            plain = Plain(place / "plain.db", StructCodec(State).encode(load.state))
            seconds = max(pace.seconds, 0.2 if pace.quick else 1.5)
            longer = msgspec.structs.replace(pace, seconds=seconds)
            cases = {"transact": lambda: runner.run(load.callers(seconds)), "plain": repeat(plain.once, longer)}
            samples = alternate(cases, pace.rounds, tick)
            plain.connection.close()
            found = _figures(samples, size)
            found += _log(load, place, runner, pace, tick)
        finally:
            load.store.close()
    return found


def _figures(samples: dict[str, list[Sample]], size: int) -> list[Figure]:
    base = "sqlite3 loop: one fsync for each transaction"
    return [
        figure("store.plain", base, samples["plain"], unit="transactions/s", note="in the clear, no log tree"),
        figure(
            "store.transact",
            f"Store, {CALLERS} callers, state {size / 1000:.1f} kB",
            samples["transact"],
            unit="transactions/s",
            against=("store.plain", samples["plain"]),
            note="read, state, sealed log entry, Merkle nodes, alias, idempotency and outbox row; callers included",
        ),
    ]


def _log(load: Workload, place: Path, runner: asyncio.Runner, pace: Pace, tick: Tick) -> list[Figure]:
    """The Merkle tree in memory, and the export of the log that was just written."""
    leaves = [merkle.leaf_hash(b"%d" % number) for number in range(10_000)]

    def append() -> int:
        merkle.append(merkle.CompactRange(), leaves)
        return len(leaves)

    tree = alternate({"append": repeat(append, pace)}, pace.rounds)["append"]
    tick()
    signer = Ed25519Signer.from_seed("bench.example/log", os.urandom(32))
    service = LogService(load.store.log, signer)
    signed = runner.run(service.sign_checkpoint(now=people.NOW, epoch=load.store.epoch))
    path = place / "log.jsonl"

    def export() -> int:
        return runner.run(write_export(path, load.store.log, key=signer.key, opened=True))

    once = msgspec.structs.replace(pace, seconds=0.0)
    written = alternate({"export": repeat(export, once)}, 1)["export"]
    tick()

    def verify() -> int:
        verdict: Any = verify_export(
            path, checkpoint=signed.note, public_key=service.public_key(people.NOW), now=people.NOW
        )
        assert not verdict.findings, verdict.findings[0]
        assert verdict.verified_size == signed.checkpoint.size
        return int(verdict.entries)

    checked = alternate({"verify": repeat(verify, once)}, min(pace.rounds, 3))["verify"]
    tick()
    entries = f"{signed.checkpoint.size} entries with payloads, {path.stat().st_size / 2**20:.0f} MiB"
    return [
        figure("log.append", "Merkle append, leaf hashes given", tree, unit="entries/s"),
        figure("log.export", "`log export --open`", written, unit="entries/s", note=entries),
        figure("log.verify", "`log verify` of that export", checked, unit="entries/s", note=entries),
    ]
