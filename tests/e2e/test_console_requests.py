# SPDX-License-Identifier: Apache-2.0
"""Requests of authorities in the console: the registry by an import that two sign, an order from its documents to
the release that two other officers sign, who may not sign it, and a forgery that is marked as one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.console import AXE, BUILT, Console, Seat, console, fits, sign_in
from tests.support.console_approvals import carried_out, proposed
from tests.support.requests import KEY, START, WAITED, trust
from tests.support.signed_pdf import order, signed

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.needs("bwrap"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]
GOOD = signed(order("Case 17/2026"))  # before a browser runs in this thread, with a loop of its own
SEEN = dt.datetime.fromtimestamp(START / 1000, dt.UTC).date().isoformat()
HEAD = "authority,name,country,role,kind,value,uses,source,source_date\n"
COURT = "nm-district-court,District Court of Northmark,nm,court,phone,{},{},https://directory.example/courts,{}\n"
CSV = HEAD + COURT.format("+1 202 555 0179", "call_back", SEEN) + COURT.format("+1 202 555 0155", "clerk", SEEN)
WRONG = HEAD + COURT.format("202 555 0179", "call_back", SEEN)
SPOKEN = ("Case number", "Officer and section", "What is asked, for how many accounts", "The file’s hash")


class Desk:
    """Four legal people at their browsers. Ines and Omar enter the court; Vera takes in and calls back."""

    def __init__(self, given: Console) -> None:
        self.console = given
        self.ines = given.seat("Ines", given.invite("Ines", "legal", first=True))
        self.omar, self.vera, self.wei = (
            given.seat(name, given.invite(name, "legal")) for name in ("Omar", "Vera", "Wei")
        )

    @property
    def seats(self) -> tuple[Seat, ...]:
        return (self.ines, self.omar, self.vera, self.wei)

    def open(self, seat: Seat, path: str) -> Page:
        """A page of the console."""
        seat.page.goto(self.console.url + path)
        return seat.page

    def waits(self, duration: int) -> None:
        """The clock moves on; sessions end meanwhile."""
        self.console.api("POST", "/v1/clock", {"advance": duration})
        for seat in self.seats:
            seat.page.goto(self.console.url + "/signin")
            sign_in(seat.page)

    def carried_out(self, proposer: Seat, other: Seat, *, typed: bool = False) -> None:
        """The approval that the proposer looks at: both sign, the other one carries it out."""
        carried_out(self.console, proposer, other, typed=typed)

    def proposed(self, seat: Seat, why: str) -> None:
        """The dialog is filled in; its approval opens."""
        proposed(seat, why)

    def registered(self) -> None:
        """The court, by a file: tried, handed in, signed by two."""
        page = self.open(self.ines, "/registry")
        choose = page.get_by_label("Choose a CSV file")
        choose.set_input_files({"name": "courts.csv", "mimeType": "text/csv", "buffer": WRONG.encode()})
        expect(page.get_by_text("The file has 1 mistake.")).to_be_visible()
        choose.set_input_files({"name": "courts.csv", "mimeType": "text/csv", "buffer": CSV.encode()})
        expect(page.get_by_text(re.compile("entries would be made"))).to_be_visible()
        fits(self.ines, "registry-tried")
        page.get_by_role("button", name="Hand in this file").click()
        page.get_by_role("button", name="Put before two officers…").click()
        self.proposed(self.ines, "the court's directory of May")
        self.carried_out(self.ines, self.omar)

    def taken_in(self, account: str, phone: str) -> Page:
        """Vera hands the order in, makes a request of it and sets what it is."""
        page = self.open(self.vera, "/desk")
        page.get_by_label("Choose files").first.set_input_files(
            {"name": "order.pdf", "mimeType": "application/pdf", "buffer": GOOD}
        )
        expect(page.locator(".desk-sent .badge")).to_have_count(1)
        page = self.open(self.vera, "/requests")
        page.get_by_role("button", name="Take in a request…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("order.pdf").check()
        dialog.get_by_label("Case number").fill("17/2026")
        dialog.get_by_label("Whom it asks about").fill(f"account {account}")
        dialog.get_by_label("subscriber").check()
        dialog.get_by_label("Authority, as claimed").fill("District Court of Northmark")
        dialog.get_by_label("Phone in the request").fill(phone)
        fits(self.vera, "request-intake")
        dialog.get_by_role("button", name="Take it in").click()
        page.wait_for_url("**/requests/*")
        page.get_by_role("button", name="Triage…").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Authority in the registry").select_option("nm-district-court")
        dialog.get_by_label("Rule pack").select_option("generic")
        dialog.get_by_label("Legal basis").select_option("court_order")
        fits(self.vera, "request-triage")
        dialog.get_by_role("button", name="Set and collect evidence").click()
        expect(dialog).to_have_count(0)
        return page


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    anchors, registry = trust(tmp_path)
    names = tmp_path / "names.json"
    names.write_text("{}")
    folders = {"anchors": anchors, "registry": registry, "names": names}
    with console(tmp_path, desk=folders, simulated_start_ms=START, policy="hardened") as given:
        yield Desk(given)


def panel(page: Page, title: str) -> Locator:
    """The panel with this heading."""
    return page.locator(".panel", has=page.get_by_role("heading", name=title, exact=True))


def owner(given: Console) -> str:
    """An account that an order can name."""
    factors = [{"factor": "password"}, {"factor": "email", "contact": "ana@example.test"}]
    given.api("POST", "/v1/accounts", {"account": "u-1", "factors": factors})
    return "u-1"


def called_back(desk: Desk, account: str) -> str:
    """Vera takes the order in and calls the registry's number; the request's path."""
    page = desk.taken_in(account, "+1 312 555 0100")
    expect(
        page.get_by_role("heading", name="Mail authentication")
        .or_(page.get_by_role("heading", name="Document signature"))
        .first
    ).to_be_visible()
    call = panel(page, "Call-back")
    expect(call.locator(".req-number").first).to_have_text("+12025550179")
    expect(call.get_by_text("Do not ring it")).to_be_visible()
    expect(call.get_by_role("link")).to_have_count(0)
    fits(desk.vera, "request-evidence")
    call.get_by_role("button", name="Record a call-back…").click()
    dialog = page.get_by_role("dialog")
    for each in SPOKEN:
        dialog.get_by_label(each).check()
    dialog.get_by_label("Delivery key, read out group by group").check()
    dialog.get_by_label("Delivery key, as read out").fill(KEY)
    dialog.get_by_label("Spoke to").fill("the clerk on duty")
    fits(desk.vera, "request-call")
    dialog.get_by_role("button", name="Record the call").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", name="Call-back")).to_have_count(2)
    return "/requests/" + page.url.rsplit("/", 1)[-1]


def reviewed(desk: Desk, path: str) -> None:
    """Ines reviews, chooses the fields, and puts it before two officers."""
    page = desk.open(desk.ines, path)
    page.get_by_role("button", name="Legal review…").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("it names the statute")
    page.get_by_role("dialog").get_by_role("button", name="Record the review").click()
    page.get_by_role("link", name="Fields").click()
    page.get_by_role("button", name="Choose exactly these").click()
    expect(panel(page, "Fields to hand out").get_by_text("email", exact=True)).to_be_visible()
    fits(desk.ines, "request-fields")
    page.get_by_role("link", name="History").click()
    fits(desk.ines, "request-history")
    page.get_by_role("button", name="Put before two officers").click()
    expect(page.get_by_text("waits for two officers").first).to_be_visible()


def test_an_order_from_its_documents_to_the_release_that_two_other_officers_sign(desk: Desk) -> None:
    """Nobody who called back signs; a number is the registry's; the inbox says what is missing."""
    account = owner(desk.console)
    page = desk.open(desk.ines, "/requests")
    expect(page.get_by_text("No request yet")).to_be_visible()
    fits(desk.ines, "requests-empty")
    desk.registered()
    desk.waits(WAITED)
    page = desk.open(desk.omar, "/registry")
    page.get_by_role("link", name="District Court of Northmark").first.click()
    expect(page.get_by_text("counts", exact=True).first).to_be_visible()
    fits(desk.omar, "registry-authority")

    path = called_back(desk, account)
    reviewed(desk, path)
    page = desk.open(desk.vera, path)
    expect(page.get_by_role("button", name="Propose release…")).to_have_attribute("aria-disabled", "true")
    page = desk.open(desk.omar, path)
    page.get_by_role("button", name="Propose release…").click()
    desk.proposed(desk.omar, "all of it was checked")
    fits(desk.omar, "request-approval")
    desk.carried_out(desk.omar, desk.wei, typed=True)
    page = desk.open(desk.wei, path)
    expect(page.locator(".page-head").get_by_text("approved", exact=True)).to_be_visible()
    fits(desk.wei, "request-approved")
    page.get_by_role("button", name="中文").first.click()
    expect(page.get_by_role("heading", name="放行规则")).to_be_visible()
    fits(desk.wei, "request-zh")
    for seat in desk.seats:
        assert seat.complaints == []


def test_a_forgery_is_marked_as_one_and_the_report_counts_it(desk: Desk) -> None:
    """The word is typed first; filters live in the URL; whoever has no role for the desk sees none of it."""
    account = owner(desk.console)
    desk.registered()
    page = desk.taken_in(account, "+1 202 555 0178")
    expect(page.get_by_text("No number of the registry counts")).to_be_visible()
    page.get_by_role("button", name="Suspect forgery…").click()
    dialog = page.get_by_role("dialog")
    act = dialog.get_by_role("button", name="Mark suspected forged")
    expect(act).to_have_attribute("aria-disabled", "true")
    reference = dialog.get_by_role("heading").inner_text().split()[1]
    dialog.get_by_label(f"Type {reference} to confirm").fill(reference)
    dialog.get_by_label("Reason").fill("the clerk does not know the case")
    fits(desk.vera, "request-suspect")
    act.click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Nothing is sent.")).to_be_visible()
    fits(desk.vera, "request-suspected")

    page = desk.open(desk.omar, "/requests")
    expect(page.get_by_role("link", name=reference)).to_be_visible()
    page.get_by_label("State").select_option("approved")
    page.wait_for_url("**state=approved**")
    expect(page.get_by_text("No request fits these filters")).to_be_visible()
    page.get_by_role("link", name="Show all open requests").click()
    expect(page.get_by_role("link", name=reference)).to_be_visible()
    fits(desk.omar, "requests-inbox")
    page = desk.open(desk.omar, "/transparency")
    expect(page.locator(".rep-rows").first).to_be_visible()
    fits(desk.omar, "transparency")
    page.get_by_role("button", name="中文").first.click()
    expect(page.get_by_role("heading", name="透明度报告")).to_be_visible()
    desk.open(desk.omar, "/requests")
    fits(desk.omar, "requests-inbox-zh")

    vera = desk.console.seat("Sam", desk.console.invite("Sam", "viewer"))
    expect(vera.page.get_by_role("link", name="Requests")).to_have_count(0)
    desk.open(vera, "/requests")
    expect(vera.page.get_by_text("Your roles do not allow this.").first).to_be_visible()
    assert desk.omar.complaints == []
