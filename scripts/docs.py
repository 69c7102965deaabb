# SPDX-License-Identifier: Apache-2.0
"""Write docs/reference from the program, and check every link between the documents.

`python scripts/docs.py` writes; `--check` only compares and fails if the program has moved on.
Links are checked to files and to headings inside the repository; addresses on the web are not fetched.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
PROGRAM = Path(sys.executable).parent / "counterseal"

# Generated file -> the command whose standard output it is.
GENERATED = {
    "openapi.json": ("openapi",),
    "policy.schema.json": ("policy", "schema"),
}

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def generate(command: tuple[str, ...]) -> str:
    """The JSON that a command of the program prints, indented by two spaces, keys as printed."""
    done = subprocess.run([PROGRAM, *command], check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"docs: `counterseal {' '.join(command)}` failed ({done.returncode}):\n{done.stderr.strip()}")
    return json.dumps(json.loads(done.stdout), indent=2, ensure_ascii=False) + "\n"


def write_reference(*, check: bool) -> list[str]:
    """Bring docs/reference up to date; with `check`, say what is out of date instead."""
    faults: list[str] = []
    for name, command in GENERATED.items():
        path = REFERENCE / name
        text = generate(command)
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        if check:
            faults.append(f"{path.relative_to(ROOT)}: out of date; run `make docs`")
            continue
        REFERENCE.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(f"docs: wrote {path.relative_to(ROOT)}")
    return faults


def slug(heading: str) -> str:
    """The anchor that forges and most renderers give to a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")


def anchors(document: Path) -> set[str]:
    """Every anchor of a Markdown document; a repeated heading gets -1, -2, ..."""
    text = FENCE.sub("", document.read_text("utf-8"))
    found = set(ANCHOR.findall(text))
    seen: dict[str, int] = {}
    for heading in HEADING.findall(text):
        name = slug(heading)
        count = seen.get(name, 0)
        seen[name] = count + 1
        found.add(f"{name}-{count}" if count else name)
    return found


def links(text: str) -> Iterator[tuple[int, str]]:
    """(line, target) of each link outside code."""
    prose = CODE.sub(lambda m: " " * len(m[0]), FENCE.sub(lambda m: "\n" * m[0].count("\n"), text))
    for match in LINK.finditer(prose):
        yield prose.count("\n", 0, match.start()) + 1, match[1] or match[2]


def broken_links(document: Path) -> list[str]:
    """One line for each link of a document that leads nowhere."""
    faults: list[str] = []
    for line, target in links(document.read_text("utf-8")):
        if ELSEWHERE.match(target):
            continue
        where = f"{document.relative_to(ROOT)}:{line}"
        file, _, anchor = unquote(target).partition("#")
        path = (ROOT / file.lstrip("/") if file.startswith("/") else document.parent / file) if file else document
        path = path.resolve()
        if not path.is_relative_to(ROOT):
            faults.append(f"{where}: {target} leads out of the repository")
        elif not path.exists():
            faults.append(f"{where}: {target} does not exist")
        elif anchor and path.suffix == ".md" and anchor not in anchors(path):
            faults.append(f"{where}: {file or document.name} has no heading #{anchor}")
    return faults


def documents() -> list[Path]:
    """The Markdown files at the root, under docs/ and under examples/."""
    folders = [ROOT / "docs", ROOT / "examples"]
    return sorted(ROOT.glob("*.md")) + sorted(path for folder in folders for path in folder.rglob("*.md"))


def main() -> None:
    """Write or compare, then check the links; exit 1 with one line for each fault."""
    parser = argparse.ArgumentParser(description="Write docs/reference and check the links of the documents.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if docs/reference is out of date")
    parser.add_argument("--links", action="store_true", help="check the links only")
    options = parser.parse_args()
    faults = [] if options.links else write_reference(check=options.check)
    checked = documents()
    for document in checked:
        faults += broken_links(document)
    if faults:
        sys.exit("\n".join(faults))
    print(f"docs: {len(checked)} documents, every link leads somewhere")


if __name__ == "__main__":
    main()
