# SPDX-License-Identifier: Apache-2.0
"""Ask the advisory services about every locked package: `make audit`.

pip-audit leaves packages out that it could not ask about, and ends with 0 all the same; npm fails where the
service is away. So the answers are read. Exit 0: all were asked about and nothing is known; 1: something is known;
3: not all could be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
UNASKED = 3
SECONDS = 300
PIP = (
    "pip-audit",
    "--disable-pip",
    "--require-hashes",
    "-r",
    "requirements.lock",
    "-f",
    "json",
    "--progress-spinner",
    "off",
)
NPM = ("npm", "--prefix", "web", "audit", "--json")


class Verdict(NamedTuple):
    """`asked`: packages that the service answered about; `unasked`: those, or the reason, that it did not."""

    what: str
    asked: int
    unasked: tuple[str, ...]
    known: tuple[str, ...]


def read_pip(text: str) -> Verdict:
    """What `pip-audit -f json` printed."""
    try:
        found = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Verdict("requirements.lock", 0, ("pip-audit gave no answer",), ())
    asked = [each for each in found if "skip_reason" not in each]
    known = tuple(
        f"{each['name']} {each['version']}: {vuln['id']}, fixed in {', '.join(vuln['fix_versions']) or 'none yet'}"
        for each in asked
        for vuln in each["vulns"]
    )
    unasked = tuple(each["name"] for each in found if "skip_reason" in each)
    return Verdict(
        "requirements.lock", len(asked), unasked or (() if asked else ("nothing was asked about",)), known
    )


def read_npm(text: str) -> Verdict:
    """What `npm audit --json` printed."""
    try:
        found = json.loads(text[text.index("{") :])
    except ValueError:
        found = {}
    if "auditReportVersion" not in found:
        return Verdict("web/package-lock.json", 0, (str(found.get("message") or "npm gave no answer"),), ())
    known = tuple(
        f"{name}: {each['severity']} ({each.get('range', '')})" for name, each in found["vulnerabilities"].items()
    )
    return Verdict("web/package-lock.json", found["metadata"]["dependencies"]["total"], (), known)


def sentence(verdict: Verdict) -> str:
    """One line for people."""
    if not verdict.asked:
        return f"{verdict.what}: NOT AUDITED, the advisory service could not be asked ({verdict.unasked[0]}, ...)"
    some = f"; NOT asked about: {', '.join(verdict.unasked)}" if verdict.unasked else ""
    return f"{verdict.what}: {verdict.asked} packages asked about, {len(verdict.known)} advisories{some}"


def status(verdicts: list[Verdict]) -> int:
    """The exit status."""
    if any(each.known for each in verdicts):
        return 1
    return UNASKED if any(each.unasked for each in verdicts) else 0


def output(command: tuple[str, ...]) -> str:
    """The standard output of a command, "" if there is no such command or it takes too long."""
    beside = Path(sys.executable).parent / command[0]
    program = str(beside) if beside.exists() else command[0]
    try:
        done = subprocess.run(
            [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def main() -> None:
    """Ask, print, exit."""
    verdicts = [read_pip(output(PIP)), read_npm(output(NPM))]
    for verdict in verdicts:
        print(sentence(verdict))
        for line in verdict.known:
            print(f"  {line}")
    sys.exit(status(verdicts))


if __name__ == "__main__":
    main()
