# SPDX-License-Identifier: Apache-2.0
"""Requests by the SDK and by the command, at a server that listens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from counterseal.sdk import Counterseal
from counterseal.sdk.problems import ConflictError, ForbiddenError, NotFoundError
from tests.support.colleagues import BASE_URL, colleagues
from tests.support.live_server import live_server
from tests.support.signed_pdf import order

pytestmark = pytest.mark.needs("bwrap")


def test_the_sdk_and_the_command_show_the_same_inbox(tmp_path: Path) -> None:
    """Taken in by a client, listed by the command; what takes people or two officers says so."""
    with live_server(tmp_path, base_url=BASE_URL) as server, colleagues(server) as people_:
        token = people_.token("desk", "desk:read", "desk:write", "staff:officer", officer="ines")
        with Counterseal(server.url, token) as desk:
            document = desk.hand_in_document(order("Case 9/2026"), name="order.pdf").document
            given = {"documents": [document.id], "case_number": "9/2026", "claim": {"authority": "Some Court"}}
            made = desk.open_request(given).request
            assert (made.state, made.claim.authority, made.documents) == ("received", "Some Court", (document.id,))
            assert desk.list_requests().items[0].id == made.id
            assert desk.list_requests(ended=True, state="rejected").items == ()
            assert desk.read_request(made.id).request == made
            with pytest.raises(NotFoundError):
                desk.read_request("jr_none")
            with pytest.raises(ForbiddenError) as people:
                desk.end_request(made.id, "reject", "no basis")
            assert people.value.code == "staff_only"
            with pytest.raises(ForbiddenError) as two:
                desk.approve_request(made.id, "0" * 64, approval="")
            assert two.value.code == "two_officers"
            with pytest.raises(ConflictError) as unknown:
                desk.read_call_sheet(made.id)
            assert unknown.value.code == "authority_missing"
            asked = desk.suspect_request(made.id, "nobody there knows it")
            assert asked.request.state == "suspected_forged"
        listed = command(server.url, token, "list", "--json")
        assert [each["id"] for each in json.loads(listed)["items"]] == [made.id]
        assert made.reference in command(server.url, token, "list")
        shown = command(server.url, token, "show", made.id)
        assert made.reference in shown
        assert "missing: evidence is missing" in shown


def command(url: str, token: str, *arguments: str) -> str:
    """What `counterseal desk requests` prints."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from counterseal.cli import main; main()",
            "desk",
            "requests",
            *arguments,
            "--url",
            url,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "COUNTERSEAL_CLIENT_TOKEN": token, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
