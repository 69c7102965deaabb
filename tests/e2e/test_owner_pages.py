# SPDX-License-Identifier: Apache-2.0
"""The owner's pages in a real Chromium with a virtual authenticator, and without JavaScript."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.console import AUTHENTICATOR, AXE, SERIOUS, Console, console

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is missing")
BACK = "https://exchange.example.test/back"
ADDRESS = "0x" + "ab" * 20
LOOK = os.environ.get("COUNTERSEAL_TEST_LOOK")  # a folder: pictures of every page are put there
DAY = 86_400_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One server and one browser for all of it."""
    with console(tmp_path_factory.mktemp("owner"), return_origins=("https://exchange.example.test",)) as found:
        yield found


def account(served: Console) -> str:
    """An owner with mail, phone, a session, an old device and an old address."""
    name, now = f"u-{secrets.token_hex(4)}", served.live.application.clock.now()
    where = {"chain": "eth", "address": ADDRESS, "memo": ""}
    body = {
        "account": name,
        "phrase": "blue heron at noon",
        "factors": [
            {"factor": "sms", "contact": "+85251230001"},
            {"factor": "email", "contact": "ada@example.test"},
            {"factor": "totp", "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
        ],
        "objects": [
            {"kind": "session", "id": "s1", "facts": ["session"]},
            {"kind": "device", "id": "d1", "facts": ["device"], "since": now - 30 * DAY},
            {"kind": "address", "address": where, "facts": ["address"], "since": now - 30 * DAY},
        ],
    }
    served.api("POST", "/v1/accounts", body)
    return name


def link(served: Console, name: str, **body: Any) -> str:
    """A new link of this account."""
    made: str = served.api("POST", f"/v1/accounts/{name}/link", {"return_url": BACK, **body})["url"]
    return made


def ask(served: Console, name: str, action: str, **body: Any) -> str:
    """The id of a new action."""
    given = {"action": action, "objects": {"session": "s1", "device": "d1"}, **body}
    found: str = served.api("POST", f"/v1/accounts/{name}/actions", given)["id"]
    return found


def withdrawal(served: Console, name: str) -> str:
    """A withdrawal that waits for its owner."""
    to = {"chain": "eth", "destination": ADDRESS, "audience": "hot"}
    return ask(served, name, "withdraw_small", payment={"asset": "USD", "amount": "100", **to})


def attest(served: Console, action: str, *factors: str) -> None:
    """Proofs that this test does not walk through."""
    for factor in factors:
        served.api("POST", f"/v1/test/actions/{action}/proofs", {"factor": factor})


def owner(served: Console, **options: Any) -> tuple[BrowserContext, Page, Any]:
    """A browser with an authenticator of its own."""
    context = served.browser.new_context(**{"viewport": {"width": 390, "height": 844}} | options)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return context, page, (devtools, made["authenticatorId"])


def seen(page: Page, name: str, devtools: Any) -> None:
    """No serious finding of axe-core, nothing that scrolls sideways; pictures where they are wanted."""
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        for scheme in ("light", "dark") if LOOK else ("light",):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if LOOK:
                page.screenshot(path=Path(LOOK) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if AXE.exists():
        devtools.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
        run = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        found = [
            (each["id"], [n["target"] for n in each["nodes"]])
            for each in page.evaluate(run)
            if each["impact"] in SERIOUS
        ]
        assert not found, (name, found)


def enrolled(served: Console, page: Page, devtools: Any, name: str) -> None:
    """Enrol a passkey on the page; the rest of the proofs is attested."""
    page.goto(link(served, name, enrol="passkey", ask={"action": "bind_passkey", "objects": {"session": "s1"}}))
    seen(page, "enrol-passkey", devtools)
    page.get_by_label("Name of this passkey").fill("phone")
    page.get_by_role("button", name="Create passkey").click()
    page.get_by_text("A passkey will be added").wait_for()
    seen(page, "confirm", devtools)
    action = next(
        each["id"]
        for each in served.api("GET", f"/v1/accounts/{name}")["actions"]
        if each["action"] == "bind_passkey"
    )
    attest(served, action, "email", "totp")


def test_a_passkey_is_enrolled_and_sends_money(served: Console) -> None:
    """With a second browser refused, a cancelled ceremony, and the way back."""
    context, page, (devtools, authenticator) = owner(served)
    name = account(served)
    enrolled(served, page, devtools, name)
    served.api("POST", "/v1/clock", {"advance": 7 * 3_600_000})  # what strengthens waits six hours
    action = withdrawal(served, name)
    url = link(served, name, action=action)
    page.goto(url)
    page.get_by_role("heading", name="Send this money?").wait_for()
    seen(page, "step-up", devtools)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Approve with passkey").click()
    page.get_by_text("Nothing was approved").wait_for()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    page.get_by_role("button", name="Approve with passkey").click()
    page.get_by_text("Given so far: ").or_(page.get_by_role("heading", name="Approved")).first.wait_for()
    seen(page, "given", devtools)
    attest_rest = served.api("GET", f"/v1/actions/{action}")
    if attest_rest["status"] == "open":
        attest(served, action, "email")
        page.reload()
    page.get_by_role("heading", name="Approved").wait_for()
    seen(page, "approved", devtools)
    assert page.get_by_role("link", name="Back to").get_attribute("href") == (
        f"{BACK}?counterseal={action}&state=allowed"
    )
    other = served.browser.new_context()
    second = other.new_page()
    second.goto(url)
    second.get_by_role("heading", name="opened in another browser").wait_for()
    other.close()
    context.close()


def test_codes_work_without_javascript(served: Console) -> None:
    """Send a code, read it, enter it."""
    name = account(served)
    action = withdrawal(served, name)
    context = served.browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(link(served, name, action=action))
    page.get_by_text("Get a code by email").click()
    page.locator("details", has_text="by email").get_by_role("button", name="Send code").click()
    page.get_by_text("Code sent to").wait_for()
    served.api("POST", "/v1/clock", {"advance": 0})
    messages = served.api("GET", "/v1/outbox?limit=50")["messages"]
    text = next(each["text"] for each in messages if each["channel"] == "email" and "code" in each["text"].lower())
    code = re.findall(r"^([0-9]{3} [0-9]{3})$", text, re.MULTILINE)[0]
    page.locator("details", has_text="by email").get_by_label("Code").fill(code)
    page.locator("details", has_text="by email").get_by_role("button", name="Confirm").click()
    page.get_by_text("Given so far: email").wait_for()
    page.get_by_role("button", name="This was not me").click()
    page.get_by_role("heading", name="Stopped").wait_for()
    assert served.api("GET", f"/v1/actions/{action}")["status"] == "cancelled"
    context.close()


def test_no_other_site_frames_it(served: Console) -> None:
    """A page of somebody else's cannot put it into a frame."""
    name = account(served)
    url = link(served, name, action=withdrawal(served, name))
    context = served.browser.new_context()
    page = context.new_page()
    page.set_content(f"<iframe src='{url}' width=400 height=800></iframe>")
    page.wait_for_timeout(500)
    assert all("This was not me" not in frame.content() for frame in page.frames)
    context.close()


def test_chinese(served: Console) -> None:
    """The same in the owner's language."""
    context, page, (devtools, _) = owner(served)
    name = account(served)
    page.goto(link(served, name, action=withdrawal(served, name), language="zh"))
    page.get_by_role("heading", name="转出这笔资产？").wait_for()
    seen(page, "step-up-zh", devtools)
    page.goto(link(served, name, enrol="totp", ask={"action": "bind_totp", "objects": {"session": "s1"}}))
    seen(page, "enrol-app", devtools)
    context.close()
