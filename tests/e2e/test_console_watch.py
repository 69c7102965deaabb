# SPDX-License-Identifier: Apache-2.0
"""Live watch, accounts and one account of the console: decisions that come while somebody looks, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.console import AXE, BUILT, Console, Seat, console, fits
from tests.support.server import ADDRESS, DAY, HOUR, START

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
VIEWED = "A member of staff looked at the account"


class Desk:
    """A server with accounts, and staff at their browsers."""

    def __init__(self, given: Console) -> None:
        self.console = given
        self.ada = given.seat("Ada", given.invite("Ada", "administrator", first=True))
        self.ines = given.seat("Ines", given.invite("Ines", "fraud"))

    def account(self, name: str) -> str:
        """A new account with four factors, a session, an old device and an old address."""
        contact = {"factor": "email", "contact": f"{name}@example.test"}
        phone = {"factor": "sms", "contact": "+85251234567"}
        address = {"chain": "eth", "address": ADDRESS, "memo": ""}
        self.console.api(
            "POST",
            "/v1/accounts",
            {
                "account": name,
                "phrase": "blue heron",
                "factors": [{"factor": "password"}, {"factor": "totp", "secret": SEED}, contact, phone],
                "objects": [
                    {"kind": "session", "id": "s1", "facts": ["session"]},
                    {"kind": "device", "id": "d1", "facts": ["device"], "since": START - 30 * DAY},
                    {"kind": "address", "address": address, "facts": ["address"], "since": START - 90 * DAY},
                ],
            },
        )
        return name

    def suspected(self, account: str, evidence: str = "SIM changed 3 h ago, says the carrier") -> str:
        """A new account whose SIM is suspected, with a withdrawal asked for; the evidence."""
        self.account(account)
        body = {"capability": "sim_swap", "until": START + 72 * HOUR, "evidence": evidence}
        self.console.api("POST", f"/v1/accounts/{account}/suspicions", body)
        self.withdraw(account, "1200.00")
        return evidence

    def withdraw(self, account: str, amount: str = "100.00") -> Any:
        """Ask for a withdrawal to the old address."""
        payment = {
            "asset": "USD",
            "amount": amount,
            "chain": "eth",
            "destination": ADDRESS,
            "audience": "hot-wallet",
        }
        body = {"action": "withdraw_small", "objects": {"session": "s1", "device": "d1"}, "payment": payment}
        return self.console.api("POST", f"/v1/accounts/{account}/actions", body | {"source": "203.0.113.7"})

    def open(self, seat: Seat, path: str) -> Page:
        """A page of the console."""
        seat.page.goto(self.console.url + path)
        return seat.page

    def enter(self, seat: Seat, account: str, case: str = "") -> Page:
        """The page of an account, with the purpose given."""
        page = self.open(seat, f"/accounts/{account}")
        heading = page.get_by_role("heading", name="Why do you open this account?")
        factors = page.get_by_role("heading", name="Factors")
        expect(heading.or_(factors)).to_be_visible()
        if heading.is_visible():
            page.get_by_label("The owner contacted us").check()
            page.get_by_label("Case or ticket").fill(case)
            page.get_by_role("button", name="Open account").click()
        expect(factors).to_be_visible()
        return page


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with console(tmp_path_factory.mktemp("console")) as given:
        yield Desk(given)


@pytest.fixture(autouse=True)
def no_complaints(desk: Desk) -> Iterator[None]:
    """Whatever the browser complains about (an error, the content security policy) fails the test."""
    yield
    assert desk.ada.complaints + desk.ines.complaints == []


def rows(page: Page) -> Any:
    return page.locator(".decisions tbody tr")


def live(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text=re.compile("^Live$"))).to_be_visible()


def test_before_the_first_decision_the_watch_says_what_will_come(desk: Desk) -> None:
    page = desk.open(desk.ines, "/")
    expect(page.get_by_role("heading", name="No decision yet")).to_be_visible()
    live(page)
    fits(desk.ines, "watch-empty")


def test_a_decision_made_while_the_page_is_open_appears_with_its_reasons(desk: Desk) -> None:
    """It comes by the stream; opened by the keyboard, it tells all; its address leads others to it."""
    page = desk.open(desk.ines, "/")
    live(page)
    desk.account("u-live")
    desk.withdraw("u-live", "250.00")
    row = rows(page).filter(has_text="u-live")
    expect(row).to_contain_text("250.00 USD")
    expect(row.get_by_text("challenge")).to_be_visible()
    row.focus()
    page.keyboard.press("Enter")
    detail = page.get_by_role("complementary", name="Decision")
    expect(detail).to_contain_text(ADDRESS)
    expect(detail).to_contain_text("203.0.113.7")
    expect(detail.get_by_role("heading", name="Reasons")).to_be_visible()
    expect(detail.get_by_role("heading", name="Any one of these would do")).to_be_visible()
    line = detail.get_by_role("link", name=re.compile("withdraw_small, line [0-9]+"))
    href = line.get_attribute("href") or ""
    assert re.search(r"/policies\?line=[1-9]", href), href
    address = page.url
    assert "decision=" in address
    fits(desk.ines, "watch-detail")
    page.goto(address + "&outcome=deny")  # not in the list then: it is read for itself
    expect(page.get_by_role("complementary", name="Decision")).to_contain_text("250.00 USD")
    page.get_by_role("button", name="Close the decision").click()
    assert "decision=" not in page.url


def test_the_rule_of_a_decision_opens_at_its_line(desk: Desk) -> None:
    page = desk.open(desk.ines, "/policies?line=40")
    expect(page.locator('.editor [data-line="40"]')).to_have_class("hit")
    expect(page.locator('.editor [data-line="40"]')).to_be_in_viewport()


def test_sums_fields_and_lists_filter_and_stand_in_the_address(desk: Desk) -> None:
    for name in ("u-one", "u-two"):
        desk.account(name)
        desk.withdraw(name)
    desk.console.api("POST", "/v1/accounts/u-two/freeze", {"kind": "owner"})
    desk.withdraw("u-two", "99.00")
    page = desk.open(desk.ines, "/")
    expect(rows(page).filter(has_text="u-two")).to_have_count(2)
    page.get_by_role("group", name="Outcome, last 30 minutes").get_by_role("button", name="deny").click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("frozen")
    assert "outcome=deny" in page.url
    page.get_by_role("button", name="Remove the filter").click()
    page.get_by_label("Account, whole id").fill("u-one")
    expect(rows(page)).to_have_count(1)
    assert "account=u-one" in page.url
    desk.withdraw("u-two", "98.00")
    desk.withdraw("u-one", "97.00")
    expect(rows(page)).to_have_count(2)  # the stream is filtered as well
    page.get_by_label("Text in these rows").fill("97.00 usd")
    expect(rows(page)).to_have_count(1)
    page.reload()
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Text in these rows").fill("nothing like this")
    expect(page.get_by_role("heading", name="No decision passes these filters")).to_be_visible()
    page.get_by_label("Account, whole id").fill("not an id")
    expect(page.get_by_text("This cannot be an account id").first).to_be_visible()
    fits(desk.ines, "watch-filtered")


def test_pause_counts_what_waits_and_continue_shows_it(desk: Desk) -> None:
    desk.account("u-pause")
    page = desk.open(desk.ines, "/?account=u-pause")
    live(page)
    expect(page.get_by_role("heading", name="No decision passes these filters")).to_be_visible()
    page.locator("body").press("Space")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    for amount in ("11.00", "12.00"):
        desk.withdraw("u-pause", amount)
    button = page.get_by_role("button", name="Continue, 2 wait")
    expect(button).to_be_visible()
    expect(rows(page)).to_have_count(0)
    fits(desk.ines, "watch-paused")
    button.click()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first).to_contain_text("12.00 USD")
    expect(page.get_by_role("button", name="Pause Space")).to_be_visible()


def test_a_lost_connection_is_told_and_what_was_missed_comes_after_it(desk: Desk) -> None:
    desk.account("u-lost")
    page = desk.ines.page

    def refused(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body='{"code": "streams_full"}')

    page.route("**/v1/decisions/stream*", refused)
    try:
        desk.open(desk.ines, "/?account=u-lost")
        expect(page.get_by_text("Not live")).to_be_visible(timeout=15_000)
        expect(page.get_by_text("The connection has been lost since")).to_be_visible()
        fits(desk.ines, "watch-lost")
        desk.withdraw("u-lost", "13.00")
    finally:
        page.unroute("**/v1/decisions/stream*")
    page.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_contain_text("13.00 USD")
    live(page)


def test_accounts_are_found_by_the_beginning_of_their_id_and_by_queue(desk: Desk) -> None:
    for name in ("v-alpha", "v-beta"):
        desk.account(name)
    desk.console.api("POST", "/v1/accounts/v-beta/freeze", {"kind": "owner"})
    page = desk.open(desk.ines, "/accounts")
    page.get_by_label("Beginning of an account id").fill("v-")
    table = page.get_by_role("table", name="Accounts")
    expect(table.get_by_role("link")).to_have_text(["v-alpha", "v-beta"])
    page.get_by_role("button", name=re.compile("^Frozen")).click()
    expect(table.get_by_role("link")).to_have_text(["v-beta"])
    fits(desk.ines, "accounts")
    page.get_by_label("Beginning of an account id").fill("nobody")
    expect(page.get_by_role("heading", name="No account id begins with nobody")).to_be_visible()
    fits(desk.ines, "accounts-none")
    page.get_by_role("button", name="Show all accounts").click()
    row = table.get_by_role("row").filter(has_text="v-beta")
    row.focus()
    row.press("Enter")
    expect(page).to_have_url(re.compile("/accounts/v-beta$"))


def test_an_account_is_read_only_with_a_purpose_and_the_look_is_logged(desk: Desk) -> None:
    """Nothing of the account is asked for before the purpose is given; the form insists; the time line shows it."""
    desk.account("w-1")
    page = desk.ines.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/accounts/w-1" in request.url else None)
    desk.open(desk.ines, "/accounts/w-1")
    expect(page.get_by_role("heading", name="Why do you open this account?")).to_be_visible()
    go = page.get_by_role("button", name="Open account")
    expect(go).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("Choose a purpose first.")).to_be_visible()
    go.click(force=True)
    assert asked == []
    fits(desk.ines, "account-purpose")
    page.get_by_label("Something else").check()
    expect(page.get_by_text("Say what for.")).to_be_visible()
    page.get_by_label("What for").fill("weekly sample 案件 7")
    go.click()
    expect(page.get_by_role("heading", name="Factors")).to_be_visible()
    line = page.get_by_role("listitem").filter(has_text=VIEWED)
    expect(line.first).to_contain_text("weekly sample 案件 7")
    page.reload()
    expect(page.get_by_role("heading", name="Factors")).to_be_visible()  # kept for the visit
    page.goto(desk.console.url + "/accounts")
    expect(
        page.get_by_role("navigation", name="Opened in this tab").get_by_role("link", name="w-1")
    ).to_be_visible()


def test_the_page_of_an_account_shows_all_that_stands(desk: Desk) -> None:
    """Suspicion with its evidence, factors, ages, the open action and what it waits for, posture, time line."""
    evidence = desk.suspected("w-2")
    page = desk.enter(desk.ines, "w-2", "case 41")
    suspicions = page.get_by_role("region", name="Suspicions")
    expect(suspicions).to_contain_text("sim_swap")
    expect(suspicions).to_contain_text(evidence)
    factors = page.get_by_role("table", name="Factors")
    for name in ("password", "totp", "email", "sms"):
        expect(factors.get_by_role("rowheader", name=re.compile(f"^{name}"))).to_be_visible()
    expect(factors.get_by_role("row").filter(has_text="sms")).to_contain_text("does not count")
    expect(factors.get_by_text("never used").first).to_be_visible()
    device = page.get_by_role("table", name="Objects").get_by_role("row").filter(has_text="d1")
    expect(device).to_contain_text(re.compile("[0-9]+ d"))
    pending = page.get_by_role("region", name="Waiting and open")
    expect(pending).to_contain_text("withdraw_small")
    expect(pending).to_contain_text("Waiting does not end this")
    posture = page.get_by_role("region", name="If this happened now")
    expect(posture.locator(".win").first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("region", name="Time line")).to_contain_text("Suspicion of")
    fits(desk.ines, "account")


def test_a_freeze_on_the_owners_word_takes_one_step_and_lifting_it_an_approval(desk: Desk) -> None:
    desk.account("w-3")
    page = desk.enter(desk.ines, "w-3")
    page.get_by_role("button", name="Freeze…", exact=True).click()
    fits(desk.ines, "account-freeze")
    page.get_by_role("dialog").get_by_role("button", name="Freeze account").click()
    expect(page.get_by_text("Frozen by its owner")).to_be_visible()
    assert desk.console.api("GET", "/v1/accounts/w-3")["freezes"]
    fits(desk.ines, "account-frozen")
    page.get_by_role("button", name="Lift freeze…").click()
    dialog = page.get_by_role("dialog")
    propose = dialog.get_by_role("button", name="Propose")
    expect(propose).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Reason").fill("reached the owner on the number we had before")
    propose.click()
    expect(page).to_have_url(re.compile("/approvals/[^/]+$"))
    expect(page.get_by_text("w-3").first).to_be_visible()
    assert desk.console.api("GET", "/v1/accounts/w-3")["freezes"], "a proposal lifts nothing"
    page = desk.enter(desk.ines, "w-3")
    expect(page.get_by_text("Lift all freezes of w-3: 0 of 2 have signed.")).to_be_visible()


def test_what_is_not_there_or_not_allowed_is_told(desk: Desk) -> None:
    page = desk.open(desk.ines, "/accounts/no-such")
    page.get_by_label("Working on an incident").check()
    page.get_by_role("button", name="Open account").click()
    expect(page.get_by_role("heading", name="There is no account no-such")).to_be_visible()
    page = desk.open(desk.ada, "/accounts")
    expect(page.get_by_role("heading", name="Accounts are not for your roles")).to_be_visible()
    page = desk.open(desk.ada, "/accounts/w-3")
    expect(page.get_by_role("heading", name="Accounts are not for your roles")).to_be_visible()
    expect(page.get_by_text("Why do you open this account?")).to_have_count(0)


def test_the_pages_speak_chinese(desk: Desk) -> None:
    desk.suspected("w-4")
    desk.console.api("POST", "/v1/accounts/w-4/freeze", {"kind": "owner"})
    desk.withdraw("w-4", "99.00")
    page = desk.enter(desk.ines, "w-4")
    page.evaluate("localStorage.setItem('counterseal.language', 'zh')")
    try:
        page.reload()
        expect(page.get_by_role("heading", name="验证方式")).to_be_visible()
        expect(page.get_by_role("region", name="时间线")).to_contain_text("怀疑存在")
        fits(desk.ines, "account-zh")
        desk.open(desk.ines, "/?account=w-4")
        expect(page.get_by_role("heading", name="实时监看")).to_be_visible()
        expect(page.get_by_text("账户已冻结").first).to_be_visible()
        fits(desk.ines, "watch-zh")
    finally:
        page.evaluate("localStorage.removeItem('counterseal.language')")
