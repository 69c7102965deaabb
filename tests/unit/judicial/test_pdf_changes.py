# SPDX-License-Identifier: Apache-2.0
"""What may come after a signature, and what may not: increments as tools and as forgers write them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial.model import Checked, Context, Verdict, verdict_of
from tests.support import pdf_samples as samples
from tests.support.pdf_samples import CA, CITIZEN, CLERK, CRLS, DAY, JUDGE, ROOT, Party

Change = Callable[[IncrementalPdfFileWriter], None]
MINUTE = DAY / 1440
BOX, BESIDE, OVER = (60, 100, 260, 160), (300, 100, 500, 160), (55, 700, 500, 770)


def _judged(data: bytes, context: Context | None = None) -> tuple[Verdict, set[str], Checked]:
    checked = check_pdf(data, context or samples.context())
    return verdict_of(checked.findings), {finding.code for finding in checked.findings}, checked


def _changed(data: bytes, change: Change) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


def _with_proofs(data: bytes, crls: tuple[bytes, ...] = CRLS) -> bytes:
    """Proofs of validity in the document security store, as for long-term validation."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        store = DocumentSecurityStore(writer=writer)
        embedded = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures[0]
        name = store.sig_content_identifier(embedded.pkcs7_content)
        streams = [writer.add_object(generic.StreamObject(stream_data=each)) for each in crls]
        store.register_vri(name, certs=(CA.asn1, ROOT.asn1))
        store.crls = streams
        writer.root["/DSS"] = writer.add_object(store.as_pdf_object())
        writer.update_root()

    return _changed(data, add)


def _stamped(data: bytes) -> bytes:
    """With a document time stamp."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    made: bytes = PdfTimeStamper(samples.stamper()).timestamp_pdf(writer, "sha256").getvalue()
    return made


@pytest.fixture(scope="module")
def good() -> bytes:
    return samples.signed(samples.order(), box=BOX)


def test_proofs_and_time_stamps_may_be_added(good: bytes) -> None:
    verdict, codes, checked = _judged(_stamped(_with_proofs(good)))
    assert verdict == Verdict.VERIFIED
    assert {"proofs_added", "metadata_dated"} & set(codes)  # dated: where the tool worked across a second
    assert checked.signer is not None
    assert checked.signer.signed is not None
    assert _judged(_stamped(_stamped(_with_proofs(good))))[0] == Verdict.VERIFIED


def test_proofs_inside_carry_when_the_desk_has_none(good: bytes) -> None:
    bare = samples.context(crls=())
    assert _judged(good, bare)[0] == Verdict.CANNOT_VERIFY
    assert _judged(_with_proofs(good), bare)[0] == Verdict.VERIFIED


def test_a_certificate_that_ended_after_a_proved_signature() -> None:
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)  # not that of the import: signing tools say when they sign
    old = Party("Judge", CA, valid=(now - 100 * DAY, now - 2 * MINUTE))
    context = samples.context(registry=(samples.registered(old),))
    signed = samples.signed(samples.order(), old, stamper=samples.stamper(now - 5 * MINUTE))
    verdict, codes, checked = _judged(signed, context)
    assert (verdict, "signed_before_end" in codes) == (Verdict.VERIFIED, True)
    assert checked.signer is not None
    assert checked.signer.signed == int((now - 5 * MINUTE).timestamp() * 1000)


def test_a_second_registered_signature_beside(good: bytes) -> None:
    assert _judged(samples.signed(good, CLERK, "Second", box=BESIDE))[0] == Verdict.VERIFIED
    assert _judged(samples.signed(good, CLERK, "Second"))[0] == Verdict.VERIFIED


def test_a_second_registered_signature_over_the_text(good: bytes) -> None:
    verdict, codes, checked = _judged(samples.signed(good, CLERK, "Second", box=OVER))
    assert (verdict, "signature_over_content" in codes) == (Verdict.CONTRADICTS, True)
    (finding,) = (each for each in checked.findings if each.code == "signature_over_content")
    (box,) = finding.boxes
    assert (box.page, box.left, box.bottom) == (
        1,
        pytest.approx(55 / 595, abs=1e-4),
        pytest.approx(142 / 842, abs=1e-4),
    )


def test_a_second_signature_of_anybody(good: bytes) -> None:
    assert "looks_changed" in _judged(samples.signed(good, CITIZEN, "Second", box=OVER))[1]
    assert _judged(samples.signed(good, CITIZEN, "Second"))[0] == Verdict.NEUTRAL


def test_a_court_that_signs_over_anybodys_signature() -> None:
    first = samples.signed(samples.order(), CITIZEN, "First", box=BESIDE)
    assert _judged(samples.signed(first, JUDGE, "Second", box=BOX))[0] == Verdict.VERIFIED


def _field(writer: IncrementalPdfFileWriter) -> None:
    fields.append_signature_field(writer, fields.SigFieldSpec("Later", box=BESIDE))


def test_a_signature_field_for_later() -> None:
    first = samples.signed(_changed(samples.order(), _field), JUDGE, "First", box=BOX)
    verdict, codes, _ = _judged(first)
    assert (verdict, "signature_empty_field" in codes) == (Verdict.VERIFIED, True)
    assert _judged(samples.signed(first, CLERK, "Later"))[0] == Verdict.VERIFIED


def test_an_unsigned_field_over_the_text(good: bytes) -> None:
    def add(writer: IncrementalPdfFileWriter) -> None:
        fields.append_signature_field(writer, fields.SigFieldSpec("Cover", box=OVER))
        look = b"1 1 1 rg 0 0 445 70 re f 0 g BT /F1 14 Tf 5 20 Td (all accounts) Tj ET"
        entries = {
            pdf_name(key): value
            for key, value in (("/Subtype", pdf_name("/Form")), ("/BBox", _numbers(0, 0, 445, 70)))
        }
        picture = writer.add_object(generic.StreamObject(entries, stream_data=look))
        field = writer.root["/AcroForm"]["/Fields"][-1]
        field["/AP"] = generic.DictionaryObject({pdf_name("/N"): picture})
        writer.update_container(field)

    verdict, codes, _ = _judged(_changed(good, add))
    assert (verdict, "looks_changed" in codes) == (Verdict.CONTRADICTS, True)


def _numbers(*values: int) -> generic.ArrayObject:
    return generic.ArrayObject(map(generic.NumberObject, values))


def _content(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(page)


def _annotation(writer: IncrementalPdfFileWriter) -> None:
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): _numbers(*OVER),
            pdf_name("/Contents"): pdf_string("all accounts"),
            pdf_name("/DA"): pdf_string("/F1 12 Tf 0 g"),
        }
    )
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", []), writer.add_object(note)])
    writer.update_container(page)


def _page(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages["/Kids"].append(pages["/Kids"][0].container_ref and pages["/Kids"].raw_get(0))
    pages["/Count"] = generic.NumberObject(2)
    writer.update_container(pages)


def _font(writer: IncrementalPdfFileWriter) -> None:
    font = writer.root["/Pages"]["/Kids"][0]["/Resources"]["/Font"]["/F1"]
    font["/BaseFont"] = pdf_name("/Symbol")
    writer.update_container(font)


def _script(writer: IncrementalPdfFileWriter) -> None:
    code = {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): pdf_string("app.alert(1)")}
    writer.root["/OpenAction"] = generic.DictionaryObject(code)
    writer.update_root()


def _names(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/Names"] = generic.DictionaryObject({pdf_name("/Dests"): generic.DictionaryObject()})
    writer.update_root()


@pytest.mark.parametrize("change", [_content, _annotation, _page, _font, _script, _names])
def test_changes_after_signing(good: bytes, change: Change) -> None:
    for data in (good, _stamped(good), samples.signed(good, CLERK, "Second")):
        verdict, codes, _ = _judged(_changed(data, change))
        assert (verdict, "changed_after_signing" in codes) == (Verdict.CONTRADICTS, True)


@pytest.mark.parametrize("change", [_content, _annotation, _page, _font, _script, _names])
def test_the_same_changes_before_signing_are_the_signers(change: Change) -> None:
    verdict, codes, _ = _judged(samples.signed(_changed(samples.order(), change)))
    assert verdict == (Verdict.NEUTRAL if change is _script else Verdict.VERIFIED), codes


def test_a_change_is_not_hidden_by_a_signature_of_anybody(good: bytes) -> None:
    changed = samples.signed(_changed(good, _content), CITIZEN, "Second")
    assert _judged(changed)[0] == Verdict.CONTRADICTS


def test_metadata_alone_is_for_people_to_see(good: bytes) -> None:
    def rename(writer: IncrementalPdfFileWriter) -> None:
        writer.set_info(generic.DictionaryObject({pdf_name("/Title"): pdf_string("Another")}))

    verdict, codes, _ = _judged(_changed(good, rename))
    assert (verdict, "metadata_changed" in codes) == (Verdict.NEUTRAL, True)


def test_an_object_that_no_table_names(good: bytes) -> None:
    extra = b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    stamped = _stamped(good)
    offset = int(stamped.rsplit(b"startxref", 1)[1].split()[0])
    assert _judged(stamped)[0] == Verdict.VERIFIED
    behind = stamped[:-6] + extra + stamped[-6:]
    assert _judged(behind)[0] != Verdict.VERIFIED
    within = (
        stamped[:offset]
        + extra
        + stamped[offset:].replace(b"startxref\n%d" % offset, b"startxref\n%d" % (offset + len(extra)))
    )
    assert _judged(within)[0] != Verdict.VERIFIED


def test_permission_that_forbids_more(good: bytes) -> None:
    locked = samples.signed(samples.order(), box=BOX, permission=fields.MDPPerm.NO_CHANGES)
    assert _judged(_stamped(locked))[0] == Verdict.VERIFIED
    verdict, codes, _ = _judged(_changed(good, _field))
    assert (verdict, "field_added" in codes) == (Verdict.NEUTRAL, True)
    verdict, codes, _ = _judged(_changed(locked, _field))
    assert (verdict, "permission_broken" in codes) == (Verdict.CONTRADICTS, True)


def _with_form(value: str) -> bytes:
    """An order with a text field, filled."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        field = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/Widget"),
                pdf_name("/FT"): pdf_name("/Tx"),
                pdf_name("/T"): pdf_string("account"),
                pdf_name("/V"): pdf_string(value),
                pdf_name("/DA"): pdf_string("/F1 12 Tf 0 g"),
                pdf_name("/Rect"): _numbers(60, 300, 260, 330),
            }
        )
        held = writer.add_object(field)
        writer.root["/AcroForm"] = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject([held])})
        page = writer.root["/Pages"]["/Kids"][0]
        page["/Annots"] = generic.ArrayObject([held])
        writer.update_root()
        writer.update_container(page)

    return _changed(samples.order(), add)


def test_a_value_filled_in_after_signing() -> None:
    form = samples.signed(_with_form("4711"), box=BOX)
    assert _judged(form)[0] == Verdict.VERIFIED

    def fill(writer: IncrementalPdfFileWriter) -> None:
        field = writer.root["/AcroForm"]["/Fields"][0]
        field["/V"] = pdf_string("4712")
        writer.update_container(field)

    verdict, codes, _ = _judged(_changed(form, fill))
    assert (verdict, "field_changed" in codes) == (Verdict.CONTRADICTS, True)


def _version(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/Version"] = pdf_name("/2.0")
    writer.update_root()


def test_a_revision_that_no_tool_adds(good: bytes) -> None:
    verdict, codes, _ = _judged(_changed(_stamped(good), _version))
    assert (verdict, codes & {"revision_idle", "metadata_changed"} != set()) == (Verdict.NEUTRAL, True)


@pytest.mark.parametrize("key", ["/DA", "/NeedAppearances"])
def test_settings_of_the_form(key: str) -> None:
    form = samples.signed(_with_form("4711"), box=BOX)

    def change(writer: IncrementalPdfFileWriter) -> None:
        held = writer.root["/AcroForm"]
        held[key] = generic.BooleanObject(True) if key == "/NeedAppearances" else pdf_string("/F1 40 Tf 1 g")
        writer.update_container(held)

    assert _judged(_changed(form, change))[0] != Verdict.VERIFIED
