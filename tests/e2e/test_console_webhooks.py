# SPDX-License-Identifier: Apache-2.0
"""Webhooks in the console: proposed, signed by two, carried out, tested, failing, sent again; a real receiver."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from counterseal.sdk.webhooks import verify
from tests.support.console import AXE, BUILT, PICTURES, Console, Seat, console, fits
from tests.support.receiver import Receiver, receiving

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]


@contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver on a loop of its own: the browser's calls block this thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="receiver")
    thread.start()
    entered = receiving()
    try:
        yield asyncio.run_coroutine_threadsafe(entered.__aenter__(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(entered.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class Desk:
    """Two administrators at their own browsers."""

    def __init__(self, given: Console) -> None:
        self.console = given
        self.ada = given.seat("Ada", given.invite("Ada", "administrator", first=True))
        self.bo = given.seat("Bo", given.invite("Bo", "administrator"))

    def open(self, seat: Seat, path: str) -> Page:
        """A page of the console."""
        seat.page.goto(self.console.url + path)
        return seat.page

    def carry_out(self) -> Page:
        """Both sign the approval that Ada looks at; Bo carries it out."""
        self.ada.page.wait_for_url("**/approvals/*")
        self.ada.page.get_by_role("button", name="Sign with passkey").click()
        expect(self.ada.page.get_by_text("One more person has to sign")).to_be_visible()
        page = self.open(self.bo, "/approvals/" + self.ada.page.url.rsplit("/", 1)[-1])
        page.get_by_role("button", name="Sign with passkey").click()
        expect(page.get_by_text("It can be carried out now")).to_be_visible()
        page.get_by_role("button", name="Carry out…").click()
        page.get_by_role("dialog").get_by_role("button", name="Carry out").click()
        return page


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with console(tmp_path) as given:
        made = Desk(given)
        yield made
        assert [complaint for seat in (made.ada, made.bo) for complaint in seat.complaints] == []


def arrived(receiver: Receiver, count: int) -> None:
    """Wait until so many calls came."""
    for _ in range(200):
        if len(receiver.got) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{len(receiver.got)} of {count} calls came")


def test_an_endpoint_from_its_proposal_to_another_url(desk: Desk) -> None:
    """The secret that is shown once verifies what arrives; what failed goes out again under its own id."""
    with listening() as receiver, listening() as other:
        secret = created(desk, receiver)
        page = desk.open(desk.bo, "/webhooks")
        row = page.get_by_role("row").filter(has_text=receiver.url)
        expect(row).to_contain_text("working")
        expect(row).to_contain_text("nothing delivered yet")
        row.get_by_role("link").click()
        sent_again(desk, page, receiver, secret)
        renewed(page, secret)

        page.get_by_role("button", name="Disable…").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        expect(page.get_by_text("What happens waits up to 30 days")).to_contain_text("Bo")
        again = page.get_by_role("button", name="Send again: test").first
        expect(again).to_have_attribute("aria-disabled", "true")
        fits(desk.bo, "webhooks-disabled")
        page.get_by_role("button", name="Enable").click()
        expect(page.get_by_text("What waited goes out within the hour")).to_be_visible()

        page = moved(desk, receiver, other)
        page.get_by_role("button", name="Send test message").click()
        arrived(other, 1)
        assert len(receiver.got) == 3  # nothing more for the old URL


def created(desk: Desk, receiver: Receiver) -> str:
    """Ada proposes, both sign, Bo carries it out; the secret, which no second look shows."""
    page = desk.open(desk.ada, "/webhooks")
    expect(page.get_by_text("No endpoint yet")).to_be_visible()
    page.get_by_role("button", name="Create endpoint…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("URL").fill("http://hooks.example.test/")
    expect(dialog.get_by_text("The URL has to begin with https://.")).to_be_visible()
    dialog.get_by_label("URL").fill(receiver.url)
    dialog.get_by_label("Description").fill("risk desk")
    dialog.get_by_label("All types of messages").uncheck()
    dialog.get_by_label("account.frozen", exact=True).check()
    dialog.get_by_label("Why").fill("The risk desk opens a case")
    fits(desk.ada, "webhooks-create")
    dialog.get_by_role("button", name="Put before two people").click()
    expect(page.get_by_role("heading", name=f"Send webhooks to {receiver.url}")).to_be_visible()

    page = desk.carry_out()
    shown = page.get_by_role("dialog").filter(has_text="It is shown this once")
    secret = shown.locator("code").inner_text()
    if PICTURES:
        fits(desk.bo, "webhooks-secret")
    desk.bo.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    shown.get_by_role("button", name="I have kept it").click()
    page.reload()
    expect(page.get_by_text("Carried out by Bo")).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)
    return secret


def sent_again(desk: Desk, page: Page, receiver: Receiver, secret: str) -> None:
    """A test that fails, all that failed again, and one alone: one message, three times."""
    receiver.status = 503
    page.get_by_role("button", name="Send test message").click()
    arrived(receiver, 1)
    tries = page.get_by_role("region", name="Deliveries").locator("tbody tr")
    expect(tries.filter(has_text="failed")).to_contain_text("Answered 503, not 2xx")
    expect(page.get_by_text("Nothing has got through since")).to_be_visible()
    fits(desk.bo, "webhooks-failing")

    receiver.status = 204
    page.get_by_role("button", name="Send failed again…").click()
    page.get_by_role("dialog").get_by_role("button", name="Send again").click()
    expect(page.get_by_text("1 message goes out again.")).to_be_visible()
    arrived(receiver, 2)
    delivered = tries.filter(has_text="delivered")
    expect(delivered).to_contain_text(re.compile(r"204\d+ ms"))
    expect(page.get_by_text("Nothing has got through since")).to_have_count(0)
    expect(page.get_by_role("button", name="Send failed again…")).to_have_count(0)  # nothing is left

    delivered.get_by_role("button", name="Send again: test").click()
    arrived(receiver, 3)
    expect(delivered).to_have_count(2)
    assert len(set(receiver.ids)) == 1
    for got in receiver.got:
        event = verify(got.headers, got.body, [secret], now=int(got.headers["webhook-timestamp"]))
        assert event.type == "test"
    if PICTURES:
        fits(desk.bo, "webhooks-endpoint")


def renewed(page: Page, secret: str) -> None:
    """Another secret, shown once; the page says that both sign."""
    page.get_by_role("button", name="Renew secret…").click()
    page.get_by_role("dialog").get_by_role("button", name="Renew secret").click()
    new = page.get_by_role("dialog").locator("code").inner_text()
    assert new.startswith("whsec_")
    assert new != secret
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text("old and new sign")).to_be_visible()


def moved(desk: Desk, receiver: Receiver, other: Receiver) -> Page:
    """The endpoint's page after two have changed its URL; until then the old one stands."""
    page = desk.open(desk.ada, "/webhooks")
    page.get_by_role("link", name=receiver.url).click()
    page.get_by_role("button", name="Change…").click()
    page.get_by_role("dialog").get_by_label("URL").fill(other.url)
    page.get_by_role("dialog").get_by_label("Why").fill("The risk desk moved")
    page.get_by_role("dialog").get_by_role("button", name="Put before two people").click()
    page.wait_for_url("**/approvals/*")
    if PICTURES:
        fits(desk.ada, "webhooks-change")
    assert [each["url"] for each in desk.console.api("GET", "/v1/webhooks")["items"]] == [receiver.url]
    page = desk.carry_out()
    expect(page.get_by_text("Carried out by Bo")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)  # no secret: it stays the same
    page = desk.open(desk.bo, "/webhooks")
    expect(page.get_by_role("link", name=other.url)).to_be_visible()
    fits(desk.bo, "webhooks-list")
    page.get_by_role("link", name=other.url).click()
    return page
