# SPDX-License-Identifier: Apache-2.0
"""A PDF's frame before its signatures: header, end, tables, encryption, and whether three readers see one document.

Two parsers can read one file differently; a forger needs only one of them to show what was signed and the other to
show something else. So the file is read strictly (ISO 32000-2), and what needs lenience never becomes `verified`.
"""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any, Final

import msgspec
import pikepdf
import pypdfium2  # type: ignore[import-untyped] # has none
from pyhanko.pdf_utils.reader import PdfFileReader

from counterseal.judicial.findings import found
from counterseal.judicial.model import MOST_PAGES, Finding

MOST_REVISIONS: Final = 50
WHITE: Final = b"\x00\t\n\x0c\r "
LINE_ENDS: Final = b"\t\n\r "
"""What transport may add behind the end."""
_END: Final = b"%%EOF"
_ENCRYPT: Final = re.compile(rb"/Encrypt\b")


class Reading(msgspec.Struct):
    """The document in the readers' hands. `strict`: it was read without lenience; `pages` by PDFium, 0 = unread."""

    data: bytes
    reader: Any  # PdfFileReader
    strict: bool
    pages: int
    pike: Any = None  # pikepdf.Pdf
    pdfium: Any = None  # pypdfium2.PdfDocument; opened once, since a bomb takes its time at each opening

    def close(self) -> None:
        """Give back what the readers hold. Raises nothing."""
        for each in (self.pike, self.pdfium):
            if each is not None:
                with contextlib.suppress(Exception):
                    each.close()


def frame(data: bytes) -> list[Finding]:
    """What the bytes alone show: where the header stands."""
    return [] if data.startswith(b"%PDF-") else [found("pdf_header", "byte 0")]


def behind_end(data: bytes) -> int:
    """How many bytes stand behind the last %%EOF, other than line ends."""
    at = data.rfind(_END)
    return len(data[at + len(_END) :].strip(LINE_ENDS)) if at >= 0 else len(data)


def read(data: bytes) -> tuple[Reading | None, list[Finding]]:
    """The readings, or None with the finding that says why there are none. Raises nothing."""
    findings: list[Finding] = []
    reader, strict, reason = _reader(data)
    pike, trouble = _pike(data)
    if trouble == "encrypted" or (reader is not None and _encrypted(reader)) or _says_encrypted(data):
        return None, [found("encrypted")]
    pdfium = _pdfium(data)
    made = Reading(data, reader, strict, 0 if pdfium is None else len(pdfium), pike, pdfium)
    if refused := _beyond(made, reason):
        made.close()
        return None, [refused]
    if not strict:
        hybrid = reader.xrefs.hybrid_xrefs_present
        findings.append(found("pdf_hybrid") if hybrid else found("pdf_irregular", reason=reason))
    if pike is None:
        findings.append(found("pdf_irregular", reason=trouble))
    findings += _agreement(made.pages, reader, pike)
    return made, findings


def _beyond(made: Reading, reason: str) -> Finding | None:
    """Why it is not examined, if it is not."""
    if made.pages > MOST_PAGES:
        return found("too_many_pages", pages=made.pages, most=MOST_PAGES)
    if made.reader is None:
        return found("not_readable", reason=reason)
    if made.reader.xrefs.total_revisions > MOST_REVISIONS:
        return found("pdf_too_complex", what="revisions")
    return None


def _reader(data: bytes) -> tuple[Any, bool, str]:
    """PyHanko's reader, strictly if that is possible; whether; and why not."""
    reason = ""
    for strict in (True, False):
        try:
            reader = PdfFileReader(io.BytesIO(data), strict=strict)
            _ = reader.root  # the first object that everything hangs on
            if strict and reader.xrefs.hybrid_xrefs_present:
                reason = "two tables of objects"
                continue
        except Exception as error:  # noqa: BLE001 - whatever a file makes the library raise
            reason = reason or type(error).__name__
        else:
            return reader, strict, reason
    return None, False, reason


def _pike(data: bytes) -> tuple[Any, str]:
    """Qpdf's reading, without its repairs."""
    try:
        return pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True), ""
    except pikepdf.PasswordError:
        return None, "encrypted"
    except Exception as error:  # noqa: BLE001 - as above
        return None, type(error).__name__


def _encrypted(reader: Any) -> bool:
    try:
        return "/Encrypt" in reader.trailer_view
    except Exception:  # noqa: BLE001 - as above
        return False


def _says_encrypted(data: bytes) -> bool:
    """A trailer that names it in clear, though the reader took another way (a part encrypted, a part not)."""
    at = data.rfind(b"trailer")
    return at >= 0 and _ENCRYPT.search(data, at) is not None


def _pdfium(data: bytes) -> Any:
    """PDFium's reading; None where it has none."""
    try:
        return pypdfium2.PdfDocument(data)
    except Exception:  # noqa: BLE001 - as above
        return None


def _agreement(pages: int, reader: Any, pike: Any) -> list[Finding]:
    """Three readers must count the same pages and hang them on the same root."""
    try:
        counts = {"PDFium": pages, "pyHanko": int(reader.root["/Pages"]["/Count"])}
        if pike is not None:
            counts["qpdf"] = len(pike.pages)
            if pike.Root.objgen != (reader.root_ref.idnum, reader.root_ref.generation):
                return [found("pdf_readers_differ", reason="they begin at different objects")]
    except Exception as error:  # noqa: BLE001 - as above
        return [found("pdf_irregular", reason=type(error).__name__)]
    if len(set(counts.values())) == 1:
        return []
    return [found("pdf_readers_differ", reason=", ".join(f"{who}: {n} pages" for who, n in counts.items()))]
