# SPDX-License-Identifier: Apache-2.0
"""What must hold for the repository as a whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SPDX = "SPDX-License-Identifier: Apache-2.0"
LONGEST = 300
# Files that may be longer, each with its reason. None is.
LONGER: frozenset[str] = frozenset()

# Put together here so that this file does not contain them.
HOSTS = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("registry", "yarnpkg", "com"),
    ]
]
# Where this clone lies, unless that is too short to mean anything.
MACHINE_PATHS = [str(ROOT)] if len(ROOT.parts) > 2 else []

# Names through which a module of core would reach the clock, a file, the terminal or code made of text.
IMPURE_NAMES = {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint"}
IMPURE_METHODS = {"now", "utcnow", "today"}


def tracked() -> list[Path]:
    """Files in git, and new ones that git would take."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> list[Path]:
    return [p for p in tracked() if p.suffix == ".py" and named(p).startswith("src/")]


def text_files() -> list[tuple[str, str]]:
    """(name, text) of each tracked file that is text."""
    contents = [(named(path), path.read_bytes()) for path in tracked()]
    return [(name, data.decode("utf-8", "replace")) for name, data in contents if b"\0" not in data[:8192]]


def test_git_lists_the_sources() -> None:
    assert "src/counterseal/core/errors.py" in {named(path) for path in sources()}


@pytest.mark.parametrize("needle", [*HOSTS, *MACHINE_PATHS])
def test_no_file_names_a_registry_host_or_a_path_of_one_machine(needle: str) -> None:
    assert [name for name, text in text_files() if needle in text] == []


def test_no_lock_that_names_registries_is_tracked() -> None:
    names = {path.name for path in tracked()}
    assert not names & {"uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock"}


def test_every_source_file_has_the_licence_line_at_its_top() -> None:
    heads = {named(p): p.read_text("utf-8").splitlines()[:2] for p in tracked() if p.suffix in {".py", ".sh"}}
    assert [name for name, head in heads.items() if not any(SPDX in line for line in head)] == []


def test_no_source_file_is_too_long() -> None:
    lengths = {named(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {name: n for name, n in lengths.items() if n > LONGEST and name not in LONGER} == {}
    assert not LONGER - {name for name, n in lengths.items() if n > LONGEST}, "take these off the list"


@pytest.mark.parametrize("lock", ["requirements.lock", "scripts/uv.requirements.txt"])
def test_every_locked_package_is_exact_and_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert "://" not in text
    pinned = re.compile(r"[A-Za-z0-9._-]+(\[[^\]]+\])?==\S+")
    assert [e.split("\n")[0] for e in entries if not pinned.match(e) or "--hash=sha256:" not in e] == []


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    asked += project["build-system"]["requires"]
    names = {re.split(r"[\s<>=!~;\[]", each, maxsplit=1)[0].lower().replace("_", "-") for each in asked}
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]+\])?==", lock, re.MULTILINE))
    assert names - locked == set()


COMPILER = "src/counterseal/core/policy/compile.py"


def test_core_asks_no_clock_file_or_terminal() -> None:
    """The import contract keeps modules out; this keeps out what needs no import or a harmless one."""
    found: list[str] = []
    for path in sources():
        if not named(path).startswith("src/counterseal/core/"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="exec" | "compile")) if named(path) == COMPILER:
                    pass  # builds a function from the policy's own tree, never from text
                case ast.Call(func=ast.Name(id=name)) if name in IMPURE_NAMES:
                    found.append(f"{named(path)}:{node.lineno} {name}()")
                case ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=name) if name in IMPURE_METHODS:
                    found.append(f"{named(path)}:{node.lineno} .{name}")
    assert found == []


def test_ci_runs_the_tests_and_stops_at_the_first_failure() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "set -euo pipefail" in script.read_text()
    assert "make test" in script.read_text()


def test_every_link_between_the_documents_leads_somewhere() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "docs.py"), "--links"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
