# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load: nothing acknowledged is lost, nothing happens twice, the log verifies."""

from __future__ import annotations

import asyncio
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from counterseal.core import merkle
from counterseal.store.backup import backup, verify
from counterseal.store.lock import holder_of
from counterseal.store.sqlite import SqliteStore
from tests.support.store import CODECS, NOW, PlainMasterKey

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
TASKS = 16

# The child does transactions from several tasks and writes the id of each that was acknowledged to a pipe,
# one line per id, without a buffer. Odd ones are sent twice under one idempotency key, some erase or settle.
CHILD = """
import asyncio, os, sys
from pathlib import Path
from counterseal.store.sqlite import SqliteStore
from tests.support.store import CODECS, NOW, PlainMasterKey, add, key, message

async def work(store, run, task):
    turn = 0
    while True:
        name = f"{run}-{task}-{turn}"
        subject = f"account:{task % 4}"
        function = add(subject, payload=name.encode(), action=name, aliases=(f"action:{name}",),
                       messages=(message(f"m-{name}", subject),), text="x" * 1500)
        calls = [store.transact([subject], function, now=NOW, idempotency=key(name)) for _ in range(1 + turn % 2)]
        positions = {done.positions for done in await asyncio.gather(*calls)}
        assert len(positions) == 1, positions
        os.write(1, f"{name} {positions.pop()[0]}\\n".encode())
        if turn % 5 == 0:
            await store.delivered(f"m-{name}", NOW)
            os.write(1, f"{name} delivered\\n".encode())
        turn += 1

async def main():
    path, run, tasks = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    store = SqliteStore(path, CODECS, PlainMasterKey())
    os.write(1, b"open\\n")
    await asyncio.gather(*(work(store, run, task) for task in range(tasks)))

asyncio.run(main())
"""


def run_and_kill(database: Path, run: int, after: float) -> list[list[str]]:
    """Start the child, kill it `after` seconds of work, and return the complete lines that it wrote."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(database), str(run), str(TASKS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        written = _watch(child, after)
    finally:
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate()
    assert child.returncode == -signal.SIGKILL
    lines = (written + rest).split(b"\n")[:-1]  # what follows the last newline was cut off
    return [line.decode().split() for line in lines[1:]]


def _watch(child: subprocess.Popen[bytes], after: float) -> bytes:
    """Read what the child writes until it has worked for `after` seconds."""
    assert child.stdout is not None
    assert child.stderr is not None
    written = b""
    end: float | None = None
    while end is None or time.monotonic() < end:
        ready, _, _ = select.select([child.stdout], [], [], 0.01 if end else 30)
        chunk = child.stdout.read1(1 << 16) if ready else b""
        assert chunk or not ready, child.stderr.read().decode()  # it ended by itself
        written += chunk
        if end is None:
            assert written.startswith(b"open\n")
            end = time.monotonic() + after
    return written


async def check_promises(database: Path, acknowledged: dict[str, int], delivered: set[str]) -> int:
    """Check every promise on the store as the killed process left it; returns the size of the log."""
    store = SqliteStore(database, CODECS, PlainMasterKey())
    try:
        entries = []
        while page := await store.entries(after=len(entries) - 1, limit=1_000):
            entries += page
        by_name = {entry.payload.decode(): entry.position for entry in entries}
        assert len(by_name) == len(entries), "an id was committed twice"
        assert [entry.position for entry in entries] == list(range(len(entries)))
        lost = {name for name, position in acknowledged.items() if by_name.get(name) != position}
        assert not lost
        counts = {f"account:{number}": 0 for number in range(4)}
        for entry in entries:
            counts[entry.subject] += 1
        for subject, count in counts.items():
            assert (await store.read(subject)).value == count, "state and log tell different stories"
        pending = set()
        for message in await store.messages(NOW, limit=10_000):
            pending.add(message.id.removeprefix("m-"))
        assert not pending & delivered
        assert set(by_name) - pending <= {name for name in by_name if int(name.split("-")[2]) % 5 == 0}
        for name in random.sample(sorted(by_name), min(20, len(by_name))):
            assert await store.resolve(f"action:{name}") == f"account:{int(name.split('-')[1]) % 4}"
        digests = [merkle.leaf_hash(leaf) for leaf in await store.log.leaves(0, 10**6)]
        edge, _ = merkle.append(merkle.CompactRange(), digests)
        assert await store.log.root() == (len(entries), merkle.root(edge))
        return len(entries)
    finally:
        store.close()


def test_kill_9_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path):
    database = tmp_path / "store.db"
    acknowledged: dict[str, int] = {}
    delivered: set[str] = set()
    for run in range(KILLS):
        before = len(acknowledged)
        for name, what in run_and_kill(database, run, random.uniform(0.15, 0.9)):
            if what == "delivered":
                delivered.add(name)
            else:
                acknowledged[name] = int(what)
        assert len(acknowledged) > before, "the child did no work"
        assert holder_of(database) is None, "the lock died with its process"
        kept = asyncio.run(check_promises(database, acknowledged, delivered))
        assert kept >= len(acknowledged)
        with sqlite3.connect(database) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        raw.close()
    manifest = backup(database, tmp_path / "copy.db")
    assert verify(tmp_path / "copy.db").size == manifest.size == kept
