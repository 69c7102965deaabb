# SPDX-License-Identifier: Apache-2.0
"""Files that two programs would read differently, and structures made to exhaust whoever reads them."""

from __future__ import annotations

import io
import random
import re
import time
import zlib

import pikepdf
import pytest

from counterseal.gateways.documents.pdf import check_pdf
from counterseal.gateways.documents.pdf_places import placed
from counterseal.judicial.model import Box, Verdict, verdict_of
from tests.support import pdf_samples as samples


def _verdict(data: bytes) -> Verdict:
    return verdict_of(check_pdf(data, samples.context()).findings)


@pytest.fixture(scope="module")
def good() -> bytes:
    return samples.signed(samples.order())


def _increment(data: bytes, objects: dict[int, bytes], *, root: int = 1) -> bytes:
    """As a forger writes one: objects, table, trailer; whatever they replace."""
    previous = int(data.rsplit(b"startxref", 1)[1].split()[0])
    out, places = bytearray(data), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % item for item in places.items())
    out += b"trailer\n<< /Size 90 /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (root, previous, table)
    return bytes(out)


def test_another_catalogue(good: bytes) -> None:
    forged = {80: b"<< /Type /Catalog /Pages 81 0 R >>", 81: b"<< /Type /Pages /Count 0 /Kids [] >>"}
    assert _verdict(_increment(good, forged, root=80)) != Verdict.VERIFIED


def test_a_signature_moved_into_another_document(good: bytes) -> None:
    contents = re.search(rb"<([0-9A-Fa-f]{500,})>", good)
    assert contents is not None
    other = samples.signed(samples.order("Disclose all accounts."))
    target = re.search(rb"<([0-9A-Fa-f]{500,})>", other)
    assert target is not None
    moved = contents[1][: len(target[1])].ljust(len(target[1]), b"0")
    assert _verdict(other.replace(target[1], moved)) == Verdict.CONTRADICTS


def test_one_signature_in_two_fields(good: bytes) -> None:
    with pikepdf.open(io.BytesIO(good)) as pdf:
        field = pdf.Root.AcroForm.Fields[0]
        value = field.V.objgen[0]
        form = pdf.Root.AcroForm.objgen[0]
        own = field.objgen[0]
    second = b"<< /FT /Sig /T (Second) /V %d 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] >>" % value
    forged = {80: second}
    forged[form or 1] = b"<< /Fields [%d 0 R 80 0 R] /SigFlags 3 >>" % own
    checked = check_pdf(_increment(good, forged), samples.context())
    assert verdict_of(checked.findings) == Verdict.CONTRADICTS
    assert "signature_shared" in {finding.code for finding in checked.findings}


def test_an_end_within_and_an_end_behind(good: bytes) -> None:
    assert _verdict(good + b"%%EOF\n") != Verdict.VERIFIED
    assert _verdict(good + b"\n\n") == Verdict.VERIFIED
    assert _verdict(good + b"trailer << /Root 80 0 R >>") == Verdict.CONTRADICTS


def test_an_encrypted_part_appended(good: bytes) -> None:
    forged = _increment(good, {80: b"<< /Filter /Standard /V 4 /R 4 >>"})
    forged = forged.replace(b"/Root 1 0 R /Prev", b"/Encrypt 80 0 R /Root 1 0 R /Prev")
    assert _verdict(forged) == Verdict.CANNOT_VERIFY


def test_structures_that_have_no_end() -> None:
    order = samples.order()
    loop = re.sub(rb"/Kids \[ 3 0 R", b"/Kids [ 2 0 R", order)
    assert loop != order
    turned = re.sub(rb"startxref\s+\d+", b"startxref\n%d" % order.rindex(b"xref", 0, len(order) - 40), order)
    bomb = _increment(
        order, {80: _stream(zlib.compress(zlib.compress(bytes(200_000_000), 9), 9), b"[/FlateDecode /FlateDecode]")}
    )
    deep = _increment(order, {80: b"[" * 20_000 + b"]" * 20_000})
    for data in (loop, turned, bomb, deep):
        begun = time.process_time()
        assert _verdict(data) != Verdict.VERIFIED
        assert time.process_time() - begun < 10


def _stream(data: bytes, filters: bytes) -> bytes:
    return b"<< /Length %d /Filter %s >>\nstream\n" % (len(data), filters) + data + b"\nendstream"


def test_mutants_raise_nothing_and_are_not_accepted(good: bytes) -> None:
    """A changed covered byte is never accepted; whatever is read, nothing is raised."""
    stamped = samples.signed(good, samples.CLERK, "Second", box=(60, 100, 260, 160))
    chance = random.Random(6)
    gaps = [match.span() for match in re.finditer(rb"<[0-9A-Fa-f]{500,}>", stamped)]
    for _ in range(60):
        data = bytearray(stamped)
        at = chance.randrange(len(data))
        if chance.random() < 0.5:
            data[at] ^= 1 << chance.randrange(8)
        elif chance.random() < 0.5:
            del data[at : at + chance.randrange(1, 40)]
        else:
            data[at:at] = chance.randbytes(chance.randrange(1, 40))
        verdict = _verdict(bytes(data))
        if not any(start <= at < end for start, end in gaps):
            assert verdict != Verdict.VERIFIED, at


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        (0, Box(1, 0.1, 0.8, 0.3, 0.9)),
        (90, Box(1, 0.1, 0.1, 0.2, 0.3)),
        (180, Box(1, 0.7, 0.1, 0.9, 0.2)),
        (270, Box(1, 0.8, 0.7, 0.9, 0.9)),
    ],
)
def test_places_on_turned_pages(turn: int, expected: Box) -> None:
    assert placed((0, 0, 100, 200), turn, 1, [10, 20, 30, 40]) == expected


def test_bytes_in_the_padding_of_a_signature(good: bytes) -> None:
    contents = re.search(rb"/Contents <([0-9A-Fa-f]{500,})>", good)
    assert contents is not None
    hidden = b"obj endobj".hex().encode()
    changed = good[: contents.end(1) - len(hidden)] + hidden + good[contents.end(1) :]
    assert _verdict(changed) == Verdict.CONTRADICTS


def test_a_changed_document_that_nobody_can_open(good: bytes) -> None:
    broken = good.replace(b"startxref", b"startxxxx", 9).replace(b"/Helvetica", b"/Courier  ")
    assert broken != good
    assert _verdict(broken) == Verdict.CONTRADICTS
    assert _verdict(good + bytes(100)) == Verdict.CONTRADICTS
    assert _verdict(good + b"startxref\n0\n%%EOF\n") == Verdict.CONTRADICTS
