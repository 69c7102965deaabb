# SPDX-License-Identifier: Apache-2.0
"""What a file is, from its first bytes alone: nothing is parsed, the sender's name and type are not believed."""

from __future__ import annotations

import re
from typing import Final

CHECKED: Final = frozenset({"pdf", "mail", "asic", "xml"})
"""Kinds that a check exists for."""

_OFFICE: Final = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")
_ARCHIVES: Final = (
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
)
_IMAGES: Final = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
    b"BM",
    b"RIFF",
    b"\x00\x00\x00\x0cJXL",
)
_ZIP: Final = b"PK\x03\x04"
_ASIC: Final = re.compile(rb"mimetypeapplication/vnd\.etsi\.asic-[se]\+zip")
_PARTS: Final = re.compile(rb"\[Content_Types\]\.xml|mimetypeapplication/vnd\.(oasis|sun)|word/|xl/|ppt/")
# ASiC by its members too: a `mimetype` is only recommended there (ETSI EN 319 162-1, 5.2.1).
_SIGNED: Final = re.compile(
    rb"META-INF/[^\x00/]{0,64}(signature|timestamp)[^\x00/]{0,64}\.(p7s|xml|tst)", re.IGNORECASE
)
_HEADER: Final = re.compile(rb"[!-9;-~]{1,76}[ \t]*:")
_MARKUP: Final = re.compile(rb"\s*<(\?xml|[A-Za-z_][\w.-]*(:[\w.-]+)?[\s>/])")
_HTML: Final = re.compile(rb"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
_HEAD: Final = 1024


def kind_of(data: bytes) -> str:
    """`pdf`, `mail`, `asic`, `xml`, `office`, `archive`, `image` or `other`.

    A PDF is one wherever its header stands in the first 1,024 bytes (ISO 32000-2, Annex I.2): the check of PDFs
    then says that it stands in the wrong place.
    """
    head = data[:_HEAD]
    if head.startswith(_ZIP):
        return _zip(data)
    if head.startswith(b"%PDF-"):
        return "pdf"
    for kind, marks in (("office", _OFFICE), ("archive", _ARCHIVES), ("image", _IMAGES)):
        if head.startswith(marks):
            return kind
    return "pdf" if b"%PDF-" in head else _text(head)


def _zip(data: bytes) -> str:
    if _ASIC.match(data[30:_HEAD]) or _SIGNED.search(data):
        return "asic"
    return "office" if _PARTS.search(data[: 64 * _HEAD]) else "archive"


def _text(head: bytes) -> str:
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if plain.startswith(b"From ") or _HEADER.match(plain):
        return "mail"
    if _HTML.match(plain):
        return "other"
    return "xml" if _MARKUP.match(plain) else "other"
