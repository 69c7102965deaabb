# SPDX-License-Identifier: Apache-2.0
"""Somebody of the court at the officers' portal, as their browser would act: link, code, passkey, pages."""

from __future__ import annotations

import html
import json
import re
import secrets
import time as wall
from typing import Any
from urllib.parse import urlsplit

import httpx2

from counterseal.demo.desk_passkey import Passkey
from counterseal.demo.model import DemoError
from counterseal.sdk import Counterseal

MAIL_WITHIN = 30.0  # seconds: the link goes out by a worker
BINARY = "application/octet-stream"
_LINK = re.compile(r"https?://\S+/portal/enrol/[A-Za-z0-9_-]+")
_DATA = re.compile(r'data-(?:create|get)="([^"]*)"')


class PortalOfficer:
    """A browser with one passkey. Whoever holds both acts in the officer's name: the server cannot tell."""

    def __init__(self, url: str) -> None:
        self.client = httpx2.Client(base_url=url, timeout=60.0, trust_env=False)
        self._origin = url.replace("127.0.0.1", "localhost")
        self._passkey = Passkey(self._origin)

    def enrol(self, link: str, code: str) -> None:
        """Set up the account. Raises DemoError."""
        path = urlsplit(link).path
        shown = self._form(path, {"code": code})
        answer = self._answer(shown, register=True)
        self._form(f"{path}/passkey", {"code": code, "secret": answer, "label": "office"})

    def sign_in(self) -> None:
        """A new session. Raises DemoError."""
        shown = self.client.get("/portal").text
        self._form("/portal/signin", {"answer": self._answer(shown)}, wanted=httpx2.codes.SEE_OTHER)

    def hand_in(self, papers: list[tuple[str, bytes]], **asked: Any) -> str:
        """A request with its papers; its id. Raises DemoError."""
        names = [self._sent("/portal/documents", data, BINARY, {"name": name})["id"] for name, data in papers]
        body = {"once": secrets.token_hex(8), "legal_basis": "order of the court", "documents": names} | asked
        return str(self._sent("/portal/requests", json.dumps(body).encode(), "application/json")["id"])

    def page(self, request: str) -> str:
        """The page of a request, as the officer reads it."""
        return str(self.client.get(f"/portal/requests/{request}").text)

    def _answer(self, page: str, *, register: bool = False) -> str:
        found = _DATA.search(page)
        if found is None:
            raise DemoError("the portal asked for no passkey", code="demo_portal")
        options = json.loads(html.unescape(found[1]))
        made = self._passkey.register(options) if register else self._passkey.use(options)
        return json.dumps({"challenge": options["challenge"], "response": made})

    def _form(self, path: str, fields: dict[str, str], *, wanted: int = httpx2.codes.OK) -> str:
        shown = self.client.post(path, data=fields, headers={"Origin": self._origin})
        if (status := shown.status_code) != wanted:
            raise DemoError(f"POST {path}: {status}", code="demo_portal")
        return str(shown.text)

    def _sent(self, path: str, content: bytes, kind: str, params: dict[str, str] | None = None) -> dict[str, Any]:
        headers = {"Origin": self._origin, "Content-Type": kind}
        answer = self.client.post(path, content=content, headers=headers, params=params or {})
        told: dict[str, Any] = answer.json()
        if answer.status_code != httpx2.codes.CREATED:
            raise DemoError(f"POST {path}: {answer.status_code} {told}"[:600], code="demo_portal")
        return told


def mailed_link(client: Counterseal, to: str) -> str:
    """The link of the newest invitation that went out to this address. Raises DemoError."""
    until = wall.monotonic() + MAIL_WITHIN
    while wall.monotonic() < until:
        for message in client.outbox(limit=20):
            if message.to == to and (found := _LINK.search(message.text)):
                return str(found[0])
        wall.sleep(0.2)
    raise DemoError("no link to the portal went out", code="demo_portal")
