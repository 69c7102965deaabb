# SPDX-License-Identifier: Apache-2.0
"""The exchange's pages in a real browser: somebody registers, is attacked, freezes and gets the account back."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from examples.exchange.ledger import customer
from tests.e2e.test_pages import ARGUMENTS
from tests.support.exchange import ROOT, free_port
from tests.support.exchange_pages import Site, exchange_site

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.xdist_group("browser"), pytest.mark.timeout(180)]

PASSWORD = "a password that nobody guesses"
PICTURES = os.environ.get("COUNTERSEAL_PICTURES", "")  # a folder to keep the pictures in, for people to look at
_CODE = re.compile(r"^\d[\d ]{4,11}$", re.MULTILINE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with exchange_site(tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield running
        running.close()


class Person:
    """Somebody at a browser, with the demonstration's inbox and phone beside each page."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.site, self.context = site, browser.new_context(viewport={"width": 1440, "height": 900})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.faults: list[str] = []
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.name = ""

    def go(self, path: str) -> None:
        self.page.goto(f"{self.site.url}{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def register(self) -> None:
        self.go("/register")
        self.name = self.page.input_value("#account")
        self.page.fill("#password", PASSWORD)
        self.press("Register")
        self.type_code("sms")

    def type_code(self, factor: str) -> None:
        """Have a code sent, read it in the inbox beside the page, type it."""
        named = {"sms": "SMS", "email": "E-mail"}[factor]
        before = self.codes(named)
        self.open_codes()
        self.press(f"Send a code by {'SMS' if factor == 'sms' else 'e-mail'}")
        until = time.monotonic() + 15
        while not (fresh := self.codes(named)[: len(self.codes(named)) - len(before)]):
            assert time.monotonic() < until, f"no code by {named}"
            self.page.reload()
        self.open_codes()
        self.page.fill(f"#code-{factor}", fresh[0])
        self.page.locator(f"form:has(#code-{factor})").get_by_role("button").click()

    def open_codes(self) -> None:
        if not self.page.locator("#codes[open]").count():
            self.page.locator("#codes > summary").click()

    def codes(self, named: str) -> list[str]:
        letters = self.page.locator(".inbox > li", has=self.page.locator(".tag", has_text=named))
        texts = letters.locator(".letter").all_text_contents()
        return [found[0].replace(" ", "") for text in texts if (found := _CODE.search(text))]

    def picture(self, name: str) -> None:
        if not PICTURES:
            return
        for theme in ("light", "dark"):
            for width in (1440, 390):
                self.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                self.page.set_viewport_size({"width": width, "height": 900})
                path = Path(PICTURES) / f"exchange-{name}-{width}-{theme}.png"
                self.page.screenshot(path=str(path), full_page=True)
                wide = self.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} is {wide} px wide at {width}"
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1440, "height": 900})


def test_a_person_is_attacked_freezes_and_recovers(site: Site, browser: Browser) -> None:
    person = Person(browser, site)
    page = person.page
    person.go("/")
    person.picture("first")
    person.register()
    expect(page.get_by_role("heading", name="Your balance")).to_be_visible()
    expect(page.get_by_label("Balance", exact=True)).to_contain_text("10,000")
    person.picture("home")

    person.go("/security")
    expect(page.get_by_role("button", name="Add a passkey")).to_be_visible()
    person.picture("security")
    person.go("/attack")
    person.picture("attack")
    person.press("Attack my account")
    expect(page.get_by_role("heading", name="The attack was stopped")).to_be_visible(timeout=40_000)
    steps = page.locator(".play > li")
    assert steps.count() == 3
    assert "Lacked a look at the owner's face" in steps.first.inner_text()
    assert not page.locator(".play--danger").count()
    assert site.ledger.balance(customer(person.name), "USDT") == Decimal(10_000)
    person.press("1 hour")
    told = page.locator("section", has=page.get_by_role("heading", name="What you were told"))
    expect(told).to_contain_text("Stopped: someone tried to add a withdrawal address")
    expect(told).to_contain_text("hidden by the thief")  # the mailbox was the thief's
    person.picture("attacked")

    person.press("Freeze my account")
    expect(page.get_by_role("heading", name="Your account is frozen")).to_be_visible()
    person.picture("frozen")
    _recover(person)
    assert person.faults == []


def _recover(person: Person) -> None:
    """Face, document, a contact; three days; new contacts and a new password; signing in with them."""
    page = person.page
    person.go("/recover")
    person.picture("recover")
    person.press("Begin")
    person.press("Show my face")
    person.press("Show my identity document")
    person.type_code("sms")
    expect(page.get_by_text("It waits")).to_be_visible()
    page.get_by_role("link", name="Back to the recovery").click()
    expect(page.get_by_text("Your recovery waits")).to_be_visible()
    person.press("73 hours")
    expect(page.get_by_text("The wait is over")).to_be_visible()
    page.fill("#email", f"{person.name}-anew@example.test")
    person.press("Go on")
    person.press("Show my face")
    person.press("Show my identity document")
    page.get_by_role("link", name="Back to the recovery").click()
    page.fill("#password", f"{PASSWORD} anew")
    person.press("Set it")
    page.fill("#account", person.name)
    page.fill("#password", f"{PASSWORD} anew")
    person.press("Go on")
    person.type_code("sms")
    expect(page.get_by_role("heading", name="Your balance")).to_be_visible()


def test_no_script_no_frame_and_no_form_from_elsewhere(site: Site) -> None:
    with httpx2.Client(base_url=site.url, trust_env=False) as web:
        first = web.get("/")
        policy = first.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert "<script" not in first.text
        assert "style=" not in first.text
        foreign = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
        for path in ("/register", "/sign-in", "/sign-out", "/security/freeze", "/attack", "/clock"):
            assert web.post(path, content="a=b", headers=foreign).status_code == 422, path
        assert web.get("/", headers={"Host": "evil.example"}).status_code == 421
        assert web.get("/home").headers["Location"] == "/sign-in"


def test_one_command_runs_all_and_says_where_to_click(tmp_path: Path) -> None:
    guard_port, port = free_port(), free_row(4)
    command = [sys.executable, "-m", "examples.exchange", "run", "--home", str(tmp_path / "run")]
    with (tmp_path / "said").open("w") as said:
        running = subprocess.Popen(
            [*command, "--guard-port", str(guard_port), "--port", str(port)], stdout=said, stderr=said, cwd=ROOT
        )
        try:
            until = time.monotonic() + 100
            while "Ctrl-C" not in (text := (tmp_path / "said").read_text()):
                assert running.poll() is None, text
                assert time.monotonic() < until, text
                time.sleep(0.1)
            assert f"http://127.0.0.1:{port}/\n" in text
            assert f"http://localhost:{guard_port}/console/enrol/" in text
            assert httpx2.get(f"http://127.0.0.1:{port}/register", trust_env=False).status_code == 200
            assert httpx2.get(f"http://localhost:{guard_port}/outbox", trust_env=False).status_code == 200
        finally:
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 0
    with pytest.raises(httpx2.TransportError):  # nothing is left running
        httpx2.get(f"http://127.0.0.1:{guard_port}/healthz", trust_env=False)


def free_row(length: int) -> int:
    """The first of `length` ports in a row that nobody listens on now."""
    for _ in range(50):
        first = free_port()
        with ExitStack() as stack:
            try:
                for step in range(length):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", first + step))
            except OSError:
                continue
        return first
    raise AssertionError("no row of free ports")
