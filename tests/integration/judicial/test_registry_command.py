# SPDX-License-Identifier: Apache-2.0
"""`counterseal desk registry` against a server that listens, and the same calls through the SDK."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.sdk import Counterseal
from counterseal.sdk.problems import ApiError, ConflictError
from tests.support.colleagues import BASE_URL, Colleagues, colleagues
from tests.support.live_server import live_server
from tests.support.server import DAY, START

HEAD = "authority,name,country,role,kind,value,uses,source,source_date"
GOOD = f"""{HEAD}
nm-court,District Court,nm,court,phone,+1 202 555 0179,call_back,directory,2024-06-08
nm-court,,,,phone,+1 202 555 0197,clerk,directory,2024-06-08
"""


class Command:
    """The program with a token, in a folder that holds no store."""

    def __init__(self, program: Path, folder: Path, people: Colleagues) -> None:
        self._program, self.folder, self.url, self.people = program, folder, people.server.url, people
        self.token = people.token("desk", "desk:read", "desk:write")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`counterseal desk registry ...`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
        command = [str(self._program), "desk", "registry", *arguments, "--url", self.url]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=kept | {TOKEN_VARIABLE: self.token},
            capture_output=True,
            text=True,
            check=False,
        )

    def file(self, text: str) -> str:
        """A file with this text."""
        (self.folder / "registry.csv").write_text(text, "utf-8")
        return "registry.csv"


@pytest.fixture
def desk(program: Path, tmp_path: Path) -> Iterator[Command]:
    """The command beside a server with two legal officers."""
    with live_server(tmp_path / "server", base_url=BASE_URL) as server, colleagues(server) as people:
        people.join("ines", "legal")
        people.join("omar", "legal")
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        yield Command(program, folder, people)


def test_a_file_goes_from_dry_run_to_the_registry(desk: Command) -> None:
    """Mistakes by line and column; a dry run; a draft; what two sign; the list, one authority, what is due."""
    wrong = desk.run("import", desk.file(GOOD.replace("+1 202 555 0197", "202 555 0197")))
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "line 3, column 6 (`value`): the number has no country code" in wrong.stderr
    dry = desk.run("import", desk.file(GOOD), "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "line 3: nm-court, phone +12025550197" in dry.stdout
    assert "! +12025550197 has two digits the other way round than +12025550179" in dry.stdout
    made = desk.run("import", desk.file(GOOD))
    wanted = json.loads(made.stdout)
    draft = wanted["operation"].split("/")[-2]
    approval = desk.people.approved(wanted["operation"], wanted["body"], "ines", "omar")
    done = desk.run("apply", draft, "--approval", approval)
    assert (done.returncode, "3 were entered" in done.stderr) == (0, True)
    listed = desk.run("list").stdout
    assert "nm-court" in listed
    assert "0 of 2" in listed
    shown = desk.run("show", "nm-court").stdout.replace("\n", " ")
    assert "+12025550179" in shown
    assert "no:" in shown
    late = START + 400 * DAY
    found = json.loads(desk.run("show", "nm-court", "--received", str(late), "--json").stdout)
    assert [one["usable"]["reason"] for one in found["contacts"]] == ["waiting", "waiting"]
    due = desk.run("due", "--days", "366", "--json")
    assert (due.returncode, len(json.loads(due.stdout)["items"])) == (0, 2)


def test_the_sdk_does_the_same(desk: Command) -> None:
    """Try, hand in, sign, enter, read, compare; an alarm that was not named is a conflict."""
    with Counterseal(desk.url, desk.token) as client:
        with pytest.raises(ApiError, match="mistake"):
            client.try_registry_import(GOOD.replace("clerk", "fax").encode())
        tried = client.try_registry_import(GOOD.encode())
        assert (tried.draft, len(tried.steps), len(tried.marks)) == (None, 3, 1)
        made = client.hand_in_registry(GOOD.encode())
        assert made.draft is not None
        assert made.digest is not None
        path = f"POST /v1/desk/registry/imports/{made.draft.id}/apply"
        bare = desk.people.approved(path, {"digest": made.digest, "accepts": []}, "ines", "omar")
        with pytest.raises(ConflictError, match="two digits the other way round"):
            client.apply_registry_import(made.draft.id, made.digest, approval=bare)
        body = {"digest": made.digest, "accepts": list(made.marks)}
        approval = desk.people.approved(path, body, "ines", "omar")
        client.apply_registry_import(made.draft.id, made.digest, accepts=made.marks, approval=approval)
        held = client.read_authority("nm-court")
        assert [one.usable.reason for one in held.contacts] == ["waiting", "waiting"]
        assert [row.id for row in client.list_authorities(country="nm").items] == ["nm-court"]
        (alarm, *_) = client.compare_contacts(phones=("+1 202 555 0178",), authority="nm-court")
        assert (alarm.code, alarm.how) == ("similar_number", "one_digit")
        assert client.due_contacts() == ()
        look = {"where": "printed calendar", "at": START}
        wanted = f"POST /v1/desk/authorities/nm-court/contacts/{held.contacts[0].id}/check"
        checked = desk.people.approved(wanted, {"source": look}, "ines", "omar")
        client.check_contact("nm-court", held.contacts[0].id, look, approval=checked)
        ended = desk.people.approved("POST /v1/desk/authorities/nm-court/end", {"reason": "merged"}, "ines", "omar")
        client.end_authority("nm-court", "merged", approval=ended)
        assert client.read_authority("nm-court").ended is not None
