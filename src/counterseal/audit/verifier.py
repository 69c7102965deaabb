# SPDX-License-Identifier: Apache-2.0
"""The pure verification of an export: fed line by line, it compares with every signed root on the way."""

from __future__ import annotations

from collections.abc import Sequence

from counterseal.audit.candidates import Candidates, Reading
from counterseal.audit.export import ExportEntry, line_leaf
from counterseal.audit.findings import MAX_FINDINGS, Findings, entries_text
from counterseal.audit.model import Finding, FindingCode
from counterseal.core.checkpoint import Checkpoint
from counterseal.core.leaf import SALT_SIZE, commit, commitment_bytes, encode_leaf
from counterseal.core.merkle import EMPTY_ROOT, leaf_hash


class LogVerifier:
    """Feed `entry` and `checkpoint` in file order, then `finish`; what is wrong gathers in `findings`.

    `trusted`: checkpoints from outside, of which the caller has verified the signatures. `checkpoint` too
    takes only checkpoints whose signature holds.
    """

    def __init__(self, trusted: Sequence[Checkpoint]) -> None:
        self.findings = Findings()
        self.entries = 0
        self.verified_size = 0
        self.root = EMPTY_ROOT
        self.last: Checkpoint | None = None
        self._trusted = sorted(trusted, key=lambda checkpoint: checkpoint.size)
        self._next_trusted = 0
        self.expected = 0
        self._candidates = Candidates()
        self._broken = False  # the tree cannot be rebuilt any further
        self._outside = (0, EMPTY_ROOT)  # largest size whose outside root was reproduced, and that root
        self._doubted: Checkpoint | None = None  # outside root not reproduced; the next own root says by whom

    def entry(self, line: int, entry: ExportEntry) -> None:
        """Take one entry. Raises LeafError if its values cannot be those of a leaf."""
        self.entries += 1
        self._check_trusted()
        content = leaf_hash(encode_leaf(line_leaf(entry)))
        if entry.seq < self.expected:
            self._late(line, entry, content)
        else:
            if entry.seq > self.expected:
                self._gap(entry.seq, line)
            self.expected = entry.seq + 1
            if not self._broken:
                self._candidates.add(entry.leaf, content)
            if content != entry.leaf:
                self.findings.doubt(FindingCode.EDITED, entry.seq, line)
        self._check_payload(line, entry)

    def checkpoint(self, line: int, checkpoint: Checkpoint) -> None:
        """Take one checkpoint of the export, its signature verified."""
        self._check_order(line, checkpoint)
        if checkpoint.size > self.expected:
            self._gap(checkpoint.size, line)
            self.expected = checkpoint.size
        elif checkpoint.size < self.expected:
            sentence = f"the checkpoint of size {checkpoint.size} stands after entry {self.expected - 1}"
            self.findings.add(FindingCode.CHECKPOINT_ORDER, sentence, line=line)
        elif not self._broken:
            self._compare(line, checkpoint)
        self.last = checkpoint

    def malformed(self, line: int, sentence: str) -> None:
        """A line cannot be read: the verification ends, since what follows has no known place."""
        text = f"{sentence}; entry {self.expected} should stand there"
        self.findings.end(Finding(FindingCode.MALFORMED, text, self.expected, self.expected, line))

    def cut(self, line: int) -> None:
        """The verification stops at `line`: the file is not a log any more."""
        text = f"there are {MAX_FINDINGS} findings: what follows line {line} was not read"
        self.findings.end(Finding(FindingCode.TOO_MANY, text, line=line))

    def finish(self, line: int) -> None:
        """The file ends after `line` lines: check its tail against its last checkpoint and the outside ones."""
        self._check_trusted()
        if self._doubted:
            self._rewritten(self._doubted)
        size = self.last.size if self.last else 0
        if self.last is None:
            self.findings.add(FindingCode.TRUNCATED, "the export has no signed checkpoint", line=line)
        elif self.expected > size:
            named = entries_text(size, self.expected - 1)
            sentence = f"{named} after the last checkpoint: no signature covers them"
            self.findings.add(FindingCode.UNSIGNED_TAIL, sentence, first=size, last=self.expected - 1, line=line)
        beyond = [checkpoint for checkpoint in self._trusted if checkpoint.size > self.expected]
        if beyond:
            self._rolled_back(beyond[-1])
        newest = max((c.epoch or 0 for c in self._trusted), default=0)
        if self.last and newest > (self.last.epoch or 0):
            sentence = (
                f"the export ends in epoch {self.last.epoch or 0}, an outside checkpoint is of epoch {newest}"
            )
            self.findings.add(FindingCode.EPOCH, sentence)

    def _late(self, line: int, entry: ExportEntry, content: bytes) -> None:
        """An entry whose number has passed: it fills a gap (reordered) or repeats a number (inserted)."""
        if self.findings.late(entry.seq, line):
            if content != entry.leaf:
                self.findings.doubt(FindingCode.EDITED, entry.seq, line)
            return
        if entry.seq == self.expected - 1 and entry.seq >= self.verified_size and not self._broken:
            self._candidates.replace_last(entry.leaf)
        self.findings.doubt(FindingCode.INSERTED, entry.seq, line)

    def _gap(self, seq: int, line: int) -> None:
        self.findings.gap(self.expected, seq - 1, line)
        self._broken = True

    def _check_payload(self, line: int, entry: ExportEntry) -> None:
        if entry.payload is None or entry.salt is None:
            return
        opened = len(entry.salt) >= SALT_SIZE and commit(entry.salt, entry.payload)
        if opened != commitment_bytes(entry.commitment):
            sentence = f"the payload or salt of entry {entry.seq} at line {line} does not open its commitment"
            self.findings.add(FindingCode.PAYLOAD, sentence, first=entry.seq, line=line)

    def _check_order(self, line: int, checkpoint: Checkpoint) -> None:
        """Time and epoch of the export's checkpoints never fall; a size that falls stands in a wrong place."""
        last = self.last
        if last is None:
            return
        if (checkpoint.epoch or 0) < (last.epoch or 0):
            sentence = f"the epoch falls from {last.epoch} to {checkpoint.epoch or 0} at line {line}"
            self.findings.add(FindingCode.EPOCH, sentence, line=line)
        elif (checkpoint.time or 0) < (last.time or 0):
            sentence = f"the checkpoint at line {line} is older than the one before it"
            self.findings.add(FindingCode.CHECKPOINT_ORDER, sentence, line=line)

    def _compare(self, line: int, checkpoint: Checkpoint) -> None:
        """The export's own checkpoint against the tree."""
        size = checkpoint.size
        reading = self._candidates.settle(checkpoint.root)
        self.findings.settle(reading, size)
        if reading is not Reading.NEITHER:
            if self._doubted:  # the log's key signed what the outside checkpoint contradicts
                self._rewritten(self._doubted)
                return
            self.verified_size, self.root = size, checkpoint.root
            return
        self._broken = True
        if size == self.verified_size:
            self.findings.add(FindingCode.CHECKPOINT_FORK, _fork(size), line=line)
            return
        end = self._doubted.size if self._doubted else size
        self._doubted = None
        named = entries_text(self.verified_size, end - 1)
        sentence = f"{named}: the signed root of size {end} is not reproduced; the first bad entry is among them"
        self.findings.add(FindingCode.ROOT, sentence, first=self.verified_size, last=end - 1, line=line)

    def _check_trusted(self) -> None:
        """Compare with the outside checkpoints of the size reached, once all lines before it were taken."""
        while self._next_trusted < len(self._trusted):
            checkpoint = self._trusted[self._next_trusted]
            if checkpoint.size > self.expected:
                return
            self._next_trusted += 1
            if self._broken or self._doubted:
                continue
            reading = self._candidates.peek(checkpoint.root)
            if reading is Reading.NEITHER:
                self._doubted = checkpoint
                if checkpoint.size == self.verified_size:  # an own root of this size holds: no need to wait
                    self._rewritten(checkpoint)
                continue
            self._outside = (checkpoint.size, checkpoint.root)
            self._candidates.settle(checkpoint.root)
            self.findings.settle(reading, checkpoint.size)
            self.verified_size, self.root = checkpoint.size, checkpoint.root

    def _rewritten(self, checkpoint: Checkpoint) -> None:
        """An outside root is not reproduced and no own root narrows it down."""
        self._broken, self._doubted = True, None
        first, last = self._outside[0], checkpoint.size - 1
        if last < first:
            self.findings.add(FindingCode.CHECKPOINT_FORK, _fork(checkpoint.size))
            return
        self.verified_size, self.root = self._outside  # own roots cannot be believed any more
        sentence = (
            f"{entries_text(first, last)}: the outside checkpoint of size {checkpoint.size} is not reproduced"
            "; the log was rewritten, and the first bad entry is among them"
        )
        self.findings.add(FindingCode.REWRITTEN, sentence, first=first, last=last)

    def _rolled_back(self, checkpoint: Checkpoint) -> None:
        """An outside checkpoint covers more entries than there are."""
        first, last = self.expected, checkpoint.size - 1
        verb = "is" if first == last else "are"
        sentence = f"{entries_text(first, last)} {verb} missing at the end: removed or rolled back"
        sentence += f"; an outside checkpoint has size {checkpoint.size}"
        if self.last and (self.last.epoch or 0) > (checkpoint.epoch or 0):
            sentence += f", of epoch {checkpoint.epoch or 0}, before the restore that began epoch {self.last.epoch}"
        self.findings.add(FindingCode.ROLLED_BACK, sentence, first=first, last=last)


def _fork(size: int) -> str:
    return f"two signed checkpoints of size {size} have different roots: the log signed two histories"
