# SPDX-License-Identifier: Apache-2.0
"""Writes court orders as PDF object by object: classic, stream and hybrid cross-reference, forms, tags, scans."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

Objects = dict[int, bytes]
TYPES = (b"/Catalog", b"/Pages")


@dataclass(frozen=True)
class Look:
    """What an order looks like inside."""

    pages: int = 1
    version: str = "1.7"
    xref: str = "table"  # table, stream (with object streams), hybrid
    form: bool = False
    scan: bool = False
    tagged: bool = False
    compress: bool = True
    catalog: bytes = b""  # more entries
    extra: Mapping[int, bytes] = field(default_factory=dict)  # more objects, numbers 9 to 19


_FIRST = ["Anna", "Boris", "Chen", "Dana", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas"]
_LAST = ["Adler", "Novak", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haas", "Ivanov", "Jensen"]


def words(random: Random) -> list[str]:
    """The lines of an order; the account, the sum and the case are what a forger would change."""
    who = f"{random.choice(_FIRST)} {random.choice(_LAST)}"
    return [
        "REGIONAL COURT OF NORDMARK",
        f"Case {random.randrange(1, 99)} Gs {random.randrange(100, 9999)}/26",
        "ORDER TO PRODUCE RECORDS",
        f"In the matter against {who} the operator shall produce",
        f"name, address and log-in records of account UID {random.randrange(10**8, 10**9)}",
        f"from 2026-0{random.randrange(1, 9)}-01 to 2026-10-31 within ten days,",
        f"and hold assets worth {random.randrange(1000, 900000)} EUR until further order.",
        "Judge Helena Brandt",
    ]


def stream(data: bytes, entries: bytes = b"", *, compress: bool = True) -> bytes:
    """A stream object's body."""
    if compress:
        data, entries = zlib.compress(data), entries + b" /Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


def page_text(lines: list[str], page: int) -> bytes:
    """Content of one page."""
    shown = [
        f"BT /F1 {14 if n == 2 else 11} Tf 72 {760 - 26 * n} Td ({line}) Tj ET" for n, line in enumerate(lines)
    ]
    shown.append(f"BT /F1 9 Tf 72 40 Td (Page {page + 1}) Tj ET")
    return "\n".join(shown).encode()


def objects(random: Random, look: Look) -> Objects:
    """1 catalogue, 2 page tree, 3 font, 4 info, 5 to 8 scan, form, tags; 20 + 2n page n, 21 + 2n its content."""
    lines = words(random)
    pages = [20 + 2 * n for n in range(look.pages)]
    made: Objects = {
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (look.pages, b" ".join(b"%d 0 R" % n for n in pages)),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        4: b"<< /Title (%s) /Producer (Nordmark eJustice 4.2) >>" % lines[1].encode(),
    }
    for n, number in enumerate(pages):
        made[number + 1] = stream(page_text(lines, n), compress=look.compress)
        made[number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> %s >> %s >>"
        ) % (
            number + 1,
            b"/XObject << /Im1 5 0 R >>" if look.scan else b"",
            b"/Annots [6 0 R]" if look.form and n == 0 else b"",
        )
    catalog = [b"/Type /Catalog /Pages 2 0 R", look.catalog]
    if look.scan:
        _scan(random, made, pages)
    if look.form:
        made[6] = _text_field(random)
        catalog.append(b"/AcroForm << /Fields [6 0 R] /DA (/F1 11 Tf 0 g) /DR << /Font << /F1 3 0 R >> >> >>")
    if look.tagged:
        made[7] = b"<< /Type /StructTreeRoot /K [8 0 R] >>"
        made[8] = b"<< /Type /StructElem /S /Document /P 7 0 R >>"
        catalog.append(b"/StructTreeRoot 7 0 R /MarkInfo << /Marked true >> /Lang (en)")
    made[1] = b"<< %s >>" % b" ".join(catalog)
    return made | dict(look.extra)


def _scan(random: Random, made: Objects, pages: list[int]) -> None:
    """Pages are grey pictures with noise, as a scanner leaves them."""
    width, height = 248, 351
    grey = bytes(250 - (n // width % 20 < 6) * 180 - random.getrandbits(2) for n in range(width * height))
    entries = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8"
    made[5] = stream(grey, entries % (width, height))
    for number in pages:
        made[number + 1] = stream(b"q 595 0 0 842 0 0 cm /Im1 Do Q")


def _text_field(random: Random) -> bytes:
    return (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (deadline) /V (%d days) /Rect [72 420 260 440] /F 4 "
        b"/DA (/F1 11 Tf 0 g) /P 20 0 R >>"
    ) % random.randrange(5, 30)


def order(random: Random, look: Look | None = None) -> bytes:
    """An unsigned order."""
    look = look or Look()
    made = objects(random, look)
    identity = random.randbytes(16).hex().encode()
    trailer = b"/Root 1 0 R /Info 4 0 R /ID [<%s> <%s>]" % (identity, identity)
    head = b"%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n" % look.version.encode()
    if look.xref == "stream":
        return packed(head, made, trailer)
    if look.xref == "hybrid":
        return hybrid(head, made, trailer)
    return written(head, made, trailer)


def body(number: int, content: bytes, generation: int = 0) -> bytes:
    """An indirect object."""
    return b"%d %d obj\n%s\nendobj\n" % (number, generation, content)


def table(offsets: Mapping[int, int], *, free: bool = True, generations: Mapping[int, int] | None = None) -> bytes:
    """A classic cross-reference section (ISO 32000-2, 7.5.4); `free`: with the head of the free list."""
    made = [b"xref\n"] + ([b"0 1\n0000000000 65535 f \n"] if free else [])
    made += [
        b"%d 1\n%010d %05d n \n" % (number, offset, (generations or {}).get(number, 0))
        for number, offset in sorted(offsets.items())
    ]
    return b"".join(made)


def placed(out: bytearray, made: Mapping[int, bytes]) -> dict[int, int]:
    """Append the objects; where each begins."""
    offsets = {}
    for number, content in made.items():
        offsets[number] = len(out)
        out += body(number, content)
    return offsets


def written(head: bytes, made: Objects, trailer: bytes) -> bytes:
    """With a classic table."""
    out = bytearray(head)
    offsets = placed(out, made)
    start = len(out)
    out += table(offsets)
    out += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (max(made) + 1, trailer, start)
    return bytes(out)


def xref_stream(number: int, start: int, rows: Mapping[int, tuple[int, int, int]], trailer: bytes) -> bytes:
    """A cross-reference stream (7.5.8) that lists itself; rows: type, then two numbers as in table 18."""
    rows = {**rows, number: (1, start, 0)}
    data = b"".join(b"%c%s%s" % (kind, a.to_bytes(4), b.to_bytes(2)) for _, (kind, a, b) in sorted(rows.items()))
    index = b" ".join(b"%d 1" % each for each in sorted(rows))
    entries = b"/Type /XRef /W [1 4 2] /Index [%s] /Size %d %s" % (index, max(rows) + 1, trailer)
    return body(number, stream(data, entries))


def object_stream(made: Mapping[int, bytes]) -> bytes:
    """An object stream's body (7.5.7)."""
    head, data = b"", b""
    for number, content in made.items():
        head, data = head + b"%d %d " % (number, len(data)), data + content + b"\n"
    return stream(head + data, b"/Type /ObjStm /N %d /First %d" % (len(made), len(head)))


def packed(head: bytes, made: Objects, trailer: bytes) -> bytes:
    """With object streams and a cross-reference stream."""
    out = bytearray(head)
    plain = {number: content for number, content in made.items() if b"\nstream\n" in content}
    inner = {number: content for number, content in made.items() if number not in plain}
    box = max(made) + 1
    rows = {n: (1, offset, 0) for n, offset in placed(out, {**plain, box: object_stream(inner)}).items()}
    rows |= {number: (2, box, n) for n, number in enumerate(inner)} | {0: (0, 0, 65535)}
    start = len(out)
    out += xref_stream(box + 1, start, rows, trailer) + b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def hybrid(head: bytes, made: Objects, trailer: bytes) -> bytes:
    """A classic table, and /XRefStm for what lies in an object stream (7.5.8.4)."""
    out = bytearray(head)
    inner = {number: made[number] for number in (3, 4)}
    plain = {number: content for number, content in made.items() if number not in inner}
    box = max(made) + 1
    offsets = placed(out, {**plain, box: object_stream(inner)})
    at = len(out)
    out += xref_stream(box + 1, at, {number: (2, box, n) for n, number in enumerate(inner)}, b"")
    start = len(out)
    out += table(offsets)
    out += b"trailer\n<< /Size %d %s /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n" % (box + 2, trailer, at, start)
    return bytes(out)
