# SPDX-License-Identifier: Apache-2.0
"""Orders made from earlier ones: a court's series stays verified, a copy by anybody else does not get there."""

from __future__ import annotations

import io
import re
from random import Random
from typing import Any

import msgspec
import pikepdf
import pytest

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial import templates
from counterseal.judicial.examination import report_of
from counterseal.judicial.findings import found
from counterseal.judicial.model import Effect, Finding, Report, Verdict
from counterseal.judicial.stored import Template
from tests.corpus import tools
from tests.corpus.paper import Look, order
from tests.corpus.pki import pki


class Ledger:
    """What the desk's store holds of templates."""

    def __init__(self) -> None:
        self.states: dict[str, Any] = {}

    def examine(self, data: bytes, name: str) -> Report:
        """The report that is kept of these bytes."""
        made = report_of(data, check_pdf(data, pki().context()))
        report, changes = templates.compared(made, name, self.states)
        assert {each.subject for each in changes} <= set(templates.keys(made))
        self.states |= {each.subject: each.state for each in changes}
        return report


def copied(report: Report) -> Finding | None:
    return next((each for each in report.findings if each.code == "template_copied"), None)


def with_other_details(data: bytes) -> bytes:
    """As a forger edits an order: other account and sum in the page's text, the signature taken out, saved."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[0]
        text = page.Contents.read_bytes()
        text = re.sub(rb"UID \d+", b"UID 999000111", text)
        page.Contents = pdf.make_stream(re.sub(rb"worth \d+", b"worth 5000000", text))
        if "/AcroForm" in pdf.Root:
            del pdf.Root["/AcroForm"]
            page.obj.Annots = pikepdf.Array()
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def signed(seed: int, who: str, look: Look | None = None) -> bytes:
    random = Random(seed)
    with tools.still(random):
        return tools.sign(order(random, look), who)


def test_a_courts_series_stays_verified_whichever_judge_signs() -> None:
    ledger = Ledger()
    for number, who in enumerate(("judge", "judge_rsa", "judge", "judge_pointers", "court")):
        report = ledger.examine(signed(number, who), f"doc_{number}")
        assert report.verdict == Verdict.VERIFIED
        finding = copied(report)
        assert (finding is None) == (number == 0)
        if finding is not None:
            assert (finding.effect, "doc_0" in finding.where) == (Effect.NOTE, True)


@pytest.mark.parametrize("who", ["citizen", "unregistered", "clerk", "prosecutor", "judge_p384", None])
def test_a_copy_with_other_details_is_named_and_never_verified(who: str | None) -> None:
    ledger = Ledger()
    first = signed(7, "judge")
    assert ledger.examine(first, "doc_first").verdict == Verdict.VERIFIED
    forged = with_other_details(first)
    if who is not None:
        with tools.still(Random(1)):
            forged = tools.sign(forged, who)
    report = ledger.examine(forged, "doc_copy")
    finding = copied(report)
    assert finding is not None
    assert (finding.where, finding.effect) == ("doc_first", Effect.WITHHOLDS)
    assert "the file identifier" in finding.sentence
    assert report.verdict == Verdict.NEUTRAL


def test_another_authority_with_the_same_program_is_no_copy() -> None:
    """Courts and prosecutors of one country write with one program: the layout alone is nobody's."""
    ledger = Ledger()
    ledger.examine(signed(1, "judge"), "doc_1")
    report = ledger.examine(signed(2, "prosecutor"), "doc_2")
    finding = copied(report)
    assert finding is not None
    assert (report.verdict, finding.effect) == (Verdict.VERIFIED, Effect.NOTE)


def test_a_copy_that_came_first_takes_nothing_from_the_genuine_order() -> None:
    ledger = Ledger()
    first = signed(3, "judge")
    assert ledger.examine(with_other_details(first), "doc_forged").verdict == Verdict.NEUTRAL
    assert ledger.examine(first, "doc_genuine").verdict == Verdict.VERIFIED


def test_the_same_words_again_are_no_copy() -> None:
    ledger = Ledger()
    first = signed(4, "judge")
    ledger.examine(first, "doc_1")
    again = tools.with_dss(first, pki().crls[:1])
    assert again != first
    assert copied(ledger.examine(again, "doc_2")) is None


def test_who_was_examined_first_stays_the_first() -> None:
    ledger = Ledger()
    first = signed(5, "judge")
    ledger.examine(first, "doc_1")
    ledger.examine(with_other_details(first), "doc_2")
    assert copied(ledger.examine(first, "doc_1")) is None
    assert copied(ledger.examine(with_other_details(first), "doc_2")) is not None


def test_a_seal_cut_out_and_pasted_is_recognised() -> None:
    """Nothing but the picture is taken over into a letter of one's own."""
    ledger = Ledger()
    ledger.examine(signed(6, "judge", Look(scan=True)), "doc_1")
    source = signed(6, "judge", Look(scan=True))
    with pikepdf.open(io.BytesIO(source)) as old, pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        seal = pdf.copy_foreign(old.pages[0].Resources.XObject.Im1)
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Courier)
        page.obj.Resources = pikepdf.Dictionary(
            XObject=pikepdf.Dictionary(Im9=seal), Font=pikepdf.Dictionary(F9=pdf.make_indirect(font))
        )
        text = b"q 90 0 0 90 72 72 cm /Im9 Do Q BT /F9 9 Tf 72 700 Td (Release the account) Tj ET"
        page.Contents = pdf.make_stream(text)
        out = io.BytesIO()
        pdf.save(out, compress_streams=True, recompress_flate=True)
    finding = copied(ledger.examine(out.getvalue(), "doc_2"))
    assert finding is not None
    assert "a picture" in finding.sentence


def test_orders_of_different_houses_share_nothing() -> None:
    ledger = Ledger()
    ledger.examine(signed(8, "judge"), "doc_1")
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.Contents = pdf.make_stream(b"0 0 m 9 9 l S")
        out = io.BytesIO()
        pdf.save(out)
    assert copied(ledger.examine(out.getvalue(), "doc_2")) is None


def test_marks_that_no_check_of_ours_makes_reach_no_key() -> None:
    """The report comes from where a hostile document was open."""
    where = "file-" + "0" * 32 + " file-../x document:doc_1 letter-" + "g" * 32
    report = msgspec.structs.replace(report_of(b"", check_pdf(b"", pki().context())), findings=())
    report = msgspec.structs.replace(report, findings=(found("template_mark", where),))
    assert templates.keys(report) == ["document_template:file-" + "0" * 32]


def test_a_mark_keeps_its_first_documents_only() -> None:
    ledger = Ledger()
    report = report_of(b"", check_pdf(signed(9, "judge"), pki().context()))
    for number in range(templates.MOST_USES + 5):
        _, changes = templates.compared(report, f"doc_{number}", ledger.states)
        ledger.states |= {each.subject: each.state for each in changes}
    for held in ledger.states.values():
        assert isinstance(held, Template)
        assert len(held.uses) == templates.MOST_USES
