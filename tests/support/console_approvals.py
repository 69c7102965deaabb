# SPDX-License-Identifier: Apache-2.0
"""What takes two in the console: proposed in a dialog, signed by two at their browsers, and carried out."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.console import Console, Seat


def proposed(seat: Seat, why: str) -> None:
    """The open dialog is filled in with its reason; its approval opens."""
    dialog = seat.page.get_by_role("dialog")
    dialog.get_by_label(re.compile("^Reason")).fill(why)
    dialog.get_by_role("button", name="Propose").click()
    seat.page.wait_for_url("**/approvals/*")


def carried_out(given: Console, proposer: Seat, other: Seat, *, typed: bool = False, signed: bool = False) -> None:
    """The approval that the proposer looks at: both sign, the other one carries it out. `signed`: the proposer has
    signed already."""
    path = given.url + "/approvals/" + proposer.page.url.rsplit("/", 1)[-1]
    if not signed:
        proposer.page.goto(path)
        proposer.page.get_by_role("button", name="Sign with passkey").click()
        expect(proposer.page.get_by_text("One more person has to sign")).to_be_visible()
    other.page.goto(path)
    other.page.get_by_role("button", name="Sign with passkey").click()
    expect(other.page.get_by_text("It can be carried out now")).to_be_visible()
    other.page.get_by_role("button", name="Carry out…").click()
    dialog = other.page.get_by_role("dialog")
    if typed:
        field = dialog.get_by_label(re.compile("^Type .* to confirm$"))
        label = dialog.locator("label", has_text="to confirm").inner_text()
        field.fill(label.removeprefix("Type ").removesuffix(" to confirm"))
    dialog.get_by_role("button", name="Carry out").click()
    expect(dialog).to_have_count(0)
