# SPDX-License-Identifier: Apache-2.0
"""`counterseal desk packs`: what counsel reads and checks, without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from counterseal.cli import desk
from tests.unit.judicial.packs.test_loader import GOOD


def run(*arguments: str) -> Result:
    """The command's end."""
    app = typer.Typer()
    desk.register(app)
    return CliRunner().invoke(app, ["desk", "packs", *arguments])


def told(*arguments: str) -> Any:
    """Its JSON."""
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_shipped_packs_are_listed_and_shown() -> None:
    """Names, legal bases and rows; the text carries the caveat."""
    assert [each["name"] for each in told("list")["items"]] == ["eu-e-evidence", "generic", "mlat", "us"]
    bases = {each["name"]: each for each in told("show", "us")["bases"]}
    assert bases["exigent_2702c4"]["compelling"] is False
    assert bases["exigent_2702c4"]["confidence"] == "low"
    shown = run("show", "eu-e-evidence").stdout
    assert "may be outside of this regulation" in shown
    assert "generic" in run("list").stdout


def test_faults_have_their_lines(tmp_path: Path) -> None:
    """Exit code 1, and each fault as FILE:LINE:COLUMN."""
    path = tmp_path / "own.yaml"
    path.write_text(GOOD, "utf-8")
    assert run("lint", str(path)).exit_code == 0
    path.write_text(GOOD.replace("[court]", "[wizard]").replace("true", "maybe"), "utf-8")
    done = run("lint", str(path))
    assert done.exit_code == 1
    assert [line.split(" ")[0] for line in done.stdout.splitlines()] == [f"{path}:11:13:", f"{path}:12:17:"]
    found = json.loads(run("lint", str(path), "--json").stdout)["findings"]
    assert [(each["code"], each["line"]) for each in found] == [("name_unknown", 11), ("choice_invalid", 12)]


def test_clocks_are_worked_out_in_the_packs_zone() -> None:
    """Through the change to summer time; a time without an offset is the pack's own."""
    for given in ("2026-03-20T12:00", "2026-03-20T11:00Z"):
        (clock,) = told("clocks", "eu-e-evidence", "--received", given)["clocks"]
        assert (clock["name"], clock["due"]) == ("answer", 1_774_864_800_000)  # 30 March, 12:00 CEST
    text = run("clocks", "eu-e-evidence", "--received", "2026-03-20T12:00").stdout
    assert "2026-03-30 12:00 CEST" in text
    named = [
        each["name"] for each in told("clocks", "generic", "--type", "freeze", "--basis", "court_order")["clocks"]
    ]
    assert sorted(named) == ["acknowledge", "freeze_answer"]
    assert run("clocks", "us", "--received", "tomorrow").exit_code != 0
    assert run("clocks", "us", "--basis", "decree").exit_code != 0
