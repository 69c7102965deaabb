# SPDX-License-Identifier: Apache-2.0
"""Backup of a store that is in use, and its restore, which begins a new epoch.

A backup is one SQLite file and a manifest beside it. It holds wrapped keys: whoever has the master key can
read it, and subjects erased later are still in it, so backups need an end of life of their own.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from hashlib import sha256
from pathlib import Path

import msgspec
import sqlalchemy as sa

from counterseal.core import merkle
from counterseal.store import log, meta, schema
from counterseal.store import tables as t
from counterseal.store.connect import reader_engine
from counterseal.store.engines import SqliteEngine
from counterseal.store.epoch import begin_epoch
from counterseal.store.errors import BackupError, MasterKeyError
from counterseal.store.lock import StoreLock
from counterseal.store.ports import MasterKey

FORMAT = 1
_PAGE = 1_000  # leaves read at a time


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds. `root`: hex; `sha256`: hex, of the file; `checkpoint`: the latest signed note."""

    format: int
    schema: str
    size: int
    root: str
    epoch: int
    latest: int
    sha256: str
    checkpoint: str | None = None


class Restored(msgspec.Struct, frozen=True):
    """The store after a restore: entries restored, their root (hex), and the epoch that began."""

    size: int
    root: str
    epoch: int


def manifest_path(backup: Path) -> Path:
    """Where the manifest of a backup lies."""
    return backup.with_name(backup.name + ".manifest.json")


def backup(database: Path, destination: Path) -> Manifest:
    """Copy a store, in use or not, to `destination` and write its manifest. Raises BackupError.

    The copy is one committed state (SQLite's online backup API); writers go on meanwhile.
    """
    if not database.is_file():
        raise BackupError(f"there is no store `{database.name}`")
    _refuse_existing(destination, manifest_path(destination))
    draft = destination.with_name(destination.name + ".part")
    try:
        _copy(database, draft)
        manifest = _describe(draft)
        _sync(draft)
        draft.replace(destination)
        _write_manifest(destination, manifest)
    except (OSError, sqlite3.Error, sa.exc.SQLAlchemyError) as error:
        raise BackupError(f"the backup failed: {error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def read_manifest(backup_file: Path) -> Manifest:
    """The manifest beside a backup; raises BackupError when it is missing, odd, or not of this file."""
    try:
        manifest = msgspec.json.decode(manifest_path(backup_file).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupError(f"the manifest of `{backup_file.name}` cannot be read") from error
    if manifest.format != FORMAT:
        raise BackupError(f"the backup has format {manifest.format}; this program reads {FORMAT}")
    if _digest(backup_file) != manifest.sha256:
        raise BackupError(f"`{backup_file.name}` is not the file that its manifest describes")
    return manifest


def verify(backup_file: Path) -> Manifest:
    """Check file, database and log of a backup: digest, integrity_check, and the root from its leaves."""
    if not backup_file.is_file():
        raise BackupError(f"there is no backup `{backup_file.name}`")
    manifest = read_manifest(backup_file)
    found = _describe(backup_file)
    if (found.size, found.root) != (manifest.size, manifest.root):
        raise BackupError("the log in the backup is not the one that its manifest describes")
    return manifest


def restore(backup_file: Path, destination: Path, master_key: MasterKey, *, now: int) -> Restored:
    """Verify a backup and make it the store at `destination`, in a new epoch. Raises BackupError, MasterKeyError.

    Seals, codes and links of earlier epochs are void. An existing store is never overwritten.
    """
    manifest = verify(backup_file)
    lock = StoreLock(destination)
    try:
        _refuse_existing(*(destination.with_name(destination.name + end) for end in ("", "-wal", "-shm")))
        draft = destination.with_name(destination.name + ".part")
        try:
            shutil.copyfile(backup_file, draft)
            epoch = _epoch_of(draft, master_key, now)
            _sync(draft)
            draft.replace(destination)
            _sync(destination.parent)
        except OSError as error:
            raise BackupError(f"the restore failed: {error}") from error
        finally:
            for end in ("", "-wal", "-shm"):
                draft.with_name(draft.name + end).unlink(missing_ok=True)
    finally:
        lock.release()
    return Restored(manifest.size, manifest.root, epoch)


def _epoch_of(database: Path, master_key: MasterKey, now: int) -> int:
    try:
        return begin_epoch(SqliteEngine(database), master_key, now=now).epoch
    except MasterKeyError as error:
        raise MasterKeyError("the master key is not that of the backup", hint=error.hint) from error


def _copy(database: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    source = sqlite3.connect(database)
    target = sqlite3.connect(draft)
    try:
        source.execute("PRAGMA query_only=ON")
        source.execute("PRAGMA wal_autocheckpoint=0")
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, no write-ahead log beside it
    finally:
        target.close()
        source.close()


def _describe(file: Path) -> Manifest:
    """What lies in a database file; raises BackupError when it is damaged."""
    engine = reader_engine(file)
    try:
        with engine.begin() as connection:
            verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            if verdict != "ok":
                raise BackupError(f"the database is damaged: {verdict}")
            if schema.revision_of(connection) not in schema.KNOWN:
                raise BackupError("the database has a schema that this program does not know")
            edge = edge_from_leaves(connection)
            if merkle.root(edge) != merkle.root(meta.read_edge(connection)):
                raise BackupError("the stored tree of the log does not follow from its leaves")
            head = connection.execute(sa.select(t.meta.c.epoch, t.meta.c.latest)).one()
            note = log.latest_checkpoint(connection)
            revision = schema.revision_of(connection) or ""
    except sa.exc.DBAPIError as error:
        raise BackupError("the file is not a store, or is damaged") from error
    finally:
        engine.dispose()
    root = merkle.root(edge).hex()
    signed = None if note is None else note.note
    return Manifest(FORMAT, revision, edge.size, root, head.epoch, head.latest, _digest(file), signed)


def edge_from_leaves(connection: sa.Connection) -> merkle.CompactRange:
    """The log's tree from its leaves alone; positions must be dense."""
    edge = merkle.CompactRange()
    while True:
        query = sa.select(t.entry.c.position, t.entry.c.leaf).where(t.entry.c.position >= edge.size)
        rows = connection.execute(query.order_by(t.entry.c.position).limit(_PAGE)).all()
        for position, row in enumerate(rows, edge.size):
            if row.position != position or not isinstance(row.leaf, bytes):
                raise BackupError(f"the log has no entry {position}")
        if not rows:
            return edge
        edge, _ = merkle.append(edge, [merkle.leaf_hash(row.leaf) for row in rows])


def _write_manifest(backup_file: Path, manifest: Manifest) -> None:
    path = manifest_path(backup_file)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    _sync(path)
    _sync(path.parent)


def _refuse_existing(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise BackupError(f"`{path.name}` exists and is not overwritten")


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
