# SPDX-License-Identifier: Apache-2.0
"""The log of a real store on disk: signed, witnessed, erased from, exported, verified, and tampered with."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from counterseal.audit.export import write_export
from counterseal.audit.model import LogInconsistentError, LogVerdict
from counterseal.audit.service import LogService
from counterseal.audit.verify import verify_export
from counterseal.core.leaf import encode_leaf
from counterseal.core.merkle import leaf_hash, verify_consistency, verify_inclusion
from counterseal.gateways.witness_file import FileWitness
from counterseal.store.sqlite import SqliteStore
from tests.support.memory_log import SIGNER
from tests.support.store import CODECS, NOW, PlainMasterKey, add

SIZE = 40
EVERY = 10
EDIT = "UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '\"ask\"', '\"ASK\"') AS BLOB) WHERE position = 21"


def opened(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "store.db", CODECS, PlainMasterKey())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of 40 entries of four accounts, one of them erased, with a checkpoint after each ten, witnessed."""

    async def fill() -> None:
        store = opened(tmp_path)
        service = LogService(store.log, SIGNER, [FileWitness(tmp_path / "witness.txt")])
        try:
            for seq in range(SIZE):
                subject = f"account:{seq % 4}"
                now = NOW + seq * 1000
                await store.transact([subject], add(subject, payload=b"entry %d" % seq), now=now)
                if (seq + 1) % EVERY == 0:
                    await service.sign_checkpoint(now=now, epoch=store.epoch)
                    [report] = await service.push_witnesses()
                    assert report.error == ""
            await store.erase("account:3", NOW + SIZE * 1000)
        finally:
            store.close()

    asyncio.run(fill())
    return tmp_path


def export_and_verify(folder: Path) -> LogVerdict:
    async def export() -> None:
        store = opened(folder)
        try:
            await write_export(folder / "log.jsonl", store.log, key=SIGNER.key, opened=True)
        finally:
            store.close()

    asyncio.run(export())
    witnessed = (folder / "witness.txt").read_text()
    return verify_export(folder / "log.jsonl", checkpoint=witnessed, now=NOW + SIZE * 1000, max_age=60_000)


def tamper(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "store.db")
    with connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
    connection.close()


def test_the_log_verifies_after_an_erasure(folder: Path) -> None:
    verdict = export_and_verify(folder)

    assert verdict
    assert (verdict.verified_size, verdict.anchored) == (SIZE, True)
    assert (folder / "log.jsonl").read_bytes().count(b'"payload"') == SIZE * 3 // 4


def test_proofs_lead_to_the_signed_root(folder: Path) -> None:
    async def prove() -> None:
        store = opened(folder)
        service = LogService(store.log, SIGNER)
        try:
            root = (await service.latest_checkpoint()).checkpoint.root
            for seq, entry in enumerate(await store.log.entries(0, SIZE, opened=False)):
                proof = await service.inclusion_proof(seq)
                assert proof.digest == leaf_hash(encode_leaf(entry.leaf))
                verify_inclusion(seq, SIZE, proof.digest, proof.proof, root)
            for stored in await store.log.checkpoints(0, 10):
                size = stored.checkpoint.size
                between = await service.consistency_proof(size, SIZE)
                verify_consistency(size, SIZE, stored.checkpoint.root, root, between.proof)
        finally:
            store.close()

    asyncio.run(prove())


@pytest.mark.parametrize(
    ("statements", "code", "first", "last"),
    [
        (["DELETE FROM entry WHERE position = 17"], "missing", 17, 17),
        (["DELETE FROM entry WHERE position >= 37"], "missing", 37, 39),
        (
            ["DELETE FROM entry WHERE position >= 30", "DELETE FROM checkpoint WHERE size > 30"],
            "rolled_back",
            30,
            39,
        ),
        (
            [EDIT],
            "edited",
            21,
            21,
        ),
        (["UPDATE entry SET digest = zeroblob(32) WHERE position = 21"], "edited", 21, 21),
    ],
)
def test_what_was_changed_in_the_database_is_named(
    folder: Path, statements: list[str], code: str, first: int, last: int
) -> None:
    tamper(folder, *statements)
    bad = export_and_verify(folder).first_bad

    assert bad is not None
    assert (bad.code.value, bad.first, bad.last) == (code, first, last)


def test_a_store_that_went_back_signs_and_pushes_nothing(folder: Path) -> None:
    """Entries and checkpoints from 30 on are gone: the service itself cannot tell, its witness can."""
    tamper(
        folder,
        "DELETE FROM entry WHERE position >= 30",
        "DELETE FROM checkpoint WHERE size > 30",
    )
    seen = (folder / "witness.txt").read_text()

    async def push() -> str:
        store = opened(folder)
        try:
            service = LogService(store.log, SIGNER, [FileWitness(folder / "witness.txt")])
            await service.sign_checkpoint(now=NOW + 41_000, epoch=store.epoch)
            [report] = await service.push_witnesses()
            return report.error
        finally:
            store.close()

    assert asyncio.run(push()) == "log_inconsistent: the log has 30 entries, 40 were signed before"
    assert (folder / "witness.txt").read_text() == seen


def test_a_store_whose_tail_alone_is_gone_signs_nothing(folder: Path) -> None:
    tamper(folder, "DELETE FROM entry WHERE position >= 35")

    async def sign() -> None:
        store = opened(folder)
        try:
            await LogService(store.log, SIGNER).sign_checkpoint(now=NOW + 41_000, epoch=store.epoch)
        finally:
            store.close()

    with pytest.raises(LogInconsistentError):
        asyncio.run(sign())
