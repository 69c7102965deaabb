# SPDX-License-Identifier: Apache-2.0
"""What the offline verification finds: each kind of tampering, and the entry that it names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from counterseal.audit import export as export_module
from counterseal.audit.export import ExportCheckpoint, ExportError, encode_line, entry_line, write_export
from counterseal.audit.model import FindingCode, LogTamperedError, LogVerdict, require_intact
from counterseal.audit.verify import TrustedCheckpointError, verify_export
from counterseal.core.checkpoint import Checkpoint, sign_checkpoint
from counterseal.core.merkle import EMPTY_ROOT, leaf_hash
from counterseal.core.note import NoteError
from tests.support.memory_log import OTHER_SIGNER, SIGNER, START, STEP, MemoryLog, grow, make_entry, make_log

SIZE = 100
NOW = START + SIZE * STEP + 5_000
Lines = list[bytes]


@pytest.fixture
def log() -> MemoryLog:
    return asyncio.run(make_log(SIZE))


@pytest.fixture
def export(log: MemoryLog, tmp_path: Path) -> Path:
    return write(log, tmp_path / "log.jsonl")


def write(log: MemoryLog, path: Path, *, opened: bool = True) -> Path:
    asyncio.run(write_export(path, log, key=SIGNER.key, opened=opened))
    return path


def verify(path: Path, checkpoint: str | None = None, **options: object) -> LogVerdict:
    return verify_export(path, checkpoint=checkpoint, now=NOW, **options)


def tamper(path: Path, change: Callable[[Lines], Lines]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def at(lines: Lines, seq: int) -> int:
    """Index of the line of entry `seq`."""
    return next(index for index, line in enumerate(lines) if b'"seq":%d,' % seq in line)


def rehashed(seq: int, kind: str) -> bytes:
    """A forged line for entry `seq`, consistent in itself: only a signed root can tell."""
    return encode_line(entry_line(make_entry(seq, kind=kind)))


def note_at(log: MemoryLog, size: int) -> str:
    return log.signed[size].note


def exact(verdict: LogVerdict) -> tuple[str, int | None, int | None]:
    bad = verdict.first_bad
    assert bad is not None
    return (bad.code.value, bad.first, bad.last)


def test_an_intact_export_verifies(log: MemoryLog, export: Path) -> None:
    verdict = require_intact(verify(export, note_at(log, SIZE), max_age=600_000))

    assert verdict
    assert verdict.anchored
    assert (verdict.entries, verdict.verified_size, verdict.epoch) == (SIZE, SIZE, 1)
    assert verdict.root == log.signed[SIZE].checkpoint.root
    assert verdict.checkpoint_time == START + SIZE * STEP


def test_without_anything_from_outside_the_verdict_says_so(export: Path) -> None:
    verdict = verify(export)

    assert verdict
    assert not verdict.anchored


def test_every_outside_checkpoint_of_a_witness_file_is_used(log: MemoryLog, export: Path) -> None:
    witnessed = "".join(log.signed[size].note + "\n" for size in sorted(log.signed))

    assert verify(export, witnessed, public_key=str(SIGNER.key))


def test_erased_subjects_leave_a_log_that_verifies(tmp_path: Path) -> None:
    erased = asyncio.run(make_log(SIZE, erased=frozenset(range(0, SIZE, 5))))
    path = write(erased, tmp_path / "erased.jsonl")

    assert path.read_bytes().count(b'"payload"') == SIZE * 4 // 5
    assert verify(path, erased.signed[SIZE].note)


def test_an_export_without_payloads_verifies(log: MemoryLog, tmp_path: Path) -> None:
    path = write(log, tmp_path / "closed.jsonl", opened=False)

    assert b'"payload"' not in path.read_bytes()
    assert verify(path, note_at(log, SIZE))


def test_a_removed_entry_is_named(log: MemoryLog, export: Path) -> None:
    tamper(export, lambda lines: [*lines[: at(lines, 57)], *lines[at(lines, 57) + 1 :]])
    verdict = verify(export, note_at(log, SIZE))

    assert exact(verdict) == ("missing", 57, 57)
    assert verdict.verified_size == 50
    assert "entry 57 is missing" in verdict.first_bad.sentence


def test_removed_entries_are_named_as_one_range(export: Path) -> None:
    tamper(export, lambda lines: [*lines[: at(lines, 34)], *lines[at(lines, 40) :]])

    # The checkpoint of size 40 went with them.
    assert exact(verify(export)) == ("missing", 34, 39)


@pytest.mark.parametrize(
    ("removed", "named"),
    [(slice(5, 6), (5, 5)), (slice(7, 13), (7, 9)), (slice(97, 100), (97, 99)), (slice(100), (0, 9))],
)
def test_rows_removed_from_the_store_are_exported_as_gaps_and_named(
    log: MemoryLog, tmp_path: Path, removed: slice, named: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, "PAGE", 4)
    del log.log[removed]
    verdict = verify(write(log, tmp_path / "gap.jsonl"))

    assert exact(verdict) == ("missing", *named)
    assert set(codes(verdict)) == {"missing"}


def test_a_removed_and_renumbered_entry_is_narrowed_to_its_checkpoint(log: MemoryLog, export: Path) -> None:
    def renumber(lines: Lines) -> Lines:
        head = lines[: at(lines, 57)]
        tail = [line for line in lines[at(lines, 58) :] if b'"seq"' not in line]
        moved = [rehashed(seq, "moved") for seq in range(57, 99)]
        return [*head, *moved, tail[-1]]

    tamper(export, renumber)
    verdict = verify(export)

    # Entry 99 is gone from the end; that the rest is false from 57 on only a root between could tell.
    assert exact(verdict) == ("missing", 99, 99)
    verdict = verify(export, note_at(log, 60))
    assert exact(verdict) == ("rewritten", 0, 59)


def test_a_removed_tail_is_named_by_the_last_checkpoint(export: Path) -> None:
    tamper(export, lambda lines: [*lines[: at(lines, 97)], lines[-1]])

    assert exact(verify(export)) == ("missing", 97, 99)


def test_a_tail_removed_with_its_checkpoints_needs_one_from_outside(log: MemoryLog, export: Path) -> None:
    tamper(export, lambda lines: lines[: at(lines, 90)])

    assert verify(export)
    verdict = verify(export, note_at(log, SIZE))
    assert exact(verdict) == ("rolled_back", 90, 99)
    assert verdict.verified_size == 90
    assert "entries 90 to 99 are missing at the end" in verdict.first_bad.sentence


def test_a_file_cut_within_its_entries_has_an_unsigned_tail(export: Path) -> None:
    tamper(export, lambda lines: lines[: at(lines, 95)])

    assert exact(verify(export)) == ("unsigned_tail", 90, 94)


def test_a_rolled_back_and_regrown_log_is_found(log: MemoryLog, tmp_path: Path) -> None:
    """The store went back to 80 entries, and 30 other ones followed; the log's own key signed them."""
    witnessed = note_at(log, 90)
    other = asyncio.run(make_log(80))
    asyncio.run(grow(other, 80, 110, kind="forged"))
    path = write(other, tmp_path / "regrown.jsonl")

    assert verify(path)
    assert exact(verify(path, witnessed)) == ("rewritten", 0, 89)
    # An older outside checkpoint narrows it down: everything before it is proved.
    verdict = verify(path, note_at(log, 80) + "\n" + witnessed)
    assert exact(verdict) == ("rewritten", 80, 89)
    assert verdict.verified_size == 80
    assert verdict.root == log.signed[80].checkpoint.root


@pytest.mark.parametrize("size", [86, 90])
def test_a_rewritten_log_is_named_before_a_later_edit(log: MemoryLog, tmp_path: Path, size: int) -> None:
    """The log's key signed another history from 80 on; later somebody without the key changed entry 95."""
    other = asyncio.run(make_log(80))
    asyncio.run(grow(other, 80, 90, kind="forged"))
    asyncio.run(grow(other, 90, 100))
    path = write(other, tmp_path / "rewritten.jsonl")
    tamper(path, lambda lines: [rehashed(95, "late") if b'"seq":95,' in line else line for line in lines])

    assert exact(verify(path)) == ("root_mismatch", 90, 99)
    verdict = verify(path, checkpoint_of(log, size))
    assert exact(verdict) == ("rewritten", 0, size - 1)
    assert (verdict.verified_size, verdict.root) == (0, EMPTY_ROOT)


def test_swapped_entries_are_named(export: Path) -> None:
    def swap(lines: Lines) -> Lines:
        index = at(lines, 41)
        return [*lines[:index], lines[index + 1], lines[index], *lines[index + 2 :]]

    tamper(export, swap)
    verdict = verify(export)

    assert exact(verdict) == ("reordered", 41, 41)
    assert len(verdict.findings) == 1
    assert verdict.verified_size == 40


def test_a_moved_entry_is_told_from_a_removed_one(export: Path) -> None:
    def move(lines: Lines) -> Lines:
        rest = [line for line in lines if b'"seq":12,' not in line and b'"seq":13,' not in line]
        where = at(rest, 70)
        return [*rest[:where], lines[at(lines, 13)], *rest[where:]]

    tamper(export, move)
    findings = [(f.code.value, f.first, f.last) for f in verify(export).findings]

    assert findings == [("missing", 12, 12), ("reordered", 13, 13)]


def test_an_edited_entry_is_named_although_its_leaf_hash_was_left(log: MemoryLog, export: Path) -> None:
    tamper(
        export,
        lambda lines: [
            line.replace(b"withdraw.asked", b"withdraw.ASKED") if b'"seq":64,' in line else line for line in lines
        ],
    )
    verdict = verify(export, note_at(log, SIZE))

    assert exact(verdict) == ("edited", 64, 64)
    assert "confirms its recorded leaf" in verdict.first_bad.sentence
    assert verdict.verified_size == SIZE, "all other entries are as signed"


def test_an_edited_leaf_hash_is_told_from_an_edited_entry(export: Path) -> None:
    def change(lines: Lines) -> Lines:
        line = entry_line(make_entry(64))
        lines[at(lines, 64)] = encode_line(msgspec.structs.replace(line, leaf=leaf_hash(b"")))
        return lines

    tamper(export, change)
    verdict = verify(export)

    assert exact(verdict) == ("edited", 64, 64)
    assert "its content is as signed" in verdict.first_bad.sentence


def test_several_edited_leaf_hashes_are_settled_by_one_root(export: Path) -> None:
    """A repeated line before them, already settled, does not take their place as the doubtful one."""

    def change(lines: Lines) -> Lines:
        for seq in (61, 64):
            line = entry_line(make_entry(seq))
            lines[at(lines, seq)] = encode_line(msgspec.structs.replace(line, leaf=leaf_hash(b"")))
        index = at(lines, 60)
        return [*lines[:index], rehashed(59, "forged"), *lines[index:]]

    tamper(export, change)
    verdict = verify(export)

    assert [(f.code.value, f.first) for f in verdict.findings] == [("inserted", 59), ("edited", 61), ("edited", 64)]
    assert all("its content is as signed" in f.sentence for f in verdict.findings[1:])
    assert verdict.verified_size == SIZE


def test_an_edited_and_rehashed_entry_is_narrowed_to_its_checkpoints(log: MemoryLog, export: Path) -> None:
    def change(lines: Lines) -> Lines:
        lines[at(lines, 64)] = rehashed(64, "forged")
        return lines

    tamper(export, change)

    assert exact(verify(export)) == ("root_mismatch", 60, 69)
    # Outside checkpoints make the range smaller, and the log's own ones still count: its key did not sign this.
    assert exact(verify(export, note_at(log, SIZE))) == ("root_mismatch", 60, 69)
    close = checkpoint_of(log, 66)
    assert exact(verify(export, close)) == ("root_mismatch", 60, 65)
    exactly = checkpoint_of(log, 64) + "\n" + checkpoint_of(log, 65)
    assert exact(verify(export, exactly)) == ("root_mismatch", 64, 64)


def checkpoint_of(log: MemoryLog, size: int) -> str:
    """A checkpoint that a witness saw, of a size that the export has none of."""
    other = asyncio.run(make_log(size, every=size))
    assert other.log == log.log[:size]
    return other.signed[size].note


def test_two_edits_in_one_range_name_the_range_first(export: Path) -> None:
    def change(lines: Lines) -> Lines:
        lines[at(lines, 62)] = rehashed(62, "forged")
        lines[at(lines, 64)] = lines[at(lines, 64)].replace(b"withdraw.asked", b"withdraw.ASKED")
        return lines

    tamper(export, change)
    found = [(f.code.value, f.first, f.last) for f in verify(export).findings]

    assert found == [("root_mismatch", 60, 69), ("edited", 64, 64)]


def test_an_edited_payload_is_named(export: Path) -> None:
    def change(lines: Lines) -> Lines:
        line = entry_line(make_entry(33))
        lines[at(lines, 33)] = encode_line(msgspec.structs.replace(line, payload=b'{"amount":"1"}'))
        return lines

    tamper(export, change)
    verdict = verify(export)

    assert exact(verdict) == ("payload_edited", 33, 33)
    assert verdict.verified_size == SIZE


def test_a_changed_salt_is_named(export: Path) -> None:
    for salt in (bytes(32), b"short", b""):
        line = msgspec.structs.replace(entry_line(make_entry(33)), salt=salt)
        tamper(
            export, lambda lines, line=line: [encode_line(line) if b'"seq":33,' in text else text for text in lines]
        )
        assert exact(verify(export)) == ("payload_edited", 33, 33)


@pytest.mark.parametrize("before", [True, False])
def test_an_inserted_line_is_told_from_the_real_one(export: Path, before: bool) -> None:
    def insert(lines: Lines) -> Lines:
        index = at(lines, 25) + (0 if before else 1)
        return [*lines[:index], rehashed(25, "forged"), *lines[index:]]

    tamper(export, insert)
    verdict = verify(export)

    assert exact(verdict) == ("inserted", 25, 25)
    assert ("only this is as signed" if before else "whose first line is as signed") in verdict.first_bad.sentence
    assert verdict.verified_size == SIZE


def test_inserted_and_renumbered_entries_are_narrowed(export: Path) -> None:
    def insert(lines: Lines) -> Lines:
        index = at(lines, 25)
        return [*lines[:index], *[rehashed(seq, "moved") for seq in range(25, 30)], *lines[at(lines, 30) - 1 :]]

    tamper(export, insert)

    assert exact(verify(export)) == ("root_mismatch", 20, 29)


def test_entries_after_the_last_checkpoint_are_not_signed(export: Path) -> None:
    tamper(export, lambda lines: [*lines, rehashed(100, "added"), rehashed(101, "added")])

    assert exact(verify(export)) == ("unsigned_tail", 100, 101)


def codes(verdict: LogVerdict) -> list[str]:
    return [finding.code.value for finding in verdict.findings]


def test_a_checkpoint_of_another_key_is_found(log: MemoryLog, export: Path, tmp_path: Path) -> None:
    """The whole log was made again and signed with another key under the same name."""
    forged = asyncio.run(make_log(SIZE, signer=OTHER_SIGNER))
    path = tmp_path / "forged.jsonl"
    asyncio.run(write_export(path, forged, key=OTHER_SIGNER.key, opened=True))

    assert verify(path), "in itself it is a log"
    verdict = verify(path, note_at(log, SIZE))
    assert codes(verdict) == ["checkpoint_key"]
    assert not verdict.anchored
    verdict = verify(path, public_key=str(SIGNER.key))
    assert set(codes(verdict)) == {"checkpoint_key", "truncated"}
    assert "the export's key is not the key given" in [finding.sentence for finding in verdict.findings]
    assert codes(verify(export, forged.signed[SIZE].note)) == ["checkpoint_key"]


def test_a_checkpoint_of_another_log_is_found(export: Path) -> None:
    checkpoint = Checkpoint("log.example/other", SIZE, bytes(32), NOW, 1)
    other = type(SIGNER).from_seed("log.example/other", bytes(range(32)))

    assert codes(verify(export, sign_checkpoint(checkpoint, other.key, other))) == ["checkpoint_key"]


def test_a_header_that_names_another_log_is_found(export: Path) -> None:
    tamper(export, lambda lines: [lines[0].replace(b'"origin":"log.', b'"origin":"log2.'), *lines[1:]])

    assert codes(verify(export)) == ["checkpoint_origin"]


def test_a_forged_checkpoint_in_the_export_is_found(log: MemoryLog, export: Path) -> None:
    tamper(export, lambda lines: [line.replace(b"\\n50\\n", b"\\n51\\n") for line in lines])

    verdict = verify(export)
    assert codes(verdict) == ["checkpoint_key"]
    assert verdict.findings[0].line == 1 + 55


def test_an_old_checkpoint_is_found(log: MemoryLog, export: Path) -> None:
    assert verify(export, note_at(log, SIZE), max_age=5_000)
    assert codes(verify(export, note_at(log, SIZE), max_age=4_999)) == ["checkpoint_stale"] * 2
    verdict = verify(export, note_at(log, 50), max_age=5_000)
    assert codes(verdict) == ["checkpoint_stale"]
    assert "newest outside checkpoint is 55 s old" in verdict.findings[0].sentence
    assert verdict.first_bad is None


def test_a_checkpoint_without_a_time_is_not_fresh(log: MemoryLog, export: Path) -> None:
    undated = msgspec.structs.replace(log.signed[SIZE].checkpoint, time=None)
    verdict = verify(export, sign_checkpoint(undated, SIGNER.key, SIGNER), max_age=600_000)

    assert codes(verdict) == ["checkpoint_stale"]
    assert verdict.findings[0].sentence == "the newest outside checkpoint has no time"


def test_a_checkpoint_from_the_future_is_found(export: Path) -> None:
    verdict = verify_export(export, now=START, max_age=600_000)

    assert codes(verdict) == ["checkpoint_stale"]
    assert "100 s in the future" in verdict.findings[0].sentence


def test_a_falling_epoch_is_found(log: MemoryLog, export: Path) -> None:
    """Within the export, against its header, against an outside checkpoint, and in a witness file."""
    current = log.signed[SIZE].checkpoint

    def signed(**change: int) -> str:
        return sign_checkpoint(msgspec.structs.replace(current, **change), SIGNER.key, SIGNER)

    assert codes(verify(export, signed(epoch=2))) == ["epoch_backwards"]
    older = signed(epoch=0)
    tamper(export, lambda lines: [*lines, line_of(older)])
    assert codes(verify(export)) == ["epoch_backwards", "epoch_backwards"]
    tamper(export, lambda lines: lines[:-1])
    assert codes(verify(export, signed(epoch=1) + "\n" + signed(epoch=0))) == ["epoch_backwards"]


def line_of(note: str) -> bytes:
    return encode_line(ExportCheckpoint(note))


def test_a_witness_file_that_shows_a_rollback_is_enough(log: MemoryLog, export: Path) -> None:
    verdict = verify(export, note_at(log, 90) + "\n" + note_at(log, 80) + "\n" + note_at(log, SIZE))

    assert exact(verdict) == ("rolled_back", 80, 89)


def test_a_restore_is_named_as_such(log: MemoryLog, tmp_path: Path) -> None:
    restored = asyncio.run(make_log(80))
    asyncio.run(grow(restored, 80, 85, epoch=2, kind="later"))
    verdict = verify(write(restored, tmp_path / "restored.jsonl"), note_at(log, SIZE))

    assert exact(verdict) == ("rolled_back", 85, 99)
    assert "before the restore that began epoch 2" in verdict.first_bad.sentence


def test_checkpoints_out_of_order_are_found(export: Path) -> None:
    def move(lines: Lines) -> Lines:
        index = at(lines, 50) - 1  # the checkpoint of size 50
        return [*lines[:index], lines[index + 1], lines[index], *lines[index + 2 :]]

    tamper(export, move)

    assert codes(verify(export)) == ["checkpoint_order"]


def test_a_checkpoint_whose_time_falls_is_found(log: MemoryLog, export: Path) -> None:
    earlier = msgspec.structs.replace(log.signed[SIZE].checkpoint, time=START)
    tamper(export, lambda lines: [*lines, line_of(sign_checkpoint(earlier, SIGNER.key, SIGNER))])

    assert codes(verify(export)) == ["checkpoint_order"]


def test_two_signed_roots_for_one_size_are_found(log: MemoryLog, export: Path) -> None:
    other = sign_checkpoint(
        msgspec.structs.replace(log.signed[SIZE].checkpoint, root=leaf_hash(b"fork")), SIGNER.key, SIGNER
    )

    assert exact(verify(export, other)) == ("rewritten", 0, 99)
    assert codes(verify(export, note_at(log, SIZE) + "\n" + other)) == ["checkpoint_fork"]
    tamper(export, lambda lines: [*lines, line_of(other)])
    assert codes(verify(export)) == ["checkpoint_fork"]


def test_a_line_that_cannot_be_read_is_named(export: Path) -> None:
    tamper(export, lambda lines: [b"garbage\n" if b'"seq":30,' in line else line for line in lines])
    verdict = verify(export)

    assert exact(verdict) == ("malformed", 30, 30)
    assert "line 35: not a line of a log export" in verdict.first_bad.sentence
    assert verdict.verified_size == 30


def test_values_that_no_leaf_can_have_are_malformed(export: Path) -> None:
    line = msgspec.structs.replace(entry_line(make_entry(30)), commitment="***")
    tamper(export, lambda lines: [encode_line(line) if b'"seq":30,' in text else text for text in lines])
    verdict = verify(export)

    assert exact(verdict) == ("malformed", 30, 30)
    assert verdict.first_bad.sentence == "line 35: a commitment is not base64url; entry 30 should stand there"


def test_a_moved_entry_that_was_edited_as_well_is_said_to_be_both(export: Path) -> None:
    def change(lines: Lines) -> Lines:
        index = at(lines, 41)
        edited = lines[index].replace(b"withdraw.asked", b"withdraw.ASKED")
        return [*lines[:index], lines[index + 1], edited, *lines[index + 2 :]]

    tamper(export, change)

    assert [(f.code.value, f.first) for f in verify(export).findings] == [("reordered", 41), ("edited", 41)]


def test_a_file_full_of_nonsense_ends_early(export: Path) -> None:
    tamper(export, lambda lines: [lines[0], *[lines[5]] * 5000])
    verdict = verify(export)

    assert FindingCode.TOO_MANY in codes(verdict)
    assert len(verdict.findings) <= 1001


def test_an_empty_log_verifies(tmp_path: Path) -> None:
    log = MemoryLog()
    asyncio.run(grow(log, 0, 0))
    verdict = verify(write(log, tmp_path / "empty.jsonl"), log.signed[0].note)

    assert verdict
    assert verdict.verified_size == 0


def test_the_error_names_the_entry_and_what_is_proved(export: Path) -> None:
    tamper(export, lambda lines: [*lines[: at(lines, 57)], *lines[at(lines, 57) + 1 :]])

    with pytest.raises(LogTamperedError) as caught:
        require_intact(verify(export))
    assert caught.value.code == "log_missing"
    assert caught.value.diagnostics().startswith("entry 57 is missing before line 64: removed")
    assert "the first 50 entries are as signed" in caught.value.hint


def test_bad_arguments_raise(export: Path, tmp_path: Path) -> None:
    with pytest.raises(TrustedCheckpointError):
        verify(export, "not a note")
    with pytest.raises(NoteError):
        verify(export, public_key="nonsense")
    with pytest.raises(ExportError) as caught:
        verify(tmp_path / "absent.jsonl")
    assert caught.value.code == "export_unreadable"


def test_progress_reaches_the_end(export: Path) -> None:
    calls: list[tuple[int, int]] = []
    verify_export(export, now=NOW, progress=lambda done, total: calls.append((done, total)))

    assert calls[-1] == (export.stat().st_size, export.stat().st_size)
