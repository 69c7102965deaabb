# SPDX-License-Identifier: Apache-2.0
"""Brakes and break-glass in the console: seen on every page, proposed, signed by two, carried out, ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.console import AXE, BUILT, Console, Seat, console, fits

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]


class Two:
    """Two officers at their own browsers."""

    def __init__(self, given: Console) -> None:
        self.console = given
        self.ada = given.seat("Ada", given.invite("Ada", "administrator", first=True))
        self.ines = given.seat("Ines", given.invite("Ines", "fraud"))
        self.omar = given.seat("Omar", given.invite("Omar", "legal"))

    def open(self, seat: Seat, path: str) -> Page:
        """A page of the console."""
        seat.page.goto(self.console.url + path)
        return seat.page

    def carry_out(self, path: str, *, word: str = "") -> None:
        """Both sign what Ines has proposed, and Omar carries it out."""
        expect(self.ines.page.get_by_role("button", name="Sign with passkey")).to_be_visible()
        self.ines.page.get_by_role("button", name="Sign with passkey").click()
        expect(self.ines.page.get_by_text("One more person has to sign")).to_be_visible()
        page = self.open(self.omar, path)
        page.get_by_role("button", name="Sign with passkey").click()
        expect(page.get_by_text("It can be carried out now")).to_be_visible()
        page.get_by_role("button", name="Carry out…").click()
        if word:
            page.get_by_role("dialog").get_by_label(f"Type {word} to confirm").fill(word)
        page.get_by_role("dialog").get_by_role("button", name="Carry out").click()
        expect(page.get_by_text("Carried out.")).to_be_visible()

    def proposed(self) -> str:
        """The path of the approval that Ines looks at."""
        self.ines.page.wait_for_url("**/approvals/*")
        return "/approvals/" + self.ines.page.url.rsplit("/", 1)[-1]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    with console(tmp_path) as given:
        yield Two(given)


def test_two_officers_stop_an_asset_and_let_it_go_on(two: Two) -> None:
    """Everybody sees it above every page, an administrator too; lifting it takes two again."""
    page = two.open(two.ines, "/settings?part=brakes")
    expect(page.get_by_text("Nothing is stopped")).to_be_visible()
    page.get_by_role("button", name="Stop something…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What", exact=True).fill("USDT")
    dialog.get_by_label("Reason").fill("The issuer halted transfers")
    fits(two.ines, "brake-dialog")
    dialog.get_by_role("button", name="Propose").click()
    path = two.proposed()
    expect(page.get_by_role("heading", name="Stop USDT on every account")).to_be_visible()
    two.carry_out(path)
    for seat, where in ((two.ada, "/policies"), (two.ines, "/")):
        page = two.open(seat, where)
        expect(page.get_by_text("USDT is stopped on every account.")).to_be_visible()
        expect(page.get_by_text("The issuer halted transfers")).to_be_visible()
    fits(two.ines, "brake-banner")
    page = two.open(two.ines, "/settings?part=brakes")
    fits(two.ines, "brake-list")
    page.get_by_role("button", name="Lift…").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("Transfers run again")
    page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    two.carry_out(two.proposed())
    page = two.open(two.ines, "/settings?part=brakes")
    expect(page.get_by_text("Nothing is stopped")).to_be_visible()
    expect(page.get_by_text("USDT is stopped")).to_have_count(0)


def test_break_glass_stands_on_the_account_page_and_anybody_ends_it(two: Two) -> None:
    """Proposed there, its subject typed before it is done; closed at once by one person."""
    contact = {"factor": "email", "contact": "u-1@example.test"}
    two.console.api("POST", "/v1/accounts", {"account": "u-1", "factors": [{"factor": "password"}, contact]})
    page = two.open(two.ines, "/accounts/u-1")
    page.get_by_label("Checking a decision or a suspicion").check()
    page.get_by_role("button", name="Open account").click()
    page.get_by_role("button", name="Break-glass…").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("Came to the branch with a passport")
    fits(two.ines, "glass-dialog")
    page.get_by_role("dialog").get_by_role("button", name="Propose").click()
    two.carry_out(two.proposed(), word="u-1")
    page = two.open(two.ines, "/accounts/u-1")
    expect(page.get_by_text("Break-glass until")).to_be_visible()
    fits(two.ines, "glass-banner")
    page.get_by_role("button", name="Close now").click()
    expect(page.get_by_text("Break-glass until")).to_have_count(0)
