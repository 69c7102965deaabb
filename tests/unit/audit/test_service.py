# SPDX-License-Identifier: Apache-2.0
"""The log's service: proofs that verify, checkpoints that never contradict, witnesses that are asked first."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from counterseal.audit.keys import verify_ed25519
from counterseal.audit.model import LogInconsistentError, LogRangeError, WitnessUnavailableError
from counterseal.audit.service import LogService
from counterseal.core.checkpoint import open_checkpoint
from counterseal.core.merkle import verify_consistency, verify_inclusion
from counterseal.gateways.witness_file import FileWitness
from tests.support.memory_log import OTHER_SIGNER, SIGNER, START, MemoryLog, grow, make_entry, make_log


def run(coroutine):
    return asyncio.run(coroutine)


def test_every_inclusion_proof_leads_to_the_signed_root() -> None:
    log = run(make_log(27, every=9))
    service = LogService(log, SIGNER)

    for size in (9, 18, 27):
        root = log.signed[size].checkpoint.root
        for seq in range(size):
            proof = run(service.inclusion_proof(seq, size))
            assert proof.digest == log.log[seq].digest
            verify_inclusion(seq, size, proof.digest, proof.proof, root)
    assert run(service.inclusion_proof(3)).size == 27


def test_every_consistency_proof_joins_two_signed_roots() -> None:
    log = run(make_log(27, every=3))
    service = LogService(log, SIGNER)

    for size1 in range(3, 28, 3):
        for size2 in range(size1, 28, 3):
            proof = run(service.consistency_proof(size1, size2))
            roots = [log.signed[size].checkpoint.root for size in (size1, size2)]
            verify_consistency(size1, size2, *roots, proof.proof)


def test_proofs_outside_of_the_log_are_refused() -> None:
    service = LogService(run(make_log(10)), SIGNER)

    for seq, size in ((-1, 10), (10, 10), (0, 0), (0, 11)):
        with pytest.raises(LogRangeError):
            run(service.inclusion_proof(seq, size))
    for size1, size2 in ((0, 5), (6, 5), (5, 11)):
        with pytest.raises(LogRangeError):
            run(service.consistency_proof(size1, size2))
    with pytest.raises(LogRangeError):
        run(LogService(MemoryLog(), SIGNER).latest_checkpoint())


def test_a_checkpoint_is_signed_kept_and_opens() -> None:
    log = MemoryLog()
    signed = run(grow(log, 0, 5))

    assert log.newest == signed
    assert open_checkpoint(signed.note, SIGNER.key, verify_ed25519) == signed.checkpoint
    service = LogService(log, SIGNER)
    assert (signed.checkpoint.origin, str(SIGNER.key)) == (service.origin, service.public_key(START))


def test_the_time_of_a_checkpoint_never_falls() -> None:
    log = run(make_log(10))
    before = log.newest.checkpoint
    again = run(LogService(log, SIGNER).sign_checkpoint(now=START, epoch=1)).checkpoint

    assert again == before


def test_no_second_history_is_signed() -> None:
    """Entries changed below what was signed, a store that went back, an epoch that falls."""
    log = run(make_log(10))
    changed = run(make_log(9, every=9))
    changed.add([make_entry(9, kind="forged")])
    changed.newest = log.newest
    shorter = run(make_log(9, every=9))
    shorter.newest = log.newest

    for store, reason in ((changed, "the first 10 entries are not"), (shorter, "the log has 9 entries, 10 were")):
        kept = dict(store.signed)
        with pytest.raises(LogInconsistentError, match=reason):
            run(LogService(store, SIGNER).sign_checkpoint(now=START, epoch=1))
        assert store.signed == kept
    with pytest.raises(LogInconsistentError):
        run(LogService(log, SIGNER).sign_checkpoint(now=START, epoch=0))


def test_a_missing_node_is_an_inconsistency() -> None:
    log = run(make_log(10))
    del log.node[3, 0]

    with pytest.raises(LogInconsistentError):
        run(LogService(log, SIGNER).sign_checkpoint(now=START, epoch=1))


def test_checkpoints_reach_the_witness(tmp_path: Path) -> None:
    log = run(make_log(10))
    witness = FileWitness(tmp_path / "witness.txt")
    service = LogService(log, SIGNER, [witness])

    [first] = run(service.push_witnesses())
    second = run(grow(log, 10, 15))
    [report] = run(service.push_witnesses())

    assert (first.witness, first.size, first.error) == ("file:witness.txt", 10, "")
    assert (report.size, report.error, report.restored_from) == (15, "", None)
    assert run(witness.last()) == second.note


def test_a_log_that_went_back_is_not_witnessed(tmp_path: Path) -> None:
    witness = FileWitness(tmp_path / "witness.txt")
    log = run(make_log(10))
    run(LogService(log, SIGNER, [witness]).push_witnesses())
    seen = run(witness.last())

    shorter = run(make_log(9, every=9))
    forked = run(make_log(9, every=9))
    run(grow(forked, 9, 12, kind="forged"))
    stranger = run(make_log(12, signer=OTHER_SIGNER))
    for store, signer in ((shorter, SIGNER), (forked, SIGNER), (stranger, OTHER_SIGNER)):
        [report] = run(LogService(store, signer, [witness]).push_witnesses())
        assert report.error.startswith("log_inconsistent: ")
        assert run(witness.last()) == seen


def test_a_restore_in_a_new_epoch_is_witnessed_and_reported(tmp_path: Path) -> None:
    witness = FileWitness(tmp_path / "witness.txt")
    run(LogService(run(make_log(10)), SIGNER, [witness]).push_witnesses())
    restored = run(make_log(8, every=8))
    signed = run(grow(restored, 8, 9, epoch=2, kind="later"))
    [report] = run(LogService(restored, SIGNER, [witness]).push_witnesses())

    assert (report.error, report.restored_from) == ("", 10)
    assert run(witness.last()) == signed.note
    # The old epoch cannot come back.
    [report] = run(LogService(run(make_log(20)), SIGNER, [witness]).push_witnesses())
    assert report.error.startswith("log_inconsistent: the witness has seen epoch 2")


def test_one_witness_that_fails_does_not_keep_the_others_from_it(tmp_path: Path) -> None:
    good, bad = FileWitness(tmp_path / "witness.txt"), FileWitness(tmp_path / "absent" / "witness.txt")
    log = run(make_log(10))
    reports = run(LogService(log, SIGNER, [bad, good]).push_witnesses())

    assert [report.error.partition(":")[0] for report in reports] == ["witness_unavailable", ""]
    assert run(good.last()) == log.newest.note
    with pytest.raises(WitnessUnavailableError):
        run(bad.push(log.newest.note))
