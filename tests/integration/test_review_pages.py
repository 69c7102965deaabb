# SPDX-License-Identifier: Apache-2.0
"""Attacks on links and the pages behind them: previews, races, frames, other sites, what stays in logs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2

from tests.integration.test_owner_pages import ORIGIN, Browser, here, linked
from tests.support.server import Live
from tests.support.server_process import ServerProcess


def browser(live: Live) -> httpx2.AsyncClient:
    """A fresh browser on the pages' own origin."""
    transport = httpx2.ASGITransport(live.app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url=ORIGIN)


FORM = {
    "Origin": ORIGIN,
    "Sec-Fetch-Site": "same-origin",
    "Content-Type": "application/x-www-form-urlencoded",
}


def check_page(answer: httpx2.Response) -> None:
    """No frame, no cache, no script in the page, no address told to another site."""
    headers = answer.headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"], answer.url
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] in {"no-referrer", "same-origin"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "<script>" not in answer.text
    assert "http-equiv" not in answer.text


@here
async def test_every_answer_at_a_link_refuses_frames_and_keeps_its_address(live: Live) -> None:
    """The page, the page with a mistake in it, the closed one, the refusal of another site's button."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    path = await linked(person, action=action["id"])
    await live.settle()
    freeze = next(iter(await live.links("freeze")), "none")
    client = browser(live)
    seen = [
        await client.get(path),
        await client.post(f"{path}/answer", data={"factor": "totp", "answer": "000000"}, headers=FORM),
        await client.post(f"{path}/answer", data={"factor": "totp", "answer": "000000"}),
        await client.post(f"{path}/refuse", headers=FORM | {"Sec-Fetch-Site": "cross-site"}),
        await client.post(f"{path}/refuse", headers=FORM | {"Origin": "https://evil.example"}),
        await client.get(f"{path}x"),
        await client.get(f"/freeze/{freeze}"),
        await client.get("/cancel/none"),
        await client.post("/freeze/none"),
        await browser(live).post(f"{path}/freeze", headers=FORM),
    ]
    assert [each.status_code for each in seen] == [200, 409, 403, 403, 403, 410, seen[6].status_code, 410, 410, 410]
    for each in seen:
        check_page(each)
        assert path.rpartition("/")[2] not in str(each.headers.get("location", ""))
    assert (await live.get(f"/v1/actions/{action['id']}"))["status"] == "open"


@here
async def test_a_preview_spends_nothing(live: Live) -> None:
    """GET and HEAD, with and without the headers of a prefetch: the link stays for the first who presses."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    path = await linked(person, action=action["id"])
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        for headers in ({}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "LinkScanner"}):
            answer = await browser(live).request(method, path, headers=headers)
            assert answer.status_code in {200, 405}, (method, answer.status_code)
    owner = Browser(live)
    await owner.open(path)
    assert "Done: authenticator" in await owner.press(f"{path}/answer", factor="totp", answer=person.totp())


@here
async def test_two_browsers_press_at_once(live: Live) -> None:
    """One has the link; to the other it was opened elsewhere."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    path = await linked(person, action=action["id"])
    clients = [browser(live) for _ in range(5)]
    for client in clients:
        assert (await client.get(path)).status_code == 200
    form = {"factor": "totp", "answer": "000000"}
    answers = await asyncio.gather(*(each.post(f"{path}/answer", data=form, headers=FORM) for each in clients))
    assert sorted(each.status_code for each in answers) == [409, 410, 410, 410, 410]


@here
async def test_a_link_is_for_one_purpose(live: Live) -> None:
    """A link to approve enrols nothing, one to enrol approves nothing else, and neither is a notice's link."""
    person = await live.owner()
    action = await person.ask("withdraw_small", amount="10")
    approve = await linked(person, action=action["id"])
    enrol = await linked(person, enrol="totp", ask={"action": "bind_totp", "objects": {"session": "s1"}})
    one, other = browser(live), browser(live)
    await one.get(approve)
    await other.get(enrol)
    seed = {"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "confirm": "000000"}
    refused = await one.post(f"{approve}/enrol", data=seed, headers=FORM)
    assert refused.status_code in {303, 409}, refused.text
    refused = await other.post(f"{enrol}/answer", data={"factor": "totp", "answer": person.totp()}, headers=FORM)
    assert refused.status_code in {409, 410}
    token = approve.rpartition("/")[2]
    for path in (f"/freeze/{token}", f"/cancel/{token}"):
        assert (await one.post(path)).status_code == 410
    state = await live.application.store.read(f"account:{person.account}")
    assert state.actions[action["id"]].proofs == ()
    assert not state.freezes
    assert list(state.actions) == [action["id"]]


def test_a_real_server_writes_no_secret_into_its_log(tmp_path: Path) -> None:
    """Tokens of links, cookies, answers, purposes and mail addresses stay out, whatever status they end in."""
    server = ServerProcess(tmp_path, {"access_log": "all", "log_level": "debug"})
    secrets = {
        "link": "kwGmLINKTOKENabcdefghijklmnopqrstuvwxyz0123456789",
        "cookie": "st_0123456789abcdef01.COOKIESECRETcookiesecretCOOKIESECRETcookies",
        "bearer": "cs_BEARERSECRETbearersecret0123456789",
        "purpose": "PURPOSEofthisperson",
        "answer": "ANSWERanswerANSWER",
        "state": "STATEofsinglesignon",
        "mail": "somebody@mail.example",
    }
    try:
        server.start()
        with httpx2.Client(base_url=server.url) as client:
            headers = {"Purpose": secrets["purpose"], "Cookie": f"counterseal_staff={secrets['cookie']}"}
            for kind in ("step", "freeze", "cancel", "console/enrol"):
                assert client.get(f"/{kind}/{secrets['link']}", headers=headers).status_code < 500
            client.post(f"/step/{secrets['link']}/answer", data={"factor": "totp", "answer": secrets["answer"]})
            client.get("/v1/accounts/u-1", headers={"Authorization": f"Bearer {secrets['bearer']}"})
            client.get("/v1/accounts/u-1", headers=headers)
            own = {"X-Counterseal": "console", "Origin": server.url}
            client.post(f"/v1/staff/enrol/{secrets['link']}/options", headers=own)
            client.post(f"/v1/staff/enrol/{secrets['link']}", headers=own, json={"name": secrets["mail"]})
            client.post("/v1/staff/signin", headers=own, json={"challenge": secrets["answer"], "response": {}})
            client.get(f"/v1/staff/oidc/callback?state={secrets['state']}&code={secrets['answer']}")
            client.get(f"/nowhere/{secrets['link']}?a={secrets['answer']}")
    finally:
        server.stop()
    log = (tmp_path / "server.log").read_text()
    assert '"route":"/step/{link}"' in log
    for kind, secret in secrets.items():
        assert secret not in log, kind
