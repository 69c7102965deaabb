# SPDX-License-Identifier: Apache-2.0
"""Approvals, policies and the log of the console: officers in their own browsers with their own authenticators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from counterseal.settings import WitnessSettings
from tests.support.console import AXE, BUILT, Console, Seat, console, fits

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]

REASON = "Reached the owner on the number we had before"
PROPOSE = """async ([operation, body, reason]) => {
  const headers = {"Content-Type": "application/json", "X-Counterseal": "console",
    "Idempotency-Key": crypto.randomUUID()};
  const sent = JSON.stringify({operation, body, reason});
  const reply = await fetch("/v1/approvals", {method: "POST", headers, body: sent});
  return [reply.status, await reply.json()];
}"""


class Office:
    """A server with officers, each signed in at a browser of their own."""

    def __init__(self, given: Console) -> None:
        self.console = given
        self.ada = given.seat("Ada", given.invite("Ada", "administrator", first=True))
        self.ines = given.seat("Ines", given.invite("Ines", "fraud"))
        self.omar = given.seat("Omar", given.invite("Omar", "legal", account="u-own"))
        self.vic = given.seat("Vic", given.invite("Vic", "viewer"))
        self.accounts = 0

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Everybody."""
        return (self.ada, self.ines, self.omar, self.vic)

    def frozen(self, account: str = "") -> str:
        """A new account, frozen by its owner."""
        self.accounts += 1
        name = account or f"u-{self.accounts}"
        contact = {"factor": "email", "contact": f"{name}@example.test"}
        body = {"account": name, "phrase": "blue heron", "factors": [{"factor": "password"}, contact]}
        self.console.api("POST", "/v1/accounts", body)
        self.console.api("POST", f"/v1/accounts/{name}/freeze", {"kind": "owner"})
        return name

    def is_frozen(self, account: str) -> bool:
        """Whether any freeze stands."""
        return bool(self.console.api("GET", f"/v1/accounts/{account}")["freezes"])

    def checkpoint(self, page: Page) -> str:
        """The size that was signed last."""
        read = "async () => (await (await fetch('/v1/log/checkpoint')).text()).split('\\n')[1]"
        size: str = page.evaluate(read)
        return size

    def propose(self, seat: Seat, operation: str, body: Any = None) -> Any:
        """A proposal by this person."""
        status, made = seat.page.evaluate(PROPOSE, [operation, body, REASON])
        assert status == 201, made
        return made["id"]

    def open(self, seat: Seat, path: str) -> Page:
        """A page of the console."""
        seat.page.goto(self.console.url + path)
        return seat.page


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("console")
    outside = WitnessSettings(name="safe", file=tmp_path_factory.mktemp("outside") / "seen.txt")
    with console(folder, policy="okx-2024", witnesses=(outside,), witness_interval_ms=1_000) as given:
        yield Office(given)


@pytest.fixture(autouse=True)
def no_complaints(office: Office) -> Iterator[None]:
    """Whatever the browser complains about (an error, the content security policy) fails the test."""
    yield
    assert [complaint for seat in office.seats for complaint in seat.complaints] == []


def sign(page: Page) -> None:
    page.get_by_role("button", name="Sign with passkey").click()


def test_two_officers_lift_a_freeze(office: Office) -> None:
    """Ines proposes and signs, may not sign twice, Omar signs in his own browser and carries it out."""
    account = office.frozen()
    approval = office.propose(office.ines, f"POST /v1/accounts/{account}/unfreeze")

    page = office.open(office.ines, "/approvals")
    fits(office.ines, "approvals")
    page.get_by_role("link", name=f"Lift all freezes of {account}").click()
    expect(page.get_by_text("computed the same hash")).to_be_visible()
    fits(office.ines, "approval-open")
    sign(page)
    expect(page.get_by_text("One more person has to sign")).to_be_visible()
    again = page.get_by_role("button", name="Sign with passkey")
    expect(again).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("You have signed. The second signature takes another person.")).to_be_visible()
    again.click(force=True)
    assert office.is_frozen(account)

    page = office.open(office.omar, f"/approvals/{approval}")
    sign(page)
    expect(page.get_by_text("It can be carried out now")).to_be_visible()
    assert office.is_frozen(account)
    page.get_by_role("button", name="Carry out…").click()
    dialog = page.get_by_role("dialog")
    act = dialog.get_by_role("button", name="Carry out")
    expect(act).to_have_attribute("aria-disabled", "true")
    act.click(force=True)
    assert office.is_frozen(account)
    fits(office.omar, "approval-dialog")
    dialog.get_by_label(f"Type {account} to confirm").fill(account)
    act.click()
    expect(page.get_by_text("Carried out by Omar")).to_be_visible()
    assert not office.is_frozen(account)
    fits(office.omar, "approval-used")

    page = office.open(office.ines, "/approvals?view=done")
    row = page.get_by_role("row").filter(has_text=account)
    expect(row.get_by_text("carried out")).to_be_visible()
    row.focus()
    row.press("Enter")
    expect(page).to_have_url(re.compile(approval))


def test_the_same_person_twice_is_refused_by_the_server(office: Office) -> None:
    """Past the button: the same passkey over the same approval again."""
    approval = office.propose(office.ines, f"POST /v1/accounts/{office.frozen()}/unfreeze")
    page = office.open(office.ines, f"/approvals/{approval}")
    sign(page)
    expect(page.get_by_text("One more person has to sign")).to_be_visible()
    found = page.evaluate(
        """async (approval) => {
          const headers = {"X-Counterseal": "console", "Idempotency-Key": crypto.randomUUID()};
          const reply = await fetch(`/v1/approvals/${approval}/options`, {method: "POST", headers});
          return [reply.status, (await reply.json()).code];
        }""",
        approval,
    )
    assert found == [403, "approval_same_person"]


def test_a_colleague_who_signs_meanwhile_is_seen_as_refused(office: Office) -> None:
    """The page still offers to sign; the server says why not, and the page says it in words."""
    approval = office.propose(office.ines, f"POST /v1/accounts/{office.frozen()}/unfreeze")
    page = office.open(office.omar, f"/approvals/{approval}")
    expect(page.get_by_role("button", name="Sign with passkey")).to_be_visible()
    other = office.open(office.ines, f"/approvals/{approval}")
    other.get_by_role("button", name="Reject…").click()
    other.get_by_label("Reason").fill("the owner called back: it was not them")
    other.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(other.get_by_text("Rejected by Ines")).to_be_visible()
    sign(page)
    expect(page.get_by_role("alert")).to_contain_text("This approval is over")
    expect(page.get_by_text("the owner called back: it was not them")).to_be_visible()
    expect(page.get_by_text("Never signed").first).to_be_visible()


def test_a_passkey_that_does_not_recognise_the_person_signs_nothing(office: Office) -> None:
    """No user verification, no signature: the page says that nothing was signed."""
    approval = office.propose(office.ines, f"POST /v1/accounts/{office.frozen()}/unfreeze")
    page = office.open(office.omar, f"/approvals/{approval}")
    office.omar.verified(good=False)
    try:
        sign(page)
        expect(page.get_by_text("Nothing was signed")).to_be_visible()
    finally:
        office.omar.verified(good=True)
    expect(page.get_by_text("Open: anybody")).to_have_count(2)


def test_who_may_not_sign_reads_why(office: Office) -> None:
    """One's own account, a role that does not reach the operation, a role without approvals."""
    own = office.propose(office.ines, f"POST /v1/accounts/{office.frozen('u-own')}/unfreeze")
    page = office.open(office.omar, f"/approvals/{own}")
    expect(page.get_by_text("This is about your own account")).to_be_visible()
    expect(page.get_by_role("button", name="Sign with passkey")).to_have_attribute("aria-disabled", "true")

    page = office.open(office.ada, f"/approvals/{own}")
    expect(page.get_by_text(re.compile("Your roles do not reach this operation.*staff:officer"))).to_be_visible()

    page = office.open(office.vic, "/approvals")
    expect(page.get_by_text("Approvals are not for your role")).to_be_visible()
    fits(office.vic, "approvals-no-role")


def test_what_protects_needs_no_typing(office: Office) -> None:
    """A staff freeze is carried out after two signatures with one press in the dialog."""
    account = office.frozen()
    approval = office.propose(office.omar, f"POST /v1/accounts/{account}/staff-freeze")
    for seat in (office.omar, office.ines):
        page = office.open(seat, f"/approvals/{approval}")
        sign(page)
        expect(page.get_by_text(re.compile("^Signed[.]"))).to_be_visible()
    page.get_by_role("button", name="Carry out…").click()
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_count(0)
    page.get_by_role("dialog").get_by_role("button", name="Carry out").click()
    expect(page.get_by_text("Carried out by Ines")).to_be_visible()


def test_the_policies_page_shows_what_the_prover_found(office: Office) -> None:
    """Verdicts, heat table by keyboard, path picture, steps that lead to the policy's line."""
    page = office.open(office.ines, "/policies")
    expect(page.locator(".heat")).to_be_visible(timeout=60_000)
    expect(page.locator(".path-picture img")).to_be_visible()
    expect(page.get_by_text("Owner’s side.")).to_be_visible()
    for held in page.locator(".prop").filter(has=page.locator('[data-o="pass"]')).all():
        expect(held.locator(".prop__r").last).to_contain_text("Rests on")
    fits(office.ines, "policies")

    cell = page.locator('.heat button[tabindex="0"]')
    cell.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    capabilities, _, rest = label.partition(", ")
    outflow = rest.partition(":")[0]
    head = page.locator("#path .panel__head")
    expect(head).to_contain_text(outflow)
    for name in capabilities.split(" + "):
        expect(head).to_contain_text(name)
    expect(page).to_have_url(re.compile("cell="))
    line = page.locator(".line-link").last
    number = line.inner_text()
    line.click()
    expect(page.locator(f'.editor [data-line="{number}"]')).to_have_class("hit")
    expect(page.locator(f'.editor [data-line="{number}"]')).to_be_in_viewport()
    width = page.locator(".path-picture img").evaluate("image => image.naturalWidth")
    assert width > 500

    page.get_by_label("Kind of account").select_option("totp_user")
    expect(page).to_have_url(re.compile("profile=totp_user"))
    expect(page.locator(".heat")).to_be_visible()


def test_the_log_is_verified_in_the_browser(office: Office, tmp_path: Path) -> None:
    """First visit keeps the key; later ones prove consistency; a forged memory is noticed; a proof is saved."""
    page = office.open(office.omar, "/log")
    expect(page.get_by_text("First visit: this browser now keeps the key")).to_be_visible()
    witnesses = page.get_by_role("region", name="Witnesses")
    expect(witnesses.get_by_role("row").filter(has_text="file:seen.txt")).to_contain_text("holds the latest")
    fits(office.omar, "log")
    before = office.checkpoint(page)
    office.frozen()
    office.console.api("POST", "/v1/clock", {"advance": 120_000})  # the next checkpoint becomes due
    for _ in range(100):
        if office.checkpoint(page) != before:
            break
        page.wait_for_timeout(100)
    page.reload()
    expect(page.get_by_text("The log is intact")).to_be_visible()
    expect(page.get_by_text(re.compile("Consistency proof of [0-9]+ hash"))).to_be_visible()
    page.get_by_label("Go to position").fill("0")
    page.get_by_role("button", name="Go", exact=True).click()
    page.get_by_role("button", name="Check entry 0", exact=True).click()
    expect(page.get_by_text("Entry 0 is in the log")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the proof of entry 0", exact=True).click()
    saved.value.save_as(tmp_path / "proof.json")
    assert b'"leaf_hash"' in (tmp_path / "proof.json").read_bytes()

    page.evaluate(
        """() => {
          const kept = JSON.parse(localStorage.getItem("counterseal.log"));
          const lines = kept.note.split("\\n");
          lines[1] = String(Number(lines[1]) + 1);
          localStorage.setItem("counterseal.log", JSON.stringify({...kept, note: lines.join("\\n")}));
        }"""
    )
    page.reload()
    expect(page.get_by_text("The log does not verify")).to_be_visible()
    fits(office.omar, "log-bad")
    page.get_by_role("button", name="Forget what was seen…").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The log is intact")).to_be_visible()
