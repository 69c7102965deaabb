# SPDX-License-Identifier: Apache-2.0
"""Incremental updates of any PDF (ISO 32000-2, 7.5.6), and signatures by hand in one of them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pikepdf

from tests.corpus import cms
from tests.corpus.paper import object_stream, placed, table, xref_stream
from tests.corpus.pki import SIGNED, Party

Change = Mapping[int, Any]


def opened(data: bytes) -> pikepdf.Pdf:
    """By a library that the verifier does not judge signatures with."""
    return pikepdf.open(io.BytesIO(data))


def content(thing: Any) -> bytes:
    """An object's body, as it is to be written."""
    if isinstance(thing, bytes):
        return thing
    if isinstance(thing, pikepdf.Stream):
        raw = thing.read_raw_bytes()
        head = {str(key): value for key, value in thing.stream_dict.items() if key != "/Length"}
        entries = pikepdf.Dictionary({**head, "/Length": len(raw)}).unparse()
        return entries + b"\nstream\n" + raw + b"\nendstream"
    return bytes(thing.unparse(resolved=True))


def last_start(data: bytes) -> int:
    """The last startxref."""
    return int(re.findall(rb"startxref\s+(\d+)", data)[-1])


@dataclass(frozen=True)
class Form:
    """How the update is written down; the defaults follow the document."""

    xref: str = ""  # table, stream, packed (in an object stream)
    prev: int | None = None
    root: int | None = None
    more: bytes = b""  # entries of the trailer
    eof: bytes = b"%%EOF\n"
    generations: Mapping[int, int] | None = None
    startxref: int | None = None


def trailer_of(data: bytes, form: Form) -> tuple[int, bytes]:
    """(/Size, the entries that go on)."""
    with opened(data) as pdf:
        trailer = pdf.trailer
        root = form.root or trailer.Root.objgen[0]
        made = b"/Root %d 0 R" % root
        if "/Info" in trailer and trailer.Info.is_indirect:
            made += b" /Info %d 0 R" % trailer.Info.objgen[0]
        if "/ID" in trailer:
            made += b" /ID " + trailer.ID.unparse()
        size = max(int(trailer.Size), len(pdf.objects) + 1)
    prev = last_start(data) if form.prev is None else form.prev
    return size, made + b" /Prev %d " % prev + form.more


def increment(data: bytes, change: Change, form: Form | None = None) -> bytes:
    """`data` with these objects written anew behind it."""
    form = form or Form()
    size, trailer = trailer_of(data, form)
    kind = form.xref or ("table" if data[last_start(data) :].lstrip().startswith(b"xref") else "stream")
    out = bytearray(data if data.endswith(b"\n") else data + b"\n")
    bodies = {number: content(thing) for number, thing in change.items()}
    top = max([size, *(number + 1 for number in bodies)])
    rows: dict[int, tuple[int, int, int]] = {}
    if kind == "packed":
        inner = {n: c for n, c in bodies.items() if b"stream\n" not in c and b"/ByteRange" not in c}
        rows = {number: (2, top, n) for n, number in enumerate(inner)}
        bodies = {n: c for n, c in bodies.items() if n not in inner} | {top: object_stream(inner)}
        top += 1
    offsets = placed(out, bodies)
    start = len(out)
    if kind == "table":
        out += table(offsets, free=False, generations=form.generations)
        out += b"trailer\n<< /Size %d %s >>\n" % (top, trailer)
    else:
        rows |= {number: (1, offset, 0) for number, offset in offsets.items()}
        out += xref_stream(top, start, rows, trailer)
    at = start if form.startxref is None else form.startxref
    return bytes(out + b"startxref\n%d\n" % at + form.eof)


def edited(data: bytes, edit: Callable[[pikepdf.Pdf], Change], form: Form | None = None) -> bytes:
    """An increment of what `edit` says it touched."""
    with opened(data) as pdf:
        change = edit(pdf)
        change = {n: content(thing) for n, thing in change.items()}
    return increment(data, change, form)


def touched(*things: Any) -> dict[int, Any]:
    """Indirect objects by number."""
    return {thing.objgen[0]: thing for thing in things}


def new(pdf: pikepdf.Pdf, thing: Any) -> Any:
    """Enter an object; it is written if it is among the touched."""
    return pdf.make_indirect(thing)


@dataclass(frozen=True)
class Field:
    """A signature by hand."""

    name: str = "Signature1"
    page: int = 0
    box: tuple[int, int, int, int] = (330, 90, 540, 160)
    subfilter: str = "ETSI.CAdES.detached"
    reserved: int = 9000
    certify: int = 0  # DocMDP level
    text: str = "Digitally signed by Judge Helena Brandt"
    lock: bytes = b""
    dictionary: bytes = b""  # more entries of the signature
    form: Form | None = None


def with_field(data: bytes, wish: Field) -> bytes:
    """A field with an empty signature in an increment."""

    def edit(pdf: pikepdf.Pdf) -> Change:
        page = pdf.pages[wish.page].obj
        look = _appearance(pdf, wish)
        widget = new(pdf, pikepdf.Dictionary(_widget(wish, page, look)))
        annotations = [*page.get("/Annots", []), widget]
        page.Annots = pikepdf.Array(annotations)
        root = pdf.Root
        form = root.get("/AcroForm")
        if form is None:
            form = root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array())
        form.Fields = pikepdf.Array([*form.get("/Fields", []), widget])
        form.SigFlags = 3
        signature = new(pdf, pikepdf.Dictionary(Type=pikepdf.Name.Sig))
        widget.V = signature
        if wish.certify:
            root.Perms = pikepdf.Dictionary(DocMDP=signature)
        change = touched(page, widget, root, look) | {signature.objgen[0]: _signature(wish)}
        return change | (touched(form) if form.is_indirect else {})

    return edited(data, edit, wish.form)


def _appearance(pdf: pikepdf.Pdf, wish: Field) -> Any:
    left, low, right, high = wish.box
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    look = pikepdf.Stream(pdf, f"BT /F1 8 Tf 4 30 Td ({wish.text}) Tj ET".encode())
    look.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Form})
    look.BBox = pikepdf.Array([0, 0, right - left, high - low])
    look.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    return new(pdf, look)


def _widget(wish: Field, page: Any, look: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "/Type": pikepdf.Name.Annot,
        "/Subtype": pikepdf.Name.Widget,
        "/FT": pikepdf.Name.Sig,
        "/T": wish.name,
        "/F": 132,
        "/P": page,
        "/Rect": pikepdf.Array(list(wish.box)),
    }
    if wish.box != (0, 0, 0, 0):
        made["/AP"] = pikepdf.Dictionary(N=look)
    if wish.lock:
        made["/Lock"] = pikepdf.Object.parse(wish.lock)
    return made


def _signature(wish: Field) -> bytes:
    more = wish.dictionary
    if wish.certify:
        more += b"/Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams "
        more += b"<< /Type /TransformParams /V /1.2 /P %d >> >>]" % wish.certify
    when = SIGNED.strftime("D:%Y%m%d%H%M%S+00'00'").encode()
    kind = b"DocTimeStamp" if wish.subfilter == "ETSI.RFC3161" else b"Sig"
    return (
        b"<< /Type /%s /Filter /Adobe.PPKLite /SubFilter /%s /M (%s) /Name (%s) %s "
        b"/ByteRange [0 0000000000 0000000000 0000000000] /Contents <%s> >>"
    ) % (kind, wish.subfilter.encode(), when, wish.text[-20:].encode(), more, b"0" * (2 * wish.reserved))


def gap(data: bytes) -> tuple[int, int]:
    """Where the last /Contents string begins and ends, with its angle brackets."""
    start = data.rindex(b"/Contents <0000") + len(b"/Contents ")
    return start, data.index(b">", start) + 1


def filled(data: bytes, make: Callable[[bytes], bytes], ranges: bytes | None = None) -> bytes:
    """The last empty signature filled with what `make` says of the covered bytes."""
    start, end = gap(data)
    pattern = b"/ByteRange [0 0000000000 0000000000 0000000000]"
    value = b"/ByteRange [0 %010d %010d %010d]" % (start, end, len(data) - end)
    data = data.replace(pattern, ranges or value)
    made = make(data[:start] + data[end:])
    return data[: start + 1] + made.hex().encode() + data[start + 1 + 2 * len(made) :]


def signed(data: bytes, signer: Party, wish: cms.Wish | None = None, where: Field | None = None) -> bytes:
    """Signed by hand."""
    return filled(with_field(data, where or Field()), lambda covered: cms.signed_data(signer, covered, wish))


def stamped(data: bytes, authority: Party, where: Field | None = None) -> bytes:
    """With a document time stamp (PAdES)."""
    where = where or Field("Stamp1", box=(0, 0, 0, 0), subfilter="ETSI.RFC3161")
    return filled(with_field(data, where), lambda covered: cms.time_stamp(authority, covered, SIGNED).dump())
