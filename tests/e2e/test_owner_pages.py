# SPDX-License-Identifier: Apache-2.0
"""The owner's pages in a real Chromium with a virtual authenticator, and without JavaScript."""

from __future__ import annotations

import gzip
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from counterseal.factors import totp
from tests.support.console import AUTHENTICATOR, AXE, SERIOUS, Console, console

pytestmark = [
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is missing"),
    pytest.mark.needs("chromium", "cjk-fonts"),
    pytest.mark.xdist_group("browser"),
]
BACK = "https://exchange.example.test/back"
ADDRESS = "TKx3f8QePz6Rm1Vt9HdWc4LbNy7SuJ2aGo"
ETH = "0x" + "ab" * 20
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PICTURES = os.environ.get("COUNTERSEAL_PICTURES", "")  # a folder to keep the pictures in, for people to look at
HOUR, DAY = 3_600_000, 86_400_000
HEIGHT = 844
BUNDLE = 150 * 1024
_CODE = re.compile(r"^([0-9]{3} [0-9]{3})$", re.MULTILINE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One server and one browser for all of it."""
    with console(tmp_path_factory.mktemp("owner"), return_origins=("https://exchange.example.test",)) as found:
        yield found


@dataclass
class Owner:
    """An account and its browser."""

    server: Console
    account: str
    context: BrowserContext
    page: Page
    devtools: CDPSession | None = None
    authenticator: str = ""

    def link(self, **body: Any) -> str:
        """The address of a new link."""
        path = f"/v1/accounts/{self.account}/link"
        made: str = self.server.api("POST", path, {"return_url": BACK, **body})["url"]
        return made

    def ask(self, action: str, **body: Any) -> str:
        """The id of a new action."""
        given = {"action": action, "objects": {"session": "s1", "device": "d1"}, **body}
        found: str = self.server.api("POST", f"/v1/accounts/{self.account}/actions", given)["id"]
        return found

    def withdrawal(self, action: str = "withdraw_small", amount: str = "100.00", **more: Any) -> str:
        """A withdrawal that waits for its owner."""
        payment = {"asset": "USD", "amount": amount, "chain": "eth", "destination": ETH, "audience": "hot", **more}
        return self.ask(action, payment=payment)

    def attest(self, action: str, *factors: str) -> None:
        """Proofs that a test does not walk through."""
        for factor in factors:
            self.server.api("POST", f"/v1/test/actions/{action}/proofs", {"factor": factor})

    def enrol(self) -> None:
        """Enrol a passkey on the page; what else its rule wants is attested."""
        ask = {"action": "bind_passkey", "objects": {"session": "s1", "device": "d1"}}
        self.page.goto(self.link(enrol="passkey", ask=ask))
        self.picture("enrol-passkey")
        self.page.get_by_label("Name it").fill("phone")
        self.page.get_by_role("button", name="Create a passkey").click()
        expect(self.page.get_by_role("heading", name="Add a passkey?")).to_be_visible()
        self.picture("enrol-passkey-approve")
        actions = self.server.api("GET", f"/v1/accounts/{self.account}")["actions"]
        self.attest(next(each["id"] for each in actions if each["action"] == "bind_passkey"), "email", "totp")
        self.page.reload()
        expect(self.page.get_by_text("A passkey was added.")).to_be_visible()

    def verified(self, *, good: bool) -> None:
        """Whether the authenticator recognises its owner from now on."""
        assert self.devtools is not None
        given = {"authenticatorId": self.authenticator, "isUserVerified": good}
        self.devtools.send("WebAuthn.setUserVerified", given)

    def code(self, channel: str) -> str:
        """The newest code that was sent to this owner's mailbox."""
        self.server.api("POST", "/v1/clock", {"advance": 0})
        for message in self.server.api("GET", "/v1/outbox?limit=50")["messages"]:
            mine = message["channel"] == channel and message["to"] == f"{self.account}@example.test"
            if mine and (found := _CODE.findall(message["text"])):
                return str(found[0])
        raise AssertionError(f"no code by {channel}")

    def picture(self, name: str) -> None:
        """No serious finding of axe-core, nothing that scrolls sideways; pictures where they are wanted."""
        for width in (390, 1440):
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                assert self.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
                if PICTURES:
                    path = Path(PICTURES) / f"step-{name}-{width}-{scheme}.png"
                    self.page.screenshot(path=str(path), full_page=True)
                assert not self.serious(), (name, scheme)
        self.page.set_viewport_size({"width": 390, "height": HEIGHT})
        self.page.emulate_media(color_scheme="light")

    def serious(self) -> list[str]:
        """What axe-core finds that keeps somebody from using it; it comes in by the debugger, past the CSP."""
        if self.devtools is None or not AXE.exists():
            return []
        self.devtools.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
        run = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        found = self.page.evaluate(run)
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in SERIOUS]

    def fits(self) -> None:
        """Nothing lies below the fold of a phone."""
        assert self.page.evaluate("document.documentElement.scrollHeight") <= HEIGHT


def owner(
    server: Console, *, scripts: bool = True, more: tuple[str, ...] = ("totp",), language: str = "en"
) -> Owner:
    """Somebody with mail, phone, a session, an old device and an old address; and a browser of their own."""
    name, now = f"u-{secrets.token_hex(4)}", server.live.application.clock.now()
    where = {"chain": "eth", "address": ETH, "memo": ""}
    known = {"totp": {"factor": "totp", "secret": SEED}}
    factors = [{"factor": "sms", "contact": "+85251230067"}, {"factor": "email", "contact": f"{name}@example.test"}]
    body = {
        "account": name,
        "language": language,
        "phrase": "正午的蓝鹭" if language == "zh" else "blue heron at noon",
        "factors": factors + [known.get(each, {"factor": each}) for each in more],
        "objects": [
            {"kind": "session", "id": "s1", "facts": ["session"]},
            {"kind": "device", "id": "d1", "facts": ["device"], "since": now - 30 * DAY},
            {"kind": "address", "address": where, "facts": ["address"], "since": now - 30 * DAY},
        ],
    }
    server.api("POST", "/v1/accounts", body)
    context = server.browser.new_context(
        java_script_enabled=scripts, viewport={"width": 390, "height": HEIGHT}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    found = Owner(server, name, context, page)
    if scripts:
        found.devtools = context.new_cdp_session(page)
        found.devtools.send("WebAuthn.enable")
        made = found.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        found.authenticator = made["authenticatorId"]
    return found


def test_a_passkey_is_enrolled_by_a_link_and_sends_money(server: Console) -> None:
    """With a cancelled ceremony on the way, a second proof, and the way back; another browser is turned away."""
    person = owner(server)
    person.enrol()
    early = person.withdrawal()
    person.page.goto(person.link(action=early))
    person.page.get_by_role("button", name="Approve with passkey").click()
    expect(person.page.get_by_role("heading", name="Not yet")).to_be_visible()
    person.picture("held")
    server.api("POST", "/v1/clock", {"advance": 7 * HOUR})  # what strengthens waits six hours
    action = person.withdrawal()
    url = person.link(action=action)
    person.page.goto(url)
    expect(person.page.get_by_role("heading", name="Send this money?")).to_be_visible()
    person.fits()
    person.picture("ask")
    person.verified(good=False)
    person.page.get_by_role("button", name="Approve with passkey").click()
    expect(person.page.get_by_role("alert")).to_contain_text("No passkey was used and nothing happened")
    person.picture("cancelled-ceremony")
    assert server.api("GET", f"/v1/actions/{action}")["proofs"] == []
    person.verified(good=True)
    person.page.get_by_role("button", name="Approve with passkey").click()
    expect(person.page.get_by_text("Done: passkey")).to_be_visible()
    person.picture("one-more")
    person.page.get_by_role("button", name="Get a code by email").click()
    person.picture("code-sent")
    person.page.get_by_label("Code").fill(person.code("email"))
    person.page.get_by_role("button", name="Confirm").click()
    expect(person.page.get_by_role("heading", name="Approved")).to_be_visible()
    person.picture("approved")
    back = person.page.get_by_role("link", name="Back to Example Exchange")
    assert back.get_attribute("href") == f"{BACK}?counterseal={action}&state=allowed"
    assert server.api("GET", f"/v1/actions/{action}")["status"] == "ready"
    other = owner(server)
    other.page.goto(url)
    expect(other.page.get_by_role("heading", name="This link was opened elsewhere")).to_be_visible()
    other.picture("elsewhere")
    for each in (person, other):
        each.context.close()


def test_codes_work_without_javascript(server: Console) -> None:
    """Send, type a wrong one, type the right one, the app's code, the result; no passkey is offered."""
    person = owner(server, scripts=False)
    action = person.withdrawal()
    person.page.goto(person.link(action=action))
    person.fits()
    person.page.get_by_role("button", name="Get a code by email").click()
    field = person.page.locator("#code-email")
    expect(field).to_be_visible()
    field.fill("000000")
    field.press("Enter")
    expect(person.page.get_by_role("alert")).to_contain_text("That did not work")
    person.picture("wrong-code")
    person.page.locator("#code-email").fill(person.code("email"))
    person.page.locator("#code-email").press("Enter")
    expect(person.page.get_by_text("Done: email")).to_be_visible()
    step = totp.step_at(server.live.application.clock.now())
    person.page.locator("#code-totp").fill(totp.code_at(totp.parse_seed(SEED), step))
    person.page.locator("#code-totp").press("Enter")
    expect(person.page.get_by_role("heading", name="Approved")).to_be_visible()
    person.context.close()


def test_without_javascript_a_passkey_is_not_offered_but_explained(server: Console) -> None:
    maker = owner(server)
    maker.enrol()
    plain = owner(server, scripts=False)
    plain.account = maker.account
    plain.page.goto(plain.link(action=plain.ask("login", objects={"session": "s2", "device": "d1"})))
    expect(plain.page.get_by_role("button", name="Approve with passkey")).not_to_be_visible()
    expect(plain.page.get_by_text("A passkey needs JavaScript")).to_be_visible()
    expect(plain.page.get_by_text("Use a code from your app")).to_be_visible()
    plain.picture("no-script")
    for each in (maker, plain):
        each.context.close()


def test_why_a_text_message_does_not_count(server: Console) -> None:
    """Nothing before the first proof; then since when, until when, and what counts instead."""
    person = owner(server, more=("password", "face"))
    now = server.live.application.clock.now()
    action = person.ask("add_address", address={"chain": "tron", "address": ADDRESS, "memo": ""})
    signal = {"capability": "sim_swap", "since": now - 3 * HOUR, "until": now + 3 * DAY, "evidence": "carrier"}
    server.api("POST", f"/v1/accounts/{person.account}/suspicions", signal)
    person.page.goto(person.link(action=action))
    expect(person.page.get_by_text("SIM")).to_have_count(0)
    person.fits()
    person.picture("ask-address")
    person.attest(action, "face")
    person.page.reload()
    expect(person.page.get_by_text("Your SIM card was changed 3 hours ago.")).to_be_visible()
    person.picture("off")
    person.page.get_by_role("button", name="This was not me").click()
    expect(person.page.get_by_role("heading", name="Stopped")).to_be_visible()
    person.picture("stopped")
    assert server.api("GET", f"/v1/actions/{action}")["status"] == "cancelled"
    person.page.get_by_role("button", name="Freeze my account").click()
    expect(person.page.get_by_role("heading", name="Your account is frozen")).to_be_visible()
    person.picture("frozen")
    person.context.close()


def test_an_authenticator_app_by_a_link(server: Console) -> None:
    """The QR code, a wrong first code (the same seed stays), the right one; then the owner proves the change."""
    person = owner(server, more=("password", "face"))
    ask = {"action": "bind_totp", "objects": {"session": "s1", "device": "d1"}}
    person.page.goto(person.link(enrol="totp", ask=ask))
    person.picture("enrol-app")
    key = person.page.locator("input[name=secret]").input_value()
    person.page.locator("#code").fill("000000")
    person.page.get_by_role("button", name="Confirm").click()
    expect(person.page.get_by_role("alert")).to_contain_text("not the code that the app shows")
    assert person.page.locator("input[name=secret]").input_value() == key
    step = totp.step_at(server.live.application.clock.now())
    person.page.locator("#code").fill(totp.code_at(totp.parse_seed(key), step))
    person.page.get_by_role("button", name="Confirm").click()
    expect(person.page.get_by_role("heading", name="Add an authenticator?")).to_be_visible()
    person.context.close()


def test_waiting_and_refused(server: Console) -> None:
    """An approval that waits, with its end; one that is over the limit."""
    person = owner(server)
    action = person.withdrawal("withdraw", "5000.00", fee_cap="1.50")
    person.page.goto(person.link(action=action))
    expect(person.page.get_by_text("24 hours after you approve")).to_be_visible()
    person.picture("ask-delayed")
    person.attest(action, "totp", "email")
    server.api("POST", "/v1/clock", {"advance": 0})
    person.page.reload()
    expect(person.page.get_by_role("heading", name="Approved. It waits")).to_be_visible()
    person.picture("waits")
    action = person.withdrawal(amount="99999999.00")
    person.page.goto(person.link(action=action))
    person.attest(action, "totp")
    person.page.reload()
    expect(person.page.get_by_role("heading", name="This cannot be done now")).to_be_visible()
    person.picture("refused")
    person.context.close()


def test_no_other_site_frames_it(server: Console) -> None:
    """A page of somebody else's cannot put it into a frame, so nobody's click is borrowed."""
    person = owner(server)
    url = person.link(action=person.withdrawal())
    complaints: list[str] = []
    person.page.on("console", lambda message: complaints.append(message.text))
    person.page.goto(server.live.url + "/status")
    person.page.set_content(f"<iframe src='{url}' width=400 height=800></iframe>")
    person.page.wait_for_timeout(500)
    assert all("This was not me" not in frame.content() for frame in person.page.frames)
    assert any("frame" in text for text in complaints)
    person.context.close()


def test_chinese_light_dark_narrow_and_wide(server: Console) -> None:
    """The same in the owner's language, which stays after a button."""
    person = owner(server, language="zh")
    person.page.goto(person.link(action=person.withdrawal(amount="12500.00")[:64]))
    expect(person.page.get_by_role("heading", name="确认转出这笔资产？")).to_be_visible()
    person.fits()
    person.picture("ask-zh")
    person.page.get_by_role("link", name="English").click()
    expect(person.page.get_by_role("heading", name="Send this money?")).to_be_visible()
    person.page.get_by_role("button", name="Get a code by email").click()
    expect(person.page.get_by_text("We sent a code")).to_be_visible()
    person.page.get_by_role("link", name="中文").click()
    person.page.get_by_role("button", name="不是我操作的").click()
    expect(person.page.get_by_role("heading", name="已阻止")).to_be_visible()
    person.picture("stopped-zh")
    person.context.close()


def test_by_keyboard_alone(server: Console) -> None:
    """Skip link, language, passkey or the first way, the others, "this was not me" last."""
    person = owner(server)
    person.page.goto(person.link(action=person.withdrawal()))
    names = []
    for _ in range(6):
        person.page.keyboard.press("Tab")
        names.append(person.page.locator(":focus").inner_text().split("\n")[0])
    assert names[0] == "Skip to the page"
    assert names[-1] == "This was not me"
    assert "Use a code from your app" in names
    person.context.close()


def test_the_page_is_small_and_soon_there(server: Console) -> None:
    """HTML, styles, script, fonts and icon: at most 150 KB compressed; usable within a second here."""
    maker, person = owner(server), owner(server)
    maker.enrol()
    person.account = maker.account  # a browser that has nothing in its cache
    sizes: dict[str, int] = {}
    person.page.on("response", lambda got: sizes.update({got.url: len(gzip.compress(got.body()))}))
    url = person.link(action=person.withdrawal())
    begun = time.perf_counter()
    person.page.goto(url)
    expect(person.page.get_by_role("button", name="Approve with passkey")).to_be_enabled()
    took = time.perf_counter() - begun
    person.page.wait_for_load_state("networkidle")
    assert sizes
    print(
        {name.rpartition("/")[2][:24]: size for name, size in sizes.items()}, sum(sizes.values()), f"{took:.2f} s"
    )
    assert sum(sizes.values()) <= BUNDLE
    assert {name.split("/")[2] for name in sizes} == {url.split("/")[2]}  # no other host
    person.context.close()
