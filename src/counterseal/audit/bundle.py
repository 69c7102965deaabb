# SPDX-License-Identifier: Apache-2.0
"""The evidence package: a zip whose every byte hangs from one leaf of the log. docs/evidence.md describes it.

    manifest.json        RFC 8785: facts, and name, size and SHA-256 of every file beside it
    checkpoint.txt       a signed checkpoint of the log (C2SP), above every entry that is cited
    events.jsonl         cited entries, opened, each with its inclusion proof (RFC 9162)
    ...                  timeline, custody, artefacts, the report as PDF
    manifest.proof.json  the log's entry that names the manifest's SHA-256, opened, with its own proof

The same content gives the same bytes: files in order, no times, nothing compressed.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import rfc8785

from counterseal.audit.export import ExportEntry, entry_line
from counterseal.audit.model import InclusionProof, LogEntry
from counterseal.core.errors import InputError

VERSION: Final = 1
MANIFEST: Final = "manifest.json"
PROOF: Final = "manifest.proof.json"
CHECKPOINT: Final = "checkpoint.txt"
EVENTS: Final = "events.jsonl"
PACKAGED: Final = "incident_evidence_packaged"
"""Kind of the entry that names a manifest."""
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(/[a-z0-9][a-z0-9._-]{0,99}){0,2}", re.ASCII)
MOST_FILES: Final = 2_000
MOST_BYTES: Final = 512 * 1024 * 1024
MOST_EVENTS: Final = 50_000
_MADE: Final = (1980, 1, 1, 0, 0, 0)


class BundleError(InputError):
    """What was given is no evidence package, or cannot be made into one."""

    code = "evidence_invalid"


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the package. `what`: for people."""

    name: str
    sha256: str
    size: int
    what: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the package holds. `made`: ms; `origin`: of the log; `incident`: facts; `redacted`: what is left out and
    why; `keys`: the notes by which the log's keys name each other."""

    counterseal_evidence: int
    made: int
    origin: str
    incident: dict[str, Any]
    redacted: list[dict[str, str]]
    keys: list[str]
    files: list[FileEntry]


class Cited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the log, opened, and the way from it to the root of the first `size` entries."""

    entry: ExportEntry
    size: int
    proof: list[bytes]


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """manifest.proof.json: the entry that names the manifest, and a checkpoint above it."""

    cited: Cited
    checkpoint: str


_encode = msgspec.json.Encoder(order="sorted").encode


def cited(entry: LogEntry, proof: InclusionProof) -> Cited:
    """An entry as it is cited. Raises BundleError for one that is not opened."""
    line = entry_line(entry)
    if line.payload is None:
        raise BundleError(f"entry {entry.leaf.seq} is of somebody who was erased, and cannot be cited")
    return Cited(line, proof.size, list(proof.proof))


def events_file(found: Sequence[Cited]) -> bytes:
    """events.jsonl: in the order of the log."""
    if len(found) > MOST_EVENTS:
        raise BundleError(f"a package cites up to {MOST_EVENTS:,} events", code="evidence_too_large")
    return b"".join(_encode(each) + b"\n" for each in sorted(found, key=lambda each: each.entry.seq))


def manifest_of(
    files: Mapping[str, tuple[bytes, str]],
    *,
    made: int,
    origin: str,
    incident: Mapping[str, Any],
    redacted: Sequence[Mapping[str, str]] = (),
    keys: Sequence[str] = (),
) -> bytes:
    """manifest.json of these files: name -> (bytes, what they are). Raises BundleError for names and sizes that
    nobody should have to open."""
    rows: list[Any] = [
        {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "what": what}
        for name, (data, what) in sorted(files.items())
    ]
    wrong = next((name for name in files if not NAME.fullmatch(name) or name in {MANIFEST, PROOF}), None)
    if wrong is not None:
        raise BundleError(f"`{wrong[:64]}` is no name for a file of a package")
    if len(files) > MOST_FILES or sum(len(data) for data, _ in files.values()) > MOST_BYTES:
        raise BundleError("the package would be too large", code="evidence_too_large")
    return rfc8785.dumps(
        {
            "counterseal_evidence": VERSION,
            "files": rows,
            "incident": dict(incident),
            "keys": list(keys),
            "made": made,
            "origin": origin,
            "redacted": [dict(each) for each in redacted],
        }
    )


def digest_of(manifest: bytes) -> str:
    """What the log says of a package."""
    return hashlib.sha256(manifest).hexdigest()


def sealed_file(entry: LogEntry, proof: InclusionProof, checkpoint: str) -> bytes:
    """manifest.proof.json."""
    return _encode(Sealed(cited(entry, proof), checkpoint))


def packed(manifest: bytes, sealed: bytes, files: Mapping[str, tuple[bytes, str]]) -> bytes:
    """The package."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        rows = [(MANIFEST, manifest), (PROOF, sealed), *((name, data) for name, (data, _) in sorted(files.items()))]
        for name, data in rows:
            info = zipfile.ZipInfo(name, _MADE)
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, data)
    return made.getvalue()
