# SPDX-License-Identifier: Apache-2.0
"""The export of the log: a JSON Lines file that is verified offline. The format is described in docs/log.md.

    {"counterseal_log":1,"epoch":0,"origin":"...","public_key":"..."}
    {"at":...,"commitment":"...","kind":"...","leaf":"...","payload":"...","policy":"...","salt":"...",...}
    {"checkpoint":"..."}

Every line is canonical JSON (RFC 8785): one content has one spelling, so no two readers can disagree.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import BinaryIO

import msgspec

from counterseal.audit.model import LogEntry
from counterseal.audit.ports import LogReader
from counterseal.core.errors import CountersealError
from counterseal.core.leaf import LEAF_VERSION, MAX_NUMBER, LeafData, commitment_bytes, commitment_text
from counterseal.core.note import VerifierKey

FORMAT_VERSION = 1
MAX_LINE = 16 * 1024 * 1024  # bytes; longer lines are refused before they are read whole
PAGE = 1000  # entries read from the store at a time
PROGRESS_LINES = 4096  # lines between two calls of a reader's progress callback

Progress = Callable[[int, int], None]  # done, total


class ExportError(CountersealError):
    """An export that cannot be read or written. `line` is 1-based, 0 when the file as a whole is meant."""

    code = "export_invalid"

    def __init__(self, sentence: str, *, line: int = 0, code: str | None = None, hint: str = "") -> None:
        super().__init__(f"line {line}: {sentence}" if line else sentence, code=code, hint=hint)
        self.line = line


class ExportHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """First line. `public_key` is a note verifier key (NAME+KEYID+KEY) whose name is the origin; `successions`: the
    signed notes by which it and earlier keys name each other (succession.py)."""

    counterseal_log: int
    epoch: int
    origin: str
    public_key: str
    successions: tuple[str, ...] = ()


class ExportEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry: the members of its leaf, its recorded leaf hash, and what opens the commitment, if allowed."""

    at: int
    commitment: str
    kind: str
    leaf: bytes
    policy: str
    seq: int
    subject: str
    v: int
    payload: bytes | None = None
    salt: bytes | None = None


class ExportCheckpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed checkpoint, standing right after the last entry that it covers."""

    checkpoint: str


Line = ExportHeader | ExportEntry | ExportCheckpoint

_encoder = msgspec.json.Encoder(order="sorted")  # by name: all names are ASCII, so this is RFC 8785's order
_decode_entry = msgspec.json.Decoder(ExportEntry).decode
_decode_checkpoint = msgspec.json.Decoder(ExportCheckpoint).decode
_decode_header = msgspec.json.Decoder(ExportHeader).decode


def encode_line(value: Line) -> bytes:
    """One line with its newline."""
    return _encoder.encode(value) + b"\n"


def entry_line(entry: LogEntry) -> ExportEntry:
    """The line of a stored entry; opened only when both payload and salt are there."""
    leaf = entry.leaf
    opened = entry.payload is not None and entry.salt is not None
    return ExportEntry(
        at=leaf.at,
        commitment=commitment_text(leaf.commitment),
        kind=leaf.kind,
        leaf=entry.digest,
        policy=leaf.policy,
        seq=leaf.seq,
        subject=leaf.subject,
        v=LEAF_VERSION,
        payload=entry.payload if opened else None,
        salt=entry.salt if opened else None,
    )


def line_leaf(entry: ExportEntry) -> LeafData:
    """The leaf of an entry line; raises LeafError if the commitment is not base64url."""
    commitment = commitment_bytes(entry.commitment)
    return LeafData(entry.seq, entry.at, entry.subject, entry.kind, entry.policy, commitment)


def decode_line(raw: bytes, number: int) -> Line:
    """Read line `number` (1 = header), without its newline; raises ExportError that names the line."""
    try:
        value: Line
        if number == 1:
            value = _decode_header(raw)
        elif raw.startswith(b'{"checkpoint"'):
            value = _decode_checkpoint(raw)
        else:
            value = _decode_entry(raw)
        canonical = _encoder.encode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ExportError(f"not a line of a log export ({_short(error)})", line=number) from error
    if canonical != raw:
        raise ExportError("not in canonical form", line=number, hint="An export must be passed on byte for byte.")
    if isinstance(value, ExportEntry):
        _check_entry(value, number)
    elif isinstance(value, ExportHeader) and value.counterseal_log != FORMAT_VERSION:
        raise ExportError(
            f"the export has version {value.counterseal_log}, this program reads {FORMAT_VERSION}",
            line=number,
            code="export_version",
        )
    return value


def read_export(path: Path, *, progress: Progress | None = None) -> Generator[tuple[int, Line]]:
    """Stream (line number, line) of an export; the first is the header.

    Memory stays that of one line. `progress` gets bytes read and bytes in all. Raises ExportError.
    """
    try:
        with path.open("rb") as file:
            total = os.fstat(file.fileno()).st_size
            yield from _read_lines(file, total, progress)
    except OSError as error:
        raise ExportError(f"the export cannot be read: {error.strerror}", code="export_unreadable") from error


async def write_export(
    path: Path,
    log: LogReader,
    *,
    key: VerifierKey,
    opened: bool,
    successions: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> int:
    """Write the log up to its latest checkpoint to `path` (mode 0600, complete or not at all); return its size.

    `opened`: include payloads and salts where the subject is not erased. `progress` gets entries done and
    in all. Raises ExportError if there is no checkpoint yet or the disk fails.
    """
    last = await log.latest_checkpoint()
    if last is None:
        raise ExportError("the log has no checkpoint yet", code="export_empty")
    end = last.checkpoint.size
    point = last.checkpoint
    header = ExportHeader(FORMAT_VERSION, point.epoch or 0, point.origin, str(key), successions)
    partial = path.with_name(path.name + ".partial")
    try:
        file = _create(partial)
        try:
            with file:
                file.write(encode_line(header))
                await _write_entries(file, log, end, opened=opened, progress=progress)
                file.write(encode_line(ExportCheckpoint(last.note)))
                await asyncio.to_thread(_sync, file)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ExportError(f"the export cannot be written: {error.strerror}", code="export_unwritable") from error
    return end


async def _write_entries(
    file: BinaryIO, log: LogReader, end: int, *, opened: bool, progress: Progress | None
) -> None:
    """Entries 0..end-1 with every stored checkpoint of a size below `end` in its place."""
    seq, after = 0, -1
    page = list(await log.checkpoints(after, PAGE))
    while page and page[0].checkpoint.size < end:
        for stored in page:
            after = stored.checkpoint.size
            if after >= end:
                break
            seq = await _write_range(file, log, seq, after, end, opened=opened, progress=progress)
            file.write(encode_line(ExportCheckpoint(stored.note)))
        page = list(await log.checkpoints(after, PAGE))
    await _write_range(file, log, seq, end, end, opened=opened, progress=progress)


async def _write_range(
    file: BinaryIO, log: LogReader, seq: int, stop: int, end: int, *, opened: bool, progress: Progress | None
) -> int:
    """Entries seq..stop-1. One that the store lacks is left out: the verification will name it."""
    while seq < stop:
        entries = await log.entries(seq, min(PAGE, stop - seq), opened=opened)
        if not entries:
            return stop
        for entry in entries:
            if entry.leaf.seq < seq:
                raise ExportError(f"the store gave entry {entry.leaf.seq} for {seq}", code="export_disorder")
            seq = entry.leaf.seq + 1
            if seq > stop:  # the page reached over entries that are missing
                return stop
            file.write(encode_line(entry_line(entry)))
        if progress:
            progress(seq, end)
    return seq


def _read_lines(file: BinaryIO, total: int, progress: Progress | None) -> Generator[tuple[int, Line]]:
    done = number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        done += len(raw)
        if not raw.endswith(b"\n"):
            reason = "too long" if len(raw) > MAX_LINE else "cut off: it has no newline"
            raise ExportError(f"the line is {reason}", line=number)
        yield number, decode_line(raw[:-1], number)
        if progress and number % PROGRESS_LINES == 0:
            progress(done, total)
    if number == 0:
        raise ExportError("the export is empty")
    if progress:
        progress(done, total)


def _check_entry(entry: ExportEntry, number: int) -> None:
    if entry.v != LEAF_VERSION:
        raise ExportError(f"the entry has version {entry.v}, this program reads {LEAF_VERSION}", line=number)
    if not (0 <= entry.seq <= MAX_NUMBER and 0 <= entry.at <= MAX_NUMBER):
        raise ExportError("the entry's `seq` or `at` is negative or above 2**53 - 1", line=number)
    if (entry.payload is None) is not (entry.salt is None):
        raise ExportError("the entry has only one of `payload` and `salt`", line=number)


def _create(path: Path) -> BinaryIO:
    """A new file that only its owner may read: an opened export holds personal data."""
    path.unlink(missing_ok=True)  # what an earlier run left could be readable by others
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _short(error: Exception) -> str:
    """A decoder's message, kept to one line of at most 120 printable characters."""
    text = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return "".join(c if c.isprintable() else "?" for c in text)[:120]
