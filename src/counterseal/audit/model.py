# SPDX-License-Identifier: Apache-2.0
"""What the log's area speaks of: entries, proofs, findings and the verdict on an export."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from counterseal.core.checkpoint import Checkpoint
from counterseal.core.errors import ConflictError, CountersealError, NotFoundError, UnavailableError
from counterseal.core.leaf import LeafData


class LogRangeError(NotFoundError):
    """An entry number or tree size that the log does not have."""

    code = "log_range"


class LogInconsistentError(ConflictError):
    """The stored tree contradicts what was signed or witnessed: somebody changed the store."""

    code = "log_inconsistent"


class WitnessUnavailableError(UnavailableError):
    """A witness could not be reached or refused; the checkpoint was not witnessed there."""

    code = "witness_unavailable"


class LogEntry(msgspec.Struct, frozen=True):
    """A stored entry with its recorded leaf hash. `payload` and `salt` (of this entry) are None if not opened."""

    leaf: LeafData
    digest: bytes
    payload: bytes | None = None
    salt: bytes | None = None


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint and the signed note that carries it."""

    checkpoint: Checkpoint
    note: str


class InclusionProof(msgspec.Struct, frozen=True):
    """`proof` leads from the leaf hash `digest` of entry `seq` to the root of the first `size` entries."""

    seq: int
    size: int
    digest: bytes
    proof: tuple[bytes, ...]


class ConsistencyProof(msgspec.Struct, frozen=True):
    """`proof` shows that the log of `size2` entries extends that of `size1`."""

    size1: int
    size2: int
    proof: tuple[bytes, ...]


class WitnessReport(msgspec.Struct, frozen=True):
    """What came of one push. `error` is empty on success; `restored_from`: size seen before a restore."""

    witness: str
    size: int
    error: str = ""
    restored_from: int | None = None


class FindingCode(StrEnum):
    """What can be wrong with an export. Retired codes stay listed; none is reused."""

    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    MISSING = "missing"
    REORDERED = "reordered"
    INSERTED = "inserted"
    EDITED = "edited"
    PAYLOAD = "payload_edited"
    ROOT = "root_mismatch"
    REWRITTEN = "rewritten"
    ROLLED_BACK = "rolled_back"
    UNSIGNED_TAIL = "unsigned_tail"
    EPOCH = "epoch_backwards"
    CHECKPOINT_ORDER = "checkpoint_order"
    CHECKPOINT_FORK = "checkpoint_fork"
    CHECKPOINT_KEY = "checkpoint_key"
    CHECKPOINT_ORIGIN = "checkpoint_origin"
    CHECKPOINT_INVALID = "checkpoint_invalid"
    CHECKPOINT_STALE = "checkpoint_stale"
    TOO_MANY = "too_many"


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong. `first`..`last`: entry numbers, equal when exactly one is named, None when none is.

    `line` is the 1-based line of the export, None when the finding concerns an outside checkpoint.
    """

    code: FindingCode
    sentence: str
    first: int | None = None
    last: int | None = None
    line: int | None = None


class LogVerdict(msgspec.Struct, frozen=True):
    """The result of verifying an export; true in a condition only when nothing was found.

    `entries`: entry lines read. `verified_size`, `root`: the largest size whose signed root was reproduced
    before anything was wrong. `checkpoint_time`: ms, of the export's last checkpoint.
    `anchored`: an outside key or checkpoint was given; without one, whoever holds the log's key or made the
    whole export could have rewritten everything.
    """

    origin: str
    epoch: int
    entries: int
    verified_size: int
    root: bytes
    checkpoint_time: int | None
    anchored: bool
    findings: tuple[Finding, ...]

    def __bool__(self) -> bool:
        return not self.findings

    @property
    def first_bad(self) -> Finding | None:
        """The finding with the lowest entry number, an exact one before a range; None if no entry is named."""
        named = [f for f in self.findings if f.first is not None]
        return min(named, key=lambda f: (f.first, f.last), default=None)


class LogTamperedError(CountersealError):
    """The export does not verify; `code` is that of the finding that is named first, `verdict` has all."""

    code = "log_tampered"

    def __init__(self, verdict: LogVerdict) -> None:
        finding = verdict.first_bad or verdict.findings[0]
        super().__init__(finding.sentence, code=f"log_{finding.code}", hint=_hint(verdict))
        self.verdict = verdict
        self.finding = finding


def require_intact(verdict: LogVerdict) -> LogVerdict:
    """Hand the verdict back if nothing was found; raise LogTamperedError otherwise."""
    if verdict.findings:
        raise LogTamperedError(verdict)
    return verdict


def _hint(verdict: LogVerdict) -> str:
    more = len(verdict.findings) - 1
    proved = f"the first {verdict.verified_size} entries are as signed"
    return f"{proved}; {more} more finding{'s' if more > 1 else ''}" if more else proved
