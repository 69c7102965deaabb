# SPDX-License-Identifier: Apache-2.0
"""Verifies an evidence package without a server: every file, every cited event, and the entry that names it all.

What it proves: these bytes are those that the platform committed to in its log, not later than the checkpoint says,
and the cited events are entries of that log. What it does not: that the log tells the truth, or all of it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from counterseal.audit import bundle as b
from counterseal.audit.export import ExportEntry, line_leaf
from counterseal.audit.keys import verify_ed25519
from counterseal.audit.succession import open_by_any, trusted_keys
from counterseal.core.checkpoint import Checkpoint, open_checkpoint
from counterseal.core.errors import CountersealError
from counterseal.core.leaf import commit, encode_leaf
from counterseal.core.merkle import leaf_hash, verify_inclusion
from counterseal.core.note import VerifierKey, parse_verifier_key

MOST_FINDINGS: Final = 200


class Finding(msgspec.Struct, frozen=True):
    """One thing wrong. `code`: unreadable, missing, added, changed, event, unsigned, not_in_log, other_log;
    `file`: which; `seq`: the entry, where one is meant."""

    code: str
    file: str
    sentence: str
    seq: int | None = None


class BundleVerdict(msgspec.Struct, frozen=True):
    """The result; true in a condition only when nothing was found. `at`: ms, the checkpoint that covers the entry
    which names the package; `packaged`: when that entry was written (ms); `events`: how many were proved."""

    manifest: b.Manifest | None
    digest: str
    files: int
    events: int
    packaged: int | None
    at: int | None
    size: int | None
    findings: tuple[Finding, ...]

    def __bool__(self) -> bool:
        return not self.findings


class _Told(msgspec.Struct, frozen=True):
    """The payload of the entry that names a package, as far as it matters here."""

    manifest: str


def verify_bundle(data: bytes, public_key: str) -> BundleVerdict:
    """Verify a package. `public_key`: the log's verifier key, kept outside. Raises NoteError (`key_invalid`)."""
    key = parse_verifier_key(public_key)
    look = _Look()
    files = look.opened(data)
    manifest = look.manifest(files)
    if manifest is None:
        return look.verdict(None, files)
    keys = trusted_keys(key, manifest.keys)
    if manifest.origin != key.name:
        look.add(
            "other_log", b.MANIFEST, f"the package is of the log `{manifest.origin[:64]}`, the key of `{key.name}`"
        )
    look.files(files, manifest)
    look.sealed(files, keys)
    look.events(files, keys)
    return look.verdict(manifest, files)


class _Look:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.proved = 0
        self.packaged: int | None = None
        self.point: Checkpoint | None = None

    def add(self, code: str, file: str, sentence: str, seq: int | None = None) -> None:
        if len(self.found) < MOST_FINDINGS:
            self.found.append(Finding(code, file, sentence, seq))

    def verdict(self, manifest: b.Manifest | None, files: dict[str, bytes]) -> BundleVerdict:
        point = self.point
        return BundleVerdict(
            manifest,
            b.digest_of(files.get(b.MANIFEST, b"")),
            len(files),
            self.proved,
            self.packaged,
            None if point is None else point.time,
            None if point is None else point.size,
            tuple(self.found),
        )

    # ------------------------------------------------------------ the zip

    def opened(self, data: bytes) -> dict[str, bytes]:
        """Name -> bytes. A name that leads elsewhere, stands twice or grows without end is not opened."""
        files: dict[str, bytes] = {}
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                rows = archive.infolist()
                if len(rows) > b.MOST_FILES + 2 or sum(row.file_size for row in rows) > b.MOST_BYTES:
                    self.add("unreadable", "", "the package is too large")
                    return {}
                for row in rows:
                    if not b.NAME.fullmatch(row.filename) or row.filename in files or row.flag_bits & 1:
                        self.add("unreadable", row.filename[:100], "a name that stands twice, or is none of ours")
                        continue
                    files[row.filename] = self._read(archive, row)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
            self.add("unreadable", "", "this is no zip file, or a damaged one")
        return files

    def _read(self, archive: zipfile.ZipFile, row: zipfile.ZipInfo) -> bytes:
        with archive.open(row) as file:
            data = file.read(row.file_size + 1)
        if len(data) > row.file_size:
            raise zipfile.BadZipFile("a file is larger than it says")
        return data

    def manifest(self, files: dict[str, bytes]) -> b.Manifest | None:
        if b.MANIFEST not in files:
            self.add("missing", b.MANIFEST, "there is no manifest")
            return None
        try:
            found = msgspec.json.decode(files[b.MANIFEST], type=b.Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.add("unreadable", b.MANIFEST, "the manifest cannot be read")
            return None
        if found.counterseal_evidence != b.VERSION:
            self.add("unreadable", b.MANIFEST, f"the package has version {found.counterseal_evidence}")
            return None
        return found

    def files(self, files: dict[str, bytes], manifest: b.Manifest) -> None:
        """Every file that is named is there with its bytes, and no other."""
        for row in manifest.files:
            data = files.get(row.name)
            if data is None:
                self.add("missing", row.name, f"`{row.name[:100]}` is missing")
            elif hashlib.sha256(data).hexdigest() != row.sha256 or len(data) != row.size:
                self.add("changed", row.name, f"`{row.name[:100]}` is not what the manifest says")
        named = {row.name for row in manifest.files} | {b.MANIFEST, b.PROOF}
        for name in sorted(files.keys() - named):
            self.add("added", name, f"`{name}` is in no manifest")

    # ------------------------------------------------------------ the log

    def sealed(self, files: dict[str, bytes], keys: Sequence[VerifierKey]) -> None:
        """The entry that names this manifest is in the log."""
        try:
            said = msgspec.json.decode(files.get(b.PROOF, b""), type=b.Sealed)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.add("unsigned", b.PROOF, "nothing shows that the log names this manifest")
            return
        point = self._checkpoint(said.checkpoint, b.PROOF, keys)
        if point is None or not self._proved(said.cited, point, b.PROOF):
            return
        self.point, self.packaged = point, said.cited.entry.at
        try:
            told = msgspec.json.decode(said.cited.entry.payload or b"", type=_Told)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            told = _Told("")
        if said.cited.entry.kind != b.PACKAGED or told.manifest != b.digest_of(files[b.MANIFEST]):
            self.add("changed", b.MANIFEST, "the log names another manifest", said.cited.entry.seq)

    def events(self, files: dict[str, bytes], keys: Sequence[VerifierKey]) -> None:
        """Every cited event is in the log."""
        lines = files.get(b.EVENTS, b"").splitlines()
        if not lines:
            return
        note = files.get(b.CHECKPOINT, b"").decode("utf-8", "replace")
        point = self._checkpoint(note, b.CHECKPOINT, keys)
        if point is None:
            return
        for number, line in enumerate(lines, 1):
            try:
                one = msgspec.json.decode(line, type=b.Cited)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                self.add("event", b.EVENTS, f"line {number} cannot be read")
                continue
            self.proved += self._proved(one, point, b.EVENTS)

    def _checkpoint(self, note: str, file: str, keys: Sequence[VerifierKey]) -> Checkpoint | None:
        try:
            return open_checkpoint(note, open_by_any(note, keys), verify_ed25519)
        except CountersealError as error:
            self.add("unsigned", file, f"the checkpoint is not signed by the log's key: {error.sentence}")
            return None

    def _proved(self, one: b.Cited, point: Checkpoint, file: str) -> bool:
        entry = one.entry
        try:
            self._opens(entry)
            if one.size != point.size:
                self.add("not_in_log", file, f"the proof of entry {entry.seq} is of another size", entry.seq)
                return False
            verify_inclusion(entry.seq, one.size, entry.leaf, one.proof, point.root)
        except CountersealError as error:
            self.add("not_in_log", file, f"entry {entry.seq}: {error.sentence}", entry.seq)
            return False
        return True

    def _opens(self, entry: ExportEntry) -> None:
        leaf = line_leaf(entry)
        if leaf_hash(encode_leaf(leaf)) != entry.leaf:
            raise b.BundleError("its leaf is not what its members say")
        if entry.payload is None or entry.salt is None or commit(entry.salt, entry.payload) != leaf.commitment:
            raise b.BundleError("its content is not what the log committed to")
