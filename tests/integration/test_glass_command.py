# SPDX-License-Identifier: Apache-2.0
"""`counterseal glass` against a server that listens: two officers sign, the command carries it out."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.cli.remote import SECOND_VARIABLE
from tests.support.colleagues import BASE_URL, Colleagues, colleagues
from tests.support.live_server import live_server
from tests.support.server import HOUR, MINUTE

SCOPES = ("staff:officer", "staff:read", "accounts:read", "decisions:staff")
ACCOUNT = "u-1"
BRANCH = ("--reason", "came to the branch")


class Command:
    """The program with a token, in a folder that holds no store."""

    def __init__(self, program: Path, folder: Path, people: Colleagues) -> None:
        self._program, self._folder, self._url = program, folder, people.server.url
        self.people, self.token = people, people.token("ines", *SCOPES, officer="ines")

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """`counterseal glass ...`; `more`: variables."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        command = [str(self._program), "glass", *arguments, "--url", self._url]
        environment = kept | {TOKEN_VARIABLE: self.token} | more
        return subprocess.run(
            command, cwd=self._folder, env=environment, capture_output=True, text=True, check=False
        )

    def shown(self) -> dict[str, object]:
        """What `show --json` says."""
        done = self.run("show", ACCOUNT, "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found


@pytest.fixture
def glass(program: Path, tmp_path: Path) -> Iterator[Command]:
    """The command beside a server with two officers and one account."""
    with live_server(tmp_path / "server", base_url=BASE_URL) as server, colleagues(server) as people:
        people.join("ines", "fraud")
        people.join("omar", "legal")
        with server.client() as client:
            client.register(ACCOUNT)
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        yield Command(program, folder, people)


def test_it_opens_shows_and_closes(glass: Command) -> None:
    """What is to be signed, as the command prints it, is what it sends with the approval."""
    assert glass.shown() == {"account": ACCOUNT, "open": False, "left": 4 * HOUR, "items": []}
    asked = glass.run("open", ACCOUNT, *BRANCH, "--minutes", "90")
    assert (asked.returncode, "--approval" in asked.stderr) == (0, True)
    wanted = json.loads(asked.stdout)
    assert wanted["body"] == {"duration": 90 * MINUTE, "reason": BRANCH[1]}
    approval = glass.people.approved(wanted["operation"], wanted["body"])
    opened = glass.run("open", ACCOUNT, *BRANCH, "--minutes", "90", "--approval", approval, "--json")
    assert opened.returncode == 0, opened.stderr
    done = json.loads(opened.stdout)
    assert done["until"] - done["at"] == 90 * MINUTE
    found = glass.shown()
    assert (found["open"], found["left"]) == (True, 150 * MINUTE)
    table = glass.run("show", ACCOUNT).stdout
    assert "is open for u-1; 150 minutes are left" in table
    assert BRANCH[1] in table
    closed = glass.run("close", ACCOUNT)
    assert (closed.returncode, "over for u-1" in closed.stderr) == (0, True)
    assert glass.shown()["open"] is False
    twice = glass.run("close", ACCOUNT, "--json")
    assert (twice.returncode, twice.stdout, "is not open for this account" in twice.stderr) == (2, "", True)


def test_what_two_did_not_sign_is_not_opened(glass: Command) -> None:
    """Another duration than was signed, an approval that is used up, no approval but a second token."""
    wanted = json.loads(glass.run("open", ACCOUNT, *BRANCH).stdout)
    approval = glass.people.approved(wanted["operation"], wanted["body"])
    longer = glass.run("open", ACCOUNT, *BRANCH, "--minutes", "61", "--approval", approval)
    assert (longer.returncode, "something else was approved" in longer.stderr) == (2, True)
    assert glass.run("open", ACCOUNT, *BRANCH, "--approval", approval).returncode == 0
    assert glass.run("close", ACCOUNT).returncode == 0
    again = glass.run("open", ACCOUNT, *BRANCH, "--approval", approval)
    assert (again.returncode, "approval" in again.stderr) == (2, True)
    second = glass.people.token("omar", *SCOPES, officer="omar")
    tokens = glass.run("open", ACCOUNT, *BRANCH, **{SECOND_VARIABLE: second})
    assert "operation" in json.loads(tokens.stdout), "a second token opens nothing"
    assert glass.shown()["open"] is False


def test_a_wrong_token_and_an_unknown_account(glass: Command) -> None:
    """Exit status 2, one sentence, nothing on standard output."""
    poor = {TOKEN_VARIABLE: glass.people.token("p", "actions:read")}
    for done, told in (
        (glass.run("show", ACCOUNT, **{TOKEN_VARIABLE: "cs_wrong"}), "is not accepted"),
        (glass.run("show", ACCOUNT, **{TOKEN_VARIABLE: ""}), TOKEN_VARIABLE),
        (glass.run("show", "u-2"), "no such account"),
        (glass.run("show", ACCOUNT, **poor), "needs the scope"),
        (glass.run("close", ACCOUNT, **poor), "needs the scope"),
    ):
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr
