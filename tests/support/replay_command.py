# SPDX-License-Identifier: Apache-2.0
"""`counterseal replay` as a user starts it, on the store of a folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *arguments: str, policy: str = "hardened") -> subprocess.CompletedProcess[str]:
    """The command on the store in `folder`, whose server has this policy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    ours = {
        "COUNTERSEAL_DATABASE": str(folder / "counterseal.db"),
        "COUNTERSEAL_MASTER_KEY_FILE": str(folder / "master.key"),
        "COUNTERSEAL_POLICY": policy,
    }
    program = ROOT / ".venv" / "bin" / "counterseal"
    return subprocess.run(
        [program, "replay", *arguments],
        cwd=folder,
        env=kept | ours,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(folder: Path, *arguments: str, policy: str = "hardened") -> dict[str, Any]:
    done = run(folder, "--json", *arguments, policy=policy)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def fails(folder: Path, *arguments: str) -> str:
    """What it says when it cannot: one sentence, exit code 2, no traceback."""
    done = run(folder, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())
