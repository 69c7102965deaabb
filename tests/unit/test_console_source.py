# SPDX-License-Identifier: Apache-2.0
"""What holds between the console's sources and the program."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
WEB = ROOT / "web"
SOURCES = sorted(path for path in (WEB / "src").rglob("*") if path.suffix in {".ts", ".tsx", ".css"})
LONGEST = 300


@pytest.mark.skipif(
    not (WEB / "node_modules" / ".bin" / "openapi-typescript").exists(), reason="`make web` brings the generator"
)
def test_the_client_s_types_are_those_of_the_program(tmp_path: Path) -> None:
    """`make api` writes them; a route that changed without it would be called wrongly."""
    document = tmp_path / "openapi.json"
    done = subprocess.run([ROOT / ".venv" / "bin" / "counterseal", "openapi"], check=True, capture_output=True)
    document.write_bytes(done.stdout)
    made = tmp_path / "schema.d.ts"
    generator = WEB / "node_modules" / ".bin" / "openapi-typescript"
    command = [generator, document, "--default-non-nullable=false", "--output", made]
    subprocess.run(command, check=True, capture_output=True, cwd=WEB)
    assert made.read_text("utf-8") == (WEB / "src" / "api" / "schema.d.ts").read_text("utf-8"), "run `make api`"
    assert "--default-non-nullable=false" in json.loads((WEB / "package.json").read_text())["scripts"]["api"]


def test_the_lock_names_no_registry_and_has_a_hash_for_each_package() -> None:
    packages = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    assert len(packages) > 100
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []


def test_every_version_that_the_console_asks_for_is_exact() -> None:
    asked = json.loads((WEB / "package.json").read_text("utf-8"))
    versions = asked["dependencies"] | asked["devDependencies"]
    assert [name for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_every_source_has_the_licence_line_and_is_short(path: Path) -> None:
    if path.name == "schema.d.ts":
        return
    lines = path.read_text("utf-8").splitlines()
    assert "SPDX-License-Identifier: Apache-2.0" in lines[0]
    assert len(lines) <= LONGEST


def test_only_the_tokens_name_colours() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
    found = [
        f"{path.name}:{number}"
        for path in SOURCES
        if path.suffix == ".css" and path.name != "tokens.css"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if colour.search(line.replace("rgb(0 0 0 / 0.25)", ""))  # the shadow of a column that stays in sight
    ]
    assert found == []
