# SPDX-License-Identifier: Apache-2.0
"""Signed orders that two readers read differently, and files made to exhaust whoever opens them."""

from __future__ import annotations

import io
import re
import zlib
from random import Random
from typing import Any

import pikepdf

from tests.corpus import cms
from tests.corpus.forged import NOT, C, U, forged, genuine_one
from tests.corpus.paper import Look, body, order, stream, table, written, xref_stream
from tests.corpus.pki import pki
from tests.corpus.update import (
    Field,
    Form,
    edited,
    filled,
    increment,
    last_start,
    signed,
    touched,
    trailer_of,
    with_field,
)

OTHER = stream(b"BT /F1 11 Tf 72 700 Td (account UID 100000001) Tj ET", compress=False)


def _behind(name: str, tail: Any, verdicts: Any = C) -> None:
    def make(random: Random) -> bytes:
        return genuine_one(random) + tail(random)

    make.__name__ = name
    forged("tail", verdicts)(make)


_behind("noise_behind", lambda random: random.randbytes(random.randrange(1, 300)))
_behind("object_behind", lambda _: body(21, OTHER))
_behind("second_end_mark", lambda _: b"%%EOF\n", NOT)
_behind("comment_behind", lambda _: b"% approved\n", NOT)
_behind("another_pdf_behind", order)
_behind("archive_behind", lambda random: b"PK\x03\x04" + random.randbytes(60) + b"PK\x05\x06" + bytes(18))
_behind("object_and_table_without_trailer", lambda _: body(21, OTHER) + b"xref\n21 1\n0000000009 00000 n \n")
_behind("trailer_without_table", lambda _: b"trailer\n<< /Root 20 0 R /Size 90 >>\nstartxref\n0\n%%EOF\n")
_behind("start_mark_alone", lambda _: b"startxref\n15\n%%EOF\n")
_behind("page_behind", lambda random: b"<html><script>alert(1)</script></html>")
_behind("zeroes_behind", lambda random: bytes(random.randrange(1, 900)), NOT)


def _before(name: str, head: bytes) -> None:
    def make(random: Random) -> bytes:
        return head + genuine_one(random)

    make.__name__ = name
    forged("head", NOT)(make)


_before("header_further_down", b"\n" * 30)
_before("page_before", b"<html><body>order</body></html>\n")
_before("archive_before", b"PK\x03\x04" + bytes(40))
_before("script_before", b"#!/bin/sh\nexit 0\n")
_before("byte_order_mark_before", b"\xef\xbb\xbf")


@forged("wrapping", C)
def signature_wrapped(random: Random) -> bytes:
    """SWA: a second /ByteRange in the gap moves the signed rest to the end, and the file's own rest is forged."""
    data = signed(order(random, Look(compress=False)), pki()["judge"])
    start = data.rindex(b"/Contents <30") + len(b"/Contents ")
    end = data.index(b">", start) + 1
    rest = data[end:]
    forged_rest = b" >>\nendobj\n" + body(21, OTHER)
    size, trailer = trailer_of(data, Form(prev=last_start(data[: data.index(b"%%EOF") + 6])))
    at = end + 70
    numbers = [int(each.split()[0]) for each in re.findall(rb"\n(\d+ 0) obj", data)]
    assert 21 in numbers
    moved = b" /ByteRange [0 %010d %010d %010d]"
    middle = data[start:end] + moved % (start, 0, len(rest))
    middle = middle.ljust(at - start) + forged_rest
    offsets = {21: at + forged_rest.index(b"21 0 obj")}
    for number in (1, 20, 23, 24, 25):
        found = data.rfind(b"\n%d 0 obj" % number)
        offsets |= {number: found + 1} if 0 < found < start else {}
    where = start + len(middle)
    middle += table(offsets, free=False) + b"trailer\n<< /Size %d %s >>\n" % (size, trailer)
    middle += b"startxref\n%d\n%%%%EOF\n" % where
    middle = middle.replace(b"%010d %010d" % (start, 0), b"%010d %010d" % (start, start + len(middle)))
    return data[:start] + middle + rest + b"\nstartxref\n%d\n%%%%EOF\n" % where


@forged("wrapping")
def signature_object_overwritten(random: Random) -> bytes:
    """The signature dictionary again in an update, with the changed page."""

    def edit(pdf: pikepdf.Pdf) -> Any:
        page = pdf.pages[0].obj
        page.Contents = pdf.make_indirect(pikepdf.Stream(pdf, b"BT /F1 11 Tf 72 700 Td (other) Tj ET"))
        value = next(each for each in pdf.Root.AcroForm.Fields if "/V" in each and pikepdf.Name.Sig == each.FT).V
        return touched(page, page.Contents, value)

    return edited(genuine_one(random, certify=0), edit)


@forged("tables")
def table_of_the_update_is_its_own_predecessor(random: Random) -> bytes:
    data = genuine_one(random, Look())
    return increment(data, {21: OTHER}, Form(prev=len(data) + len(body(21, OTHER))))


@forged("tables")
def two_objects_of_one_number(random: Random) -> bytes:
    data = genuine_one(random, Look())
    return increment(data + body(21, OTHER), {9: b"null"})


@forged("tables", C)
def generation_raised(random: Random) -> bytes:
    data = genuine_one(random, Look())
    return increment(data, {21: OTHER}, Form(generations={21: 1}))


@forged("tables", C)
def object_freed(random: Random) -> bytes:
    data = genuine_one(random, Look())
    size, trailer = trailer_of(data, Form())
    made = b"xref\n21 1\n0000000000 00001 f \ntrailer\n<< /Size %d %s >>\n" % (size, trailer)
    return data + made + b"startxref\n%d\n%%%%EOF\n" % len(data)


@forged("tables")
def start_mark_points_back(random: Random) -> bytes:
    """An update that a reader reaches only by searching."""
    data = genuine_one(random, Look())
    return increment(data, {21: OTHER}, Form(startxref=last_start(data)))


@forged("tables")
def stream_table_hidden_in_a_trailer(random: Random) -> bytes:
    """/XRefStm: readers that know hybrids take the changed object, others do not."""
    data = genuine_one(random, Look())
    size, trailer = trailer_of(data, Form())
    inner = body(21, OTHER)
    at = len(data) + len(inner)
    hidden = xref_stream(size, at, {21: (1, len(data), 0)}, b"")
    start = at + len(hidden)
    tail = b"xref\n0 0\ntrailer\n<< /Size %d %s /XRefStm %d >>\n" % (size + 1, trailer, at)
    return data + inner + hidden + tail + b"startxref\n%d\n%%%%EOF\n" % start


@forged("tables")
def revisions_by_the_dozen(random: Random) -> bytes:
    data = genuine_one(random, Look())
    for number in range(60):
        data = increment(data, {21: stream(b"BT (%d) Tj ET" % number)})
    return data


@forged("encryption")
def encrypted_then_signed_by_a_stranger(random: Random) -> bytes:
    with pikepdf.open(io.BytesIO(order(random))) as pdf:
        out = io.BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user=""), static_id=True)
    return out.getvalue()


@forged("encryption", U)
def encrypted_with_a_password(random: Random) -> bytes:
    with pikepdf.open(io.BytesIO(order(random))) as pdf:
        out = io.BytesIO()
        pdf.save(out, encryption=pikepdf.Encryption(owner="owner", user="open"), static_id=True)
    return out.getvalue()


@forged("encryption")
def encryption_claimed_afterwards(random: Random) -> bytes:
    entry = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (b"00" * 32, b"00" * 32)
    return increment(genuine_one(random, Look()), {9: b"null"}, Form(more=entry))


@forged("encryption", NOT)
def encrypted_attachment(random: Random) -> bytes:
    """Crypt filters for the embedded file only, added later."""
    held = stream(
        random.randbytes(80),
        b"/Type /EmbeddedFile /Filter [/Crypt] /DecodeParms [<< /Name /StdCF >>]",
        compress=False,
    )
    spec = b"<< /Type /Filespec /F (list.csv) /EF << /F 9 0 R >> >>"
    return increment(genuine_one(random, Look()), {9: held, 10: spec, 11: b"<< /Names [(list.csv) 10 0 R] >>"})


def _hostile(name: str, catalog: bytes = b"", extra: Any = None, verdicts: Any = NOT, **page: Any) -> None:
    def make(random: Random) -> bytes:
        more = extra(random) if callable(extra) else (extra or {})
        base = order(random, Look(catalog=catalog, extra=more, **page))
        data = with_field(base, Field())
        return filled(data, lambda covered: cms.signed_data(pki()["citizen"], covered))

    make.__name__ = name
    forged("hostile", verdicts)(make)


def _bomb(random: Random) -> dict[int, bytes]:
    data = zlib.compress(bytes(60_000_000), 9)
    return {9: b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(data), data)}


def _bomb_twice(random: Random) -> dict[int, bytes]:
    data = zlib.compress(zlib.compress(bytes(200_000_000), 9), 9)
    head = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream"
    return {21: head % (len(data), data)}


LOOP = {9: b"<< /First 10 0 R /Last 10 0 R /Count 1 >>", 10: b"<< /Title (a) /Next 10 0 R /Parent 9 0 R >>"}
_hostile("deflate_bomb", b"/Metadata 9 0 R", _bomb)
_hostile("deflate_bomb_as_page", extra=_bomb_twice)
_hostile("nested_arrays", b"/Deep " + b"[" * 400 + b"]" * 400)
_hostile("names_that_loop", b"/Names << /EmbeddedFiles 9 0 R >>", {9: b"<< /Kids [9 0 R] >>"})
_hostile("outlines_that_loop", b"/Outlines 9 0 R", LOOP)
_hostile("structure_that_loops", b"/StructTreeRoot 9 0 R", {9: b"<< /Type /StructTreeRoot /K [9 0 R] >>"})
_hostile("length_that_points_to_itself", b"/Metadata 9 0 R", {9: b"<< /Length 9 0 R >>\nstream\nabc\nendstream"})
_hostile(
    "huge_picture",
    b"/Pic 9 0 R",
    {9: stream(b"", b"/Subtype /Image /Width 99999 /Height 99999 /BitsPerComponent 8")},
)
_hostile("too_many_pages", pages=260)


@forged("hostile")
def page_tree_loop(random: Random) -> bytes:
    made = signed(order(random), pki()["citizen"])
    return increment(made, {2: b"<< /Type /Pages /Count 2 /Kids [20 0 R 2 0 R] >>"})


@forged("hostile")
def nesting_without_end(random: Random) -> bytes:
    return genuine_one(random, Look()) + body(9, b"[" * 50_000 + b"]" * 50_000)


@forged("hostile")
def nesting_in_the_catalogue(random: Random) -> bytes:
    deep = b"[" * 20_000 + b"]" * 20_000
    return written(
        b"%PDF-1.7\n", {1: b"<< /Type /Catalog /Pages 2 0 R /X " + deep + b" >>", 2: b"null"}, b"/Root 1 0 R"
    )


@forged("hostile")
def very_many_objects(random: Random) -> bytes:
    """More than the desk looks through, each of them in the table, in a file of a megabyte."""
    extra = {1000 + n: b"<< /N %d >>" % n for n in range(40_000)}
    return signed(order(random, Look(xref="stream", extra=extra)), pki()["citizen"])


@forged("hostile")
def very_many_objects_in_a_stream(random: Random) -> bytes:
    """As many as fit into an object stream of a few kilobytes; no table names them."""
    count = 300_000
    head = b"".join(b"%d 0 " % (100 + n) for n in range(count))
    inner = stream(head + b"null", b"/Type /ObjStm /N %d /First %d" % (count, len(head)))
    return increment(genuine_one(random, Look()), {9: inner})


@forged("hostile")
def huge_table(random: Random) -> bytes:
    data = genuine_one(random, Look())
    trailer = trailer_of(data, Form())[1]
    made = b"xref\n100 999999999\n0000000009 00000 n \ntrailer\n<< /Size %d %s >>\n" % (10**9, trailer)
    return data + made + b"startxref\n%d\n%%%%EOF\n" % len(data)


@forged("hostile")
def stream_table_with_wide_columns(random: Random) -> bytes:
    data = genuine_one(random, Look())
    size, trailer = trailer_of(data, Form())
    entries = b"/Type /XRef /W [1 2147483647 2147483647] /Size %d %s" % (size + 1, trailer)
    return data + body(size, stream(b"\x00" * 20, entries)) + b"startxref\n%d\n%%%%EOF\n" % len(data)


@forged("hostile")
def nothing_but_a_header(random: Random) -> bytes:
    return b"%PDF-1.7\n" + random.randbytes(random.randrange(40))


@forged("hostile")
def noise_with_marks(random: Random) -> bytes:
    return b"%PDF-1.7\n" + random.randbytes(3000) + b"\nstartxref\n9\n%%EOF\n"
