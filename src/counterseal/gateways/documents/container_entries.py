# SPDX-License-Identifier: Apache-2.0
"""A ZIP read so that nobody can see another one in it: every byte belongs to one entry, and both places that
describe an entry agree (APPNOTE.TXT sections 4.3.7 and 4.3.12)."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Final

from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST_ENTRIES: Final = 200
MOST_BYTES: Final = 100 * 1024 * 1024
MOST_RATIO: Final = 200
_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_END: Final = struct.Struct("<4sHHHHIIH")
_LOCAL_MARK: Final = b"PK\x03\x04"
_DESCRIPTOR: Final = 0x08  # sizes stand behind the data
_ENCRYPTED: Final = 0x01
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def entries(data: bytes) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """Name -> content, and what speaks against the container; with findings the content is not to be used."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            fault = _fault(data, archive, listed)
            return ({}, (fault,)) if fault is not None else _read(archive, listed)
    except (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, OSError) as error:
        return {}, (found("container_broken", reason=type(error).__name__),)
    except (ValueError, EOFError, UnicodeError, OverflowError) as error:
        return {}, (found("container_broken", reason=type(error).__name__),)


def _read(archive: zipfile.ZipFile, listed: list[zipfile.ZipInfo]) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    held: dict[str, bytes] = {}
    for entry in listed:
        if entry.is_dir():
            continue
        with archive.open(entry) as stream:
            content = stream.read(entry.file_size + 1)
        if len(content) != entry.file_size:
            return {}, (
                found("container_two_faces", entry.filename[:80], reason="an entry is not as long as it says"),
            )
        held[entry.filename] = content
    return held, ()


def _fault(data: bytes, archive: zipfile.ZipFile, listed: list[zipfile.ZipInfo]) -> Finding | None:
    if len(listed) > MOST_ENTRIES or sum(entry.file_size for entry in listed) > MOST_BYTES:
        return found("container_too_much", reason=f"{len(listed)} entries")
    if any(entry.file_size > MOST_RATIO * max(entry.compress_size, 1_000) for entry in listed):
        return found("container_too_much", reason="an entry that grows like a bomb")
    names = [entry.filename for entry in listed]
    if len({name.casefold() for name in names}) != len(names):
        return found("container_two_faces", reason="two entries have one name")
    for name in names:
        if name.startswith(("/", "\\")) or "\\" in name or ".." in name.split("/") or "\0" in name or ":" in name:
            return found("container_path", name=name[:80])
    if archive.comment:
        return found("container_bytes_outside", "the container's comment")
    return _layout(data, archive, listed)


def _layout(data: bytes, archive: zipfile.ZipFile, listed: list[zipfile.ZipInfo]) -> Finding | None:
    """Entries stand one behind the other from the first byte to the directory, each as the directory says."""
    at = 0
    for entry in sorted(listed, key=lambda each: each.header_offset):
        if entry.header_offset != at:
            return found("container_bytes_outside", f"byte {at}")
        fixed = _LOCAL.unpack_from(data, at)
        mark, _, flags, method, *_rest, crc, packed, size, name_length, extra_length = fixed
        start = at + _LOCAL.size
        name = data[start : start + name_length]
        if mark != _LOCAL_MARK or name != _raw_name(entry) or method != entry.compress_type:
            return found("container_two_faces", entry.filename[:80], reason="an entry is described in two ways")
        if flags & _ENCRYPTED or method not in _METHODS:
            return found("container_broken", entry.filename[:80], reason="an entry is encrypted or packed oddly")
        if not flags & _DESCRIPTOR and (crc, packed, size) != (entry.CRC, entry.compress_size, entry.file_size):
            return found("container_two_faces", entry.filename[:80], reason="an entry has two sizes")
        at = start + name_length + extra_length + entry.compress_size
        if flags & _DESCRIPTOR:
            at += 16 if data[at : at + 4] == b"PK\x07\x08" else 12
    if at != archive.start_dir:
        return found("container_bytes_outside", f"byte {at}")
    mark, *_, size, start, comment = _END.unpack(data[-_END.size :])
    if mark != b"PK\x05\x06" or start != at or start + size + _END.size != len(data) or comment:
        return found("container_bytes_outside", "behind the directory")
    return None


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
