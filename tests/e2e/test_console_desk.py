# SPDX-License-Identifier: Apache-2.0
"""The judicial desk in the console: hand in, read the verdict, look at the pages with their marks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.console import AXE, BUILT, Console, Seat, console, fits
from tests.support.signed_pdf import order, signed
from tests.support.small_pki import ANCHOR, LISTS, NOW, SIGNER, ms

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.needs("bwrap"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]
GOOD = signed()  # before a browser runs in this thread, with a loop of its own
MAIL = (
    b"From: clerk@court.example\r\nTo: desk@exchange.example\r\nSubject: Order\r\n"
    b"Date: Sun, 09 Jun 2024 12:00:00 +0000\r\nMessage-ID: <a1@court.example>\r\n\r\nPlease.\r\n"
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Console]:
    for name in ("anchors", "registry"):
        (tmp_path / name).mkdir()
    (tmp_path / "anchors" / "root.der").write_bytes(ANCHOR.dump())
    for number, crl in enumerate(LISTS):
        (tmp_path / "anchors" / f"{number}.crl").write_bytes(crl)
    entry = {"authority": "District Court", "role": "court", "certificates": [SIGNER.sha256.hex()]}
    (tmp_path / "registry" / "courts.json").write_text(json.dumps(entry))
    (tmp_path / "names.json").write_text("{}")
    folders = {"anchors": tmp_path / "anchors", "registry": tmp_path / "registry", "names": tmp_path / "names.json"}
    with console(tmp_path, desk=folders, simulated_start_ms=ms(NOW) + 3_600_000) as given:
        yield given


def file(name: str, data: bytes, kind: str = "application/pdf") -> dict[str, object]:
    return {"name": name, "mimeType": kind, "buffer": data}


def hand_in(given: Console, seat: Seat, *files: dict[str, object]) -> None:
    """Choose files; wait until each has its verdict."""
    seat.page.goto(given.url + "/desk")
    seat.page.get_by_label("Choose files").first.set_input_files(list(files))  # type: ignore[arg-type] # playwright's own
    expect(seat.page.locator(".desk-sent .badge")).to_have_count(len(files))


def test_documents_from_the_drop_to_the_mark_on_their_page(desk: Console) -> None:
    """Whoever is legal hands in; the worst stands on top; a mark and its finding lead to each other."""
    lee = desk.seat("Lee", desk.invite("Lee", "legal", first=True))
    page = lee.page
    page.get_by_role("link", name="Documents").first.click()
    expect(page.get_by_text("No document yet")).to_be_visible()
    fits(lee, "desk-empty")

    good = GOOD
    hand_in(
        *(desk, lee, file("order.pdf", good), file("appended.pdf", good + b"\n% more")),
        *(file("unsigned.pdf", order()), file("order.eml", MAIL, "message/rfc822"), file("order.pdf", good)),
    )
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(6)
    expect(rows.filter(has_text="appended.pdf")).to_contain_text("Contradicts")
    expect(rows.filter(has_text="unsigned.pdf")).to_contain_text("Neutral")
    expect(rows.filter(has_text="same bytes")).to_contain_text("Verified")
    fits(lee, "desk-list")

    rows.filter(has_text="same bytes").get_by_role("link").first.click()
    expect(page.get_by_text("A registered signer signed all of it")).to_be_visible()
    expect(page.get_by_text("District Court, court")).to_be_visible()
    picture = page.get_by_role("img", name="Page 1 of order.pdf as received")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('.desk-sheet img').naturalWidth > 0")
    page.get_by_role("button", name="Examine again").click()
    expect(page.get_by_text("Examined again, by what is trusted now.")).to_be_visible()
    expect(page.locator(".desk-history li")).to_have_count(2)
    page.locator(".desk-history button").last.click()
    expect(page.get_by_text("This is an older report.")).to_be_visible()
    fits(lee, "desk-verified")

    page.goto(desk.url + "/desk")
    rows.filter(has_text="appended.pdf").get_by_role("link").first.click()
    expect(page.get_by_text("Do not act on it")).to_be_visible()
    expect(page.locator(".desk-finding").first).to_contain_text("Contradicts")
    fits(lee, "desk-contradicts")

    page.goto(desk.url + "/desk")
    rows.filter(has_text="order.eml").get_by_role("link").first.click()
    expect(page.get_by_text("A mail is not drawn")).to_be_visible()
    fits(lee, "desk-mail")
    page.get_by_role("button", name="中文").first.click()
    expect(page.get_by_role("heading", name="发现")).to_be_visible()
    fits(lee, "desk-mail-zh")
    assert lee.complaints == []


def test_who_only_watches_an_incident_reads_and_does_not_hand_in(desk: Console) -> None:
    lee = desk.seat("Lee", desk.invite("Lee", "legal", first=True))
    hand_in(desk, lee, file("unsigned.pdf", order()))
    ida = desk.seat("Ida", desk.invite("Ida", "incident"))
    page = ida.page
    page.goto(desk.url + "/desk")
    page.get_by_role("link", name="unsigned.pdf").click()
    expect(page.get_by_text("treat it as unsigned")).to_be_visible()
    expect(page.get_by_role("button", name="Examine again")).to_have_count(0)
    page.goto(desk.url + "/desk/doc_none")
    expect(page.get_by_text("There is no such document")).to_be_visible()
    vera = desk.seat("Vera", desk.invite("Vera", "viewer"))
    expect(vera.page.get_by_role("link", name="Documents")).to_have_count(0)
    assert ida.complaints == []
