# SPDX-License-Identifier: Apache-2.0
"""Backup of a store in use, and restore into a new epoch."""

from __future__ import annotations

import asyncio
import sqlite3
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from counterseal.audit.keys import Ed25519Signer
from counterseal.audit.model import SignedCheckpoint
from counterseal.core import merkle
from counterseal.core.checkpoint import Checkpoint, sign_checkpoint
from counterseal.core.transaction import Commit, Loaded
from counterseal.store.backup import (
    Manifest,
    backup,
    manifest_path,
    read_manifest,
    restore,
    verify,
)
from counterseal.store.epoch import EPOCH_SUBJECT, EpochRecord
from counterseal.store.errors import BackupError, MasterKeyError, StoreLockedError
from counterseal.store.lock import StoreLock
from counterseal.store.sqlite import SqliteStore
from tests.support.store import CODECS, NOW, Answer, Counter, PlainMasterKey, add
from tests.unit.store.conftest import Open

pytestmark = pytest.mark.anyio
A = "account:a"
CHANGED = """replace(CAST(leaf AS TEXT), '"kind":"ask"', '"kind":"fry"')"""
SIGNER = Ed25519Signer.from_seed("log.example", bytes(32))


async def filled(store: SqliteStore, count: int = 10) -> None:
    await asyncio.gather(*(store.transact([A], add(A), now=NOW) for _ in range(count)))
    size, root = await store.log.root()
    checkpoint = Checkpoint("log.example", size, root, NOW, 0)
    note = sign_checkpoint(checkpoint, SIGNER.key, SIGNER)
    await store.log.add_checkpoint(SignedCheckpoint(checkpoint, note), after=None)


def names(folder: Path, start: str) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith(start)}


def see_epoch(loaded: Loaded) -> Commit[Answer]:
    return Commit(Answer(loaded.epoch))


class TestBackup:
    async def test_a_store_in_use_is_copied_as_one_state(self, open_store: Open, tmp_path: Path):
        store = open_store()
        await filled(store)
        running = asyncio.gather(*(store.transact([A], add(A), now=NOW) for _ in range(300)))
        manifest = await asyncio.to_thread(backup, store.path, tmp_path / "copy.db")
        await running
        assert 10 <= manifest.size <= 310
        assert verify(tmp_path / "copy.db") == manifest
        leaves = await store.log.leaves(0, manifest.size)
        edge, _ = merkle.append(merkle.CompactRange(), [merkle.leaf_hash(one) for one in leaves])
        assert manifest.root == merkle.root(edge).hex()
        assert manifest.checkpoint == (await store.log.latest_checkpoint()).note
        assert names(tmp_path, "copy") == {"copy.db", "copy.db.manifest.json"}

    async def test_nothing_is_overwritten(self, open_store: Open, tmp_path: Path):
        store = open_store()
        (tmp_path / "copy.db").write_text("mine")
        with pytest.raises(BackupError, match="is not overwritten"):
            backup(store.path, tmp_path / "copy.db")
        assert (tmp_path / "copy.db").read_text() == "mine"

    def test_a_missing_store_or_folder_is_refused(self, open_store: Open, tmp_path: Path):
        with pytest.raises(BackupError, match="there is no store"):
            backup(tmp_path / "nothing.db", tmp_path / "copy.db")
        with pytest.raises(BackupError, match="the backup failed"):
            backup(open_store().path, tmp_path / "nowhere" / "copy.db")


class TestRestore:
    async def test_a_restore_begins_a_new_epoch(self, open_store: Open, tmp_path: Path):
        store = open_store()
        await filled(store)
        manifest = backup(store.path, tmp_path / "copy.db")
        await store.transact([A], add(A, 100), now=NOW)
        restored = restore(tmp_path / "copy.db", tmp_path / "new.db", PlainMasterKey(), now=NOW + 5)
        assert (restored.size, restored.root, restored.epoch) == (10, manifest.root, 1)
        again = SqliteStore(tmp_path / "new.db", CODECS, PlainMasterKey())
        try:
            assert await again.read(A) == Counter(10)
            assert (await again.transact([A], see_epoch, now=NOW)).result == Answer(1)
            assert (again.epoch, again.latest) == (1, NOW + 5)
            (begun,) = await again.entries(after=9)
            assert (begun.position, begun.subject, begun.kind) == (10, EPOCH_SUBJECT, "epoch")
            record = msgspec.json.decode(begun.payload, type=EpochRecord)
            assert record == EpochRecord(1, 10, manifest.root)
            nodes = await again.log.nodes([node for group in merkle.consistency_nodes(10, 11) for node in group])
            proof = merkle.consistency_proof(10, 11, lambda *at: nodes[at])
            _, root = await again.log.root()
            merkle.verify_consistency(10, 11, bytes.fromhex(manifest.root), root, proof)
        finally:
            again.close()
        second = backup(tmp_path / "new.db", tmp_path / "copy2.db")
        assert (second.epoch, second.size) == (1, 11)
        assert restore(tmp_path / "copy2.db", tmp_path / "new2.db", PlainMasterKey(), now=NOW).epoch == 2
        assert names(tmp_path, "new.db") == {"new.db", "new.db.lock"}

    async def test_an_existing_or_held_store_is_never_overwritten(self, open_store: Open, tmp_path: Path):
        store = open_store()
        await filled(store)
        backup(store.path, tmp_path / "copy.db")
        with pytest.raises(StoreLockedError):
            restore(tmp_path / "copy.db", store.path, PlainMasterKey(), now=NOW)
        store.close()
        with pytest.raises(BackupError, match=r"`store\.db` exists"):
            restore(tmp_path / "copy.db", store.path, PlainMasterKey(), now=NOW)
        assert await open_store().read(A) == Counter(10)

    async def test_another_master_key_is_refused(self, open_store: Open, tmp_path: Path):
        backup(open_store().path, tmp_path / "copy.db")
        with pytest.raises(MasterKeyError, match="not that of the backup"):
            restore(tmp_path / "copy.db", tmp_path / "new.db", PlainMasterKey("another"), now=NOW)
        assert not (tmp_path / "new.db").exists()
        StoreLock(tmp_path / "new.db").release()  # the lock was given back

    @pytest.mark.parametrize(
        ("damage", "sentence"),
        [
            (f"UPDATE entry SET leaf = CAST({CHANGED} AS BLOB) WHERE position = 3", "does not follow"),  # noqa: S608
            (f"UPDATE entry SET leaf = {CHANGED} WHERE position = 3", "no entry 3"),  # noqa: S608
            ("DELETE FROM entry WHERE position = 4", "no entry 4"),
            ("UPDATE node SET hash = zeroblob(32) WHERE level = 3", "does not follow"),
            ("UPDATE alembic_version SET version_num = 'x'", "schema"),
            ("UPDATE meta SET latest = 5", None),
        ],
    )
    async def test_a_changed_backup_is_found(
        self, open_store: Open, tmp_path: Path, damage: str, sentence: str | None
    ):
        store = open_store()
        await filled(store)
        copy = tmp_path / "copy.db"
        backup(store.path, copy)
        manifest = read_manifest(copy)
        before = copy.read_bytes()
        with sqlite3.connect(copy) as raw:
            raw.execute(damage)
        raw.close()
        assert copy.read_bytes() != before
        with pytest.raises(BackupError, match="not the file"):
            restore(copy, tmp_path / "new.db", PlainMasterKey(), now=NOW)
        if sentence is not None:  # and if the manifest was made to fit
            fitting = msgspec.structs.replace(manifest, sha256=sha256(copy.read_bytes()).hexdigest())
            manifest_path(copy).write_bytes(msgspec.json.encode(fitting))
            with pytest.raises(BackupError, match=sentence):
                restore(copy, tmp_path / "new.db", PlainMasterKey(), now=NOW)
        assert not (tmp_path / "new.db").exists()

    async def test_a_shorter_log_with_a_fitting_manifest_digest_is_found(self, open_store: Open, tmp_path: Path):
        store = open_store()
        await filled(store)
        short = backup(store.path, tmp_path / "short.db")
        await filled(store)
        long = backup(store.path, tmp_path / "long.db")
        lie = msgspec.structs.replace(long, sha256=short.sha256)
        manifest_path(tmp_path / "short.db").write_bytes(msgspec.json.encode(lie))
        with pytest.raises(BackupError, match="not the one that its manifest describes"):
            verify(tmp_path / "short.db")

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format": 2}', b"\xff"])
    def test_an_odd_manifest_is_refused(self, open_store: Open, tmp_path: Path, data: bytes):
        backup(open_store().path, tmp_path / "copy.db")
        manifest_path(tmp_path / "copy.db").write_bytes(data)
        with pytest.raises(BackupError):
            restore(tmp_path / "copy.db", tmp_path / "new.db", PlainMasterKey(), now=NOW)

    def test_another_format_is_refused(self, open_store: Open, tmp_path: Path):
        manifest = backup(open_store().path, tmp_path / "copy.db")
        newer: Manifest = msgspec.structs.replace(manifest, format=2)
        manifest_path(tmp_path / "copy.db").write_bytes(msgspec.json.encode(newer))
        with pytest.raises(BackupError, match="has format 2"):
            verify(tmp_path / "copy.db")
        with pytest.raises(BackupError, match="there is no backup"):
            verify(tmp_path / "nothing.db")
