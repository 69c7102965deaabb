# SPDX-License-Identifier: Apache-2.0
"""The console in a real browser: members of staff, each with their own browser context and authenticator."""

from __future__ import annotations

import os
import secrets
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright
from playwright.sync_api import TimeoutError as Late

from tests.support.live_server import LiveServer, live_server

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "src" / "counterseal" / "http" / "console" / "index.html"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SIGN_IN_TRIES = 8
SERIOUS = {"serious", "critical"}


@dataclass
class Seat:
    """One member of staff at their own browser."""

    name: str
    context: BrowserContext
    page: Page
    devtools: CDPSession
    authenticator: str
    complaints: list[str] = field(default_factory=list)

    def verified(self, *, good: bool) -> None:
        """Whether the authenticator recognises the person from now on."""
        given = {"authenticatorId": self.authenticator, "isUserVerified": good}
        self.devtools.send("WebAuthn.setUserVerified", given)

    def serious(self) -> list[str]:
        """What axe-core finds that keeps somebody from using the page.

        It comes in by the debugger, past the CSP, on the session of the authenticator: a second session that ends
        would take the authenticator with it.
        """
        self.devtools.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
        run = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        return [
            f"{each['id']}: {node['target']} {node['failureSummary']}"
            for each in self.page.evaluate(run)
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]


PICTURES = os.environ.get("COUNTERSEAL_PICTURES", "")  # a folder to keep pictures in, for people to look at
VIEWS: tuple[tuple[int, int, Any], ...] = (
    (1440, 900, "light"),
    (390, 844, "dark"),
    (1440, 900, "dark"),
    (390, 844, "light"),
)


def fits(seat: Seat, name: str) -> None:
    """Nothing scrolls sideways, and axe-core finds nothing serious: wide and light, narrow and dark; for pictures
    each width in each theme."""
    page = seat.page
    for width, height, theme in VIEWS if PICTURES else VIEWS[:2]:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.wait_for_timeout(150)  # a colour fades for 120 ms where motion is not reduced
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
        assert seat.serious() == [], (name, width, theme)
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}-{theme}.png"), full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


@dataclass
class Console:
    """A server, and a browser to look at it with. Pages are reached by name: WebAuthn knows no addresses."""

    live: LiveServer
    browser: Browser

    @property
    def url(self) -> str:
        """The console's address."""
        return self.live.url.replace("127.0.0.1", "localhost") + "/console"

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the platform with the live server's token; the JSON of the reply."""
        headers = {"Authorization": f"Bearer {self.live.token}", "Idempotency-Key": secrets.token_hex(8)}
        data = None if body is None else msgspec.json.encode(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.live.url + path, data, headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request) as response:  # noqa: S310 - our own loopback server
            return msgspec.json.decode(response.read())

    def invite(self, name: str, *roles: str, first: bool = False, account: str | None = None) -> str:
        """The path of an enrolment page."""
        body = {"name": name, "email": f"{name.lower()}@example.test", "roles": list(roles), "first": first}
        made = self.api("POST", "/v1/staff/invitations", body | {"account": account})
        link: str = made["link"]
        return link.partition("/console")[2]

    def stranger(self, name: str, **options: Any) -> Seat:
        """A new browser with a new authenticator; nobody is signed in."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"} | options
        )
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        seat = Seat(name, context, page, devtools, made["authenticatorId"])
        page.on("pageerror", lambda error: seat.complaints.append(str(error)))
        page.on("console", lambda message: _noted(seat, message.type, message.text))
        return seat

    def seat(self, name: str, link: str, **options: Any) -> Seat:
        """Take up an invitation in a new browser with a new authenticator, and sign in."""
        seat = self.stranger(name, **options)
        page = seat.page
        page.goto(self.url + link)
        page.locator("form button, .si__form button, .si__card .btn--primary").last.click()
        page.get_by_role("link", name="Sign in").click()
        sign_in(page)
        return seat


def sign_in(page: Page) -> None:
    """The field offers the passkey and the authenticator mostly takes it at once; else the button is pressed."""
    shell = page.locator(".shell")
    for _ in range(SIGN_IN_TRIES):
        with suppress(Late):
            shell.wait_for(timeout=1_500)
            return
        with suppress(Late):
            page.get_by_role("button", name="passkey").first.click(timeout=1_000)
    shell.wait_for()


def _noted(seat: Seat, kind: str, text: str) -> None:
    if kind == "error" and "the server responded with a status of" not in text:  # refusals are on the page
        seat.complaints.append(text)


@contextmanager
def console(folder: Path, **settings: Any) -> Iterator[Console]:
    """A server with its console and a browser."""
    with live_server(folder, **settings) as live, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        try:
            yield Console(live, browser)
        finally:
            browser.close()
