# SPDX-License-Identifier: Apache-2.0
"""Somebody at a browser with an authenticator, on the exchange's pages and on those of Counterseal."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from counterseal.sdk.replies import Account
from tests.support.console import AUTHENTICATOR, AXE, SERIOUS
from tests.support.exchange_pages import Site

PASSWORD = "a password that nobody guesses"
PICTURES = os.environ.get("COUNTERSEAL_PICTURES", "")  # a folder to keep the pictures in, for people to look at
PATIENCE = 15.0  # s
_CODE = re.compile(r"^\d[\d ]{4,11}$", re.MULTILINE)


class Person:
    """A customer. The demonstration's inbox and phone stand beside each page, or in a tab of their own."""

    def __init__(self, browser: Browser, site: Site, *, looks: bool = True) -> None:
        self.site, self.looks, self.name = site, looks, ""
        self.context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        self.faults: list[str] = []
        self.inbox: Page | None = None
        self.page = self.tab()
        self.devtools = self.context.new_cdp_session(self.page)
        self.devtools.send("WebAuthn.enable")
        made = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.authenticator = made["authenticatorId"]

    def tab(self) -> Page:
        """One more tab. What its console says is a fault, unless it is the status of a page that says why."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("console", lambda said: self._noted(said.type, said.text))
        page.on("response", lambda got: self._noted("error" if got.status in {500, 502} else "", got.url))
        return page

    def _noted(self, kind: str, text: str) -> None:
        if kind == "error" and "the server responded with a status of" not in text:
            self.faults.append(text)

    # ------------------------------------------------------------------------------------------ moving

    def go(self, path: str) -> None:
        self.page.goto(f"{self.site.url}{path}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def onward(self, name: str) -> None:
        """A button that leads to Counterseal's page. On when that has loaded: a click waits for nothing."""
        self.press(name)
        self.page.wait_for_url(f"{self.site.public}/**")

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()

    def verified(self, *, good: bool) -> None:
        """Whether the authenticator recognises its owner from now on."""
        given = {"authenticatorId": self.authenticator, "isUserVerified": good}
        self.devtools.send("WebAuthn.setUserVerified", given)

    # ------------------------------------------------------------------------------------------- codes

    def codes(self, named: str) -> list[str]:
        """The codes of this channel, newest first, as the inbox in a tab of its own has them."""
        if self.inbox is None:
            self.inbox = self.tab()
        tab = self.inbox
        tab.goto(f"{self.site.url}/messages")
        letters = tab.locator(".inbox > li", has=tab.locator(".tag", has_text=named))
        texts = letters.locator(".letter").all_text_contents()
        self.page.bring_to_front()  # browsers make passkeys in the tab in front only
        return [found[0].replace(" ", "") for text in texts if (found := _CODE.search(text))]

    def code_after(self, named: str, before: list[str]) -> str:
        """The first code of this channel beyond those."""
        until = time.monotonic() + PATIENCE
        while (found := self.codes(named)) == before:
            assert time.monotonic() < until, f"no code by {named}"
        return found[0]

    def type_code(self, factor: str) -> None:
        """On the exchange's page: have a code sent, find it beside the page that follows, type it."""
        named = {"sms": "SMS", "email": "E-mail"}[factor]
        before = self.codes(named)
        if not self.page.locator("#codes[open]").count():
            self.page.locator("#codes > summary").click()
        self.press(f"Send a code by {'SMS' if factor == 'sms' else 'e-mail'}")
        self.page.fill(f"#code-{factor}", self.code_after(named, before))
        self.page.locator(f"form:has(#code-{factor})").get_by_role("button").click()

    def step_code(self, button: str, named: str) -> None:
        """On Counterseal's page: the same, with the inbox in another tab."""
        before = self.codes(named)
        self.press_way(button)
        self.page.get_by_label("Code").fill(self.code_after(named, before))
        self.press("Confirm")

    def press_way(self, name: str) -> None:
        """One of the ways on Counterseal's page; its button says more than its name."""
        self.page.get_by_role("button", name=name).click()

    # ------------------------------------------------------------------------------------- whole parts

    def register(self) -> None:
        self.go("/register")
        self.name = self.page.input_value("#account")
        self.page.fill("#password", PASSWORD)
        self.press("Register")
        self.type_code("sms")
        self.sees("Your balance")

    def add_passkey(self) -> None:
        """From Security to Counterseal's page and back, with everything that is asked for on the way."""
        self.go("/security")
        self.onward("Add a passkey")
        self.picture("step-enrol")
        self.page.get_by_label("Name it").fill("laptop")
        self.press_way("Create a passkey")
        self.sees("Add a passkey?")
        self.picture("step-enrol-approve")
        self.step_code("Get a code by email", "E-mail")
        expect(self.page.get_by_text("Done: email", exact=True)).to_be_visible()
        self.step_code("Get a code by text message", "SMS")
        expect(self.page.get_by_text("Done: email, text message")).to_be_visible()
        self.picture("step-enrol-face")
        self.page.get_by_role("link", name="Show your face").click()
        self.picture("desk")
        self.press("Show my face")
        expect(self.page.get_by_role("status")).to_contain_text("It is added")

    def approve(self, picture: str) -> None:
        """On Counterseal's page: the passkey, then a code by mail."""
        self.onward("Go on to Counterseal")
        self.picture(f"step-{picture}")
        self.press("Approve with passkey")
        expect(self.page.get_by_text("Done: passkey")).to_be_visible()
        self.step_code("Get a code by email", "E-mail")
        expect(self.page.locator("#back")).to_be_visible()
        self.picture(f"step-{picture}-approved")
        self.page.locator("#back").click()

    def save_address(self) -> None:
        self.go("/address")
        self.picture("address")
        self.press("Save")
        self.picture("address-proof")
        self.approve("address")
        expect(self.page.get_by_role("status")).to_have_text("Done.")

    def factors(self) -> set[str]:
        """What is enrolled, as the API has it."""
        return {each.factor for each in self.account().factors if each.removed is None}

    def standing(self, action: str) -> list[str]:
        """How the account's actions of this name stand, as the API has it, oldest first."""
        return [each.status for each in self.account().actions if each.action == action]

    def account(self) -> Account:
        """The account as the API has it."""
        with self.site.guard.admin() as admin:
            return admin.read_account(self.name)

    # ------------------------------------------------------------------------------------------- looks

    def picture(self, name: str) -> None:
        """Nothing scrolls sideways, nothing serious for axe-core; pictures where they are wanted."""
        if not self.looks:
            return
        self.page.locator("body").wait_for()  # not in the middle of a page that is just coming
        for width in (390, 1440):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.evaluate("document.fonts.ready")
            for theme in ("light", "dark") if PICTURES else ("light",):
                self.page.emulate_media(color_scheme=theme)
                wide = self.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{name} is {wide} px wide at {width}"
                if PICTURES:
                    path = Path(PICTURES) / f"exchange-{name}-{width}-{theme}.png"
                    self.page.screenshot(path=str(path), full_page=True)
                    assert not self.serious(), (name, theme)
        assert not self.serious(), name
        self.page.emulate_media(color_scheme="light")

    def serious(self) -> list[str]:
        """What axe-core finds that keeps somebody from using it; it comes in by the debugger, past the CSP."""
        if not AXE.exists():
            return []
        self.devtools.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
        run = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        found: list[dict[str, Any]] = self.page.evaluate(run)
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in SERIOUS]
