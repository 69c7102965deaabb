# SPDX-License-Identifier: Apache-2.0
"""No regular expression of ours takes long over text that was made to make it (OWASP ASVS 5.0, 1.3.12)."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted((ROOT / "src" / "counterseal").rglob("*.py"))
METHODS = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
LENGTH = 6_000
SECONDS = 0.1  # of this process; what backtracks over LENGTH takes many times as long
REPEATED = (
    *'aA0 .-_@`:/,+=("',
    *(
        "a.",
        "a@",
        "a@a.",
        "0 ",
        "-0",
        "+0",
        "+0 ",
        "eyJ",
        "eyJaaaaaaaa.",
        "cs_",
        "https://",
        "x-",
        "0.",
        "1h ",
        "$.a",
    ),
    *("[0]", "--", "otpauth://", "://a", "error=", "a:b/", "(a)", "\t", "\n", "\u00e9", "0123456", "-----", "aA0_"),
)
BEGINNINGS = ("", "+1", "a@", "https://", "capabilities <= ")
ENDS = ("!",)  # what makes a pattern go back


@dataclass(frozen=True)
class Found:
    """A pattern, where it stands, and the methods by which it is used."""

    pattern: str | bytes
    where: str
    methods: tuple[str, ...]


def found_in(path: Path, tree: ast.Module, used: dict[str, set[str]]) -> Iterator[Found]:
    where = path.relative_to(ROOT).as_posix()
    names: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            names[id(node.value)] = getattr(target, "id", "")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(value=ast.Name(id="re"), attr=attr) if attr in {*METHODS, "compile"}:
                text = literal(node.args[0], path)
                methods = used.get(names.get(id(node), ""), set()) if attr == "compile" else {attr}
                yield Found(text, f"{where}:{node.lineno}", tuple(sorted(methods)) or ("search",))
        for keyword in node.keywords:
            if keyword.arg == "pattern" and isinstance(keyword.value, ast.Constant):
                yield Found(str(keyword.value.value), f"{where}:{node.lineno}", ("search",))


def literal(node: ast.expr, path: Path) -> str | bytes:
    """The text of a pattern: a constant, or one with constants of the same module in it."""
    match node:
        case ast.Constant(value=str() | bytes() as text):
            return text
        case ast.JoinedStr() | ast.Name():
            module = path.relative_to(ROOT / "src").with_suffix("").as_posix().replace("/", ".")
            names = vars(__import__(module, fromlist=["_"]))
            return str(eval(compile(ast.Expression(node), str(path), "eval"), dict(names)))  # noqa: S307 - our own
    raise AssertionError(f"{path}: a pattern that is made at run time")


def all_patterns() -> list[Found]:
    trees = {path: ast.parse(path.read_text("utf-8")) for path in SOURCES}
    used: dict[str, set[str]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                used.setdefault(node.value.id, set()).add(node.attr)
    return [each for path, tree in trees.items() for each in found_in(path, tree, used)]


def run(each: Found, compiled: re.Pattern[str] | re.Pattern[bytes], method: str, text: str) -> None:
    given = text.encode("utf-8") if isinstance(each.pattern, bytes) else text
    if method == "sub":
        compiled.sub(given[:0], given)  # type: ignore[arg-type] # both are text, or both bytes
    elif method == "finditer":
        for _ in compiled.finditer(given):  # type: ignore[arg-type]
            pass
    else:
        getattr(compiled, method)(given)


def slow(each: Found) -> Iterator[str]:
    """What takes this pattern longer than SECONDS."""
    compiled = re.compile(each.pattern)
    for unit in REPEATED:
        for beginning in BEGINNINGS if unit in "a0 ." else ("",):
            for end in ENDS:
                text = beginning + unit * (LENGTH // len(unit)) + end
                for method in each.methods:
                    began = time.process_time()
                    run(each, compiled, method, text)
                    if time.process_time() - began > SECONDS:
                        yield f"{each.where} {method} {beginning!r} {unit!r} {end!r}"


def test_hostile_text_costs_no_more_than_its_length() -> None:
    patterns = all_patterns()
    assert len(patterns) > 60
    assert {"src/counterseal/http/logs.py", "src/counterseal/core/policy/tokens.py"} <= {
        each.where.partition(":")[0] for each in patterns
    }
    assert [found for each in patterns for found in slow(each)] == []
