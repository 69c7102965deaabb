# SPDX-License-Identifier: Apache-2.0
"""Commands in README and docs run as they stand."""

from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from counterseal.cli import register

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
RUNNERS = ("make ",)  # what make does is tested by CI itself, not from inside its own tests
SERVERS = (
    "counterseal serve",
    "counterseal brake",
    "counterseal glass",
    "counterseal desk demo",
    "counterseal desk registry",
    "counterseal desk report",
    "counterseal desk requests",
    "counterseal desk canary",
    "counterseal desk portal",
    *(f"counterseal loss {name}" for name in ("show", "import", "fetch", "state", "recover")),
    "counterseal prices",
    "counterseal incident",
    "counterseal evidence verify",
    *(f"counterseal policy {name}" for name in ("draft", "versions", "shadow", "check", "publish", "rollback")),
    "python -m examples",
)  # run until stopped, or need a server: tested where they belong


def commands() -> list[tuple[str, str]]:
    """(document, command) for each line of each `sh` block that calls a command of ours."""
    found = []
    for document in DOCUMENTS:
        for block in BLOCK.findall(document.read_text(encoding="utf-8")):
            for raw in block.replace("\\\n", " ").splitlines():
                line = raw.split("  #")[0].strip().removeprefix(".venv/bin/")
                if line.startswith("counterseal "):
                    found.append((document.relative_to(ROOT).as_posix(), line))
    return found


FOUND = commands()


def test_the_documents_show_commands() -> None:
    """The collection below is not empty by accident."""
    assert len(FOUND) >= 10


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, program: Path) -> Path:
    """A folder with what the commands of the documents name: a store, an export, a backup, an import file."""
    folder = tmp_path_factory.mktemp("documents")
    header = "account,type,name,value,secret,since,label\n"
    (folder / "users.csv").write_text(f"{header}u-1,factor,email,ada@example.test,,2024-01-01T00:00:00Z,\n")
    (folder / "my-policy.yaml").write_bytes((ROOT / "policies" / "hardened.yaml").read_bytes())
    prepare = [
        ["token", "create", "--name", "first", "--scope", "admin"],
        ["backup", "prepared.db"],
    ]
    for arguments in prepare:
        subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


@pytest.mark.xdist_group("documents")
@pytest.mark.parametrize(("document", "line"), FOUND, ids=[f"{d}: {c}"[:90] for d, c in FOUND])
def test_a_command_of_the_documents_runs(document: str, line: str, place: Path, program: Path) -> None:
    """It exits with 0, or it is one whose `--help` at least knows every option that is shown."""
    words = shlex.split(line)[1:]
    if line.startswith(SERVERS) or _needs_more(words, place):
        _knows_its_options(words)
        return
    words = [word.replace("/backups/", f"{place}/").replace("/var/lib/counterseal/", f"{place}/") for word in words]
    if words[0] == "restore":  # each command stands alone: another worker may have run the one before it
        words[1] = str(place / "prepared.db")
    done = subprocess.run(
        [program, *words], cwd=place, capture_output=True, text=True, timeout=120, check=False, env=_environment()
    )
    assert done.returncode == 0, f"{document}: {line}\n{done.stdout}\n{done.stderr}"


def _needs_more(words: list[str], place: Path) -> bool:
    """Commands on a log that no server has signed yet, on a running server, or with a name in capitals."""
    text = " ".join(words)
    if re.search(r"\b[A-Z]{2,}\b|<|\$|https?://", text):
        return True
    return words[0] in ("log", "demo")


def _knows_its_options(words: list[str]) -> None:
    """In this process: it saves the start of a program for each."""
    names = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)][:3]
    for depth in (3, 2, 1):
        done = CliRunner().invoke(_app(), [*names[:depth], "--help"], env={"COLUMNS": "200"})
        if done.exit_code == 0:
            break
    assert done.exit_code == 0, words
    for option in (word.split("=")[0] for word in words if word.startswith("--")):
        assert option in done.stdout, f"{option} is not an option of {names}"


@functools.cache
def _app() -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None)
    register(app)
    return app


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERSEAL_")}
    return {**kept, "COLUMNS": "200", "NO_COLOR": "1"}


def test_the_reference_is_what_the_program_says() -> None:
    """`make docs` would change nothing: API document and policy schema are up to date."""
    script = [str(ROOT / ".venv" / "bin" / "python"), str(ROOT / "scripts" / "docs.py"), "--check"]
    done = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
