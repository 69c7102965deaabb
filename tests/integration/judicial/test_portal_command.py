# SPDX-License-Identifier: Apache-2.0
"""`counterseal desk portal` against a server that listens, and the same calls through the SDK."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.sdk import Counterseal
from counterseal.sdk.desk_portal import PortalCall
from counterseal.sdk.problems import ConflictError, ForbiddenError, NotFoundError
from tests.support.colleagues import BASE_URL, Colleagues, colleagues
from tests.support.live_server import live_server
from tests.support.outside import INVITE, LINK, MAILBOX, Outside
from tests.support.registry import COURT, contact, details
from tests.support.server import START

KINDS = ("phone", "email")


class Command:
    """The program with a token, in a folder that holds no store."""

    def __init__(self, program: Path, folder: Path, people: Colleagues) -> None:
        self._program, self.folder, self.url, self.people = program, folder, people.server.url, people
        self.token = people.token("desk", "desk:read", "desk:write", "staff:officer", officer="ines")
        self.caller, self.number, self.mail = people.people["vera"].id, "", ""

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`counterseal desk portal ...`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        command = [str(self._program), "desk", "portal", *arguments, "--url", self.url]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=kept | {TOKEN_VARIABLE: self.token},
            capture_output=True,
            text=True,
            check=False,
        )

    def invitation(self, officer: str) -> tuple[dict[str, Any], str]:
        """The body of an invitation after a call that Vera made just now, and an approval of it by the others."""
        call = {"contact": self.number, "at": START, "by": self.caller, "spoke_to": "the clerk"}
        body = {"authority": COURT, "officer": officer, "call": call, "mail": self.mail, "language": "en"}
        return body, self.people.approved(f"POST {INVITE}", body, "ines", "omar")

    def enrolled(self, invitation: str, code: str) -> str:
        """The account that somebody made with their passkey, from the link of the letter."""
        until = time.monotonic() + 20
        while not (links := self._links(invitation)):
            assert time.monotonic() < until, "no link went out"
            time.sleep(0.1)
        answer = asyncio.run(self._enrol(links[0], code))
        assert answer.status_code == 200, answer.text
        (account,) = self.run_json("list")["items"]
        return str(account["id"])

    def run_json(self, *arguments: str) -> Any:
        """As `run`, the JSON of what must succeed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _links(self, invitation: str) -> list[str]:
        with self.people.server.client() as client:
            texts = [each.text for each in client.outbox()]
        return [found[0] for text in texts if (found := LINK.search(text)) and invitation in found[0]]

    async def _enrol(self, link: str, code: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=self.url) as client:
            return await Outside(client).enrol(link, code)

    def post(self, path: str, body: Any, *by: str) -> Any:
        """What two sign, sent by a client."""
        approval = self.people.approved(f"POST {path}", body, *by)
        key = secrets.token_hex(8)
        headers = {"Authorization": f"Bearer {self.token}", "Approval": approval, "Idempotency-Key": key}
        answer = httpx2.post(f"{self.url}{path}", json=body, headers=headers)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def court(self) -> None:
        """In the registry, with a number and an address that a second source confirmed."""
        contacts = [contact("+1 202 555 0179"), contact(MAILBOX, "email", "delivery")]
        body = {"id": COURT, "details": details(), "contacts": contacts}
        self.post("/v1/desk/authorities", body, "ines", "omar")
        with Counterseal(self.url, self.token) as client:
            held = client.read_authority(COURT).contacts
        self.number, self.mail = (next(each.id for each in held if each.kind == kind) for kind in KINDS)
        for name in (self.number, self.mail):
            look = {"source": {"where": "the court's printed calendar", "at": START}}
            self.post(f"/v1/desk/authorities/{COURT}/contacts/{name}/confirm", look, "ines", "vera")


@pytest.fixture
def desk(program: Path, tmp_path: Path) -> Iterator[Command]:
    """The command beside a server with three legal officers and a court."""
    with live_server(tmp_path / "server", base_url=BASE_URL) as server, colleagues(server) as people:
        for name in ("ines", "omar", "vera"):
            people.join(name, "legal")
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        found = Command(program, folder, people)
        found.court()
        yield found


def test_invited_listed_and_ended(desk: Command) -> None:
    """The code is told once and is in no list; an invitation and an account end by their ids."""
    body, approval = desk.invitation("J. Doe")
    call = ["--contact", desk.number, "--at", str(START), "--by", desk.caller, "--spoke-to", "the clerk"]
    asked = ["invite", COURT, "J. Doe", "--approval", approval, *call, "--mail", desk.mail]
    made = desk.run(*asked)
    assert made.returncode == 0, made.stderr
    code = next(line.split()[1] for line in made.stdout.splitlines() if line.startswith("code"))
    assert MAILBOX in made.stdout
    again = desk.run(*asked)
    assert again.returncode != 0  # an approval is used once
    listed = desk.run("list", "--json")
    held = json.loads(listed.stdout)
    assert (held["items"], [each["officer"] for each in held["invitations"]]) == ([], [body["officer"]])
    assert code not in listed.stdout
    name = held["invitations"][0]["id"]
    ended = desk.run("end", name, "--reason", "the office rang: it asked for nobody")
    assert (ended.returncode, "revoked" in ended.stdout) == (0, True)
    assert json.loads(desk.run("list", "--json").stdout)["invitations"] == []
    unknown = desk.run("end", "pa_none", "--reason", "r")
    assert (unknown.returncode != 0, "no such account" in unknown.stderr) == (True, True)


def test_the_sdk_does_the_same(desk: Command) -> None:
    """Invite under an approval of exactly that; read, renew and end what came of it."""
    with Counterseal(desk.url, desk.token) as client:
        body, approval = desk.invitation("J. Doe")
        call = PortalCall(**body["call"])
        with pytest.raises(ForbiddenError) as other:
            client.invite_portal_officer(COURT, "M. Roe", call, approval=approval, mail=desk.mail)
        assert other.value.code == "approval_mismatch"
        made = client.invite_portal_officer(COURT, "J. Doe", call, approval=approval, mail=desk.mail)
        assert made.code is not None
        account = desk.enrolled(made.id, made.code)
        (held,) = client.list_portal_accounts()
        assert (held.id, held.officer, held.fault, held.call) == (account, "J. Doe", None, call)
        with pytest.raises(ConflictError) as used:
            client.end_portal_invitation(made.id, "too late")
        assert used.value.code == "portal_invitation_used"
        path = f"POST /v1/desk/portal/accounts/{account}/renew"
        approval = desk.people.approved(path, {"call": body["call"]}, "omar", "vera")
        assert client.renew_portal_account(account, call, approval=approval).ends == held.ends
        gone = client.end_portal_account(account, "she has left")
        assert (gone.fault, gone.ended_reason) == ("ended", "she has left")
        with pytest.raises(NotFoundError):
            client.read_portal_account("pa_none")
