# SPDX-License-Identifier: Apache-2.0
"""Work on a request in the console, at two browsers: letters, package, silence, orders, deadlines, the emergency
lane, contradictions, a forgery confirmed and a suspicion cleared. What others do meanwhile they do over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.console import AXE, BUILT, Seat, fits
from tests.support.console_approvals import carried_out, proposed
from tests.support.portal import Bureau, bureau
from tests.support.server import DAY, HOUR

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.needs("bwrap"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]
ROOT = "/v1/desk/requests"
WHY = {"reason": "the clerk does not know it"}


class Work:
    """The bureau, and two more of its legal staff at their browsers: Nora and Lena."""

    def __init__(self, court: Bureau) -> None:
        self.court, self.desk = court, court.desk
        given = court.console
        self.nora, self.lena = (given.seat(name, given.invite(name, "legal")) for name in ("Nora", "Lena"))
        self._cases = 0

    def now(self) -> int:
        """The server's time (ms)."""
        return int(self.desk.client.read_clock().now)

    def request(self, kind: str = "disclosure", *, basis: str = "court_order", **triage: Any) -> tuple[str, str]:
        """An order of the court, taken in and triaged by Vera: its id and the account that it names."""
        self._cases += 1
        account = self.desk.account()
        text = f"Case {self._cases}/2026: name and address of account {account}."
        with ThreadPoolExecutor(1) as apart:  # signing brings a loop of its own
            paper = apart.submit(self.desk.papers.signed, text).result()
        asked = {"case_number": f"{self._cases}/2026", "claim": {"authority": "District Court of Northmark"}}
        about = {"type": kind, "identifiers": [{"kind": "account", "value": account}]}
        if kind in {"disclosure", "emergency"}:
            about["categories"] = ["subscriber"]
        name = self.desk.opened([("order.pdf", paper)], **asked, **about)
        body = about | {"pack": "generic", "authority": "nm-district-court", "legal_basis": basis}
        case = {"case_number": asked["case_number"]}
        self.desk.vera.done("POST", f"{ROOT}/{name}/triage", body | case | triage)
        return name, account

    def page(self, seat: Seat, request: str, tab: str = "") -> Page:
        """The request at a seat."""
        seat.page.goto(f"{self.court.console.url}/requests/{request}" + (f"?tab={tab}" if tab else ""))
        return seat.page

    def called(self, request: str) -> None:
        """Vera calls the registry's number and the office confirms it."""
        status, told = self.desk.called(request, "confirmed")
        assert status == httpx2.codes.OK, told

    def submitted(self, request: str, basis: str, *, fields: bool = True) -> None:
        """Ines reviews it, chooses fields and puts it before two officers."""
        review = {"passed": True, "basis": basis, "reason": "it names its basis"}
        steps: list[tuple[str, Any]] = [("review", review), ("fields", {"fields": None}), ("submit", None)]
        for step, body in steps:
            if fields or step != "fields":
                self.desk.ines.done("POST", f"{ROOT}/{request}/{step}", body)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    with bureau(tmp_path_factory.mktemp("work")) as court:
        yield Work(court)


def panel(page: Page, title: str) -> Locator:
    """The panel with this heading."""
    return page.locator(".panel", has=page.get_by_role("heading", name=title, exact=True))


def state(page: Page, word: str) -> Locator:
    """The request's state, at its head."""
    return page.locator(".page-head").get_by_text(word, exact=True)


def chinese(seat: Seat, name: str, *, gone: str) -> None:
    """The same page in Chinese, without this English sentence of the server; then back."""
    page = seat.page
    page.get_by_role("button", name="中文").first.click()
    expect(page.get_by_text(gone)).to_have_count(0)
    fits(seat, name)
    page.get_by_role("button", name="English").first.click()


def test_documents_are_looked_at_beside_their_findings(work: Work) -> None:
    """The page as received with its marks; which document stands in the URL; people by their names."""
    request, _ = work.request()
    page = work.page(work.nora, request)
    expect(page.locator(".req-ev").first).to_contain_text("the desk")
    page.get_by_role("link", name="the document").first.click()
    page.wait_for_url("**tab=documents**")
    picture = page.get_by_alt_text("Page 1 of order.pdf as received")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    expect(panel(page, "order.pdf").locator(".desk-finding").first).to_be_visible()
    fits(work.nora, "request-documents")
    page.get_by_role("link", name="History").click()
    expect(page.locator(".req-history")).to_contain_text("vera")
    expect(page.locator(".req-history")).not_to_contain_text("st_")
    chinese(work.nora, "request-history-zh", gone="collected")


def test_a_letter_is_written_edited_and_sent_by_two(work: Work) -> None:
    """To a contact of the registry, and only the words that both signed."""
    request, _ = work.request()
    page = work.page(work.nora, request, "letters")
    expect(page.get_by_text("No letter yet")).to_be_visible()
    page.get_by_role("button", name="Write a letter…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To").select_option(index=1)
    fits(work.nora, "request-letter-write")
    dialog.get_by_role("button", name="Write the draft").click()
    letter = page.locator(".req-letter")
    expect(letter).to_contain_text("registry@court")
    letter.get_by_role("button", name="Edit…").click()
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_label("Text")
    text.fill(text.input_value() + "\nOur office is closed on 24 December.")
    dialog.get_by_role("button", name="Save").click()
    expect(letter).to_contain_text("closed on 24 December")
    fits(work.nora, "request-letters")
    letter.get_by_role("button", name="Send…").click()
    proposed(work.nora, "an acknowledgement is due")
    carried_out(work.court.console, work.nora, work.lena)
    page = work.page(work.lena, request, "letters")
    expect(page.locator(".req-letter").get_by_text("sent", exact=True)).to_be_visible(timeout=15_000)
    expect(page.locator(".req-letter").get_by_role("button")).to_have_count(0)


def test_a_package_is_taken_back_built_again_and_its_silence_renewed_by_two(work: Work) -> None:
    """Preview, build, withdraw, build, fetched; the owner is told later than first said, on two officers' word."""
    silence = {"basis": "order of 3 June, section 101", "until": work.now() + 30 * DAY}
    request, account = work.request(silence=silence)
    work.called(request)
    status, told = work.desk.finish(request, "court_order", "disclosure")
    assert status == httpx2.codes.OK, told
    page = work.page(work.nora, request, "fields")
    expect(panel(page, "Fields to hand out").get_by_text(re.compile(r"\(\d+ characters\)")).first).to_be_visible()
    expect(page.get_by_text(f"{account}@mail.example")).to_have_count(0)
    page.get_by_role("button", name="Build the package").click()
    withdrawn(work, page)
    page.get_by_role("button", name="Build the package").click()
    expect(panel(page, "Packages").locator(".req-package")).to_have_count(2)
    made = work.desk.ines.done("GET", f"{ROOT}/{request}")["request"]["disclosures"][-1]
    link = work.desk.ines.done("GET", f"/v1/desk/disclosures/{made}/link")["url"]
    assert httpx2.post(link, trust_env=False).status_code == httpx2.codes.OK
    renewed(work, request, silence["basis"])
    held = work.desk.ines.done("GET", f"/v1/desk/disclosures/{made}")
    assert work.now() + 58 * DAY < held["silence"]["until"] < work.now() + 61 * DAY
    page = work.page(work.lena, request, "fields")
    expect(panel(page, "Packages")).to_contain_text("approved by Nora, Lena")
    chinese(work.lena, "request-packages-zh", gone="approved by")


def withdrawn(work: Work, page: Page) -> None:
    """Nora takes the package back; the request stays approved."""
    packages = panel(page, "Packages")
    packages.get_by_role("button", name="Withdraw the package…").click()
    dialog = page.get_by_role("dialog")
    act = dialog.get_by_role("button", name="Withdraw and destroy it")
    expect(act).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Reason").fill("sent to the wrong section")
    fits(work.nora, "request-revoke")
    act.click()
    expect(packages).to_contain_text("by Nora: sent to the wrong section")
    expect(state(page, "approved")).to_be_visible()


def renewed(work: Work, request: str, basis: str) -> None:
    """Nora proposes a longer silence, within 90 days; Lena carries it out."""
    page = work.page(work.nora, request, "fields")
    button = panel(page, "Packages").get_by_role("button", name="Renew the silence…")
    expect(button).to_be_visible()
    fits(work.nora, "request-packages")
    button.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Order that it rests on")).to_have_value(basis)
    dialog.get_by_label("Until").fill("2099-01-01")
    dialog.get_by_label("Reason", exact=True).fill("x")
    expect(dialog.get_by_role("button", name="Propose")).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Until").fill(day_of(page, work.now() + 60 * DAY))
    fits(work.nora, "request-silence")
    proposed(work.nora, "the investigation goes on")
    carried_out(work.court.console, work.nora, work.lena, typed=True)


def day_of(page: Page, at: int) -> str:
    """The day of a moment in the browser's zone, as a date field takes it."""
    return str(page.evaluate("at => new Date(at - new Date(at).getTimezoneOffset() * 60000).toISOString()", at))[
        :10
    ]


def test_an_order_is_carried_out_and_its_time_made_longer_once(work: Work) -> None:
    """A preservation needs nobody else; by how much it is extended the rule pack says."""
    request, _ = work.request("preservation")
    page = work.page(work.nora, request)
    page.get_by_role("button", name="Carry the order out").click()
    expect(state(page, "carried out")).to_be_visible()
    clocks = panel(page, "Clocks")
    clocks.get_by_role("button", name="Extend…").click()
    dialog = page.get_by_role("dialog")
    act = dialog.get_by_role("button", name="Extend by 90 days")
    expect(act).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Reason").fill("the order for it is under way")
    fits(work.nora, "request-extend")
    act.click()
    expect(dialog).to_have_count(0)
    expect(clocks.get_by_role("button", name="Extend…")).to_have_count(0)
    held = work.desk.ines.done("GET", f"{ROOT}/{request}")["request"]["clocks"]
    (due,) = [each["due"] for each in held if each["name"] == "preserved_until"]
    assert due > work.now() + 170 * DAY
    chinese(work.nora, "request-executed-zh", gone="what is preserved")


def test_a_freeze_that_two_approved_is_carried_out_on_the_account(work: Work) -> None:
    """Not before them; and what it froze is the account."""
    request, account = work.request("freeze")
    work.called(request)
    page = work.page(work.nora, request)
    expect(page.get_by_role("button", name="Carry the order out")).to_have_count(0)
    status, told = work.desk.finish(request, "court_order", "freeze")
    assert status == httpx2.codes.OK, told
    page.reload()
    page.get_by_role("button", name="Carry the order out").click()
    expect(state(page, "carried out")).to_be_visible()
    page.wait_for_timeout(2_500)  # the worker comes every two seconds
    assert work.desk.client.read_account(account).freezes


def test_an_emergency_is_approved_by_one_now_and_the_second_within_four_hours(work: Work) -> None:
    """Alone only after signing; what is missing is said until the second one signs."""
    request, _ = work.request("emergency", basis="danger_to_life")
    work.called(request)
    work.submitted(request, "danger_to_life")
    page = work.page(work.nora, request)
    page.get_by_role("button", name="Propose release…").click()
    proposed(work.nora, "a life is in danger")
    approval = work.nora.page.url
    page.get_by_role("button", name="Sign with passkey").click()
    expect(page.get_by_text("One more person has to sign")).to_be_visible()
    page = work.page(work.nora, request)
    fits(work.nora, "request-emergency")
    page.get_by_role("button", name="Approve alone for now").click()
    expect(state(page, "approved")).to_be_visible()
    expect(page.get_by_text("The second approval is due")).to_be_visible()
    held = work.desk.ines.done("GET", f"{ROOT}/{request}")["request"]["approvals"][-1]
    assert (held["second_by"] - held["at"], held["stands"]) == (4 * HOUR, True)
    fits(work.nora, "request-emergency-alone")
    work.nora.page.goto(approval)
    carried_out(work.court.console, work.nora, work.lena, typed=True, signed=True)
    page = work.page(work.lena, request)
    approvals = panel(page, "Approvals")
    expect(approvals).to_contain_text("Lena")
    expect(approvals).to_contain_text("Nora")
    expect(page.get_by_text("The second approval is due")).to_have_count(0)


def test_two_resolve_a_contradiction_and_nobody_one_that_the_office_denied(work: Work) -> None:
    """The reason stays beside it; Chinese pages say what each piece proves in Chinese."""
    request, _ = work.request()
    work.called(request)
    entry = {
        "kind": "officer_identity",
        "result": "contradicts",
        "note": "not on the roster of 2025",
        "source": "p. 4",
    }
    work.desk.ines.done("POST", f"{ROOT}/{request}/evidence", entry)
    page = work.page(work.nora, request)
    piece = page.locator(".req-ev", has=page.get_by_role("heading", name="Officer", exact=True))
    piece.get_by_role("button", name="Resolve…").click()
    fits(work.nora, "request-resolve")
    proposed(work.nora, "the roster of 2026 has the name")
    carried_out(work.court.console, work.nora, work.lena, typed=True)
    page = work.page(work.lena, request)
    resolved = page.get_by_text(re.compile("^Resolved by .*Nora.*: the roster of 2026 has the name"))
    expect(resolved).to_be_visible()
    expect(page.get_by_role("button", name="Resolve…")).to_have_count(0)
    chinese(work.lena, "request-resolved-zh", gone="the office confirms case")


def test_a_suspicion_is_cleared_by_two_and_a_forgery_confirmed_by_two(work: Work) -> None:
    """What followed stands under History, in words."""
    request, account = work.request()
    work.desk.omar.done("POST", f"{ROOT}/{request}/suspect", WHY)
    page = work.page(work.nora, request)
    page.get_by_role("button", name="Clear suspicion…").click()
    proposed(work.nora, "the clerk found it")
    carried_out(work.court.console, work.nora, work.lena)
    page = work.page(work.lena, request)
    expect(state(page, "collecting evidence")).to_be_visible()
    work.desk.omar.done("POST", f"{ROOT}/{request}/suspect", WHY)
    page = work.page(work.lena, request)
    page.get_by_role("button", name="Confirm forgery…").click()
    fits(work.lena, "request-confirm")
    proposed(work.lena, "the court wrote that it is none of theirs")
    carried_out(work.court.console, work.lena, work.nora)
    page = work.page(work.nora, request, "history")
    expect(state(page, "confirmed forged")).to_be_visible()
    followed = panel(page, "What followed")
    expect(followed).to_contain_text(account)
    expect(followed).to_contain_text("confirmed forged", timeout=15_000)  # what follows is carried out by a worker
    fits(work.nora, "request-confirmed")
    chinese(work.nora, "request-confirmed-zh", gone="confirmed forged")
    assert [*work.nora.complaints, *work.lena.complaints] == []
