# SPDX-License-Identifier: Apache-2.0
"""One server with a desk at work: four officers with passkeys, a court in the registry, a request's steps."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
import pyrage  # type: ignore[import-untyped] # has none

from counterseal.demo.desk_papers import COURT, DOMAIN, Papers
from counterseal.demo.desk_passkey import Passkey
from counterseal.demo.desk_portal import PortalOfficer, mailed_link
from counterseal.demo.model import DemoError
from counterseal.sdk import Counterseal
from counterseal.sdk import ask as given

DAY = 86_400_000
PLAYING = 600_000  # ms: signing tools take the machine's time, and nothing may be signed in the desk's future
ROOT = "/v1/desk/requests"
NUMBER, CLERK = "+12025550179", "+12025550155"
MAILBOX = f"registry@{DOMAIN}"
AUTHORITY = "nm-district-court"
CONFIRMED = ["case_number", "officer", "scope", "document_hash", "delivery_key"]
NAMES = ("ines", "omar", "vera", "wei")
Answer = tuple[int, dict[str, Any]]


class Officer:
    """A member of legal staff with a browser and a passkey of their own."""

    def __init__(self, url: str, link: str) -> None:
        self.client = httpx2.Client(base_url=url, timeout=60.0, trust_env=False)
        self._origin = url.replace("127.0.0.1", "localhost")  # as staff open the console
        self._passkey = Passkey(self._origin)
        path = f"/v1/staff/enrol/{link.rpartition('/')[2]}"
        self.done("POST", path, self._answer(f"{path}/options", register=True) | {"name": "laptop"})
        self.sign_in()

    def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        """Status and JSON of any request, as the console's page sends it."""
        sent = {"Purpose": "demonstration"}
        if method != "GET":
            sent |= {
                "X-Counterseal": "console",
                "Origin": self._origin,
                "Idempotency-Key": secrets.token_hex(8),
            }
        if body is not None:
            more["json"] = body
        answer = self.client.request(method, path, headers=sent | (headers or {}), **more)
        return answer.status_code, answer.json()

    def done(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """The JSON of a request that must succeed. Raises DemoError."""
        status, told = self.call(method, path, body, **more)
        if status >= httpx2.codes.BAD_REQUEST:
            raise DemoError(f"{method} {path}: {status} {told}"[:600], code="demo_step_failed")
        return told

    def sign_in(self) -> None:
        """A new session."""
        self.done("POST", "/v1/staff/signin", self._answer("/v1/staff/signin/options"))

    def sign(self, approval: str) -> None:
        """Sign an approval with a fresh assertion."""
        path = f"/v1/approvals/{approval}"
        self.done("POST", f"{path}/sign", self._answer(f"{path}/options"))

    def _answer(self, path: str, *, register: bool = False) -> dict[str, Any]:
        options = self.done("POST", path)["public_key"]
        made = self._passkey.register(options) if register else self._passkey.use(options)
        return {"challenge": options["challenge"], "response": made}


class Desk:
    """The desk of one server, 40 days after its court was entered. Ines and Omar entered it; Vera calls."""

    def __init__(self, url: str, client: Counterseal, links: dict[str, str], papers: Papers) -> None:
        self.client, self.papers = client, papers
        self.identity = pyrage.x25519.Identity.generate()  # of whoever asks: the court, or the forger
        self.key = str(self.identity.to_public())
        self.people = {name: Officer(url, link) for name, link in links.items()}
        self.ines, self.omar, self.vera, self.wei = (self.people[name] for name in NAMES)
        at = client.read_clock().now
        contacts = [
            contact_of("phone", NUMBER, "call_back", at),
            contact_of("phone", CLERK, "clerk", at),
            contact_of("domain", DOMAIN, "mail", at),
            contact_of("email", MAILBOX, "delivery", at),
        ]
        body = {
            "id": AUTHORITY,
            "details": {"name": COURT, "country": "nm", "role": "court", "languages": ["en", "zh"]},
            "contacts": contacts,
        }
        status, told = self.signed("/v1/desk/authorities", body, self.ines, self.omar)
        if status >= httpx2.codes.BAD_REQUEST:
            raise DemoError(f"the court could not be entered: {told}"[:600], code="demo_step_failed")
        self.portal = PortalOfficer(url)
        self._opened_portal(at)
        client.set_clock(int(papers.now.timestamp() * 1000) + PLAYING)
        for person in self.people.values():
            person.sign_in()
        self.accounts = 0

    def close(self) -> None:
        """Close the officers' browsers."""
        for person in self.people.values():
            person.client.close()
        self.portal.client.close()

    def _opened_portal(self, at: int) -> None:
        """An officer of the court gets an account at the portal, as it should be: a second source for the number
        and the address, a call by Vera, two others who sign, the link by mail, the code on the call."""
        for value in (NUMBER, MAILBOX):
            path = f"/v1/desk/authorities/{AUTHORITY}/contacts/{self._contact(value)}/confirm"
            found = {"source": {"where": "the court's printed calendar", "at": at}}
            self._signed_done(path, found, self.ines, self.vera)
        vera = self.vera.done("GET", "/v1/staff/session")["staff"]["id"]
        call = {"contact": self._contact(NUMBER), "at": at, "by": vera, "spoke_to": "the clerk on duty"}
        wanted = {"authority": AUTHORITY, "officer": "J. Doe", "call": call}
        made = self._signed_done("/v1/desk/portal/invitations", wanted, self.ines, self.omar)  # Wei approves later
        link = mailed_link(self.client, MAILBOX)
        self.portal.enrol(link, str(made["code"]))

    def _signed_done(self, path: str, body: Any, *by: Officer) -> dict[str, Any]:
        """As `signed`, of what must succeed. Raises DemoError."""
        status, told = self.signed(path, body, *by)
        if status >= httpx2.codes.BAD_REQUEST:
            raise DemoError(f"POST {path}: {status} {told}"[:600], code="demo_step_failed")
        return told

    def account(self) -> str:
        """A fresh customer."""
        self.accounts += 1
        name = f"u-{self.accounts}"
        client, mail = self.client, f"{name}@mail.example"
        client.register(
            name, language="en", contacts=[given.NewContact(channel="email", value=mail)], factors=[], objects=[]
        )
        return name

    def signed(self, path: str, body: Any, *by: Officer) -> Answer:
        """A request that these officers sign with their passkeys."""
        asked = {"operation": f"POST {path}", "body": body, "reason": "demonstration"}
        status, made = by[0].call("POST", "/v1/approvals", asked)
        if status >= httpx2.codes.BAD_REQUEST:
            return status, made
        for person in by:
            person.sign(made["id"])
        return by[0].call("POST", path, body, headers={"Approval": made["id"]})

    def opened(self, papers: list[tuple[str, bytes]], **body: Any) -> str:
        """Take a request in; its id."""
        names = [
            self.vera.done("POST", "/v1/desk/documents", params={"name": name}, content=data)["document"]["id"]
            for name, data in papers
        ]
        made = self.vera.done("POST", ROOT, {"documents": names} | body)
        return str(made["request"]["id"])

    def number(self) -> str:
        """The registry's own number for call-backs: its id."""
        return self._contact(NUMBER)

    def _contact(self, value: str) -> str:
        held = self.ines.done("GET", f"/v1/desk/authorities/{AUTHORITY}")
        return str(next(each["id"] for each in held["contacts"] if each["value"].replace(" ", "") == value))

    def called(self, request: str, outcome: str, contact: str = "") -> Answer:
        """Vera calls; `outcome` is what the one who answers says."""
        sure = outcome == "confirmed"
        body = {
            "contact": contact or self.number(),
            "outcome": outcome,
            "confirmed": CONFIRMED if sure else [],
            "delivery_key": self.key if sure else "",
            "spoke_to": "the clerk on duty" if outcome in {"confirmed", "denied"} else "",
        }
        return self.vera.call("POST", f"{ROOT}/{request}/call-back", body)

    def read(self, request: str) -> dict[str, Any]:
        """The request and its decision, as they are now."""
        return self.vera.done("GET", f"{ROOT}/{request}")

    def finish(self, request: str, basis: str, kind: str) -> Answer:
        """Review, fields, submission, two officers: the answer of the first step that is refused, or the last."""
        body = {"passed": True, "basis": basis, "reason": "it names its basis"}
        steps: list[tuple[str, Any]] = [("review", body)]
        if kind in {"disclosure", "emergency"}:
            steps.append(("fields", {"fields": None}))
        steps.append(("submit", None))
        for step, given_ in steps:
            status, told = self.ines.call("POST", f"{ROOT}/{request}/{step}", given_)
            if status >= httpx2.codes.BAD_REQUEST:
                return status, told | {"step": step}
        digest = self.read(request)["decision"]["digest"]
        status, told = self.signed(f"{ROOT}/{request}/approve", {"digest": digest}, self.omar, self.wei)
        return status, told | {"step": "approve"}


def contact_of(kind: str, value: str, use: str, at: int) -> dict[str, Any]:
    """A contact as entered in the registry, found in the public directory. `at`: ms."""
    found = {"where": "https://directory.example/courts", "at": at}
    return {"kind": kind, "value": value, "uses": [use], "source": found}
