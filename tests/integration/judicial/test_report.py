# SPDX-License-Identifier: Apache-2.0
"""The transparency report over the API and on the command line."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from counterseal.access.model import Scope
from counterseal.cli.local import TOKEN_VARIABLE
from counterseal.judicial.requests.model import Claim
from counterseal.sdk import Counterseal
from counterseal.sdk.problems import NotFoundError
from tests.support.followups import Docket
from tests.support.live_server import live_server
from tests.support.server import DAY, HOUR, Live, problem, served

PATH = "/v1/desk/report"


async def read(live: Live, start: int, end: int, more: str = "", path: str = PATH) -> httpx2.Response:
    """The answer to the desk."""
    made = await live.application.access.create_token(
        name="desk", platform="exchange", scopes=[Scope.DESK_READ], by="test"
    )
    headers = {"Authorization": f"Bearer {made.secret}"}
    return await live.client.get(f"{path}?start={start}&end={end}{more}", headers=headers)


OTHERS = Claim(
    authority="High Court of Southmark",
    officer="Ann Roe",
    phone="+49 40 7654321",
    email="a.roe@high.southmark.example",
)


async def figures(live: Live, start: int, end: int) -> dict[str, Any]:
    answer = await read(live, start, end)
    assert answer.status_code == 200, answer.text
    return {row["code"]: row["value"] for section in answer.json()["sections"] for row in section["rows"]}


@served()
async def test_the_report_counts_what_the_desk_did(live: Live) -> None:
    desk, people = Docket(live), [await live.owner() for _ in range(3)]
    begin = live.now - 10 * DAY
    genuine = await desk.request(people[0].account, claim=OTHERS)  # not of the forger's hand
    await desk.followups.disclosed(await desk.deliver(genuine, people[0].account))
    late = await desk.request(people[1].account)
    await desk.followups.disclosed(await desk.deliver(late, people[1].account))
    await live.advance(5 * DAY)
    await desk.suspect(late)
    await desk.confirm(late)
    caught = await desk.request(people[2].account, ago=HOUR)
    await desk.suspect(caught)
    await desk.confirm(caught)
    await desk.follow()
    found = await figures(live, begin, live.now + 1)
    assert [found[code] for code in ("received", "released", "forged_caught", "forged_released")] == [3, 2, 1, 1]
    assert [found[code] for code in ("disclosures", "exposed", "attacked", "shielded", "silent")] == [2, 2, 0, 2, 2]
    assert found["owners_told"] == 1  # of the forged one, whatever its silence says
    # the desk's own suspicions are no attack, the platform's are
    given = {"capability": "sim_swap", "until": live.now + DAY, "evidence": "a new card"}
    await live.post(f"/v1/accounts/{people[0].account}/suspicions", given)
    assert (await figures(live, begin, live.now + 1))["attacked"] == 1
    assert (await figures(live, live.now, live.now + DAY))["received"] == 0
    text = (await read(live, begin, live.now + 1)).text
    assert not any(person.account in text for person in people)


@served()
async def test_as_csv_and_for_the_public(live: Live) -> None:
    desk = Docket(live)
    await desk.request("somebody")
    answer = await read(live, live.now - 10 * DAY, live.now, path=f"{PATH}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    lines = {line["code"]: line for line in csv.DictReader(io.StringIO(answer.text, newline=""))}
    assert (lines["received"]["value"], lines["type.disclosure"]["value"]) == ("1", "1")
    hidden = await read(live, live.now - 10 * DAY, live.now, "&public=true", path=f"{PATH}.csv")
    lines = {line["code"]: line for line in csv.DictReader(io.StringIO(hidden.text, newline=""))}
    assert (lines["received"]["value"], lines["type.disclosure"]["value"]) == ("1", "hidden")


@served()
async def test_what_is_no_period_is_refused_and_others_may_not_read_it(live: Live) -> None:
    for start, end in ((5, 5), (6, 5), (0, 400 * DAY), (2**47, 2**47 + 1)):
        problem(await read(live, start, end), 422, "report_period")
    problem(await live.call("GET", f"{PATH}?start=0&end=1", token="signer"), 403, "insufficient_scope")


def test_the_command_shows_tables_json_and_csv(program: Path, tmp_path: Path) -> None:
    with live_server(tmp_path) as server:
        body = {"name": "desk", "platform": "exchange", "scopes": ["desk:read"]}
        headers = {"Authorization": f"Bearer {server.token}", "Idempotency-Key": "desk"}
        made = httpx2.post(f"{server.url}/v1/tokens", json=body, headers=headers).json()

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
            command = [str(program), "desk", "report", *arguments, "--url", server.url]
            environment = kept | {TOKEN_VARIABLE: made["token"], "COLUMNS": "120"}
            return subprocess.run(
                command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )

        days = ("--from", "2024-01-01", "--to", "2024-01-31")
        shown = run(*days)
        assert shown.returncode == 0, shown.stderr
        assert "Forged requests caught before anything left" in shown.stdout
        found = json.loads(run(*days, "--json").stdout)
        assert found["end"] - found["start"] == 31 * DAY
        lines = list(csv.DictReader(io.StringIO(run(*days, "--csv").stdout)))
        assert len(lines) == sum(len(section["rows"]) for section in found["sections"])
        with Counterseal(server.url, made["token"]) as desk:
            report = desk.desk_report(found["start"], found["end"], public=True)
            assert report.sections[0].rows[0].value == 0
            with pytest.raises(NotFoundError):
                desk.read_follow_up("jr_none")
        wrong = run("--from", "yesterday", "--to", "2024-01-31")
        assert (wrong.returncode, "no day" in wrong.stderr) == (2, True)
