# SPDX-License-Identifier: Apache-2.0
"""`counterseal desk verify` as its user calls it: folders, files, exit codes, one JSON document."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.signed_pdf import order, signed
from tests.support.small_pki import ANCHOR, LISTS, NOW, OTHER, SIGNER, certificate

pytestmark = pytest.mark.needs("bwrap")
AT = (NOW + dt.timedelta(hours=1)).isoformat()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("desk")
    for name in ("anchors", "registry"):
        (made / name).mkdir()
    (made / "anchors" / "root.der").write_bytes(ANCHOR.dump())
    for number, crl in enumerate(LISTS):
        (made / "anchors" / f"{number}.crl").write_bytes(crl)
    entry = {"authority": "District Court", "role": "court", "certificates": [SIGNER.sha256.hex()]}
    (made / "registry" / "courts.json").write_text(json.dumps(entry))
    good = signed()
    stranger = certificate("District Court", "District Court", OTHER, OTHER)
    (made / "good.pdf").write_bytes(good)
    (made / "changed.pdf").write_bytes(good.replace(b"17/2026", b"18/2026", 1) if b"17/2026" in good else good[:-9])
    (made / "behind.pdf").write_bytes(good + b"\n% more\n")
    (made / "unsigned.pdf").write_bytes(order())
    (made / "stranger.pdf").write_bytes(signed(key=OTHER, chain=(stranger,)))
    (made / "office.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    return made


def verify(folder: Path, *arguments: str, trust: bool = True) -> tuple[int, Any, str]:
    """Exit code, what --json says, and standard error."""
    trusted = ["--anchors", str(folder / "anchors"), "--registry", str(folder / "registry")] if trust else []
    command = [sys.executable, "-c", "from counterseal.cli import main; main()", "desk", "verify", "--at", AT]
    done = subprocess.run(
        [*command, "--json", "--offline", *trusted, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=folder,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_each_verdict_has_its_exit_code(folder: Path) -> None:
    names = ["good.pdf", "changed.pdf", "behind.pdf", "unsigned.pdf", "stranger.pdf", "office.docx"]
    code, reports, _ = verify(folder, *names)
    verdicts = {each["file"]: each["verdict"] for each in reports}
    assert verdicts["good.pdf"] == "verified", reports[0]
    assert verdicts["behind.pdf"] == "contradicts"
    assert verdicts["changed.pdf"] in {"contradicts", "cannot_verify"}
    assert (verdicts["unsigned.pdf"], verdicts["office.docx"]) == ("neutral", "cannot_verify")
    assert verdicts["stranger.pdf"] in {"neutral", "contradicts"}
    assert code == 5
    for name, expected in (("good.pdf", 0), ("unsigned.pdf", 3), ("office.docx", 4), ("behind.pdf", 5)):
        code, report, _ = verify(folder, name)
        assert (code, report["file"]) == (expected, name)


def test_the_report_says_who_signed_what(folder: Path) -> None:
    _, report, _ = verify(folder, "good.pdf")
    assert (report["signer"]["authority"], report["signer"]["role"]) == ("District Court", "court")
    assert report["signer"]["sha256"] == SIGNER.sha256.hex()
    assert report["covered"]["whole"] is True
    assert report["size"] == (folder / "good.pdf").stat().st_size
    assert {"code", "sentence", "where"} <= report["findings"][0].keys()


def test_without_anchors_or_registry_nobody_is_verified(folder: Path) -> None:
    assert verify(folder, "good.pdf", trust=False)[1]["verdict"] == "neutral"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.pdf"], "nowhere.pdf"),
        (["good.pdf", "--anchors", "nowhere"], "no folder"),
        (["good.pdf", "--registry", "good.pdf"], ""),
        (["good.pdf", "--at", "yesterday"], "no time"),
    ],
)
def test_a_mistake_in_the_call_is_told(folder: Path, arguments: list[str], said: str) -> None:
    code, _, error = verify(folder, *arguments, trust=False)
    assert code == (2 if said else 3)
    assert said in error


def test_it_speaks_to_people(folder: Path) -> None:
    command = [sys.executable, "-c", "from counterseal.cli import main; main()", "desk", "verify"]
    done = subprocess.run(
        [*command, "behind.pdf", "unsigned.pdf", "--offline"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=folder,
    )
    assert "behind.pdf: contradicts" in done.stdout
    assert "Do not act on it" in done.stdout
    assert "treat it as unsigned" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 180


def test_bytes_behind_the_end_are_not_said_to_be_signed(folder: Path) -> None:
    _, report, _ = verify(folder, "behind.pdf")
    assert report["covered"]["whole"] is False
    assert {"signature_verified", "proofs_added"}.isdisjoint(finding["code"] for finding in report["findings"])
