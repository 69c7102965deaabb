# SPDX-License-Identifier: Apache-2.0
"""`counterseal staff`: on the store itself, and through the API of the server that holds it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.live_server import live_server

VARIABLE = "COUNTERSEAL_CLIENT_TOKEN"


def run(program: Path, folder: Path, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
    """Run `counterseal staff ...` in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    if token:
        environment[VARIABLE] = token
    command = [str(program), "staff", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def shown(done: subprocess.CompletedProcess[str]) -> Any:
    """The JSON that it printed."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_on_the_store_itself(program: Path, tmp_path: Path) -> None:
    """The first administrator's link alone goes to standard output; the list shows the invitation."""
    first = run(program, tmp_path, "first", "Ada", "--email", "ada@example.test")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("http://localhost:8400/console/enrol/")
    found = shown(run(program, tmp_path, "list", "--json"))
    assert found["items"] == []
    assert [each["name"] for each in found["invitations"]] == ["Ada"]


def test_through_the_server_that_holds_the_store(program: Path, tmp_path: Path) -> None:
    """With a token of the scope `staff:admin`; without one it says what is missing."""
    with live_server(tmp_path) as server:
        where = ("--url", server.url)
        first = run(program, tmp_path, "first", "Ada", "--email", "ada@example.test", *where, token=server.token)
        assert first.stdout.startswith(server.url.replace("127.0.0.1", "localhost")), first.stderr
        invite = ("invite", "Eve", "--email", "eve@example.test", "--role", "viewer", "--json", *where)
        made = shown(run(program, tmp_path, *invite, token=server.token))
        assert made["invitation"]["roles"] == ["viewer"]
        refused = run(program, tmp_path, "sessions", "st_nobody", *where)
        assert refused.returncode == 2
        assert VARIABLE in refused.stderr
