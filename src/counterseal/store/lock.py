# SPDX-License-Identifier: Apache-2.0
"""The lock file beside the database: one process owns a store.

`flock` is released by the kernel when the process ends, however it ends, so a left-over file locks nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path

import msgspec

from counterseal.store.errors import StoreLockedError

TRIES = 5
PAUSE = 0.02  # seconds between tries


class Holder(msgspec.Struct, frozen=True):
    """Who holds the lock: process id, and the URL it serves ("" = it serves nothing yet)."""

    pid: int | None = None
    url: str = ""


def lock_path(database: Path) -> Path:
    """Where the lock of `database` lies."""
    return database.with_name(database.name + ".lock")


class StoreLock:
    """An exclusive lock on one database, held from construction to `release`."""

    def __init__(self, database: Path, url: str = "") -> None:
        self._path = lock_path(database)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _take(self._file):
            holder = _read(self._file)
            os.close(self._file)
            raise _refusal(database, holder)
        self.announce(url)

    def announce(self, url: str) -> None:
        """Write who holds the lock and the URL of its API, for others to read."""
        data = json.dumps({"pid": os.getpid(), "url": url}).encode()
        os.pwrite(self._file, data, 0)
        os.ftruncate(self._file, len(data))

    def release(self) -> None:
        """Give the lock up. The file stays: removing it would let two processes lock two different files."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


def holder_of(database: Path) -> Holder | None:
    """Who holds the lock of `database` now, or None when nobody does."""
    try:
        file = os.open(lock_path(database), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(file)
    finally:
        os.close(file)
    return None


def _take(file: int) -> bool:
    """Lock, with a few tries: `holder_of` in another process may hold a shared lock for a moment."""
    for _ in range(TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)
        else:
            return True
    return False


def _read(file: int) -> Holder:
    try:
        return msgspec.json.decode(os.pread(file, 4096, 0), type=Holder)
    except msgspec.MsgspecError:
        return Holder()


def _refusal(database: Path, holder: Holder) -> StoreLockedError:
    who = "another process" if holder.pid is None else f"process {holder.pid}"
    serves = f", which serves {holder.url}" if holder.url else ""
    return StoreLockedError(
        f"the store `{database.name}` is held by {who}{serves}",
        url=holder.url,
        pid=holder.pid,
        hint=f"Use the API at {holder.url}." if holder.url else "Stop that process or wait for it to end.",
    )
