# SPDX-License-Identifier: Apache-2.0
"""Files within a PDF (ISO 32000-2, 7.11.4), bounded. Documents among them are taken out as documents of their own:
a signature over the outer one says nothing of who wrote the inner one, and a reader shows either.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable
from typing import Any, Final

import pikepdf

from counterseal.gateways.documents.files import Attached
from counterseal.gateways.documents.kinds import CHECKED, kind_of
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST: Final = 20
MOST_BYTES: Final = 20 * 1024 * 1024  # of all that are taken out
MOST_OBJECTS: Final = 30_000
_DEPTH: Final = 6


def attachments(data: bytes) -> tuple[Attached, ...]:
    """The documents within, in the order of their objects. Raises what the library raises."""
    with pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pike:
        specifications: list[Any] = []
        if len(pike.objects) <= MOST_OBJECTS:
            for each in pike.objects:
                _search(each, specifications, _DEPTH)
        return taken(specifications)[0]


def told(specifications: Iterable[Any]) -> list[Finding]:
    """What is to be said of the files that these file specifications embed."""
    given = list(specifications)
    documents, left = taken(given)
    others = len(given) - len(documents) - left
    made = []
    if documents:
        names = ", ".join(each.name for each in documents[:5])
        made.append(found("embedded_documents", count=len(documents), names=names))
    if others > 0:
        made.append(found("attachments", count=others))
    if left:
        made.append(found("embedded_unseen", count=left, reason="too many, too large, or packed otherwise"))
    return made


def taken(specifications: Iterable[Any]) -> tuple[tuple[Attached, ...], int]:
    """Documents of kinds that a check exists for; and how many files could not be looked at."""
    documents: list[Attached] = []
    left, room = 0, MOST_BYTES
    for each in specifications:
        file = _file(each, room)
        if file is None:
            left += 1
            continue
        room -= len(file)
        if kind_of(file) in CHECKED:
            left += len(documents) >= MOST
            documents += [] if len(documents) >= MOST else [Attached(_name(each), file)]
    return tuple(documents), left


def _file(specification: Any, room: int) -> bytes | None:
    """Its bytes; None where they are more than there is room for, or packed in an unusual way."""
    try:
        held = specification.EF
        stream = next(held[key] for key in ("/UF", "/F", "/Unix", "/Mac", "/DOS") if key in held)
        raw: bytes = stream.read_raw_bytes()
        packed = stream.get("/Filter")
        if packed is None or (isinstance(packed, pikepdf.Array) and not len(packed)):
            return raw if len(raw) <= room else None
        if isinstance(packed, pikepdf.Array) and len(packed) == 1:
            packed = packed[0]
        if str(packed) != "/FlateDecode" or "/DecodeParms" in stream:
            return None
        inflater = zlib.decompressobj()
        data = inflater.decompress(raw, room + 1)
        return data if len(data) <= room and inflater.eof else None
    except Exception:  # noqa: BLE001 - whatever a file makes the library raise
        return None


def _name(specification: Any) -> str:
    for key in ("/UF", "/F"):
        if key in specification:
            return str(specification[key])[:200]
    return ""


def _search(held: Any, into: list[Any], depth: int) -> None:
    """File specifications in this object and the direct ones within it."""
    if isinstance(held, pikepdf.Dictionary | pikepdf.Stream):
        if "/EF" in held:
            into.append(held)
        values = held.values() if isinstance(held, pikepdf.Dictionary) else held.stream_dict.values()
    elif isinstance(held, pikepdf.Array):
        values = held
    else:
        return
    for value in values if depth else ():
        if isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
            _search(value, into, depth - 1)
