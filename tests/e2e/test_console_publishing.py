# SPDX-License-Identifier: Apache-2.0
"""Versions of the policy in the console: written, proved, tried, put in force by two, rolled back, refused; the
checker. A small vocabulary keeps what the prover does short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from counterseal.gateways.packs import packs_directory
from tests.support.console import AXE, BUILT, PICTURES, Console, Seat, console, fits

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]

PACK = (packs_directory() / "okx-2024.yaml").read_text("utf-8")
HOLD = " and since(weakened) >= 24h"
LOOSER = PACK.replace(HOLD, "")
STRICTER = PACK.replace(HOLD, " and since(weakened) >= 48h")
OPEN = PACK.replace(
    f"require: session and second and fundpw{HOLD} and since(new_device) >= 24h", "require: session"
)
ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"
PROVED = 60_000
"""ms that a verdict may take on a busy machine."""


def one_profile(folder: Path) -> Path:
    """The shipped vocabulary with one kind of account."""
    lines = (packs_directory() / "vocabulary.yaml").read_text("utf-8").splitlines(keepends=True)
    start = next(index for index, line in enumerate(lines) if line.startswith("profiles:"))
    found = folder / "vocabulary.yaml"
    found.write_text("".join(lines[: start + 4]), "utf-8")
    return found


class House:
    """An editor, two publishers and somebody who sees accounts, each at their own browser."""

    def __init__(self, given: Console) -> None:
        self.console = given
        self.eva = given.seat("Eva", given.invite("Eva", "policy_editor", first=True))
        self.paul = given.seat("Paul", given.invite("Paul", "policy_publisher"))
        self.pia = given.seat("Pia", given.invite("Pia", "policy_publisher"))

    @property
    def seats(self) -> tuple[Seat, ...]:
        return (self.eva, self.paul, self.pia)

    def open(self, seat: Seat, path: str) -> Page:
        """A page of the console."""
        seat.page.goto(self.console.url + path)
        return seat.page

    def versions(self) -> Any:
        """What the API says of them."""
        return self.console.api("GET", "/v1/policy/versions")

    def drafted(self, text: str, note: str) -> str:
        """Eva writes a version; its id, when the verdict is there."""
        page = self.open(self.eva, "/policies/versions/new")
        page.get_by_label("Policy", exact=True).fill(text)
        page.get_by_label("Note").fill(note)
        page.get_by_role("button", name="Upload and examine").click()
        page.wait_for_url(re.compile("/policies/versions/[0-9a-f]{64}$"))
        expect(page.get_by_text("Digest of the verdict")).to_be_visible(timeout=PROVED)
        return page.url.rsplit("/", 1)[-1]

    def proposed(self, version: str, why: str, button: str = "Propose to publish…") -> str:
        """Paul puts it before two; the path of the approval."""
        page = self.open(self.paul, f"/policies/versions/{version}")
        expect(page.get_by_text("Digest of the verdict")).to_be_visible(timeout=PROVED)
        page.get_by_role("button", name=button).click()
        page.get_by_role("dialog").get_by_label("Why").fill(why)
        if PICTURES:
            fits(self.paul, "publishing-propose")
        page.get_by_role("dialog").get_by_role("button", name="Put before two people").click()
        page.wait_for_url("**/approvals/*")
        return "/approvals/" + page.url.rsplit("/", 1)[-1]

    def signed(self, path: str) -> Page:
        """Both sign; the approval as Pia sees it."""
        for seat, said in ((self.paul, "One more person has to sign"), (self.pia, "It can be carried out now")):
            page = self.open(seat, path)
            page.get_by_role("button", name="Sign with passkey").click()
            expect(page.get_by_text(said)).to_be_visible()
        return self.pia.page

    def carried_out(self, page: Page, *, word: str = "") -> None:
        """Press it; the word is typed where harm is done."""
        page.get_by_role("button", name="Carry out…").click()
        dialog = page.get_by_role("dialog")
        if word:
            dialog.get_by_label(f"Type {word} to confirm").fill(word)
        dialog.get_by_role("button", name="Carry out").click()
        expect(dialog).to_have_count(0)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with console(tmp_path, policy="okx-2024", vocabulary=one_profile(tmp_path)) as given:
        made = House(given)
        yield made
        assert [complaint for seat in made.seats for complaint in seat.complaints] == []


def row(page: Page, number: int) -> Locator:
    """The row of a version."""
    return page.get_by_role("row").filter(has_text=f"version {number}")


def test_a_version_from_its_text_into_force_and_back(house: House) -> None:
    """Refused with every fault at its line, proved weaker, signed by two, in force, rolled back by two."""
    page = house.open(house.eva, "/policies")
    if PICTURES:
        expect(page.get_by_role("heading", name="Properties")).to_be_visible(timeout=PROVED)
        fits(house.eva, "publishing-in-force")
    page.get_by_role("navigation", name="Policies").get_by_role("link", name="Versions").click()
    expect(row(page, 1)).to_contain_text("in force")
    expect(page.get_by_role("region", name="In force now")).to_contain_text("the server’s settings")
    page.get_by_role("link", name="Write a new version").click()
    refused(house, page)

    version = house.drafted(LOOSER, "no hold after a weakening")
    page = house.eva.page
    gained = page.get_by_role("table", name="Became weaker")
    expect(gained.locator("tbody tr").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"It is weaker in \d+ cases?\."))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Propose"))).to_have_count(0)  # an editor does not
    page.get_by_role("button", name="Changes").click()
    removed = page.locator("[data-change=removed]")
    expect(removed.first).to_contain_text("since(weakened) >= 24h")
    assert removed.count() == page.locator("[data-change=added]").count() == PACK.count(HOLD)
    fits(house.eva, "publishing-version")
    chinese(house.eva, "publishing-version-zh", "okx-2024，版本 2")

    path = house.proposed(version, "owners wait too long")
    page = house.paul.page
    expect(page.get_by_role("heading", name=re.compile("which is weaker, in force"))).to_be_visible()
    panel = page.get_by_role("region", name="What changes in the policy")
    expect(panel.get_by_text(re.compile("^With .+, the owner has .+ before value leaves by")).first).to_be_visible()
    fits(house.paul, "publishing-approval")
    chinese(house.paul, "publishing-approval-zh", f"使变弱的策略版本 {version[:12]} 生效")
    page = house.signed(path)
    house.carried_out(page, word=version[:12])
    expect(page.get_by_text("Carried out.")).to_be_visible()
    assert house.versions()["in_force"] == f"sha256:{version}"

    rolled_back(house)


def rolled_back(house: House) -> None:
    """The version before is in force again, signed by two; its verdict was made at the switch."""
    page = house.open(house.pia, "/policies/versions")
    current = page.get_by_role("region", name="In force now")
    expect(current).to_contain_text("version 2")
    expect(current).to_contain_text(re.compile("Paul.*Pia"))
    fits(house.pia, "publishing-versions")
    page.get_by_role("link", name="Roll back to version 1").click()
    expect(page.get_by_text("Nothing is weaker")).to_be_visible(timeout=PROVED)  # examined at the switch
    first = page.url.rsplit("/", 1)[-1]
    path = house.proposed(first, "it was too weak", "Propose to roll back…")
    expect(house.paul.page.get_by_text("A roll back: it was in force before")).to_be_visible()
    house.carried_out(house.signed(path))
    expect(house.pia.page.get_by_text("Carried out.")).to_be_visible()
    assert house.versions()["in_force"] == f"sha256:{first}"


def refused(house: House, page: Page) -> None:
    """Two faults: each leads to its line; nothing is kept."""
    lines = PACK.replace("since(weakened)", "since(weekend)", 1).splitlines()
    wrong = "\n".join([*lines, "nonsense: 1", ""])
    page.get_by_label("Policy", exact=True).fill(wrong)
    page.get_by_role("button", name="Upload and examine").click()
    expect(page.get_by_role("alert")).to_contain_text("faults. Nothing was kept.")
    places = page.get_by_role("button", name=re.compile(r"^Line \d+, column \d+$"))
    assert places.count() >= 2
    first = places.first
    line = int(re.findall(r"\d+", first.inner_text())[0])
    assert "weekend" in lines[line - 1] or "nonsense" in [*lines, "nonsense: 1"][line - 1]
    first.click()
    at = page.evaluate("document.activeElement.value.slice(0, document.activeElement.selectionStart)")
    assert at.count("\n") == line - 1
    fits(house.eva, "publishing-faults")
    assert len(house.versions()["items"]) == 1


def test_what_is_signed_too_late_changes_nothing(house: House) -> None:
    """Two versions are proposed; when one is in force, the other says so and is refused. A third is rejected."""
    stricter, looser = house.drafted(STRICTER, "two days"), house.drafted(LOOSER, "no hold")
    one, other = house.proposed(stricter, "two days are safer"), house.proposed(looser, "owners complain")
    house.signed(other)
    page = house.signed(one)
    expect(page.get_by_text("The signed verdict says that nothing is weaker")).to_be_visible()
    house.carried_out(page)
    expect(page.get_by_text("Carried out.")).to_be_visible()
    assert house.versions()["in_force"] == f"sha256:{stricter}"

    page = house.open(house.pia, other)
    expect(page.get_by_text("What this replaces is not in force any more")).to_be_visible()
    house.carried_out(page, word=looser[:12])
    expect(page.get_by_text("Another policy came into force after this was proposed")).to_be_visible()
    if PICTURES:
        fits(house.pia, "publishing-stale")
    assert house.versions()["in_force"] == f"sha256:{stricter}"
    page.get_by_role("button", name="Reject…").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("too late")
    page.get_by_role("dialog").get_by_role("button", name="Reject").click()
    expect(page.get_by_text(re.compile("^Rejected by Pia"))).to_be_visible()

    page = house.open(house.paul, f"/policies/versions/{looser}")
    off = page.get_by_role("button", name="Propose to publish…")
    expect(off).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#why-not")).to_contain_text(
        "Its verdict is against a policy that is not in force any more"
    )
    if PICTURES:
        fits(house.paul, "publishing-old-verdict")
    page = house.open(house.eva, f"/policies/versions/{looser}")
    page.get_by_role("button", name="Examine again").click()
    expect(off).not_to_have_attribute("aria-disabled", "true", timeout=PROVED)


def test_a_shadow_run_and_the_checker(house: House) -> None:
    """Empty it teaches; started it counts what would differ; stopped and cleared it is empty again."""
    version = house.drafted(OPEN, "a session is enough to withdraw")
    account(house, "u-1")
    page = house.open(house.eva, "/policies/shadow")
    expect(page.get_by_role("heading", name="No version runs in shadow")).to_be_visible()
    fits(house.eva, "publishing-shadow-none")
    page.get_by_role("button", name="Start version 2 in shadow").click()
    expect(page.get_by_text("Nothing was asked for since it began")).to_be_visible()
    withdraws(house, "u-1")
    cells = page.get_by_role("table", name="In fact and under the version")
    expect(cells.get_by_role("row").filter(has_text="withdraw").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Its states are up to date with the log.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("1 of 1 action would end otherwise.")).to_be_visible()
    expect(cells.get_by_role("row").filter(has_text="challenge")).to_contain_text("allowed")
    fits(house.eva, "publishing-shadow")
    chinese(house.eva, "publishing-shadow-zh", "影子运行")

    page.get_by_role("button", name="Stop…").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Its states are as of the moment it stopped:")).to_be_visible()
    page.get_by_role("button", name="Clear…").click()
    page.get_by_role("dialog").get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_role("heading", name="No version runs in shadow")).to_be_visible()
    checked(house, version)


def checked(house: House, version: str) -> None:
    """Ines asks what would happen under both policies; only her look is recorded."""
    ines = house.console.seat("Ines", house.console.invite("Ines", "fraud"))
    page = house.open(ines, f"/policies/check?version={version}")
    page.get_by_label("Account", exact=True).fill("u-1")
    page.get_by_label("Action", exact=True).select_option("withdraw")
    expect(page.locator("#why-not")).to_contain_text("Name an account, an amount and an asset.")
    page.get_by_label("Amount").fill("100.00")
    page.get_by_label("Asset").fill("USD")
    page.get_by_label("Chain").fill("eth")
    page.get_by_label("Destination").fill(ADDRESS)
    page.get_by_label("Objects").fill("session=s1")
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_label("The owner contacted us").check()
    page.get_by_role("button", name="Open account").click()
    held = page.get_by_role("region", name="By the policy in force")
    free = page.get_by_role("region", name="okx-2024, version 2")
    expect(held.locator(".out")).to_have_text("challenge")
    expect(held).to_contain_text("fundpw")
    expect(free.locator(".out")).to_have_text("allow")
    expect(free.get_by_role("link", name=re.compile("line"))).to_be_visible()
    fits(ines, "publishing-check")
    chinese(ines, "publishing-check-zh", "检查")
    assert ines.complaints == []


def account(house: House, name: str) -> None:
    """An account with a session."""
    house.console.api(
        "POST",
        "/v1/accounts",
        {
            "account": name,
            "factors": [
                {"factor": "password"},
                {"factor": "fundpw"},
                {"factor": "sms", "contact": "+85251230001"},
                {"factor": "email", "contact": "u1@example.test"},
            ],
            "objects": [{"kind": "session", "id": "s1", "facts": ["session"]}],
        },
    )


def withdraws(house: House, name: str) -> None:
    """It asks to withdraw."""
    payment = {"asset": "USD", "amount": "100.00", "chain": "eth", "destination": ADDRESS, "audience": "hot-wallet"}
    body = {"action": "withdraw", "objects": {"session": "s1"}, "payment": payment}
    house.console.api("POST", f"/v1/accounts/{name}/actions", body)


def chinese(seat: Seat, name: str, title: str) -> None:
    """The same page in Chinese fits, too."""
    page = seat.page
    page.evaluate("localStorage.setItem('counterseal.language', 'zh')")
    page.reload()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    if PICTURES:
        fits(seat, name)
    page.evaluate("localStorage.removeItem('counterseal.language')")
    page.reload()
