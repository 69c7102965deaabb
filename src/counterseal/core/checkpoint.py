# SPDX-License-Identifier: Apache-2.0
"""Checkpoints (C2SP tlog-checkpoint v1): the signed size and root of the log at a time.

origin
size
base64(root)
time <ms since the Unix epoch>      (extension line)
epoch <number of restores>          (extension line)

(dash) origin base64(key id || signature)
"""

from __future__ import annotations

import binascii
import re

import msgspec

from counterseal.core.merkle import HASH_SIZE, MAX_SIZE
from counterseal.core.note import NoteError, Signer, VerifierKey, Verify, open_note, sign_note, split_note

_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


class CheckpointError(NoteError):
    """A checkpoint that cannot be read or is not of this log. Codes: checkpoint_invalid, checkpoint_origin."""

    code = "checkpoint_invalid"


class Checkpoint(msgspec.Struct, frozen=True):
    """`size` leaves have the Merkle root `root` (32 bytes). `time` in ms; `extensions`: further opaque lines."""

    origin: str
    size: int
    root: bytes
    time: int | None = None
    epoch: int | None = None
    extensions: tuple[str, ...] = ()


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The note text of a checkpoint; raises CheckpointError for values that would not read back the same."""
    lines = [checkpoint.origin, str(checkpoint.size), _base64(checkpoint.root)]
    if checkpoint.time is not None:
        lines.append(f"time {checkpoint.time}")
    if checkpoint.epoch is not None:
        lines.append(f"epoch {checkpoint.epoch}")
    text = "\n".join((*lines, *checkpoint.extensions)) + "\n"
    if parse_checkpoint(text) != checkpoint:
        raise CheckpointError("the checkpoint's lines would not read back the same")
    return text


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's note text, strictly; raises CheckpointError (checkpoint_invalid)."""
    lines = text.split("\n")
    if lines.pop() or len(lines) < 3 or not all(lines):  # noqa: PLR2004 - origin, size, root
        raise CheckpointError("a checkpoint has at least three non-empty lines, each ended by a newline")
    origin, size, root, *others = lines
    time = epoch = None
    extensions = []
    for line in others:
        word, _, value = line.partition(" ")
        if word == "time" and time is None:
            time = _number(value, "time")
        elif word == "epoch" and epoch is None:
            epoch = _number(value, "epoch")
        elif word in ("time", "epoch"):
            raise CheckpointError(f"the checkpoint has two lines `{word}`")
        else:
            extensions.append(line)
    return Checkpoint(origin, _number(size, "size"), _root(root), time, epoch, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, key: VerifierKey, signer: Signer) -> str:
    """The signed note of a checkpoint. The key's name must be the origin, as C2SP recommends."""
    if key.name != checkpoint.origin:
        raise CheckpointError("the key's name is not the checkpoint's origin", code="checkpoint_origin")
    return sign_note(format_checkpoint(checkpoint), key, signer)


def open_checkpoint(note: str, key: VerifierKey, verify: Verify) -> Checkpoint:
    """The checkpoint of a note signed by `key`, whose name must be the origin.

    Raises NoteError (note_invalid, note_unsigned), SignatureError, or CheckpointError.
    """
    checkpoint = parse_checkpoint(open_note(note, key, verify))
    if checkpoint.origin != key.name:
        raise CheckpointError(f"the checkpoint is of another log, `{checkpoint.origin}`", code="checkpoint_origin")
    return checkpoint


def peek_checkpoint(note: str) -> Checkpoint:
    """The checkpoint of a note WITHOUT looking at its signatures: for messages and routing only."""
    text, _ = split_note(note)
    return parse_checkpoint(text)


def _number(text: str, name: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise CheckpointError(f"the checkpoint's {name} is not a plain decimal number up to 2**53 - 1")
    return int(text)


def _root(text: str) -> bytes:
    try:
        raw = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError as error:
        raise CheckpointError("the checkpoint's root is not base64") from error
    if len(raw) != HASH_SIZE or _base64(raw) != text:
        raise CheckpointError("the checkpoint's root is not the base64 of 32 bytes")
    return raw


def _base64(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).decode("ascii")
