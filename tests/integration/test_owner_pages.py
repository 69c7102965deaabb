# SPDX-License-Identifier: Apache-2.0
"""The owner's pages over the real app: links, codes without a script, passkeys, refusals."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx2

from counterseal.factors import totp
from tests.support.authenticator import Authenticator
from tests.support.http_app import problem
from tests.support.server import MINUTE, Live, Owner, served

BACK = "https://exchange.example.test/back"
ORIGIN = "https://guard.example"
here = served(base_url=ORIGIN, return_origins=("https://exchange.example.test",))


class Browser:
    """A browser as far as these pages need one: it keeps one cookie and follows a 303."""

    def __init__(self, live: Live) -> None:
        self.live, self.cookie = live, ""

    async def open(self, url: str, status: int = 200) -> str:
        """A page's text."""
        return await self._read(await self.live.client.get(url, headers=self._headers()), status)

    async def press(self, url: str, fields: dict[str, str], status: int = 200, origin: str = ORIGIN) -> str:
        """A form's answer."""
        sent = self._headers() | {"Origin": origin, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._read(await self.live.client.post(url, data=fields, headers=sent), status)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}

    async def _read(self, response: httpx2.Response, status: int) -> str:
        if "set-cookie" in response.headers:
            self.cookie = response.headers["set-cookie"].split(";")[0]
        if response.status_code == 303:
            return await self.open(response.headers["location"], status)
        assert response.status_code == status, response.text
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        return response.text


async def linked(person: Owner, body: dict[str, Any]) -> str:
    """The path of a new link."""
    made = await person.live.post(f"/v1/accounts/{person.account}/link", {"return_url": BACK, **body})
    assert made["url"].startswith(f"{ORIGIN}/step/")
    return str(made["url"].removeprefix(ORIGIN))


def options_in(page: str, name: str) -> Any:
    """What a page hands to the browser's passkeys."""
    found = re.search(rf'data-{name}="([^"]+)"', page)
    assert found, page
    return json.loads(html.unescape(found[1]))


def said(options: Any, response: Any) -> str:
    """What the page's script puts into the form."""
    return json.dumps({"challenge": options["challenge"], "response": response})


async def newest_code(live: Live, channel: str) -> str:
    """The newest code that was sent."""
    text = (await live.messages(channel))[0]["text"]
    return re.findall(r"^([0-9]{3} [0-9]{3})$", text, re.MULTILINE)[0]


@here
async def test_an_owner_approves_by_codes_alone_and_the_platform_collects_the_seal(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, {"action": action["id"]})
    page = await browser.open(path)
    assert "Send this money?" in page
    assert "100 " in page
    assert "blue heron" in page
    assert "does not count" not in page
    page = await browser.press(f"{path}/answer", {"factor": "totp", "answer": "000 000"})
    assert "That did not work" in page
    page = await browser.press(f"{path}/answer", {"factor": "totp", "answer": person.totp()})
    assert "Given so far: authenticator code" in page
    page = await browser.press(f"{path}/code", {"factor": "email"})
    challenge = re.findall(r'name="challenge" value="([^"]+)"', page)[-1]
    code = await newest_code(live, "email")
    page = await browser.press(f"{path}/answer", {"factor": "email", "answer": code, "challenge": challenge})
    assert "Approved" in page
    assert f"{BACK}?counterseal={action['id']}&amp;state=allowed" in page
    assert (await live.get(f"/v1/actions/{action['id']}"))["status"] == "ready"
    done = await live.post(f"/v1/actions/{action['id']}/decide")
    assert done["seal"]["token"]
    await person.redeem(done)


@here
async def test_a_passkey_is_enrolled_and_approves(live: Live) -> None:
    person, browser, device = await live.owner(), Browser(live), Authenticator(origin=ORIGIN)
    ask = {"action": "bind_passkey", "objects": {"session": "s1"}}
    path = await linked(person, {"enrol": "passkey", "ask": ask})
    options = options_in(await browser.open(path), "create")
    given = {"secret": said(options, device.register(options)), "label": "phone"}
    page = await browser.press(f"{path}/enrol", given)
    assert "A passkey will be added" in page
    await browser.press(f"{path}/answer", {"factor": "totp", "answer": person.totp()})
    page = await browser.press(f"{path}/code", {"factor": "email"})
    challenge = re.findall(r'name="challenge" value="([^"]+)"', page)[-1]
    given = {"factor": "email", "answer": await newest_code(live, "email"), "challenge": challenge}
    assert "Approved" in await browser.press(f"{path}/answer", given)
    factors = (await live.get(f"/v1/accounts/{person.account}"))["factors"]
    assert [each["label"] for each in factors if each["factor"] == "passkey"] == ["phone"]

    action = await person.ask("login")
    path = await linked(person, {"action": action["id"]})
    options = options_in(await browser.open(path), "get")
    answer = {"factor": "passkey", "answer": said(options, device.use(options))}
    assert "Approved" in await browser.press(f"{path}/answer", answer)


@here
async def test_an_authenticator_counts_only_after_its_first_code(live: Live) -> None:
    person, browser = await live.owner(settled=True, factors=("sms", "email", "password", "face")), Browser(live)
    path = await linked(person, {"enrol": "totp", "ask": {"action": "bind_totp", "objects": {"session": "s1"}}})
    page = await browser.open(path)
    assert "<svg" in page
    key = re.findall(r'name="secret" value="([^"]+)"', page)[0]
    page = await browser.press(f"{path}/enrol", {"secret": key, "confirm": "000000"})
    assert "That did not work" in page
    assert key in page  # the app has scanned it
    seed = totp.parse_seed(key)
    code = totp.code_at(seed, totp.step_at(live.now))
    page = await browser.press(f"{path}/enrol", {"secret": key, "confirm": code})
    assert "uthenticator" in page
    assert "That did not" not in page


@here
async def test_a_link_belongs_to_the_first_browser_and_to_us(live: Live) -> None:
    person, browser, thief = await live.owner(), Browser(live), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, {"action": action["id"]})
    await browser.open(path)
    await thief.open(path)  # nobody has pressed anything yet
    assert "cross_site" in await browser.press(f"{path}/refuse", {}, 403, origin="https://evil.example")
    await browser.press(f"{path}/answer", {"factor": "totp", "answer": "000000"})
    assert "another browser" in await thief.open(path, 410)
    assert "another browser" in await thief.press(f"{path}/refuse", {}, 410)
    assert "not complete" in await browser.open(path[:-3], 410)
    assert (await live.get(f"/v1/actions/{action['id']}"))["status"] == "open"
    await live.advance(16 * MINUTE)
    assert "expired" in await browser.open(path, 410)


@here
async def test_it_was_not_me_stops_it_and_freezes(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, {"action": action["id"], "language": "zh"})
    assert "转出这笔资产" in await browser.open(path)
    assert "已停止" in await browser.press(f"{path}/refuse", {})
    assert (await live.get(f"/v1/actions/{action['id']}"))["status"] == "cancelled"
    assert "冻结" in await browser.press(f"{path}/freeze", {})
    assert (await live.get(f"/v1/accounts/{person.account}"))["freezes"][0]["kind"] == "owner"


@here
async def test_links_that_cannot_be(live: Live) -> None:
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="100")
    where = f"/v1/accounts/{person.account}/link"
    for body, status, code in (
        ({"return_url": "https://evil.example/x", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": "javascript:alert(1)", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": BACK}, 422, "link_purpose"),
        ({"return_url": BACK, "enrol": "passkey"}, 422, "link_purpose"),
        ({"return_url": BACK, "action": "act_none"}, 404, "unknown_action_id"),
        ({"return_url": BACK, "enrol": "totp", "ask": {"action": "login"}}, 422, "unknown_action"),
    ):
        problem(await live.call("POST", where, body), status, code)
