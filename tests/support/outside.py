# SPDX-License-Identifier: Apache-2.0
"""People of an authority at the officers' portal, with passkeys in software, and how they are invited."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

import httpx2

from counterseal.judicial.portal.office import PortalOffice
from tests.support.authenticator import Authenticator
from tests.support.registry import COURT, contact, source
from tests.support.requests import Bureau

ORIGIN = "http://localhost:8400"
MAILBOX = "registry@court.northmark.example"
ACCOUNTS = "/v1/desk/portal/accounts"
INVITE = "/v1/desk/portal/invitations"
DATA = re.compile(r'data-(?:create|get)="([^"]*)"')
LINK = re.compile(r"/portal/enrol/[A-Za-z0-9_-]+")
ONCE = "0a1b2c3d4e5f6071"


class Outside:
    """Somebody of an authority with a browser and a passkey. `desk`: the server, or a client of it."""

    def __init__(self, desk: Bureau | httpx2.AsyncClient) -> None:
        if isinstance(desk, httpx2.AsyncClient):
            self.client = desk
        else:
            transport = httpx2.ASGITransport(desk.live.app)
            self.client = httpx2.AsyncClient(transport=transport, base_url=ORIGIN)
        self.passkey = Authenticator(ORIGIN)

    async def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        """A form, as the page sends it."""
        content = urlencode(data or {}).encode()
        headers = {"Origin": ORIGIN, "Content-Type": "application/x-www-form-urlencoded"} | more
        return await self.client.post(path, content=content, headers=headers)

    def answer(self, page: str, *, register: bool = False) -> str:
        """What the passkey says to the options of a page."""
        found = DATA.search(page)
        assert found is not None, page
        options = json.loads(html.unescape(found[1]))
        made = self.passkey.register(options) if register else self.passkey.use(options)
        return json.dumps({"challenge": options["challenge"], "response": made})

    async def enrol(self, link: str, code: str) -> httpx2.Response:
        """Link, code, passkey; what the last step answers."""
        shown = await self.post(link, {"code": code})
        if shown.status_code != 200:
            return shown
        given = {"code": code, "secret": self.answer(shown.text, register=True), "label": "office"}
        return await self.post(f"{link}/passkey", given)

    async def sign_in(self) -> httpx2.Response:
        """A session, where it is given."""
        shown = await self.client.get("/portal")
        return await self.post("/portal/signin", {"answer": self.answer(shown.text)})

    async def send(self, data: bytes, name: str = "order.pdf") -> httpx2.Response:
        """A file."""
        headers = {"Origin": ORIGIN, "Content-Type": "application/octet-stream"}
        return await self.client.post("/portal/documents", params={"name": name}, content=data, headers=headers)

    async def submit(self, status: int = 201, **more: Any) -> Any:
        """A request; the JSON of the answer."""
        body = {
            "once": ONCE,
            "type": "disclosure",
            "case_number": "17/2026",
            "legal_basis": "s. 100",
            "identifiers": [{"kind": "account", "value": "u-1"}],
            "categories": ["subscriber"],
        } | more
        answer = await self.client.post("/portal/requests", json=body, headers={"Origin": ORIGIN})
        assert answer.status_code == status, answer.text
        return answer.json()


async def called(desk: Bureau, **more: Any) -> dict[str, Any]:
    """The body of an invitation after a call that Vera made just now."""
    vera = (await desk.vera.get("/v1/staff/session"))["staff"]["id"]
    call = {"contact": await desk.only(), "at": desk.live.now, "by": vera, "spoke_to": "the clerk on duty"}
    body = {"authority": COURT, "officer": "J. Doe", "call": call}
    return body | more | {"call": call | more.get("call", {})}


async def mailbox(desk: Bureau, *, sure: bool = True) -> None:
    """An address of the court for mail; `sure`: a second source confirmed it, so that it counts at once."""
    path = f"/v1/desk/authorities/{COURT}/contacts"
    made = contact(MAILBOX, "email", "delivery")
    made["source"]["at"] = desk.live.now
    await desk.signed(path, made, 201)
    if sure:
        name = next(each["id"] for each in (await desk.read())["contacts"] if each["value"] == MAILBOX)
        look = {"source": source(desk, "the court's printed calendar")}
        await desk.signed(f"{path}/{name}/confirm", look, by=(desk.ines, desk.vera))


async def invited(desk: Bureau, status: int = 201, **more: Any) -> Any:
    """The answer to an invitation that Omar and Wei sign."""
    answer = await desk.try_signed(INVITE, await called(desk, **more), *desk.pair)
    assert answer.status_code == status, answer.text
    return answer.json()


async def link_of(desk: Bureau, made: Any) -> str:
    """The link of an invitation, as it went out."""
    while await desk.live.app.state.services.area(PortalOffice).turn():
        pass
    sent = (await desk.live.get("/v1/outbox?limit=20"))["messages"]
    links = [found[0] for each in sent if (found := LINK.search(each["text"])) and f"/{made['id']}-" in found[0]]
    assert links, "no link went out"
    return links[0]


async def enrolled(desk: Bureau) -> tuple[Outside, str]:
    """Somebody with an account and a session, and the account's id."""
    await mailbox(desk)
    made = await invited(desk)
    person = Outside(desk)
    assert (await person.enrol(await link_of(desk, made), made["code"])).status_code == 200
    assert (await person.sign_in()).status_code == 303
    (held,) = (await desk.ines.get(ACCOUNTS))["items"]
    return person, str(held["id"])


async def evidence(desk: Bureau, request: str) -> str:
    """What E4 says of a request."""
    held = (await desk.read_request(request))["request"]["evidence"]
    (found,) = [each["result"] for each in held if each["kind"] == "portal"]
    return str(found)
