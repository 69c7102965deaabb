# SPDX-License-Identifier: Apache-2.0
"""Members of staff at the console: each with a browser (its own cookies) and a passkey."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from counterseal.staff.service import StaffService
from tests.support.authenticator import Authenticator
from tests.support.server import Live

ORIGIN = "http://localhost:8400"
PURPOSE = "the owner called about a withdrawal"


def browser(live: Live) -> httpx2.AsyncClient:
    """A fresh browser on the server."""
    transport = httpx2.ASGITransport(live.app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://counterseal.test")


@dataclass
class Person:
    """Somebody at the console. `calls` go with their cookie, as the page sends them."""

    live: Live
    name: str
    client: httpx2.AsyncClient
    passkey: Authenticator = field(default_factory=lambda: Authenticator(origin=ORIGIN))
    id: str = ""

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> httpx2.Response:
        """Any request, as the console's client sends it."""
        sent = {"Purpose": PURPOSE}
        if method != "GET":
            sent |= {"X-Counterseal": "console", "Origin": ORIGIN, "Idempotency-Key": key or secrets.token_hex(8)}
        options = {} if body is None else {"json": body}
        return await self.client.request(method, path, headers=sent | dict(headers or {}), **options)

    async def get(self, path: str, status: int = 200, **options: Any) -> Any:
        """The JSON of a read."""
        return _body(await self.call("GET", path, **options), status)

    async def post(self, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        """The JSON of a write."""
        return _body(await self.call("POST", path, body, **options), status)

    async def enrol(self, link: str) -> Any:
        """Take up an invitation with this person's passkey."""
        secret = link.rpartition("/")[2]
        options = (await self.post(f"/v1/staff/enrol/{secret}/options"))["public_key"]
        body = {"challenge": options["challenge"], "response": self.passkey.register(options), "name": "laptop"}
        made = await self.post(f"/v1/staff/enrol/{secret}", body, 201)
        self.id = made["id"]
        return made

    async def answer(self) -> dict[str, Any]:
        """A fresh assertion for a sign-in."""
        options = (await self.post("/v1/staff/signin/options"))["public_key"]
        return {"challenge": options["challenge"], "response": self.passkey.use(options)}

    async def sign_in(self, status: int = 200) -> Any:
        """A new session."""
        return await self.post("/v1/staff/signin", await self.answer(), status)

    async def signature(self, approval: str, **client: Any) -> dict[str, Any]:
        """A fresh assertion over an approval."""
        options = (await self.post(f"/v1/approvals/{approval}/options"))["public_key"]
        return {"challenge": options["challenge"], "response": self.passkey.use(options, **client)}

    async def sign(self, approval: str, status: int = 200) -> Any:
        """Sign an approval."""
        return await self.post(f"/v1/approvals/{approval}/sign", await self.signature(approval), status)

    async def propose(self, operation: str, body: Any = None, status: int = 201, **more: Any) -> Any:
        """Put an operation before two people."""
        asked = {"operation": operation, "body": body, "reason": "for a test"} | more
        return await self.post("/v1/approvals", asked, status)


@dataclass
class Team:
    """Staff of a server. `first` is its first administrator, invited by the command."""

    live: Live
    people: dict[str, Person] = field(default_factory=dict)

    async def first(self, name: str = "ada") -> Person:
        """The first administrator, signed in."""
        made = await self.service.invite(
            name=name, email=f"{name}@example.test", roles=["administrator"], by="command", first=True
        )
        return await self._joined(name, made.secret or "")

    async def join(self, name: str, *roles: str, account: str = "") -> Person:
        """Somebody more with these roles, invited from the machine that holds the store, signed in."""
        made = await self.service.invite(
            name=name, email=f"{name}@example.test", roles=roles, account=account, by="command"
        )
        return await self._joined(name, made.secret or "")

    @property
    def service(self) -> StaffService:
        """The area's service, as the command uses it."""
        found: StaffService = self.live.app.state.services.areas[StaffService]
        return found

    async def _joined(self, name: str, link: str) -> Person:
        person = Person(self.live, name, browser(self.live))
        await person.enrol(link)
        await person.sign_in()
        self.people[name] = person
        return person


def _body(response: httpx2.Response, status: int) -> Any:
    assert response.status_code == status, f"{response.request.method} {response.request.url}: {response.text}"
    return response.json()
