# SPDX-License-Identifier: Apache-2.0
"""docs/degraded.md: every row of its tables names a test, and that test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`\s*\|$")


def rows() -> list[str]:
    """The rows of the tables, without their heads."""
    lines = (ROOT / "docs" / "degraded.md").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith("| ") and not line.endswith("held by |")]


def names_in(path: Path) -> set[str]:
    """The names of the test functions of a file, those of classes too."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds)}


def test_every_row_names_a_test_that_exists() -> None:
    """A promise without a test is none."""
    found = rows()
    assert len(found) > 20
    for row in found:
        named = NAMED.search(row)
        assert named, row
        path, name = named.groups()
        assert name in names_in(ROOT / path), f"{path} has no {name}"
