# SPDX-License-Identifier: Apache-2.0
"""Genuine signed orders with an incremental update behind the signature that changes what is shown or done."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from pikepdf import Array, Dictionary, Name, Pdf, Stream

from tests.corpus.forged import NOT, C, forged, genuine_one
from tests.corpus.paper import Look
from tests.corpus.update import Change, Form, edited, new, touched

Edit = Callable[[Pdf, Random], Change]
FIELDS = Look(form=True, pages=2)


def after(
    group: str,
    verdicts: Any = C,
    *,
    look: Look | None = None,
    certify: int | None = None,
    form: Form | None = None,
) -> Callable[[Edit], Edit]:
    """Enter a class that is one edit of a genuine document."""

    def enter(edit: Edit) -> Edit:
        def make(random: Random) -> bytes:
            data = genuine_one(random, look, certify=certify)
            return edited(data, lambda pdf: edit(pdf, random), form)

        make.__name__ = edit.__name__
        forged(group, verdicts)(make)
        return edit

    return enter


def text(pdf: Pdf, random: Random, x: int = 72) -> Any:
    """Another account number as a page's content."""
    line = f"BT /F1 11 Tf {x} {random.randrange(300, 700)} Td (account UID {random.randrange(10**8, 10**9)}) Tj ET"
    return new(pdf, Stream(pdf, line.encode()))


@after("update")
def page_content_replaced(pdf: Pdf, random: Random) -> Change:
    page = pdf.pages[0].obj
    page.Contents = text(pdf, random)
    return touched(page, page.Contents)


@after("update")
def page_content_appended(pdf: Pdf, random: Random) -> Change:
    page = pdf.pages[-1].obj
    more = text(pdf, random)
    page.Contents = Array([page.Contents, more])
    return touched(page, more)


@after("update")
def content_stream_overridden(pdf: Pdf, random: Random) -> Change:
    stream = pdf.pages[0].obj.Contents
    stream.write(stream.read_bytes().replace(b"UID ", b"UID 9"))
    return touched(stream)


@after("update", look=Look(xref="stream"), form=Form("packed"))
def overridden_in_an_object_stream(pdf: Pdf, random: Random) -> Change:
    page = pdf.pages[0].obj
    page.Contents = text(pdf, random)
    return touched(page, page.Contents)


@after("update", look=Look(xref="table"), form=Form("stream"))
def stream_table_behind_a_classic_one(pdf: Pdf, random: Random) -> Change:
    page = pdf.pages[0].obj
    page.Contents = text(pdf, random)
    return touched(page, page.Contents)


@after("update", look=Look(xref="stream"), form=Form("table"))
def classic_table_behind_a_stream(pdf: Pdf, random: Random) -> Change:
    page = pdf.pages[0].obj
    page.Contents = text(pdf, random)
    return touched(page, page.Contents)


@after("update", look=Look(xref="hybrid"))
def update_of_a_hybrid(pdf: Pdf, random: Random) -> Change:
    page = pdf.pages[0].obj
    page.Contents = text(pdf, random)
    return touched(page, page.Contents)


@after("pages")
def page_added(pdf: Pdf, random: Random) -> Change:
    first = pdf.pages[0].obj
    box = Array([0, 0, 595, 842])
    made = Dictionary(Type=Name.Page, Parent=pdf.Root.Pages, MediaBox=box, Contents=text(pdf, random))
    made.Resources = first.Resources
    page = new(pdf, made)
    pages = pdf.Root.Pages
    pages.Kids.insert(random.randrange(len(pages.Kids) + 1), page)
    pages.Count = int(pages.Count) + 1
    return touched(page, page.Contents, pages)


@after("pages", look=Look(pages=3))
def page_removed(pdf: Pdf, random: Random) -> Change:
    pages = pdf.Root.Pages
    del pages.Kids[random.choice((1, 2))]
    pages.Count = 2
    return touched(pages)


@after("pages", look=Look(pages=3))
def pages_reordered(pdf: Pdf, random: Random) -> Change:
    pages = pdf.Root.Pages
    pages.Kids = Array([pages.Kids[2], pages.Kids[0], pages.Kids[1]])
    return touched(pages)


def _page_entry(name: str, key: str, value: Callable[[Random], Any], where: str = "page") -> None:
    def edit(pdf: Pdf, random: Random) -> Change:
        thing = pdf.pages[0].obj if where == "page" else pdf.Root.Pages
        thing[key] = value(random)
        return touched(thing)

    edit.__name__ = name
    after("pages")(edit)


_page_entry("page_rotated", "/Rotate", lambda random: random.choice((90, 180, 270)))
_page_entry("page_cropped", "/CropBox", lambda random: Array([0, random.randrange(300, 600), 595, 842]))
_page_entry("page_box_changed", "/MediaBox", lambda random: Array([0, random.randrange(300, 600), 595, 842]))
_page_entry("page_unit_changed", "/UserUnit", lambda random: random.randrange(2, 9))
_page_entry("page_resources_replaced", "/Resources", lambda _: Dictionary())
_page_entry("page_action", "/AA", lambda _: Dictionary(O=Dictionary(S=Name.JavaScript, JS="app.alert(1)")))
_page_entry(
    "page_box_inherited", "/CropBox", lambda random: Array([0, random.randrange(300, 600), 595, 842]), "tree"
)


@after("fonts")
def font_replaced(pdf: Pdf, random: Random) -> Change:
    font = pdf.pages[0].obj.Resources.Font.F1
    font.BaseFont = random.choice((Name.Symbol, Name.ZapfDingbats))
    return touched(font)


@after("fonts")
def glyphs_swapped(pdf: Pdf, random: Random) -> Change:
    """A 1 is shown as a 7 and the other way round."""
    font = pdf.pages[0].obj.Resources.Font.F1
    swapped = Array([49, Name.seven, 55, Name.one])
    font.Encoding = Dictionary(Type=Name.Encoding, BaseEncoding=Name.WinAnsiEncoding, Differences=swapped)
    return touched(font)


@after("fonts")
def text_reads_otherwise_than_shown(pdf: Pdf, random: Random) -> Change:
    """/ToUnicode: people see one number, programs read another."""
    font = pdf.pages[0].obj.Resources.Font.F1
    table = (
        b"begincmap 1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <31> <0037> endbfchar endcmap"
    )
    font.ToUnicode = new(pdf, Stream(pdf, table))
    return touched(font, font.ToUnicode)


def _annotation(name: str, subtype: str, *, level: int | None = None, **entries: Any) -> None:
    def edit(pdf: Pdf, random: Random) -> Change:
        low = random.randrange(300, 640)
        look = Stream(pdf, b"1 g 0 0 400 60 re f 0 g BT /F1 12 Tf 4 30 Td (account UID 100000001) Tj ET")
        look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 400, 60])
        look.Resources = pdf.pages[0].obj.Resources
        made = Dictionary(Type=Name.Annot, Subtype=Name("/" + subtype), Rect=Array([70, low, 470, low + 60]), F=4)
        made.AP = Dictionary(N=new(pdf, look))
        for key, value in entries.items():
            made["/" + key] = value(pdf) if callable(value) else value
        annotation = new(pdf, made)
        page = pdf.pages[0].obj
        page.Annots = Array([*page.get("/Annots", []), annotation])
        return touched(annotation, made.AP.N, page)

    edit.__name__ = name
    after("annotations", NOT if level == 3 else C, certify=level)(edit)


_annotation("overlay_free_text", "FreeText", Contents="account UID 100000001", DA="/F1 12 Tf")
_annotation("overlay_stamp", "Stamp", Name=Name.Approved)
_annotation("overlay_square", "Square", IC=Array([1, 1, 1]))
_annotation("overlay_redaction", "Redact")
_annotation("overlay_link", "Link", A=lambda _: Dictionary(S=Name.URI, URI="https://court.example.invalid"))
_annotation("overlay_text_field", "Widget", FT=Name.Tx, T="more", V="account UID 100000001")
_annotation("overlay_on_certified_1", "FreeText", level=1, Contents="other")
_annotation("overlay_on_certified_2", "FreeText", level=2, Contents="other")
_annotation("evil_annotation_on_certified_3", "FreeText", level=3, Contents="other")
_annotation("evil_stamp_on_certified_3", "Stamp", level=3)
_annotation("evil_picture_on_certified_3", "Screen", level=3)


@after("form", look=FIELDS)
def form_value_changed(pdf: Pdf, random: Random) -> Change:
    field = pdf.Root.AcroForm.Fields[0]
    field.V = f"{random.randrange(40, 90)} days"
    return touched(field)


@after("form", look=FIELDS, certify=2)
def form_value_changed_on_certified_2(pdf: Pdf, random: Random) -> Change:
    field = pdf.Root.AcroForm.Fields[0]
    field.V = f"{random.randrange(40, 90)} days"
    return touched(field)


@after("form", look=FIELDS)
def form_looks_otherwise(pdf: Pdf, random: Random) -> Change:
    """The value stays, its appearance changes."""
    field = pdf.Root.AcroForm.Fields[0]
    look = Stream(pdf, b"0 g BT /F1 11 Tf 2 5 Td (within one day) Tj ET")
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 188, 20])
    field.AP = Dictionary(N=new(pdf, look))
    return touched(field, field.AP.N)


@after("form", look=FIELDS)
def form_field_moved(pdf: Pdf, random: Random) -> Change:
    field = pdf.Root.AcroForm.Fields[0]
    field.Rect = Array([72, 500, 460, 660])
    return touched(field)


@after("form", look=FIELDS)
def form_field_hidden(pdf: Pdf, random: Random) -> Change:
    field = pdf.Root.AcroForm.Fields[0]
    field.F = 2
    return touched(field)


@after("form", look=FIELDS)
def form_field_removed(pdf: Pdf, random: Random) -> Change:
    root, page = pdf.Root, pdf.pages[0].obj
    del root.AcroForm.Fields[0]
    page.Annots = Array([each for each in page.Annots if each.get("/FT") != Name.Tx])
    return touched(root, page) | (touched(root.AcroForm) if root.AcroForm.is_indirect else {})


def signature_widget(pdf: Pdf) -> Any:
    """The first signature's field."""
    fields = pdf.Root.AcroForm.Fields
    return next(each for each in fields if each.get("/FT") == Name.Sig)


@after("form")
def look_of_the_signature_replaced(pdf: Pdf, random: Random) -> Change:
    widget = signature_widget(pdf)
    look = Stream(pdf, b"1 g 0 0 400 60 re f 0 g 4 30 m 200 30 l S")
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 210, 70])
    widget.AP = Dictionary(N=new(pdf, look))
    return touched(widget, widget.AP.N)


@after("form")
def signature_moved_over_the_text(pdf: Pdf, random: Random) -> Change:
    widget = signature_widget(pdf)
    widget.Rect = Array([60, 500, 560, 720])
    return touched(widget)


@after("form", NOT)
def signature_value_removed(pdf: Pdf, random: Random) -> Change:
    widget = signature_widget(pdf)
    del widget["/V"]
    return touched(widget)


@after("form", NOT)
def whole_form_removed(pdf: Pdf, random: Random) -> Change:
    del pdf.Root["/AcroForm"]
    return touched(pdf.Root)


@after("form", NOT, certify=1)
def certification_removed(pdf: Pdf, random: Random) -> Change:
    del pdf.Root["/Perms"]
    page = pdf.pages[0].obj
    page.Contents = text(pdf, random)
    return touched(pdf.Root, page, page.Contents)
