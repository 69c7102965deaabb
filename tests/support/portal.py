# SPDX-License-Identifier: Apache-2.0
"""A desk whose staff act in software, and people of a court at the officers' portal in real browsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from counterseal.demo.desk_papers import Papers
from counterseal.demo.desk_portal import mailed_link
from counterseal.demo.desk_records import running as records_running
from counterseal.demo.desk_world import AUTHORITY, MAILBOX, NAMES, NUMBER, ROOT, Desk
from tests.support.console import Console, Seat, console
from tests.support.server import DAY

BEFORE = 40 * DAY


class Bureau:
    """The desk, its portal's address as people open it, and an order that the court signed."""

    def __init__(self, given: Console, desk: Desk, signed: bytes) -> None:
        self.console, self.desk, self.signed = given, desk, signed

    @property
    def url(self) -> str:
        """Where the portal is: WebAuthn knows no addresses."""
        return self.console.live.url.replace("127.0.0.1", "localhost") + "/portal"

    def invited(self, officer: str = "J. Doe", language: str = "en") -> tuple[str, str]:
        """The path of a link and its code, after a call by Vera that Ines and Omar sign for."""
        now = self.desk.client.read_clock().now
        held = self.desk.ines.done("GET", f"/v1/desk/authorities/{AUTHORITY}")["contacts"]
        number = next(each["id"] for each in held if each["value"].replace(" ", "") == NUMBER)
        vera = self.desk.vera.done("GET", "/v1/staff/session")["staff"]["id"]
        call = {"contact": number, "at": now, "by": vera, "spoke_to": "the clerk on duty"}
        wanted = {"authority": AUTHORITY, "officer": officer, "call": call, "language": language}
        self.console.live.forget_messages()
        status, made = self.desk.signed("/v1/desk/portal/invitations", wanted, self.desk.ines, self.desk.omar)
        assert status == 201, made
        link = mailed_link(self.desk.client, MAILBOX)
        return "/portal" + link.partition("/portal")[2], str(made["code"])

    def person(self, name: str, **options: Any) -> Seat:
        """Somebody outside, with a browser and an authenticator of their own."""
        return self.console.stranger(name, viewport={"width": 1440, "height": 900}, **options)

    def triaged(self, request: str, account: str) -> None:
        """Vera says what it is."""
        body = {"type": "disclosure", "pack": "generic", "authority": AUTHORITY, "legal_basis": "court_order"}
        self.desk.vera.done("POST", f"{ROOT}/{request}/triage", body | {"accounts": [account]})


@contextmanager
def bureau(folder: Path) -> Iterator[Bureau]:
    """A server under `hardened`, 40 days after its court got an account at the portal."""
    papers = Papers()
    signed = papers.signed("Case 17/2026: name and address of account u-1.")  # a browser has a loop of its own
    now = int(papers.now.timestamp() * 1000)
    given = papers.trust(folder / "trust")
    with records_running(folder) as (records, platform):
        desk = _nested(given | platform)
        settings = {"desk": desk, "simulated_start_ms": now - BEFORE, "policy": "hardened"}
        with console(folder, **settings) as held:
            invitations = {each: held.invite(each, "legal", first=each == NAMES[0]) for each in NAMES}
            with (
                held.live.client() as client,
                closing(Desk(held.live.url, client, invitations, papers)) as worked,
            ):
                records.clock = lambda: client.read_clock().now // 1000
                yield Bureau(held, worked, signed)


def _nested(variables: dict[str, str]) -> dict[str, Any]:
    """Settings of the desk from the variables that name them."""
    desk: dict[str, Any] = {}
    for name, value in variables.items():
        *path, last = name.removeprefix("COUNTERSEAL_DESK__").lower().split("__")
        place = desk
        for each in path:
            place = place.setdefault(each, {})
        place[last] = value
    return desk
