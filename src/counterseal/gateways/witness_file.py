# SPDX-License-Identifier: Apache-2.0
"""A witness that is an append-only file, best on a disk or machine that the service cannot rewrite."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from counterseal.audit.model import WitnessUnavailableError
from counterseal.core.note import MAX_NOTE_SIZE, split_notes

_TAIL = 2 * MAX_NOTE_SIZE  # bytes: always holds the last note whole


class FileWitness:
    """Appends each note, followed by an empty line, and returns once it is on the disk.

    One process writes to one file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """`file:` and the file's name."""
        return f"file:{self._path.name}"

    async def last(self) -> str | None:
        """The last whole note of the file; None if there is no file or it holds none."""
        return await asyncio.to_thread(self._last)

    async def push(self, note: str) -> None:
        """Append the note; raises WitnessUnavailableError when the disk does not take it."""
        await asyncio.to_thread(self._push, note)

    def _last(self) -> str | None:
        try:
            with self._path.open("rb") as file:
                start = max(0, os.fstat(file.fileno()).st_size - _TAIL)
                file.seek(start)
                tail = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unavailable(error) from error
        whole = tail[: tail.rfind(b"\n\n") + 1]  # a cut-off write at the end was never acknowledged
        notes = split_notes(whole.decode(errors="replace"))
        return notes[-1] if notes else None

    def _push(self, note: str) -> None:
        try:
            created = not self._path.exists()
            with self._path.open("a+b", buffering=0) as file:
                _drop_fragment(file.fileno())
                data = note.encode() + b"\n"
                if file.write(data) != len(data):
                    raise WitnessUnavailableError(f"the witness file `{self._path.name}` took only part of a note")
                os.fsync(file.fileno())
            if created:
                _sync_directory(self._path.parent)
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> WitnessUnavailableError:
        return WitnessUnavailableError(f"the witness file `{self._path.name}` cannot be used: {error.strerror}")


def _drop_fragment(descriptor: int) -> None:
    """Cut off what a crash left of a write after the last whole note: it was never acknowledged."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL)
    tail = os.pread(descriptor, size - start, start)
    if tail and not tail.endswith(b"\n\n"):
        # A note has an empty line inside, too: only one after a signature line ends it.
        end = tail.rfind(b"\n\n")
        while end >= 0 and not _last_line(tail[:end]).startswith("\u2014 ".encode()):
            end = tail.rfind(b"\n\n", 0, end)
        os.ftruncate(descriptor, start + (end + 2 if end >= 0 else 0))


def _last_line(data: bytes) -> bytes:
    return data[data.rfind(b"\n") + 1 :]


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
