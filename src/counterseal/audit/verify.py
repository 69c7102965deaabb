# SPDX-License-Identifier: Apache-2.0
"""Offline verification of an export against outside checkpoints. docs/log.md says what it finds and what not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from counterseal.audit.export import (
    ExportCheckpoint,
    ExportEntry,
    ExportError,
    ExportHeader,
    Line,
    Progress,
    read_export,
)
from counterseal.audit.findings import Findings, TooManyFindings
from counterseal.audit.keys import verify_ed25519
from counterseal.audit.model import FindingCode, LogVerdict
from counterseal.audit.succession import open_by_any, trusted_keys
from counterseal.audit.verifier import LogVerifier
from counterseal.core.checkpoint import Checkpoint, open_checkpoint
from counterseal.core.errors import InputError
from counterseal.core.leaf import LeafError
from counterseal.core.note import NoteError, VerifierKey, parse_verifier_key, split_notes

CLOCK_SKEW = 60_000  # ms a checkpoint may lie in the future before it is called so

_NOTE_CODES = {
    "note_unsigned": FindingCode.CHECKPOINT_KEY,
    "note_signature": FindingCode.CHECKPOINT_KEY,
    "checkpoint_origin": FindingCode.CHECKPOINT_ORIGIN,
}


class TrustedCheckpointError(InputError):
    """The text given as outside checkpoint holds none."""

    code = "trusted_checkpoint_invalid"


def verify_export(
    path: Path,
    *,
    checkpoint: str | None = None,
    public_key: str | None = None,
    now: int,
    max_age: int | None = None,
    progress: Progress | None = None,
) -> LogVerdict:
    """Verify an export; `require_intact` turns a bad verdict into an error.

    `checkpoint`: one signed checkpoint from outside or a whole witness file. `public_key`: the log's verifier
    key from outside. `now`, `max_age`: ms; with `max_age` the newest checkpoints must not be older.
    Raises ExportError when the file or its header cannot be read, TrustedCheckpointError, NoteError (key_invalid).
    """
    notes = _trusted_notes(checkpoint)
    outside_key = parse_verifier_key(public_key) if public_key else None
    findings = Findings()  # of everything but the entries and their order
    with closing(read_export(path, progress=progress)) as lines:
        header = _header(next(lines)[1])
        key = _key(header, outside_key, findings)
        keys = trusted_keys(key, header.successions)
        if parse_verifier_key(header.public_key) not in keys:
            sentence = "the export's key is not the key given"
            findings.add(FindingCode.CHECKPOINT_KEY, sentence, line=1)
        trusted = _open_trusted(notes, keys, findings)
        verifier = LogVerifier(trusted)
        _read(verifier, lines, keys)
    _check_epoch(header, verifier.last, findings)
    if max_age is not None:
        _check_age(verifier.last, trusted, findings, now=now, max_age=max_age)
    return LogVerdict(
        origin=key.name,
        epoch=header.epoch,
        entries=verifier.entries,
        verified_size=verifier.verified_size,
        root=verifier.root,
        checkpoint_time=verifier.last.time if verifier.last else None,
        anchored=outside_key is not None or bool(trusted),
        findings=(*verifier.findings.result(), *findings.result()),
    )


def _read(verifier: LogVerifier, lines: Iterable[tuple[int, Line]], keys: Sequence[VerifierKey]) -> None:
    """Feed the lines after the header; one that cannot be read ends the verification."""
    number = 1
    try:
        for number, value in lines:
            if isinstance(value, ExportEntry):
                verifier.entry(number, value)
            elif isinstance(value, ExportCheckpoint):
                _take_checkpoint(verifier, number, value, keys)
        verifier.finish(number)
    except ExportError as error:
        verifier.malformed(error.line, error.sentence)
    except LeafError as error:
        verifier.malformed(number, f"line {number}: {error.sentence}")
    except TooManyFindings:
        verifier.cut(number)


def _header(line: Line) -> ExportHeader:
    if not isinstance(line, ExportHeader):
        raise ExportError("the export has no header", line=1)
    return line


def _trusted_notes(text: str | None) -> list[str]:
    if text is None:
        return []
    notes = split_notes(text)
    if not notes:
        raise TrustedCheckpointError("the outside checkpoint is not a signed note")
    return notes


def _key(header: ExportHeader, outside: VerifierKey | None, findings: Findings) -> VerifierKey:
    """The key to verify with: the one from outside if given; the header's is only the export's own claim."""
    try:
        claimed = parse_verifier_key(header.public_key)
    except NoteError as error:
        raise ExportError(f"the header's public key is wrong: {error.sentence}", line=1) from error
    if header.origin != claimed.name:
        sentence = f"the header names the log `{header.origin}`, its key `{claimed.name}`"
        findings.add(FindingCode.CHECKPOINT_ORIGIN, sentence, line=1)
    return outside or claimed


def _open_trusted(notes: Sequence[str], keys: Sequence[VerifierKey], findings: Findings) -> list[Checkpoint]:
    """The outside checkpoints whose signature holds; a witness sees them in order, so they never go back."""
    trusted: list[Checkpoint] = []
    refused: dict[FindingCode, str] = {}  # one finding per kind: a witness file may hold a million notes
    for number, note in enumerate(notes, 1):
        try:
            checkpoint = open_checkpoint(note, open_by_any(note, keys), verify_ed25519)
        except NoteError as error:
            code = _NOTE_CODES.get(error.code, FindingCode.CHECKPOINT_INVALID)
            refused.setdefault(code, f"outside checkpoint {number}: {error.sentence}")
        else:
            trusted.append(checkpoint)
    for code, sentence in refused.items():
        findings.add(code, sentence)
    _check_witnessed(trusted, findings)
    return trusted


def _check_witnessed(trusted: Sequence[Checkpoint], findings: Findings) -> None:
    """Name the first place where the log, as the witness saw it, went back."""
    for before, after in pairwise(trusted):
        epochs = before.epoch or 0, after.epoch or 0
        if epochs[1] < epochs[0]:
            sentence = f"the outside checkpoints fall from epoch {epochs[0]} to {epochs[1]}"
            findings.add(FindingCode.EPOCH, sentence)
            return
        if epochs[0] == epochs[1] and after.size < before.size:
            sentence = (
                f"the outside checkpoints show that the log went back from size {before.size} to {after.size}"
            )
            findings.add(FindingCode.ROLLED_BACK, sentence, first=after.size, last=before.size - 1)
            return


def _take_checkpoint(
    verifier: LogVerifier, line: int, value: ExportCheckpoint, keys: Sequence[VerifierKey]
) -> None:
    try:
        checkpoint = open_checkpoint(value.checkpoint, open_by_any(value.checkpoint, keys), verify_ed25519)
    except NoteError as error:
        code = _NOTE_CODES.get(error.code, FindingCode.CHECKPOINT_INVALID)
        verifier.findings.add(code, f"line {line}: {error.sentence}", line=line)
        return
    verifier.checkpoint(line, checkpoint)


def _check_epoch(header: ExportHeader, last: Checkpoint | None, findings: Findings) -> None:
    if last and header.epoch != (last.epoch or 0):
        sentence = f"the header says epoch {header.epoch}, the last checkpoint {last.epoch or 0}"
        findings.add(FindingCode.EPOCH, sentence, line=1)


def _check_age(
    last: Checkpoint | None, trusted: Sequence[Checkpoint], findings: Findings, *, now: int, max_age: int
) -> None:
    """The export's last checkpoint, and the newest from outside if any was given, must be fresh."""
    newest = max(trusted, key=lambda checkpoint: checkpoint.time or 0, default=None)
    for name, checkpoint in (("export's last", last), ("newest outside", newest)):
        if checkpoint is None:
            continue
        if checkpoint.time is None:
            findings.add(FindingCode.CHECKPOINT_STALE, f"the {name} checkpoint has no time")
        elif now - checkpoint.time > max_age:
            age, limit = (now - checkpoint.time) // 1000, max_age // 1000
            sentence = f"the {name} checkpoint is {age} s old, the limit is {limit} s"
            findings.add(FindingCode.CHECKPOINT_STALE, sentence)
        elif checkpoint.time - now > CLOCK_SKEW:
            sentence = f"the {name} checkpoint lies {(checkpoint.time - now) // 1000} s in the future"
            findings.add(FindingCode.CHECKPOINT_STALE, sentence)
