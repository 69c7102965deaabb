# SPDX-License-Identifier: Apache-2.0
"""By what a PDF that was made from an earlier one is recognised, whoever signed it and whatever its words are now.

A forger who takes a genuine order and writes other details into it keeps its file identifier, its pictures, its
subset fonts, or the places of its lines. So does a court that writes many letters: the marks judge nothing here,
and the desk compares them with those of earlier documents.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

import pikepdf
import pypdfium2  # type: ignore[import-untyped] # has none

from counterseal.gateways.documents.pdf_reading import Reading
from counterseal.judicial.findings import found
from counterseal.judicial.model import Finding

MOST_PAGES: Final = 20
MOST_OF_A_KIND: Final = 4
MOST_BYTES: Final = 4 * 1024 * 1024  # of a picture or font, decoded
MOST_TEXTS: Final = 2_000
LEAST_LINES: Final = 5  # on a page, for its layout to be one
LEAST_PICTURE: Final = 32 * 32  # pixels: smaller ones are bullets and rules
_LEAST_IDENTITY: Final = 8
_DEPTH: Final = 3  # of forms within forms
_RAW: Final = pypdfium2.raw
_DOCUMENT: Final = re.compile(rb"xmpMM:DocumentID\s*(?:>|=\s*[\"'])\s*([^<\"']{8,200})")
_SUBSET: Final = re.compile(r"/[A-Z]{6}\+")
_SECOND: Final = re.compile(rb"D:\d{14}")


def template_marks(reading: Reading) -> list[Finding]:
    """One finding with all marks, or none for a document without words and pictures. Raises nothing."""
    try:
        return _marks(reading)
    except Exception:  # noqa: BLE001 - whatever a file makes a library raise: then it is not recognised
        return []


def _marks(reading: Reading) -> list[Finding]:
    pike = reading.pike
    if pike is None or reading.pdfium is None:
        return []
    words, lines = _text(reading.pdfium)
    pictures = list(dict.fromkeys(_pictures(pike)))[:MOST_OF_A_KIND]
    words += _filled_in(pike)
    if not words.strip() and not pictures:
        return []
    fonts = list(dict.fromkeys(_fonts(pike)))[:MOST_OF_A_KIND]
    given = [*_identity(pike), *(("picture", each) for each in pictures), *(("font", each) for each in fonts)]
    if len(lines) >= LEAST_LINES:
        given.append(("letter", repr(lines).encode()))
    details = words.encode() if words.strip() else b"".join(pictures)
    marks = [f"{kind}-{_digest(data)}" for kind, data in (*given, ("details", details))]
    return [found("template_mark", " ".join(marks))] if given else []


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _identity(pike: Any) -> Iterator[tuple[str, bytes]]:
    """What is drawn once for a file and survives its changes (ISO 32000-2, 14.4; XMP part 2, 3.2)."""
    trailer = pike.trailer
    if "/ID" in trailer and len(set(first := bytes(trailer.ID[0]))) >= _LEAST_IDENTITY:
        yield "file", first
    if "/Metadata" in pike.Root and (held := _DOCUMENT.search(_canonical(pike.Root.Metadata))):
        yield "metadata", held[1].strip()
    info = trailer.get("/Info", pikepdf.Dictionary())
    made = bytes(info.get("/CreationDate", pikepdf.String("")))
    if _SECOND.match(made):
        yield "made", b"\0".join([made, *(bytes(info.get(key, pikepdf.String(""))) for key in _MAKERS)])


_MAKERS: Final = ("/Creator", "/Producer")


def _text(document: Any) -> tuple[str, list[tuple[int, int, int]]]:
    """The words of the pages; and where the lines of the first begin, with the size of their letters."""
    words: list[str] = []
    lines: list[tuple[int, int, int]] = []
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]  # parsed once: a page can be a bomb
        words.append(page.get_textpage().get_text_range())
        lines = lines if number else _lines(page)
    return " ".join(" ".join(words).split()), lines


def _lines(page: Any) -> list[tuple[int, int, int]]:
    starts: dict[int, tuple[int, int]] = {}
    for number, each in enumerate(page.get_objects(max_depth=_DEPTH)):
        if number >= MOST_TEXTS:
            break
        if each.type == _RAW.FPDF_PAGEOBJ_TEXT:
            matrix, high = each.get_matrix(), ctypes.c_float()
            _RAW.FPDFTextObj_GetFontSize(each.raw, high)
            left, base, size = round(matrix.e), round(matrix.f), round(matrix.d * high.value * 10)
            starts[base] = min(starts.get(base, (left, size)), (left, size))
    return sorted((base, *rest) for base, rest in starts.items())


def _filled_in(pike: Any) -> str:
    """Values of fields, and notes upon pages."""
    said: list[str] = []
    for page in list(pike.pages)[:MOST_PAGES]:
        for note in page.obj.get("/Annots", []):
            if str(note.get("/FT", "")) != "/Sig":
                said += [str(note[key])[:MOST_TEXTS] for key in ("/V", "/Contents") if key in note]
    return " ".join(["", *said[:MOST_TEXTS]])


def _resources(pike: Any) -> Iterator[Any]:
    """Of the pages, and of what is stamped upon them: seals mostly stand there."""
    for page in list(pike.pages)[:MOST_PAGES]:
        yield page.resources
        for note in page.obj.get("/Annots", []):
            look = note.get("/AP", pikepdf.Dictionary()).get("/N")
            if isinstance(look, pikepdf.Stream):
                yield look.get("/Resources", pikepdf.Dictionary())


def _pictures(pike: Any) -> Iterator[bytes]:
    for resources in _resources(pike):
        yield from _within(resources, _DEPTH)


def _within(resources: Any, depth: int) -> Iterator[bytes]:
    held = resources.get("/XObject", pikepdf.Dictionary())
    for each in list(held.values())[: 10 * MOST_OF_A_KIND]:
        if str(each.get("/Subtype", "")) == "/Image":
            if int(each.Width) * int(each.Height) >= LEAST_PICTURE:
                yield b"%d %d " % (int(each.Width), int(each.Height)) + _digest(_canonical(each)).encode()
        elif depth and "/Resources" in each:
            yield from _within(each.Resources, depth - 1)


def _fonts(pike: Any) -> Iterator[bytes]:
    """Subset fonts alone: whole ones lie in half of all documents."""
    for page in list(pike.pages)[:MOST_PAGES]:
        for font in page.resources.get("/Font", pikepdf.Dictionary()).values():
            inner = font.get("/DescendantFonts", [font])[0]
            if _SUBSET.match(str(inner.get("/BaseFont", ""))) and "/FontDescriptor" in inner:
                described = inner.FontDescriptor
                for key in ("/FontFile", "/FontFile2", "/FontFile3"):
                    if key in described:
                        yield _digest(_canonical(described[key])).encode()


def _canonical(stream: Any) -> bytes:
    """Its data however deflated: a file that is written anew keeps it. Bounded, whatever the data says."""
    raw: bytes = stream.read_raw_bytes()
    if str(stream.get("/Filter", "")) != "/FlateDecode":
        return raw
    return zlib.decompressobj().decompress(raw, MOST_BYTES)
