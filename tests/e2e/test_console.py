# SPDX-License-Identifier: Apache-2.0
"""The console in a real Chromium with a virtual authenticator: invitation, passkeys, single sign-on, settings, CSP.

Each test begins with a browser or a seat of its own, so that it passes alone as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from playwright.sync_api import Page, expect

from counterseal.settings import OidcSettings
from tests.support.console import AUTHENTICATOR, AXE, BUILT, Console, Seat, console, fits, sign_in
from tests.support.identity_provider import CLIENT, SECRET, Provider, providing
from tests.support.server import DAY

pytestmark = [
    pytest.mark.needs("chromium"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(not BUILT.exists() or not AXE.exists(), reason="the console is not built; run `make web`"),
]
# Holds the next ceremony until the test lets it go on: a person takes the other key in hand meanwhile.
HELD = """
const create = navigator.credentials.create.bind(navigator.credentials);
navigator.credentials.create = async (options) => {
  window.asked = true;
  while (!window.goes) await new Promise((on) => setTimeout(on, 20));
  return create(options);
};
"""


@dataclass
class House:
    """A server with single sign-on, and its first administrator at a browser."""

    console: Console
    provider: Provider
    ada: Seat

    def names(self, email: str) -> None:
        """Whom the provider signs in from now on."""
        self.provider.email = email
        self.provider.now = self.console.live.application.clock.now() // 1000

    def open(self, seat: Seat, path: str) -> Page:
        """A page of the console."""
        seat.page.goto(self.console.url + path)
        return seat.page


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with providing() as provider:
        oidc = OidcSettings(issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, name="Example ID")
        with console(tmp_path_factory.mktemp("console"), oidc=oidc) as given:
            ada = given.seat("Ada", given.invite("Ada", "administrator", first=True))
            yield House(given, provider, ada)


@pytest.fixture
def stranger(house: House) -> Iterator[Seat]:
    """A browser that nobody signed in with; whatever it complains about fails the test."""
    seat = house.console.stranger("somebody")
    yield seat
    assert seat.complaints == []
    seat.context.close()


@pytest.fixture(autouse=True)
def no_complaints(house: House) -> Iterator[None]:
    """Whatever the administrator's browser complains about (an error, the CSP) fails the test."""
    yield
    assert house.ada.complaints == []


def test_nobody_signed_in_is_led_to_the_sign_in_also_from_an_address_without_a_name(
    house: House, stranger: Seat
) -> None:
    page = stranger.page
    page.goto(f"{house.console.live.url}/console/log")
    page.wait_for_url("http://localhost:*/console/signin?to=%2Flog")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to the console")
    expect(page.get_by_role("link", name="Example ID")).to_be_visible()
    fits(stranger, "signin")


def test_a_dead_link_says_so(house: House, stranger: Seat) -> None:
    page = house.open(stranger, "/enrol/nothing")
    expect(page.get_by_role("heading", name="This link works no more")).to_be_visible()
    fits(stranger, "enrol-dead")


def test_an_invitation_becomes_a_passkey_and_a_session(house: House, stranger: Seat) -> None:
    link = house.console.invite("Bo", "viewer")
    page = house.open(stranger, link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Bo")
    fits(stranger, "enrol")
    page.get_by_label("Name of this key").fill("work laptop")
    page.get_by_role("button", name="Create your passkey").click()
    expect(page.get_by_text("Your passkey is ready")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    sign_in(page)
    cookies = [each for each in page.context.cookies() if each["name"] == "counterseal_staff"]
    assert [(each["httpOnly"], each["sameSite"]) for each in cookies] == [(True, "Strict")]
    house.open(stranger, link)
    expect(page.get_by_role("heading", name="This link works no more")).to_be_visible()


@pytest.mark.parametrize("part", ["sessions", "staff", "tokens", "keys", "notices"])
def test_every_part_of_the_settings_is_fit_for_people(house: House, part: str) -> None:
    page = house.open(house.ada, f"/settings?part={part}")
    expect(page.locator(".tabs [aria-current=page]")).to_be_visible()
    expect(page.locator(".settings .panel").first).to_be_visible()
    fits(house.ada, f"settings-{part}")


def test_an_administrator_makes_a_token(house: House) -> None:
    page = house.open(house.ada, "/settings?part=tokens")
    page.get_by_role("button", name="Create a token…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("exchange backend")
    dialog.get_by_label("actions:write").check()
    dialog.get_by_role("button", name="Create the token").click()
    expect(dialog.locator(".secret code")).to_have_text(re.compile(r"^cs_[A-Za-z0-9]+$"))
    dialog.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("rowheader", name="exchange backend")).to_be_visible()


def test_an_administrator_tests_a_channel_and_the_log_says_so(house: House) -> None:
    page = house.open(house.ada, "/settings?part=notices")
    page.get_by_label("Address for a test over email").fill("ada@example.test")
    with page.expect_response(lambda reply: reply.url.endswith("/v1/channels/email/test")) as sent:
        page.get_by_role("button", name="Send a test").nth(1).click()
    expect(page.get_by_text("Accepted for ada@example.test")).to_be_visible()
    outbox = house.console.live.outbox
    assert any("ada@example.test" in path.read_text("utf-8") for path in outbox.glob("*.json"))
    position = sent.value.json()["log_position"]
    logged = house.console.api("GET", f"/v1/log/entries?first={position}&limit=1")["entries"]
    assert [each["kind"] for each in logged] == ["channel_test"]


def test_ones_own_passkeys_are_added_by_name_and_removed_but_never_the_last(house: House) -> None:
    """The new one is made on another authenticator; the old one proves who adds it."""
    seat = house.console.seat("Cleo", house.console.invite("Cleo", "viewer"))
    page = seat.page
    page.add_init_script(HELD)
    house.open(seat, "/settings")
    table = page.get_by_role("table", name="Passkeys")
    expect(table.get_by_role("rowheader")).to_have_count(1)
    expect(table.get_by_role("button", name=re.compile("^Remove"))).to_have_count(0)
    page.get_by_role("button", name="Add a passkey…").click()
    dialog = page.get_by_role("dialog")
    add = dialog.get_by_role("button", name="Add a passkey")
    expect(add).to_have_attribute("aria-disabled", "true")
    dialog.get_by_label("Name of this key").fill("blue key")
    add.click()
    page.wait_for_function("window.asked")
    made = seat.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | {"transport": "usb"}})
    first = {"authenticatorId": seat.authenticator}
    seat.devtools.send("WebAuthn.setAutomaticPresenceSimulation", first | {"enabled": False})
    page.evaluate("window.goes = true")
    expect(table.get_by_role("rowheader", name="blue key")).to_be_visible()
    fits(seat, "settings-two-passkeys")
    kept = seat.devtools.send("WebAuthn.getCredentials", {"authenticatorId": made["authenticatorId"]})
    assert len(kept["credentials"]) == 1
    page.get_by_role("button", name="Remove blue key").click()
    dialog = page.get_by_role("dialog")
    act = dialog.get_by_role("button", name="Remove the passkey")
    expect(act).to_have_attribute("aria-disabled", "true")
    dialog.get_by_role("textbox").fill("blue key")
    act.click()
    expect(table.get_by_role("rowheader")).to_have_count(1)
    expect(table.get_by_role("button", name=re.compile("^Remove"))).to_have_count(0)
    refused = page.evaluate(
        """async () => {
          const headers = {"X-Counterseal": "console", "Idempotency-Key": crypto.randomUUID()};
          const [{id}] = (await (await fetch("/v1/staff/passkeys")).json()).items;
          const reply = await fetch(`/v1/staff/passkeys/${id}/remove`, {method: "POST", headers});
          return [reply.status, (await reply.json()).code];
        }"""
    )
    assert refused[0] == 409, refused
    assert seat.complaints == []
    seat.context.close()


def test_single_sign_on_opens_the_console_to_read_and_says_that_it_signs_nothing(
    house: House, stranger: Seat
) -> None:
    """There and back through the provider by the button; the session is one of assurance `oidc`."""
    page = stranger.page
    house.open(stranger, house.console.invite("Eve", "fraud"))
    page.get_by_role("button", name="Create your passkey").click()
    expect(page.get_by_text("Your passkey is ready")).to_be_visible()
    house.names("eve@example.test")
    stranger.devtools.send(
        "WebAuthn.setAutomaticPresenceSimulation",
        {"authenticatorId": stranger.authenticator, "enabled": False},  # or it would sign in by itself
    )
    house.open(stranger, "/signin")
    page.get_by_role("link", name="Example ID").click()
    expect(page.get_by_role("navigation", name="Main").first).to_be_visible()
    house.open(stranger, "/settings")
    expect(page.get_by_role("table", name="Sessions")).to_contain_text("single sign-on")
    account = {"account": "s-1", "factors": [{"factor": "password"}]}
    house.console.api("POST", "/v1/accounts", account)
    house.open(stranger, "/accounts")
    expect(page.get_by_role("link", name="s-1", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "said"),
    [("en-GB", "Single sign-on did not open the console."), ("zh-CN", "单点登录未能打开控制台。")],
)
def test_a_person_whom_single_sign_on_does_not_find_reads_so_on_the_sign_in_page(
    house: House, locale: str, said: str
) -> None:
    seat = house.console.stranger("nobody", locale=locale)
    page = house.open(seat, "/signin")
    house.names("nobody@example.test")
    page.get_by_role("link", name="Example ID").click()
    page.wait_for_url("**/console/signin?failed=oidc_refused")
    expect(page.get_by_text(said)).to_be_visible()
    fits(seat, f"signin-failed-{locale}")
    page.goto(page.url.replace("oidc_refused", "oidc_denied"))
    expect(page.get_by_text(said)).to_have_count(0)
    assert seat.complaints == []
    seat.context.close()


def test_officers_may_state_that_they_reached_an_owner_whom_no_channel_reached(house: House) -> None:
    """A mailbox that somebody else may read reaches nobody; after seven days two officers may say that they did."""
    now = house.console.live.application.clock.now()
    factors = [{"factor": "password"}, {"factor": "email", "contact": "n-1@example.test"}]
    house.console.api("POST", "/v1/accounts", {"account": "n-1", "factors": factors})
    suspicion = {"capability": "email_takeover", "until": now + 30 * DAY, "evidence": "a forwarding rule was added"}
    house.console.api("POST", "/v1/accounts/n-1/suspicions", suspicion)
    house.console.api("POST", "/v1/accounts/n-1/freeze", {"kind": "owner"})
    house.console.api("POST", "/v1/clock", {"advance": 7 * DAY + 1})
    seat = house.console.seat("Fay", house.console.invite("Fay", "fraud"))
    page = house.open(seat, "/accounts/n-1")
    page.get_by_label("Working on an incident").check()
    page.get_by_role("button", name="Open account").click()
    notices = page.get_by_role("region", name="Notices sent")
    expect(notices).to_contain_text("n…@example.test")
    expect(notices).to_contain_text("accepted")
    expect(notices).to_contain_text("Taken only where somebody else may read it")
    factor = page.get_by_role("table", name="Factors").get_by_role("row").filter(has_text="email")
    expect(factor).to_contain_text("counts again from")
    expect(page.get_by_role("region", name="Time line")).to_contain_text(
        re.compile(r"looked at the account \(Fay \(st_")
    )
    fits(seat, "account-unreached")
    notices.get_by_role("button", name="Owner was reached…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("rang the number of 2019, the owner knew the phrase")
    dialog.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("State that the owner of n-1 was reached")
    assert seat.complaints == []
    seat.context.close()
    house.open(house.ada, "/signin")  # eight hours are over
    sign_in(house.ada.page)


def test_signing_out_everywhere_ends_the_session(house: House) -> None:
    seat = house.console.seat("Dan", house.console.invite("Dan", "viewer"))
    page = house.open(seat, "/settings")
    page.get_by_role("button", name="Sign out everywhere…").click()
    before = {each["name"]: each["value"] for each in page.context.cookies()}
    with page.expect_response(lambda reply: "/sessions/revoke" in reply.url) as revoked:
        page.get_by_role("dialog").get_by_role("button", name="Sign out everywhere").click()
    assert revoked.value.ok
    # The page offers the passkey at once and the authenticator may take it: so the old session is asked about.
    with httpx2.Client(base_url=house.console.live.url) as client:
        kept = "; ".join(f"{name}={value}" for name, value in before.items())
        assert client.get("/v1/staff/session", headers={"Cookie": kept}).status_code == 401
    seat.context.close()
