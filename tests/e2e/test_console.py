# SPDX-License-Identifier: Apache-2.0
"""The console in a real Chromium with a virtual authenticator: invitation, passkey, session, settings, CSP."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import CDPSession, Page, expect, sync_playwright

from counterseal.http.console_files import FOLDER, INDEX
from tests.support.live_server import LiveServer, live_server

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("COUNTERSEAL_PICTURES", "")  # a folder for people to look at
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
VIEWS = [(1440, 900), (390, 844)]
SESSIONS: dict[Page, CDPSession] = {}  # one a page: the end of a second one takes the authenticator away

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not (FOLDER / INDEX).exists(), reason="the console is not built: `make web`"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("console")) as live:
        yield live


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page whose context has one authenticator; anything that the policy or a script complains about fails."""
    program = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(locale="en-GB").new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "Content" in message.text else None)
        session = SESSIONS[page] = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        yield page
        browser.close()
        assert complaints == []


def at(live: LiveServer, path: str) -> str:
    """The address by name: WebAuthn knows no IP addresses."""
    return live.url.replace("127.0.0.1", "localhost") + path


def invite(live: LiveServer, name: str, role: str, *, first: bool = False) -> str:
    headers = {"Authorization": f"Bearer {live.token}", "Idempotency-Key": secrets.token_hex(8)}
    body = {"name": name, "email": f"{name.lower()}@example.test", "roles": [role], "first": first}
    made = httpx2.post(f"{live.url}/v1/staff/invitations", json=body, headers=headers)
    assert made.status_code == 201, made.text
    link: str = made.json()["link"]
    return link.replace("127.0.0.1", "localhost")


def serious(page: Page) -> list[Any]:
    """What axe-core finds, in the whole document; run by the debugger, since the policy lets no script in."""
    session = SESSIONS[page]
    session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    ask = "axe.run(document).then(r => JSON.stringify(r.violations.map(v => [v.id, v.impact, v.nodes[0].html])))"
    found = session.send("Runtime.evaluate", {"expression": ask, "awaitPromise": True, "returnByValue": True})
    violations: list[Any] = json.loads(found["result"]["value"])
    return [each for each in violations if each[1] in {"serious", "critical"}]


def look(page: Page, name: str) -> None:
    """Both widths in both themes: nothing scrolls sideways, axe finds nothing serious; a picture where asked."""
    for width, height in VIEWS:
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
            page.wait_for_timeout(150)  # transitions of colours end
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
            assert serious(page) == [], (name, width, theme)
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"console-{name}-{width}-{theme}.png")
    page.evaluate("delete document.documentElement.dataset.theme")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_nobody_signed_in_is_led_to_the_sign_in_and_by_an_address_told_to_use_a_name(
    page: Page, server: LiveServer
) -> None:
    page.goto(f"{server.url}/console/log")
    expect(page.get_by_text("not with IP addresses")).to_be_visible()
    expect(page.get_by_role("button", name="Use a passkey")).to_have_attribute("aria-disabled", "true")
    page.goto(at(server, "/console/log"))
    page.wait_for_url("**/console/signin?to=%2Flog")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to the console")
    look(page, "signin")


def test_a_dead_link_says_so(page: Page, server: LiveServer) -> None:
    page.goto(at(server, "/console/enrol/nothing"))
    expect(page.get_by_role("heading", name="This link works no more")).to_be_visible()


def test_an_invitation_becomes_a_passkey_and_a_session(page: Page, server: LiveServer) -> None:
    link = invite(server, "Ada", "administrator", first=True)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ada")
    look(page, "enrol")
    page.get_by_label("Name of this key").fill("work laptop")
    page.get_by_role("button", name="Create your passkey").click()
    expect(page.get_by_text("Your passkey is ready")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    expect(page.locator(".rail, .si__form")).to_be_visible()
    button = page.get_by_role("button", name="Use a passkey")
    page.wait_for_timeout(800)  # the browser may offer the only passkey by itself
    if button.is_visible():
        button.click()
    expect(page.get_by_role("navigation", name="Main").first).to_be_visible()
    cookies = [each for each in page.context.cookies() if each["name"] == "counterseal_staff"]
    assert [(each["httpOnly"], each["sameSite"]) for each in cookies] == [(True, "Strict")]
    page.goto(link)
    expect(page.get_by_role("heading", name="This link works no more")).to_be_visible()


@pytest.mark.parametrize("part", ["sessions", "staff", "tokens", "keys", "notices"])
def test_every_part_of_the_settings_is_fit_for_people(page: Page, server: LiveServer, part: str) -> None:
    page.goto(at(server, f"/console/settings?part={part}"))
    expect(page.locator(".tabs [aria-current=page]")).to_be_visible()
    expect(page.locator(".settings .panel").first).to_be_visible()
    look(page, f"settings-{part}")


def test_an_administrator_invites_makes_a_token_and_tests_a_channel(page: Page, server: LiveServer) -> None:
    page.goto(at(server, "/console/settings?part=tokens"))
    page.get_by_role("button", name="Create a token…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("exchange backend")
    dialog.get_by_label("actions:write").check()
    dialog.get_by_role("button", name="Create the token").click()
    expect(dialog.locator(".secret code")).to_have_text(re.compile(r"^cs_[A-Za-z0-9]+$"))
    dialog.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("rowheader", name="exchange backend")).to_be_visible()

    page.goto(at(server, "/console/settings?part=notices"))
    page.get_by_label("Address for a test over email").fill("ada@example.test")
    page.get_by_role("button", name="Send a test").nth(1).click()
    expect(page.get_by_text("Accepted for ada@example.test")).to_be_visible()
    assert any("ada@example.test" in path.read_text("utf-8") for path in server.outbox.glob("*.json"))


def test_signing_out_everywhere_ends_the_session(page: Page, server: LiveServer) -> None:
    page.goto(at(server, "/console/settings"))
    page.get_by_role("button", name="Sign out everywhere…").click()
    before = {each["name"]: each["value"] for each in page.context.cookies()}
    with page.expect_response(lambda reply: "/sessions/revoke" in reply.url) as revoked:
        page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    assert revoked.value.ok
    # The page offers the passkey at once and the authenticator may take it: so the old session is asked about.
    with httpx2.Client(base_url=server.url) as client:
        kept = "; ".join(f"{name}={value}" for name, value in before.items())
        assert client.get("/v1/staff/session", headers={"Cookie": kept}).status_code == 401
