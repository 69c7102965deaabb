# SPDX-License-Identifier: Apache-2.0
"""What a file is follows from its bytes, never from what the sender calls it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.gateways.documents.checks import CHECKS
from counterseal.gateways.documents.kinds import kind_of
from counterseal.judicial.examination import REFUSED


def zipped(*names: str, first: bytes = b"") -> bytes:
    """A ZIP with these members; `first` is the content of the first one."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for index, name in enumerate(names):
            archive.writestr(name, first if index == 0 else b"x")
    return held.getvalue()


ASIC = b"application/vnd.etsi.asic-s+zip"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n", "pdf"),
        (b"junk\n%PDF-1.4\n", "pdf"),
        (b"From: a@court.example\r\nSubject: order\r\n\r\nx", "mail"),
        (b"\xef\xbb\xbfReceived: from x\n\n", "mail"),
        (b"From sender Mon Jun  1 00:00:00 2026\nFrom: a@b.example\n\n", "mail"),
        (b"From :  spaced@b.example\n\n", "mail"),
        (b'<?xml version="1.0"?><EPOC/>', "xml"),
        (b"\n <ds:Signature xmlns:ds='x'/>", "xml"),
        (b"<!DOCTYPE html><html></html>", "other"),
        (b"<html><body>Court order</body></html>", "other"),
        (zipped("mimetype", "order.pdf", first=ASIC), "asic"),
        (zipped("order.pdf", "META-INF/signatures.xml"), "asic"),
        (zipped("order.pdf", "META-INF/Signature001.p7s"), "asic"),
        (zipped("order.pdf"), "archive"),
        (zipped("[Content_Types].xml", "word/document.xml"), "office"),
        (zipped("mimetype", first=b"application/vnd.oasis.opendocument.text"), "office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "office"),
        (b"{\\rtf1 order}", "office"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "archive"),
        (b"Rar!\x1a\x07\x01\0", "archive"),
        (b"\x1f\x8b\x08\0", "archive"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"II*\0", "image"),
        (b"plain words without any header", "other"),
        (b"", "other"),
        (b"\0" * 100, "other"),
    ],
)
def test_a_file_is_what_its_bytes_are(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@given(st.binary(max_size=4096))
def test_every_file_has_a_kind_that_is_opened_or_refused(data: bytes) -> None:
    assert kind_of(data) in CHECKS.keys() | REFUSED.keys()


def test_a_picture_that_holds_a_document_is_still_a_picture() -> None:
    """A polyglot is what its first bytes are; a PDF check never sees it as anything that could be verified."""
    assert kind_of(b"\x89PNG\r\n\x1a\n" + b"%PDF-1.7\n") == "image"
