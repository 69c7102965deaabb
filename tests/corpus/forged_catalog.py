# SPDX-License-Identifier: Apache-2.0
"""Updates of the catalogue and what hangs on it, further signatures, and shadow attacks laid before signing."""

from __future__ import annotations

from random import Random
from typing import Any

from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, Stream

from tests.corpus.cms import Wish
from tests.corpus.forged import NOT, C, forged, genuine_one
from tests.corpus.forged_updates import after, text
from tests.corpus.paper import Look, body, order, stream, table
from tests.corpus.pki import pki
from tests.corpus.update import (
    Change,
    Field,
    Form,
    edited,
    increment,
    last_start,
    new,
    signed,
    touched,
    trailer_of,
    with_field,
)  # fmt: skip

SCRIPT = Dictionary(S=Name.JavaScript, JS="this.getField('deadline').value = '1 day'")


def _catalog(name: str, key: str, value: Any, verdicts: Any = C) -> None:
    def edit(pdf: Pdf, random: Random) -> Change:
        pdf.Root[key] = value(pdf) if callable(value) else value
        return touched(pdf.Root)

    edit.__name__ = name
    after("catalogue", verdicts)(edit)


_catalog("script_on_opening", "/OpenAction", SCRIPT)
_catalog("script_by_name", "/Names", Dictionary(JavaScript=Dictionary(Names=Array(["a", SCRIPT]))))
_catalog("script_on_closing", "/AA", Dictionary(WC=SCRIPT))
_catalog("launch_on_opening", "/OpenAction", Dictionary(S=Name.Launch, F="calc.exe"))
_catalog("go_to_another_page", "/OpenAction", lambda pdf: Array([pdf.pages[-1].obj, Name.Fit]), NOT)
_catalog("version_raised", "/Version", Name("/2.0"), NOT)
_catalog("layers_added", "/OCProperties", Dictionary(OCGs=Array([]), D=Dictionary()), NOT)
_catalog("viewer_preferences", "/ViewerPreferences", Dictionary(HideToolbar=True, HideMenubar=True), NOT)
_catalog("page_labels", "/PageLabels", Dictionary(Nums=Array([0, Dictionary(P="A-")])), NOT)
_catalog("language_changed", "/Lang", "fr", NOT)
_catalog("collection_added", "/Collection", Dictionary(View=Name.D, D="other.pdf"), NOT)
_catalog("base_address_changed", "/URI", Dictionary(Base="https://evil.example.invalid/"), NOT)
_catalog(
    "extensions_added", "/Extensions", Dictionary(XX=Dictionary(BaseVersion=Name("/2.0"), ExtensionLevel=9)), NOT
)
_catalog("needs_rendering", "/NeedsRendering", True, NOT)
_catalog("requirements_added", "/Requirements", Array([Dictionary(S=Name.EnableJavaScripts)]), NOT)


@after("catalogue")
def catalogue_appended(pdf: Pdf, random: Random) -> Change:
    """The whole catalogue again with another page tree."""
    page = Dictionary(Type=Name.Page, MediaBox=Array([0, 0, 595, 842]), Contents=text(pdf, random))
    page.Resources = pdf.pages[0].obj.Resources
    tree = new(pdf, Dictionary(Type=Name.Pages, Count=1, Kids=Array()))
    page.Parent = tree
    made = new(pdf, page)
    tree.Kids.append(made)
    pdf.Root.Pages = tree
    return touched(pdf.Root, tree, made, page.Contents)


@after("catalogue")
def xfa_form_added(pdf: Pdf, random: Random) -> Change:
    root = pdf.Root
    xfa = new(pdf, Stream(pdf, b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template/></xdp:xdp>"))
    root.AcroForm.XFA = xfa
    return touched(root, xfa) | (touched(root.AcroForm) if root.AcroForm.is_indirect else {})


@after("catalogue")
def form_default_look_changed(pdf: Pdf, random: Random) -> Change:
    root = pdf.Root
    root.AcroForm.DA = "/F1 1 Tf 1 g"
    root.AcroForm.NeedAppearances = True
    return touched(root) | (touched(root.AcroForm) if root.AcroForm.is_indirect else {})


@after("catalogue")
def attachment_added(pdf: Pdf, random: Random) -> Change:
    spec = AttachedFileSpec(pdf, b"uid\n100000001\n", filename="list.csv").obj
    held = new(pdf, spec)
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array(["list.csv", held])))
    return touched(pdf.Root, held, held.EF.F)


@after("metadata", NOT)
def information_changed(pdf: Pdf, random: Random) -> Change:
    info = pdf.trailer.Info
    info.Title = "Case 1 Gs 1/26"
    return touched(info)


@after("metadata", NOT)
def xmp_added(pdf: Pdf, random: Random) -> Change:
    made = Stream(pdf, b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>another author</x:xmpmeta>")
    made.Type, made.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = new(pdf, made)
    return touched(pdf.Root, pdf.Root.Metadata)


LAYERS = Look(
    catalog=b"/OCProperties << /OCGs [9 0 R] /D << /ON [9 0 R] /Order [9 0 R] >> >>",
    extra={9: b"<< /Type /OCG /Name (text) >>"},
)


@after("catalogue", look=LAYERS)
def layer_switched(pdf: Pdf, random: Random) -> Change:
    layer = pdf.Root.OCProperties.OCGs[0]
    pdf.Root.OCProperties.D = Dictionary(OFF=Array([layer]), ON=Array([]))
    return touched(pdf.Root)


def _second(
    name: str, who: str, verdicts: Any, where: Field, *, certify: int = 0, wish: Wish | None = None
) -> None:
    def make(random: Random) -> bytes:
        return signed(genuine_one(random, certify=certify), pki()[who], wish, where)

    make.__name__ = name
    forged("second", verdicts)(make)


OVER = (60, 300, 560, 700)
_second(
    "second_signature_of_a_citizen", "citizen", NOT, Field("Signature2", box=OVER, text="account UID 100000001")
)
_second("sneaky_signature_on_certified_2", "citizen", NOT, Field("Signature2", box=OVER), certify=2)
_second("sneaky_signature_self_signed", "self_signed", NOT, Field("Signature2", box=OVER), certify=2)
_second("second_signature_on_certified_1", "judge", C, Field("Signature2"), certify=1)
_second("second_signature_of_a_revoked_judge", "revoked", NOT, Field("Signature2", box=(0, 0, 0, 0)))
_second("second_field_of_the_same_name", "citizen", NOT, Field("Signature1", box=OVER))
_second("certified_after_approval", "citizen", NOT, Field("Signature2", box=(0, 0, 0, 0), certify=2))


@forged("second")
def empty_field_over_the_text(random: Random) -> bytes:
    """An unsigned signature field whose appearance covers the text."""

    def edit(pdf: Pdf) -> Change:
        widget = pdf.Root.AcroForm.Fields[-1]
        del widget["/V"]
        return touched(widget)

    return edited(with_field(genuine_one(random, certify=0), Field("Signature2", box=OVER)), edit)


@forged("second")
def tampered_between_two_signatures(random: Random) -> bytes:
    """The judge signs; the text is changed; a citizen signs the whole again."""

    def edit(pdf: Pdf) -> Change:
        page = pdf.pages[0].obj
        page.Contents = text(pdf, random)
        return touched(page, page.Contents)

    return signed(edited(genuine_one(random, certify=0), edit), pki()["citizen"], None, Field("Signature2"))


@forged("shadow", C)
def shadow_hide(random: Random) -> bytes:
    """A picture covers the text when it is signed; the update takes it away."""
    cover = stream(b"1 g 0 0 595 842 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]")
    base = order(random, Look(catalog=b"/Cover 9 0 R", extra={9: cover}))

    def lay(pdf: Pdf) -> Change:
        page = pdf.pages[0].obj
        page.Resources.XObject = Dictionary(Cv=pdf.Root.Cover)
        page.Contents = Array([page.Contents, new(pdf, Stream(pdf, b"/Cv Do"))])
        return touched(page, page.Contents[1])

    def lift(pdf: Pdf) -> Change:
        cover = pdf.Root.Cover
        cover.write(b" ")
        return touched(cover)

    return edited(signed(edited(base, lay), pki()["judge"]), lift)


@forged("shadow", C)
def shadow_hide_and_replace(random: Random) -> bytes:
    """Both texts lie in the signed bytes; only a cross-reference table is added that points to the other one."""
    hidden = body(21, stream(b"BT /F1 11 Tf 72 700 Td (account UID 100000001) Tj ET", compress=False))
    data = signed(_with_hidden(order(random), hidden), pki()["judge"])
    size, trailer = trailer_of(data, Form())
    start = len(data)
    where = data.index(hidden)
    made = table({21: where}, free=False) + b"trailer\n<< /Size %d %s >>\n" % (size, trailer)
    return data + made + b"startxref\n%d\n%%%%EOF\n" % start


def _with_hidden(base: bytes, hidden: bytes) -> bytes:
    """An update that holds the object's second text first and leaves it out of its table."""
    start = len(base) + len(hidden)
    size, trailer = trailer_of(base, Form())
    note = body(size, b"(nothing)")
    made = table({size: start}, free=False) + b"trailer\n<< /Size %d %s >>\n" % (size + 1, trailer)
    return base + hidden + note + made + b"startxref\n%d\n%%%%EOF\n" % (start + len(note))


@forged("shadow", C)
def shadow_replace_by_fonts(random: Random) -> bytes:
    """The text's font is overwritten by one with other glyphs under the same codes."""

    def edit(pdf: Pdf) -> Change:
        font = pdf.pages[0].obj.Resources.Font.F1
        glyph = new(pdf, Stream(pdf, b"500 0 0 0 500 700 d1 0 0 400 700 re f"))
        font.Subtype, font.FontMatrix = Name.Type3, Array([0.001, 0, 0, 0.001, 0, 0])
        font.CharProcs, font.FontBBox = Dictionary(a=glyph), Array([0, 0, 500, 700])
        font.Encoding = Dictionary(Differences=Array([48, *[Name.a] * 10]))
        font.FirstChar, font.LastChar, font.Widths = 48, 57, Array([500] * 10)
        return touched(font, glyph)

    return edited(genuine_one(random), edit)


@forged("shadow", C)
def shadow_replace_by_field(random: Random) -> bytes:
    """A field without a value covers the text later (form filling on paper, another order in fact)."""
    base = genuine_one(random, Look(form=True), certify=random.choice((0, 2)))

    def edit(pdf: Pdf) -> Change:
        field = pdf.Root.AcroForm.Fields[0]
        field.V, field.Rect = "account UID 100000001", Array([60, 500, 560, 720])
        field.MK = Dictionary(BG=Array([1, 1, 1]))
        return touched(field)

    return edited(base, edit)


@forged("shadow")
def previous_table_skipped(random: Random) -> bytes:
    """/Prev jumps over the signed update to the draft's own table."""
    draft = order(random)
    data = signed(draft, pki()["judge"])
    return increment(data, {21: stream(b"BT (other) Tj ET")}, Form(prev=last_start(draft)))
