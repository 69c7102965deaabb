# SPDX-License-Identifier: Apache-2.0
"""`counterseal prove | explain | lockout` as people and pipelines call them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from counterseal.gateways.packs import packs_directory

pytestmark = pytest.mark.timeout(300)

VOCABULARY = """
counterseal: 1
vocabulary: tiny
channels: [mail]
factors:
  password: {text: a password}
  code: {text: a code}
facts: {session: session}
clocks: {weakened: since a change}
verbs: {use: use, replace: replace}
context: {}
outflows: {withdraw: withdrawal}
conditions: {}
capabilities:
  leak: {text: a leak, proves: [password]}
  wiretap: {text: a wiretap, proves: [code]}
  post: {text: the mailbox, mutes: [mail]}
profiles:
  plain: {factors: [password, code], channels: [mail]}
"""
POLICY = """
counterseal: 1
policy: tiny
currency: USD
small: 10
notices: {all: [mail]}
actions:
  login: {require: password, grants: session, notify: all}
outflows:
  withdraw: {require: session and code, limit: 100/24h, notify: all}
properties:
  - {name: no single one, given: capabilities <= 1, assert: no outflow}
  - {name: a day, given: capabilities <= 2, assert: window >= 24h}
"""


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The program, without a terminal."""
    return subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=290, check=False)


def answer(program: Path, *arguments: str, cwd: Path) -> Any:
    """Its JSON."""
    done = run(program, *arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A folder with a policy of three capabilities, all answers of which can be worked out by hand."""
    (tmp_path / "words.yaml").write_text(VOCABULARY)
    (tmp_path / "tiny.yaml").write_text(POLICY)
    return tmp_path


def test_the_json_is_what_the_reference_says(program: Path, tiny: Path) -> None:
    found = answer(program, "prove", "tiny.yaml", "--vocabulary", "words.yaml", "--window", "24h", cwd=tiny)
    assert found["policy"] == "tiny"
    assert found["digest"].startswith("sha256:")
    assert set(found["seconds"]) >= {"bound", "exact"}
    plain = found["profiles"]["plain"]
    assert plain["sets"] == 8
    verdicts = {one["name"]: one for one in plain["properties"]}
    assert verdicts["no single one"]["verdict"] in ("holds", "yes")
    assert verdicts["a day"]["verdict"] in ("fails", "no")
    rows = {tuple(one["capabilities"]): one for one in plain["minimal"]}
    assert set(rows) == {("leak", "wiretap")}  # with the mailbox it is silent, but not minimal
    row = rows["leak", "wiretap"]
    assert (row["outflow"], row["silent"], row["window_hours"]) == ("withdraw", False, 0)
    assert [(step["action"], step["at_hours"], step["notice"]) for step in row["path"]] == [
        ("login", 0, "reached"),
        ("withdraw", 0, "reached"),
    ]
    assert [step["proof"] for step in row["path"]] == [["password"], ["code"]]
    line = POLICY.splitlines()[row["path"][0]["line"] - 1]
    assert "login:" in line


def test_exit_codes_say_whether_a_property_fails(program: Path, tiny: Path) -> None:
    arguments = ("prove", "tiny.yaml", "--vocabulary", "words.yaml")
    assert run(program, *arguments, cwd=tiny).returncode == 0
    assert run(program, *arguments, "--check", cwd=tiny).returncode == 1
    (tiny / "tiny.yaml").write_text(POLICY.replace("window >= 24h", "window >= 0h"))
    assert run(program, *arguments, "--check", cwd=tiny).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("prove", "no-such-pack"), "Shipped:"),
        (("prove", "missing.yaml"), "missing.yaml"),
        (("prove", "tiny.yaml", "--vocabulary", "nowhere.yaml"), "nowhere.yaml"),
        (("prove", "hardened", "--window", "soon"), "24h"),
        (("prove", "hardened", "--window", "999999999h"), "24h"),
        (("prove", "hardened", "--profile", "nobody"), "sms_only"),
        (("explain", "hardened", "magic"), "sim_swap"),
        (("explain", "hardened", "sim_swap", "--outflow", "nothing"), "withdraw"),
        (("lockout", "hardened", "--profile", "nobody"), "sms_only"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_a_hint(
    program: Path, tiny: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = run(program, *arguments, cwd=tiny)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_a_broken_policy_is_told_with_its_place(program: Path, tiny: Path) -> None:
    (tiny / "tiny.yaml").write_text(POLICY.replace("session and code", "session and cod"))
    done = run(program, "prove", "tiny.yaml", "--vocabulary", "words.yaml", cwd=tiny)
    assert done.returncode == 2
    assert "10:" in done.stderr or "line 10" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "source",
    [
        "a: &x [*x, *x]\n",
        "[" * 50_000,
        "counterseal: 1\npolicy: " + "x" * 1_000_000,
        "\x00\x01",
        "actions: {a: {require: 3 of (" + ", ".join(f"f{i}" for i in range(5000)) + ")}}",
    ],
    ids=["alias", "nesting", "long name", "no text", "huge k of"],
)
def test_hostile_yaml_is_an_error(program: Path, tiny: Path, source: str) -> None:
    (tiny / "hostile.yaml").write_text(source)
    done = run(program, "prove", "hostile.yaml", cwd=tiny)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_pictures_are_written_and_well_formed(program: Path, tiny: Path) -> None:
    done = run(program, "prove", "tiny.yaml", "--vocabulary", "words.yaml", "--svg", "out", cwd=tiny)
    assert done.returncode == 0, done.stderr
    pictures = sorted((tiny / "out").glob("*.svg"))
    assert [path.name for path in pictures] == ["attack-01-withdraw.svg", "heat-plain.svg"]
    for path in pictures:
        assert ET.fromstring(path.read_text()).tag.endswith("svg")  # noqa: S314 - our own file
    (tiny / "file").write_text("")
    again = run(program, "prove", "tiny.yaml", "--vocabulary", "words.yaml", "--svg", "file", cwd=tiny)
    assert again.returncode == 2
    assert "Traceback" not in again.stderr


def test_markdown_and_sarif(program: Path, tiny: Path) -> None:
    arguments = ("prove", "tiny.yaml", "--vocabulary", "words.yaml", "--format")
    told = run(program, *arguments, "markdown", cwd=tiny).stdout
    assert "```mermaid" in told
    assert "a day" in told
    log = json.loads(run(program, *arguments, "sarif", cwd=tiny).stdout)
    assert log["version"] == "2.1.0"
    (one,) = [result for result in log["runs"][0]["results"] if result["level"] == "error"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "tiny.yaml"


def test_every_line_fits_a_hundred_columns(program: Path, tmp_path: Path) -> None:
    for arguments in (
        ("prove", "okx-2024", "--profile", "sms_only"),
        ("explain", "okx-2024", "sms_intercept", "--profile", "sms_only"),
        ("lockout", "hardened", "--profile", "passkey_user"),
    ):
        done = run(program, *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert max(len(line) for line in done.stdout.splitlines()) <= 100
        assert done.stdout.strip()


def test_explain_shows_the_edits_that_close_the_worst_way(program: Path, tmp_path: Path) -> None:
    asked = ("explain", "okx-2024", "sms_intercept", "--profile", "totp_user_push", "--outflow", "withdraw_api")
    assert all(
        "closed_by" not in way for way in answer(program, *asked, cwd=tmp_path)["profiles"]["totp_user_push"]
    )
    found = answer(program, *asked, "--close", cwd=tmp_path)["profiles"]["totp_user_push"]
    edits = found[0]["closed_by"]
    assert {edit["kind"] for edit in edits} >= {"delay", "conjunct"}
    assert all(edit["rule"] in edit["edit"] and str(edit["line"]) in edit["edit"] for edit in edits)
    done = run(program, *asked, "--close", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert all(" ".join(edit["edit"].split()) in told for edit in edits)
    enough = run(program, *asked, "--close", "--window", "0h", cwd=tmp_path)
    assert "0 h as it is" in enough.stdout


def test_several_processes_find_what_one_finds(program: Path, tmp_path: Path) -> None:
    profiles = ("--profile", "sms_only", "--profile", "totp_user", "--profile", "passkey_user")
    one = answer(program, "prove", "kraken-gsl", *profiles, "--workers", "1", cwd=tmp_path)
    two = answer(program, "prove", "kraken-gsl", *profiles, "--workers", "2", cwd=tmp_path)
    del one["seconds"], two["seconds"]
    assert one == two


def test_explain_tells_the_chain_from_the_forged_order(program: Path, tmp_path: Path) -> None:
    forgery = ("forged_order,hacked_gov_mailbox", "face_deepfake")
    found = answer(program, "explain", "okx-2024", *forgery, "--profile", "totp_user", cwd=tmp_path)
    paths = {one["outflow"]: [step["action"] for step in one["path"]] for one in found["profiles"]["totp_user"]}
    assert paths["p2p_release"][:2] == ["disclose_identity", "face_recovery"]
    closed = answer(program, "explain", "hardened", *forgery, "--profile", "totp_user", cwd=tmp_path)
    assert closed["profiles"]["totp_user"] == []


def test_every_shipped_pack_is_proved(program: Path, tmp_path: Path) -> None:
    packs = sorted(path.stem for path in packs_directory().glob("*.yaml") if path.stem != "vocabulary")
    assert len(packs) >= 13
    for pack in packs:
        found = answer(program, "prove", pack, "--profile", "sms_only", cwd=tmp_path)
        assert found["profiles"]["sms_only"]["properties"], pack
