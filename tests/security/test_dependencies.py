# SPDX-License-Identifier: Apache-2.0
"""What the program is made of: licences, bill of materials, an audit that says no more than it asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def script(name: str) -> ModuleType:
    """A module of scripts/."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return __import__(name)
    finally:
        sys.path.pop(0)


audit, bill = script("audit"), script("bill")


def test_every_run_time_package_has_an_allowed_licence_and_hashes() -> None:
    packages = [*bill.python_packages(), *bill.console_packages()]
    assert len(packages) > 60
    assert [each.url for each in packages if not bill.allowed(each.licence)] == []
    assert [each.url for each in packages if not each.hashes] == []


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0", "", "MIT AND GPL-2.0", "Proprietary", "UNKNOWN"])
def test_other_licences_are_refused(licence: str) -> None:
    assert not bill.allowed(licence)


def test_the_bill_of_materials_names_what_is_locked(tmp_path: Path) -> None:
    """CycloneDX 1.6: every component once, under its package URL, with the lock's version and hashes."""
    path = tmp_path / "bill.json"
    subprocess.run([sys.executable, ROOT / "scripts" / "bill.py", path], check=True, capture_output=True)
    found = json.loads(path.read_text())
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.6", 1)
    components = {each["bom-ref"]: each for each in found["components"]}
    assert len(components) == len(found["components"])
    assert set(found["dependencies"][0]["dependsOn"]) == set(components)
    lock = bill.locked()
    version, hashes = lock["msgspec"]
    entry = components[f"pkg:pypi/msgspec@{version}"]
    assert [each["content"] for each in entry["hashes"]] == list(hashes)
    assert any(ref.startswith("pkg:npm/react@") for ref in components)
    assert not any(ref.startswith("pkg:pypi/pytest@") for ref in components)


SKIPPED = {"name": "msgspec", "skip_reason": "Dependency not found on PyPI and could not be audited"}
SOUND = {"name": "msgspec", "version": "0.22.0", "vulns": []}
BAD = SOUND | {"vulns": [{"id": "PYSEC-1", "fix_versions": ["0.23"]}]}


def test_an_audit_that_saw_nothing_says_so() -> None:
    """pip-audit leaves out what it cannot ask about and ends with 0; npm answers with an error document."""
    nothing = audit.read_pip(json.dumps({"dependencies": [SKIPPED]}))
    assert audit.status([nothing]) == audit.UNASKED
    assert "NOT AUDITED" in audit.sentence(nothing)
    some = audit.read_pip(json.dumps({"dependencies": [SOUND, SKIPPED]}))
    assert audit.status([some]) == audit.UNASKED
    assert "NOT asked about: msgspec" in audit.sentence(some)
    for text in ("", "{}", "[]", "no json", '{"dependencies": []}'):
        assert audit.status([audit.read_pip(text)]) == audit.UNASKED
        assert audit.status([audit.read_npm(text)]) == audit.UNASKED
    refused = audit.read_npm('npm warn x\n{"message": "405 Method Not Allowed", "statusCode": 405}')
    assert "405" in audit.sentence(refused)
    assert audit.status([refused]) == audit.UNASKED


def test_what_is_known_fails_the_audit_and_silence_does_not() -> None:
    bad = audit.read_pip(json.dumps({"dependencies": [BAD, SKIPPED]}))
    assert bad.known == ("msgspec 0.22.0: PYSEC-1, fixed in 0.23",)
    assert audit.status([bad]) == 1
    good = audit.read_pip(json.dumps({"dependencies": [SOUND]}))
    report = {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {"dependencies": {"total": 9}}}
    assert audit.status([good, audit.read_npm(json.dumps(report))]) == 0
    report["vulnerabilities"] = {"left-pad": {"severity": "high", "range": "<2"}}
    assert audit.read_npm(json.dumps(report)).known == ("left-pad: high (<2)",)
