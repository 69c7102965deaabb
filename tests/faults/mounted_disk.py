# SPDX-License-Identifier: Apache-2.0
"""Real small disks (a tmpfs with a size, which takes root): full, freed, read-only. `make faults` runs these."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from counterseal.core.transaction import StoreUnavailableError
from counterseal.store.postgres import PostgresStore
from counterseal.store.sql import SqlStore
from counterseal.store.sqlite import SqliteStore
from tests.faults.database import Database, end, folder
from tests.faults.test_power import whole
from tests.support.store import CODECS, NOW, PlainMasterKey, add, key, message


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of this size."""
    mount = place / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(mount)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}; a file system of our own takes root")
    try:
        yield mount
    finally:
        subprocess.run(["umount", "-l", str(mount)], check=True)


async def fill(store: SqlStore, acknowledged: dict[str, int], *, most: int) -> int:
    """Write until it is refused five times in a row; how many were refused."""
    refused, row = 0, 0
    for turn in range(most):
        name = f"{turn % 8}-{len(acknowledged)}-{turn}"
        subject = f"account:{turn % 8}"
        function = add(subject, payload=name.encode(), messages=(message(f"m-{name}", subject),), text="x" * 60_000)
        try:
            done = await store.transact([subject], function, now=NOW, idempotency=key(name))
        except StoreUnavailableError:
            refused, row = refused + 1, row + 1
            if row == 5:
                return refused
        else:
            row = 0
            acknowledged[name] = done.positions[0]
    return refused


async def recovers(store: SqlStore, acknowledged: dict[str, int]) -> None:
    """Without a restart of the store; what was refused left nothing that counts."""
    for _ in range(100):
        if await store.check() is None:
            break
        await asyncio.sleep(0.1)
    assert await store.check() is None
    subject = "account:0"
    done = await store.transact([subject], add(subject, payload=b"0-after"), now=NOW, idempotency=key("after"))
    acknowledged["0-after"] = done.positions[0]
    await whole(store, acknowledged)


def test_sqlite_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(6 << 20))

        async def run() -> None:
            store = SqliteStore(disk / "store.db", CODECS, PlainMasterKey())
            acknowledged: dict[str, int] = {}
            assert await fill(store, acknowledged, most=2_000) >= 5
            assert len(acknowledged) > 5
            assert await store.check() is not None
            assert await store.read("account:0") is not None, "what is there can be read"
            ballast.unlink()
            await recovers(store, acknowledged)
            store.close()

        asyncio.run(run())


def test_sqlite_on_a_read_only_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path, 12) as disk:

        async def write() -> None:
            store = SqliteStore(disk / "store.db", CODECS, PlainMasterKey())
            await store.transact(["account:0"], add("account:0"), now=NOW)
            store.close()

        asyncio.run(write())
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(StoreUnavailableError):
            SqliteStore(disk / "store.db", CODECS, PlainMasterKey())
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        asyncio.run(write())


def test_postgresql_on_a_full_disk() -> None:
    """It refuses or panics; freed and started again where it died, everything acknowledged is there."""
    with folder() as place, small_disk(place, 160) as disk:
        server = Database(disk)
        server.start()
        ballast = disk / "ballast"
        try:

            async def run() -> None:
                store = PostgresStore(server.url(), CODECS, PlainMasterKey())
                acknowledged: dict[str, int] = {}
                assert await fill(store, acknowledged, most=20) == 0
                with ballast.open("wb") as file:
                    try:
                        while True:
                            file.write(bytes(1 << 16))
                            file.flush()
                    except OSError:
                        pass
                assert await fill(store, acknowledged, most=5_000) >= 5
                assert await store.check() is not None
                ballast.unlink()
                if not server.alive:
                    await asyncio.to_thread(server.start)
                await recovers(store, acknowledged)
                store.close()

            asyncio.run(run())
        finally:
            end(server)
