# SPDX-License-Identifier: Apache-2.0
"""Bytes behind a signature: revisions that are exactly what their tables say, and nothing between them.

An object that no table names is nothing to a strict reader and everything to one that repairs. A signing tool never
writes one, so behind a signature only listed objects, tables, trailers, comments and whitespace may stand.
"""

from __future__ import annotations

import io
import re
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.xref import read_object_header

from counterseal.gateways.documents.pdf_reading import WHITE, Reading

_HEADER: Final = re.compile(rb"(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj")
_CLOSE: Final = re.compile(rb"[\x00\t\n\x0c\r ]*endobj")
_FOOT: Final = re.compile(rb"[\x00\t\n\x0c\r ]*startxref[\x00\t\n\x0c\r ]+(\d+)[\x00\t\n\x0c\r ]+%%EOF")
_COMMENT: Final = 200  # bytes of a comment that no object fits into
_TABLE: Final = re.compile(rb"xref[\x00\t\n\x0c\r ]")

_read_header: Final[Any] = read_object_header  # untyped in the library
_trailer: Final[Any] = generic.TrailerReference


def unlisted(reading: Reading, revision: int, end: int) -> str:
    """Why the bytes behind `end`, where `revision` ends, are not exactly the later revisions; empty = they are."""
    at = end
    try:
        for number in range(revision + 1, reading.reader.xrefs.total_revisions):
            at, reason = _revision(reading, number, at)
            if reason:
                return f"revision {number}: {reason}"
    except Exception as error:  # noqa: BLE001 - whatever a file makes the library raise
        return f"{type(error).__name__} behind byte {at}"
    return "" if _blank(reading.data[at:]) else f"bytes {at} to {len(reading.data)}"


def _revision(reading: Reading, number: int, at: int) -> tuple[int, str]:
    """The first byte behind this revision, which begins at `at`."""
    xrefs, data = reading.reader.xrefs, reading.data
    meta, held = xrefs.get_xref_container_info(number), xrefs.get_xref_data(number)
    places = {offset: (number_, generation) for number_, (generation, offset) in held.standard_xrefs.items()}
    if meta.stream_ref is not None:
        places[meta.start_location] = (meta.stream_ref.idnum, meta.stream_ref.generation)
    for offset in sorted(places):
        if offset < at:
            if xrefs.get_historical_ref(generic.Reference(*places[offset], reading.reader), number - 1) == offset:
                continue  # a tool that writes the whole table anew
            return at, f"object {places[offset][0]} is taken from before"
        if not _blank(data[at:offset]):
            return at, f"bytes {at} to {offset}"
        at = _behind(reading, offset, places[offset])
        if at < 0:
            return offset, f"object {places[offset][0]} is not at byte {offset}"
    if meta.stream_ref is None:
        table = meta.declared_startxref
        if not _blank(data[at:table]) or not _TABLE.match(data, table):
            return at, f"bytes {at} to {table}"
        at = _behind_table(data, table)
    foot = _FOOT.match(data, at)
    if foot is None or int(foot[1]) != meta.declared_startxref:
        return at, f"no end at byte {at}"
    return foot.end(), ""


def _behind(reading: Reading, offset: int, expected: tuple[int, int]) -> int:
    """The first byte behind the object there, -1 where it is not that object."""
    header = _HEADER.match(reading.data, offset)
    if header is None or (int(header[1]), int(header[2])) != expected:
        return -1
    stream: Any = reading.reader.stream
    stream.seek(offset)
    _read_header(stream, strict=True)
    generic.read_object(stream, generic.Reference(*expected, reading.reader))
    close = _CLOSE.match(reading.data, stream.tell())
    return -1 if close is None else close.end()


def _behind_table(data: bytes, start: int) -> int:
    """The first byte behind the trailer's dictionary."""
    at = data.index(b"trailer", start) + len(b"trailer")
    stream = io.BytesIO(data[at : at + 65_536])
    while stream.read(1) in [bytes([each]) for each in WHITE]:
        pass
    stream.seek(-1, io.SEEK_CUR)
    generic.read_object(stream, _trailer(None))
    return at + stream.tell()


def _blank(data: bytes) -> bool:
    """Whitespace and comments only. A comment is a line that begins with % and holds no object."""
    for line in re.split(rb"[\r\n]", data):
        kept = line.strip(WHITE)
        if kept and not (kept.startswith(b"%") and len(kept) <= _COMMENT):
            return False
    return True
