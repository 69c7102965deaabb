# SPDX-License-Identifier: Apache-2.0
"""The owner's pages over the real app: links, codes without a script, passkeys, refusals, the way back."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx2

from counterseal.factors import totp
from tests.support.authenticator import Authenticator
from tests.support.http_app import problem
from tests.support.server import ADDRESS, DAY, HOUR, MINUTE, Live, Owner, served

BACK = "https://exchange.example.test/back?order=7"
ORIGIN = "https://guard.example"
SETTINGS = {"base_url": ORIGIN, "return_origins": ("https://exchange.example.test",)}
here = served(**SETTINGS)
_TOKEN = re.compile(r"/step/([A-Za-z0-9_-]+)\Z")


class Browser:
    """A browser as far as these pages need one: it keeps one cookie and follows a 303."""

    def __init__(self, live: Live) -> None:
        self.live, self.cookie = live, ""

    async def open(self, url: str, status: int = 200, **headers: str) -> str:
        """A page's text."""
        return await self._read(await self.live.client.get(url, headers=self._headers() | headers), status)

    async def press(self, url: str, status: int = 200, /, site: str = "same-origin", **fields: str) -> str:
        """What comes after a form."""
        sent = self._headers() | {"Sec-Fetch-Site": site, "Content-Type": "application/x-www-form-urlencoded"}
        return await self._read(await self.live.client.post(url, data=fields, headers=sent), status)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}

    async def _read(self, response: httpx2.Response, status: int) -> str:
        if "set-cookie" in response.headers:
            self.cookie = response.headers["set-cookie"].split(";")[0]
            attributes = response.headers["set-cookie"].lower()
            assert "httponly" in attributes
            assert "samesite=lax" in attributes
            assert self.cookie.startswith("__Host-")
        if response.status_code == 303:
            return await self.open(response.headers["location"], status)
        assert response.status_code == status, response.text
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        return html.unescape(response.text)


async def linked(person: Owner, **body: Any) -> str:
    """The path of a new link."""
    made = await person.live.post(f"/v1/accounts/{person.account}/link", {"return_url": BACK, **body})
    assert made["url"].startswith(f"{ORIGIN}/step/")
    assert made["expires"] == person.live.now + 10 * MINUTE
    return str(made["url"].removeprefix(ORIGIN))


def options_in(page: str, name: str) -> Any:
    """What a page hands to the browser's passkeys."""
    found = re.search(rf'data-{name}="(\{{.+?\}})"', page)
    assert found, page
    return json.loads(found[1])


def said(options: Any, response: Any) -> str:
    """What the page's script puts into the form."""
    return json.dumps({"challenge": options["challenge"], "response": response})


async def newest_code(live: Live, channel: str) -> str:
    """The newest code that was sent."""
    text = (await live.messages(channel))[0]["text"]
    return str(re.findall(r"^([0-9]{3} [0-9]{3})$", text, re.MULTILINE)[0])


async def by_code(browser: Browser, path: str, factor: str, status: int = 200) -> str:
    """Have a code sent and type it."""
    page = await browser.press(f"{path}/code", factor=factor)
    challenge = re.findall(rf'value="{factor}"><input type="hidden" name="challenge" value="([^"]+)"', page)[-1]
    code = await newest_code(browser.live, factor)
    return await browser.press(f"{path}/answer", status, factor=factor, answer=code, challenge=challenge)


async def enrolled(person: Owner, browser: Browser, device: Authenticator) -> None:
    """Enrol a passkey by a link."""
    path = await linked(person, enrol="passkey", ask={"action": "bind_passkey", "objects": {"session": "s1"}})
    options = options_in(await browser.open(path), "create")
    page = await browser.press(f"{path}/enrol", secret=said(options, device.register(options)), label="phone")
    assert "Add a passkey?" in page
    assert "phone" in page
    await browser.press(f"{path}/answer", factor="totp", answer=person.totp())
    page = await by_code(browser, path, "email")
    assert "A passkey was added" in page
    assert "state=allowed" in page


@here
async def test_codes_alone_approve_and_the_platform_collects_the_seal(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="934.5")
    path = await linked(person, action=action["id"])
    page = await browser.open(path)
    assert "Send this money?" in page
    assert "934.5 <small>USD</small>" in page
    assert f"<b>{ADDRESS[:6]}</b>{ADDRESS[6:-6]}<b>{ADDRESS[-6:]}</b>" in page
    assert "Ethereum · known since 10 May 2024" in page
    assert "blue heron" in page
    assert "script-src" not in (await live.client.get(path)).headers["content-security-policy"]
    page = await browser.press(f"{path}/answer", 409, factor="totp", answer="000 000")
    assert "That did not work" in page
    page = await browser.press(f"{path}/answer", factor="totp", answer=person.totp())
    assert "Done: authenticator" in page
    assert "One more" in page
    page = await by_code(browser, path, "email")
    assert "Approved" in page
    assert f"{BACK}&counterseal={action['id']}&state=allowed" in page
    assert (await live.get(f"/v1/actions/{action['id']}"))["status"] == "ready"
    done = await live.post(f"/v1/actions/{action['id']}/decide")
    assert done["seal"]["token"]
    await person.redeem(done)
    assert "The money has left" in await browser.open(path)


@here
async def test_before_the_first_proof_nothing_is_told_and_then_why(live: Live) -> None:
    """A SIM change: the page looks the same to a stranger; after a proof it says since when and until when."""
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, action=action["id"])
    strangers = await browser.open(path)
    until = live.now + 3 * DAY
    signal = {"capability": "sim_swap", "since": live.now - 3 * HOUR, "until": until, "evidence": "carrier says so"}
    await live.post(f"/v1/accounts/{person.account}/suspicions", signal)
    hidden = re.compile(r'name="once" value="\w+"')
    assert hidden.sub("", await browser.open(path)) == hidden.sub("", strangers)
    page = await browser.press(f"{path}/answer", factor="totp", answer=person.totp())
    assert "SMS is not accepted now" in page
    other = await live.owner(factors=("sms", "email", "password", "face"))
    action = await other.ask("add_address", address={"chain": "eth", "address": "0x" + "1" * 40, "memo": ""})
    await live.post(f"/v1/accounts/{other.account}/suspicions", signal)
    path = await linked(other, action=action["id"])
    browser = Browser(live)
    page = await browser.open(path)
    assert "Get a code by text message" in page
    assert "Show your face" in page
    page = await by_code(browser, path, "email")
    if "SMS is not accepted now" not in page:  # nothing is left to prove: it is told as a refusal
        assert "This cannot be done now" in page
    else:
        assert "Your SIM card was changed 3 hours ago." in page
        assert "12 June 2024, 00:00 UTC" in page
    assert "sim_swap" not in page
    assert "carrier says so" not in page


@here
async def test_a_passkey_is_enrolled_and_approves_this_and_nothing_else(live: Live) -> None:
    person, browser, device = await live.owner(), Browser(live), Authenticator(origin=ORIGIN)
    await enrolled(person, browser, device)
    factors = (await live.get(f"/v1/accounts/{person.account}"))["factors"]
    assert [each["label"] for each in factors if each["factor"] == "passkey"] == ["phone"]
    one, two = await person.ask("login"), await person.ask("login")
    path, other = await linked(person, action=one["id"]), await linked(person, action=two["id"])
    page = await browser.open(path)
    assert "script-src 'self'" in (await live.client.get(path)).headers["content-security-policy"]
    options = options_in(page, "get")
    answer = said(options, device.use(options))
    page = await browser.press(f"{other}/answer", 409, factor="passkey", answer=answer)
    assert "That did not work" in page
    page = await browser.press(f"{path}/answer", factor="passkey", answer=answer)
    assert "Done" in page
    assert "state=allowed" in page


@here
async def test_an_authenticator_counts_only_after_its_first_code(live: Live) -> None:
    person, browser = await live.owner(factors=("sms", "email", "password", "face")), Browser(live)
    path = await linked(person, enrol="totp", ask={"action": "bind_totp", "objects": {"session": "s1"}})
    page = await browser.open(path)
    assert "<svg" in page
    key = re.findall(r'name="secret" value="([^"]+)"', page)[0]
    page = await browser.press(f"{path}/enrol", 409, secret=key, confirm="000000")
    assert "not the code that the app shows" in page
    assert f'value="{key}"' in page  # the app holds this one
    page = await browser.press(f"{path}/enrol", 409, secret="not base32!", confirm="000000")
    assert "could not be added" in page
    code = totp.code_at(totp.parse_seed(key), totp.step_at(live.now))
    page = await browser.press(f"{path}/enrol", secret=key, confirm=f"{code[:3]} {code[3:]}")
    assert "Add an authenticator?" in page
    actions = (await live.get(f"/v1/accounts/{person.account}"))["actions"]
    page = await browser.press(f"{path}/enrol", secret=key, confirm=code)  # twice is once
    assert (await live.get(f"/v1/accounts/{person.account}"))["actions"] == actions


@here
async def test_a_link_belongs_to_the_first_browser_that_acts(live: Live) -> None:
    person, browser, thief = await live.owner(), Browser(live), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, action=action["id"])
    await browser.open(path)
    await thief.open(path)  # a scanner or a preview: nobody has pressed anything yet
    assert (await live.get(f"/v1/actions/{action['id']}"))["proofs"] == []
    for site in ("cross-site", "same-site", "none"):
        found = await live.client.post(f"{path}/refuse", data={}, headers={"Sec-Fetch-Site": site, **form()})
        problem(found, 403, "cross_site")
    found = await live.client.post(f"{path}/refuse", data={}, headers={"Origin": "https://evil.example", **form()})
    problem(found, 403, "cross_site")
    assert "keeps no cookies" in await Browser(live).press(f"{path}/refuse", 410)
    await browser.press(f"{path}/answer", 409, factor="totp", answer="000000")
    assert "opened elsewhere" in await thief.open(path, 410)
    assert "opened elsewhere" in await thief.press(f"{path}/refuse", 410)
    assert "已在别处打开" in await thief.open(path, 410, **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert (await live.get(f"/v1/actions/{action['id']}"))["status"] == "open"
    await browser.open(path)


def form() -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded"}


@here
async def test_links_that_open_nothing(live: Live) -> None:
    """Cut short, changed, of another account, expired unused, expired used."""
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, action=action["id"])
    token = _TOKEN.search(path)[1]  # type: ignore[index]
    for bad in (token[:-3], token[:-1] + ("A" if token[-1] != "A" else "B"), "x", "A" * 600, token + "A"):
        assert "does not work" in await browser.open(f"/step/{bad}", 410)
    used = await linked(person, action=action["id"])
    await browser.open(used)
    await browser.press(f"{used}/answer", 409, factor="totp", answer="000000")
    await live.advance(10 * MINUTE)
    assert "has expired" in await browser.open(path, 410)
    assert "Send this money?" in await browser.open(used)
    await live.advance(20 * MINUTE)
    assert "has expired" in await browser.open(used, 410)


@here
async def test_a_used_link_shows_the_result_and_does_nothing_more(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, action=action["id"])
    await browser.open(path)
    await browser.press(f"{path}/answer", factor="totp", answer=person.totp())
    await by_code(browser, path, "email")
    before = await live.get(f"/v1/actions/{action['id']}")
    page = await browser.press(f"{path}/answer", factor="email", answer="000000", challenge="chl_x")
    assert "Approved" in page
    page = await browser.press(f"{path}/code", factor="sms")
    assert "Approved" in page
    assert await live.get(f"/v1/actions/{action['id']}") == before


@here
async def test_it_was_not_me_stops_it_and_offers_to_freeze(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, action=action["id"], language="zh")
    assert "确认转出这笔资产" in await browser.open(path)
    page = await browser.press(f"{path}/refuse")
    assert "已阻止" in page
    assert "state=cancelled" in page
    assert (await live.get(f"/v1/actions/{action['id']}"))["status"] == "cancelled"
    page = await browser.press(f"{path}/freeze")
    assert "您的账户已冻结" in page
    assert "state=cancelled" in page
    [freeze] = (await live.get(f"/v1/accounts/{person.account}"))["freezes"]
    assert (freeze["kind"], freeze["until"]) == ("link", live.now + 72 * HOUR)


@here
async def test_what_has_happened_cannot_be_stopped_but_the_account_frozen(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.sealed()
    path = await linked(person, action=action["id"])
    await person.redeem(action)
    page = await browser.open(path)
    assert "This was not me" in page
    page = await browser.press(f"{path}/refuse")
    assert "It has happened already" in page
    assert "Freeze my account" in page


@here
async def test_a_delayed_withdrawal_says_until_when_it_can_be_stopped(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw", amount="100")
    path = await linked(person, action=action["id"])
    assert "24 hours after you approve" in await browser.open(path)
    await browser.press(f"{path}/answer", factor="totp", answer=person.totp())
    page = await by_code(browser, path, "email")
    assert "Approved. It waits" in page
    assert "state=held" in page
    await live.settle()
    assert "10 June 2024" in await browser.open(path)
    assert "Stopped" in await browser.press(f"{path}/refuse")


@here
async def test_a_hold_is_told_after_a_proof_with_its_end(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    where = {"chain": "eth", "address": "0x" + "12" * 20, "memo": ""}
    assert (await person.done("add_address", "email", "totp", address=where))["status"] == "done"
    await live.settle()
    payment = {"asset": "USD", "amount": "10", "chain": "eth", "destination": where["address"], "audience": "hot"}
    action = await person.ask("withdraw", payment=payment)
    path = await linked(person, action=action["id"])
    page = await browser.open(path)
    assert "too new" not in page
    page = await browser.press(f"{path}/answer", factor="totp", answer=person.totp())
    page = await by_code(browser, path, "email") if "Not yet" not in page else page
    assert "Not yet" in page
    assert "This is too new" in page
    assert "10 June 2024" in page
    assert "state=held" in page


@here
async def test_throttling_names_the_moment(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    objects = {"session": "s1", "device": "d9"}  # a device that the account does not know: ten codes an hour
    action = await person.ask("withdraw_small", amount="100", objects=objects)
    path = await linked(person, action=action["id"])
    await browser.open(path)
    for _ in range(10):
        await browser.press(f"{path}/code", factor="email")
    page = await browser.press(f"{path}/code", 429, factor="email")
    assert re.search(r"Too many tries. Try again on 9 June 2024, 0\d:\d\d UTC", page)


@here
async def test_what_the_platform_takes_leads_back_to_it(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("login")
    path = await linked(person, action=action["id"])
    page = await browser.open(path)
    assert "Enter your password" in page
    assert f'href="{BACK}&counterseal={action["id"]}&state=open"' in page
    await person.prove(action, "password")
    page = await browser.open(path)
    assert "Done: password" in page


@here
async def test_a_repeated_request_gives_the_same_link(live: Live) -> None:
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="100")
    body = {"return_url": BACK, "action": action["id"]}
    where = f"/v1/accounts/{person.account}/link"
    first = await live.call("POST", where, body, key="k1")
    again = await live.call("POST", where, body, key="k1")
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (await live.call("POST", where, body)).json()["url"] != first.json()["url"]


@here
async def test_links_that_cannot_be(live: Live) -> None:
    person, other = await live.owner(), await live.owner()
    action, foreign = await person.ask("withdraw_small", amount="100"), await other.ask("login")
    where = f"/v1/accounts/{person.account}/link"
    bind = {"action": "bind_totp", "objects": {"session": "s1"}}
    for body, status, code in (
        ({"return_url": "https://evil.example/x", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": "https://exchange.example.test.evil/", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": "https://exchange.example.test@evil/", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": "https://exchange.example.test:444/", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": "https://exchange.example.test/#x", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": BACK + "&state=allowed", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": "javascript:alert(1)", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": "//exchange.example.test", "action": action["id"]}, 422, "return_url_foreign"),
        ({"return_url": BACK}, 422, "link_purpose"),
        ({"return_url": BACK, "enrol": "passkey"}, 422, "link_purpose"),
        ({"return_url": BACK, "action": action["id"], "enrol": "totp", "ask": bind}, 422, "link_purpose"),
        ({"return_url": BACK, "action": "act_none"}, 404, "unknown_action_id"),
        ({"return_url": BACK, "action": foreign["id"]}, 404, "unknown_action_id"),
        ({"return_url": BACK, "enrol": "totp", "ask": {"action": "login"}}, 422, "unknown_action"),
        ({"return_url": BACK, "enrol": "sms", "ask": {"action": "bind_phone"}}, 422, "enrol_unexpected"),
    ):
        problem(await live.call("POST", where, body), status, code)
    problem(
        await live.call("POST", "/v1/accounts/nobody/link", {"return_url": BACK, "action": "a"}),
        404,
        "unknown_account",
    )


@here
async def test_an_erased_account_leaves_no_link(live: Live) -> None:
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="100")
    path = await linked(person, action=action["id"])
    await live.officers(f"/v1/accounts/{person.account}/erase")
    assert "does not work" in await browser.open(path, 410)
    assert await live.application.store.read(f"link:{person.account}") is None


@here
async def test_a_brake_is_said_on_the_page_and_its_end_gives_the_ways_back(live: Live) -> None:
    """No form that could only fail, before and after a proof; who set it and why is not the owner's to read."""
    person, browser = await live.owner(), Browser(live)
    action = await person.ask("withdraw_small", amount="934.5")
    path = await linked(person, action=action["id"])
    assert 'name="answer"' in await browser.open(path)
    brake = await live.officers("/v1/brakes", {"reason": "an incident", "asset": "USD"}, 201)
    page = await browser.open(path)
    assert "stopped for everybody at the moment" in page
    assert "目前对所有用户暂停" in await browser.open(f"{path}?lang=zh")
    assert 'name="answer"' not in page
    assert not any(word in page for word in ("an incident", brake["id"], "omar"))
    await live.officers(f"/v1/brakes/{brake['id']}/lift", {"reason": "it is over"})
    assert 'name="answer"' in await browser.open(path)
    page = await by_code(browser, path, "email")
    assert "stopped for everybody" not in page
