# SPDX-License-Identifier: Apache-2.0
"""What a PDF holds besides its pages, in documents that a registered court signed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.gateways.documents.pdf_attachments import MOST, MOST_BYTES, attachments
from counterseal.judicial.model import Effect, Finding, Verdict, verdict_of
from tests.support import pdf_samples as samples

Edit = Callable[[pikepdf.Pdf], None]


def _judged(edit: Edit, **how: object) -> tuple[Verdict, dict[str, Finding]]:
    with pikepdf.open(io.BytesIO(samples.order())) as pdf:
        edit(pdf)
        held = io.BytesIO()
        pdf.save(held, **how)
    checked = check_pdf(samples.signed(held.getvalue()), samples.context())
    return verdict_of(checked.findings), {finding.code: finding for finding in checked.findings}


def _opens(**action: object) -> Edit:
    def edit(pdf: pikepdf.Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(**action)

    return edit


def _link(**action: object) -> Edit:
    def edit(pdf: pikepdf.Pdf) -> None:
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([9, 9, 20, 20]), A=Dictionary(**action))
        pdf.pages[0].Annots = Array([pdf.make_indirect(link)])

    return edit


@pytest.mark.parametrize(
    ("edit", "code", "verdict"),
    [
        (_opens(S=Name.JavaScript, JS=String("this.print()")), "active_code", Verdict.NEUTRAL),
        (_link(S=Name.JavaScript, JS=String("x")), "active_code", Verdict.NEUTRAL),
        (_link(S=Name.SetOCGState, State=Array([])), "active_code", Verdict.NEUTRAL),
        (_link(S=Name.Named, N=Name.SaveAs), "active_code", Verdict.NEUTRAL),
        (_link(S=Name.Launch, F=String("calc.exe")), "active_launch", Verdict.NEUTRAL),
        (_link(S=Name.SubmitForm, F=String("http://x.example")), "active_launch", Verdict.NEUTRAL),
        (_link(S=Name.URI, URI=String("http://x.example")), "links_out", Verdict.VERIFIED),
        (_opens(S=Name.GoTo, D=Array([0, Name.Fit])), "opens_at", Verdict.VERIFIED),
    ],
)
def test_actions(edit: Edit, code: str, verdict: Verdict) -> None:
    for mode in (pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate):
        judged, codes = _judged(edit, object_stream_mode=mode)
        assert (judged, code in codes) == (verdict, True)


def test_code_behind_a_name() -> None:
    def edit(pdf: pikepdf.Pdf) -> None:
        action = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=pdf.make_stream(b"x")))
        pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))

    assert "active_code" in _judged(edit)[1]


def test_attachments_are_named_and_not_examined() -> None:
    def edit(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["list.txt"] = pikepdf.AttachedFileSpec(pdf, b"4711", filename="list.txt")

    verdict, codes = _judged(edit)
    assert (verdict, "attachments" in codes) == (Verdict.VERIFIED, True)


def _layer(*, off: bool, usage: dict[str, object] | None = None) -> Edit:
    def edit(pdf: pikepdf.Pdf) -> None:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Second list")))
        if usage is not None:
            layer.Usage = Dictionary(**usage)
        off_list = Array([layer]) if off else Array([])
        pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=off_list, Order=Array([layer])))

    return edit


def test_layers() -> None:
    assert _judged(_layer(off=False))[0] == Verdict.VERIFIED
    on_paper = {"Print": Dictionary(PrintState=Name.ON), "View": Dictionary(ViewState=Name.OFF)}
    for edit in (_layer(off=True), _layer(off=False, usage=on_paper)):
        verdict, codes = _judged(edit)
        assert (verdict, "layers_hidden" in codes) == (Verdict.NEUTRAL, True)
        assert "Second list" in codes["layers_hidden"].sentence


@pytest.mark.parametrize(
    ("operators", "how"),
    [
        (b"3 Tr 60 500 Td (hidden words) Tj", "invisibly"),
        (b"1 1 1 rg 60 500 Td (hidden words) Tj", "bright"),
        (b"60 -500 Td (hidden words) Tj", "off the page"),
    ],
)
def test_hidden_text_is_marked(operators: bytes, how: str) -> None:
    def edit(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].contents_add(b"BT /F1 12 Tf " + operators + b" ET")

    verdict, codes = _judged(edit)
    assert verdict == Verdict.VERIFIED
    assert how in codes["hidden_text"].sentence
    assert codes["hidden_text"].effect == Effect.NOTE
    assert codes["hidden_text"].boxes


def test_text_that_is_seen_is_no_finding() -> None:
    def edit(pdf: pikepdf.Pdf) -> None:
        banner = b"0 0 0.4 rg 50 480 400 60 re f BT 1 1 1 rg /F1 12 Tf 60 500 Td (white on blue) Tj ET"
        pdf.pages[0].contents_add(banner)

    assert "hidden_text" not in _judged(edit)[1]


def _embeds(data: bytes, name: str = "inner.pdf", change: Callable[[pikepdf.Stream], None] | None = None) -> Edit:
    def edit(pdf: pikepdf.Pdf) -> None:
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, data, filename=name)
        if change is not None:
            change(pdf.attachments[name].obj.EF.F)

    return edit


def test_a_pdf_within_is_named_as_a_document_of_its_own() -> None:
    inner = samples.order("Another order.")
    verdict, codes = _judged(_embeds(inner))
    assert verdict == Verdict.VERIFIED
    assert "inner.pdf" in codes["embedded_documents"].sentence
    assert not codes.keys() & {"attachments", "embedded_unseen"}


def test_documents_are_taken_out_as_they_were_put_in() -> None:
    inner = samples.order("Another order.")
    with pikepdf.open(io.BytesIO(samples.order())) as pdf:
        _embeds(inner)(pdf)
        _embeds(b"uid\n4711\n", "list.csv")(pdf)
        held = io.BytesIO()
        pdf.save(held, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert [(each.name, each.data) for each in attachments(held.getvalue())] == [("inner.pdf", inner)]


def _otherwise(stream: pikepdf.Stream) -> None:
    hidden = b"%PDF-1.7 hidden"
    stream.write(bytes([len(hidden) - 1]) + hidden + b"\x80", filter=Name.RunLengthDecode)


def _bomb(stream: pikepdf.Stream) -> None:
    stream.write(zlib.compress(b"%PDF-1.7" + bytes(MOST_BYTES), 9), filter=Name.FlateDecode)


@pytest.mark.parametrize("change", [_otherwise, _bomb])
def test_what_within_cannot_be_looked_at_keeps_the_verdict_back(change: Callable[[pikepdf.Stream], None]) -> None:
    verdict, codes = _judged(_embeds(b"x", change=change), stream_decode_level=pikepdf.StreamDecodeLevel.none)
    assert (verdict, codes["embedded_unseen"].effect) == (Verdict.NEUTRAL, Effect.WITHHOLDS)


def test_more_documents_than_are_taken_out_are_counted() -> None:
    def edit(pdf: pikepdf.Pdf) -> None:
        for number in range(MOST + 3):
            _embeds(samples.order(str(number)), f"{number}.pdf")(pdf)

    verdict, codes = _judged(edit)
    assert verdict == Verdict.NEUTRAL
    assert codes["embedded_documents"].sentence.startswith(str(MOST))
    assert codes["embedded_unseen"].sentence.startswith("3 ")
